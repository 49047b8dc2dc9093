"""Opening hours: the host's lines become a week, and a week answers whether the booth is open and when it opens next.

All is reckoned in the local time of the host's zone, as a door sign reads: an hour that summer time leaves out is
not open, one that it repeats is open twice. Nothing is remembered between two questions, so a clock may jump.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from appliance.config.model import Hours
from appliance.errors import MachineFileError

DAYS = ('mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun')
SHUT = 'closed'
SPAN = re.compile(r'(\d{1,2}):(\d{2})-(\d{1,2}):(\d{2})')
DAY_MIN = 24 * 60
FIRST_YEAR, LAST_YEAR = 1970, 9000  # away from the ends of the calendar
AHEAD_DAYS = 7  # that are looked through for the next opening
Span = tuple[int, int]  # minutes since the day's midnight; the end may lie in the next day


@dataclass(frozen=True, slots=True)
class Opens:
    """When a closed booth opens next."""

    ahead_days: int  # 0: today
    weekday: int  # 0: Monday
    minute: int  # of the day

    @property
    def time(self) -> str:
        return f'{self.minute // 60}:{self.minute % 60:02d}'


@dataclass(frozen=True, slots=True)
class Week:
    """The spans of each weekday, and the dates on which none begins."""

    spans: tuple[tuple[Span, ...], ...] = (((0, DAY_MIN),),) * len(DAYS)
    off: tuple[tuple[date, date], ...] = ()
    yearly: frozenset[tuple[int, int]] = field(default_factory=frozenset)  # month and day
    zone: tzinfo | None = None  # None: the computer's own

    @property
    def always(self) -> bool:
        """No hours are kept."""
        return not self.off and not self.yearly and all(spans == ((0, DAY_MIN),) for spans in self.spans)

    def local(self, at_s: float) -> datetime | None:
        """`at_s` (seconds since 1970) as the door sign's clock shows it; None for what no calendar knows."""
        try:
            local = datetime.fromtimestamp(at_s, self.zone).replace(tzinfo=None)
        except (OverflowError, ValueError, OSError):
            return None
        return local if FIRST_YEAR <= local.year <= LAST_YEAR else None

    def is_open(self, at_s: float) -> bool:
        """A time that no calendar knows closes no booth."""
        now = self.local(at_s)
        if now is None:
            return True
        minute = now.hour * 60 + now.minute
        today = any(begin <= minute < end for begin, end in self._spans(now.date()))
        return today or any(minute < end - DAY_MIN for _, end in self._spans(now.date() - timedelta(days=1)))

    def opens(self, at_s: float) -> Opens | None:
        """The next beginning of a span, at most a week ahead."""
        now = self.local(at_s)
        if now is None:
            return None
        for ahead in range(AHEAD_DAYS + 1):
            day = now.date() + timedelta(days=ahead)
            for begin, _ in self._spans(day):
                if ahead or begin > now.hour * 60 + now.minute:
                    return Opens(ahead, day.weekday(), begin)
        return None

    def _spans(self, day: date) -> tuple[Span, ...]:
        if (day.month, day.day) in self.yearly or any(first <= day <= last for first, last in self.off):
            return ()
        return self.spans[day.weekday()]


def week_of(hours: Hours, where: str) -> Week:
    """MachineFileError naming file, key and what is wrong."""
    off, yearly = [], []
    for text in hours.closed:
        if found := re.fullmatch(r'(\d{2})-(\d{2})', text):
            yearly.append((_date(f'2028-{text}', text, where).month, int(found[2])))  # a leap year: 02-29 is a day
        else:
            first, _, last = text.partition('..')
            begin, end = _date(first, text, where), _date(last or first, text, where)
            if end < begin:
                raise MachineFileError(f'hours.closed has {text!r}; its last day is before its first', where=where)
            off.append((begin, end))
    spans = tuple(_day(f'hours.{name}', getattr(hours, name), where) for name in DAYS)
    return Week(spans, tuple(off), frozenset(yearly), _zone(hours.zone, where))


def _day(key: str, text: str, where: str) -> tuple[Span, ...]:
    """'10:00-13:00, 14:00-18:00' as spans, in order and apart."""
    if text.strip() == SHUT:
        return ()
    spans: list[Span] = []
    for part in text.split(','):
        found = SPAN.fullmatch(part.strip())
        numbers = tuple(map(int, found.groups())) if found else (99, 99, 99, 99)
        begin, end = 60 * numbers[0] + numbers[1], 60 * numbers[2] + numbers[3]
        if max(numbers[1], numbers[3]) > 59 or begin >= DAY_MIN or end > DAY_MIN:
            remedy = 'write 10:00-18:00, or several with commas between, or closed'
            raise MachineFileError(f'{key} is {text!r}; that is no time of a day', where=where, remedy=remedy)
        end += DAY_MIN if end <= begin else 0
        if spans and begin < spans[-1][1]:
            raise MachineFileError(f'{key} is {text!r}; each time must begin after the one before', where=where)
        spans.append((begin, end))
    return tuple(spans)


def _date(text: str, whole: str, where: str) -> date:
    try:
        if re.fullmatch(r'\d{4}-\d{2}-\d{2}', text):
            return date.fromisoformat(text)
    except ValueError:
        pass
    remedy = 'write 2026-12-24, 2026-12-24..2027-01-06, or 12-25 for each year'
    raise MachineFileError(f'hours.closed has {whole!r}; that is no day', where=where, remedy=remedy)


def _zone(name: str, where: str) -> tzinfo | None:
    if not name:
        return None
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        remedy = 'write one such as Europe/Berlin, or leave it empty'
        raise MachineFileError(f'hours.zone is {name!r}; there is no such zone', where=where, remedy=remedy) from None
