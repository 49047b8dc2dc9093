"""What was driven into each wire and what arrived at its other end: which wire is not as the machine file says. Pure.

A signal is whatever tells one wire from another: the edges of a pin, the bytes of a line, what a contact read while
each of its like was worked in turn.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from appliance.wires.table import Wire, on_board

GROUND = 'touches ground'
OPEN = 'is open'
LEVELS = ('low', 'high')


@dataclass(frozen=True, slots=True)
class Signal:
    """`content`: equal for equal signals. `told`: in words. `level`: 0 or 1 where it never changed, else None."""

    content: Any
    told: str
    level: int | None = None


@dataclass(frozen=True, slots=True)
class Checked:
    """One wire. `ok`: None where nothing was driven into it, so that nobody knows."""

    wire: Wire
    ok: bool | None
    says: str

    @property
    def line(self) -> str:
        return f'{" = ".join(self.wire.keys)} ({self.wire.place}, {self.wire.colour}, {self.wire.to}): {self.says}'


def judge(wires: tuple[Wire, ...], driven: Mapping[str, Signal], arrived: Mapping[str, Signal]) -> tuple[Checked, ...]:
    """For each wire of which both are known, in the order of `wires`."""
    known = tuple(wire for wire in wires if wire.key in driven and wire.key in arrived)
    taken = {wire.key: other for wire in known if (other := _mistaken(wire, known, driven, arrived)) is not None}
    pairs = dict(taken)
    for key, other in taken.items():  # the other of the two may have nothing to tell for itself
        if arrived[other.key].content != driven[other.key].content:
            pairs[other.key] = next(wire for wire in known if wire.key == key)
    found = tuple(_checked(wire, driven[wire.key], arrived[wire.key], pairs.get(wire.key)) for wire in known)
    return tuple(_doubted(wires, found, one) if one.ok is False else one for one in found)


def _doubted(wires: tuple[Wire, ...], found: tuple[Checked, ...], one: Checked) -> Checked:
    """An output and an input that have changed places have two that listen and two that drive: both are as dead as if
    they were open. Where both are, and are neighbours, that is said; and where the one was not tried because the other
    is dead."""
    row = on_board(wires, one.wire.board)
    place = row.index(one.wire)
    near = [row[at] for at in (place - 1, place + 1) if 0 <= at < len(row) and row[at].way != one.wire.way]
    dead = [other for other in found if other.wire in near and (other.ok is False or _may_be(one, other))]
    if not dead:
        return one
    other = min(dead, key=lambda other: other.ok is None).wire
    return replace(one, says=f'{one.says}; or it has changed places with {other.key} ({other.place})')


def _may_be(one: Checked, other: Checked) -> bool:
    return other.ok is None and OPEN in one.says


def _checked(wire: Wire, driven: Signal, arrived: Signal, other: Wire | None) -> Checked:
    if other is not None:
        return Checked(wire, False, f'is confused with {other.key} ({other.place}); exchange the two')
    if driven.level is not None and arrived.level not in (None, driven.level):
        return Checked(wire, False, f'stays {LEVELS[arrived.level or 0]}: it {_cause(wire, arrived.level or 0)}')
    if driven.level is not None:
        return Checked(wire, None, 'not tried: nothing was driven into it')
    if arrived.content == driven.content:
        return Checked(wire, True, driven.told)
    if arrived.level is None:
        return Checked(wire, False, f'{arrived.told} arrives, {driven.told} was expected')
    return Checked(wire, False, f'nothing arrives, it stays {LEVELS[arrived.level]}: it {_cause(wire, arrived.level)}')


def _cause(wire: Wire, level: int) -> str:
    """By the level that it reads: an open wire reads as its pull has it, one that touches ground reads low."""
    if level == wire.rest:
        return f'{OPEN}, or {GROUND}' if level == 0 else f'{OPEN}; look at both its plugs'
    return GROUND if level == 0 else 'touches 3.3 V'


def _mistaken(
    wire: Wire, known: tuple[Wire, ...], driven: Mapping[str, Signal], arrived: Mapping[str, Signal]
) -> Wire | None:
    """The other wire whose signal arrives on this one."""
    here = arrived[wire.key]
    if here.level is not None or here.content == driven[wire.key].content:
        return None
    return next((other for other in known if other is not wire and driven[other.key].content == here.content), None)
