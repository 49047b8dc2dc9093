"""Type: the shipped fonts, text that is wrapped and shrunk to its box, and whether it fits at all. Pure."""

from __future__ import annotations

from functools import lru_cache
from importlib import resources
from typing import NamedTuple

from PIL import ImageDraw, ImageFont

SMALLEST = 13  # pixels: below this nobody reads it at arm's length on a 2.8 inch panel
LEADING = 1.16  # distance of two lines, in font sizes


class Box(NamedTuple):
    """Where a text goes, in pixels."""

    left: int
    top: int
    width: int
    height: int


class Setting(NamedTuple):
    """A text as it will stand: its lines and the size of its type; `fits` is False when even the smallest is not."""

    lines: tuple[str, ...]
    size: int
    fits: bool


@lru_cache(maxsize=64)
def font(size: int, *, bold: bool = True, eastern: bool = False) -> ImageFont.FreeTypeFont:
    name = 'NotoSansJP-Bold.otf' if eastern else f'NotoSans-{"Bold" if bold else "Regular"}.ttf'
    with resources.as_file(resources.files('appliance.screens') / 'fonts' / name) as path:
        return ImageFont.truetype(str(path), size, layout_engine=ImageFont.Layout.BASIC)


def eastern(text: str) -> bool:
    """Whether it needs the Japanese font: anything beyond Latin, Cyrillic and punctuation."""
    return any(ord(char) > 0x2192 for char in text)


@lru_cache(maxsize=512)
def set_text(text: str, width: int, height: int, size: int, *, bold: bool = True) -> Setting:
    """The largest type up to `size` in which `text` fits the box, in as few lines as that takes."""
    for smaller in range(size, SMALLEST - 1, -1):
        lines = wrap(text, width, smaller, bold=bold)
        if lines and len(lines) * smaller * LEADING <= height + 0.16 * smaller:
            return Setting(lines, smaller, True)
    return Setting(wrap(text, 10_000, SMALLEST, bold=bold), SMALLEST, not text)


def wrap(text: str, width: int, size: int, *, bold: bool = True) -> tuple[str, ...]:
    """Lines no wider than `width`; () when a word is. Japanese breaks between characters, not before punctuation."""
    face = font(size, bold=bold, eastern=eastern(text))
    parts, glue = (_characters(text), '') if eastern(text) else (text.split(), ' ')
    lines: list[str] = []
    for part in parts:
        if face.getlength(part) > width:
            return ()
        if lines and face.getlength(lines[-1] + glue + part) <= width:
            lines[-1] += glue + part
        else:
            lines.append(part)
    return tuple(lines)


def _characters(text: str) -> list[str]:
    """Characters of a Japanese text, each with the punctuation and small kana that may not begin a line."""
    parts: list[str] = []
    for char in text:
        if parts and (char in '、。！？：）」ょゃゅっー ' or (char.isascii() and parts[-1][-1].isascii())):
            parts[-1] += char
        else:
            parts.append(char)
    return parts


def put(draw: ImageDraw.ImageDraw, box: Box, text: str, colour: str, size: int, *, bold: bool = True) -> None:
    """Centred in its box."""
    if not text:
        return
    setting = set_text(text, box.width, box.height, size, bold=bold)
    face = font(setting.size, bold=bold, eastern=eastern(text))
    step = setting.size * LEADING
    top = box.top + (box.height - step * len(setting.lines)) / 2
    for number, line in enumerate(setting.lines):
        middle = (box.left + box.width / 2, top + step * (number + 0.5))
        draw.text(middle, line, fill=colour, font=face, anchor='mm')
