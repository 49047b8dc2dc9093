"""From the planes to colours: table, shadow, sheet, groove, light; one band of rows at a time.

Light is linear and lies [3, rows, columns] until it is turned into bytes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from appliance.picture.grain import texture
from appliance.picture.ink import stamp
from appliance.picture.light import LAMPS, TURN, hue_table
from appliance.picture.scene import HOLE_MM, Scene
from appliance.picture.sheet import Sheet

BAND_ROWS = 50
TABLE_COLOUR = (0.70, 0.71, 0.695)
WOBBLE_MM, CUTS = 0.8, 34  # how far scissors stray inside the circle, and how often they close
SHADOW_MM = (1.3, 2.6)  # to the right, down
SHADOW_BLUR_MM = 1.7
TONES, BRIGHTEST, SHOULDER = 4096, 4.0, 0.72  # the curve from light to bytes

Plane = NDArray[np.float32]
Bytes = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class _Band:
    """Places on some rows of the picture, in mm from the spindle, and their azimuth in steps of `TURN`."""

    rows: slice
    x: Plane
    y: Plane
    radius: Plane
    turned: NDArray[np.int32]

    @classmethod
    def of(cls, scene: Scene, rows: slice) -> _Band:
        x = ((np.arange(scene.pixels) - scene.centre) * scene.mm_per_pixel).astype(np.float32)[None, :]
        y = ((scene.centre - np.arange(rows.start, rows.stop)) * scene.mm_per_pixel).astype(np.float32)[:, None]
        turned = (np.arctan2(y, x) * np.float32(TURN / (2.0 * np.pi))).astype(np.int32) & (TURN - 1)
        return cls(rows, x, y, np.hypot(x, y), turned)


class Composer:
    """Composes a scene with `sheet`, band by band."""

    def __init__(self, scene: Scene, sheet: Sheet) -> None:
        self._scene = scene
        self._sheet = sheet
        self._random = np.random.Generator(np.random.PCG64(scene.seed))
        self._outline = _outline(self._random) if sheet.scissors else np.zeros(TURN, np.float32)
        self._texture = texture(sheet.grain, scene, self._random)
        self._hue = hue_table()
        self._ink = stamp(scene)
        self._curve = _curve()

    def bands(self, planes: NDArray[np.complex64]) -> Iterator[Bytes]:
        """The picture from top to bottom as sRGB bytes [rows, columns, 3]; `planes` are the splatted track."""
        for top in range(0, self._scene.pixels, BAND_ROWS):
            rows = slice(top, min(top + BAND_ROWS, self._scene.pixels))
            yield self._band(_Band.of(self._scene, rows), planes[rows])

    def _band(self, band: _Band, planes: NDArray[np.complex64]) -> Bytes:
        scene = self._scene
        edge = np.float32(scene.disc_radius_mm) + self._outline[band.turned] - band.radius  # mm inside the outline
        hole = band.radius - np.float32(HOLE_MM / 2.0)
        inside = _ramp(edge, scene.mm_per_pixel) * _ramp(hole, scene.mm_per_pixel)
        light = self._lit(band, planes)
        light += self._rim(band, edge, hole)
        table = self._table(band)
        for channel, colour in enumerate(TABLE_COLOUR):
            under = table * np.float32(colour)
            light[channel] = under + inside * (light[channel] - under)
        return self._developed(light)

    def _table(self, band: _Band) -> Plane:
        """How bright the light table is, with the disc's shadow on it."""
        scene = self._scene
        reach = np.float32(scene.disc_radius_mm / 125.0)
        away = np.hypot(band.x - np.float32(SHADOW_MM[0]) * reach, band.y + np.float32(SHADOW_MM[1]) * reach)
        away = (away - np.float32(scene.disc_radius_mm)) / (np.float32(SHADOW_BLUR_MM) * reach)
        depth = np.where(band.radius < HOLE_MM, np.float32(0.2), np.float32(0.55))  # through the hole there is light
        shadow = 1.0 - depth / (1.0 + np.exp(np.clip(away, -20.0, 20.0)))
        corner = np.float32(2.0 * scene.disc_radius_mm**2)
        return np.asarray(shadow * (1.0 - np.float32(0.22) * band.radius**2 / corner), np.float32)

    def _lit(self, band: _Band, planes: NDArray[np.complex64]) -> Plane:
        """The sheet with light through it, ink on it, and light on its grooves."""
        sheet = self._sheet
        density = self._density(band.rows)
        over = np.maximum(planes.real, np.float32(1.0))  # where a groove was cut twice it is no wider
        covered = planes.real / over
        shine = planes.imag / over * np.float32(sheet.shine)
        gloss, ink = self._gloss(band), self._inked(band.rows)
        light = np.empty((3, *density.shape), np.float32)
        for channel in range(3):
            thin, thick = np.log(sheet.thin[channel]), np.log(sheet.thick[channel])
            bare = np.exp(np.float32(thin) + density * np.float32(thick - thin))
            bare += ink * (np.float32(sheet.ink[channel]) - bare) + gloss
            cut = covered * (bare * np.float32(sheet.cut - 1.0) + np.float32(sheet.haze[channel]))
            light[channel] = bare + cut + shine * self._hue[channel][band.turned]
        return light

    def _gloss(self, band: _Band) -> Plane:
        """The first lamp, soft in the bare sheet."""
        lamp = np.deg2rad(LAMPS[0].azimuth_deg)
        toward = band.x * np.float32(np.cos(lamp)) + band.y * np.float32(np.sin(lamp))
        toward = toward / np.float32(self._scene.disc_radius_mm) - np.float32(0.6)
        return np.asarray(np.float32(self._sheet.gloss) * np.exp(-((toward / np.float32(0.55)) ** 2)), np.float32)

    def _density(self, rows: slice) -> Plane:
        """The sheet's texture, enlarged to these rows."""
        height, width = self._texture.shape
        scale = height / self._scene.pixels
        box = (0.0, rows.start * scale, float(width), rows.stop * scale)
        size = (self._scene.pixels, rows.stop - rows.start)
        image = Image.fromarray(self._texture).resize(size, Image.Resampling.BICUBIC, box)
        return np.asarray(np.clip(np.asarray(image), 0.0, 1.0), np.float32)

    def _inked(self, rows: slice) -> Plane:
        """The stamp on these rows."""
        pixels, half = self._scene.pixels, len(self._ink) // 2
        out = np.zeros((rows.stop - rows.start, pixels), np.float32)
        first = pixels // 2 - half
        low, high = max(rows.start, first), min(rows.stop, first + 2 * half)
        if low < high:
            ink = self._ink[low - first : high - first]
            out[low - rows.start : high - rows.start, first : first + 2 * half] = np.float32(0.85) * ink
        return out

    def _rim(self, band: _Band, edge: Plane, hole: Plane) -> Plane:
        """The cut edge catches light on the lamp's side."""
        lamp = np.deg2rad(LAMPS[0].azimuth_deg)
        faces = np.cos(np.arange(TURN) * (2.0 * np.pi / TURN) - lamp).astype(np.float32)[band.turned]
        outer = np.exp(-(((edge - np.float32(0.2)) / np.float32(0.22)) ** 2))
        inner = np.exp(-(((hole - np.float32(0.15)) / np.float32(0.2)) ** 2))
        return np.asarray(np.float32(0.15) * (outer * (1.3 + faces) + inner * (1.3 - faces)), np.float32)

    def _developed(self, light: Plane) -> Bytes:
        """Linear light to bytes; a trace of noise hides the steps between them."""
        tone = np.sqrt(np.clip(light, 0.0, BRIGHTEST)) * np.float32((TONES - 1) / BRIGHTEST**0.5)
        value = self._curve[tone.astype(np.int32)] + self._random.random(light.shape[1:], np.float32)
        return np.ascontiguousarray(value.astype(np.uint8).transpose(1, 2, 0))


def _ramp(inside_mm: Plane, mm_per_pixel: float) -> Plane:
    """Share of a pixel that lies inside an edge."""
    return np.asarray(np.clip(inside_mm / np.float32(mm_per_pixel) + np.float32(0.5), 0.0, 1.0), np.float32)


def _outline(random: np.random.Generator) -> Plane:
    """How far the hand-cut edge lies off the circle, in mm, by azimuth: short straight cuts, never outside."""
    azimuth = np.arange(TURN) * (2.0 * np.pi / TURN)
    cuts = (np.arange(CUTS) + random.uniform(-0.25, 0.25, CUTS)) * (2.0 * np.pi / CUTS)
    depth = random.uniform(0.1, 1.0, CUTS)
    sway = np.cos(2.0 * azimuth + random.uniform(0.0, 6.28)) + np.cos(3.0 * azimuth + random.uniform(0.0, 6.28))
    edge = np.interp(azimuth, cuts, depth, period=2.0 * np.pi) + 0.25 * (sway + 2.0)
    return np.asarray(-WOBBLE_MM * edge / edge.max(), np.float32)


def _curve() -> Plane:
    """Bytes less up to one, by the root of light: sRGB (IEC 61966-2-1), with a shoulder that keeps highlights."""
    light = (np.arange(TONES) / (TONES - 1)) ** 2 * BRIGHTEST
    room = 1.0 - SHOULDER
    light = np.where(light < SHOULDER, light, 1.0 - room * np.exp(-np.maximum(light - SHOULDER, 0.0) / room))
    srgb = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
    return (254.999 * srgb).astype(np.float32)
