"""What starting costs: seconds, which depend on the computer and what else it does, and instructions, which do not.

Instructions are counted by valgrind's cachegrind, without its model of caches. They are those of the supervisor alone:
the child that cuts is a process of its own, and starts beside it.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from appliance.bench.core import ROOT, command
from appliance.clock import monotonic_s
from appliance.errors import MachineRefusesError

SHARED_MEMORY = '/dev/shm'


def measure_start_s(tries: int = 5) -> dict[str, float]:
    """Best of some starts of the whole program, by command."""
    out = {}
    for words in (['discs'], ['cut', '--help']):
        took = []
        for _ in range(tries):
            began_s = monotonic_s()
            command([sys.executable, '-m', 'appliance', *words], env=_environ())
            took.append(monotonic_s() - began_s)
        out[words[0]] = round(min(took), 3)
    return out


def count_start() -> dict[str, Any]:
    """Millions of instructions: until Python runs, until `discs` has answered, until a visitor may press the button."""
    if not shutil.which('valgrind'):
        return {'skipped': 'install valgrind'}
    with tempfile.TemporaryDirectory(prefix='audioletter-') as name, tempfile.TemporaryDirectory(
        prefix='audioletter-', dir=SHARED_MEMORY
    ) as memory:  # fmt: skip
        script = Path(name) / 'attract.txt'
        script.write_text('wait attract\n', encoding='utf-8')
        booth = ['kiosk', '--headless', str(script), '--data', f'{name}/data', '--run', f'{memory}/run']
        program = ['-m', 'appliance']
        starts = {'python': ['-c', 'pass'], 'discs': [*program, 'discs'], 'booth': [*program, *booth]}
        return {name: round(_counted(words) / 1e6) for name, words in starts.items()}


def _counted(words: list[str]) -> int:
    done = command(
        ['valgrind', '--tool=cachegrind', '--cache-sim=no', '--cachegrind-out-file=/dev/null', sys.executable, *words],
        env=_environ(),
    )
    counted = re.search(r'I +refs: +([\d,]+)', done.stderr)
    if counted is None:
        raise MachineRefusesError('nothing was counted', where='valgrind', remedy='install valgrind 3.19 or newer')
    return int(counted[1].replace(',', ''))


def _environ() -> dict[str, str]:
    """No chance in it: the order of sets is the same each time."""
    return {**os.environ, 'PYTHONPATH': str(ROOT), 'PYTHONHASHSEED': '0'}
