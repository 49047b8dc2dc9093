"""The host's handbook in the shell."""

from __future__ import annotations

from collections.abc import Iterator

from appliance.desk.book import Call, Command, Line, Said, Table
from appliance.words.handbook import plain
from appliance.words.reasons import REASONS


def handbook(call: Call) -> Iterator[Said]:
    """What to do each day, the attendant's menu, and every fault.

    Examples:
        handbook
    """
    for line in plain(call.width):
        yield Line(line)


def faults(call: Call, word: str = '') -> Said:
    """Every fault: what the visitor reads, its reason, and what to do.

    word: only those that have it, in whatever column

    Examples:
        faults
        faults platter
    """
    rows = ((key, reason.visitor, reason.host, reason.host_action) for key, reason in REASONS.items())
    found = tuple(row for row in rows if word.lower() in ' '.join(row).lower())
    return Table(('fault', 'on the LCD', 'reason', 'action'), found)


COMMANDS = (Command('handbook', handbook), Command('faults', faults, gives=(Table,)))
