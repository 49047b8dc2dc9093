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


COPIES = 'copies: '  # before a note of the visit log that is about no visitor, but about copies for the host
AGAIN = ('kept', 'cut', 'handed over')  # states in which a letter can have another disc


@dataclass(frozen=True, slots=True)
class Master:
    """What the disc of a letter was cut of, kept beside it for its copies (`appliance.cut.master`)."""

    path: Path
    digest: str  # of the file: SHA-256


@dataclass(frozen=True, slots=True)
class Copy:
    """One disc of a letter, whole, spoiled or on its way."""

    row: int  # of the ledger
    letter: int
    state: str  # cutting, done, stopped, fault, refused (no blank was spent) or broken (by a power cut)
    cause: str = ''  # why not done: a key of `words.reasons`
    void: str = ''  # done, and no good all the same: why
    copy: int = 1  # the first, second, ... disc of its letter, or of its edition
    copies: int = 0  # of a numbered edition; 0: of none
    who: str = ''  # of the host's people has asked for it; '': its visitor
    at_s: float = 0.0
    spent: bool = False  # a blank
    stylus_s: float = 0.0
    disc: str = ''
    speed_rpm: float = 0.0
    level_db: float = 0.0
    master: str = ''  # digest of what it was cut of
    folder: Path | None = None  # groove, picture, sound and report, where they are kept

    @property
    def good(self) -> bool:
        return self.state == 'done' and not self.void

    @property
    def mark(self) -> str:
        """What its label and run-out say: 217, 217-2 for the second disc, 217 3/10 for a numbered one."""
        if self.copies:
            return f'{self.letter} {self.place}'
        return f'{self.letter}-{self.place}' if self.copy > 1 else f'{self.letter}'

    @property
    def place(self) -> str:
        """Among the discs of its letter: 2, or 3/10."""
        return f'{self.copy}/{self.copies}' if self.copies else f'{self.copy}'


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
    master: Master | None = None  # of its last disc
    language: str = ''  # in which the visitor was served
    date: str = ''  # of the day it was kept, where somebody had set the clock


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
    copies: int = 0  # of the first or the last of them: discs that the host still wants of it
    cause: str = ''  # what could not be repaired, in words for the host


@dataclass(frozen=True, slots=True)
class Keeping:
    """How long letters stay, and how long a message may be."""

    retention: Literal['handover', 'days', 'keep'] = 'days'
    retention_days: int = 30
    max_message_s: float = 110.0
    copies_a_letter: int = 0  # good discs of one letter beside the first; 0: as many as the host wants
    discs_a_day: int = 0  # good discs; 0: as many as are asked for
    zone: datetime.tzinfo | None = None  # of the host's calendar; None: the computer's own


@dataclass(frozen=True, slots=True)
class Stamp:
    """When something was written into the ledger."""

    at_s: float  # as the clock believed: seconds since 1970
    lived_s: float  # that the booth had run in all
    date: str | None  # of the calendar, '2026-11-27'; None where nobody had set the clock

    @classmethod
    def of(cls, at_s: float, lived_s: float, *, trusted: bool, zone: datetime.tzinfo | None = None) -> Stamp:
        """Now. A date is that of the host's calendar."""
        date = None
        if trusted:
            try:
                date = datetime.datetime.fromtimestamp(at_s, zone).date().isoformat()
            except (OverflowError, ValueError, OSError):  # a clock that is far out
                date = None
        return cls(at_s, lived_s, date)

    @property
    def columns(self) -> tuple[float, float, str | None]:
        """Of a row: at_s, lived_s, date."""
        return self.at_s, self.lived_s, self.date
