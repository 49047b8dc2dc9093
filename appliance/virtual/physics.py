"""The virtual lathe: head, platter, carriage and lift follow what the virtual Pi executed, and leave a groove.

Nothing here knows what was planned: a wrong byte in a control block is a wrong groove. All values lie exactly at their
frames (displacement at multiples of 4, motion at multiples of 100, counted from frame 0). What the physics itself
delays is in the groove, as it would be in film: the carriage lags its command by 1 / (2 pi f Q) s, 4.0 ms at 40 Hz and
Q 1, and the platter by its load angle.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from appliance.machine.model import FRAME_RATE_HZ, FRAMES_PER_SAMPLE, Disc, Machine, bit
from appliance.native import ffi, lib
from appliance.playback.groovefile import GrooveWriter
from appliance.virtual.executed import Executed
from appliance.virtual.head import Head, head_settings
from appliance.virtual.motors import carriage_settings, full_depth_um, lift_settings, platter_settings
from appliance.virtual.native_model import MOTION_FRAMES, Edges, Levels, Motion
from appliance.virtual.platter import PlatterFollower

STRAY_MM = 0.5  # how far past its ends the carriage may be before that is a fault: home switch and screw allow for it


@dataclass(frozen=True, slots=True)
class Findings:
    """What the virtual lathe saw of one run. `faults` are sentences for the host, empty when all went well."""

    frames: int
    platter_steps: int
    carriage_steps: int
    final_levels: Levels
    head_down_frame: int | None  # of the lift's pin
    head_up_frame: int | None
    head_peak_um: float
    platter_max_lag_rad: float  # electrical; it slips a pole at pi, and pi / 2 is full torque
    radius_least_mm: float
    radius_most_mm: float
    faults: tuple[str, ...]


class _Window:
    """Cuts the groove's part out of a stream of values that lie `every` frames apart from frame 0 on."""

    def __init__(self, every: int, beyond: int = 0) -> None:
        """`beyond`: how many values at and after the end are kept, so that a reader can interpolate up to it."""
        self._every = every
        self._beyond = beyond
        self._next = 0

    def keep(self, values: NDArray[Any], first_frame: int | None, end_frame: int | None) -> NDArray[Any]:
        start, self._next = self._next, self._next + len(values)
        if first_frame is None:
            return values[:0]
        low = max(first_frame // self._every - start, 0)
        high = len(values) if end_frame is None else max(end_frame // self._every + self._beyond - start, 0)
        return values[low:high]


class _Lift:
    """When the groove begins and ends: the grid's frame at or after the lift's edges, its way up included."""

    def __init__(self, machine: Machine, levels: Levels) -> None:
        self._pin, self._down_level = machine.pins.head_lift, bit(machine.pins.lift_down)
        self._up_frames = round(machine.lift.up_s * FRAME_RATE_HZ)
        self.down_frame: int | None = 0 if levels[self._pin] == self._down_level else None
        self.up_frame: int | None = None
        self.again = False

    def take(self, block: Executed) -> None:
        mine = block.edge_gpio == self._pin
        for frame, level in zip(block.edge_frame[mine], block.edge_level[mine], strict=True):
            down = level == self._down_level
            if down and self.down_frame is None:
                self.down_frame = int(frame)
            elif down and self.up_frame is not None:
                self.again = True
            elif not down and self.down_frame is not None and self.up_frame is None:
                self.up_frame = int(frame)

    @property
    def first_frame(self) -> int | None:
        return None if self.down_frame is None else _on_grid(self.down_frame)

    @property
    def end_frame(self) -> int | None:
        return None if self.up_frame is None else _on_grid(self.up_frame + self._up_frames)


def _on_grid(frame: int) -> int:
    return -(-frame // MOTION_FRAMES) * MOTION_FRAMES


@dataclass(frozen=True, slots=True)
class Place:
    """Where platter and carriage are, and how fast the platter turns, whether the head is down or not."""

    angle_rad: float = 0.0  # since frame 0
    radius_mm: float = 0.0
    rpm: float = 0.0


class PhysicalLathe:
    """An observer that cuts: give it every executed block, then `finish`.

    The groove, from when the lift comes down until it is up again, goes to `writer`, which its owner closes or
    abandons. `levels` are those of all GPIO at frame 0, when the carriage stands at `start_mm` (None: where it parks).
    """

    def __init__(
        self, machine: Machine, disc: Disc, writer: GrooveWriter, levels: Levels, start_mm: float | None = None
    ) -> None:
        self._machine = machine
        self._writer = writer
        self._levels = np.array(levels, np.uint8)
        self._head = Head(head_settings(machine), self._levels)
        self._platter = Motion(
            platter_settings(machine), self._levels, ffi.new('struct platter_state *'), lib.platter_begin
        )
        self._carriage = Motion(
            carriage_settings(machine, machine.carriage.park_radius_mm if start_mm is None else start_mm),
            self._levels,
            ffi.new('struct carriage_state *'),
            lib.carriage_begin,
        )
        depth = lift_settings(machine, full_depth_um(machine, disc))
        self._depth = Motion(depth, self._levels, ffi.new('struct lift_state *'), lib.lift_begin)
        self._lift = _Lift(machine, self._levels)
        self._samples = _Window(FRAMES_PER_SAMPLE)
        self._motions = tuple(_Window(MOTION_FRAMES, 1) for _ in range(3))
        self._frames = 0
        self.place = Place(radius_mm=self.radius_mm)  # at the end of the last block; any thread may look

    def take(self, block: Executed) -> None:
        """Follow what the interlock lets through of a block; CPU is spent in C, which lets other threads run."""
        felt = block.powered
        edges = Edges(felt)
        self._lift.take(felt)
        span = self._lift.first_frame, self._lift.end_frame
        displacement = self._samples.keep(self._head.run(block, edges), *span)
        motion = (
            self._turned(block, edges),
            self._carriage.run(block, edges, lib.carriage_run, np.float64),
            self._depth.run(block, edges, lib.lift_run, np.float32),
        )
        self.place = self._placed(motion[0])
        angle, radius, depth = (window.keep(part, *span) for window, part in zip(self._motions, motion, strict=True))
        if len(displacement):
            self._writer.displacement(displacement)
        if len(angle):
            self._writer.motion(angle, radius, depth)
        self._levels[block.edge_gpio] = block.edge_level  # of edges of one pin, the last one stays
        self._frames = block.end_frame

    @property
    def head_is_down(self) -> bool:
        return self._lift.down_frame is not None and self._lift.up_frame is None

    def follow(self, platter: PlatterFollower) -> None:
        """The platter that has turned already where blocks say so; before the first one."""
        self._platter = platter.motion

    def _turned(self, block: Executed, edges: Edges) -> NDArray[np.float64]:
        if block.angle_rad is not None:
            return block.angle_rad
        self._platter.state.load_nm = block.load_nm
        return self._platter.run(block, edges, lib.platter_run, np.float64)

    def _placed(self, angles: NDArray[np.float64]) -> Place:
        angle_rad, rpm = self.place.angle_rad, self.place.rpm
        if len(angles):
            angle_rad = float(angles[-1])
        if len(angles) > 1:
            rpm = float(angles[-1] - angles[0]) / math.tau / (len(angles) - 1) * 60 * FRAME_RATE_HZ / MOTION_FRAMES
        return Place(angle_rad, self.radius_mm, rpm)

    @property
    def radius_mm(self) -> float:
        """Where the carriage stands now."""
        return float(self._carriage.state.command_mm + self._carriage.state.offset_mm)

    def finish(self) -> Findings:
        """What was seen. The groove's first frame is set in the writer, the rest of it is there already."""
        if self._lift.first_frame is not None:
            self._writer.start_frame = self._lift.first_frame
        platter, carriage = self._platter.state, self._carriage.state
        return Findings(
            frames=self._frames,
            platter_steps=platter.steps,
            carriage_steps=carriage.steps,
            final_levels=self._levels.copy(),
            head_down_frame=self._lift.down_frame,
            head_up_frame=self._lift.up_frame,
            head_peak_um=self._head.state.peak_um,
            platter_max_lag_rad=platter.max_lag_rad,
            radius_least_mm=carriage.least_mm,
            radius_most_mm=carriage.most_mm,
            faults=self.faults(),
        )

    def faults(self) -> tuple[str, ...]:
        """What has gone wrong so far, one sentence each."""
        machine, platter, carriage = self._machine, self._platter.state, self._carriage.state
        low, high = machine.carriage.min_radius_mm - STRAY_MM, machine.carriage.park_radius_mm + STRAY_MM
        travel = machine.head.max_travel_um
        found = (
            (platter.stall_frame >= 0, f'the platter slipped a pole {platter.stall_frame / FRAME_RATE_HZ:.3f} s in'),
            (carriage.lost > 0, f'{carriage.lost} carriage steps came while the motor had no current'),
            (carriage.fast > 0, f'{carriage.fast} carriage steps came faster than the motor follows'),
            (carriage.least_mm < low, f'the carriage went in to {carriage.least_mm:.2f} mm, past {low:g} mm'),
            (carriage.most_mm > high, f'the carriage went out to {carriage.most_mm:.2f} mm, past {high:g} mm'),
            (
                self._head.state.peak_um > travel,
                f'the head moved {self._head.state.peak_um:.0f} um, past {travel:g} um',
            ),
            (self._lift.again, 'the head came down a second time'),
        )
        return tuple(text for wrong, text in found if wrong)

    def close(self) -> None:
        """Nothing is held here; the writer is its owner's."""
