"""Light on a grooved disc.

A groove is a mirror across itself only: it shines where its normal points towards the lamp or away from it. So turns
shine in two opposite sectors for each lamp, and where sound swings the track the sectors widen with the velocity: the
light band by which Buchmann and Meyer measured records (Elektrische Nachrichten-Technik 7, 1930).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

TURN = 4096  # steps of azimuth in a whole turn
SWINGS = 48  # steps of how much the track swings
SWING_STEP_RAD = 0.015

Plane = NDArray[np.float32]
Float = NDArray[np.floating]


@dataclass(frozen=True, slots=True)
class Lamp:
    """`azimuth_deg` counter-clockwise from three o'clock; `half_rad` the half-width of the sector it lights."""

    azimuth_deg: float
    half_rad: float
    strength: float
    colour: tuple[float, float, float]

    def shine(self, normal_rad: Float, swing_rad: Float) -> Float:
        """Light sent to the eye by track whose normal points to `normal_rad`, give or take `swing_rad` (r.m.s.)."""
        off = np.mod(normal_rad - np.deg2rad(self.azimuth_deg) + np.pi / 2.0, np.pi) - np.pi / 2.0
        wide = self.half_rad**2 + swing_rad**2
        sector = self.half_rad / np.sqrt(wide) * np.exp(-(off**2) / (2.0 * wide))
        sheen = 0.20 * np.cos(off) ** 6  # of walls that are not quite smooth
        return np.asarray(self.strength * (sector + sheen + 0.6 * swing_rad))


LAMPS = (
    Lamp(azimuth_deg=52.0, half_rad=0.10, strength=1.0, colour=(1.0, 0.955, 0.87)),
    Lamp(azimuth_deg=157.0, half_rad=0.14, strength=0.42, colour=(0.62, 0.80, 1.0)),
)


def shine_table() -> Plane:
    """All lamps together [SWINGS, TURN], by the track's swing and the direction of its normal."""
    normal_rad = np.arange(TURN) * (2.0 * np.pi / TURN)
    swing_rad = np.arange(SWINGS)[:, None] * SWING_STEP_RAD
    return np.asarray(sum(lamp.shine(normal_rad, swing_rad) for lamp in LAMPS), np.float32)


def hue_table() -> Plane:
    """The mixed colour of the lamps [3, TURN], by the azimuth of a place on the disc."""
    normal_rad = np.arange(TURN) * (2.0 * np.pi / TURN)
    swing_rad = np.full(TURN, 0.08)
    weights = np.stack([lamp.shine(normal_rad, swing_rad) for lamp in LAMPS], axis=1)
    colours = np.array([lamp.colour for lamp in LAMPS])
    return np.asarray((weights @ colours / weights.sum(axis=1, keepdims=True)).T, np.float32)
