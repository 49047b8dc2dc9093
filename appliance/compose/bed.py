"""The machine between two movements, and one movement of it, behind one interface; the virtual one lives here, the real
one in `compose.real.bed`. `bed_of` is the one place that chooses, and never falls back."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Collection, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from appliance.clock import Clock, RealClock
from appliance.compose.live import Pacer
from appliance.compose.shop import HELD, Bench
from appliance.errors import CutFaultError
from appliance.lathe.api import Lathe, State
from appliance.lathe.index import Pulse
from appliance.machine.model import Machine, bit
from appliance.timeline.score import Score
from appliance.virtual.carriage import CarriageFollower, VirtualCarriage
from appliance.virtual.executed import Executed, Observer
from appliance.virtual.interlock import VirtualInterlock
from appliance.virtual.lathe import VirtualLathe, initial_levels
from appliance.virtual.native_model import Levels
from appliance.virtual.platter import VirtualPlatter
from appliance.virtual.trace import TraceWriter

if TYPE_CHECKING:
    from appliance.compose.real.site import Site


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


class Moving(Lathe, Protocol):
    """A lathe that can be waited for."""

    def wait(self, timeout_s: float | None = None) -> bool: ...

    def steps(self) -> tuple[int, int]:
        """Rising step edges of platter and carriage, given out so far."""


class Run(Protocol):
    """One movement, the head up. Its owner starts the lathe, waits, closes the run and then asks what was seen."""

    @property
    def lathe(self) -> Moving: ...

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


@dataclass(frozen=True, slots=True)
class Around:
    """Of a virtual machine its lid and stop button; of a real one how long whoever watches over it is believed to be
    alive, and where its parts are found (None: this computer)."""

    interlock: VirtualInterlock
    alive_s: Callable[[], float] = lambda: math.inf
    site: Site | None = None


def bed_of(machine: Machine, around: Around) -> Bed:
    """Nothing is asked of the machine yet."""
    if machine.machine.kind == 'virtual':
        return VirtualBed(machine, around.interlock)
    from appliance.compose.real.bed import RealBed

    return RealBed(machine, around.alive_s, around.site)


class VirtualBed:
    """Implements `Bed`: where carriage and platter stand, and what the platter really is."""

    def __init__(self, machine: Machine, interlock: VirtualInterlock | None = None) -> None:
        self.machine = machine
        self.interlock = interlock or VirtualInterlock()
        self.carriage = VirtualCarriage(machine)
        self.platter = VirtualPlatter(machine)
        self.left = initial_levels(machine)  # level of each pin, as the last movement has left it

    def ready(self) -> AbstractContextManager[Mover]:
        return contextlib.nullcontext(self)

    def run(self, watched: Watched) -> VirtualRun:
        return VirtualRun(self, watched)

    def at_home(self) -> bool:
        return self.carriage.at_home

    def levels(self) -> tuple[int, ...]:
        return tuple(self.left.tolist())

    def bench(self, pace: float | None, clock: Clock) -> Bench:
        return Bench(self.interlock, pace, clock, self.carriage, self.platter)

    def slip(self, part: float) -> None:
        self.platter.regear(self.machine.platter.gear * part)


class PinWatch:
    """An observer that knows the level of every pin, and what was ever switched on that no movement needs."""

    def __init__(self, machine: Machine, levels: Levels) -> None:
        self.levels = levels.copy()
        pins = machine.pins
        self._idle = {pins.head_lift: bit(pins.lift_down), pins.bridge_enable: bit(pins.bridge_enable_active)}
        self.woken: set[int] = set()

    def take(self, block: Executed) -> None:
        self.levels[block.edge_gpio] = block.edge_level  # of edges of one pin, the last one stays
        for gpio, active in self._idle.items():
            if (block.edge_level[block.edge_gpio == gpio] == active).any():
                self.woken.add(gpio)

    def finish(self) -> None:
        return None

    def close(self) -> None:
        """Nothing is held."""


class VirtualRun:
    """Implements `Run`: one board with all that follows it."""

    def __init__(self, bed: VirtualBed, watched: Watched) -> None:
        machine, levels = bed.machine, initial_levels(bed.machine)
        self._bed, self._machine = bed, machine
        self.index_late_s = 0.0
        self._pins = PinWatch(machine, levels)
        self._carriage = CarriageFollower(bed.carriage, levels)
        observers: list[Observer] = [self._pins, self._carriage]
        if watched.trace is not None:
            clocks, folder = machine.pwm.range, watched.trace.parent
            observers.append(TraceWriter(watched.trace, {}, levels, pwm_range=clocks, folder=folder))
        if watched.pace is not None:
            observers.append(Pacer(watched.pace, watched.clock, watched.hurry))
        self.lathe = VirtualLathe(machine, observers, bed.interlock, platter=bed.platter)

    @property
    def pulses(self) -> tuple[Pulse, ...]:
        return tuple(self.lathe.turns.pulses)

    @property
    def rpm(self) -> float:
        return self.lathe.turns.rpm

    def start(self, score: Score) -> None:
        self.lathe.start(score)

    def inject(self, fault: str) -> None:
        if fault == 'stall':
            platter = self._machine.platter
            self.lathe.hold(HELD * platter.holding_torque_nm * platter.gear)

    def close(self) -> None:
        self.lathe.close()
        self._bed.left = self._pins.levels.copy()

    def check(self) -> None:
        """The pins that were executed are asked, not the plan. What the interlock has ended has lost steps."""
        refuse_power(self._machine, self._pins.levels, self._pins.woken)
        if self._carriage.lost and self.lathe.progress().state is State.DONE:
            what = f'{self._carriage.lost} of its steps were lost'
            raise CutFaultError(what, where='carriage', remedy='home it again, more slowly')


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
