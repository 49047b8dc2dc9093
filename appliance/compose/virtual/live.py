"""The cut as it happens, for whoever looks on: the groove as physics makes it, and the pace at which it is shown."""

from __future__ import annotations

import threading
from collections.abc import Callable
from math import pi
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from appliance.clock import Clock
from appliance.compose.shop import POINTS_A_TURN, REST_S
from appliance.machine.model import FRAME_RATE_HZ
from appliance.playback.groovefile import GrooveWriter
from appliance.virtual.executed import Executed

MOST_POINTS = 100_000  # that nobody has fetched: a ten minutes' side has 50 000


class LiveGroove(GrooveWriter):
    """A groove writer that remembers what passed through it. `fetch` may be called from any thread."""

    def __init__(self, path: Path, facts: dict[str, Any], folder: Path) -> None:
        super().__init__(path, facts, folder)
        self._lock = threading.Lock()
        self._points: list[tuple[float, float]] = []
        self._place = -1.0  # of the last sample, in steps of a point

    def motion(self, angle_rad: ArrayLike, radius_mm: ArrayLike, depth_um: ArrayLike) -> None:
        super().motion(angle_rad, radius_mm, depth_um)
        angle, radius = np.asarray(angle_rad, np.float64), np.asarray(radius_mm, np.float64)
        place = np.floor(angle * POINTS_A_TURN / (2 * pi))
        moved = np.diff(place, prepend=self._place) != 0
        kept = np.flatnonzero(moved & (np.asarray(depth_um) > 0))  # with the head up there is no groove
        self._place = float(place[-1])
        with self._lock:
            self._points += zip(angle[kept].tolist(), radius[kept].tolist(), strict=True)
            del self._points[:-MOST_POINTS]

    def fetch(self) -> tuple[tuple[float, float], ...]:
        """What was cut since the last time: each point of the groove is given once."""
        with self._lock:
            points, self._points = tuple(self._points), []
        return points


class Pacer:
    """An observer that takes its time: the cut is `pace` times as fast as a real one, until `hurry` says so."""

    def __init__(self, pace: float, clock: Clock, hurry: Callable[[], bool]) -> None:
        self._pace, self._clock, self._hurry = pace, clock, hurry
        self._began_s: float | None = None

    def take(self, block: Executed) -> None:
        if self._began_s is None:
            self._began_s = self._clock.now_s()
        due_s = self._began_s + block.end_frame / FRAME_RATE_HZ / self._pace
        while not self._hurry() and (left_s := due_s - self._clock.now_s()) > 0:
            self._clock.rest(min(left_s, REST_S))

    def finish(self) -> None:
        return None

    def close(self) -> None:
        """Nothing is held."""
