"""What is stamped around the hole, bent to its circle."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from appliance.picture.scene import HOLE_MM, Scene

TITLE = 'AUDIO  LETTER'
FINE = 2  # the text is set at twice the picture's resolution
TEXT_SHARE = 0.085  # of the label's radius: the height of the letters
RING_SHARE = 0.47  # of the label's radius: where their middle runs

Plane = NDArray[np.floating]


def stamp(scene: Scene) -> NDArray[np.float32]:
    """Ink, 0..1, on a square around the spindle: the title above the hole, the legend below, both upright."""
    ring_mm = scene.label_radius_mm * RING_SHARE
    height_mm = scene.label_radius_mm * TEXT_SHARE
    half = int((ring_mm + height_mm) / scene.mm_per_pixel) + 1
    axis = ((np.arange(2 * half) - half + 0.5) * scene.mm_per_pixel).astype(np.float32)
    x, y = axis[None, :], -axis[:, None]
    radius = np.hypot(x, y)
    if ring_mm - height_mm < HOLE_MM:
        return np.zeros((2, 2), np.float32)  # no room for letters
    per_mm = FINE / scene.mm_per_pixel
    above = (np.arctan2(x, y) * ring_mm * per_mm, (ring_mm - radius) * per_mm)
    below = (np.arctan2(x, -y) * ring_mm * per_mm, (radius - ring_mm) * per_mm)
    size = height_mm * per_mm
    return np.asarray(_bent(_line(TITLE, size), *above) + _bent(_line(scene.legend, size), *below), np.float32)


def _line(text: str, size: float) -> Plane:
    """One line of text, with a margin around it."""
    font = ImageFont.load_default(size)
    left, top, right, bottom = (round(edge) for edge in font.getbbox(text, anchor='mm'))
    width, height = 2 * max(-left, right) + 8, 2 * max(-top, bottom) + 8
    image = Image.new('L', (width, height))
    ImageDraw.Draw(image).text((width / 2, height / 2), text, 255, font, 'mm')
    return np.asarray(image, np.float32) / 255.0


def _bent(line: Plane, along: Plane, down: Plane) -> Plane:
    """`line`, its middle at nought, looked up at `along` and `down`: linear between its pixels."""
    height, width = line.shape
    column, row = along + np.float32(width / 2 - 0.5), down + np.float32(height / 2 - 0.5)
    inside = (column >= 0) & (column < width - 1) & (row >= 0) & (row < height - 1)
    column, row = column[inside], row[inside]
    left, top = column.astype(np.int64), row.astype(np.int64)
    across, below = column - left, row - top
    upper = line[top, left] * (1 - across) + line[top, left + 1] * across
    lower = line[top + 1, left] * (1 - across) + line[top + 1, left + 1] * across
    out = np.zeros(inside.shape, np.float32)
    out[inside] = upper * (1 - below) + lower * below
    return out
