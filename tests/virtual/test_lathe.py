"""The virtual lathe: what was executed reaches the observers, whatever happens."""

import threading

import numpy as np
import pytest

from appliance.errors import StorageError
from appliance.interlock.causes import in_words
from appliance.interlock.guard import NO_STEP
from appliance.lathe.api import State
from appliance.lathe.settings import off
from appliance.virtual.interlock import VirtualInterlock
from appliance.virtual.lathe import VirtualKnobs, VirtualLathe, initial_levels, pi_settings
from appliance.virtual.pi import PiSettings, Stall
from appliance.virtual.power import conveyor
from appliance.virtual.power.wired import LOOK_FRAMES
from tests.native.engine_rig import FRAMES, HEAD_DOWN, HEAD_UP, Rig, machine, score

LONGEST_S = 30.0


class Watcher:
    """Keeps every block; may fail at a frame, or at the end."""

    def __init__(self, fail_at=None, fail_at_end=False):
        self.blocks, self.finished, self.closed = [], 0, 0
        self.fail_at, self.fail_at_end = fail_at, fail_at_end

    def take(self, block):
        self.blocks.append(block)
        if self.fail_at is not None and block.end_frame > self.fail_at:
            raise StorageError('cannot write (No space left on device)', where='/full', remedy='free some space')

    def finish(self):
        self.finished += 1
        if self.fail_at_end:
            raise StorageError('cannot write (No space left on device)', where='/full')
        return sum(len(block.pwm) for block in self.blocks)

    def close(self):
        self.closed += 1

    @property
    def pwm(self):
        return np.concatenate([block.pwm for block in self.blocks])

    def edges(self):
        columns = ('edge_frame', 'edge_gpio', 'edge_level')
        return np.array(
            [np.concatenate([getattr(b, name) for b in self.blocks]).astype(np.int64) for name in columns]
        ).T

    def last_levels(self, lathe_machine):
        levels = initial_levels(lathe_machine).astype(int)
        for _, gpio, level in self.edges():
            levels[gpio] = level
        return levels


def run(observers, lathe_machine=None, interlock=None, knobs=None, frames=FRAMES, head=(HEAD_DOWN, HEAD_UP)):
    """A whole run; its last progress and its results."""
    lathe_machine = lathe_machine or machine()
    lathe = VirtualLathe(lathe_machine, observers, interlock, knobs)
    lathe.start(score(lathe_machine, frames, head=head))
    try:
        assert lathe.wait(LONGEST_S)
        return lathe.progress(), lathe.results
    finally:
        lathe.close()


def assert_off_at_the_end(watcher, lathe_machine):
    rest, levels = off(lathe_machine), watcher.last_levels(lathe_machine)
    for gpio in range(32):
        if (rest.set | rest.clear) >> gpio & 1:
            assert levels[gpio] == rest.set >> gpio & 1, f'GPIO {gpio}'
    assert (watcher.pwm[-8:, 0] == watcher.pwm[-8:, 1]).all()


def test_observers_see_every_frame_and_are_finished_once():
    first, second = Watcher(), Watcher()
    progress, results = run([first, second])
    assert progress.state is State.DONE
    assert results == [len(first.pwm), len(second.pwm)]
    assert len(first.pwm) > FRAMES
    assert [(w.finished, w.closed) for w in (first, second)] == [(1, 1), (1, 1)]
    assert_off_at_the_end(first, machine())


def test_threads_change_nothing():
    watcher, rig = Watcher(), Rig().offer()
    run([watcher])
    rig.run()
    expected = rig.output()
    shared = min(len(watcher.pwm), len(expected.pwm))
    assert shared > FRAMES
    assert np.array_equal(watcher.pwm[:shared], expected.pwm[:shared])
    assert watcher.edges()[:, 0].tolist() == expected.frame.tolist()


def test_equal_runs_give_equal_bytes():
    one, other = Watcher(), Watcher()
    run([one])
    run([other])
    assert np.array_equal(one.pwm, other.pwm)
    assert np.array_equal(one.edges(), other.edges())


def test_a_full_disk_ends_the_cut_as_a_fault_and_the_others_see_it_through():
    full, other = Watcher(fail_at=HEAD_DOWN), Watcher()
    progress, results = run([full, other])
    assert progress.state is State.FAULT
    assert progress.cause == '/full: cannot write (No space left on device); free some space'
    assert full.finished == 0
    assert (other.finished, len(results)) == (1, 1)
    assert_off_at_the_end(other, machine())


def test_a_disk_that_is_full_at_the_end_is_a_fault_too():
    progress, results = run([Watcher(fail_at_end=True), Watcher()])
    assert progress.state is State.FAULT
    assert progress.cause.startswith('/full')
    assert len(results) == 1


def test_a_lid_that_opens_at_a_frame_stops_the_cut_there_every_time():
    lift, runs = machine().pins.head_lift, []
    for _ in range(2):
        watcher, interlock = Watcher(), VirtualInterlock({HEAD_DOWN + 1000: 'lid'})
        progress, _ = run([watcher], interlock=interlock)
        assert progress.state is State.STOPPED
        assert 'lid' in progress.cause
        assert not interlock.permitted
        lifts = [int(e[0]) for e in watcher.edges() if e[1] == lift and e[2] == 0]
        assert HEAD_DOWN + 1000 <= lifts[0] < HEAD_DOWN + 1000 + 20_000, 'within 100 ms, by the pins of the Pi'
        assert_off_at_the_end(watcher, machine())
        runs.append(watcher)
    assert np.array_equal(runs[0].edges(), runs[1].edges())


@pytest.mark.parametrize('segment', [20, 30])
def test_a_dead_feeder_is_a_fault_and_the_trace_goes_on_to_silence(segment):
    watcher = Watcher()
    progress, _ = run([watcher], knobs=VirtualKnobs(kill_at_segment=segment))
    assert progress.state is State.FAULT
    assert 'feeder died' in progress.cause
    assert_off_at_the_end(watcher, machine())
    assert (watcher.pwm[-100_000:] == 312).all()


def test_a_stall_is_a_fault():
    watcher = Watcher()
    progress, _ = run([watcher], knobs=VirtualKnobs(pi=PiSettings(stall=Stall(HEAD_DOWN, 10_000))))
    assert progress.state is State.FAULT
    assert 'stalled' in progress.cause
    assert_off_at_the_end(watcher, machine())


@pytest.mark.parametrize('chip', ['bcm2835', 'bcm2837', 'bcm2711'])
def test_levels_at_frame_0_are_known_beforehand(chip):
    lathe = VirtualLathe(machine(chip))
    lathe.start(score(machine(chip)))
    assert lathe.wait(LONGEST_S)
    assert lathe.pi.initial_levels.tolist() == initial_levels(machine(chip)).tolist()
    lathe.close()


def test_the_board_is_that_of_the_machine_file():
    settings = pi_settings(machine('bcm2711'))
    assert (settings.chip, settings.leg_gpio, settings.seed) == ('bcm2711', (12, 13), 0)


def test_power_is_permitted_while_it_cuts_and_not_after():
    interlock = VirtualInterlock()
    lathe = VirtualLathe(machine(), [], interlock)
    assert not interlock.permitted
    lathe.start(score(machine()))
    assert lathe.wait(LONGEST_S)
    assert not interlock.permitted
    lathe.close()


def test_a_carriage_that_came_back_has_made_steps_and_is_where_it_was():
    lathe = VirtualLathe(machine())
    lathe.start(score(machine()))
    assert lathe.wait(LONGEST_S)
    (turned, stepped), (platter, carriage) = lathe.steps(), lathe._engine.places()
    assert (stepped, carriage) == (600, 0)
    assert abs(platter) == turned > 1000
    lathe.close()


class Told(VirtualInterlock):
    """Notes where the cut is when it is told that steps or heartbeat may cease."""

    def __init__(self):
        super().__init__()
        self.frames, self.parked, self._frame = [], [], 0

    def come_to(self, frame):
        super().come_to(frame)
        self._frame = frame

    def parking(self):
        super().parking()
        self.parked.append(self._frame)

    def ending(self):
        super().ending()
        self.frames.append(self._frame)


def test_the_interlock_is_told_of_the_end_within_its_last_half_second():
    """Sooner, and it would take a feeder that dies for an end that was wanted."""
    interlock = Told()
    progress, _ = run([], machine(ramp_s=0.5), interlock, frames=250_000)
    assert progress.frames - 100_000 - LOOK_FRAMES < interlock.frames[0] < progress.frames
    assert HEAD_UP <= interlock.parked[0] < HEAD_UP + LOOK_FRAMES, 'the platter may stand when the head is up'


def test_nor_is_it_told_so_before_the_head_is_up():
    interlock = Told()
    progress, _ = run([], machine(), interlock)
    assert progress.state is State.DONE
    assert progress.frames - 100_000 < 0 < HEAD_UP <= interlock.frames[0]
    assert not interlock.parked


class Stepless(VirtualInterlock):
    """The platter's motor gets no step from a frame on, and the platter stands."""

    def __init__(self, from_frame):
        super().__init__()
        self._from_frame, self.lets = from_frame, []

    def live(self, first, counts):
        gone = first >= self._from_frame
        lets = super().live(first, [(beats, 0, 0) for beats, _, _ in counts] if gone else counts)
        self.lets += lets
        return lets


@pytest.mark.parametrize('from_frame', [0, HEAD_DOWN + 4000])
def test_a_platter_without_steps_takes_the_power_before_anything_is_cut_in_one_place(from_frame):
    interlock = Stepless(from_frame)
    progress, _ = run([], machine(), interlock, frames=400_000, head=(HEAD_DOWN, 300_000))
    assert (progress.state, progress.cause) == (State.STOPPED, in_words(NO_STEP)[0])
    assert not interlock.lets[-1].power
    assert from_frame < interlock.lets[-1].frame < max(from_frame, HEAD_DOWN - 40_000) + 40_000, 'within 0.2 s'


class Failing(VirtualInterlock):
    """There is no memory for a moment, in the thread that feeds."""

    looks = 0

    def live(self, first, counts):
        self.looks += 1
        if self.looks == 3:
            raise MemoryError
        return super().live(first, counts)


def test_a_feeder_that_fails_ends_the_run_as_a_fault(caplog):
    """Nobody waits for ever, and the power is off."""
    interlock = Failing()
    progress, _ = run([Watcher()], interlock=interlock)
    assert (progress.state, progress.cause) == (State.FAULT, 'MemoryError')
    assert not interlock.permitted
    assert 'a mistake in a thread of the cut' in caplog.text


def test_what_cannot_be_put_together_to_be_shown_ends_the_run_as_a_fault(monkeypatch):
    """Else the board would wait for ever for whoever takes it."""

    def joined(blocks):
        raise MemoryError

    monkeypatch.setattr(conveyor, 'joined', joined)
    progress, _ = run([Watcher()], frames=4 * conveyor.MOST)
    assert (progress.state, progress.cause) == (State.FAULT, 'MemoryError')


def test_a_run_whose_threads_cannot_all_be_started_is_closed_all_the_same(monkeypatch):
    start = threading.Thread.start

    def none_left(self):
        if self.name == 'producer':
            raise RuntimeError("can't start new thread")
        start(self)

    monkeypatch.setattr(threading.Thread, 'start', none_left)
    lathe_machine = machine()
    lathe = VirtualLathe(lathe_machine)
    with pytest.raises(RuntimeError, match='new thread'):
        lathe.start(score(lathe_machine, FRAMES))
    lathe.close()
    assert 'feeder' not in [thread.name for thread in threading.enumerate()]
