"""Times as a host writes and reads them: in the zone of the door sign, wherever the computer believes to be."""

from __future__ import annotations

import re
from datetime import datetime, tzinfo

from appliance.config.hours import week_of
from appliance.desk.book import Desk
from appliance.desk.syntax import short
from appliance.errors import OptionError

UNITS_S = {'s': 1, 'm': 60, 'h': 3600, 'd': 86_400}
SHAPES = ('%H:%M', '%H:%M:%S', '%Y-%m-%d', '%Y-%m-%d %H:%M', '%Y-%m-%d %H:%M:%S', '%Y-%m-%dT%H:%M')
TO_THE_MINUTE, TO_THE_SECOND = '%Y-%m-%d %H:%M', '%Y-%m-%d %H:%M:%S'


def zone_of(desk: Desk) -> tzinfo | None:
    """That of `hours.zone`; None is the computer's own."""
    return week_of(desk.settings.config.hours, 'hours').zone


def moment(text: str, now_s: float, name: str, zone: tzinfo | None = None) -> float:
    """Seconds since 1970; OptionError for what is no time. `name`: of the option."""
    ago = re.fullmatch(r'([0-9]{1,6})\s?([smhd])', text)
    if ago:
        return now_s - int(ago[1]) * UNITS_S[ago[2]]
    for shape in SHAPES:
        try:
            found = datetime.strptime(text, shape)
        except ValueError:
            continue
        if '%Y' not in shape:
            today = datetime.fromtimestamp(now_s, zone)
            found = found.replace(year=today.year, month=today.month, day=today.day)
        try:
            return found.replace(tzinfo=zone).timestamp()
        except (OverflowError, OSError, ValueError):
            break
    remedy = 'write 10m, 2h, 3d, 14:30, 2026-11-27 or "2026-11-27 14:30"'
    raise OptionError(f'{name} is a time, not {short(text)}', where='logs', remedy=remedy)


def written(at_s: float, zone: tzinfo | None, shape: str = TO_THE_SECOND) -> str:
    """A moment, as `moment` reads it."""
    try:
        return datetime.fromtimestamp(at_s, zone).strftime(shape)
    except (OverflowError, ValueError, OSError):  # a clock that is far out
        return 'nobody knows'
