"""The whole program on a wall clock that a test sets: `python -m tests.story.clocked FILE kiosk ...`.

FILE holds how many seconds the clock is ahead of this computer's, and whether anybody has set it: `-3600.0 1`. A pipe
may take the place of a card reader: it lets itself be grabbed.
"""

import fcntl
import sys
import time
from pathlib import Path

from appliance import clock
from appliance.booth.cards.reader import EVIOCGRAB


def read(file):
    """Before anything else is imported, so that all have this clock."""
    ahead_s, _, trusted = Path(file).read_text(encoding='ascii').partition(' ')
    return float(ahead_s), bool(int(trusted))


def set_to(file, at_s, trusted=True):
    """From now on the booth believes that it is `at_s`."""
    part = Path(f'{file}.part')
    part.write_text(f'{at_s - time.time()} {trusted:d}', encoding='ascii')
    part.replace(file)


if __name__ == '__main__':
    told = sys.argv.pop(1)
    clock.wall_s = lambda: time.time() + read(told)[0]
    clock.wall_is_trusted = lambda: read(told)[1]
    asked = fcntl.ioctl
    fcntl.ioctl = lambda file, request, *more: 0 if request == EVIOCGRAB else asked(file, request, *more)
    from appliance.__main__ import program

    sys.exit(program())
