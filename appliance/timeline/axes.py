"""The two axes of a machine as the C core sees them: pins, pulse times and limits, in steps and frames.

Positions: platter forward and carriage inward are positive. One step is one rising edge.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from appliance.errors import MachineRefusesError, NativeError
from appliance.machine.model import FRAME_RATE_HZ, Driver, Machine
from appliance.native import check, ffi, lib
from appliance.timeline.profiles import Limits
from appliance.timeline.score import EDGE

FRAME_NS = 1e9 / FRAME_RATE_HZ
BLOCK_EDGES = 1 << 15
# The platter's ramp, a raised cosine, peaks at pi/2 of its mean acceleration (and pi^2/2 of its mean jerk).
COSINE_ACCEL = math.pi / 2
ROUND_UP = 1.01  # straight pieces overshoot the half sine's peak by 0.3 %


@dataclass(frozen=True, slots=True)
class AxisSettings:
    """Field for field `struct motion_settings` of motion.h."""

    step_mask: int
    dir_mask: int
    forward_high: int
    high_frames: int
    low_frames: int
    setup_frames: int
    hold_frames: int
    max_speed: float
    max_accel: float
    min_position: float
    max_position: float
    stop_accel: float
    stop_jerk: float

    def struct(self) -> Any:
        """A new `struct motion_settings *`."""
        return ffi.new('struct motion_settings *', asdict(self))


def _driver_frames(driver: Driver) -> dict[str, int]:
    times_ns = {
        'high_frames': driver.step_high_ns,
        'low_frames': driver.step_low_ns,
        'setup_frames': driver.dir_setup_ns,
        'hold_frames': driver.dir_hold_ns,
    }
    return {name: max(1, math.ceil(ns / FRAME_NS)) for name, ns in times_ns.items()}


def platter_speed(machine: Machine, speed_rpm: float) -> float:
    """Steps a frame at `speed_rpm`."""
    return speed_rpm / 60 * machine.platter.steps_per_turn / FRAME_RATE_HZ


def platter_settings(machine: Machine) -> AxisSettings:
    """Limits follow from `platter.ramp_s`, the ramp from rest to `max_speed_rpm`; a stop is about as quick."""
    pins, top = machine.pins, platter_speed(machine, machine.platter.max_speed_rpm)
    ramp_frames = machine.platter.ramp_s * FRAME_RATE_HZ
    accel = ROUND_UP * COSINE_ACCEL * top / ramp_frames
    return AxisSettings(
        step_mask=1 << pins.platter_step,
        dir_mask=1 << pins.platter_dir,
        forward_high=int(pins.platter_forward == 'high'),
        **_driver_frames(machine.driver),
        max_speed=top,
        max_accel=accel,
        min_position=-1.0,
        max_position=float(1 << 31),
        stop_accel=accel,
        stop_jerk=4 * accel / ramp_frames,
    )


def carriage_limits(machine: Machine) -> Limits:
    """Of the carriage while no message is cut."""
    carriage, step = machine.carriage, machine.carriage.mm_per_step
    return Limits(
        carriage.max_speed_mm_s / step / FRAME_RATE_HZ,
        carriage.max_accel_mm_s2 / step / FRAME_RATE_HZ**2,
        carriage.max_jerk_mm_s3 / step / FRAME_RATE_HZ**3,
    )


def from_anywhere_mm(machine: Machine) -> tuple[float, float]:
    """Travel for a carriage of which nobody knows where it stands: its whole way, either way."""
    way_mm = machine.carriage.park_radius_mm - machine.carriage.min_radius_mm
    return -way_mm, way_mm


def carriage_settings(machine: Machine, travel_mm: tuple[float, float] | None = None) -> AxisSettings:
    """`travel_mm`: how far outward (negative) and inward it may go from where it stands; by default from parked."""
    pins, limits, step = machine.pins, carriage_limits(machine), machine.carriage.mm_per_step
    out_mm, in_mm = travel_mm or (0.0, machine.carriage.park_radius_mm - machine.carriage.min_radius_mm)
    return AxisSettings(
        step_mask=1 << pins.carriage_step,
        dir_mask=1 << pins.carriage_dir,
        forward_high=int(pins.carriage_inward == 'high'),
        **_driver_frames(machine.driver),
        max_speed=limits.speed,
        max_accel=limits.accel,
        min_position=out_mm / step,
        max_position=in_mm / step,
        stop_accel=limits.accel,
        stop_jerk=limits.jerk,
    )


def check_motion(where: str, settings: AxisSettings, segments: NDArray[Any], scale: str = '') -> None:
    """Raise MachineRefusesError, naming segment, value and limit, unless the axis may run `segments`.

    `scale` tells a person what a step is; it goes into the remedy.
    """
    text = ffi.new('char[]', 400)
    native = ffi.from_buffer('struct motion_segment[]', segments)
    sentence = lib.motion_check(settings.struct(), native, len(segments), text, len(text))
    if sentence != ffi.NULL:
        raise MachineRefusesError(
            ffi.string(sentence).decode('utf-8'),
            where=where,
            remedy=f'{scale and scale + "; "}the limits are in [{where}] of the machine file',
        )


def rehearse(where: str, settings: AxisSettings, segments: NDArray[Any]) -> int:
    """Make every step of `segments` once, for nothing, and count them; raises MachineRefusesError where one fails."""
    axis = ffi.new('struct motion_axis *')
    axis.settings = settings.struct()[0]
    edges = np.empty(BLOCK_EDGES, EDGE)
    out, count = ffi.from_buffer('struct pin_edge[]', edges), ffi.new('size_t *', BLOCK_EDGES)
    try:
        check(lib.motion_begin(axis, ffi.from_buffer('struct motion_segment[]', segments), len(segments)))
        while count[0] == BLOCK_EDGES:
            check(lib.motion_edges(axis, lib.MOTION_NEVER, out, BLOCK_EDGES, count))
    except NativeError as error:
        raise MachineRefusesError(
            error.what, where=where, remedy='lower the speed or shorten [driver] times'
        ) from error
    return int(axis.pulses)
