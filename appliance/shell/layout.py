"""Facts and tables as lines of text that fit a width, without any library: for pipes and for one command at a time.

Texts of others are made harmless: no name that a visitor or a file brought may move a cursor or turn a line around.
Controls (C0, DEL, C1), marks that change the direction of what follows, and halves of a pair are shown as they would be
written in a program. See Unicode Technical Report 36, 3; ECMA-48 for what a terminal obeys.

A table that is too wide for its terminal becomes blocks of `name: value`, one for each row, so that a phone's 40
columns show everything. Widths are those of a terminal: Chinese characters and kana take two columns, accents none.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

GAP = '  '  # between two columns
LEAST = 12  # columns for a value beside its name; with less it goes below
NOTHING = '-'
BIDI = '\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069'
SPLITS = '\u2028\u2029'  # a line end to some, none to others
OBEYED = re.compile(f'[\x00-\x1f\x7f-\x9f{BIDI}{SPLITS}\ud800-\udfff]')
IN_JSON = re.compile(f'[\x7f-\x9f{BIDI}{SPLITS}\ud800-\udfff]')  # what json leaves as it is


def harmless(text: str) -> str:
    """One line of text that a terminal only shows."""
    return OBEYED.sub(_written, text)


def harmless_json(value: Any, ascii_only: bool = False) -> str:
    """One line of JSON; what a terminal would obey is escaped, so that it reads back as it was."""
    text = json.dumps(value, ensure_ascii=ascii_only)
    return IN_JSON.sub(lambda found: f'\\u{ord(found[0]):04x}', text)


def _written(found: re.Match[str]) -> str:
    code = ord(found[0])
    return ' ' if found[0] in '\t\n\r' else f'\\x{code:02x}' if code < 0x100 else f'\\u{code:04x}'


def shown(value: Any) -> str:
    """A value for people."""
    if value is None:
        return NOTHING
    if isinstance(value, bool):
        return 'yes' if value else 'no'
    if isinstance(value, float):
        return f'{value:.6g}'
    return harmless(str(value))


def columns_of(text: str) -> int:
    """How many columns of a terminal the text takes."""
    if text.isascii():
        return len(text)
    return sum(_columns(character) for character in text)


def _columns(character: str) -> int:
    if unicodedata.category(character) in ('Mn', 'Me', 'Cf'):
        return 0
    return 2 if unicodedata.east_asian_width(character) in 'WF' else 1


def padded(text: str, width: int, right: bool = False) -> str:
    """To `width` columns; numbers stand to the right."""
    space = ' ' * (width - columns_of(text))
    return space + text if right else text + space


def wrapped(text: str, width: int | None) -> list[str]:
    """Lines no wider than `width`, broken between words where that can be; further ones as far in as the first."""
    if width is None or columns_of(text) <= width:
        return [text]
    indent = text[: len(text) - len(text.lstrip(' '))][: width // 2]
    lines, line = [], indent
    for word in text.split():
        joined = f'{line} {word}' if line.strip() else line + word
        if columns_of(joined) <= width:
            line = joined
            continue
        if line.strip():
            lines.append(line)
        *full, line = _pieces(word, width - len(indent))
        lines += [indent + piece for piece in full]
        line = indent + line
    return [*lines, line]


def _pieces(word: str, width: int) -> list[str]:
    """A word that is wider than a line, cut where the line ends."""
    pieces = ['']
    for character in word:
        if pieces[-1] and columns_of(pieces[-1] + character) > width:
            pieces.append('')
        pieces[-1] += character
    return pieces


def fact_lines(facts: Mapping[str, Any], width: int | None = None) -> Iterator[str]:
    """`name: value`, the values under each other; a long one goes on below itself."""
    pairs = [(harmless(str(name)), shown(value)) for name, value in facts.items()]
    reach = max((columns_of(name) for name, _ in pairs), default=0) + 2
    for name, value in pairs:
        if width is None or _fits_beside(value, reach, width):
            room = None if width is None else width - reach
            first, *further = wrapped(value, room)
            yield (padded(f'{name}:', reach) + first).rstrip()
            yield from (' ' * reach + line for line in further)
        else:
            yield f'{name}:'
            yield from (f'  {line}' for line in wrapped(value, max(width - 2, 1)))


def _fits_beside(value: str, reach: int, width: int) -> bool:
    """Behind its name; or else below it, if a word has to be broken only there: a path, say."""
    beside, below = width - reach, width - 2
    return beside >= min(columns_of(value), LEAST) and (longest(value) <= beside or longest(value) > below)


def longest(text: str) -> int:
    """Columns of its longest word."""
    return max(map(columns_of, text.split()), default=0)


def cells_of(columns: Sequence[Any], rows: Sequence[Sequence[Any]]) -> list[list[str]]:
    """Head and rows as texts, each row as long as the head."""
    head = [harmless(str(name)) for name in columns]
    return [head, *([shown(value) for value in [*row, *[None] * len(head)][: len(head)]] for row in rows)]


def numbers_in(rows: Sequence[Sequence[Any]], at: int) -> bool:
    """Whether that column holds numbers, which stand to the right."""
    values = [row[at] for row in rows if at < len(row) and row[at] is not None]
    return bool(values) and all(isinstance(value, int | float) and not isinstance(value, bool) for value in values)


def table_lines(columns: Sequence[Any], rows: Sequence[Sequence[Any]], width: int | None = None) -> Iterator[str]:
    """Columns under their names, or blocks where they do not fit."""
    cells = cells_of(columns, rows)
    widths = [max(columns_of(row[at]) for row in cells) for at in range(len(columns))]
    if width is not None and sum(widths) + len(GAP) * (len(widths) - 1) > width:
        yield from block_lines(cells, width)
        return
    right = [numbers_in(rows, at) for at in range(len(columns))]
    for row in cells:
        yield GAP.join(map(padded, row, widths, right)).rstrip()


def block_lines(cells: list[list[str]], width: int) -> Iterator[str]:
    """Each row as facts, a line between two."""
    head, *rows = cells
    for number, row in enumerate(rows):
        if number:
            yield ''
        yield from fact_lines(said_in(head, row), width)


def said_in(head: list[str], row: list[str]) -> dict[str, str]:
    """What a row says: nothing of what is empty in it."""
    return {name: value for name, value in zip(head, row, strict=True) if value}
