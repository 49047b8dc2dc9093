"""The old radiograph on the film: a hand, as Roentgen's first one showed, or a chest, as most of these discs do.

Drawn from curves, so that no picture has to be kept; each letter has another one. Density: 0 clear (bone stopped the
rays), 1 black (nothing did).
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from appliance.picture.scene import Scene

CELLS = 400  # the ghost is soft: a fifth of the picture's resolution is plenty

Plane = NDArray[np.floating]
Place = tuple[float, float]

# A left hand seen from the back, in mm: bones as chains of joints, and the half-width of the first.
FINGERS = (
    (((-20, 6), (-45, 36), (-62, 63), (-73, 84)), 4.6),
    (((-13, 18), (-25, 80), (-31, 122), (-34, 147), (-36, 165)), 4.2),
    (((-3, 20), (-4, 83), (-4, 130), (-4, 159), (-4, 180)), 4.3),
    (((7, 18), (16, 77), (22, 119), (26, 146), (28, 165)), 4.0),
    (((15, 13), (33, 66), (45, 98), (51, 116), (55, 132)), 3.5),
)
FOREARM = ((((-14, -14), (-13, -130)), 8.0), (((15, -16), (11, -130)), 6.0))
TAPER = (1.0, 0.97, 0.82, 0.66)  # from the wrist to the fingertip
WRIST = ((-17, -3, 7), (-6, -5, 7), (5, -4, 6), (14, -3, 6), (-20, 7, 6), (-11, 9, 6), (0, 9, 7), (10, 8, 6))
RING = ((17.6, 94.0), (24.5, 92.7), 2.0)


def radiograph(scene: Scene, random: np.random.Generator) -> NDArray[np.float32]:
    """Density of the film [CELLS, CELLS] over the whole picture."""
    span = scene.pixels * scene.mm_per_pixel
    axis = ((np.arange(CELLS) + 0.5) * (span / CELLS) - span / 2.0).astype(np.float32)
    scale = np.float32(125.0 / scene.disc_radius_mm)  # a smaller disc shows no less of the body
    subject = (_hand, _chest)[int(random.integers(2))]
    turn = np.deg2rad(random.uniform(8.0, 20.0) * random.choice((-1.0, 1.0)))
    cos, sin = np.float32(np.cos(turn)), np.float32(np.sin(turn))
    x, y = axis[None, :] * scale, -axis[:, None] * scale
    clear = subject(cos * x - sin * y, sin * x + cos * y)
    return np.asarray(np.clip(1.0 - clear, 0.0, 1.0), np.float32)


def _step(value: Plane, width: float) -> Plane:
    """From 0 where `value` is below -`width` to 1 where it is above `width`."""
    t = np.clip(value / np.float32(2.0 * width) + np.float32(0.5), 0.0, 1.0)
    return np.asarray(t * t * (3.0 - 2.0 * t), np.float32)


def _capsule(x: Plane, y: Plane, a: Place, b: Place) -> tuple[Plane, Plane]:
    """Distance from the line a-b, and where along it (0..1) the nearest point lies."""
    dx, dy = b[0] - a[0], b[1] - a[1]
    along = np.clip(((x - a[0]) * dx + (y - a[1]) * dy) / (dx * dx + dy * dy), 0.0, 1.0).astype(np.float32)
    return np.hypot(x - a[0] - along * dx, y - a[1] - along * dy).astype(np.float32), along


def _long_bone(x: Plane, y: Plane, ends: tuple[Place, Place], half_mm: float) -> Plane:
    """A long bone: hollow in the shaft, whose dense wall shows at its rim; wider and spongy at the joints."""
    distance, along = _capsule(x, y, *_shorter(*ends, half_mm * 1.18 + 0.5))
    joint = np.abs(2.0 * along - 1.0) ** 3
    half = half_mm * (0.80 + 0.48 * joint)
    rim = np.exp(-(((half - distance - 1.0) / 1.1) ** 2)) * (1.0 - 0.8 * joint)
    return np.asarray(_step(half - distance, 1.4) * (0.50 + 0.16 * joint + 0.36 * rim), np.float32)


def _hand(x: Plane, y: Plane) -> Plane:
    """How clear the film is around a hand; the spindle goes through the palm."""
    y = y + np.float32(58.0)
    flesh, bones = np.zeros_like(x), np.zeros_like(x)
    for chain, half_mm in FINGERS + FOREARM:
        for joint, (a, b) in enumerate(pairwise(chain)):
            near = _around(x, y, (a, b), 26.0)
            distance, _ = _capsule(x[near], y[near], a, b)
            flesh[near] = np.maximum(flesh[near], _step(9.5 - distance, 4.0))
            bones[near] = np.maximum(bones[near], _long_bone(x[near], y[near], (a, b), half_mm * TAPER[joint]))
    for cx, cy, half_mm in WRIST:
        distance, _ = _capsule(x, y, (cx - 1.5, cy - 1.0), (cx + 1.5, cy + 1.0))
        bones = np.maximum(bones, 0.62 * _step(half_mm * 0.95 - distance, 2.4) * (0.8 + 0.04 * distance))
    palm, _ = _capsule(x, y, (-6.0, 14.0), (4.0, 62.0))
    flesh = np.maximum(flesh, _step(33.0 - palm, 7.0))
    ring, _ = _capsule(x, y, RING[0], RING[1])
    return np.asarray(np.maximum(0.34 * flesh + 0.60 * bones, 0.9 * _step(RING[2] - ring, 0.8)), np.float32)


def _around(x: Plane, y: Plane, ends: tuple[Place, Place], around_mm: float) -> NDArray[np.bool_]:
    (ax, ay), (bx, by) = ends
    inside = (x > min(ax, bx) - around_mm) & (x < max(ax, bx) + around_mm)
    return inside & (y > min(ay, by) - around_mm) & (y < max(ay, by) + around_mm)


def _shorter(a: Place, b: Place, gap_mm: float) -> tuple[Place, Place]:
    """The line a-b with `gap_mm` left out at both ends."""
    part = gap_mm / float(np.hypot(b[0] - a[0], b[1] - a[1]))
    dx, dy = (b[0] - a[0]) * part, (b[1] - a[1]) * part
    return (a[0] + dx, a[1] + dy), (b[0] - dx, b[1] - dy)


def _chest(x: Plane, y: Plane) -> Plane:
    """How clear the film is behind a chest, at half its size; the spindle goes beside the spine."""
    x, y = (x + np.float32(26.0)) / 125.0, (y - np.float32(6.0)) / 125.0
    side = np.abs(x)
    lung = _step(1.0 - ((side - 0.46) / 0.40) ** 2 - ((y - 0.02) / 0.98) ** 2, 0.35)
    clear = 0.42 - 0.34 * lung
    clear += 0.16 * _step(1.0 - ((x - 0.16) / 0.34) ** 2 - ((y + 0.30 + 0.3 * x) / 0.34) ** 2, 0.4)  # heart
    clear += 0.20 * _step(-(y + 0.74 - 0.22 * np.cos((side - 0.45) * 3.4)), 0.07)  # diaphragm
    clear += _spine(x, y)
    for rib in range(10):
        top = 0.92 - 0.19 * rib
        bow = top + 0.14 * np.sin(np.minimum(side, 1.0) * 3.0) - 0.46 * side**1.7
        clear += 0.20 * _rib(y - bow, 0.036) * _step(side - 0.10, 0.06) * _step(0.90 - side, 0.07)
        front = top - 0.50 + 0.42 * (side - 0.2)
        clear += 0.07 * _rib(y - front, 0.042) * _step(side - 0.34, 0.12) * _step(0.86 - side, 0.1)
    collar = 0.74 + 0.20 * np.tanh((side - 0.35) * 4.0)
    clear += 0.26 * _rib(y - collar, 0.034) * _step(side - 0.09, 0.03)
    return np.asarray(clear, np.float32)


def _spine(x: Plane, y: Plane) -> Plane:
    """Vertebrae: waisted blocks, a gap between them, the two roots of the arch and the spine itself as rings."""
    each = 0.165
    within = np.mod(y, each) / each - np.float32(0.5)  # from the middle of a vertebra, -0.5..0.5
    waist = 0.085 + 0.020 * (2.0 * within) ** 2
    body = _step(waist - np.abs(x), 0.020) * _step(0.44 - np.abs(within), 0.07)
    arch = np.exp(-(((np.abs(x) - 0.052) / 0.016) ** 2) - ((within - 0.16) / 0.13) ** 2)
    process = np.exp(-((x / 0.014) ** 2) - ((within + 0.15) / 0.22) ** 2)
    wing = _step(0.17 - np.abs(x), 0.03) * np.exp(-(((within - 0.2) / 0.16) ** 2))
    return np.asarray(0.10 * _step(0.15 - np.abs(x), 0.06) + 0.17 * body + 0.10 * (arch + process) + 0.06 * wing)


def _rib(distance: Plane, half: float) -> Plane:
    """A flat bone seen through: dense walls, lighter marrow."""
    across = np.abs(distance) / np.float32(half)
    return np.asarray(_step(1.0 - across, 0.22) * (0.62 + 0.38 * np.exp(-(((across - 0.78) / 0.22) ** 2))), np.float32)
