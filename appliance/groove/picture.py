"""The disc as it would look: `disc.png`, seen from above under two lamps.

A groove mirrors a lamp where its walls face it: in two opposite sectors, which widen where the sound makes the groove
swing. So loud and quiet passages, lead-in, run-out and locked groove show as they do on a real disc. Every stretch of
groove is laid down with its own area, width and slopes, whatever its pitch, by a kernel that leaves no moire.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from appliance.groove.film import GHOST_PX, MATERIALS, UNKNOWN, Layer, Material, enlarge, hand
from appliance.groove.groovefile import Groove
from appliance.groove.png import write_png

SIZE_PX = 2000
INK = np.float32(0.42)
BRIGHTEST, TONES = 4.0, 4096
DISC_SHARE = 0.94  # of the picture's width
STRIP_PX = 50
BLOCK = 1 << 16
HOLE_MM = 7.24 / 2  # IEC 60098
STEP_PX = 0.8  # between points along the groove
LAMPS = ((0.62, 0.085, 1.0), (2.50, 0.16, 0.35))  # azimuth in rad, half-width of the mirrored sector, strength
TABLE_FAR, TABLE_NEAR = (0.010, 0.010, 0.012), (0.050, 0.047, 0.044)

Float = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class View:
    """Where mm lie in the picture; the spindle is in its middle."""

    px_per_mm: float
    disc_mm: float
    label_mm: float

    @property
    def centre_px(self) -> float:
        return SIZE_PX / 2 - 0.5


@dataclass(frozen=True, slots=True)
class Cut:
    """What the groove adds: the share of each pixel that is groove, and the light its walls mirror."""

    cover: Layer
    gleam: Layer


def draw(groove: Groove, path: Path) -> None:
    """Write the picture of `groove` to `path` as a PNG of 2000 by 2000 pixels."""
    disc_mm = groove.number('diameter_mm', least=10.0) / 2.0
    view = View(SIZE_PX * DISC_SHARE / 2.0 / disc_mm, disc_mm, groove.number('label_radius_mm'))
    material = MATERIALS.get(groove.text('material'), MATERIALS[UNKNOWN])
    cut = engrave(groove, view)
    write_png(path, (SIZE_PX, SIZE_PX), strips(cut, inscription(groove, view), view, material))


def strips(cut: Cut, ink: Layer, view: View, material: Material) -> Iterator[NDArray[np.uint8]]:
    """The picture from top to bottom, STRIP_PX rows at a time."""
    ghost = hand(GHOST_PX, view.px_per_mm * GHOST_PX / SIZE_PX) if material.ghost else np.zeros((2, 2), np.float32)
    first = (SIZE_PX - len(ink)) // 2
    for top in range(0, SIZE_PX, STRIP_PX):
        rows = slice(top, top + STRIP_PX)
        strip = Strip(view, material, rows)
        light = strip.sheet(enlarge(ghost, rows, SIZE_PX))
        light = strip.groove(light, Cut(cut.cover[rows], cut.gleam[rows]))
        low, high = max(top, first), min(top + STRIP_PX, first + len(ink))
        if low < high:
            light[low - top : high - top, first : first + len(ink)] += INK * ink[low - first : high - first, :, None]
        yield developed(strip.on_table(light), top)


def engrave(groove: Groove, view: View) -> Cut:
    """Lay down the whole groove, block by block."""
    cut = Cut(np.zeros((SIZE_PX, SIZE_PX), np.float32), np.zeros((SIZE_PX, SIZE_PX), np.float32))
    fastest_mm = 2.0 * np.pi * view.disc_mm * groove.number('speed_rpm') / 60.0 / groove.rate_hz
    stride = max(1, int(STEP_PX / view.px_per_mm / fastest_mm))
    width_mm = groove.number('groove_width_um') / 1000.0
    size = BLOCK // stride * stride
    for start in range(0, groove.samples - stride, size):
        y_um = groove.displacement(start, size + 1)
        count = (len(y_um) - 1) // stride
        path = follow(groove, start, stride, count)
        slope, spread = swing(y_um, path.step_mm * (1000.0 / stride), stride)
        y_mm = y_um[stride // 2 :: stride][:count] / 1000.0
        area = np.minimum(width_mm, 2.0 * path.depth_mm) * path.step_mm * view.px_per_mm**2
        light = mirrored(path.angle_rad + slope, spread) + 4.0 * (slope**2 + spread)  # the room's too
        r_px = (path.radius_mm + y_mm) * view.px_per_mm
        x = view.centre_px + r_px * np.cos(path.angle_rad)
        down = view.centre_px - r_px * np.sin(path.angle_rad)
        splat(cut, x, down, (area.astype(np.float32), (area * light).astype(np.float32)))
    return cut


@dataclass(frozen=True, slots=True)
class Track:
    """The groove at points along it, without the sound."""

    angle_rad: Float
    radius_mm: Float
    depth_mm: Float
    step_mm: Float  # of groove to the next point


def follow(groove: Groove, start: int, stride: int, count: int) -> Track:
    """`count` points `stride` samples apart, the first in the middle of the samples from `start`."""
    per_sample = groove.motion_rate_hz / groove.rate_hz
    at = (start + (np.arange(count + 1) + 0.5) * stride) * per_sample
    first = int(at[0])
    need = int(at[-1]) - first + 2
    angle, radius = groove.angle_rad(first, need), groove.radius_mm(first, need)
    k = np.arange(first, first + len(angle))
    angles = np.interp(at, k, angle)
    depth = np.interp(at[:-1], k, groove.depth_um(first, need)) / 1000.0
    radii = np.interp(at[:-1], k, radius)
    return Track(angles[:-1], radii, depth, np.abs(np.diff(angles)) * radii)


def swing(y_um: Layer, sample_um: Float, stride: int) -> tuple[Float, Float]:
    """Mean and variance of the groove's slope over each `stride` samples, each `sample_um` long."""
    count = len(sample_um)
    steps = np.diff(y_um[: count * stride + 1])
    square = np.zeros(count, np.float32)
    for i in range(stride):
        square += steps[i::stride] ** 2
    mean = (y_um[stride::stride][:count] - y_um[::stride][:count]) / stride
    length = np.maximum(sample_um, 1e-6)
    return mean / length, (square / stride - mean**2) / length**2


def mirrored(azimuth_rad: Float, spread: Float) -> Float:
    """Light that walls facing `azimuth_rad`, give or take the root of `spread`, mirror to the eye; both walls do."""
    light = np.full(azimuth_rad.shape, 0.004)
    for lamp_rad, half_rad, strength in LAMPS:
        off = np.mod(azimuth_rad - lamp_rad + np.pi / 2, np.pi) - np.pi / 2
        wide = half_rad**2 + spread
        light += strength * half_rad / np.sqrt(wide) * np.exp(-(off**2) / (2.0 * wide))
    return light


def splat(cut: Cut, x: Float, y: Float, values: tuple[Layer, Layer]) -> None:
    """Add points to both layers by a quadratic B-spline of 3 by 3 pixels."""
    left, top = np.rint(x).astype(np.int64), np.rint(y).astype(np.int64)
    inside = (left > 0) & (left < SIZE_PX - 1) & (top > 0) & (top < SIZE_PX - 1)
    if not inside.all():
        left, top, x, y = left[inside], top[inside], x[inside], y[inside]
        values = (values[0][inside], values[1][inside])
    across, down = spline_weights(x - left), spline_weights(y - top)
    cover, gleam = cut.cover.reshape(-1), cut.gleam.reshape(-1)
    for j in range(3):
        for i in range(3):
            index = (top + (j - 1)) * SIZE_PX + left + (i - 1)
            weight = across[i] * down[j]
            np.add.at(cover, index, values[0] * weight)
            np.add.at(gleam, index, values[1] * weight)


def spline_weights(off: Float) -> list[Layer]:
    """Of the pixel before, at and after a point that lies `off` (-0.5..0.5) from its pixel; they sum to 1."""
    f = off.astype(np.float32)
    return [0.5 * (0.5 - f) ** 2, 0.75 - f * f, 0.5 * (0.5 + f) ** 2]


def inscription(groove: Groove, view: View) -> Layer:
    """Ink in the middle of the picture, 0..1: the letter's number if it has one, speed and length."""
    lines = [f'{groove.number("speed_rpm"):.4g} rpm']
    if 'letter_s' in groove.facts:
        minutes, seconds = divmod(round(groove.number('letter_s')), 60)
        lines.append(f'{minutes}:{seconds:02d}')
    half = int(view.label_mm * view.px_per_mm)
    image = Image.new('L', (2 * half, 2 * half))
    ink = ImageDraw.Draw(image)
    if 'number' in groove.facts:
        font = ImageFont.load_default(half * 0.17)
        ink.text((half, half * 0.55), f'No. {groove.facts["number"]}', 220, font, 'mm')
    ink.text((half, half * 1.48), '   '.join(lines), 190, ImageFont.load_default(half * 0.10), 'mm')
    return np.asarray(image.rotate(6.0, Image.Resampling.BICUBIC), np.float32) / 255.0


class Strip:
    """A band of rows of the picture, and what lies in it from the table up."""

    def __init__(self, view: View, material: Material, rows: slice) -> None:
        self.view, self.material = view, material
        right = ((np.arange(SIZE_PX) - view.centre_px) / view.px_per_mm)[None, :].astype(np.float32)
        up = ((view.centre_px - np.arange(SIZE_PX)[rows]) / view.px_per_mm)[:, None].astype(np.float32)
        self.right, self.up = right, up
        self.radius_mm = np.hypot(right, up)
        self.azimuth = np.arctan2(up, right)

    def sheet(self, ghost: Layer) -> Layer:
        """The bare blank, with the lamp's soft reflection on it."""
        light = np.empty((*self.radius_mm.shape, 3), np.float32)
        shade = 1.0 - 0.35 * (self.radius_mm / self.view.disc_mm) ** 2
        lamp_rad = LAMPS[0][0]
        toward = (self.right * np.cos(lamp_rad) + self.up * np.sin(lamp_rad)) / self.view.disc_mm
        sheen = self.material.sheen * np.exp(-(((toward - 0.55) / 0.5) ** 2))
        for channel in range(3):
            through = self.material.ghost[channel] * ghost * shade if self.material.ghost else 0.0
            light[:, :, channel] = self.material.body[channel] + through + sheen
        return light

    def groove(self, light: Layer, cut: Cut) -> Layer:
        """The groove on it: its walls scatter, mirror, and split what they mirror a little into colours."""
        cover = 1.0 - np.exp(-1.1 * cut.cover)
        off = 2.0 * (self.azimuth - LAMPS[0][0])
        for channel, phase in enumerate((0.0, -2.1, 2.1)):
            tint = 1.0 + 0.10 * np.sin(9.0 * np.sin(off) + self.radius_mm * 0.11 + phase)
            walls = self.material.cut[channel] * cover + self.material.gleam[channel] * tint * cut.gleam
            light[:, :, channel] = light[:, :, channel] * (1.0 - 0.45 * cover) + walls
        return light

    def on_table(self, light: Layer) -> Layer:
        """The sheet's outline, its shadow and its rim on the table."""
        pixel = 1.0 / self.view.px_per_mm
        edge_mm = self.view.disc_mm
        inside = np.clip((edge_mm - self.radius_mm) / pixel + 0.5, 0.0, 1.0)
        inside *= np.clip((self.radius_mm - HOLE_MM) / pixel + 0.5, 0.0, 1.0)
        rim = np.exp(-(((self.radius_mm - edge_mm + 0.35) / 0.3) ** 2))
        rim += np.exp(-(((self.radius_mm - HOLE_MM - 0.25) / 0.25) ** 2))
        lit = 0.5 + 0.5 * np.cos(self.azimuth - LAMPS[0][0])
        away = np.hypot(self.right - 1.6, self.up + 2.2) - edge_mm
        shadow = 1.0 - 0.75 * np.exp(-np.clip(away, 0.0, None) / 2.5)
        glow = np.exp(-((np.hypot(self.right + 0.3 * edge_mm, self.up - 0.5 * edge_mm) / (1.1 * edge_mm)) ** 2))
        for channel in range(3):
            far, near = TABLE_FAR[channel], TABLE_NEAR[channel]
            table = (far + (near - far) * glow) * shadow
            on = light[:, :, channel] + 0.16 * rim * lit
            light[:, :, channel] = table * (1.0 - inside) + on * inside
        return light


def developed(light: Layer, seed: int) -> NDArray[np.uint8]:
    """Linear light as sRGB-like bytes: highlights roll off, and a trace of grain hides the steps between levels."""
    entry = np.sqrt(np.clip(light, 0.0, BRIGHTEST), dtype=np.float32) * np.float32((TONES - 1) / BRIGHTEST**0.5)
    tone = (np.arange(TONES, dtype=np.float32) / (TONES - 1)) ** 2 * BRIGHTEST
    byte = 254.0 * (1.0 - np.exp(-1.35 * tone)) ** np.float32(1 / 2.2)
    grain = np.random.default_rng(seed).random(light.shape[:2], np.float32)[:, :, None]
    return np.asarray(byte[entry.astype(np.int32)] + grain, np.uint8)
