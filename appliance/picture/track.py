"""The track, splatted: for each pixel, the share that is groove and the light its walls send back.

Points stand every `STEP_UM` along the track, each with the mean and the spread of the track's direction over its
stretch, from the displacement at full rate. They are spread over 3 x 3 pixels by the quadratic B-spline, so that turns
closer than two pixels do not beat with the grid. Both shares are one complex plane: one pass over memory adds them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from appliance.files import BLOCK
from appliance.picture.light import SWING_STEP_RAD, SWINGS, TURN, shine_table
from appliance.picture.scene import Scene
from appliance.playback.groovefile import Groove

STEP_UM = 100.0  # along the outermost track: 0.7 pixel of a 25 cm disc
EXAGGERATION = 2.5  # of the track's swing: a disc is turned in the hand, this one lies still
UM_PER_MM = 1000.0

Float = NDArray[np.float64]
Samples = NDArray[np.float32]
Planes = NDArray[np.complex64]


@dataclass(frozen=True, slots=True)
class Points:
    """Stretches of track: where (polar), how much groove, where its normal points, and how much that swings (r.m.s.)"""

    angle_rad: Float
    radius_mm: Float
    area_mm2: Float
    normal_rad: Float
    swing_rad: Float


def splat(groove: Groove, scene: Scene) -> Planes:
    """Share of groove (real part) and light from it (imaginary part), for each pixel [pixels, pixels]."""
    planes = np.zeros((scene.pixels, scene.pixels), np.complex64)
    shine = shine_table()
    for points in track(groove, scene):
        turned = (points.normal_rad * (TURN / (2.0 * np.pi))).astype(np.int64) & (TURN - 1)
        swing = np.minimum(points.swing_rad / SWING_STEP_RAD + 0.5, SWINGS - 1).astype(np.int64)
        share = points.area_mm2 / scene.mm_per_pixel**2
        radius = points.radius_mm / scene.mm_per_pixel
        # A record turns clockwise, so its track runs counter-clockwise.
        x = scene.centre + radius * np.cos(points.angle_rad)
        y = scene.centre - radius * np.sin(points.angle_rad)
        spread(planes, x, y, (share * (1.0 + 1j * shine[swing, turned])).astype(np.complex64))
    return planes


def track(groove: Groove, scene: Scene) -> Iterator[Points]:
    """All of the track that the head cut, in order, in blocks of whole stretches."""
    fastest_um = 2.0 * np.pi * scene.disc_radius_mm * UM_PER_MM * scene.speed_rpm / 60.0 / groove.rate_hz
    stride = int(np.clip(np.rint(STEP_UM / fastest_um), 1, BLOCK))
    size = BLOCK // stride * stride
    for start in range(0, groove.samples - stride, size):
        displacement_um = groove.displacement(start, size + 1)
        count = (len(displacement_um) - 1) // stride
        motion = _Motion.read(groove, start + np.arange(count + 1) * stride)
        if motion is not None:
            yield _points(motion, displacement_um[: count * stride + 1].astype(np.float64), stride)


@dataclass(frozen=True, slots=True)
class _Motion:
    """At the ends of the stretches, one more than there are stretches."""

    angle_rad: Float
    radius_mm: Float
    depth_um: Float

    @classmethod
    def read(cls, groove: Groove, at: NDArray[np.int64]) -> _Motion | None:
        """At the samples `at`; None where the head is up all the time."""
        per_motion = groove.frames_per_motion // groove.frames_per_sample
        first = int(at[0]) // per_motion
        count = int(at[-1]) // per_motion + 2 - first
        depth_um = groove.depth_um(first, count)
        if not (depth_um > 0.0).any():
            return None
        known = np.arange(first, first + len(depth_um)) * per_motion
        rows = (groove.angle_rad(first, count), groove.radius_mm(first, count), depth_um)
        angle_rad, radius_mm, depth = (np.interp(at, known, row) for row in rows)
        return cls(angle_rad, radius_mm, np.maximum(depth, 0.0))


def _points(motion: _Motion, displacement_um: Float, stride: int) -> Points:
    """A point in the middle of each stretch; the groove is twice as wide as deep: its walls stand at a right angle."""
    angle_rad, radius_mm = _middle(motion.angle_rad), _middle(motion.radius_mm)
    along_mm = np.abs(np.diff(motion.angle_rad)) * radius_mm
    # Where the platter stands there is no track to have a direction, and its area is nought.
    sample_um = np.maximum(along_mm * (UM_PER_MM / stride), 0.01)
    steps = np.diff(displacement_um).reshape(-1, stride)
    mean_um = steps.mean(axis=1)
    variance = np.einsum('ij,ij->i', steps, steps) / stride - mean_um**2
    swing = EXAGGERATION / sample_um
    return Points(
        angle_rad=angle_rad,
        radius_mm=radius_mm + _middle(displacement_um[::stride]) / UM_PER_MM,
        area_mm2=along_mm * _middle(motion.depth_um) * (2.0 / UM_PER_MM),
        normal_rad=angle_rad - np.arctan(mean_um * swing),
        swing_rad=np.sqrt(np.maximum(variance, 0.0)) * swing,
    )


def _middle(ends: Float) -> Float:
    return np.asarray((ends[1:] + ends[:-1]) / 2.0)


def spread(planes: Planes, x: Float, y: Float, value: Planes) -> None:
    """Add `value` at pixels `x`, `y`, each over 3 x 3 pixels; what lies outside the picture is left out."""
    rows, columns = planes.shape
    column, row = np.rint(x), np.rint(y)
    inside = (column >= 1) & (column < columns - 1) & (row >= 1) & (row < rows - 1)
    if not inside.all():
        x, y, column, row, value = x[inside], y[inside], column[inside], row[inside], value[inside]
    across, down = weights(x - column), weights(y - row)
    index = row.astype(np.int64) * columns + column.astype(np.int64)
    flat = planes.reshape(-1)
    for dy in range(3):
        line = value * down[dy]
        for dx in range(3):
            np.add.at(flat, index + ((dy - 1) * columns + dx - 1), line * across[dx])


def weights(offset: Float) -> tuple[Samples, Samples, Samples]:
    """The quadratic B-spline at the pixel before, at and after the nearest one, `offset` (-0.5..0.5) from it."""
    near = offset.astype(np.float32)
    half = np.float32(0.5)
    return half * (half - near) ** 2, np.float32(0.75) - near**2, half * (half + near) ** 2
