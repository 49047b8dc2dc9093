"""What a command says, printed: as text in lines, or one line of JSON each. `tables` prints it on a terminal in colour.

Files go to stdout where that is no terminal; what else is said then goes to stderr, so that the file stays whole.
"""

from __future__ import annotations

import base64
import binascii
import codecs
import os
import sys
from collections.abc import Iterable
from shlex import quote
from typing import Any

from appliance.errors import CutFaultError
from appliance.shell.layout import fact_lines, harmless, harmless_json, table_lines, wrapped

WIDTH = 80  # where nobody knows
LEAST_WIDTH = 20

Say = dict[str, Any]


def width_now() -> int:
    """Of the terminal, as it is this moment."""
    try:
        columns = os.get_terminal_size(1).columns
    except OSError:
        columns = WIDTH
    return max(columns or WIDTH, LEAST_WIDTH)


def is_terminal(handle: int) -> bool:
    return os.isatty(handle)


def complain(text: str) -> None:
    """One line on stderr."""
    print(f'audioletter: {harmless(text)}', file=sys.stderr, flush=True)


class Parts:
    """Puts facts and tables together that came in several lines; a file goes on as it comes."""

    def __init__(self) -> None:
        self._begun: Say = {}

    def take(self, said: Say) -> Say | None:
        """What can be printed now, or None: more is to come."""
        if said.get('kind') not in ('facts', 'table'):
            return said
        if self._begun:
            key = 'rows' if said['kind'] == 'table' else 'facts'
            before, after = self._begun.get(key), said.get(key)
            if isinstance(before, list) and isinstance(after, list):
                said = {**said, key: before + after}
            elif isinstance(before, dict) and isinstance(after, dict):
                said = {**said, key: before | after}
        self._begun = said if said.get('more') else {}
        return None if said.get('more') else said


class Text:
    """For people: text of lines, as wide as the terminal, or as long as they are where there is none."""

    def __init__(self, how_to_keep: str = '') -> None:
        self.how_to_keep = how_to_keep  # of a file, for whoever has only a terminal
        self.terminal = is_terminal(1)
        self.kept_file = False  # one went out: stdout is its alone
        self.lost_file = False  # one had nowhere to go
        self._bytes = 0

    @property
    def width(self) -> int | None:
        return width_now() if self.terminal else None

    def say(self, said: Say) -> None:
        """CutFaultError for what the protocol does not know."""
        kind = said.get('kind')
        try:
            if kind == 'line':
                for line in str(said['text']).split('\n'):
                    self.lines(wrapped(harmless(line), self.width))
            elif kind == 'facts':
                self.facts(said['facts'])
            elif kind == 'table':
                self.table(said['columns'], said['rows'])
            elif kind == 'blob':
                self.blob(str(said['name']), base64.b64decode(said['data'], validate=True), bool(said.get('more')))
            else:
                raise KeyError(kind)
        except (KeyError, TypeError, AttributeError, ValueError, binascii.Error) as error:
            what = 'the booth says what this shell does not understand'
            raise CutFaultError(what, remedy='are both of one version?') from error

    def lines(self, lines: Iterable[str]) -> None:
        for line in lines:
            print(line, file=sys.stderr if self.kept_file else sys.stdout)
        sys.stdout.flush()

    def facts(self, facts: dict[str, Any]) -> None:
        self.lines(fact_lines(facts, self.width))

    def table(self, columns: list[Any], rows: list[list[Any]]) -> None:
        self.lines(table_lines(columns, rows, self.width))

    def blob(self, name: str, data: bytes, more: bool) -> None:
        self._bytes += len(data)
        if not self.terminal:
            self.kept_file = True
            sys.stdout.buffer.write(data)
            sys.stdout.buffer.flush()
        elif not more:
            self.lost_file = True
            told = f'{harmless(name)} is a file of {self._bytes} bytes, which a terminal cannot show. To keep it:'
            self.lines([*wrapped(told, self.width), f'    {self.how_to_keep} > {quote(harmless(name))}'])
        if not more:
            self._bytes = 0


class Json(Text):
    """For programs: each thing that is said is one line of JSON."""

    def facts(self, facts: dict[str, Any]) -> None:
        self._put(facts)

    def table(self, columns: list[Any], rows: list[list[Any]]) -> None:
        self._put([dict(zip(columns, row, strict=True)) for row in rows])

    def _put(self, value: Any) -> None:
        """Also where not every letter can be written: then as JSON escapes it."""
        letters = codecs.lookup(sys.stdout.encoding or 'ascii').name
        self.lines([harmless_json(value, ascii_only=letters != 'utf-8')])

    def say(self, said: Say) -> None:
        if said.get('kind') == 'line':
            self._put({'text': str(said.get('text', ''))})
        elif said.get('kind') == 'blob':
            self._put({key: said[key] for key in ('name', 'data', 'more') if key in said})
        else:
            super().say(said)

    def fault(self, fault: dict[str, Any]) -> None:
        """How the other commands of the program put it."""
        self._put({'fault': fault})
