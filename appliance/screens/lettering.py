"""Type: the shipped fonts, text that is wrapped and shrunk to its box, and whether it fits at all. Pure."""

from __future__ import annotations

from functools import lru_cache
from importlib import resources
from typing import NamedTuple

from PIL import ImageDraw, ImageFont

SMALLEST = 13  # pixels: below this nobody reads it at arm's length on a 2.8 inch panel
CLAUSES = ('; ', ': ', '。', '、')  # where a sentence is best parted, best first; not in a time such as 1:45
LONGEST_UNIT = 3  # characters: min, cm, s
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
            return Setting(_balanced(text, lines, width, smaller, bold=bold), smaller, True)
    return Setting(wrap(text, 10_000, SMALLEST, bold=bold), SMALLEST, not text)


def wrap(text: str, width: int, size: int, *, bold: bool = True) -> tuple[str, ...]:
    """Lines no wider than `width`; () when a word is. Japanese breaks between characters, not before punctuation."""
    face = font(size, bold=bold, eastern=eastern(text))
    parts, glue = (_characters(text), '') if eastern(text) else (_words(text), ' ')
    lines: list[str] = []
    for part in parts:
        if face.getlength(part) > width:
            return ()
        if lines and face.getlength(lines[-1] + glue + part) <= width:
            lines[-1] += glue + part
        else:
            lines.append(part)
    return tuple(lines)


def _balanced(text: str, lines: tuple[str, ...], width: int, size: int, *, bold: bool) -> tuple[str, ...]:
    """As many lines, but no word left alone: two lines part between two clauses, others are of like length."""
    if len(lines) == 1:
        return lines
    face = font(size, bold=bold, eastern=eastern(text))
    for place in (text.find(mark) + 1 for mark in CLAUSES if mark in text[:-1]):
        halves = (text[:place].strip(), text[place:].strip())
        if len(lines) == 2 and all(face.getlength(half) <= width for half in halves):
            return halves
    narrower = (wrap(text, less, size, bold=bold) for less in range(width // len(lines), width, 4))
    return next((even for even in narrower if len(even) == len(lines)), lines)


def _words(text: str) -> list[str]:
    """Words; a number keeps its unit beside it, as in 1:45 min."""
    parts: list[str] = []
    for word in text.split():
        if parts and parts[-1][-1].isdigit() and len(word.rstrip('.,;')) <= LONGEST_UNIT:
            parts[-1] += ' ' + word
        else:
            parts.append(word)
    return parts


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
