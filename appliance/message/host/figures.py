"""What a day was like, out of the ledger alone: for the sheet of the day, and for whoever counts later.

A day is one of the calendar, told by the date that stands in each row that was written while somebody had set the
clock; or one that the booth has lived: 24 hours of running, counted from the first, whatever the clock said. What was
forgotten is counted on: a number, a day and a cause stay, nothing that was said and nobody's name.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from appliance.errors import OptionError
from appliance.message.host.deeds import BOOTH
from appliance.message.ledger import Ledger
from appliance.message.values import Stamp

DAY_S = 86_400.0
VOID = 'void'  # the cause of a good disc that the host has declared no good
WHOLE = "state = 'done' AND void = ''"
WALKED, LEFT = 'walked away at ', 'left at '
SHOWN = 400  # days


@dataclass(frozen=True, slots=True)
class Day:
    """Figures of a day. Steps are states of a visit; causes are keys of `words.reasons`, or 'void'."""

    day: str  # '2026-11-27', or 'day 12' of those the booth has lived
    letters: tuple[tuple[int, str], ...] = ()  # number, and its state now
    takes: int = 0  # recordings begun
    walked_away: Mapping[str, int] = field(default_factory=dict, hash=False)
    left: Mapping[str, int] = field(default_factory=dict, hash=False)  # on purpose, by a press
    languages: Mapping[str, int] = field(default_factory=dict, hash=False)  # of those that walked away or left
    discs: int = 0  # good ones
    copies: int = 0  # of these, for the host
    handed_over: int = 0
    forgotten: int = 0
    spoiled: Mapping[str, int] = field(default_factory=dict, hash=False)
    blanks: int = 0  # used, spoiled ones included
    blanks_by_hand: int = 0  # added by hands; negative: taken away
    blanks_left: int | None = None  # now; None: nobody counts them
    stylus_s: float = 0.0
    stylus_changes: int = 0
    deeds: int = 0  # of the host's people


@dataclass(frozen=True, slots=True)
class Span:
    """A day as the rows of the ledger have it."""

    name: str
    sql: str
    values: tuple[str | float, ...]

    @classmethod
    def of(cls, day: str) -> Span:
        """'2026-11-27' or 'day 12'; OptionError for anything else."""
        lived = day.removeprefix('day ')
        if lived != day and lived.isascii() and lived.isdecimal() and 0 < len(lived) < 7 and int(lived):
            begun_s = (int(lived) - 1) * DAY_S
            return cls(f'day {int(lived)}', 'lived_s >= ? AND lived_s < ?', (begun_s, begun_s + DAY_S))
        try:
            date = datetime.date.fromisoformat(day).isoformat()
        except ValueError:
            raise OptionError(
                f'{day[:40]!r} is no day',
                where='day',
                remedy="write 2026-11-27, or 'day 12' of those the booth has run",
            ) from None
        return cls(date, 'date = ?', (date,))

    @classmethod
    def now(cls, stamp: Stamp) -> Span:
        """Today, as well as that is known."""
        return cls.of(stamp.date or f'day {int(stamp.lived_s // DAY_S) + 1}')


class Figures:
    """Queries alone; nothing is written. All raise StorageError as the ledger does."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def days(self) -> tuple[str, ...]:
        """Of which there is something to tell, the newest first: dates, then days without any date."""
        tables = ('letter', 'cut', 'visit')
        dates = ' UNION '.join(f'SELECT date FROM {table} WHERE date IS NOT NULL' for table in tables)
        lived = ' UNION '.join(
            f'SELECT CAST(lived_s / {DAY_S} AS INTEGER) + 1 AS day FROM {table} WHERE date IS NULL AND lived_s >= 0'
            for table in tables
        )
        found = [row[0] for row in self._ledger.rows(f'{dates} ORDER BY 1 DESC LIMIT {SHOWN}')]
        return (*found, *(f'day {row[0]}' for row in self._ledger.rows(f'{lived} ORDER BY 1 DESC LIMIT {SHOWN}')))

    def day(self, span: Span, blanks_left: int | None) -> Day:
        """All of one day."""
        letters = self._rows(span, "SELECT number, state FROM letter WHERE state != 'keeping' AND {}")
        by_hand = "SELECT SUM(value - was) FROM counted WHERE name = 'blanks' AND {}"
        return Day(
            day=span.name,
            letters=tuple((row[0], row[1]) for row in letters),
            takes=self._count(span, "SELECT COUNT(*) FROM take WHERE what = 'begun' AND {}"),
            walked_away=self._steps(span, WALKED),
            left=self._steps(span, LEFT),
            languages=self._parts(
                span, "SELECT language, COUNT(*) FROM visit WHERE step IS NOT NULL AND language != '' AND {} GROUP BY 1"
            ),
            discs=self._count(span, f'SELECT COUNT(*) FROM cut WHERE {WHOLE} AND {{}}'),
            copies=self._count(span, f"SELECT COUNT(*) FROM cut WHERE {WHOLE} AND who != '' AND {{}}"),
            handed_over=self._count(span, "SELECT COUNT(*) FROM visit WHERE what = 'handed over' AND {}"),
            forgotten=self._count(span, "SELECT COUNT(*) FROM visit WHERE what = 'forgotten' AND {}"),
            spoiled=self._spoiled(span),
            blanks=self._count(span, 'SELECT COUNT(*) FROM cut WHERE blank = 1 AND {}'),
            blanks_by_hand=self._count(span, by_hand),
            blanks_left=blanks_left,
            stylus_s=float(self._rows(span, 'SELECT SUM(stylus_s) FROM cut WHERE {}')[0][0] or 0.0),
            stylus_changes=self._count(span, "SELECT COUNT(*) FROM counted WHERE name = 'stylus' AND {}"),
            deeds=self._count(span, f"SELECT COUNT(*) FROM deed WHERE who != '{BOOTH}' AND {{}}"),
        )

    def _steps(self, span: Span, how: str) -> dict[str, int]:
        """The last state of each visit that ended so."""
        sql = f"SELECT step, COUNT(*) FROM visit WHERE what LIKE '{how}%' AND step IS NOT NULL AND {{}} GROUP BY 1"
        return self._parts(span, sql)

    def _spoiled(self, span: Span) -> dict[str, int]:
        """Blanks that became no good disc, by cause. What still is being cut is neither."""
        cause = f"CASE WHEN cause != '' THEN cause WHEN void != '' THEN '{VOID}' ELSE state END"
        sql = f"SELECT {cause}, COUNT(*) FROM cut WHERE blank = 1 AND NOT ({WHOLE}) AND state != 'cutting' AND {{}}"
        return self._parts(span, f'{sql} GROUP BY 1')

    def _parts(self, span: Span, sql: str) -> dict[str, int]:
        return {row[0]: row[1] for row in self._rows(span, f'{sql} ORDER BY 2 DESC, 1')}

    def _count(self, span: Span, sql: str) -> int:
        return int(self._rows(span, sql)[0][0] or 0)

    def _rows(self, span: Span, sql: str) -> list[tuple[Any, ...]]:
        return [tuple(row) for row in self._ledger.rows(sql.format(span.sql), *span.values)]
