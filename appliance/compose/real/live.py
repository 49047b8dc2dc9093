"""What is known of a real cut while it goes on: the steps that were given out, and what the interlock has counted."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from appliance.compose.shop import POINTS_A_TURN, Seen
from appliance.interlock.pico import PicoLink
from appliance.interlock.wire import SEQUENCE
from appliance.lathe.engine import EngineLathe
from appliance.lathe.index import IndexWatch
from appliance.machine import FRAME_RATE_HZ, Machine
from appliance.native import lib
from appliance.timeline.score import Score

POINTS = 257  # of a segment, between which an axis is taken to go evenly


class Stylus:
    """Where it is by the steps that were given out: ahead of the disc by what is queued, a fifth of a turn."""

    def __init__(self, machine: Machine, score: Score, lathe: EngineLathe) -> None:
        self._machine, self._marks, self._lathe = machine, score.marks, lathe
        self._frame, self._angle_rad, self._radius_mm = 0, 0.0, machine.carriage.park_radius_mm
        self._down = False  # at the last look

    def look(self) -> Seen:
        """Each point of the groove is given once."""
        progress, (platter, carriage) = self._lathe.progress(), self._lathe.places()
        angle_rad = math.tau * platter / self._machine.platter.steps_per_turn
        radius_mm = self._machine.carriage.park_radius_mm - carriage * self._machine.carriage.mm_per_step
        passed = progress.frame - self._frame
        turned_rad = angle_rad - self._angle_rad
        rpm = turned_rad / math.tau * 60 * FRAME_RATE_HZ / passed if passed > 0 else 0.0
        # Down at the last look and still after the steps were read: what lies between is groove, however late it is.
        down = self._is_down(progress.frame) and self._is_down(self._lathe.progress().frame)
        points = self._points(angle_rad, radius_mm) if down and self._down else ()
        self._frame, self._angle_rad, self._radius_mm, self._down = progress.frame, angle_rad, radius_mm, down
        return Seen(angle_rad, radius_mm, rpm, down, points, progress.queued_ms)

    def _is_down(self, frame: int) -> bool:
        return self._marks.head_down_frame <= frame < self._marks.head_up_frame

    def _points(self, angle_rad: float, radius_mm: float) -> tuple[tuple[float, float], ...]:
        """Between the last look and this one, evenly: no look sees how the groove swings."""
        each = math.tau / POINTS_A_TURN
        way_rad, way_mm = angle_rad - self._angle_rad, radius_mm - self._radius_mm
        first, last = math.floor(self._angle_rad / each) + 1, math.floor(angle_rad / each)
        return tuple(
            (at * each, self._radius_mm + way_mm * (at * each - self._angle_rad) / way_rad)
            for at in range(first, last + 1)
        )


class Turns:
    """Whether the platter follows its steps, by what the interlock has counted of both; it judges so itself too."""

    def __init__(self, machine: Machine, link: PicoLink, slip: float = 1.0) -> None:
        """`slip`: so many times slower than its steps say may it be."""
        self._watch, self._link = IndexWatch(slip * machine.platter.steps_per_turn), link
        self._last, self._steps, self._turns = link.told, 0, 0
        self._passed: list[int] = []

    @property
    def passed(self) -> tuple[int, ...]:
        """Steps that had been given out when the index was passed, each time, as the interlock saw it."""
        return tuple(self._passed)

    def look(self) -> None:
        """CutFaultError (stall) if it does not."""
        told, last = self._link.told, self._last
        if told is not None and last is not None and told is not last:
            turns = (told.turns - last.turns) % SEQUENCE
            self._steps += (told.steps - last.steps) % SEQUENCE
            self._turns += turns
            if turns:
                self._passed.append(self._steps - (told.steps - told.index_at) % SEQUENCE)
            self._watch.look(self._steps, self._turns)
        self._last = told


def frames_at(segments: NDArray[Any], steps: Sequence[int]) -> tuple[int, ...]:
    """When an axis that only goes forward has made so many steps."""
    frames: list[NDArray[Any]] = [np.zeros(1)]
    positions: list[NDArray[Any]] = [np.zeros(1)]
    bits = lib.MOTION_POSITION_BITS, lib.MOTION_VELOCITY_BITS, lib.MOTION_ACCEL_BITS, lib.MOTION_JERK_BITS
    for start, count, *fixed in segments.tolist():
        u = np.linspace(0, count, POINTS)
        coefficients = [math.ldexp(value, -places) for value, places in zip(fixed, bits, strict=True)]
        frames.append(start + u)
        positions.append(np.polynomial.polynomial.polyval(u, coefficients))
    found = np.interp(np.asarray(steps), np.concatenate(positions), np.concatenate(frames))
    return tuple(round(frame) for frame in found.tolist())
