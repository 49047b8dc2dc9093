"""Time as a service: the only module that asks the operating system for it."""

from __future__ import annotations

import time
from collections.abc import Callable

Clock = Callable[[], float]


def monotonic_s() -> float:
    """Seconds on a clock that never goes back; its zero means nothing."""
    return time.monotonic()


def cpu_s() -> float:
    """Seconds of processor time this process has used."""
    return time.process_time()
