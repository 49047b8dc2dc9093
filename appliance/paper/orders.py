"""What is to be printed, as frozen values that go to the printing child as JSON."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass, field
from typing import Any, Literal

Paper = Literal['A4', 'A5', 'A6', 'letter']
SIZES_MM: dict[str, tuple[float, float]] = {
    'A4': (210.0, 297.0), 'A5': (148.0, 210.0), 'A6': (105.0, 148.0), 'letter': (215.9, 279.4),
}  # fmt: skip
MOST_COPIES = 100
COARSE_UM = 40.0  # a needle with a larger radius is one for 78s


@dataclass(frozen=True, slots=True)
class House:
    """What is the same on every sheet: the host's settings."""

    paper: Paper = 'A4'
    sender: tuple[str, ...] = ()  # the booth's own address
    emblem: str = ''  # path of a picture; empty: the booth's own
    font: str = ''  # path of one more TrueType font


@dataclass(frozen=True, slots=True)
class Subject:
    """The letter, as far as paper tells of it."""

    number: int
    date: str = ''  # '2026-11-27'; empty where nobody knew the day: better none than a wrong one
    at_s: float = 0.0  # for the date of the file alone
    sender: tuple[str, ...] = ()
    recipient: tuple[str, ...] = ()
    country: str = ''
    rpm: float = 0.0  # 0: not planned yet
    stylus_um: float = 0.0
    label_radius_mm: float = 51.0


@dataclass(frozen=True, slots=True)
class Label:
    """For disc and sleeve."""

    subject: Subject
    house: House
    language: str
    copies: int = 1


@dataclass(frozen=True, slots=True)
class Slip:
    """To be put on the packet."""

    subject: Subject
    house: House
    language: str


@dataclass(frozen=True, slots=True)
class Day:
    """What a day was like. Steps are states of a visit, causes keys of `words.reasons` or 'void'."""

    day: str  # '2026-11-27', or 'day 12' of those the booth has run
    letters: tuple[tuple[int, str], ...] = ()  # number and state
    walked_away: dict[str, int] = field(default_factory=dict, hash=False)
    discs: int = 0
    spoiled: dict[str, int] = field(default_factory=dict, hash=False)
    blanks: int = 0  # used, spoiled ones included
    blanks_left: int | None = None  # None: nobody counts them
    stylus_s: float = 0.0


@dataclass(frozen=True, slots=True)
class DaySheet:
    """One day on paper."""

    day: Day
    house: House
    language: str


Order = Label | Slip | DaySheet
KINDS: dict[str, type[Order]] = {'label': Label, 'slip': Slip, 'daysheet': DaySheet}
PARTS = {'subject': Subject, 'house': House, 'day': Day}


def packed(order: Order) -> bytes:
    """As it goes to the child."""
    kind = next(name for name, known in KINDS.items() if isinstance(order, known))
    return json.dumps({'kind': kind, 'order': dataclasses.asdict(order)}).encode('ascii')


def unpacked(data: bytes) -> Order:
    """As `packed` has made it."""
    told = json.loads(data)
    values = {key: _part(key, value) for key, value in told['order'].items()}
    return KINDS[told['kind']](**values)


def _part(key: str, value: Any) -> Any:
    if key not in PARTS:
        return value
    return PARTS[key](**{name: _frozen(each) for name, each in value.items()})


def _frozen(value: Any) -> Any:
    """JSON's lists are tuples here."""
    return tuple(map(_frozen, value)) if isinstance(value, list) else value
