"""What a command says on a person's terminal, drawn by rich: names bold, tables wrapped into the width there is.

A table whose columns cannot be made narrow enough becomes blocks, as in `layout`. Texts of others are texts only: no
markup is read from them.
"""

from __future__ import annotations

import sys
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text as RichText

from appliance.shell.layout import (
    GAP,
    cells_of,
    columns_of,
    fact_lines,
    harmless,
    longest,
    numbers_in,
    said_in,
    wrapped,
)
from appliance.shell.printing import Text, width_now

NOTE, PROBLEM = 'yellow', 'red'
WRAPS = 16  # a text of more columns may be broken into lines of so many
WORD = 30  # a word of more, a path say, may be broken too


class Drawn(Text):
    """As `printing.Text`, in colour and with tables that wrap."""

    def __init__(self, how_to_keep: str = '') -> None:
        super().__init__(how_to_keep)
        self.terminal = True

    def _console(self) -> Console:
        """As wide as the terminal is now."""
        return Console(file=sys.stdout, width=width_now(), markup=False, highlight=False, emoji=False)

    def facts(self, facts: dict[str, Any]) -> None:
        console = self._console()
        for line in fact_lines(facts, console.width):
            text = RichText(line)
            if not line.startswith(' '):
                text.stylize('bold', 0, line.find(':') + 1)
            console.print(text, soft_wrap=True)

    def table(self, columns: list[Any], rows: list[list[Any]]) -> None:
        console = self._console()
        cells = cells_of(columns, rows)
        least = [_least([row[at] for row in cells]) for at in range(len(columns))]
        if sum(least) + len(GAP) * (len(columns) - 1) > console.width:
            self._blocks(cells, console)
            return
        table = Table(box=None, header_style='bold', pad_edge=False, padding=(0, len(GAP), 0, 0))
        for at, name in enumerate(cells[0]):
            justify: Any = 'right' if numbers_in(rows, at) else 'left'
            table.add_column(RichText(name), justify=justify, min_width=least[at], overflow='fold')
        for row in cells[1:]:
            table.add_row(*map(RichText, row))
        console.print(table)

    def _blocks(self, cells: list[list[str]], console: Console) -> None:
        head, *rows = cells
        for number, row in enumerate(rows):
            if number:
                console.print()
            self.facts(said_in(head, row))

    def coloured(self, text: str, style: str) -> None:
        """A problem, or a note of the booth to everybody."""
        console = self._console()
        for line in wrapped(harmless(text), console.width):
            console.print(RichText(line, style=style), soft_wrap=True)


def _least(texts: list[str]) -> int:
    """Of a column: what is short must not be broken, and no word that is not very long."""
    short = min(max(map(columns_of, texts)), WRAPS)
    return max(short, *(word for word in map(longest, texts) if word <= WORD), 0)
