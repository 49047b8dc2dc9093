"""What the steps of a first power-up work with: the machine's own registers, line, panel and LCD, and who looks on.

Of a virtual machine all of it is virtual, with a harness whose wires may be broken; the steps do not know.
"""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from appliance.bench.sound import SoundCheck
from appliance.booth.controls import pi_gpio
from appliance.booth.lcd import pi_spi
from appliance.compose.doctor.people import Maker, Virtual
from appliance.compose.real.bed import RealBed
from appliance.compose.real.site import Power, Site, powered_up
from appliance.interlock import guard
from appliance.interlock.link import Beside, Status
from appliance.interlock.pico import PicoLink, Told
from appliance.lathe.api import State
from appliance.lathe.engine import EngineLathe
from appliance.lathe.settings import Knobs
from appliance.machine import Machine
from appliance.pi.board import Board
from appliance.pi.real import RealPi
from appliance.timeline.score import Score
from appliance.virtual.harness import Break
from appliance.virtual.harness.stand import StandIn
from appliance.wires.table import wires_of

LOOK_S = 0.02
LINE = ('interlock.tx', 'interlock.rx')
HAVE_POWER = (guard.ARMED, guard.CUTTING)


@dataclass(frozen=True, slots=True)
class Found:
    """One thing that was looked at. `ok`: None where nobody could say. `wires`: those to look at, by key."""

    ok: bool | None
    saw: str
    wires: tuple[str, ...] = ()
    remedy: str = ''


@dataclass(frozen=True, slots=True)
class Bench:
    """`build`: what the interlock's firmware should say of itself; None: whatever it says. `sound`: None where the
    computer's sound is not the machine's."""

    machine: Machine
    site: Site
    maker: Maker
    gpio: Callable[[], Any] = pi_gpio
    spi: Callable[[], Any] = pi_spi
    sound: Callable[[], SoundCheck] | None = SoundCheck
    build: int | None = None

    @property
    def bed(self) -> RealBed:
        return RealBed(self.machine, site=self.site)

    def powered_up(self) -> contextlib.AbstractContextManager[Power]:
        return powered_up(self.machine, self.site)

    def named(self, keys: tuple[str, ...]) -> str:
        """Each wire with its pins and its colour."""
        wires = {key: wire for wire in wires_of(self.machine) for key in wire.keys}
        known = [(key, wires[key]) for key in keys if key in wires]
        return '; '.join(f'{key} ({wire.place}, {wire.colour}, {wire.to})' for key, wire in known)


@dataclass(frozen=True, slots=True)
class Ran:
    """What the interlock has told while a score was played. `cause`: why it did not come to its end, '' if it did."""

    told: tuple[Told, ...]
    cause: str
    key: str

    @property
    def with_power(self) -> tuple[Told, ...]:
        return tuple(told for told in self.told if told.state in HAVE_POWER)

    @property
    def current_ma(self) -> int | None:
        """While it had settled; None: never known."""
        known = [told.current_ma for told in self.with_power if told.current_ma >= 0]
        edge = len(known) // 4
        return round(median(known[edge : len(known) - edge])) if known else None

    def counted(self, name: str) -> int:
        """How much heartbeats, steps or turns have grown from the first status to the last."""
        if not self.told:
            return 0
        return int(getattr(self.told[-1], name) - getattr(self.told[0], name)) % 65536


class Listening(Beside):
    """Every status that comes is kept."""

    def __init__(self, link: PicoLink) -> None:
        super().__init__(link)
        self._pico = link
        self.told: list[Told] = []

    def status(self) -> Status:
        status, told = self._pico.status(), self._pico.told
        if told is not None and (not self.told or told is not self.told[-1]):
            self.told.append(told)
        return status


def play(bench: Bench, power: Power, score: Score, link: Listening | None = None) -> Ran:
    """To its end, power off; what stands against it is told, not raised, once power was asked for. `link`: one that
    asks for other things than power."""
    link = link or Listening(power.link)
    lathe = EngineLathe(bench.machine, power.pi.door, link, bench.site.knobs)
    try:
        lathe.start(score)
        while not lathe.wait(LOOK_S):
            link.status()
        ended = lathe.progress()
    finally:
        lathe.close()
    bench.site.clock.rest(LOOK_S)
    link.status()
    cause = '' if ended.state is State.DONE else ended.cause or 'it did not end well'
    return Ran(tuple(link.told), cause, ended.key)


def virtual_bench(machine: Machine, broken: tuple[Break, ...] = ()) -> Bench:
    """A machine of virtual parts, and the eyes and fingers of somebody who stands beside it."""
    stand = StandIn(machine, broken)

    @contextlib.contextmanager
    def board(*_: object) -> Iterator[RealPi]:
        yield RealPi(Board('a virtual Raspberry Pi', machine.machine.chip, 0, 0), stand.pi.door, '', False)

    knobs = Knobs(wait_for_input=True, realtime=False, turns=1)
    site = Site(run=Path(tempfile.gettempdir()), pi=board, line=lambda device, baud: stand, clock=stand, knobs=knobs)
    gpio, bus = stand.header.gpio, stand.bus
    return Bench(machine, site, Virtual(stand), lambda: gpio, lambda: bus, None)
