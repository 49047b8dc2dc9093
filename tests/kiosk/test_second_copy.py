"""A second copy through the booth: ordered by the host, pressed for by a hand, cut of the master of the first disc."""

from dataclasses import replace

import numpy as np
import pytest
import soundfile

from appliance.kiosk.archivist import Job
from appliance.kiosk.cutter import Cutter
from appliance.message import Master
from appliance.message.shelf import MASTER
from appliance.orders import Done, Facts, Fault, Finished, Mastered, Order, Refused
from appliance.workflow.values import Event, Kind, State
from tests.kiosk.booth_rig import Rig


@pytest.fixture
def rig(tmp_path):
    rig = Rig(tmp_path)
    yield rig
    rig.close()


def disc(rig):
    """A blank is laid, the visitor presses, and takes the disc."""
    rig.set('blank', True)
    rig.press()
    rig.until(State.TAKE_DISC)
    rig.set('blank', False)


def first_disc(rig):
    rig.to_load_disc()
    disc(rig)
    rig.until(State.ATTRACT)


def order(rig, copies, **how):
    rig.kiosk.parts.archivist.give(Job('order', lambda stores: stores.order_discs(1, copies, 'anna', **how)))
    rig.rest(0.1)
    rig.kiosk.tell(Event(Kind.AGAIN, number=1, copies=copies))
    rig.until(State.LOAD_DISC)


def test_an_edition_is_cut_one_after_another_from_the_master_of_the_first_disc(rig):
    first_disc(rig)
    order(rig, 3, numbered=True)
    prepared = rig.cutter.orders('prepare')
    assert prepared[-1][1].name == 'letter.wav'
    assert prepared[-1][2] == 'ab12'
    for _ in range(3):
        disc(rig)
    rig.until(State.ATTRACT)
    assert rig.cutter.marks == ['1', '1 1/3', '1 2/3', '1 3/3']
    assert len(rig.cutter.orders('prepare')) == len(prepared), 'planned once for all of them'
    assert rig.row('SELECT state FROM letter') == ('handed over',)
    assert rig.row('SELECT COUNT(*), MIN(master) FROM cut') == (4, 'ab12')
    assert rig.row("SELECT COUNT(*) FROM visit WHERE what = 'handed over'") == (4,)


def test_copies_that_nobody_waits_for_are_no_walk_away_of_a_visitor(rig):
    first_disc(rig)
    order(rig, 2)
    rig.until(State.ATTRACT, 200.0)
    assert rig.row('SELECT what, step FROM visit ORDER BY id DESC') == ('copies: walked away at load disc', None)
    assert rig.row('SELECT state FROM letter') == ('handed over',)
    rig.to_listen()
    assert 'ab12' not in rig.cutter.orders('prepare')[-1], 'a new take has no master'


def test_under_a_policy_that_forgets_at_the_hand_over_an_edition_is_cut_to_its_end_first(tmp_path):
    rig = Rig(tmp_path, retention='handover')
    rig.to_load_disc()
    rig.press('left')  # left to the host
    rig.until(State.ATTRACT)
    order(rig, 2, numbered=True)
    disc(rig)
    rig.rest(10.0)
    assert rig.row('SELECT state FROM letter') == ('handed over',)
    rig.until(State.LOAD_DISC)
    disc(rig)
    rig.until(State.ATTRACT)
    rig.rest(1.0)
    assert rig.row('SELECT state FROM letter') == ('forgotten',)
    assert not list((rig.folders.data / 'letters').iterdir())
    rig.close()


def test_the_attendant_too_gets_one_copy_within_the_quota(tmp_path):
    rig = Rig(tmp_path, copies_a_letter=1)
    first_disc(rig)
    for state in (State.LOAD_DISC, State.ATTRACT):
        rig.kiosk.tell(Event(Kind.AGAIN, number=1))
        rig.rest(0.5)
        assert rig.kiosk.booth.state is state
        if state is State.LOAD_DISC:
            disc(rig)
            rig.until(State.ATTRACT)
    rig.close()


class Again(Rig):
    """The same booth, started once more: it comes back with what was going on."""

    def until(self, state, seconds=60.0):
        super().until(State.LOAD_DISC if state is State.ATTRACT and not self.cutter.marks else state, seconds)


def test_a_booth_that_is_killed_in_an_edition_comes_back_to_its_next_disc(tmp_path):
    rig = Rig(tmp_path)
    first_disc(rig)
    order(rig, 3, numbered=True)
    disc(rig)
    rig.until(State.LOAD_DISC)
    rig.kiosk.drop()
    again = Again(tmp_path)
    assert again.cutter.orders('prepare')[-1][2] == 'ab12', 'the master is that of the first disc'
    assert (again.kiosk.booth.letter, again.kiosk.booth.copies) == (1, 2)
    disc(again)
    disc(again)
    again.until(State.ATTRACT)
    assert again.cutter.marks == ['1 2/3', '1 3/3']
    again.close()


def test_a_letter_knows_the_language_of_its_visitor_until_it_is_forgotten(rig):
    rig.press()
    rig.press('right')
    rig.press()
    rig.until(State.LEVEL_CHECK)
    rig.virtual.microphone.speak(rig.voice)
    rig.rest(0.5)
    rig.press()
    rig.until(State.RECORDING)
    rig.rest(3.0)
    rig.press()
    rig.until(State.LISTEN)
    rig.press()
    rig.until(State.LOAD_DISC)
    assert rig.row('SELECT language FROM letter') == ('ru',)
    rig.press('left')
    rig.until(State.ATTRACT)
    assert rig.row('SELECT step, language FROM visit') == ('load disc', 'ru')
    rig.kiosk.parts.archivist.give(Job('forget', lambda stores: stores.forget(1)))
    rig.rest(0.1)
    assert rig.row('SELECT language FROM letter') == ('',)


# -- with the real child -----------------------------------------------------------------------------------------------


def said(cutter, *last):
    """Everything until one of these kinds."""
    heard = []
    while not (heard and isinstance(heard[-1], (*last, Fault, Refused))):
        assert cutter.wait(60.0)
        heard += cutter.poll()
    assert isinstance(heard[-1], last), heard[-1]
    return heard


def take_of(folder):
    t_s = np.arange(48_000) / 48_000
    sound = 0.3 * np.sin(2 * np.pi * 440 * t_s) * (1 + np.sin(2 * np.pi * 3 * t_s)) / 2
    sound += 0.01 * np.random.default_rng(1).standard_normal(t_s.size)
    soundfile.write(folder / 'take.wav', sound, 48_000, 'FLOAT')
    letter = folder / 'letter'
    letter.mkdir()
    soundfile.write(letter / 'letter.wav', sound, 48_000, 'PCM_24')
    return folder / 'take.wav', letter


@pytest.mark.timeout(120)
def test_a_copy_by_another_child_is_the_first_disc_byte_for_byte_and_one_on_another_machine_says_so(tmp_path):
    take, letter = take_of(tmp_path)
    order = Order('xray-25')
    cutter = Cutter()
    cutter.prepare(take, order)
    first = said(cutter, Facts)[-1]
    assert (first.copy, first.anew) == (False, '')
    cutter.cut(letter / 'disc-1', '217')
    heard = said(cutter, Finished)
    digest = next(message.digest for message in heard if isinstance(message, Mastered))
    assert next(message.report['number'] for message in heard if isinstance(message, Done)) == '217'
    cutter.close()

    again = Cutter()  # the booth was switched off and on
    master = Master(letter / MASTER, digest)
    again.prepare(letter / 'letter.wav', order, master)
    told = said(again, Facts)[-1]
    assert told == replace(first, copy=True)
    again.cut(letter / 'disc-2', '217 1/2')
    heard = said(again, Finished)
    assert Mastered(digest) in heard
    assert (letter / 'disc-2' / 'groove.npz').read_bytes() == (letter / 'disc-1' / 'groove.npz').read_bytes()
    assert (letter / 'disc-2' / 'playback.wav').read_bytes() == (letter / 'disc-1' / 'playback.wav').read_bytes()

    again.prepare(letter / 'letter.wav', replace(order, disc='xray-17'), master)
    told = said(again, Facts)[-1]
    assert told.copy is False
    assert 'have changed' in told.anew
    assert told.disc == 'xray-17'
    again.close()


@pytest.mark.timeout(120)
def test_a_disc_whose_master_cannot_be_kept_is_a_disc_all_the_same(tmp_path):
    take, letter = take_of(tmp_path)
    (letter / MASTER).mkdir()
    cutter = Cutter()
    cutter.prepare(take, Order('xray-25'))
    said(cutter, Facts)
    cutter.cut(letter / 'disc-1', '217')
    heard = said(cutter, Finished)
    assert not [message for message in heard if isinstance(message, Mastered)]
    assert (letter / 'disc-1' / 'playback.wav').is_file()
    cutter.close()
