"""The plan of a side: where the head is at every moment, before any sound is added to it.

Times are seconds from the first sample of the message (negative during the lead-in), radii in mm, growing outward.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Pitch:
    """Distance between neighbouring turns of the programme, in um."""

    min: float
    mean: float
    max: float


@dataclass(frozen=True, slots=True)
class Plan:
    """radius(t) as cubic pieces: in piece i, for `knot_s[i] <= t < knot_s[i+1]`, with u = t - knot_s[i] in seconds,
    radius_mm = c[i,0] + c[i,1] u + c[i,2] u**2 + c[i,3] u**3. Speed and acceleration are continuous.

    The pieces run from head-down through lead-in, programme, run-out and locked groove to head-up.
    """

    speed_rpm: float
    knot_s: Float  # [n + 1]
    coefficients: Float  # [n, 4], mm, mm/s, mm/s^2, mm/s^3
    head_down_s: float  # the lift is released here; the groove is at depth before the first full turn ends
    message_end_s: float
    head_up_s: float
    radius_start_mm: float  # at the first sample of the message
    radius_end_mm: float  # at its last
    turns: float  # of the message
    min_land_um: float  # between any two neighbouring turns from head-down to the message's end, as planned
    pitch_um: Pitch

    @property
    def turn_s(self) -> float:
        return 60.0 / self.speed_rpm

    def radius_mm(self, t_s: Float) -> Float:
        """Radius at times `t_s`; held constant before head-down and after head-up."""
        t = np.clip(np.asarray(t_s, np.float64), self.knot_s[0], self.knot_s[-1])
        i = np.clip(np.searchsorted(self.knot_s, t, side='right') - 1, 0, len(self.coefficients) - 1)
        u = t - self.knot_s[i]
        c = self.coefficients[i]
        return np.asarray(c[:, 0] + u * (c[:, 1] + u * (c[:, 2] + u * c[:, 3])), np.float64)
