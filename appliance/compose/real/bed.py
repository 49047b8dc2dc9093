"""A real machine under a maintainer's hands, behind the interface of the virtual one (`compose.bed`).

Nothing follows its movements but its own senses: the steps that were given out, what the interlock tells of index and
home switch, and the levels that its pins really have.
"""

from __future__ import annotations

import contextlib
import math
import threading
from collections.abc import Callable, Iterator
from typing import Any

from appliance.clock import Clock
from appliance.compose.bed import Mover, Watched, refuse_power
from appliance.compose.real.live import Turns, frames_at
from appliance.compose.real.site import Power, Site, powered_up, registers
from appliance.compose.shop import Bench
from appliance.errors import CutFaultError, OptionError
from appliance.interlock.link import Beside, Status
from appliance.lathe.engine import EngineLathe
from appliance.lathe.index import Pulse
from appliance.machine import FRAME_RATE_HZ, Machine, bit
from appliance.native import lib
from appliance.timeline.score import Score
from appliance.virtual.carriage import VirtualCarriage

PINS = 54  # of a BCM2835 (BCM2835 ARM Peripherals 6.1); the header has the first 28
BANK = 32  # pins of one register
TURN_S = 0.002  # of the interlock's loop, which looks at its counters once each time


class RealBed:
    """Implements `bed.Bed`. It has power only as long as `alive_s` says that whoever watches over it is alive."""

    def __init__(
        self, machine: Machine, alive_s: Callable[[], float] = lambda: math.inf, site: Site | None = None
    ) -> None:
        self.machine = machine
        self.carriage = VirtualCarriage(machine)  # what is known of its place, and no more
        self._alive_s, self._site = alive_s, site or Site()

    @contextlib.contextmanager
    def ready(self) -> Iterator[Mover]:
        with powered_up(self.machine, self._site, self._alive_s) as power:
            yield RealMover(self.machine, power, self._site)

    def levels(self) -> tuple[int, ...]:
        """As the pins have them, whoever drives them. The interlock is not needed for it."""
        with registers(self.machine, self._site) as pi:
            return read_levels(pi.door)

    def bench(self, pace: float | None, clock: Clock) -> Bench:
        """It has a pace of its own."""
        return Bench(carriage=self.carriage, alive_s=self._alive_s, site=self._site)

    def slip(self, part: float) -> None:
        """It has no faults at will."""


class RealMover:
    """Implements `bed.Mover`."""

    def __init__(self, machine: Machine, power: Power, site: Site) -> None:
        self._machine, self._power, self._site = machine, power, site

    def run(self, watched: Watched) -> RealRun:
        return RealRun(self._machine, self._power, self._site, watched)

    def at_home(self) -> bool:
        link = self._power.link
        return link.status().closed and link.at_home


class RealRun:
    """Implements `bed.Run`."""

    def __init__(self, machine: Machine, power: Power, site: Site, watched: Watched) -> None:
        self._machine, self._door = machine, power.pi.door
        self._senses = Senses(machine, power, watched.slip)
        self.lathe = EngineLathe(machine, self._door, self._senses, site.knobs)
        self.index_late_s = TURN_S
        self._seen_frame = self._seen_steps = 0

    @property
    def pulses(self) -> tuple[Pulse, ...]:
        return self._senses.pulses

    @property
    def rpm(self) -> float:
        """By the steps that were given out since somebody asked last."""
        frame, steps = self.lathe.progress().frame, self.lathe.steps()[0]
        passed, turned = frame - self._seen_frame, steps - self._seen_steps
        self._seen_frame, self._seen_steps = frame, steps
        return 60 * FRAME_RATE_HZ * turned / self._machine.platter.steps_per_turn / passed if passed > 0 else 0.0

    def start(self, score: Score) -> None:
        self._senses.begin(score)
        self.lathe.start(score)

    def inject(self, fault: str) -> None:
        raise OptionError(f'a real machine has no {fault} at will', where=self._machine.machine.name)

    def close(self) -> None:
        """What the interlock tells after it is waited for: the last pulse may have come just before."""
        self.lathe.close()
        self._senses.status()

    def check(self) -> None:
        refuse_power(self._machine, read_levels(self._door), self._senses.woken)


class Senses(Beside):
    """Each look at the interlock is a look at index and head too. A head that goes down or is driven while a hand moves
    the machine ends that as an open lid does."""

    def __init__(self, machine: Machine, power: Power, slip: float) -> None:
        super().__init__(power.link)
        pins = machine.pins
        self._idle = {
            pins.head_lift: (bit(pins.lift_down), 'the head is down'),
            pins.bridge_enable: (bit(pins.bridge_enable_active), 'the head driver is on'),
        }
        self._machine, self._slip = machine, slip
        self._pico, self._door = power.link, power.pi.door
        self._turns = Turns(machine, power.link, slip)
        self._score: Score | None = None
        self._lock = threading.Lock()
        self.woken: set[int] = set()

    @property
    def pulses(self) -> tuple[Pulse, ...]:
        """By what was counted: at a steady speed the step tells the frame, for both are of one crystal."""
        with self._lock:
            passed, score = self._turns.passed, self._score
        if score is None or not passed:
            return ()
        frames = frames_at(score.platter, passed)
        return tuple(Pulse(frame, steps) for frame, steps in zip(frames, passed, strict=True))

    def begin(self, score: Score) -> None:
        """What was counted before it is old."""
        self._link.status()
        with self._lock:
            self._turns = Turns(self._machine, self._pico, self._slip)
            self._score = score

    def status(self) -> Status:
        status = self._link.status()
        with self._lock:
            levels = read_levels(self._door)
            for gpio, (active, what) in self._idle.items():
                if levels[gpio] == active:
                    self.woken.add(gpio)
                    return Status(False, f'{what} (GPIO {gpio})')
            try:
                self._turns.look()
            except CutFaultError as error:
                return Status(False, str(error), error.key)
        return status


def read_levels(door: Any) -> tuple[int, ...]:
    """Of each pin from 0 on, by GPLEV (BCM2835 ARM Peripherals 6.1: the actual value of the pin)."""
    banks = [int(door.read(door.self, register)) for register in (lib.GPLEV0, lib.GPLEV1)]
    return tuple(banks[gpio // BANK] >> gpio % BANK & 1 for gpio in range(PINS))
