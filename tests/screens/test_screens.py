"""Screens: the right words in their places, readable in every language, and the same pixels as were looked at."""

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from appliance.screens import HEIGHT, WIDTH, draw
from appliance.screens.frame import LINE, LINE_SIZE, misfits
from appliance.screens.lettering import font, set_text
from appliance.screens.palette import DARK, PAIRS, contrast, luminance
from appliance.screens.stages import MENU_WIDTH, WHICH
from appliance.screens.view import Meter, View
from appliance.screens.wording import WITH_A_DISC, chosen, menu, which, wording
from appliance.words.languages import NAMES, PSEUDO, messages, translator
from appliance.words.printed import PRINTED
from appliance.words.reasons import REASONS
from appliance.words.texts import DAYS, TODAY, TOMORROW
from appliance.workflow.values import Item, State
from tests.screens.views import view

GOLDEN = Path(__file__).parents[1] / 'golden' / 'screens'
LANGUAGES = [*NAMES, PSEUDO]
FACTS = [
    {}, {'disc_is_cut': True}, {'blank': False}, {'lid_closed': False}, {'planning': True}, {'can_retake': False},
    {'can_replay': False, 'playing': ''}, {'meter': Meter(-1.0, -6.0, True)}, {'meter': Meter(-70.0, -80.0)},
    {'making': True}, {'held': False}, {'total_s': 3600.0, 'letter': 99999, 'disc_cm': 17},
]  # fmt: skip


@pytest.mark.parametrize('language', LANGUAGES)
def test_all_words_fit_their_places_whatever_the_facts(language):
    for state in State:
        for facts in FACTS:
            shown = view(state, 'en', **facts)
            shown = replace(shown, language=language)
            assert misfits(wording(shown)) == [], (state, facts)
    for key in REASONS:
        assert misfits(wording(replace(view(State.FAULT, reason=key), language=language))) == [], key


def test_what_moves_for_the_host_stands_under_maintenance_as_it_is():
    shown = wording(view(State.MAINTENANCE, 'ja', note='test cut: silence, 60 s: homing'))
    assert shown.line == 'test cut: silence, 60 s: homing'
    assert misfits(shown) == []


@pytest.mark.parametrize('language', LANGUAGES)
def test_every_row_of_the_menu_fits(language):
    for facts in ({}, {'open': False, 'called': True, 'letter': 0}, {'letter': 99_999}):
        rows = menu(replace(view(State.ATTENDANT, **facts), language=language))
        assert len(rows) == len(Item)
        assert [row for row in rows if not set_text(row, MENU_WIDTH, 23, 18).fits] == []


@pytest.mark.parametrize('language', LANGUAGES)
def test_a_closed_booth_says_when_it_opens_again(language):
    for day in (*DAYS, TODAY, TOMORROW):
        shown = replace(view(State.CLOSED, reason='hours', opens=(day, '10:00')), language=language)
        assert misfits(wording(shown)) == [], day
        assert '10:00' in wording(shown).line
    assert misfits(wording(replace(shown, reason='quota'))) == []


@pytest.mark.parametrize('language', LANGUAGES)
def test_which_disc_of_several_it_is_fits_beside_the_disc(language):
    for state in WITH_A_DISC:
        for copy in ((3, 10), (188, 200)):
            text = which(replace(view(state, copy=copy), language=language))
            assert str(copy[0]) in text
            assert str(copy[1]) in text
            assert set_text(text, WHICH.width, WHICH.height, 20).fits, text
        assert which(replace(view(state), language=language)) == ''
    assert which(view(State.ATTRACT, copy=(3, 10))) == ''


def test_why_the_booth_is_closed_decides_what_it_says():
    assert wording(view(State.CLOSED, reason='hours', opens=('Monday', '9:30'))).line == 'Open again: Monday, 9:30'
    assert wording(view(State.CLOSED, reason='hours', opens=('', ''))).line == 'Please come back later'
    assert wording(view(State.CLOSED, reason='host', opens=('Monday', '9:30'))).line == 'Please come back later'
    assert 'today' in wording(view(State.CLOSED, reason='quota')).line


def test_the_code_shows_neither_which_keys_nor_how_many_are_missing():
    assert draw(view(State.CODE, keys=2)).tobytes() != draw(view(State.CODE, keys=3)).tobytes()
    assert wording(view(State.CODE, keys=3)) == wording(view(State.CODE, keys=0))


def test_a_text_too_long_for_its_place_is_found():
    assert not set_text('An unreasonably long label that nobody can read at all', 80, 20, 18).fits


def test_every_pair_of_text_and_ground_has_a_contrast_of_seven():
    assert contrast('#000000', '#ffffff') == pytest.approx(21.0)
    assert all(contrast(*pair) >= 7 for pair in PAIRS)


def test_rendered_text_is_as_light_as_its_colour_says():
    """Of a title, the lightest pixels are the ink and the commonest the ground: 7:1 apart on the screen itself."""
    pixels = np.asarray(draw(view(State.ATTRACT)))[5:40].reshape(-1, 3)
    ground = np.bincount(pixels @ [65536, 256, 1]).argmax()
    ink = pixels[pixels.sum(1).argmax()]
    assert contrast(f'#{ground:06x}', '#{:02x}{:02x}{:02x}'.format(*ink)) >= 7
    assert luminance(f'#{ground:06x}') < 0.02


@pytest.mark.parametrize('language', list(NAMES))
def test_the_fonts_have_every_character(language):
    from fontTools.ttLib import TTFont

    folder = Path(draw.__code__.co_filename).parent / 'fonts'
    latin = TTFont(folder / 'NotoSans-Bold.ttf').getBestCmap()
    japanese = TTFont(folder / 'NotoSansJP-Bold.otf').getBestCmap()
    shown = [text for text in messages() if text not in PRINTED.values()]  # paper has its own fonts
    for text in (*map(translator(language), shown), *NAMES.values(), '▲▼'):
        known = japanese if any(ord(c) > 0x2192 for c in text) else latin
        assert not [c for c in text if ord(c) not in known], text
    assert font(20, eastern=True).getlength('言語') > 30


@pytest.mark.parametrize('state', list(State))
def test_a_screen_has_its_size_and_is_the_same_twice(state):
    image = draw(view(state))
    assert (image.size, image.mode) == ((WIDTH, HEIGHT), 'RGB')
    assert image.tobytes() == draw(view(state)).tobytes()


def test_a_sleeping_screen_is_black():
    assert draw(view(State.ATTRACT, dark=True)).getcolors() == [(WIDTH * HEIGHT, (0, 0, 0))]
    assert DARK == '#000000'


def test_nothing_can_be_pressed_before_the_blank_lies_there():
    assert wording(view(State.LOAD_DISC, blank=False)).go == ''
    assert wording(view(State.LOAD_DISC, disc_is_cut=True)).go == ''
    assert wording(view(State.LOAD_DISC)).go == 'Cut'
    assert wording(view(State.LOAD_DISC)).line == 'It takes 1:45 min on a 25 cm disc'
    assert wording(view(State.CUTTING)).line.startswith('1:03 min left')


def test_a_disc_that_was_spoiled_is_not_called_finished():
    """Whoever reads that would take it home, and leave the letter uncut."""
    assert wording(view(State.LOAD_DISC, disc_is_cut=True)).line == 'Take out this disc first; your letter is safe'


def test_who_asks_to_hear_a_disc_that_is_not_made_yet_reads_that_it_is_being_made():
    assert wording(view(State.LISTEN, playing='', making=True)).line == 'The machine is still thinking'
    assert wording(view(State.LISTEN, playing='disc')).line == 'As the disc will sound'


def test_no_retake_is_offered_where_none_is_left():
    for state in (State.NOT_HEARD, State.DOES_NOT_FIT):
        assert wording(view(state)).go
        assert wording(view(state, can_retake=False)).go == ''
        assert wording(view(state, can_retake=False)).line == 'Please call the host'
    assert wording(view(State.DISCARD, can_retake=False)).left == ''


def test_a_letter_that_cannot_be_planned_is_not_called_too_long():
    assert wording(view(State.DOES_NOT_FIT, reason='too long')).title == 'Too long'
    assert wording(view(State.DOES_NOT_FIT, reason='plan')).title == 'This letter cannot be planned'


@pytest.mark.parametrize('state', [State.OUT_OF_BLANKS, State.SWARF_FULL, State.NO_MICROPHONE])
def test_whoever_waits_for_the_host_reads_that_the_letter_is_safe_and_what_to_press(state):
    waiting, nobody = wording(view(state, held=True)), wording(view(state, held=False))
    assert 'safe' in waiting.line
    assert waiting.left
    assert waiting.go
    assert (nobody.left, nobody.go) == ('', '')


@pytest.mark.parametrize('language', list(NAMES))
def test_no_word_stands_alone_on_a_second_line(language):
    """Of two lines the shorter has at least a third of the longer, or begins a clause of its own."""
    for state in State:
        for facts in FACTS:
            text = wording(replace(view(state, 'en', **facts), language=language)).line
            lines = set_text(text, LINE.width, LINE.height, LINE_SIZE, bold=False).lines
            if len(lines) == 2 and lines[0][-1] not in ';:。、':
                assert 3 * min(map(len, lines)) >= max(map(len, lines)), lines


def test_a_number_stays_with_its_unit():
    lines = set_text(wording(view(State.LOAD_DISC, 'ru')).line, LINE.width, LINE.height, LINE_SIZE, bold=False).lines
    assert len(lines) == 2
    assert any('1:45 мин' in line for line in lines)
    assert any('25 см' in line for line in lines)


def test_the_level_is_told_in_words():
    def said(**meter):
        return wording(view(State.LEVEL_CHECK, meter=Meter(**meter))).line

    assert said(peak_db=-12.0) == 'That is good'
    assert said(peak_db=-40.0) == 'Come closer'
    assert said(peak_db=-1.0) == 'A little softer'


@pytest.mark.parametrize(
    ('state', 'language'),
    [*((state, 'en') for state in State), (State.LANGUAGE, 'ja'), (State.LISTEN, 'ja'), (State.LOAD_DISC, 'ru'),
     (State.FAULT, 'de'), (State.CUTTING, 'fr'), (State.STILL_THERE, 'es'),
     *((state, code) for state in (State.CODE, State.ATTENDANT, State.CLOSED) for code in LANGUAGES[1:])],
)  # fmt: skip
def test_the_picture_is_the_one_that_was_looked_at(state, language):
    """`REGOLD=1` writes the pictures, and fails, so that nobody forgets to look at them."""
    image = draw(view(state, language))
    file = GOLDEN / f'{state.value.replace(" ", "-")}-{language}.png'
    if os.environ.get('REGOLD'):
        file.parent.mkdir(parents=True, exist_ok=True)
        image.save(file, optimize=True)
        pytest.fail(f'{file.name} was written: look at it')
    with Image.open(file) as golden:
        difference = np.abs(np.asarray(golden.convert('RGB')).astype(int) - np.asarray(image).astype(int))
    assert difference.max() <= 40  # another FreeType may round an edge otherwise
    assert (difference > 8).mean() < 0.002


def test_one_disc_of_an_edition_is_the_picture_that_was_looked_at():
    file = GOLDEN / 'cutting-edition-en.png'
    image = draw(view(State.CUTTING, copy=(3, 10)))
    if os.environ.get('REGOLD'):
        image.save(file, optimize=True)
        pytest.fail(f'{file.name} was written: look at it')
    with Image.open(file) as golden:
        assert np.abs(np.asarray(golden.convert('RGB')).astype(int) - np.asarray(image).astype(int)).max() <= 40


def test_the_chosen_row_of_a_list_is_told_to_whoever_cannot_see_it():
    assert chosen(View(State.LANGUAGE, language='fr', languages=('en', 'fr'))) == 'Français'
    assert chosen(View(State.ATTENDANT, language='de', item=Item.QUIETER)) == translator('de')('Quieter')
    assert chosen(View(State.LISTEN)) == ''
