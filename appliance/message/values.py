"""A message from the first word to the letter on the shelf, as frozen values."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from pathlib import Path
from typing import Literal


@dataclass(frozen=True, slots=True)
class Take:
    """What was said and is not kept yet: a WAV in the RAM-backed run folder, mono, float, 48 kHz."""

    path: Path
    seconds: float
    voice: bool  # somebody speaks in it
    waveform: tuple[float, ...] = ()  # peaks 0..1 over its length


AGAIN = ('kept', 'cut', 'handed over')  # states in which a letter can have another disc


@dataclass(frozen=True, slots=True)
class Letter:
    """One row of the ledger."""

    number: int
    state: str  # see `ledger.STATES`
    folder: Path
    wav: Path  # 48 kHz, 24 bit, broadcast metadata
    results: Path | None = None  # groove, picture, sound and report of the last disc
    seconds: float = 0.0
    disc: str = ''
    speed_rpm: float = 0.0
    at_s: float = 0.0  # when it was kept, as the clock believed: seconds since 1970


@dataclass(frozen=True, slots=True)
class Room:
    """Whether another letter can be taken; `cause` is a key of `words.reasons`."""

    ok: bool
    cause: str = ''


@dataclass(frozen=True, slots=True)
class Recovered:
    """What the last run of the program has left, repaired. At most one of the first four is set: the most urgent."""

    cutting: Letter | None = None  # its cut was broken off; the blank is spoiled
    finished: Letter | None = None  # its disc was cut and never handed over
    take: Take | None = None  # nobody has said whether to keep it
    kept: Letter | None = None  # its take was still there: the visitor was about to cut
    cause: str = ''  # what could not be repaired, in words for the host


@dataclass(frozen=True, slots=True)
class Keeping:
    """How long letters stay, and how long a message may be."""

    retention: Literal['handover', 'days', 'keep'] = 'days'
    retention_days: int = 30
    max_message_s: float = 110.0


@dataclass(frozen=True, slots=True)
class Stamp:
    """When something was written into the ledger."""

    at_s: float  # as the clock believed: seconds since 1970
    lived_s: float  # that the booth had run in all
    date: str | None  # of the calendar, '2026-11-27'; None where nobody had set the clock

    @classmethod
    def of(cls, at_s: float, lived_s: float, *, trusted: bool) -> Stamp:
        """Now. A date is local, as the host's calendar has it."""
        date = None
        if trusted:
            try:
                date = datetime.date.fromtimestamp(at_s).isoformat()
            except (OverflowError, ValueError, OSError):  # a clock that is far out
                date = None
        return cls(at_s, lived_s, date)

    @property
    def columns(self) -> tuple[float, float, str | None]:
        """Of a row: at_s, lived_s, date."""
        return self.at_s, self.lived_s, self.date
