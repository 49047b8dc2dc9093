"""Which font has which letter: read from the fonts themselves, so that nothing is ever printed as an empty box.

Source: OpenType 1.9, "cmap - Character to Glyph Index Mapping Table", formats 4 and 12.
"""

from __future__ import annotations

import struct
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from pathlib import Path

from appliance.errors import OptionError

SANS, BOLD, JAPANESE, OWN = 'sans', 'bold', 'japanese', 'own'
SHIPPED = {
    SANS: ('appliance.paper', 'NotoSans-Regular.ttf'),
    BOLD: ('appliance.screens', 'NotoSans-Bold.ttf'),
    JAPANESE: ('appliance.paper', 'NotoSansJP-Regular.ttf'),
}
UNICODE = {(0, 3), (0, 4), (0, 6), (3, 1), (3, 10)}  # platform and encoding of a table that maps Unicode
LARGEST_FONT = 32 << 20
WHERE = 'post.font'


@dataclass(frozen=True, slots=True)
class Face:
    """One font file, and what it can show."""

    name: str
    path: Path
    codes: frozenset[int]


@lru_cache(maxsize=4)
def faces(own: str = '') -> tuple[Face, ...]:
    """The shipped ones, then the host's; OptionError for a file that is no TrueType font."""
    found = []
    for name, (room, file) in SHIPPED.items():
        path = Path(str(resources.files(room) / 'fonts' / file))
        found.append(Face(name, path, _codes(path)))
    return (*found, Face(OWN, Path(own), _codes(Path(own)))) if own else tuple(found)


def missing(text: str, known: tuple[Face, ...]) -> str:
    """Letters of `text` that no font has, each once."""
    return ''.join(dict.fromkeys(char for char in text if not any(ord(char) in face.codes for face in known)))


def refuse_missing(text: str, known: tuple[Face, ...]) -> None:
    """OptionError that names them."""
    if lost := missing(text, known):
        raise OptionError(f'no font here has {named(lost)}', where=WHERE, remedy='name a TrueType font that does')


def named(chars: str) -> str:
    """As they may be told anywhere."""
    shown = ', '.join(f'{char if char.isprintable() else "?"} (U+{ord(char):04X})' for char in chars[:5])
    return shown if len(chars) <= 5 else f'{shown} and {len(chars) - 5} more'


def runs(text: str, known: tuple[Face, ...], *, bold: bool = False) -> list[tuple[str, str]]:
    """Stretches of `text` with the name of the font each is set in: bold type first where it is wanted. A mark stays
    with the letter before it."""
    refuse_missing(text, known)
    order = sorted(known, key=lambda face: bold == (face.name != BOLD))
    found: list[tuple[Face, str]] = []
    for char in text:
        last = found[-1][0] if found else None
        if last is not None and unicodedata.combining(char) and ord(char) in last.codes:
            face = last
        else:
            face = next(face for face in order if ord(char) in face.codes)
        if face is last:
            found[-1] = (face, found[-1][1] + char)
        else:
            found.append((face, char))
    return [(face.name, stretch) for face, stretch in found]


def _codes(path: Path) -> frozenset[int]:
    """All characters that a TrueType font has a glyph for."""
    try:
        with path.open('rb') as file:
            data = file.read(LARGEST_FONT + 1)
    except OSError as error:
        raise OptionError(f'cannot read {path} ({error.strerror})', where=WHERE, remedy='name another') from error
    if len(data) > LARGEST_FONT or data[:4] not in (b'\0\1\0\0', b'true'):
        what = f'{path} is no single TrueType font (.ttf with its own outlines)'
        raise OptionError(what, where=WHERE, remedy='name another')
    try:
        return _unicode(data)
    except (struct.error, ValueError) as error:
        raise OptionError(f'{path} has no table of characters that can be read', where=WHERE) from error


def _unicode(data: bytes) -> frozenset[int]:
    tables = struct.unpack_from('>H', data, 4)[0]
    records = (struct.unpack_from('>4sLLL', data, 12 + 16 * index) for index in range(tables))
    start = next((offset for tag, _, offset, _ in records if tag == b'cmap'), 0)
    if not start:
        raise ValueError('no cmap')
    codes: set[int] = set()
    for index in range(struct.unpack_from('>H', data, start + 2)[0]):
        platform, encoding, offset = struct.unpack_from('>HHL', data, start + 4 + 8 * index)
        read = FORMATS.get(struct.unpack_from('>H', data, start + offset)[0])
        if (platform, encoding) in UNICODE and read is not None:
            codes |= read(data, start + offset)
    return frozenset(codes)


def _segments(data: bytes, at: int) -> set[int]:
    """Format 4."""
    count = struct.unpack_from('>H', data, at + 6)[0] // 2
    read = f'>{count}H'
    ends = struct.unpack_from(read, data, at + 14)
    starts = struct.unpack_from(read, data, at + 16 + 2 * count)
    deltas = struct.unpack_from(read, data, at + 16 + 4 * count)
    ranges_at = at + 16 + 6 * count
    ranges = struct.unpack_from(read, data, ranges_at)
    codes: set[int] = set()
    for index, (first, last, delta, offset) in enumerate(zip(starts, ends, deltas, ranges, strict=True)):
        for code in range(first, last + 1):
            glyph = code
            if offset:
                glyph = struct.unpack_from('>H', data, ranges_at + 2 * index + offset + 2 * (code - first))[0]
            if (glyph + delta) & 0xFFFF if glyph or not offset else 0:
                codes.add(code)
    return codes - {0xFFFF}


def _groups(data: bytes, at: int) -> set[int]:
    """Format 12."""
    codes: set[int] = set()
    for index in range(min(struct.unpack_from('>L', data, at + 12)[0], 0x10000)):
        first, last, glyph = struct.unpack_from('>LLL', data, at + 16 + 12 * index)
        if last > 0x10FFFF:
            raise ValueError('beyond Unicode')
        codes.update(code for code in range(first, last + 1) if glyph + code - first)
    return codes


FORMATS: dict[int, Callable[[bytes, int], set[int]]] = {4: _segments, 12: _groups}
