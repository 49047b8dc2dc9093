"""From a plan to the score of a cut: every movement, edge and sample on one integer clock, the frame (5 us).

    frame 0      power     spin-up            lead-in     message          run-out     parking             end
    |- silence --|- wake --|- platter ramp, --|- head ----|- message_frame -|- locked --|- head up, bridge --|
       all off     drivers   settles; the        down        ...               groove      off, ramp down, carriage
                   on        carriage travels                                              back home, drivers off

Seconds of the plan (from the first sample of the message) become frames in `frame_of` and nowhere else. The message
starts at a multiple of 4, so drive sample k is heard at frame 4 k. The carriage starts and ends at its park radius.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from appliance.errors import MachineRefusesError
from appliance.files import BLOCK, Samples, Scratch
from appliance.groove.plan import Plan
from appliance.machine.model import FRAME_RATE_HZ, FRAMES_PER_SAMPLE, Level, Machine
from appliance.timeline.axes import (
    carriage_limits,
    carriage_settings,
    check_motion,
    platter_settings,
    platter_speed,
    rehearse,
)
from appliance.timeline.profiles import Profile, change_speed, hold, move, ramp, to_segments
from appliance.timeline.score import EDGE, Marks, Score
from appliance.timeline.torque import TorqueMargin, require_torque

POWER_FRAME = 1000  # 5 ms of silence: the DMA engine and the PWM run evenly (16 frames would do)
CALM_FRAMES = 20_000  # 100 ms: a carriage of 40 Hz and Q 1 has forgotten its travel
REST_FRAMES = 10_000  # 50 ms at rest before the drivers lose their current
STILL = 1e-9  # steps a frame: slower than this is at rest


@dataclass(frozen=True, slots=True)
class Phase:
    """What a person is told from `frame` on."""

    name: str
    frame: int


@dataclass(frozen=True, slots=True)
class Timeline:
    """A score and what was found out while making it."""

    score: Score
    phases: tuple[Phase, ...]
    platter_steps: int  # pulses, whatever their direction
    carriage_steps: int
    torque: TorqueMargin
    radius_at_start_mm: float  # of the carriage at frame 0
    platter_frames: tuple[int, int]  # first and last frame of full speed

    def phase(self, frame: int) -> str:
        """The name of the phase `frame` lies in."""
        return next(phase.name for phase in reversed(self.phases) if phase.frame <= frame)


@dataclass(frozen=True, slots=True)
class Marker:
    """The one place where seconds of a plan become frames."""

    message_frame: int

    def frame_of(self, t_s: float) -> int:
        """The frame nearest to `t_s` seconds after the first sample of the message."""
        return self.message_frame + round(t_s * FRAME_RATE_HZ)


def seconds_to_frames(duration_s: float) -> int:
    """Whole frames that last at least `duration_s`."""
    return math.ceil(duration_s * FRAME_RATE_HZ)


def plan_profile(plan: Plan, machine: Machine) -> Profile:
    """The plan's pieces in steps inward from the park radius, each from the frame nearest to its knot."""
    frames = np.array([Marker(0).frame_of(t) for t in plan.knot_s.tolist()], np.int64)
    lengths = np.diff(frames)
    # a piece starts up to half a frame beside its knot: shift its polynomial by that much (Taylor)
    late_s = (frames[:-1] / FRAME_RATE_HZ - plan.knot_s[:-1])[:, None]
    c0, c1, c2, c3 = (plan.coefficients[:, k : k + 1] for k in range(4))
    shifted = np.hstack(
        (
            c0 + late_s * (c1 + late_s * (c2 + late_s * c3)),
            c1 + late_s * (2 * c2 + 3 * late_s * c3),
            c2 + 3 * late_s * c3,
            c3,
        )
    )
    shifted[:, 0] -= machine.carriage.park_radius_mm
    steps = -shifted / machine.carriage.mm_per_step / float(FRAME_RATE_HZ) ** np.arange(4)
    kept = lengths > 0
    return Profile(lengths[kept], steps[kept])


def _speed_at_end(profile: Profile) -> float:
    u = float(profile.frames[-1])
    c = profile.coefficients[-1]
    return float(c[1] + u * (2 * c[2] + 3 * u * c[3]))


def _still(speed: float) -> float:
    return 0.0 if abs(speed) < STILL else speed


def _approach(groove: Profile, machine: Machine) -> Profile:
    """From the park radius to where the plan begins, arriving at the plan's speed."""
    limits = carriage_limits(machine)
    run_up = change_speed(0.0, _still(float(groove.coefficients[0, 1])), limits)
    first = move(float(groove.coefficients[0, 0]) - run_up.end_position, limits)
    return first.then(hold(0.0, CALM_FRAMES)).then(run_up)


def _return(groove: Profile, machine: Machine) -> tuple[Profile, Profile]:
    """Coming to rest after the plan (nothing where it ends at rest), and the way back to the park radius."""
    limits = carriage_limits(machine)
    slowing = change_speed(_still(_speed_at_end(groove)), 0.0, limits)
    return slowing, move(-(groove.end_position + slowing.end_position), limits)


@dataclass(frozen=True, slots=True)
class _Frames:
    """Where everything lies, in frames, in order."""

    power: int
    awake: int
    at_speed: int
    marks: Marks
    head_free: int  # the lift is up
    back: int  # the carriage's way home begins
    at_rest: int
    end: int


@dataclass(frozen=True, slots=True)
class _Travel:
    """The carriage's three movements, and the ramp of the platter, in frames."""

    approach: Profile
    groove: Profile
    slowing: Profile
    home: Profile
    ramp_frames: int


def _message_frame(plan: Plan, machine: Machine, approach: Profile, lead: int) -> int:
    """The earliest frame, a multiple of 4, at which the message can begin."""
    awake = POWER_FRAME + seconds_to_frames(machine.driver.wake_ms / 1000)
    ready = seconds_to_frames(machine.platter.ramp_s + machine.platter.settle_s)
    begin_s = min(plan.head_down_s, float(plan.knot_s[0]))
    lead_in = max(seconds_to_frames(-begin_s) + 1, lead * FRAMES_PER_SAMPLE)
    return -(-(awake + max(ready, approach.total_frames) + lead_in) // FRAMES_PER_SAMPLE) * FRAMES_PER_SAMPLE


def _lay_out(plan: Plan, machine: Machine, travel: _Travel, marker: Marker) -> _Frames:
    awake = POWER_FRAME + seconds_to_frames(machine.driver.wake_ms / 1000)
    marks = Marks(
        head_down_frame=marker.frame_of(plan.head_down_s),
        message_frame=marker.message_frame,
        message_end_frame=marker.frame_of(plan.message_end_s),
        head_up_frame=marker.frame_of(plan.head_up_s),
    )
    slowed = marker.frame_of(float(plan.knot_s[-1])) + travel.slowing.total_frames
    head_free = marks.head_up_frame + seconds_to_frames(machine.lift.up_s)
    back = max(slowed, head_free)
    at_rest = max(back + travel.home.total_frames, head_free + travel.ramp_frames)
    end = -(-(at_rest + 2 * REST_FRAMES) // FRAMES_PER_SAMPLE) * FRAMES_PER_SAMPLE
    return _Frames(POWER_FRAME, awake, awake + travel.ramp_frames, marks, head_free, back, at_rest, end)


def _platter(plan: Plan, machine: Machine, frames: _Frames) -> NDArray[Any]:
    speed, ramp_frames = platter_speed(machine, plan.speed_rpm), frames.at_speed - frames.awake
    turning = ramp(0.0, speed, ramp_frames).then(hold(speed, frames.head_free - frames.at_speed))
    return to_segments(turning.then(ramp(speed, 0.0, ramp_frames)), frames.awake)


def _carriage(travel: _Travel, frames: _Frames, marker: Marker, plan: Plan) -> NDArray[Any]:
    begin = marker.frame_of(float(plan.knot_s[0])) - travel.approach.total_frames
    # the plan's own positions are absolute (from the park radius): they are not chained, so nothing adds up
    cut = Profile(
        np.concatenate((travel.approach.frames, travel.groove.frames)),
        np.concatenate((travel.approach.coefficients, travel.groove.coefficients)),
    ).then(travel.slowing)
    waiting = frames.back - begin - cut.total_frames
    return to_segments(cut.then(hold(0.0, waiting)).then(travel.home), begin)


def _events(machine: Machine, frames: _Frames) -> NDArray[Any]:
    pins, marks = machine.pins, frames.marks
    opposite: dict[Level, Level] = {'low': 'high', 'high': 'low'}
    changes: list[tuple[int, int, Level]] = [
        (frames.power, pins.enable, pins.enable_active),
        (frames.awake, pins.bridge_enable, pins.bridge_enable_active),
        (marks.head_down_frame, pins.head_lift, pins.lift_down),
        (marks.head_up_frame, pins.head_lift, opposite[pins.lift_down]),
        (frames.head_free, pins.bridge_enable, opposite[pins.bridge_enable_active]),
        (frames.at_rest + REST_FRAMES, pins.enable, opposite[pins.enable_active]),
    ]
    rows = [(f, (level == 'high') << pin, (level == 'low') << pin) for f, pin, level in changes]
    return np.array(rows, EDGE)


def drive_stream(drive: Scratch, lead: int, message_frame: int, frames: int) -> Callable[[], Iterator[Samples]]:
    """Starts a fresh iterator over the modulation of a whole score: message sample 0 is sample message_frame / 4."""
    offset, total = lead - message_frame // FRAMES_PER_SAMPLE, frames // FRAMES_PER_SAMPLE

    def blocks() -> Iterator[Samples]:
        for start in range(0, total, BLOCK):
            yield drive.read(start + offset, min(BLOCK, total - start))

    return blocks


def _phases(frames: _Frames) -> tuple[Phase, ...]:
    marks = frames.marks
    return (
        Phase('power', 0),
        Phase('spin-up', frames.awake),
        Phase('lead-in', marks.head_down_frame),
        Phase('message', marks.message_frame),
        Phase('run-out', marks.message_end_frame),
        Phase('parking', marks.head_up_frame),
    )


def carriage_scale(machine: Machine) -> str:
    """What steps and frames are in millimetres and seconds, for the remedy of a refusal."""
    step_um = machine.carriage.mm_per_step * 1e3
    return f'a step is {step_um:g} um, a step a frame {step_um * FRAME_RATE_HZ / 1e3:g} mm/s'


def _require_speed(plan: Plan, machine: Machine) -> None:
    limit_rpm = machine.platter.max_speed_rpm
    if plan.speed_rpm > limit_rpm:
        what = f'{plan.speed_rpm:g} rpm is more than the {limit_rpm:g} rpm the platter may turn'
        raise MachineRefusesError(what, where='platter.max_speed_rpm', remedy='choose a lower speed')


def build(plan: Plan, machine: Machine, drive: Scratch, lead: int) -> Timeline:
    """The whole score of a cut, checked: nothing in it passes a limit of the machine.

    `drive` is the modulation m at 50 kHz, with `lead` samples before the message's first. Raises MachineRefusesError,
    naming the movement, its value and its limit, or the keys that keep the platter from stalling.
    """
    _require_speed(plan, machine)
    torque = require_torque(machine.platter, plan.speed_rpm)
    groove = plan_profile(plan, machine)
    approach = _approach(groove, machine)
    marker = Marker(_message_frame(plan, machine, approach, lead))
    travel = _Travel(approach, groove, *_return(groove, machine), seconds_to_frames(machine.platter.ramp_s))
    frames = _lay_out(plan, machine, travel, marker)
    platter, carriage = _platter(plan, machine, frames), _carriage(travel, frames, marker, plan)
    turning, moving = platter_settings(machine), carriage_settings(machine)
    check_motion('platter', turning, platter, f'a turn is {machine.platter.steps_per_turn:g} steps')
    check_motion('carriage', moving, carriage, carriage_scale(machine))
    return Timeline(
        score=Score(
            frames=frames.end,
            platter=platter,
            carriage=carriage,
            events=_events(machine, frames),
            drive=drive_stream(drive, lead, marker.message_frame, frames.end),
            marks=frames.marks,
        ),
        phases=_phases(frames),
        platter_steps=rehearse('platter', turning, platter),
        carriage_steps=rehearse('carriage', moving, carriage),
        torque=torque,
        radius_at_start_mm=machine.carriage.park_radius_mm,
        platter_frames=(frames.at_speed, frames.head_free),
    )
