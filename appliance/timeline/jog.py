"""A score that only moves the carriage: power on, one move from rest to rest, power off. The head stays up.

Used for homing and by hand. No sound is played (zero modulation), the platter stands still.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator

import numpy as np

from appliance.files import BLOCK, Samples
from appliance.machine.model import FRAME_RATE_HZ, FRAMES_PER_SAMPLE, Machine
from appliance.timeline.axes import carriage_limits, carriage_settings, check_motion, from_anywhere_mm
from appliance.timeline.build import POWER_FRAME, REST_FRAMES, seconds_to_frames
from appliance.timeline.profiles import move, to_segments
from appliance.timeline.score import EDGE, SEGMENT, Marks, Score


def jog(machine: Machine, inward_mm: float, speed_mm_s: float) -> Score:
    """Move the carriage by `inward_mm` (negative: outward) at `speed_mm_s` at most, from wherever it stands.

    The distance is rounded to whole electrical turns of the motor (four full steps), where it rests without current.
    Raises MachineRefusesError where the machine cannot.
    """
    carriage, limits = machine.carriage, carriage_limits(machine)
    turn = 4 * carriage.microsteps
    steps = round(inward_mm / carriage.mm_per_step / turn) * turn
    top = min(limits.speed, speed_mm_s / carriage.mm_per_step / FRAME_RATE_HZ)
    begin = POWER_FRAME + seconds_to_frames(machine.driver.wake_ms / 1000)
    profile = move(float(steps), dataclasses.replace(limits, speed=top))
    segments = to_segments(profile, begin)
    check_motion('carriage', carriage_settings(machine, from_anywhere_mm(machine)), segments)
    off = begin + profile.total_frames + REST_FRAMES
    end = -(-(off + REST_FRAMES) // FRAMES_PER_SAMPLE) * FRAMES_PER_SAMPLE
    enable, active_high = 1 << machine.pins.enable, machine.pins.enable_active == 'high'
    on, rest = ((enable, 0), (0, enable)) if active_high else ((0, enable), (enable, 0))
    return Score(
        frames=end,
        platter=np.zeros(0, SEGMENT),
        carriage=segments,
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
