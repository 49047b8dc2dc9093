"""What journald has kept of the booth from before it was started, where it runs as a unit of systemd.

journalctl(1), --output=json; systemd.journal-fields(7). systemd takes the level from what a line begins with
(sd-daemon(3), SD_WARNING: `<4>`), which `appliance.commands.kiosk` writes there.
"""

from __future__ import annotations

import json
import logging
import subprocess
from collections.abc import Iterator

from appliance.desk.book import Program
from appliance.desk.journal import LONGEST, Entry
from appliance.errors import MachineRefusesError

ANSWER_S = 30.0
ERROR, WARNING = 3, 4  # priorities of syslog(3)


def earlier(program: Program, first_s: float, last_s: float, lines: int) -> list[Entry]:
    """The newest `lines` of that time, the oldest first; MachineRefusesError where there is no journal to read."""
    if not program.unit:
        remedy = 'leave out --earlier: what was told since the start is there'
        raise MachineRefusesError('this booth is no unit of systemd', where='logs', remedy=remedy)
    words = [program.journalctl, f'--unit={program.unit}', '--output=json', '--no-pager', f'--lines={lines}']
    words += [f'--since=@{first_s:.0f}', f'--until=@{last_s:.0f}']
    try:
        asked = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, timeout=ANSWER_S, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise MachineRefusesError(f'the journal cannot be read ({error})', where=program.journalctl) from error
    if asked.returncode != 0:
        told = asked.stderr.decode('utf-8', 'replace').strip().partition('\n')[0] or f'code {asked.returncode}'
        remedy = 'this account must be in the group systemd-journal'
        raise MachineRefusesError(f'the journal cannot be read ({told})', where=program.journalctl, remedy=remedy)
    return list(_entries(asked.stdout))


def _entries(out: bytes) -> Iterator[Entry]:
    for line in out.splitlines():
        try:
            found = json.loads(line)
            at_s = int(found['__REALTIME_TIMESTAMP']) / 1e6
            priority = int(found.get('PRIORITY', 6))
        except (ValueError, KeyError, TypeError):
            continue
        text = found.get('MESSAGE')
        if isinstance(text, list):  # bytes that are no text
            text = bytes(byte for byte in text if isinstance(byte, int) and 0 <= byte < 256).decode('utf-8', 'replace')
        if isinstance(text, str):
            yield Entry(at_s, _level(priority), text[:LONGEST])


def _level(priority: int) -> int:
    if priority <= ERROR:
        return logging.ERROR
    return logging.WARNING if priority == WARNING else logging.INFO
