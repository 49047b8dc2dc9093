"""Who comes first when the computer is busy: sound, controls and screen before all else, mastering after it.

Blocks of a sound card wait 40 ms or so, and a thread of usual priority may wait ten times as long for its turn (see
`audioletter bench --only booth`). The whole process comes first, not one thread of it: a thread that waits for the
interpreter waits for whoever holds it.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

NICE_FIRST, NICE_LAST = -10, 10
LOWEST = 1  # of the real-time priorities: whoever feeds a lathe, and the kernel's own threads, come before


def come_first() -> str:
    """This thread, and all threads it begins from now on, come before usual work, as far as the computer allows.

    Returns what was allowed: 'real time', 'nice -10' or 'usual'. A process that is begun from here inherits it: see
    `give_way`.
    """
    with contextlib.suppress(OSError):
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(LOWEST))
        return 'real time'
    with contextlib.suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, 0, NICE_FIRST)
        return f'nice {NICE_FIRST}'
    return 'usual'


def give_way(pid: int, nice: int = NICE_LAST) -> None:
    """This process (0: the caller's thread) gives way, whatever it has inherited."""
    with contextlib.suppress(OSError):
        os.sched_setscheduler(pid, os.SCHED_OTHER, os.sched_param(0))
    with contextlib.suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, pid, nice)


def keep_to_isolated(told: Path = Path('/sys/devices/system/cpu/isolated')) -> tuple[int, ...]:
    """This thread alone on the cores that the kernel gives to nobody (isolcpus, boot/image/cmdline.txt): which they
    are, or none where there are none, or it may not."""
    with contextlib.suppress(OSError, ValueError):
        cores = cores_of(told.read_text(encoding='ascii'))
        if cores:
            os.sched_setaffinity(0, cores)
            return cores
    return ()


def cores_of(text: str) -> tuple[int, ...]:
    """Of a list such as '1,3-4' (Linux, Documentation/admin-guide/cputopology.rst)."""
    found: list[int] = []
    for part in filter(None, text.strip().split(',')):
        first, _, last = part.partition('-')
        found += range(int(first), int(last or first) + 1)
    return tuple(found)
