"""Text becomes addresses. A cell is a text, whatever it looks like to a spreadsheet: `=cmd|...` is printed as it is.
What is wrong is named with its line, and then nothing of the file is taken.
"""

from __future__ import annotations

import csv
import difflib
import io
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from appliance.errors import OptionError
from appliance.message.host import Address
from appliance.paper.lists.decode import cleaned
from appliance.words.languages import NAMES

LINES = 8  # of an address
KNOWN = ('number', *(f'{name}{line or ""}' for name in ('to', 'from') for line in (0, *range(2, LINES + 1))),
         'country', 'language', 'note')  # fmt: skip
ALIASES = {'no': 'number', 'no.': 'number', 'letter': 'number', 'to1': 'to', 'recipient': 'to', 'from1': 'from',
           'sender': 'from'}  # fmt: skip
DELIMITERS = ',;\t'
MOST_ROWS, MOST_CELL = 5000, 2000
FORMULA = tuple('=+-@＝＋－＠')  # what a spreadsheet would compute, a Japanese one included
WHERE = 'list'


@dataclass(frozen=True, slots=True)
class Entry:
    """One address, and the line of the file that it began in."""

    line: int
    number: int
    address: Address


def entries(text: str, where: str = WHERE) -> tuple[Entry, ...]:
    """All of a file; OptionError naming the line."""
    delimiter, body, first = _delimiter(text)
    rows = _rows(body, delimiter, first, where)
    _, header = next(rows, (first, []))
    names = _names(header, first, where)
    found: dict[int, Entry] = {}
    for line, cells in rows:
        if not any(cell.strip() for cell in cells):
            continue
        entry = _entry(line, dict(_paired(names, cells, line, where)), where)
        if entry.number in found:
            first_line = found[entry.number].line
            raise _wrong(where, line, f'letter no. {entry.number} stands in line {first_line} already')
        found[entry.number] = entry
        if len(found) > MOST_ROWS:
            raise _wrong(where, line, f'more than {MOST_ROWS} addresses', 'import them in parts')
    if not found:
        raise OptionError('there is no address in it', where=where, remedy='see help address import')
    return tuple(found.values())


def _wrong(where: str, line: int, what: str, remedy: str = 'mend the line; nothing was imported') -> OptionError:
    return OptionError(what, where=f'{where}, line {line}', remedy=remedy)


def _delimiter(text: str) -> tuple[str, str, int]:
    """That with which the first line has most names we know; what follows `sep=`, if a spreadsheet wrote it; the number
    of the line that the names are in."""
    text = text.lstrip('\ufeff')
    first, _, rest = text.partition('\n')
    if told := re.fullmatch(r'sep=([,;\t])\r?', first):
        return told[1], rest, 2
    line = re.split(r'[\r\n]', text, maxsplit=1)[0]
    counts = {each: sum(_name(cell) in KNOWN for cell in line.split(each)) for each in DELIMITERS}
    return max(DELIMITERS, key=lambda each: counts[each]), text, 1


def _rows(text: str, delimiter: str, first: int, where: str) -> Iterator[tuple[int, list[str]]]:
    """Line and cells of each; what is never closed, and what has no end, is named by the line it begins in."""
    reader = csv.reader(io.StringIO(text, newline=''), delimiter=delimiter, strict=True)
    while True:
        line = first + reader.line_num
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            what = 'a quote that is never closed, or stands where none may' if _is_quote(error) else str(error)
            raise _wrong(where, line, what) from error
        if any(len(cell) > MOST_CELL for cell in cells):
            raise _wrong(where, line, f'a cell has more than {MOST_CELL} characters')
        yield line, cells


def _is_quote(error: csv.Error) -> bool:
    return 'end of data' in str(error) or 'expected after' in str(error)


def _name(cell: str) -> str:
    name = cleaned(cell).strip().strip('"').strip().casefold().replace(' ', '')
    return ALIASES.get(name, name)


def _names(header: list[str], line: int, where: str) -> list[str]:
    """Of the columns; '' for one without a name, which must be empty throughout."""
    names = [_name(cell) for cell in header]
    for name, cell in zip(names, header, strict=True):
        if name and name not in KNOWN:
            near = difflib.get_close_matches(name[:40], KNOWN, 1)
            remedy = (
                f'did you mean {near[0]}?'
                if near
                else f'columns are {", ".join(("number", "to", "to2", "from", *KNOWN[-3:]))}'
            )
            raise _wrong(where, line, f'unknown column {_shown(cell)}', remedy)
        if name and names.count(name) > 1:
            raise _wrong(where, line, f'the column {name} is there twice', 'take one out')
    if 'number' not in names:
        raise _wrong(where, line, 'no column is called number', 'the first line names the columns')
    return names


def _paired(names: list[str], cells: list[str], line: int, where: str) -> Iterator[tuple[str, str]]:
    for column, cell in enumerate(cells):
        name = names[column] if column < len(names) else ''
        if not name and cell.strip():
            raise _wrong(where, line, f'{_shown(cell)} stands in column {column + 1}, which has no name')
        if name:
            yield name, cell


def _entry(line: int, cells: dict[str, str], where: str) -> Entry:
    written = cells['number'].strip() if 'number' in cells else ''
    if not re.fullmatch(r'[0-9]{1,9}', written) or not int(written):
        raise _wrong(where, line, f'{_shown(written)} is no number of a letter')
    language = _text(cells.get('language', ''), line, where).casefold()
    if language and language not in NAMES:
        raise _wrong(where, line, f'there is no language {_shown(language)}', f'one of {", ".join(NAMES)}')
    recipient = _lines(cells, 'to', line, where)
    if not recipient:
        raise _wrong(where, line, f'letter no. {int(written)} has nobody it goes to')
    try:
        address = Address(
            sender=_lines(cells, 'from', line, where),
            recipient=recipient,
            country=_text(cells.get('country', ''), line, where),
            language=language,
            note=_text(cells.get('note', ''), line, where),
        )
    except OptionError as error:
        raise _wrong(where, line, f'{error.where}: {error.what}') from error
    return Entry(line, int(written), address)


def _lines(cells: dict[str, str], name: str, line: int, where: str) -> tuple[str, ...]:
    """Of all cells of that name, in their order."""
    texts = [cells.get(f'{name}{count or ""}', '') for count in (0, *range(2, LINES + 1))]
    parts = (part for text in texts for part in re.split(r'\r\n|[\r\n]', text))
    return tuple(clean for part in parts if (clean := _text(part, line, where)))


def _text(cell: str, line: int, where: str) -> str:
    """What our own export has put before a formula goes again."""
    try:
        text = one_line(cell)
    except OptionError as error:
        raise _wrong(where, line, error.what) from error
    return text[1:] if text[:1] == "'" and text.lstrip("'")[:1] in FORMULA else text


def one_line(text: str) -> str:
    """As it is to be printed; OptionError for what cannot be."""
    line = ' '.join(re.split(r'[ \t\r\n]+', cleaned(text))).strip()
    for char in line:
        if unicodedata.category(char) in ('Cc', 'Cf', 'Cs', 'Co', 'Cn', 'Zl', 'Zp'):
            raise OptionError(f'the character U+{ord(char):04X} cannot be printed', where='text', remedy='leave it out')
    return line


def _shown(cell: str) -> str:
    text = cell if len(cell) <= 30 else f'{cell[:30]}...'
    return repr(text)
