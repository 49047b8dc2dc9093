"""Text that is wrapped and shrunk to its box, in millimetres. Pure: how wide a text is, is asked."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from appliance.errors import OptionError

MM_PER_POINT = 25.4 / 72
LEADING = 1.2  # distance of two lines, in sizes of the type
ABOVE, BELOW = 0.95, 0.25  # of a line's middle ground: from its base to the top of an accent, and to the foot of a g
STEP_PT = 0.25
CLOSING = '、。，．！？：；）」』】〉》ー々ょゃゅっョャュッ'  # may not begin a line
OPENING = '（「『【〈《«'  # may not end one
APART = (':', ';', '!', '?', '»')  # stand alone in French, and not at the beginning of a line
EASTERN = (0x2E80, 0x10000)  # where a line may break after any character

Measure = Callable[[str, float], float]  # text and size in points -> millimetres


class Box(NamedTuple):
    """Where something goes, in millimetres from the lower left corner."""

    left: float
    bottom: float
    width: float
    height: float

    @property
    def right(self) -> float:
        return self.left + self.width

    @property
    def top(self) -> float:
        return self.bottom + self.height


class Type(NamedTuple):
    """The largest and the smallest size, in points."""

    largest: float
    smallest: float


class Setting(NamedTuple):
    """A text as it will stand."""

    lines: tuple[str, ...]
    size: float

    @property
    def height(self) -> float:
        """Millimetres, from the highest accent to the lowest foot."""
        return self.size * MM_PER_POINT * (LEADING * (len(self.lines) - 1) + ABOVE + BELOW)


def set_text(paragraphs: tuple[str, ...], box: Box, type_: Type, measure: Measure) -> Setting:
    """The largest type in which they fit; OptionError when even the smallest does not."""
    size = type_.largest
    while size >= type_.smallest:
        lines = tuple(line for paragraph in paragraphs for line in wrap(paragraph, box.width, size, measure))
        setting = Setting(lines, size)
        if setting.height <= box.height:
            return setting
        size -= STEP_PT
    text = ' / '.join(paragraphs)
    shown = text if len(text) <= 40 else f'{text[:40]}...'
    raise OptionError(f'{shown!r} does not fit its place', where='paper', remedy='shorten it')


def wrap(text: str, width: float, size: float, measure: Measure) -> list[str]:
    """Lines no wider than `width`; a word that is wider by itself is broken."""
    lines = ['']
    for space, part in _parts(text):
        joined = lines[-1] + space + part if lines[-1] else part
        if measure(joined, size) <= width:
            lines[-1] = joined
            continue
        if lines[-1]:
            lines.append('')
        for char in part:
            if lines[-1] and measure(lines[-1] + char, size) > width:
                lines.append('')
            lines[-1] += char
    return [line for line in lines if line]


def _parts(text: str) -> Iterator[tuple[str, str]]:
    """What may not be parted, each with the space before it."""
    held = ('', '')
    for space, part in _pieces(text):
        if held[1] and (part[0] in CLOSING or part in APART or held[1][-1] in OPENING):
            held = (held[0], held[1] + space + part)
            continue
        if held[1]:
            yield held
        held = (space, part)
    if held[1]:
        yield held


def _pieces(text: str) -> Iterator[tuple[str, str]]:
    """Words, and characters of Japanese. A space that is not to break a line is part of a word."""
    for word in re.split(r'[ \t]+', text.strip(' \t')):
        space = ' '
        for eastern, group in itertools.groupby(word, _is_eastern):
            for part in group if eastern else (''.join(group),):
                yield space, part
                space = ''


def _is_eastern(char: str) -> bool:
    return EASTERN[0] <= ord(char) < EASTERN[1]
