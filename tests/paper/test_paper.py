"""What is printed, looked at by independent readers: nothing lies over anything, nothing leaves its label, and it says
what it must in every language."""

import io
import itertools
import math
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from appliance.errors import OptionError
from appliance.paper.__main__ import drawn
from appliance.paper.fonts import faces
from appliance.paper.label import EDGE_MM, HOLE_MM, SLEEVE_MM, radius_mm
from appliance.paper.orders import SIZES_MM, DaySheet, House, Label, Slip
from appliance.paper.places import MARGIN_MM, lay_out
from appliance.paper.slip import HEIGHT_MM, WIDTH_MM
from appliance.words.languages import NAMES, PSEUDO
from tests.paper import readers
from tests.paper.orders import BARE, BOOTH, CROWDED, DAY, EAST, HOUSE, LETTER, LONG, SOLID

SUBJECTS = {'letter': LETTER, 'east': EAST, 'long': LONG, 'solid': SOLID, 'bare': BARE}
# What is drawn differs with the language, where it lies with the paper: there the longest and the widest words do.
PAPERS = [('A4', language) for language in (*NAMES, PSEUDO)] + [('A6', 'ja'), ('A6', PSEUDO)]
ROOM = 0.05  # mm


def label(subject=LETTER, language='en', paper='A4', copies=1):
    return Label(subject, replace(HOUSE, paper=paper), language, copies)


def apart(taken):
    """No two things on one place."""
    for one, two in itertools.combinations(taken, 2):
        a, b = one.box, two.box
        across = min(a.right, b.right) - max(a.left, b.left)
        along = min(a.top, b.top) - max(a.bottom, b.bottom)
        assert one.page != two.page or min(across, along) <= ROOM, f'{one.what!r} lies over {two.what!r}'


def inside(boxes, left, bottom, right, top):
    for box in boxes:
        assert box[0] >= left - ROOM, box
        assert box[1] >= bottom - ROOM, box
        assert box[2] <= right + ROOM, box
        assert box[3] <= top + ROOM, box


def in_ring(box, middle, radius):
    """Within the label, and off its hole."""
    corners = [math.dist(corner, middle) for corner in itertools.product(box[0:3:2], box[1:4:2])]
    assert max(corners) <= radius - EDGE_MM + 0.1, box
    gap = [max(box[side] - middle[side], middle[side] - box[side + 2], 0.0) for side in (0, 1)]
    assert math.hypot(*gap) > HOLE_MM + 1, box


@pytest.mark.parametrize(('paper', 'language'), PAPERS)
@pytest.mark.parametrize('subject', SUBJECTS.values(), ids=SUBJECTS)
def test_nothing_on_a_label_leaves_it_or_lies_over_another(subject, language, paper):
    order = label(subject, language, paper)
    pages = drawn(order)
    apart(pages.taken)
    radius = radius_mm(order)
    size = SIZES_MM[paper]
    places = lay_out([(2 * radius, 2 * radius), SLEEVE_MM], size)
    assert pages.pdf()
    where = [place.page + 1 for place in places]
    middle = (places[0].left + radius, places[0].bottom + radius)
    for taken in pages.taken:
        box = (taken.box.left, taken.box.bottom, taken.box.right, taken.box.top)
        if taken.page == where[0] and math.dist((taken.box.left, taken.box.bottom), middle) < radius:
            in_ring(box, middle, radius)
        else:
            at = places[1]
            inside([box], at.left + 1, at.bottom + 1, at.left + SLEEVE_MM[0] - 1, at.bottom + SLEEVE_MM[1] - 1)


@pytest.mark.parametrize(('paper', 'language'), PAPERS)
@pytest.mark.parametrize('subject', ['letter', 'east', 'long', 'solid'])
def test_nothing_on_a_slip_leaves_it_or_lies_over_another(subject, language, paper):
    pages = drawn(Slip(SUBJECTS[subject], replace(HOUSE, paper=paper), language))
    apart(pages.taken)
    wide, tall = sorted(SIZES_MM[paper], reverse=paper == 'A6')
    assert wide - 2 * MARGIN_MM >= WIDTH_MM
    top = tall - MARGIN_MM
    for taken in pages.taken:
        box = (taken.box.left, taken.box.bottom, taken.box.right, taken.box.top)
        inside([box], MARGIN_MM, top - HEIGHT_MM, MARGIN_MM + WIDTH_MM, top)


@pytest.mark.parametrize(('paper', 'language'), PAPERS)
@pytest.mark.parametrize('day', [DAY, CROWDED], ids=['day', 'crowded'])
def test_nothing_on_a_day_sheet_leaves_it_or_lies_over_another(day, language, paper):
    pages = drawn(DaySheet(day, replace(HOUSE, paper=paper), language))
    apart(pages.taken)
    size = SIZES_MM[paper]
    inside(
        [(t.box.left, t.box.bottom, t.box.right, t.box.top) for t in pages.taken], MARGIN_MM, MARGIN_MM,
        size[0] - MARGIN_MM, size[1] - MARGIN_MM,
    )  # fmt: skip


def test_an_independent_reader_finds_every_word_on_the_label():
    """As pdftotext places it, not as we believe."""
    order = label(LONG, 'de')
    pdf = drawn(order).pdf()
    radius = radius_mm(order)
    middle = (MARGIN_MM + radius, SIZES_MM['A4'][1] - MARGIN_MM - radius)
    (page,) = readers.words(pdf)
    on_disc = [word for word in page if math.dist(((word[0] + word[2]) / 2, (word[1] + word[3]) / 2), middle) < radius]
    assert len(on_disc) > 30
    for word in on_disc:  # its boxes are as tall as the font may be, ours as tall as letters are
        for corner in itertools.product(word[0:3:2], word[1:4:2]):
            assert math.dist(corner, middle) < radius - 1, word
    left, bottom = middle[0] + radius + 6, SIZES_MM['A4'][1] - MARGIN_MM - SLEEVE_MM[1]
    rest = [word[:4] for word in page if word not in on_disc]
    inside(rest, left, bottom, left + SLEEVE_MM[0], bottom + SLEEVE_MM[1])


@pytest.mark.parametrize('language', NAMES)
def test_a_label_says_what_it_must(language):
    said = readers.text(drawn(label(LETTER, language)).pdf())
    name = {'en': 'Letter no. 217', 'ru': 'Письмо № 217', 'de': 'Brief Nr. 217', 'fr': 'Lettre n° 217',
            'es': 'Carta n.º 217', 'ja': '手紙 217 番'}  # fmt: skip
    assert said.count(name[language]) == 2
    assert said.count('Anna Żółkiewska') == said.count('Γιώργος Παπαδόπουλος') == 2
    assert 'Warszawa' not in said
    assert 'Ερμού' not in said
    assert ('63,5' if language in ('ru', 'de', 'fr', 'es') else '63.5') in said
    assert '78' in said
    assert '3 mil' in said
    assert '27' in said


@pytest.mark.parametrize(
    ('rpm', 'um', 'speed', 'needle'),
    [
        (78.26, 63.5, '78 rpm', '78s (63.5 µm, sold as 3 mil)'),
        (45.0, 63.5, '45 rpm', '78s (63.5 µm, sold as 3 mil)'),
        (33.3333, 18.0, '33⅓ rpm', 'LPs (18 µm, sold as 0.7 mil)'),
        (45.0, 18.0, '45 rpm', 'LPs (18 µm, sold as 0.7 mil)'),
    ],
)
def test_speed_and_needle_are_those_of_the_groove(rpm, um, speed, needle):
    said = readers.text(drawn(label(replace(LETTER, rpm=rpm, stylus_um=um))).pdf())
    assert said.count(speed) == 2
    assert said.count(needle) == 2


def test_a_letter_that_is_not_planned_yet_has_no_advice_and_lines_to_write_on():
    said = readers.text(drawn(label(BARE)).pdf())
    assert 'rpm' not in said
    assert 'needle' not in said
    assert said.count('From:') == said.count('To:') == 2


@pytest.mark.parametrize('language', NAMES)
def test_a_slip_has_the_whole_address(language):
    said = readers.text(drawn(Slip(EAST, HOUSE, language)).pdf())
    for line in (*BOOTH, '髙橋 花子', '山﨑 太郎 様', '〒604-8551', 'JAPAN'):
        assert line in said
    assert '京都府京都市中京区寺町通御池上る上本能寺前町488番地' in said.replace(' ', '')


def test_a_slip_goes_back_to_whom_it_is_from():
    assert BOOTH[1] not in readers.text(drawn(Slip(LETTER, HOUSE, 'en')).pdf())
    assert BOOTH[1] in readers.text(drawn(Slip(replace(LETTER, sender=()), HOUSE, 'en')).pdf())
    with pytest.raises(OptionError, match=r'letter no\. 217 has no address'):
        drawn(Slip(replace(LETTER, recipient=()), HOUSE, 'en'))


@pytest.mark.parametrize('language', NAMES)
def test_the_code_on_every_piece_is_read_by_another_decoder(language, tmp_path):
    for order in (label(EAST, language, copies=3), label(LETTER, language, 'A6'), Slip(EAST, HOUSE, language)):
        pages = drawn(order)
        for number, page in enumerate(readers.pictures(pages.pdf(), 200), 1):
            drawn_here = sum(taken.page == number and taken.what.startswith('code') for taken in pages.taken)
            assert readers.codes(tmp_path, page) == [f'AL:{order.subject.number}'] * drawn_here
            assert drawn_here


def test_a_code_of_which_a_part_is_lost_is_read_all_the_same(tmp_path):
    pages = drawn(Slip(LETTER, replace(HOUSE, paper='A6'), 'en'))
    box = next(taken.box for taken in pages.taken if taken.what == 'code AL:217')
    (page,) = readers.pictures(pages.pdf(), 300)
    page, scale = page.copy(), 300 / 25.4
    x, y = box.left + 0.62 * box.width, SIZES_MM['A6'][0] - box.bottom - 0.5 * box.height
    page[round(y * scale) : round((y + 3.5) * scale), round(x * scale) : round((x + 3.5) * scale)] = 255
    assert readers.codes(tmp_path, page) == ['AL:217']


@pytest.mark.parametrize('order', [label(EAST, 'ja'), Slip(LETTER, HOUSE, 'ru'), DaySheet(DAY, HOUSE, 'fr')])
def test_every_font_is_in_the_file(order):
    found = readers.fonts(drawn(order).pdf())
    assert found
    assert all(found.values()), found


def test_as_many_copies_as_are_wanted():
    assert readers.text(drawn(label(copies=5)).pdf()).count('Letter no. 217') == 10
    assert len(readers.pictures(drawn(label(copies=5)).pdf(), 20)) == 3
    assert len(readers.pictures(drawn(label(paper='A6')).pdf(), 20)) == 2


@pytest.mark.parametrize(('label_mm', 'paper', 'radius'), [(51.0, 'A4', 50.0), (46.5, 'A4', 45.5), (51.0, 'A6', 47.5)])
def test_a_label_fits_its_disc_and_its_paper(label_mm, paper, radius):
    assert radius_mm(label(replace(LETTER, label_radius_mm=label_mm), paper=paper)) == radius


def test_a_disc_too_small_for_a_label_is_refused():
    with pytest.raises(OptionError, match='radius of 24 mm; 30 is the least'):
        drawn(label(replace(LETTER, label_radius_mm=25.0)))


def test_a_letter_that_no_font_has_is_named_and_nothing_is_printed():
    with pytest.raises(OptionError, match=r'no font here has ع \(U\+0639\)'):
        drawn(label(replace(LETTER, recipient=('عل',))))


def test_what_fits_nowhere_is_named():
    with pytest.raises(OptionError, match=r"'漢漢漢漢.*does not fit its place; shorten it"):
        drawn(Slip(replace(LETTER, recipient=('漢' * 100,) * 8), HOUSE, 'en'))


def picture(path, size=(80, 40), colour='red', kind='PNG'):
    Image.new('RGB', size, colour).save(path, kind)
    return replace(HOUSE, emblem=str(path))


@pytest.mark.parametrize('kind', ['PNG', 'JPEG'])
def test_the_hosts_own_emblem_takes_the_place_of_the_booths(tmp_path, kind):
    data = drawn(Slip(LETTER, picture(tmp_path / 'mine', kind=kind), 'en')).pdf()
    page = Image.open(io.BytesIO(readers.tool('pdftoppm', '-r', '100', '-png', '-singlefile', '-', given=data)))
    red, green, blue = np.moveaxis(np.asarray(page.convert('RGB')), 2, 0)
    red = np.count_nonzero((red > 200) & (green < 60) & (blue < 60))
    assert red == pytest.approx((17 / 25.4 * 100) ** 2 / 2, rel=0.05)  # as wide as its place, half as tall


@pytest.mark.parametrize('data', [b'', b'GIF89a....', b'\x89PNG\r\n\x1a\n' + b'\0' * 50, b'<svg/>'])
def test_an_emblem_that_is_no_picture_is_refused_by_name(tmp_path, data):
    (tmp_path / 'mine.png').write_bytes(data)
    for file in ('mine.png', 'none.png'):
        with pytest.raises(OptionError, match=rf'^post\.emblem: .*{file} cannot be read'):
            drawn(Slip(LETTER, House(emblem=str(tmp_path / file)), 'en'))


def test_an_emblem_without_end_is_refused(tmp_path):
    with pytest.raises(OptionError, match='too large'):
        drawn(Slip(LETTER, picture(tmp_path / 'mine', size=(10_000, 5_001)), 'en'))


@pytest.mark.parametrize('language', NAMES)
def test_a_day_sheet_has_all_its_figures(language):
    said = readers.text(drawn(DaySheet(DAY, HOUSE, language)).pdf())
    for figure in ('33', '200-230, 240, 245', '36', '14', '55'):
        assert figure in said
    rows = readers.text(drawn(DaySheet(replace(DAY, blanks_left=None), HOUSE, 'en')).pdf())
    for row in ('Letters kept 33', 'Discs spoiled 3 The lid was opened 2 The stop button is pressed 1',
                'Visitors who walked away 7 Your letter 4 Say your name 2 Ready to cut 1', 'Blanks left not counted',
                'Minutes the stylus has cut 55'):  # fmt: skip
        assert row in rows


def test_a_day_without_a_date_is_one_the_booth_has_run():
    day = replace(DAY, day='day 12', spoiled={'void': 2})
    said = readers.text(drawn(DaySheet(day, HOUSE, 'en')).pdf())
    assert said.startswith('Day sheet Day 12 of running')
    assert 'Discs spoiled 2 Found to be no good later 2' in said


@pytest.mark.parametrize('table', ['head', 'hmtx', 'name', 'maxp'])
def test_a_font_that_cannot_be_set_is_refused_by_name(tmp_path, table):
    """Its characters can be read, and something else of it cannot."""
    own = tmp_path / 'own.ttf'
    own.write_bytes(faces()[0].path.read_bytes().replace(table.encode(), b'XXXX', 1))
    with pytest.raises(OptionError, match=r'^post\.font: .*own\.ttf is a font that cannot be set'):
        drawn(Slip(LETTER, replace(HOUSE, font=str(own)), 'en'))
