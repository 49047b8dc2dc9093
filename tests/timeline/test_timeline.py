"""The score of a cut: the order of power, bridge and lift, the radius at every moment, sound at its frame, refusals."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest

from appliance.errors import MachineRefusesError
from appliance.files import BLOCK, Scratch
from appliance.groove.plan import Plan
from appliance.machine.model import FRAME_RATE_HZ, Machine
from appliance.native import check, ffi, lib
from appliance.timeline.axes import carriage_settings, platter_settings, platter_speed, rehearse
from appliance.timeline.build import Timeline, build
from tests.timeline.by_hand import plan_by_hand

LEAD = 333


@pytest.fixture
def drive() -> Any:
    scratch = Scratch()
    scratch.append(np.random.default_rng(1).uniform(-0.9, 0.9, LEAD + 6 * 50_000 + 777))
    yield scratch
    scratch.close()


@pytest.fixture
def cut(machine: Machine, drive: Scratch) -> tuple[Plan, Timeline]:
    plan = plan_by_hand()
    return plan, build(plan, machine, drive, LEAD)


def position(segments: np.ndarray, frame: np.ndarray) -> np.ndarray:
    """Steps at frame boundaries, from the fixed-point segments; held outside them."""
    start = segments['start_frame']
    i = np.clip(np.searchsorted(start, frame, side='right') - 1, 0, len(start) - 1)
    u = np.clip(frame - start[i], 0, segments['frames'][i]).astype(float)
    s = segments[i]
    bits = (lib.MOTION_POSITION_BITS, lib.MOTION_VELOCITY_BITS, lib.MOTION_ACCEL_BITS, lib.MOTION_JERK_BITS)
    names = ('position', 'velocity', 'accel_half', 'jerk_sixth')
    c = [np.ldexp(s[name].astype(float), -b) for name, b in zip(names, bits, strict=True)]
    return c[0] + u * (c[1] + u * (c[2] + u * c[3]))


def edges(settings: Any, segments: np.ndarray) -> np.ndarray:
    """(frame, set, clear) of a whole axis, from the C core."""
    axis = ffi.new('struct motion_axis *')
    axis.settings = settings.struct()[0]
    check(lib.motion_begin(axis, ffi.from_buffer('struct motion_segment[]', segments), len(segments)))
    out = np.zeros(1_000_000, np.dtype([('frame', 'i8'), ('set', 'u4'), ('clear', 'u4')]))
    count = ffi.new('size_t *')
    check(lib.motion_edges(axis, lib.MOTION_NEVER, ffi.from_buffer('struct pin_edge[]', out), len(out), count))
    return out[: count[0]]


def test_everything_happens_in_its_order(cut: tuple[Plan, Timeline], machine: Machine) -> None:
    _, timeline = cut
    score, pins, marks = timeline.score, machine.pins, timeline.score.marks
    bit = {name: 1 << getattr(pins, name) for name in ('enable', 'bridge_enable', 'head_lift')}
    changes = [(int(e['frame']), int(e['set']), int(e['clear'])) for e in score.events]
    power, bridge, down, up, off, end = (frame for frame, _, _ in changes)
    assert [change[1:] for change in changes] == [
        (0, bit['enable']),  # active low
        (bit['bridge_enable'], 0),
        (bit['head_lift'], 0),  # energised is down
        (0, bit['head_lift']),
        (0, bit['bridge_enable']),
        (bit['enable'], 0),
    ]
    assert power >= 16
    assert bridge - power == machine.driver.wake_ms * 200
    assert (down, up) == (marks.head_down_frame, marks.head_up_frame)
    assert off == up + machine.lift.up_s * FRAME_RATE_HZ
    settled = bridge + (machine.platter.ramp_s + machine.platter.settle_s) * FRAME_RATE_HZ
    assert down >= settled
    assert down - settled < 4 + LEAD * 4 + FRAME_RATE_HZ
    moving = [
        segments['start_frame'][[0, -1]] + [0, segments['frames'][-1]] for segments in (score.platter, score.carriage)
    ]
    assert min(first for first, _ in moving) >= bridge
    assert max(last for _, last in moving) <= end - 2000
    assert end < score.frames
    assert score.frames % 4 == 0
    names = [timeline.phase(frame) for frame in (0, bridge, down, marks.message_frame, marks.message_end_frame, up)]
    assert names == ['power', 'spin-up', 'lead-in', 'message', 'run-out', 'parking']
    assert timeline.phase(bridge - 1) == 'power'


def test_seconds_become_frames_from_the_message_on(cut: tuple[Plan, Timeline]) -> None:
    plan, timeline = cut
    marks = timeline.score.marks
    assert marks.message_frame % 4 == 0
    for frame, seconds in (
        (marks.head_down_frame, plan.head_down_s),
        (marks.message_end_frame, plan.message_end_s),
        (marks.head_up_frame, plan.head_up_s),
    ):
        assert abs(frame - marks.message_frame - seconds * FRAME_RATE_HZ) <= 0.5


def test_the_carriage_is_where_the_plan_says(cut: tuple[Plan, Timeline], machine: Machine) -> None:
    plan, timeline = cut
    marks = timeline.score.marks
    frame = np.arange(marks.head_down_frame + 1, marks.head_up_frame, 997)
    radius = machine.carriage.park_radius_mm - position(timeline.score.carriage, frame) * machine.carriage.mm_per_step
    planned = plan.radius_mm((frame - marks.message_frame) / FRAME_RATE_HZ)
    assert np.abs(radius - planned).max() < 1e-8


def test_the_steps_follow_the_plan_to_a_step_and_come_home(cut: tuple[Plan, Timeline], machine: Machine) -> None:
    plan, timeline = cut
    pins, marks = machine.pins, timeline.score.marks
    got = edges(carriage_settings(machine), timeline.score.carriage)
    turns = np.flatnonzero((got['set'] | got['clear']) & (1 << pins.carriage_dir))
    ways = np.where((got['set'][turns] > 0) == (pins.carriage_inward == 'high'), 1, -1)
    way = np.concatenate(([0], ways))[np.searchsorted(turns, np.arange(len(got)), side='right')]
    level = np.where(got['set'] & (1 << pins.carriage_step), way, 0)
    steps = np.cumsum(level)
    assert steps[-1] == 0
    assert np.abs(level).sum() == timeline.carriage_steps
    frame = np.arange(marks.head_down_frame + 1, marks.head_up_frame, 4999)
    made = steps[np.searchsorted(got['frame'], frame, side='right') - 1]
    planned = plan.radius_mm((frame + 0.5 - marks.message_frame) / FRAME_RATE_HZ)
    off = machine.carriage.park_radius_mm - made * machine.carriage.mm_per_step - planned
    assert np.abs(off).max() <= machine.carriage.mm_per_step * 0.5001
    risen = marks.head_up_frame + machine.lift.up_s * FRAME_RATE_HZ
    assert not level[(got['frame'] >= marks.head_up_frame) & (got['frame'] < risen)].any()  # nobody scratches the label
    assert np.all(level[(got['frame'] >= marks.head_down_frame) & (got['frame'] < marks.head_up_frame)] >= 0)


def test_the_platter_turns_at_speed_from_settling_to_head_up(cut: tuple[Plan, Timeline], machine: Machine) -> None:
    plan, timeline = cut
    got = edges(platter_settings(machine), timeline.score.platter)
    rises = got['frame'][got['set'] == 1 << machine.pins.platter_step]
    first, last = timeline.platter_frames
    assert len(rises) == timeline.platter_steps
    steady = rises[(rises >= first) & (rises < last)]
    assert last == timeline.score.marks.head_up_frame + machine.lift.up_s * FRAME_RATE_HZ
    exact = 60 / (plan.speed_rpm * machine.platter.steps_per_turn) * FRAME_RATE_HZ  # frames a step
    drift = steady - steady[0] - np.arange(len(steady)) * exact
    assert np.ptp(drift) < 1.0 + 1e-6
    assert platter_speed(machine, plan.speed_rpm) == pytest.approx(1 / exact)
    assert first - rises[0] < machine.platter.ramp_s * FRAME_RATE_HZ


def test_each_sample_of_the_drive_is_heard_at_its_frame(cut: tuple[Plan, Timeline], drive: Scratch) -> None:
    _, timeline = cut
    score = timeline.score
    blocks = list(score.drive())
    assert max(len(block) for block in blocks) <= BLOCK
    heard = np.concatenate(blocks)
    assert heard.dtype == np.float32
    assert len(heard) == score.frames // 4
    begin = score.marks.message_frame // 4 - LEAD
    known = drive.read(0, drive.samples)
    assert np.array_equal(heard[begin : begin + len(known)], known)
    assert not heard[:begin].any()
    assert not heard[begin + len(known) :].any()
    assert np.array_equal(np.concatenate(list(score.drive())), heard)  # a fresh iterator each time


def test_a_long_lead_does_not_sound_before_the_bridge_is_on(machine: Machine, drive: Scratch) -> None:
    timeline = build(plan_by_hand(), machine, drive, 300_000)
    bridge = int(timeline.score.events[1]['frame'])
    assert timeline.score.marks.message_frame - 4 * 300_000 >= bridge


def test_a_plan_that_starts_and_ends_at_rest_needs_no_run_up(machine: Machine, drive: Scratch) -> None:
    plan = plan_by_hand()
    still = dataclasses.replace(
        plan,
        knot_s=np.array([-1.0, 8.0]),
        coefficients=np.array([[100.0, 0.0, 0.0, 0.0]]),
        head_down_s=-1.0,
        head_up_s=8.0,
    )
    timeline = build(still, machine, drive, LEAD)
    middle = np.arange(timeline.score.marks.head_down_frame, timeline.score.marks.head_up_frame, 1000)
    steps = position(timeline.score.carriage, middle)
    assert np.ptp(steps) < 1e-9
    assert steps[0] * machine.carriage.mm_per_step == pytest.approx(30.0)


def test_a_plan_that_still_moves_at_its_end_is_brought_to_rest(machine: Machine, drive: Scratch) -> None:
    plan = plan_by_hand()
    moving = dataclasses.replace(
        plan,
        knot_s=np.array([-1.0, 8.0]),
        coefficients=np.array([[100.0, -1.0, 0.0, 0.0]]),
        head_down_s=-1.0,
        head_up_s=8.0,
    )
    timeline = build(moving, machine, drive, LEAD)
    assert rehearse('carriage', carriage_settings(machine), timeline.score.carriage) == timeline.carriage_steps
    assert timeline.carriage_steps >= 2 * 39 / machine.carriage.mm_per_step


@pytest.mark.parametrize(
    ('coefficients', 'said'),
    [
        ([[100.0, -6.0, 0, 0]], r'segment \d+ at frame \d+: speed 0\.1\d* steps a frame, limit 0\.16; a step is'),
        ([[100.0, 0, -15.0, 0], [85.0, -30.0, 0, 0]], r'segment \d+ at frame \d+: (speed|acceleration)'),
        ([[100.0, -1.0, 0, 0], [90.0, -1.0, 0, 0]], r'(starts at position|speed jumps)'),
        ([[42.0, -1.0, 0, 0]], r'segment \d+ at frame \d+: position 601600 steps, limit 576000'),
        ([[135.0, -1.0, 0, 0]], r'segment \d+ at frame \d+: position -\d+\.?\d* steps, limit 0'),
    ],
)
def test_what_the_carriage_cannot_do_is_refused_before_it_moves(
    machine: Machine, drive: Scratch, coefficients: list[list[float]], said: str
) -> None:
    knots = np.linspace(-1.0, 5.0, len(coefficients) + 1)
    plan = dataclasses.replace(
        plan_by_hand(), knot_s=knots, coefficients=np.array(coefficients), head_down_s=-1.0, head_up_s=5.0
    )
    with pytest.raises(MachineRefusesError, match='carriage: motion: .*' + said):
        build(plan, machine, drive, LEAD)


def test_a_ramp_that_would_stall_is_refused(machine: Machine, drive: Scratch) -> None:
    hasty = dataclasses.replace(machine, platter=dataclasses.replace(machine.platter, ramp_s=0.3))
    with pytest.raises(MachineRefusesError, match=r'platter\.ramp_s'):
        build(plan_by_hand(), hasty, drive, LEAD)


def test_a_speed_beyond_the_platter_is_refused(machine: Machine, drive: Scratch) -> None:
    with pytest.raises(MachineRefusesError, match=r'platter\.max_speed_rpm: 95 rpm is more than the 90 rpm'):
        build(plan_by_hand(speed_rpm=95.0, start_mm=120.0), machine, drive, LEAD)
