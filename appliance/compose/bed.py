"""The virtual machine between two movements, and one movement of it: a board from power-up to power-off."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from appliance.compose.live import Indexed, Pacer
from appliance.errors import CutFaultError, MachineRefusesError
from appliance.lathe.index import Pulse
from appliance.machine.model import Machine, bit
from appliance.virtual.carriage import CarriageFollower, VirtualCarriage
from appliance.virtual.executed import Executed, Observer
from appliance.virtual.interlock import VirtualInterlock
from appliance.virtual.lathe import VirtualLathe, initial_levels
from appliance.virtual.native_model import Levels
from appliance.virtual.platter import PlatterFollower, VirtualPlatter
from appliance.virtual.trace import TraceWriter


class VirtualBed:
    """What outlives a run: where carriage and platter stand, and what the platter really is."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.carriage = VirtualCarriage(machine)
        self.platter = VirtualPlatter(machine)
        self.levels = initial_levels(machine)  # of all pins, as the last movement has left them


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


@dataclass(frozen=True, slots=True)
class Watched:
    """How a run is watched. `slip`: so many times slower than its steps say may the platter be, before it has stalled;
    `trace`: a file for every edge."""

    pacer: tuple[Pacer, ...] = ()
    slip: float = 1.0
    trace: Path | None = None


class Run:
    """One board with all that follows it. Its owner starts the lathe, waits, closes it and then asks `check`."""

    def __init__(self, bed: VirtualBed, interlock: VirtualInterlock, watched: Watched) -> None:
        machine, levels = bed.machine, initial_levels(bed.machine)
        self._machine = machine
        self._pins = PinWatch(machine, levels)
        self.carriage = CarriageFollower(bed.carriage, levels)
        self.platter = PlatterFollower(bed.platter, levels)
        observers: list[Observer] = [
            self._pins, self.carriage, self.platter, Indexed(machine, self.platter, watched.slip)
        ]  # fmt: skip
        if watched.trace is not None:
            clocks, folder = machine.pwm.range, watched.trace.parent
            observers.append(TraceWriter(watched.trace, {}, levels, pwm_range=clocks, folder=folder))
        self.lathe = VirtualLathe(machine, [*observers, *watched.pacer], interlock)

    @property
    def pulses(self) -> tuple[Pulse, ...]:
        return tuple(self.platter.pulses)

    @property
    def levels(self) -> Levels:
        return self._pins.levels.copy()

    def check(self) -> None:
        """CutFaultError if anything has power, if the head was down or driven, or if the carriage lost a step."""
        pins, levels = self._machine.pins, self._pins.levels
        found = (
            (levels[pins.enable] == bit(pins.enable_active), 'the motors still have power', pins.enable),
            (pins.bridge_enable in self._pins.woken, 'the head driver was on', pins.bridge_enable),
            (pins.head_lift in self._pins.woken, 'the head went down', pins.head_lift),
        )
        for wrong, what, gpio in found:
            if wrong:
                raise CutFaultError(what, where=f'GPIO {gpio}', remedy='switch the machine off and call its maker')
        if self.carriage.lost:
            what = f'{self.carriage.lost} of its steps were lost'
            raise CutFaultError(what, where='carriage', remedy='home it again, more slowly')


def require_virtual(machine: Machine) -> None:
    """MachineRefusesError for a machine that cuts letters, but does not yet obey a hand."""
    if machine.machine.kind != 'virtual':
        raise MachineRefusesError(
            'a real machine cannot be moved by hand with this program yet',
            where=machine.machine.name,
            remedy='cut a letter on it, or try it on a virtual machine',
        )
