"""Whatever befalls a cut: by the pins that were executed, and by what the interlock let through, everything is off
within 300 ms of the machine's own time, and the first cause is the one that is told."""

import numpy as np
import pytest

from appliance.clock import SteppedClock
from appliance.compose.virtual.live import Pacer
from appliance.compose.virtual.shop import HELD
from appliance.lathe.api import State
from appliance.virtual.interlock import ACCIDENTS, VirtualInterlock
from appliance.virtual.lathe import VirtualKnobs, VirtualLathe, initial_levels
from tests.native.engine_rig import machine, score

FRAMES = 460_000  # 2.3 s, with ramps that a motor follows
AT = 300_000  # the head is down
LIMIT = AT + 60_000  # 300 ms
MACHINE = machine(ramp_s=0.5)
TOLD = {
    'lid': ('the lid is open', 'lid'),
    'stop': ('the stop button is pressed', 'stop'),
    'permits': ('the supervisor was silent', 'interlock'),
    'line cut': ('the interlock does not answer', 'interlock'),
    'line noise': ('garbled', 'interlock'),
    'interlock reset': ('has started anew', 'interlock'),
    'interlock silent': ('the interlock does not answer', 'interlock'),
    'supply low': ('too low', 'supply'),
    'head hot': ('the head is too hot', 'hot'),
    'short': ('more current', 'current'),
}


class Seen:
    """All edges: of the Pi's pins, and of what came through the relay."""

    def __init__(self):
        self.pins, self.through, self.words = [], [], 0

    def take(self, block):
        for rows, felt in ((self.pins, block), (self.through, block.powered)):
            rows += zip(felt.edge_frame.tolist(), felt.edge_gpio.tolist(), felt.edge_level.tolist(), strict=True)
        self.words += int(block.pwm.sum())

    def finish(self):
        return None

    def close(self):
        pass

    def off_at(self, rows):
        """The frame from which motors, bridge and head are off for good; None if they are not."""
        pins, levels, last = MACHINE.pins, initial_levels(MACHINE).tolist(), 0
        on = {pins.enable: 0, pins.bridge_enable: 1, pins.head_lift: 1}
        for frame, gpio, level in rows:
            if gpio in on and levels[gpio] != level:
                levels[gpio] = level
                last = frame
        return None if any(levels[gpio] == level for gpio, level in on.items()) else last


def cut(interlock=None, *, begins=lambda lathe: None, observers=(), knobs=None):
    """A run with the head down from 0.6 s to the end of the even turning; how it ended."""
    seen = Seen()
    lathe = VirtualLathe(MACHINE, [seen, *observers], interlock or VirtualInterlock(), knobs)
    begins(lathe)
    lathe.start(score(MACHINE, FRAMES, head=(120_002, 340_002)))
    try:
        assert lathe.wait(60.0)
        return lathe.progress(), seen
    finally:
        lathe.close()


def test_every_accident_is_tried():
    assert set(TOLD) == {'lid', 'stop', *ACCIDENTS}


@pytest.fixture(scope='module')
def whole():
    progress, seen = cut()
    assert (progress.state, progress.cause) == (State.DONE, '')
    assert seen.through == seen.pins, 'a cut that goes well goes through whole'
    return seen


@pytest.mark.parametrize('deed', TOLD)
def test_everything_is_off_in_time_and_the_cause_is_told(whole, deed):
    interlock = VirtualInterlock({AT: deed})
    progress, seen = cut(interlock)
    said, key = TOLD[deed]
    assert said in progress.cause
    assert (progress.state, progress.key) == (State.STOPPED, key)
    assert AT < seen.off_at(seen.pins) < LIMIT, 'by the pins of the Pi'
    assert AT < seen.off_at(seen.through) < LIMIT, 'behind the relay'
    assert seen.off_at(seen.through) <= seen.off_at(seen.pins), 'the interlock waits for no program'
    assert not interlock.permitted
    before = [row for row in whole.pins if row[0] < AT]
    assert [row for row in seen.pins if row[0] < AT] == before
    interlock.lid_closed, interlock.stop_pressed = True, False
    again, _ = cut(interlock)
    assert (again.state, again.cause) == (State.DONE, ''), 'and the next one is cut'


def test_the_same_accident_leaves_the_same_trace():
    one, other = cut(VirtualInterlock({AT: 'permits'}))[1], cut(VirtualInterlock({AT: 'permits'}))[1]
    assert (one.pins, one.through, one.words) == (other.pins, other.through, other.words)


def test_a_platter_that_is_held_is_let_go_within_a_turn_and_a_tenth():
    """The watch is for steps, not for time: at this speed its 1.1 turns are longer than the rest of the cut."""
    torque_nm = HELD * MACHINE.platter.holding_torque_nm * MACHINE.platter.gear
    progress, seen = cut(begins=lambda lathe: lathe.hold(torque_nm))
    assert progress.key == 'stall'
    steps = [frame for frame, gpio, level in seen.pins if gpio == MACHINE.pins.platter_step and level]
    late = np.searchsorted(steps, seen.off_at(seen.through)) / MACHINE.platter.steps_per_turn
    assert 1.1 < late < 1.13


def test_a_chain_that_runs_out_is_an_underrun_and_takes_the_power():
    progress, seen = cut(knobs=VirtualKnobs(kill_at_segment=150))
    assert (progress.state, progress.key) == (State.FAULT, 'underrun')
    last_beat = max(frame for frame, gpio, _ in seen.pins if gpio == MACHINE.pins.heartbeat)
    assert seen.off_at(seen.pins) <= last_beat + 1000
    assert seen.off_at(seen.through) < last_beat + 60_000


class LateClock(SteppedClock):
    """Of a computer that is swapped out for a third of a second again and again."""

    def rest(self, seconds):
        super().rest(seconds + 0.33)


def test_a_computer_that_is_late_costs_a_virtual_cut_nothing(whole):
    progress, seen = cut(observers=[Pacer(1.0, LateClock(), lambda: False)])
    assert (progress.state, progress.cause) == (State.DONE, '')
    assert seen.pins == whole.pins
