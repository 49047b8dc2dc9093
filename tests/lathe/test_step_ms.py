"""How long the interlock is to bear a platter without a step: longer than any score makes it wait, and not much."""

import dataclasses

import numpy as np
import pytest

from appliance.compose.doctor.exercise import exercise
from appliance.compose.doctor.scores import On, powered
from appliance.errors import MachineRefusesError
from appliance.interlock.guard import LONGEST_STEP_MS
from appliance.lathe.native_score import step_ms
from appliance.machine import load_machine
from appliance.machine.model import FRAME_RATE_HZ
from appliance.native import check, ffi, lib
from appliance.timeline.axes import platter_settings
from appliance.timeline.jog import jog, turn
from appliance.timeline.score import EDGE

MACHINE = load_machine('virtual')


def slow(**platter):
    return dataclasses.replace(MACHINE, platter=dataclasses.replace(MACHINE.platter, **platter))


def gaps_ms(machine, score):
    """From frame 0 to the first step of the platter, and from each to the next."""
    settings, axis = platter_settings(machine), ffi.new('struct motion_axis *')
    axis.settings = settings.struct()[0]
    segments = np.ascontiguousarray(score.platter)
    edges, count = np.zeros(1 << 18, EDGE), ffi.new('size_t *')
    check(lib.motion_begin(axis, ffi.from_buffer('struct motion_segment[]', segments), len(segments)))
    check(lib.motion_edges(axis, lib.MOTION_NEVER, ffi.from_buffer('struct pin_edge[]', edges), len(edges), count))
    assert count[0] < len(edges)
    steps = edges[: count[0]]
    steps = steps['frame'][steps['set'] & settings.step_mask != 0]
    return np.diff(steps, prepend=0) * 1000 / FRAME_RATE_HZ


@pytest.mark.parametrize('rpm', [78.26, 33.333, 5.0, 1.0])
@pytest.mark.parametrize(
    'platter', [{}, {'ramp_s': 0.5, 'gear': 6.0, 'microsteps': 8}, {'ramp_s': 6.0, 'microsteps': 1}]
)
def test_no_turn_of_the_platter_makes_it_wait_longer(rpm, platter):
    machine = slow(**platter)
    score = turn(machine, 1.3, rpm)
    longest_ms = gaps_ms(machine, score).max()
    assert longest_ms < step_ms(machine, score) <= 2 * longest_ms + 101


def test_nor_does_one_that_goes_to_and_fro():
    score = exercise(MACHINE)
    assert gaps_ms(MACHINE, score).max() < step_ms(MACHINE, score) < 500


def test_where_the_platter_stands_no_step_is_waited_for():
    assert step_ms(MACHINE, jog(MACHINE, 1.0, 1.0)) == 0
    assert step_ms(MACHINE, powered(MACHINE, 0.5, On(lift=True))) == 0


def test_a_platter_that_begins_too_late_for_the_interlock_is_refused():
    late = dataclasses.replace(
        slow(ramp_s=30.0, microsteps=1), driver=dataclasses.replace(MACHINE.driver, wake_ms=2000)
    )
    with pytest.raises(MachineRefusesError, match=r'the first step of the platter comes after .* 2\.45 s'):
        step_ms(late, turn(late, 5.0, 5.0))
    assert LONGEST_STEP_MS == 5000
