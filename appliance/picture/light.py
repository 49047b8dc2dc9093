"""Light on a grooved disc.

A groove is a line that mirrors only across itself: it shines where its direction is perpendicular to the light (Kajiya
and Kay 1989, the highlight of a hair). Concentric turns shine in two opposite sectors for each lamp; where the track
swings, its direction swings too, and the sectors widen with the peak velocity: the light band by which Buchmann and
Meyer (1930) measured records.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

TABLE = 4096  # steps of a whole turn

Plane = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Lamp:
    """`azimuth_deg` counter-clockwise from three o'clock; `power`s of the narrow highlight and the broad sheen."""

    azimuth_deg: float
    colour: tuple[float, float, float]
    strength: float
    narrow: float
    broad: float

    def shine(self, normal_rad: NDArray[np.float64]) -> NDArray[np.float64]:
        """Light sent to the eye by a track whose normal points to `normal_rad`."""
        facing = np.abs(np.cos(normal_rad - np.deg2rad(self.azimuth_deg)))
        return self.strength * (0.72 * facing**self.narrow + 0.28 * facing**self.broad)


LAMPS = (
    Lamp(azimuth_deg=58.0, colour=(1.0, 0.96, 0.88), strength=1.0, narrow=150.0, broad=9.0),
    Lamp(azimuth_deg=158.0, colour=(0.70, 0.84, 1.0), strength=0.55, narrow=90.0, broad=7.0),
)


def shine_table() -> Plane:
    """All lamps together, by the direction of the track's normal in `TABLE` steps of a turn."""
    normal_rad = np.arange(TABLE) * (2.0 * np.pi / TABLE)
    return np.sum([lamp.shine(normal_rad) for lamp in LAMPS], axis=0).astype(np.float32)


def hue_table() -> Plane:
    """The mixed colour of the lamps [TABLE, 3], by the azimuth of a place on the disc."""
    normal_rad = np.arange(TABLE) * (2.0 * np.pi / TABLE)
    # A little of each lamp everywhere: what sparkles between the sectors is lit by both.
    weights = np.stack([lamp.shine(normal_rad) + 0.05 * lamp.strength for lamp in LAMPS], axis=1)
    colours = np.array([lamp.colour for lamp in LAMPS])
    return (weights @ colours / weights.sum(axis=1, keepdims=True)).astype(np.float32)
