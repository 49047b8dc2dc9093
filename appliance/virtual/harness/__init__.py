"""The harness of the virtual machine: every wire between the headers and what hangs on them, each of which can break.

    Pi's pin ──wire──▶ motor, head, LCD, Pico      a wire may be open, may touch ground, or may have changed places
    contact  ──wire──▶ Pi's pin, Pico's pin        with its neighbour on the header

Every output has its own resistor of 330 ohm at the board's end (`boot/BUILDING.md`), so that a wire that touches ground
takes no other with it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeVar, get_args

from appliance.errors import OptionError
from appliance.wires.table import Wire, neighbour

T = TypeVar('T')
How = Literal['open', 'ground', 'swap']
HOW: tuple[How, ...] = get_args(How)


@dataclass(frozen=True, slots=True)
class Break:
    """What has happened to one wire. `swap`: it has changed places with its neighbour on the header."""

    key: str
    how: How


def parse_break(text: str) -> Break:
    """'pins.leg_a=open'; OptionError for what is none."""
    key, _, how = text.partition('=')
    for known in HOW:
        if how == known:
            return Break(key, known)
    raise OptionError(f'{text!r}', where='--break', remedy=f'write WIRE=HOW; HOW is one of {", ".join(HOW)}')


class Harness:
    """`broken`: at most one break of each wire."""

    def __init__(self, wires: tuple[Wire, ...], broken: tuple[Break, ...] = ()) -> None:
        self.wires = wires
        self._named = {key: wire for wire in wires for key in wire.keys}
        self._how: dict[str, How] = {}
        self._other: dict[str, Wire] = {}
        for one in broken:
            wire = self.wire(one.key)
            self._how[wire.key] = one.how
            if one.how == 'swap':
                other = neighbour(wires, wire)
                self._how[other.key] = 'swap'
                self._other |= {wire.key: other, other.key: wire}

    def wire(self, key: str) -> Wire:
        """By either of its keys; OptionError for one that the machine does not have."""
        if key not in self._named:
            raise OptionError(f'there is no wire {key!r}', where='--break', remedy='audioletter look wiring lists them')
        return self._named[key]

    def driver(self, key: str) -> Wire | None:
        """Whose signal arrives at the listening end of this wire; None: nothing does. Where an output and an input have
        changed places, two listen to each other and two drive against each other."""
        wire = self.wire(key)
        if wire.key not in self._how:
            return wire
        other = self._other.get(wire.key)
        return other if other is not None and other.way == wire.way else None

    def level(self, key: str) -> int:
        """What the listening end reads when nothing arrives."""
        wire = self.wire(key)
        return 0 if self._how.get(wire.key) == 'ground' else wire.rest

    def is_grounded(self, key: str) -> bool:
        return self._how.get(self.wire(key).key) == 'ground'
