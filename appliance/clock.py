"""Time as a service: the only module that asks the operating system for it."""

from __future__ import annotations

import time


def monotonic_s() -> float:
    """Seconds on a clock that never goes back; its zero means nothing."""
    return time.monotonic()


def wall_s() -> float:
    """Seconds since 1970 as the computer believes: may jump by years (a Pi has no clock of its own); metadata only."""
    return time.time()
