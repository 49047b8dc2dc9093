"""Times as a host writes them: a while ago, a time of today, a day."""

from __future__ import annotations

import re
from datetime import datetime

from appliance.desk.syntax import short
from appliance.errors import OptionError

UNITS_S = {'s': 1, 'm': 60, 'h': 3600, 'd': 86_400}
SHAPES = ('%H:%M', '%H:%M:%S', '%Y-%m-%d', '%Y-%m-%d %H:%M', '%Y-%m-%d %H:%M:%S', '%Y-%m-%dT%H:%M')


def moment(text: str, now_s: float, name: str) -> float:
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
            today = datetime.fromtimestamp(now_s)
            found = found.replace(year=today.year, month=today.month, day=today.day)
        try:
            return found.timestamp()
        except (OverflowError, OSError, ValueError):
            break
    remedy = 'write 10m, 2h, 3d, 14:30, 2026-11-27 or "2026-11-27 14:30"'
    raise OptionError(f'{name} is a time, not {short(text)}', where='logs', remedy=remedy)


def day_and_time(at_s: float | None) -> str | None:
    """Of a moment, as `moment` reads it; None stays None."""
    if at_s is None:
        return None
    try:
        return datetime.fromtimestamp(at_s).isoformat(' ', 'seconds')
    except (OverflowError, ValueError, OSError):
        return 'nobody knows'
