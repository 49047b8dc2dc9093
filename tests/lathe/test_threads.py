"""The threads of a lathe: nobody sees one die, so whatever is raised in one of them ends the cut as a state."""

import logging
import threading

import pytest

from appliance.interlock.link import Status
from appliance.lathe.api import State
from appliance.lathe.engine import EngineLathe
from appliance.lathe.settings import Knobs, memory_words, off
from appliance.native import ffi, lib
from appliance.virtual.lathe import VirtualKnobs, VirtualLathe
from appliance.virtual.pi import PiMemory, VirtualPi
from tests.native.engine_rig import machine, score

LONGEST_S = 10.0
METHODS = ('status', 'permit', 'ending', 'revoke')


class WornLink:
    """Closed and well, until its `method` is called for the `nth` time: from then on that one raises."""

    current_ma = None

    def __init__(self, method='', nth=1):
        self._method, self._left, self.asked = method, nth, threading.Event()

    def _called(self, method):
        self.asked.set()
        if method == self._method:
            self._left -= 1
            if self._left <= 0:
                raise RuntimeError('a wire has come loose in the link')
        return Status(True)

    def status(self):
        return self._called('status')

    def permit(self, step_ms=0):
        return self._called('permit')

    def parking(self):
        self._called('parking')

    def ending(self):
        self._called('ending')

    def revoke(self):
        self._called('revoke')


class Beside:
    """Time of a board whose feeder and watcher are two threads: a sleep of the one lasts until the other has looked, so
    that neither leaves the other behind, however busy the computer is."""

    def __init__(self, looked):
        self._ns = 0

        @ffi.callback('int64_t(void *)')
        def now_ns(_):
            return self._ns

        @ffi.callback('void(void *, int64_t)')
        def sleep_until_ns(_, at_ns):
            looked.clear()
            looked.wait(LONGEST_S)
            self._ns = at_ns

        self.keep = (now_ns, sleep_until_ns)
        self.pacing = ffi.new('struct vpi_pacing *', {'now_ns': now_ns, 'sleep_until_ns': sleep_until_ns})


def board(pacing=None):
    memory = PiMemory(chain_words=memory_words(machine()), frames=1 << 19, edges=1 << 17)
    return VirtualPi(memory=memory, pacing=pacing)


def assert_off(pi):
    """Each pin that was ever driven is at rest."""
    rest, now = off(machine()), pi.door.read(pi.door.self, lib.GPLEV0)
    for gpio in range(32):
        driven = pi.door.read(pi.door.self, lib.bcm_fsel_register(gpio)) >> lib.bcm_fsel_shift(gpio) & 7
        if (rest.set | rest.clear) >> gpio & 1 and driven != lib.FSEL_IN:
            assert now >> gpio & 1 == rest.set >> gpio & 1, f'GPIO {gpio}'


def cut(link, knobs):
    """Its last progress; the lathe is closed, and nothing has power."""
    beside = Beside(link.asked)
    pi = board(None if knobs.turns else beside.pacing)
    lathe = EngineLathe(machine(), pi.door, link, knobs)
    lathe.start(score(machine()))
    assert lathe.wait(LONGEST_S), 'the cut waits for ever'
    progress = lathe.progress()
    lathe.close()
    assert_off(pi)
    pi.close()
    return progress


@pytest.mark.parametrize('turns', [1, 0], ids=['in the feeder', 'in the watcher'])
@pytest.mark.parametrize('nth', [3, 4, 10])
def test_a_link_that_raises_ends_the_cut_as_a_fault_that_says_so(turns, nth):
    progress = cut(WornLink('status', nth), Knobs(wait_for_input=True, realtime=False, turns=turns))
    assert progress.state is State.FAULT
    assert progress.cause == 'a wire has come loose in the link'


def test_one_that_raises_when_it_is_told_of_the_end_costs_the_disc_and_no_more():
    progress = cut(WornLink('ending'), Knobs(wait_for_input=True, realtime=False, turns=1))
    assert progress.state is State.FAULT
    assert 'come loose' in progress.cause


def test_one_that_raises_when_power_is_taken_away_spoils_nothing_and_is_noted(caplog):
    with caplog.at_level(logging.ERROR):
        assert cut(WornLink('revoke'), Knobs(wait_for_input=True, realtime=False, turns=1)).state is State.DONE
    assert 'come loose' in caplog.text


def test_a_hand_stops_it_all_the_same():
    pi = board()
    lathe = EngineLathe(machine(), pi.door, WornLink('ending'), Knobs(wait_for_input=True, realtime=False, turns=1))
    played = score(machine(), frames=4_000_000)
    lathe.start(played)
    lathe.stop('the host has stopped it', 'stop')
    while not lathe.wait(0.01):
        pi.drain(timeout_ms=0)
    assert (lathe.progress().state, lathe.progress().key) == (State.STOPPED, 'stop')
    lathe.close()


def test_a_system_that_refuses_a_priority_in_its_own_words_is_no_reason_to_wait(monkeypatch):
    def refuse():
        raise RuntimeError('no priorities today')

    monkeypatch.setattr('appliance.lathe.engine.keep_to_isolated', refuse)
    progress = cut(WornLink(), Knobs(wait_for_input=True, realtime=True, turns=1))
    assert (progress.state, progress.cause) == (State.FAULT, 'no priorities today')


def broken():
    raise RuntimeError('the relay cannot be followed')


def last_of(lathe):
    lathe.start(score(machine()))
    assert lathe.wait(LONGEST_S), 'the cut waits for ever'
    progress = lathe.progress()
    lathe.close()
    return progress


def test_a_virtual_board_whose_end_cannot_be_shown_is_a_fault(monkeypatch):
    lathe = VirtualLathe(machine())
    monkeypatch.setattr(lathe._link, 'finish', broken)
    progress = last_of(lathe)
    assert (progress.state, progress.cause) == (State.FAULT, 'the relay cannot be followed')


def test_nor_does_one_wait_whose_feeder_has_died_and_whose_relay_cannot_be_followed(monkeypatch):
    lathe = VirtualLathe(machine(), knobs=VirtualKnobs(kill_at_segment=8))
    look = lathe._link.look
    monkeypatch.setattr(lathe._link, 'look', lambda: broken() if lathe._engine.died else look())
    progress = last_of(lathe)
    assert progress.state is State.FAULT
    assert 'the feeder died' in progress.cause
