"""The host's settings as frozen values: one field for each key of `booth.toml`, units in the names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Places:
    """Where things are. Empty means the usual place (README, "To run a booth")."""

    data: str  # letters and ledger: survives a power cut
    run: str  # takes that are not kept: must be in memory (tmpfs)
    stick: str  # folder under which the computer mounts what is plugged in
    updater: str  # the program that is handed the file of an update


@dataclass(frozen=True, slots=True)
class Voice:
    """What a visitor hears and in which languages."""

    languages: tuple[str, ...]  # in the order of the menu; the first is spoken to whoever has not chosen
    volume_db: float
    prompts: bool  # spoken prompts for eyes-free use
    prompts_folder: str  # the host's own recordings, which replace the shipped ones of the same name; may be empty
    microphone_gain_db: float  # of what the card gives, before anything looks at it


@dataclass(frozen=True, slots=True)
class Policy:
    """What the host allows, and what happens to what nobody answers for."""

    unanswered: Literal['discard', 'hold']  # a review that nobody answers
    retention: Literal['handover', 'days', 'keep']  # of letters: until the disc is taken, some days, for ever
    retention_days: int
    retakes: int
    replays: int
    max_message_s: float
    disc: str
    speed: Literal['auto', '78', '45', '33']
    curve: str
    blanks_low: int  # fewer than this: the host is told
    discs_a_day: int  # 0: no limit
    copies_a_letter: int  # 0: no limit
    stylus_hours: float  # of cutting: then the host is told
    swarf_discs: int  # so many fill the bin; 0: the host looks himself


@dataclass(frozen=True, slots=True)
class Hours:
    """When the booth takes letters (`appliance.config.hours` reads them)."""

    mon: str
    tue: str
    wed: str
    thu: str
    fri: str
    sat: str
    sun: str
    closed: tuple[str, ...]  # dates
    zone: str


@dataclass(frozen=True, slots=True)
class Attendant:
    """Who may open the menu at the booth."""

    sequence: str  # of left, right and record
    reader: str  # device of a card reader
    tokens: tuple[str, ...]  # name:hash


@dataclass(frozen=True, slots=True)
class Post:
    """What is printed: labels, slips and day sheets."""

    paper: Literal['A4', 'A5', 'A6', 'letter']
    sender: tuple[str, ...]  # the booth's own address
    emblem: str  # a picture of the host's own; empty: the booth's
    font: str  # one more, for letters that the shipped ones lack; may be empty


@dataclass(frozen=True, slots=True)
class Shell:
    """Who may do more at the host's shell. Only a file says so: no command of that shell may change it."""

    system_shell: tuple[str, ...]  # names of the SSH keys that may leave it for a system shell


@dataclass(frozen=True, slots=True)
class Timeouts:
    """How long a state waits (`_s`), from field notes on public kiosks; README explains each."""

    dark_s: float  # attract until the screen sleeps
    language_s: float
    level_s: float
    countdown_s: float
    silence_s: float  # nothing said while recording
    still_there_s: float
    listen_s: float
    question_s: float
    load_disc_s: float
    cut_margin: float  # part of the expected time beyond which a cut has failed
    take_disc_s: float
    thanks_s: float
    notice_s: float  # how long a side screen that clears itself stays
    maintenance_s: float
    attendant_s: float


@dataclass(frozen=True, slots=True)
class Config:
    """Everything the host decides."""

    places: Places
    voice: Voice
    policy: Policy
    hours: Hours
    attendant: Attendant
    post: Post
    shell: Shell
    timeouts: Timeouts
