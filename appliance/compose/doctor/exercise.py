"""A score that moves every pin of the lathe in a way of its own, executed once by the virtual Pi."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from appliance.errors import CutFaultError
from appliance.files import BLOCK, Samples
from appliance.lathe.api import State
from appliance.machine.model import FRAME_RATE_HZ, FRAMES_PER_SAMPLE, Machine, bit
from appliance.timeline.axes import carriage_limits, platter_speed
from appliance.timeline.build import POWER_FRAME, REST_FRAMES, seconds_to_frames
from appliance.timeline.jog import awake_frame, turning, whole_cycles
from appliance.timeline.profiles import move, to_segments
from appliance.timeline.score import EDGE, Marks, Score
from appliance.virtual.harness.bench import Recorder
from appliance.virtual.interlock import VirtualInterlock
from appliance.virtual.lathe import VirtualLathe, initial_levels

TURNS, BACK_TURNS = 1.3, 0.05  # of the platter: the index is passed, and then its direction changes
SPEED_RPM = 60.0
WAY_MM = 1.0  # of the carriage, inward and out again
HUM = 0.05  # of full modulation: what the head is moved by, one way
LATER = FRAME_RATE_HZ // 50  # between the pins that are switched on


def execute(machine: Machine) -> Recorder:
    """CutFaultError when the virtual Pi does not come to its end."""
    recorder = Recorder(initial_levels(machine), machine.pwm.range)
    lathe = VirtualLathe(machine, [recorder], VirtualInterlock())
    try:
        lathe.start(exercise(machine))
        lathe.wait()
        progress = lathe.progress()
    finally:
        lathe.close()
    if progress.state is not State.DONE:
        raise CutFaultError(progress.cause or 'it did not end well', where='trial of the wires', key=progress.key)
    return recorder


def exercise(machine: Machine) -> Score:
    """Motors, bridge and lift come on one after the other and go off in the other order; both axes go to and fro."""
    awake = awake_frame(machine) + 3 * LATER
    platter, platter_end = _to_and_fro(_platter(machine), awake)
    carriage, carriage_end = _to_and_fro(_carriage(machine), awake + LATER)
    rest = max(platter_end, carriage_end) + REST_FRAMES
    end = -(-(rest + 3 * LATER + REST_FRAMES) // FRAMES_PER_SAMPLE) * FRAMES_PER_SAMPLE
    pins = machine.pins
    switched = ((pins.enable, pins.enable_active), (pins.bridge_enable, pins.bridge_enable_active),
                (pins.head_lift, pins.lift_down))  # fmt: skip
    events = []
    for place, (gpio, active) in enumerate(switched):
        on, mask = bit(active), 1 << gpio
        events.append((POWER_FRAME + place * LATER, mask if on else 0, 0 if on else mask))
        events.append((rest + (3 - place) * LATER, 0 if on else mask, mask if on else 0))
    return Score(
        frames=end,
        platter=platter,
        carriage=carriage,
        events=np.array(sorted(events), EDGE),
        drive=_hum(end // FRAMES_PER_SAMPLE, rest // FRAMES_PER_SAMPLE),
        marks=Marks(end, end, end, end),
    )


def _platter(machine: Machine) -> tuple[Any, Any]:
    platter = machine.platter
    speed = platter_speed(machine, min(SPEED_RPM, platter.max_speed_rpm))
    ramp = seconds_to_frames(platter.ramp_s)
    there, back = (
        float(whole_cycles(turns * platter.steps_per_turn, platter.microsteps)) for turns in (TURNS, BACK_TURNS)
    )
    return turning(there, speed, ramp), _reversed(turning(back, speed / 4, ramp // 4), there)


def _carriage(machine: Machine) -> tuple[Any, Any]:
    steps = float(whole_cycles(WAY_MM / machine.carriage.mm_per_step, machine.carriage.microsteps))
    there = move(steps, carriage_limits(machine))
    return there, _reversed(there, steps)


def _reversed(profile: Any, start: float) -> Any:
    """The same way back, from where the other has ended."""
    coefficients = -profile.coefficients
    coefficients[:, 0] += start
    return dataclasses.replace(profile, coefficients=coefficients)


def _to_and_fro(profiles: tuple[Any, Any], begin: int) -> tuple[NDArray[Any], int]:
    there, back = profiles
    again = begin + there.total_frames + REST_FRAMES
    segments = np.concatenate([to_segments(there, begin), to_segments(back, again)])
    return segments, again + back.total_frames


def _hum(samples: int, until: int) -> Callable[[], Iterator[Samples]]:
    """The head to one side, until everything has come to rest."""

    def blocks() -> Iterator[Samples]:
        for start in range(0, samples, BLOCK):
            at = np.arange(start, min(start + BLOCK, samples))
            yield np.where((at > until // 4) & (at < until), np.float32(HUM), np.float32(0.0)).astype(np.float32)

    return blocks
