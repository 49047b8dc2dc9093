"""Where the parts of a real machine are found, and one life of them: mapped and connected, then given back."""

from __future__ import annotations

import contextlib
import logging
import math
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path

from appliance.clock import Clock, RealClock
from appliance.errors import AudioLetterError, MachineRefusesError
from appliance.interlock.firmware import Firmware, firmware_of
from appliance.interlock.pico import Line, Machinery, PicoLink, Port
from appliance.interlock.port import SerialPort
from appliance.interlock.watch import Watch
from appliance.lathe.settings import Knobs
from appliance.machine import Machine, load_machine
from appliance.machine.model import Interlock
from appliance.pi.real import RealPi, real_pi, recover

log = logging.getLogger('audioletter')
RUN = Path('/run/audioletter')  # in memory: what lies there is gone with this life of the computer


@dataclass(frozen=True, slots=True)
class Site:
    """The computer that this program runs on, unless a test names another."""

    root: Path = Path('/')
    run: Path = RUN
    pi: Callable[[Machine, Path, Path], AbstractContextManager[RealPi]] = real_pi
    line: Callable[[str, int], Line] = SerialPort
    clock: Clock = field(default_factory=RealClock)
    knobs: Knobs = field(default_factory=Knobs)
    recover: Callable[[Machine, Path, Path], bool] = recover


@dataclass(frozen=True, slots=True)
class Power:
    """What can move the machine."""

    pi: RealPi
    link: PicoLink


def tidy_up(name: str, site: Site) -> None:
    """At the booth's start, not at its next cut: the chain of a cutter that was killed may still be at work, and its
    memory is nobody's. What stands against it is told here, and stands against the next cut too. Nothing for ''."""
    try:
        if name and site.recover(load_machine(name), site.run, site.root):
            log.warning('a cutter that was killed had left its chain behind; it was ended, with power off and head up')
    except AudioLetterError as error:
        log.warning('whether an earlier cut has left anything behind is not known: %s', error.line)


@contextlib.contextmanager
def registers(machine: Machine, site: Site) -> Iterator[RealPi]:
    """This board's registers and chain memory alone."""
    with site.pi(machine, site.run, site.root) as pi:
        if pi.warning:
            log.warning('%s', pi.warning)
        yield pi


@contextlib.contextmanager
def powered_up(machine: Machine, site: Site, alive_s: Callable[[], float] = lambda: math.inf) -> Iterator[Power]:
    """Registers, chain memory and the interlock's line; MachineRefusesError for whatever is missing. No power yet, and
    for whoever only looks nobody need be alive."""
    interlock = _interlock_of(machine)
    with (
        registers(machine, site) as pi,
        contextlib.closing(site.line(interlock.device, interlock.baud)) as line,
    ):
        yield Power(pi, _link(machine, line, site.clock, alive_s))


def watch_over(machine: Machine, site: Site) -> Watch:
    """The look at the interlock while nothing moves; registers are not needed for it."""
    interlock = _interlock_of(machine)

    def is_what(build: int) -> Firmware:
        return firmware_of(build, machine)

    return Watch(
        interlock.device,
        lambda: site.line(interlock.device, interlock.baud),
        lambda line: _link(machine, line, site.clock, lambda: math.inf),
        site.clock,
        is_what,
    )


def _interlock_of(machine: Machine) -> Interlock:
    if machine.interlock is None:
        raise MachineRefusesError(
            'it has no [interlock], and nothing else may switch its power',
            where=machine.machine.name,
            remedy='virtual.toml shows one',
        )
    return machine.interlock


def _link(machine: Machine, line: Port, clock: Clock, alive_s: Callable[[], float]) -> PicoLink:
    machinery = Machinery(round(machine.platter.steps_per_turn), round(machine.cut.heartbeat_ms * 1000))
    return PicoLink(line, machinery, clock, alive_s)
