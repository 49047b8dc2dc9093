"""The virtual machine under a maintainer's hands, behind the interface of `compose.bed`."""

from __future__ import annotations

import contextlib
from contextlib import AbstractContextManager

from appliance.clock import Clock
from appliance.compose.bed import Mover, Watched, refuse_power
from appliance.compose.shop import Bench
from appliance.compose.virtual.live import Pacer
from appliance.compose.virtual.shop import HELD
from appliance.errors import CutFaultError
from appliance.lathe.api import State
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
