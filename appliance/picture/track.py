"""The track, splatted: for each pixel, the share that is groove and the light its walls send back.

Points every `STEP_UM` along the track, each with its own direction from the displacement at full rate, are spread over
3 x 3 pixels by the quadratic B-spline (support 3 pixels, so that turns closer than two pixels do not beat with the
grid). Both shares are one complex plane: one pass over memory adds them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from appliance.files import BLOCK
from appliance.picture.light import TABLE, shine_table
from appliance.picture.scene import Scene
from appliance.playback.groovefile import Groove

STEP_UM = 80.0  # along the track: 0.6 pixel of the largest disc
UM_PER_MM = 1000.0
POINTS = 1 << 15  # spread at a time

Float = NDArray[np.float64]
Planes = NDArray[np.complex64]


@dataclass(frozen=True, slots=True)
class Points:
    """Pieces of track: where (polar), how much groove (mm2), and the direction of its normal."""

    angle_rad: Float
    radius_mm: Float
    area_mm2: Float
    normal_rad: Float


def splat(groove: Groove, scene: Scene) -> Planes:
    """Share of groove (real part) and light from it (imaginary part), for each pixel [pixels, pixels]."""
    planes = np.zeros(scene.pixels * scene.pixels, np.complex64)
    shine = shine_table()
    for points in _track(groove):
        for start in range(0, len(points.area_mm2), POINTS):
            part = slice(start, start + POINTS)
            turned = (points.normal_rad[part] * (TABLE / (2.0 * np.pi))).astype(np.int64) & (TABLE - 1)
            share = points.area_mm2[part] / scene.mm_per_pixel**2
            x, y = _place(points.angle_rad[part], points.radius_mm[part], scene)
            _spread(planes, (x, y), (share * (1.0 + 1j * shine[turned])).astype(np.complex64), scene.pixels)
    return planes.reshape(scene.pixels, scene.pixels)


def _place(angle_rad: Float, radius_mm: Float, scene: Scene) -> tuple[Float, Float]:
    """Pixels from the top left corner. A record turns clockwise, so its track runs counter-clockwise."""
    centre = scene.pixels / 2.0 - 0.5
    radius = radius_mm / scene.mm_per_pixel
    return centre + radius * np.cos(angle_rad), centre - radius * np.sin(angle_rad)


def _track(groove: Groove) -> Iterator[Points]:
    """All of the track that the head cut, in order, in blocks."""
    per_motion = groove.frames_per_motion // groove.frames_per_sample
    for start in range(0, groove.samples, BLOCK):
        count = min(BLOCK, groove.samples - start) + 1
        motions = slice(start // per_motion, (start + count) // per_motion + 2)
        motion = _Motion.read(groove, motions, per_motion)
        if motion is not None:
            yield from _points(motion, groove.displacement(start, count), start)


@dataclass(frozen=True, slots=True)
class _Motion:
    at: NDArray[np.int64]  # the samples of the motions
    angle_rad: Float
    radius_mm: Float
    depth_um: Float

    @classmethod
    def read(cls, groove: Groove, motions: slice, per_motion: int) -> _Motion | None:
        """None past the end, or where the head is up all the time."""
        count = motions.stop - motions.start
        depth_um = groove.depth_um(motions.start, count).astype(np.float64)
        if not (depth_um > 0.0).any():
            return None
        angle_rad = groove.angle_rad(motions.start, count)
        at = np.arange(motions.start, motions.start + len(angle_rad)) * per_motion
        return cls(at, angle_rad, groove.radius_mm(motions.start, count), depth_um)


def _points(motion: _Motion, displacement_um: NDArray[np.float32], start: int) -> Iterator[Points]:
    """A piece of track each `STEP_UM` or so; its width is twice its depth, for the stylus cuts at a right angle."""
    speed_um = np.ptp(motion.angle_rad) * motion.radius_mm.mean() * UM_PER_MM / max(len(displacement_um), 1)
    if speed_um <= 0.0 or len(displacement_um) < 2:
        return  # a platter at rest: the head stands in one hole
    stride = max(int(STEP_UM / speed_um), 1)
    picked = np.arange(0, len(displacement_um) - 1, stride)
    at = start + picked
    angle_rad = np.interp(at, motion.at, motion.angle_rad)
    radius_mm = np.interp(at, motion.at, motion.radius_mm)
    turn_rad = np.interp(at + 1, motion.at, motion.angle_rad) - angle_rad
    along_um = radius_mm * turn_rad * UM_PER_MM
    across_um = displacement_um[picked + 1].astype(np.float64) - displacement_um[picked]
    radius_mm += displacement_um[picked] / UM_PER_MM
    width_um = 2.0 * np.maximum(np.interp(at, motion.at, motion.depth_um), 0.0)
    area_mm2 = along_um * stride * width_um / UM_PER_MM**2
    normal_rad = angle_rad - np.arctan2(across_um, np.maximum(along_um, 1e-3))
    yield Points(angle_rad, radius_mm, area_mm2, normal_rad)


def _spread(planes: Planes, place: tuple[Float, Float], value: Planes, pixels: int) -> None:
    """Add `value` at `place`, spread over 3 x 3 pixels; what lies outside the picture is left out."""
    x, y = place
    column, row = np.rint(x), np.rint(y)
    inside = (column >= 1) & (column < pixels - 1) & (row >= 1) & (row < pixels - 1)
    if not inside.all():
        x, y, column, row, value = x[inside], y[inside], column[inside], row[inside], value[inside]
    across, down = _weights(x - column), _weights(y - row)
    index = row.astype(np.int64) * pixels + column.astype(np.int64)
    for dy in range(3):
        line = value * down[dy]
        for dx in range(3):
            np.add.at(planes, index + ((dy - 1) * pixels + dx - 1), line * across[dx])


def _weights(offset: Float) -> tuple[NDArray[np.float32], ...]:
    """The quadratic B-spline at the pixel before, at and after the nearest one."""
    near = offset.astype(np.float32)
    half = np.float32(0.5)
    return half * (half - near) ** 2, np.float32(0.75) - near**2, half * (half + near) ** 2
