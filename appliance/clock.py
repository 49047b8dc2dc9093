"""Time as a service: the only module that asks the operating system for it."""

from __future__ import annotations

import time


def monotonic_s() -> float:
    """Seconds on a clock that never goes back; its zero means nothing."""
    return time.monotonic()
