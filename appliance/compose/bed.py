"""The machine between two movements, and one movement of it: one interface for the virtual one and the real one."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from appliance.clock import Clock, RealClock
from appliance.compose.shop import Bench, MovingLathe
from appliance.errors import CutFaultError
from appliance.lathe.index import Pulse
from appliance.machine.model import Machine, bit
from appliance.timeline.score import Score
from appliance.virtual.carriage import VirtualCarriage
from appliance.virtual.native_model import Levels


@dataclass(frozen=True, slots=True)
class Watched:
    """How a run is watched. `slip`: so many times slower than its steps say may a real platter be, before the program
    takes it for stalled; the interlock is stricter.

    Of the virtual machine alone: `pace`, times as fast as a real one (None: as fast as it can) until `hurry` says so;
    `trace`, a file for every edge.
    """

    slip: float = 1.0
    pace: float | None = None
    clock: Clock = field(default_factory=RealClock)
    hurry: Callable[[], bool] = lambda: False
    trace: Path | None = None


class Run(Protocol):
    """One movement, the head up. Its owner starts the lathe, waits, closes the run and then asks what was seen."""

    @property
    def lathe(self) -> MovingLathe: ...

    def start(self, score: Score) -> None:
        """As the lathe's own."""

    @property
    def pulses(self) -> tuple[Pulse, ...]:
        """Of the platter's index, so far."""

    @property
    def index_late_s(self) -> float:
        """How much later than it is a pulse may be seen."""

    @property
    def rpm(self) -> float:
        """Of the platter, about now."""

    def inject(self, fault: str) -> None:
        """`stall`: something holds the platter. OptionError on a machine that has no faults at will."""

    def close(self) -> None:
        """Everything off and released."""

    def check(self) -> None:
        """CutFaultError if anything has power, if the head was down or driven, or if the carriage lost a step."""


class Mover(Protocol):
    """What can move the machine, for as long as one order takes."""

    def run(self, watched: Watched) -> Run: ...

    def at_home(self) -> bool:
        """Whether the carriage's home switch is closed; what is not known is not."""


class Bed(Protocol):
    """What outlives a movement. `carriage.stands_mm` is where it is known to stand."""

    machine: Machine
    carriage: VirtualCarriage

    def ready(self) -> AbstractContextManager[Mover]:
        """For one order; MachineRefusesError for what is missing."""

    def levels(self) -> tuple[int, ...]:
        """Of each GPIO from 0 on, while nothing moves."""

    def bench(self, pace: float | None, clock: Clock) -> Bench:
        """For the shop that cuts on this machine."""

    def slip(self, part: float) -> None:
        """The belt of a virtual platter creeps from now on: it is so many times too slow."""


def refuse_power(machine: Machine, levels: Sequence[int] | Levels, woken: Collection[int]) -> None:
    """CutFaultError after a hand's movement for motors that still have power, and for a head that was down or driven:
    `woken` are the pins of both that were seen on."""
    pins = machine.pins
    found = (
        (levels[pins.enable] == bit(pins.enable_active), 'the motors still have power', pins.enable),
        (pins.bridge_enable in woken, 'the head driver was on', pins.bridge_enable),
        (pins.head_lift in woken, 'the head went down', pins.head_lift),
    )
    for wrong, what, gpio in found:
        if wrong:
            raise CutFaultError(what, where=f'GPIO {gpio}', remedy='switch the machine off and call its maker')
