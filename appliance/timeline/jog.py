"""A score that moves one axis alone: power on, one move from rest to rest, power off. The head stays up.

Used for homing and by hand. No sound is played (zero modulation), the other axis stands still.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from appliance.files import BLOCK, Samples
from appliance.machine.model import FRAME_RATE_HZ, FRAMES_PER_SAMPLE, Machine
from appliance.timeline.axes import (
    carriage_limits,
    carriage_settings,
    check_motion,
    from_anywhere_mm,
    platter_settings,
    platter_speed,
)
from appliance.timeline.build import POWER_FRAME, REST_FRAMES, seconds_to_frames
from appliance.timeline.profiles import Profile, hold, move, ramp, to_segments
from appliance.timeline.score import EDGE, SEGMENT, Marks, Score

FULL_STEPS_PER_CYCLE = 4  # an electrical turn of a two-phase motor: it rests there without current


def cycle_steps(microsteps: int) -> int:
    """Steps of one electrical turn."""
    return FULL_STEPS_PER_CYCLE * microsteps


def whole_cycles(steps: float, microsteps: int) -> int:
    """`steps` rounded to whole electrical turns of the motor."""
    cycle = cycle_steps(microsteps)
    return round(steps / cycle) * cycle


def jog(machine: Machine, inward_mm: float, speed_mm_s: float) -> Score:
    """Move the carriage by `inward_mm` (negative: outward) at `speed_mm_s` at most, from wherever it stands.

    The distance is rounded to whole electrical turns of the motor (four full steps), where it rests without current.
    Raises MachineRefusesError where the machine cannot.
    """
    carriage, limits = machine.carriage, carriage_limits(machine)
    steps = whole_cycles(inward_mm / carriage.mm_per_step, carriage.microsteps)
    top = min(limits.speed, speed_mm_s / carriage.mm_per_step / FRAME_RATE_HZ)
    profile = move(float(steps), dataclasses.replace(limits, speed=top))
    segments = to_segments(profile, awake_frame(machine))
    check_motion('carriage', carriage_settings(machine, from_anywhere_mm(machine)), segments)
    return _alone(machine, profile.total_frames, carriage=segments)


def turn(machine: Machine, turns: float, speed_rpm: float) -> Score:
    """Turn the platter forward by `turns`, with the ramps of a cut, at `speed_rpm` or (a hair) less.

    Rounded to whole electrical turns, as a jog. A way that is too short for both ramps does not come to its speed.
    Raises MachineRefusesError where the machine cannot.
    """
    platter = machine.platter
    steps = whole_cycles(turns * platter.steps_per_turn, platter.microsteps)
    profile = turning(float(steps), platter_speed(machine, speed_rpm), seconds_to_frames(platter.ramp_s))
    segments = to_segments(profile, awake_frame(machine))
    check_motion('platter', platter_settings(machine), segments)
    return _alone(machine, profile.total_frames, platter=segments)


def turning(steps: float, speed: float, ramp_frames: int) -> Profile:
    """From rest to rest over `steps` at `speed` steps a frame at most, both ramps `ramp_frames` long."""
    ramps = ramp(0.0, 1.0, ramp_frames).end_position + ramp(1.0, 0.0, ramp_frames).end_position
    cruise = max(0, int(np.ceil(steps / speed - ramps)))
    speed = steps / (ramps + cruise)  # for these whole frames
    rising = ramp(0.0, speed, ramp_frames)
    return (rising.then(hold(speed, cruise)) if cruise else rising).then(ramp(speed, 0.0, ramp_frames))


def awake_frame(machine: Machine) -> int:
    """When the drivers hold and a move may begin."""
    return POWER_FRAME + seconds_to_frames(machine.driver.wake_ms / 1000)


def _alone(
    machine: Machine, moving_frames: int, *, platter: NDArray[Any] | None = None, carriage: NDArray[Any] | None = None
) -> Score:
    """Power around one movement, and nothing else."""
    off = awake_frame(machine) + moving_frames + REST_FRAMES
    end = -(-(off + REST_FRAMES) // FRAMES_PER_SAMPLE) * FRAMES_PER_SAMPLE
    enable, active_high = 1 << machine.pins.enable, machine.pins.enable_active == 'high'
    on, rest = ((enable, 0), (0, enable)) if active_high else ((0, enable), (enable, 0))
    return Score(
        frames=end,
        platter=np.zeros(0, SEGMENT) if platter is None else platter,
        carriage=np.zeros(0, SEGMENT) if carriage is None else carriage,
        events=np.array([(POWER_FRAME, *on), (off, *rest)], EDGE),
        drive=silence(end // FRAMES_PER_SAMPLE),
        marks=Marks(end, end, end, end),
    )


def silence(samples: int) -> Callable[[], Iterator[Samples]]:
    """Starts a fresh iterator over `samples` samples of no modulation."""

    def blocks() -> Iterator[Samples]:
        for start in range(0, samples, BLOCK):
            yield np.zeros(min(BLOCK, samples - start), np.float32)

    return blocks
