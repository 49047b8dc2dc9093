"""The old radiograph on the film: a chest, soft and half forgotten. Drawn from curves, different for each letter."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from appliance.picture.scene import Scene

CELLS = 500

Plane = NDArray[np.float32]


def radiograph(scene: Scene, random: np.random.Generator) -> Plane:
    """Density of the film [CELLS, CELLS] over the whole picture: 0 clear (bone), 1 black (air)."""
    span = scene.pixels * scene.mm_per_pixel / 2.0 / 125.0
    axis = (np.arange(CELLS) + 0.5) * (2.0 * span / CELLS) - span
    x, y = np.meshgrid(axis, -axis)  # in halves of a 25 cm disc, y upwards
    tilt = np.deg2rad(random.uniform(-14.0, 14.0))
    x, y = x * np.cos(tilt) - y * np.sin(tilt), x * np.sin(tilt) + y * np.cos(tilt)
    x, y = x + random.uniform(-0.28, -0.12), y + random.uniform(-0.12, 0.05)
    clear = _chest(x, y)
    return np.clip(0.86 - clear, 0.0, 1.0).astype(np.float32)


def _soft(value: NDArray[np.float64], width: float) -> NDArray[np.float64]:
    """A smooth step: 0 where `value` is well below nought, 1 well above."""
    return np.asarray(0.5 + 0.5 * np.tanh(value / width))


def _chest(x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
    """How clear the film is: flesh a little, bone more."""
    side = np.abs(x)
    lung = _soft(1.0 - ((side - 0.47) / 0.40) ** 2 - ((y - 0.02) / 0.98) ** 2, 0.25)
    clear = 0.34 - 0.26 * lung
    clear += 0.22 * np.exp(-((x / 0.13) ** 2)) * (1.0 + 0.25 * np.cos(y * 2.0 * np.pi / 0.21))  # spine
    heart = 1.0 - ((x - 0.17) / 0.34) ** 2 - ((y + 0.28 + 0.3 * x) / 0.36) ** 2
    clear += 0.16 * _soft(heart, 0.3)
    clear += 0.24 * _soft(-(y + 0.72 - 0.22 * np.cos((side - 0.45) * 3.4)), 0.06)  # diaphragm
    for rib in range(10):
        top = 0.92 - 0.19 * rib
        bow = top + 0.14 * np.sin(np.minimum(side, 1.0) * 3.0) - 0.46 * side**1.7
        clear += 0.13 * _bone(y - bow, 0.040) * _soft(side - 0.08, 0.04) * _soft(0.92 - side, 0.05)
        front = top - 0.46 + 0.34 * (side - 0.2) ** 1.0
        clear += 0.06 * _bone(y - front, 0.045) * _soft(side - 0.30, 0.06) * _soft(0.86 - side, 0.08)
    collar = 0.80 + 0.13 * np.sin((side - 0.1) * 3.4) - 0.02
    clear += 0.22 * _bone(y - collar, 0.045) * _soft(side - 0.09, 0.02)
    return np.asarray(clear)


def _bone(distance: NDArray[np.float64], half: float) -> NDArray[np.float64]:
    """A long bone seen through: dense walls, lighter marrow."""
    across = distance / half
    body = _soft(1.0 - across**2, 0.35)
    return np.asarray(body * (0.75 + 0.45 * np.exp(-(((np.abs(across) - 0.8) / 0.25) ** 2))))
