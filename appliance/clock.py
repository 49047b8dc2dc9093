"""Time as a service: the only module that asks the operating system for it."""

from __future__ import annotations

import ctypes
import time
from pathlib import Path
from typing import Protocol

UNSET = 5  # what adjtimex(2) returns while nothing has set the clock (TIME_ERROR)
DENIED = -1  # and while a service may not ask it, as under systemd's ProtectClock=
SYNCHRONIZED = Path('/run/systemd/timesync/synchronized')  # systemd-timesyncd has set the clock since the start
RTC = Path('/sys/class/rtc/rtc0/hctosys')  # '1': a clock with a battery has set ours when the computer started
EARLIEST_S = 1_767_225_600.0  # 2026: what believes to be earlier than this program knows nothing


def monotonic_s() -> float:
    """Seconds on a clock that never goes back; its zero means nothing."""
    return time.monotonic()


def wall_s() -> float:
    """Seconds since 1970 as the computer believes: may jump by years (a Pi has no clock of its own); metadata only."""
    return time.time()


def wall_is_trusted() -> bool:
    """Whether something that knows has set the wall clock: the network, or a clock with a battery. A computer that
    cannot say is believed."""
    if wall_s() < EARLIEST_S:
        return False
    try:
        if RTC.read_text(encoding='ascii').strip() == '1':
            return True
    except OSError:
        pass
    adjtimex = getattr(ctypes.CDLL(None), 'adjtimex', None)
    if adjtimex is None:
        return True
    answer = adjtimex(ctypes.create_string_buffer(512))
    return SYNCHRONIZED.exists() if answer == DENIED else answer != UNSET


class _Timex(ctypes.Structure):
    """The beginning of `struct timex` (adjtimex(2)); what lies behind it is not looked at."""

    _fields_ = (
        ('modes', ctypes.c_uint), ('offset', ctypes.c_long), ('freq', ctypes.c_long), ('maxerror', ctypes.c_long),
        ('rest', ctypes.c_char * 512),
    )  # fmt: skip


def wall_error_s() -> float | None:
    """By how much the wall clock may be out at most, as whatever has set it has told the kernel; None: nobody can say,
    as after a start by a clock with a battery."""
    adjtimex = getattr(ctypes.CDLL(None), 'adjtimex', None)
    told = _Timex()
    if adjtimex is None or adjtimex(ctypes.byref(told)) in (UNSET, DENIED):
        return None
    return float(told.maxerror) / 1e6


class Clock(Protocol):
    """Time for whatever runs in a loop: what it is, and to let some pass."""

    def now_s(self) -> float:
        """Never goes back; its zero means nothing."""

    def rest(self, seconds: float) -> None:
        """Let time pass."""


class RealClock:
    """The computer's own."""

    def now_s(self) -> float:
        return time.monotonic()

    def rest(self, seconds: float) -> None:
        time.sleep(max(seconds, 0.0))


class SteppedClock:
    """Time that passes only in `rest`: a visit in a test or a script is over as fast as it can be computed."""

    def __init__(self, start_s: float = 0.0) -> None:
        self._now_s = start_s

    def now_s(self) -> float:
        return self._now_s

    def rest(self, seconds: float) -> None:
        self._now_s += max(seconds, 0.0)
