"""Around the visits, in a whole booth: the attendant's way in, opening hours, a day's discs, settings that change."""

import logging
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from appliance.config.changes import FILE, HostFile
from appliance.config.tokens import token_of
from appliance.kiosk.house.cards import LOCKED_S, TRIES, Cards
from appliance.words.reasons import reason_for
from appliance.workflow.values import Event, Held, Item, Kind, State
from tests.kiosk.booth_rig import Rig

SEQUENCE = 'left right right left record right'
CARD = '0012345678'


def booth(tmp_path, text='', **policy):
    """A booth with these settings, and a wall clock that the test sets (`rig.wall_s`)."""
    (tmp_path / '10-test.toml').write_text(text)
    rig = Rig(tmp_path, datetime(2026, 11, 27, 12, tzinfo=UTC).timestamp(), **policy)
    file = HostFile(tmp_path / FILE, (tmp_path,))
    rig.kiosk.settings = rig.kiosk._doer.settings = replace(rig.kiosk.settings, file=file)
    return rig


@pytest.fixture
def rigs():
    made = []
    yield made
    for rig in made:
        rig.close()


def knock(rig, hold_s=3.3, pause_s=0.5):
    """Right, then left as well, and both held."""
    rig.set('right', True)
    rig.rest(pause_s)
    rig.set('left', True)
    rig.rest(hold_s)
    rig.set('left', False)
    rig.set('right', False)
    rig.rest(0.2)
    return rig.kiosk.booth.state


def enter(rig, sequence=SEQUENCE):
    for name in sequence.split():
        rig.press(name)
    return rig.kiosk.booth.state


# -- the attendant -------------------------------------------------------------------------------------------------


def test_the_attendant_comes_in_and_what_is_done_is_in_the_ledger(tmp_path, rigs, caplog):
    caplog.set_level(logging.INFO, 'audioletter')
    rig = booth(tmp_path, f'[attendant]\nsequence = "{SEQUENCE}"\n')
    rigs.append(rig)
    assert knock(rig) is State.CODE
    caplog.clear()
    assert enter(rig) is State.ATTENDANT
    assert 'sequence: attendant code -> attendant' in caplog.text
    assert 'right' not in caplog.text, 'nobody reads the sequence in the log'
    for _ in range(3):
        rig.press('right')
    assert rig.kiosk.booth.item is Item.QUIETER
    rig.press()
    rig.rest(0.3)
    assert rig.kiosk._voice.volume_db == -15
    assert rig.kiosk.settings.file.load()[0].voice.volume_db == -15, 'and it stays after a restart'
    rig.until(State.ATTRACT)
    assert rig.row('SELECT COUNT(*) FROM deed') == (2,)
    assert rig.row('SELECT who, what FROM deed ORDER BY id DESC') == ('attendant sequence', 'quieter')


def test_a_short_or_a_single_touch_is_no_knock(tmp_path, rigs):
    rig = booth(tmp_path, f'[attendant]\nsequence = "{SEQUENCE}"\n')
    rigs.append(rig)
    assert knock(rig, hold_s=2.0) is State.LANGUAGE
    rig.until(State.ATTRACT)
    rig.set('right', True)
    rig.rest(5)
    rig.set('right', False)
    assert rig.kiosk.booth.state is not State.CODE
    rig.until(State.ATTRACT)
    assert knock(rig) is State.CODE


def test_a_knock_does_not_send_a_visitor_away(tmp_path, rigs):
    """At a fault the left pad leaves; touched as well as the right one, it does not."""
    rig = booth(tmp_path, f'[attendant]\nsequence = "{SEQUENCE}"\n')
    rigs.append(rig)
    rig.to_load_disc()
    rig.kiosk.tell(Event(Kind.FAULT, 'lathe'))
    rig.until(State.FAULT)
    assert knock(rig) is State.CODE
    assert enter(rig) is State.ATTENDANT
    assert rig.kiosk.booth.held is Held.KEPT
    rig.press('left')
    rig.press()
    rig.until(State.FAULT)
    assert rig.kiosk.booth.letter == 1
    rig.kiosk.tell(Event(Kind.MENDED))
    rig.until(State.LOAD_DISC)


def test_a_stuck_right_pad_leaves_the_left_one_its_meaning(tmp_path, rigs):
    rig = booth(tmp_path, f'[attendant]\nsequence = "{SEQUENCE}"\n')
    rigs.append(rig)
    rig.to_load_disc()
    rig.set('right', True)
    rig.rest(3)
    rig.kiosk.tell(Event(Kind.FAULT, 'lathe'))
    rig.until(State.FAULT)
    rig.press('left')
    assert rig.kiosk.booth.held is Held.NOTHING


def test_the_last_letter_is_cut_again_by_the_attendant(tmp_path, rigs):
    rig = booth(tmp_path, f'[attendant]\nsequence = "{SEQUENCE}"\n')
    rigs.append(rig)
    rig.to_load_disc()
    rig.press()
    rig.until(State.TAKE_DISC)
    rig.set('blank', False)
    rig.until(State.ATTRACT)
    rig.rest(0.3)
    knock(rig)
    enter(rig)
    assert rig.kiosk.view.letter == 1
    rig.press()
    rig.until(State.LOAD_DISC)
    rig.set('blank', True)
    rig.rest(0.3)
    rig.press()
    rig.until(State.TAKE_DISC)
    assert rig.row("SELECT COUNT(*) FROM cut WHERE letter = 1 AND state = 'done'") == (2,)
    assert rig.row("SELECT what FROM deed WHERE what LIKE '%again%'") == ('letter no. 1 is to be cut again',)


def test_a_letter_that_is_gone_is_not_cut_again(tmp_path, rigs):
    rig = booth(tmp_path)
    rigs.append(rig)
    rig.kiosk.tell(Event(Kind.AGAIN, number=77))
    rig.rest(0.3)
    assert rig.kiosk.booth.state is State.ATTRACT
    assert rig.cutter.orders('prepare') == []


def test_the_lamp_blinks_while_the_host_is_called(tmp_path, rigs):
    rig = booth(tmp_path, f'[attendant]\nsequence = "{SEQUENCE}"\n')
    rigs.append(rig)
    knock(rig)
    enter(rig)
    for _ in range(2):
        rig.press('left')
    rig.press()
    assert rig.kiosk.booth.called
    rig.until(State.ATTRACT)
    lit = []
    for _ in range(30):
        rig.rest(0.1)
        lit.append(rig.virtual.controls.lit)
    assert 10 <= sum(lit) <= 20


# -- cards -----------------------------------------------------------------------------------------------------------


class FakeReader:
    """Implements `house.cards.Reader`."""

    cause = ''

    def __init__(self):
        self.shown = []

    def poll(self):
        shown, self.shown = tuple(self.shown), []
        return shown

    def close(self): ...


def with_reader(tmp_path, rigs):
    rig = booth(tmp_path, f'[attendant]\ntokens = ["{token_of("anna", CARD)}"]\n')
    rigs.append(rig)
    rig.reader = FakeReader()
    rig.kiosk._cards = Cards(rig.reader, rig.kiosk.parts.archivist)
    return rig


def test_a_card_opens_the_menu_and_its_name_is_noted(tmp_path, rigs):
    rig = with_reader(tmp_path, rigs)
    rig.reader.shown = [CARD]
    rig.until(State.ATTENDANT)
    rig.reader.shown = [CARD]
    rig.until(State.ATTRACT)
    assert rig.row('SELECT who, what FROM deed') == ('attendant anna', 'opened the menu')


def test_unknown_cards_are_not_looked_at_for_ever(tmp_path, rigs):
    rig = with_reader(tmp_path, rigs)
    for number in range(TRIES):
        rig.reader.shown = [f'9999{number}']
        rig.rest(0.2)
    rig.reader.shown = [CARD]
    rig.rest(1)
    assert rig.kiosk.booth.state is State.ATTRACT
    rig.rest(LOCKED_S)
    rig.reader.shown = [CARD]
    rig.until(State.ATTENDANT)


# -- hours and quota ---------------------------------------------------------------------------------------------------

HOURS = '[hours]\nzone = "UTC"\n' + ''.join(f'{day} = "10:00-18:00"\n' for day in ('mon', 'tue', 'wed', 'thu', 'fri'))


def test_hours_close_after_the_visit_and_say_when_it_opens(tmp_path, rigs):
    rig = booth(tmp_path, HOURS + 'sat = "closed"\nsun = "closed"\n')
    rigs.append(rig)
    rig.to_listen()
    rig.wall_s += 6 * 3600
    rig.rest(5)
    assert rig.kiosk.booth.state is State.LISTEN
    rig.press('left')
    rig.press()
    rig.until(State.CLOSED)
    rig.rest(0.3)
    assert rig.kiosk.view.opens == ('Monday', '10:00')
    rig.wall_s += 2 * 86_400
    rig.rest(3)
    assert rig.kiosk.view.opens == ('tomorrow', '10:00')
    rig.wall_s += 16 * 3600
    rig.until(State.ATTRACT)


def test_a_clock_that_nobody_has_set_closes_nothing_and_the_host_is_told(tmp_path, rigs, caplog):
    caplog.set_level(logging.WARNING, 'audioletter')
    rig = booth(tmp_path, HOURS)
    rigs.append(rig)
    rig.trusted, rig.wall_s = False, 0.0
    rig.rest(5)
    assert rig.kiosk.booth.state is State.ATTRACT
    assert 'opening hours are not kept' in reason_for(f'clock: {rig.kiosk.causes["clock"]}').host
    assert caplog.text.count('clock: neither the network nor') == 1
    rig.trusted, rig.wall_s = True, datetime(2026, 11, 27, 20, tzinfo=UTC).timestamp()
    rig.until(State.CLOSED)
    assert rig.kiosk.causes['clock'] == ''
    rig.trusted = False
    rig.until(State.ATTRACT)


def test_without_hours_the_clock_is_nobodys_affair(tmp_path, rigs):
    rig = booth(tmp_path)
    rigs.append(rig)
    rig.trusted = False
    rig.rest(5)
    assert not rig.kiosk.causes.get('clock')


def test_as_many_discs_as_a_day_may_have(tmp_path, rigs):
    rig = booth(tmp_path, '[hours]\nzone = "UTC"\n', discs_a_day=1)
    rigs.append(rig)
    rig.to_load_disc()
    rig.press()
    rig.until(State.TAKE_DISC)
    rig.set('blank', False)
    rig.until(State.CLOSED)
    rig.rest(0.2)
    assert rig.kiosk.view.reason == 'quota'
    rig.wall_s += 86_400
    rig.until(State.ATTRACT)
    rig.wall_s -= 86_400
    rig.until(State.CLOSED)
    rig.kiosk.parts.archivist.ask('void', lambda stores: stores.discs.void(1, '', 'torn'))
    rig.until(State.ATTRACT)


def test_discs_a_day_are_counted_without_a_clock_too(tmp_path, rigs):
    """By days that the booth has lived."""
    rig = booth(tmp_path, discs_a_day=1)
    rigs.append(rig)
    rig.trusted = False
    rig.to_load_disc()
    rig.press()
    rig.until(State.TAKE_DISC)
    rig.set('blank', False)
    rig.until(State.CLOSED)
    assert not rig.kiosk.causes.get('clock')


# -- settings that change --------------------------------------------------------------------------------------------


def test_settings_hold_between_two_visits_and_the_volume_at_once(tmp_path, rigs):
    rig = booth(tmp_path)
    rigs.append(rig)
    rig.to_listen()
    file = rig.kiosk.settings.file
    told = 'voice.volume_db -30, policy.retakes 7, policy.disc xray-17, policy.max_message_s 60, voice.languages de'
    for key, text in map(str.split, told.split(', ')):
        file.set(key, text, 'anna', 0.0)
    assert rig.kiosk.adopt(file.load()[0]) is False
    rig.rest(0.1)
    assert rig.kiosk._voice.volume_db == -30
    assert (rig.kiosk.rules.retakes, rig.kiosk.settings.disc.name) == (2, 'xray-25')
    rig.press('left')
    rig.press()
    rig.until(State.ATTRACT)
    rig.rest(0.1)
    assert (rig.kiosk.rules.retakes, rig.kiosk.settings.disc.name) == (7, 'xray-17')
    assert rig.kiosk.settings.order.disc == 'xray-17'
    assert rig.kiosk.view.languages == ('de',)
    assert rig.kiosk.rules.languages == 1
    stores = rig.kiosk.parts.archivist.ask('look', lambda stores: (stores.keeping.max_message_s, stores.takes.max_s))
    rig.rest(0.1)
    assert stores.result(5) == (60, 60)
    assert rig.kiosk.adopt(file.load()[0]) is True


def test_where_letters_lie_does_not_change_while_the_booth_runs(tmp_path, rigs):
    rig = booth(tmp_path)
    rigs.append(rig)
    rig.kiosk.settings.file.set('places.data', '/elsewhere', 'anna', 0.0)
    assert rig.kiosk.adopt(rig.kiosk.settings.file.load()[0])
    assert rig.kiosk.settings.config.places.data == ''
