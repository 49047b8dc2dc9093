"""A machine file in the engine's own numbers: frames, steps, and pin masks."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from appliance.machine.model import FRAME_RATE_HZ, Level, Machine
from appliance.native import ffi, lib

SPARE_EDGES = 200  # that a slot has room for beside its words: 20 000 edges a second, the platter at 78 twice over
WORDS_PER_EDGE = 20  # two control blocks of 8 words, 4 words of data
PULSE_AT = {'start': 'PULSE_AT_START', 'end': 'PULSE_AT_END', 'unknown': 'PULSE_AT_UNKNOWN'}


@dataclass(frozen=True, slots=True)
class Knobs:
    """How the engine runs; the defaults are for a real Pi."""

    wait_for_input: bool = False  # time may stand still until samples come (virtual Pi, as fast as it can)
    realtime: bool = True  # ask for real-time priority and locked memory
    turns: int = 0  # of the feeder's loop between two looks at the interlock; 0: a thread of its own looks
    kill_at_segment: int = -1  # the feeder dies before it appends this segment


@dataclass(frozen=True, slots=True)
class Levels:
    """Pins to set and pins to clear."""

    set: int = 0
    clear: int = 0

    def __or__(self, other: Levels) -> Levels:
        return Levels(self.set | other.set, self.clear | other.clear)


def drive(gpio: int, level: Level) -> Levels:
    return Levels(set=1 << gpio) if level == 'high' else Levels(clear=1 << gpio)


def release(gpio: int, active: Level) -> Levels:
    """The pin at the level that is not its active one."""
    return drive(gpio, 'low' if active == 'high' else 'high')


def frames(seconds: float) -> int:
    """At least this long, in whole frames."""
    return max(1, math.ceil(round(seconds * FRAME_RATE_HZ, 6)))


def segment_frames(machine: Machine) -> int:
    longest: int = lib.ENGINE_SEGMENT_FRAMES
    return min(round(machine.cut.segment_ms * 1e-3 * FRAME_RATE_HZ) // 4 * 4, longest)


def slot_words(machine: Machine) -> int:
    words = 2 * segment_frames(machine) + SPARE_EDGES * WORDS_PER_EDGE
    return words + -words % 8


def memory_words(machine: Machine) -> int:
    """Chain memory for the look-ahead, four times over: fast motion fills slots with edges before sound does."""
    ahead = math.ceil(machine.cut.lookahead_ms / machine.cut.segment_ms)
    return 64 + (4 * ahead + 4) * slot_words(machine)


def off(machine: Machine) -> Levels:
    """Power off, head up, step pins and heartbeat low; direction pins stay, they move nothing."""
    pins = machine.pins
    low = Levels(clear=1 << pins.platter_step | 1 << pins.carriage_step | 1 << pins.heartbeat)
    return low | lift_up(machine) | bridge_off(machine) | enable_off(machine)


def lift_up(machine: Machine) -> Levels:
    return release(machine.pins.head_lift, machine.pins.lift_down)


def bridge_off(machine: Machine) -> Levels:
    return release(machine.pins.bridge_enable, machine.pins.bridge_enable_active)


def enable_off(machine: Machine) -> Levels:
    return release(machine.pins.enable, machine.pins.enable_active)


def outputs(machine: Machine) -> int:
    pins = machine.pins
    directions = 1 << pins.platter_dir | 1 << pins.carriage_dir
    return directions | off(machine).set | off(machine).clear


def engine_settings(machine: Machine, score_frames: int, knobs: Knobs) -> Any:
    """`struct engine_settings *`"""
    chip = lib.bcm_chip_named(machine.machine.chip.encode())
    cut = machine.cut
    native = ffi.new('struct engine_settings *')
    native.chip = chip
    native.leg_gpio = [machine.pins.leg_a, machine.pins.leg_b]
    native.outputs = outputs(machine)
    for name, levels in (
        ('off', off(machine)),
        ('lift_up', lift_up(machine)),
        ('bridge_off', bridge_off(machine)),
        ('enable_off', enable_off(machine)),
    ):
        setattr(native, name, (levels.set, levels.clear))
    native.heartbeat = 1 << machine.pins.heartbeat
    native.wait_for_input = knobs.wait_for_input
    native.heartbeat_frames = frames(cut.heartbeat_ms * 1e-3)
    native.lookahead_frames = frames(cut.lookahead_ms * 1e-3)
    native.refuse_below_frames = frames(cut.refuse_below_ms * 1e-3)
    native.lift_up_frames = frames(machine.lift.up_s)
    native.segment_frames = segment_frames(machine)
    native.slot_words = slot_words(machine)
    native.frames = score_frames
    native.kill_at_segment = knobs.kill_at_segment
    return native


def pwm_settings(machine: Machine) -> Any:
    """`struct pwm_settings *`"""
    native = ffi.new('struct pwm_settings *')
    native.range = machine.pwm.range
    native.pulse_at = getattr(lib, PULSE_AT[machine.pwm.pulse_at])
    native.seed = machine.machine.seed & 0xFFFFFFFF
    return native
