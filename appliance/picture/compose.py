"""From the planes to colours: table, shadow, sheet, groove, light; one band of rows at a time."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from appliance.picture.ghost import radiograph
from appliance.picture.light import TABLE, hue_table
from appliance.picture.scene import HOLE_MM, Scene
from appliance.picture.sheet import Sheet

TABLE_COLOUR = (0.80, 0.81, 0.79)
WOBBLE_MM = 0.35  # how far scissors stray from the circle
SHADOW_MM = (1.6, 2.6)  # to the right, down
SHADOW_BLUR_MM = 4.5

Plane = NDArray[np.float32]


class Composer:
    """Composes a scene with `sheet`, band by band."""

    def __init__(self, scene: Scene, sheet: Sheet) -> None:
        self._scene = scene
        self._sheet = sheet
        random = np.random.Generator(np.random.PCG64(scene.seed))
        self._outline = _outline(random)
        self._ghost = radiograph(scene, random) if sheet.ghost else np.full((16, 16), 0.5, np.float32)
        self._hue = hue_table()

    def band(self, rows: slice, planes: NDArray[np.complex64]) -> NDArray[np.uint8]:
        """The rows `rows` of the picture as sRGB bytes; `planes` are the same rows of the splatted track."""
        scene = self._scene
        centre = scene.pixels / 2.0 - 0.5
        x = ((np.arange(scene.pixels, dtype=np.float32) - centre) * scene.mm_per_pixel)[None, :]
        y = ((centre - np.arange(rows.start, rows.stop, dtype=np.float32)) * scene.mm_per_pixel)[:, None]
        radius, turned = _polar(x, y)
        edge = scene.disc_radius_mm + self._outline[turned] - radius  # mm inside the outline
        hole = radius - HOLE_MM / 2.0
        inside = _ramp(edge, scene.mm_per_pixel) * _ramp(hole, scene.mm_per_pixel)
        table = self._table(x, y)
        sheet = self._lit(rows, planes, turned)
        sheet += self._rim(edge, hole, turned)[..., None]
        light = table + inside[..., None] * (sheet - table)
        return _srgb(light)

    def _table(self, x: Plane, y: Plane) -> Plane:
        """The light table with the disc's shadow on it."""
        scene = self._scene
        radius, turned = _polar(x - np.float32(SHADOW_MM[0]), y + np.float32(SHADOW_MM[1]))
        outside = radius - scene.disc_radius_mm - self._outline[turned]
        shade = 1.0 - 0.42 / (1.0 + np.exp(np.clip(outside / (SHADOW_BLUR_MM / 3.0), -20, 20)))
        corner = np.float32(2.0 * scene.disc_radius_mm**2)
        vignette = 1.0 - 0.16 * (x * x + y * y) / corner
        return (shade * vignette)[..., None] * np.array(TABLE_COLOUR, np.float32)

    def _lit(self, rows: slice, planes: NDArray[np.complex64], turned: NDArray[np.intp]) -> Plane:
        """The sheet with light through it and light on its grooves."""
        sheet = self._sheet
        density = self._enlarged(rows)[..., None]
        thin, thick = np.log(np.array((sheet.thin, sheet.thick), np.float32))
        through = np.exp(thin + density * (thick - thin))
        share = planes.real
        over = np.maximum(share, 1.0)  # where a groove was cut twice it is no wider
        covered = (share / over)[..., None]
        shine = (planes.imag / over * np.float32(sheet.shine))[..., None] * self._hue[turned]
        walls = through * np.float32(sheet.cut) + np.array(sheet.haze, np.float32)
        return through + covered * (walls - through) + shine

    def _enlarged(self, rows: slice) -> Plane:
        """The ghost's density on these rows."""
        scale = self._ghost.shape[0] / self._scene.pixels
        box = (0.0, rows.start * scale, float(self._ghost.shape[1]), rows.stop * scale)
        size = (self._scene.pixels, rows.stop - rows.start)
        image = Image.fromarray(self._ghost).resize(size, Image.Resampling.BILINEAR, box)
        return np.asarray(image)

    def _rim(self, edge: Plane, hole: Plane, turned: NDArray[np.intp]) -> Plane:
        """The cut edge catches light on the lamp's side and is dark on the other."""
        towards = np.cos(turned * np.float32(2.0 * np.pi / TABLE) - np.float32(np.deg2rad(120.0)))
        outer = np.exp(-((edge / np.float32(0.30)) ** 2))
        inner = np.exp(-((hole / np.float32(0.22)) ** 2))
        return (outer * (0.16 + 0.18 * towards) + inner * (0.16 - 0.18 * towards)).astype(np.float32)


def _polar(x: Plane, y: Plane) -> tuple[Plane, NDArray[np.intp]]:
    """Radius, and azimuth counter-clockwise in `TABLE` steps."""
    turned = np.arctan2(y, x) * np.float32(TABLE / (2.0 * np.pi))
    return np.hypot(x, y), turned.astype(np.intp) & (TABLE - 1)


def _ramp(inside_mm: Plane, mm_per_pixel: float) -> Plane:
    """Share of a pixel that lies inside an edge."""
    return np.clip(inside_mm / np.float32(mm_per_pixel) + np.float32(0.5), 0.0, 1.0)


def _outline(random: np.random.Generator) -> Plane:
    """How far the hand-cut edge lies outside the circle, in mm, by azimuth: never outside the nominal disc."""
    azimuth = np.arange(TABLE) * (2.0 * np.pi / TABLE)
    outline = np.zeros(TABLE)
    for waves in (2, 3, 5, 8, 13, 21):
        outline += random.uniform(0.4, 1.0) / waves**0.5 * np.cos(waves * azimuth + random.uniform(0.0, 2.0 * np.pi))
    return (WOBBLE_MM * (outline / np.abs(outline).max() - 1.0)).astype(np.float32)


def _srgb(light: Plane) -> NDArray[np.uint8]:
    """Linear light to sRGB bytes (IEC 61966-2-1, by a table of 4096 steps)."""
    steps = np.linspace(0.0, 1.0, 4096)
    curve = np.where(steps <= 0.0031308, 12.92 * steps, 1.055 * steps ** (1 / 2.4) - 0.055)
    table = np.rint(curve * 255.0).astype(np.uint8)
    return table[(np.clip(light, 0.0, 1.0) * np.float32(4095.0)).astype(np.int16)]
