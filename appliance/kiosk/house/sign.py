"""The door sign: opening hours and a day's discs become events, and what a closed booth says of when it opens.

Nothing is remembered of the clock: each look begins anew, so it may jump. A clock that nobody has set closes no booth;
the host reads that it does not.
"""

from __future__ import annotations

from appliance.config.hours import Opens, Week
from appliance.words.texts import DAYS, TODAY, TOMORROW
from appliance.workflow.values import Event, Kind, Ready

UNSET = 'neither the network nor a battery keeps it'
NEXT_WEEK = 7  # days: a weekday's name would mean today


class DoorSign:
    """`week` and `discs_a_day` (0: no limit) as the host has set them."""

    def __init__(self, week: Week, discs_a_day: int) -> None:
        self._week, self._quota = week, discs_a_day
        self.opens = ('', '')  # day and time, as the screens name them
        self.cause = ''  # why it is not kept

    def look(self, at_s: float | None, discs: int, ready: Ready) -> tuple[Event, ...]:
        """`at_s`: seconds since 1970, None where nobody has set the clock; `discs`: cut today, by the calendar or the
        days the booth has lived. Tells what differs from what the booth knows."""
        self.cause = UNSET if at_s is None and not self._week.always else ''
        is_open = at_s is None or self._week.is_open(at_s)
        left = not self._quota or discs < self._quota
        self.opens = _named(None if at_s is None or is_open else self._week.opens(at_s))
        events = []
        if is_open is not ready.hours:
            events.append(Event(Kind.HOURS_BEGIN if is_open else Kind.HOURS_OVER))
        if left is not ready.quota:
            events.append(Event(Kind.QUOTA_FREE if left else Kind.QUOTA_USED))
        return tuple(events)


def _named(opens: Opens | None) -> tuple[str, str]:
    if opens is None or opens.ahead_days >= NEXT_WEEK:
        return '', ''
    day = {0: TODAY, 1: TOMORROW}.get(opens.ahead_days, DAYS[opens.weekday])
    return day, opens.time
