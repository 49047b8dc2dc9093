"""Short scores that switch one thing on after the other, for whoever measures what it takes: power, and no movement."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import log, pi, sqrt, tau

import numpy as np

from appliance.files import BLOCK, Samples
from appliance.machine.model import FRAME_RATE_HZ, FRAMES_PER_SAMPLE, SAMPLE_RATE_HZ, Machine, bit
from appliance.timeline.build import POWER_FRAME, REST_FRAMES
from appliance.timeline.score import EDGE, SEGMENT, Marks, Score

SWEEP_HZ = (60.0, 8000.0)
TONE_HZ = 400.0  # below the resonance of any head that cuts: there its coil is a resistor
FADE_S = 0.05
LEVEL = 0.2  # of full modulation, at most
PART = 0.5  # of what the head may travel, of its current and of its heat
PUSHES, PUSH_S, RISE_S = 3, 0.5, 0.02  # how often, for how long with as long a rest after it, and how softly it begins


@dataclass(frozen=True, slots=True)
class On:
    """What has power, from beginning to end."""

    motors: bool = False
    bridge: bool = False
    lift: bool = False


def powered(machine: Machine, seconds: float, on: On, wave: Callable[[Samples], Samples] | None = None) -> Score:
    """`wave`: modulation by the seconds since power came; None: silence. Nothing moves."""
    off = POWER_FRAME + round(seconds * FRAME_RATE_HZ)
    end = -(-(off + REST_FRAMES) // FRAMES_PER_SAMPLE) * FRAMES_PER_SAMPLE
    pins, events = machine.pins, []
    for wanted, gpio, active in (
        (on.motors, pins.enable, pins.enable_active),
        (on.bridge, pins.bridge_enable, pins.bridge_enable_active),
        (on.lift, pins.head_lift, pins.lift_down),
    ):
        high, mask = bit(active), 1 << gpio
        if wanted:
            events += [(POWER_FRAME, mask * high, mask * (1 - high)), (off, mask * (1 - high), mask * high)]

    def blocks() -> Iterator[Samples]:
        total = end // FRAMES_PER_SAMPLE
        for start in range(0, total, BLOCK):
            at_s = (np.arange(start, min(start + BLOCK, total)) - POWER_FRAME / FRAMES_PER_SAMPLE) / SAMPLE_RATE_HZ
            fade = np.clip(np.minimum(at_s, seconds - at_s) / FADE_S, 0.0, 1.0)
            sound = np.zeros(len(at_s)) if wave is None else fade * wave(np.clip(at_s, 0.0, seconds))
            yield sound.astype(np.float32)

    none = np.zeros(0, SEGMENT)
    return Score(end, none, none, np.array(sorted(events), EDGE), blocks, Marks(end, end, end, end))


def level(machine: Machine) -> float:
    """Of modulation, such that the head goes no further at its resonance than half of what it may, nor takes more than
    half of its current."""
    head = machine.head
    stiffness = head.mass_kg * (tau * head.f0_hz) ** 2
    full_a = machine.bridge.supply_v / head.r_ohm
    travel = head.max_travel_um * 1e-6 * stiffness / (head.q * head.bl_n_per_a * full_a)
    return min(LEVEL, PART * travel, PART * head.max_current_a / full_a)


def push_level(machine: Machine) -> float:
    """Of modulation, that holds the stylus outward as far as an eye can ask for: half of its way, with no more than
    half of its current and of the heat that its coil may get."""
    head = machine.head
    stiffness = head.mass_kg * (tau * head.f0_hz) ** 2
    whole_a = machine.bridge.supply_v / head.r_ohm
    travel_a = head.max_travel_um * 1e-6 * stiffness / head.bl_n_per_a
    share = min(PUSHES * PUSH_S / head.heat_time_s, 1.0)  # of that time in which current flows
    heat_a = sqrt(PART * head.max_heat_w / share / head.r_ohm)
    return min(machine.bridge.max_modulation, PART * travel_a / whole_a, PART * head.max_current_a / whole_a,
               heat_a / whole_a)  # fmt: skip


def push(amplitude: float) -> Callable[[Samples], Samples]:
    """Outward and back, PUSHES times: leg A above leg B (`appliance.virtual.head`)."""

    def wave(at_s: Samples) -> Samples:
        since_s = at_s % (2 * PUSH_S)
        part: Samples = np.clip(np.minimum(since_s, PUSH_S - since_s) / RISE_S, 0.0, 1.0)
        return part * amplitude

    return wave


def tone(amplitude: float) -> Callable[[Samples], Samples]:
    return lambda at_s: amplitude * np.sin(tau * TONE_HZ * at_s)


def sweep(amplitude: float, seconds: float) -> Callable[[Samples], Samples]:
    """From SWEEP_HZ[0] to SWEEP_HZ[1], each octave as long as any other."""
    low, octaves = SWEEP_HZ[0], log(SWEEP_HZ[1] / SWEEP_HZ[0])
    return lambda at_s: amplitude * np.sin(2 * pi * low * seconds / octaves * np.expm1(at_s / seconds * octaves))
