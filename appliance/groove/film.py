"""What a blank looks like before it is cut: its material, and on X-ray film the ghost of a hand.

Colours are linear light, 0 black, 1 white. Coordinates of the hand are mm, as Roentgen's first radiograph showed one:
a left hand seen from the back, ring included.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Layer = NDArray[np.float32]
Colour = tuple[float, float, float]

GHOST_PX = 500  # the ghost is soft: a quarter of the picture's resolution is plenty


@dataclass(frozen=True, slots=True)
class Material:
    """`body` where light falls on the bare sheet, `cut` what the groove's walls scatter, `gleam` what they mirror."""

    body: Colour
    cut: Colour
    gleam: Colour
    sheen: float  # of the bare surface, under the lamp
    ghost: Colour | None = None  # light through the bones of an X-ray film


MATERIALS = {
    'xray': Material((0.004, 0.008, 0.015), (0.010, 0.014, 0.019), (0.93, 0.97, 1.0), 0.020, (0.36, 0.54, 0.66)),
    'pvc': Material((0.045, 0.004, 0.006), (0.018, 0.006, 0.006), (1.0, 0.84, 0.78), 0.035),
    'polycarbonate': Material((0.030, 0.044, 0.050), (0.020, 0.026, 0.028), (0.95, 1.0, 1.0), 0.050),
    'acetate': Material((0.004, 0.004, 0.005), (0.006, 0.006, 0.007), (1.0, 0.97, 0.90), 0.022),
    'aluminium': Material((0.100, 0.101, 0.106), (0.012, 0.012, 0.012), (1.0, 0.98, 0.95), 0.130),
}
UNKNOWN = 'acetate'

# Bones as chains of joints; half-width of the shaft in mm follows each chain.
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


def capsule(x: Layer, y: Layer, a: tuple[float, float], b: tuple[float, float]) -> tuple[Layer, Layer]:
    """Distance from the line a-b, and where along it (0..1) the nearest point lies."""
    dx, dy = b[0] - a[0], b[1] - a[1]
    along = np.clip(((x - a[0]) * dx + (y - a[1]) * dy) / (dx * dx + dy * dy), 0.0, 1.0).astype(np.float32)
    return np.hypot(x - a[0] - along * dx, y - a[1] - along * dy).astype(np.float32), along


def bone(x: Layer, y: Layer, a: tuple[float, float], b: tuple[float, float], half_mm: float) -> Layer:
    """A long bone: hollow in the shaft, whose dense wall shows bright at its rim; wider and spongy at the joints."""
    end = half_mm * 1.28
    distance, along = capsule(x, y, *_shorter(a, b, end * 0.92 + 0.5))
    joint = np.abs(2.0 * along - 1.0) ** 3
    half = half_mm * (0.80 + 0.48 * joint)
    inside = 1.0 / (1.0 + np.exp(np.clip((distance - half) / 0.55, -30, 30)))
    rim = np.exp(-(((half - distance - 1.0) / 1.1) ** 2)) * (1.0 - 0.8 * joint)
    return np.asarray(inside * (0.42 + 0.16 * joint + 0.34 * rim), np.float32)


def hand(size: int, px_per_mm: float) -> Layer:
    """Light through the film, 0..1, on `size` by `size` pixels around the spindle."""
    axis = ((np.arange(size) - size / 2 + 0.5) / px_per_mm).astype(np.float32)
    turn = np.deg2rad(17.0)
    right, up = axis[None, :], -axis[:, None]
    x = (np.cos(turn) * right - np.sin(turn) * up).astype(np.float32)
    y = (np.sin(turn) * right + np.cos(turn) * up + 58.0).astype(np.float32)  # the spindle goes through the palm
    flesh, bones = np.zeros_like(x), np.zeros_like(x)
    for chain, half_mm in FINGERS + FOREARM:
        for joint, (a, b) in enumerate(pairwise(chain)):
            near = _window(x, y, a, b, 26.0)
            distance, _ = capsule(x[near], y[near], a, b)
            flesh[near] = np.maximum(flesh[near], 1.0 / (1.0 + np.exp((distance - 9.5) / 1.6)))
            bones[near] = np.maximum(bones[near], bone(x[near], y[near], a, b, half_mm * TAPER[joint]))
    for cx, cy, half_mm in WRIST:
        near = _window(x, y, (cx, cy), (cx + 1, cy), 14.0)
        distance, _ = capsule(x[near], y[near], (cx - 1.5, cy - 1.0), (cx + 1.5, cy + 1.0))
        bones[near] += 0.45 / (1.0 + np.exp((distance - half_mm * 0.85) / 0.9))
    palm, _ = capsule(x, y, (-6.0, 14.0), (4.0, 62.0))
    flesh = np.maximum(flesh, 1.0 / (1.0 + np.exp((palm - 33.0) / 2.5)))
    ring, _ = capsule(x, y, RING[0], RING[1])
    gold = 1.0 / (1.0 + np.exp(np.clip((ring - RING[2]) / 0.25, -30.0, 30.0)))
    return np.asarray(0.075 * flesh + 0.80 * bones + 0.7 * gold, np.float32)


def _window(x: Layer, y: Layer, a: tuple[float, float], b: tuple[float, float], around_mm: float) -> NDArray[np.bool_]:
    inside = (x > min(a[0], b[0]) - around_mm) & (x < max(a[0], b[0]) + around_mm)
    return inside & (y > min(a[1], b[1]) - around_mm) & (y < max(a[1], b[1]) + around_mm)


def _shorter(
    a: tuple[float, float], b: tuple[float, float], gap_mm: float
) -> tuple[tuple[float, float], tuple[float, float]]:
    """The line a-b with `gap_mm` left out at both ends."""
    part = gap_mm / float(np.hypot(b[0] - a[0], b[1] - a[1]))
    dx, dy = (b[0] - a[0]) * part, (b[1] - a[1]) * part
    return (a[0] + dx, a[1] + dy), (b[0] - dx, b[1] - dy)


def enlarge(layer: Layer, rows: slice, size: int) -> Layer:
    """Rows of `layer` stretched to `size` by `size`, linearly."""
    small = len(layer)
    at = (np.arange(size, dtype=np.float32) + 0.5) * (small / size) - 0.5
    low = np.clip(np.floor(at).astype(np.int64), 0, small - 2)
    part = np.clip(at - low, 0.0, 1.0).astype(np.float32)
    r, f = low[rows], part[rows, None]
    strip = layer[r] * (1.0 - f) + layer[r + 1] * f
    return np.asarray(strip[:, low] * (1.0 - part) + strip[:, low + 1] * part, np.float32)
