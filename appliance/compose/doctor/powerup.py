"""A first power-up, step by step (`appliance.words.powerup`), on a real machine as on a virtual one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from appliance.compose.doctor import beside, interlock, moving
from appliance.compose.doctor.bench import Bench, Found, virtual_bench
from appliance.compose.doctor.people import Maker, Nobody
from appliance.compose.real.site import RUN, Site
from appliance.errors import AudioLetterError, MachineFileError, OptionError
from appliance.interlock.firmware import build_of, files
from appliance.machine import Machine
from appliance.virtual.harness import Break
from appliance.words.powerup import STEPS, Step

Check = Callable[[Bench], Iterator[Found]]
CHECKS: dict[str, Check] = {
    'pins': beside.pins,
    'panel': beside.panel,
    'LCD': beside.lcd,
    'microphone': beside.microphone,
    'speaker': beside.speaker,
    'interlock': interlock.interlock,
    'currents': moving.currents,
    'platter': moving.platter,
    'carriage': moving.carriage,
    'head': moving.head,
}


@dataclass(frozen=True, slots=True)
class Done:
    """One step, and what was found."""

    step: Step
    found: tuple[Found, ...]

    @property
    def ok(self) -> bool | None:
        """None: nobody could say, of all of it."""
        said = [one.ok for one in self.found if one.ok is not None]
        return all(said) if said else None

    @property
    def wires(self) -> tuple[str, ...]:
        """All that are to be looked at."""
        return tuple(dict.fromkeys(key for one in self.found if one.ok is False for key in one.wires))


def bench_of(machine: Machine, maker: Maker | None = None, broken: tuple[Break, ...] = (), run: Path = RUN) -> Bench:
    """This computer's own parts for a real machine; OptionError for wires of it that are to be broken. `run`: where it
    is noted what an earlier run has left in memory."""
    if machine.machine.kind == 'virtual':
        return virtual_bench(machine, broken)
    if broken:
        raise OptionError('wires break on a virtual machine only', where='--break', remedy='pull its plug')
    try:
        build = build_of(files(machine, machine.machine.name))
    except MachineFileError:  # an installation without the firmware's files
        build = None
    return Bench(machine, Site(run=run), maker or Nobody(), build=build)


def done(bench: Bench, step: Step, tell: Callable[[Found], None] = lambda one: None) -> Done:
    """Whatever a part refuses is what was found of it. `tell`: of each as it is found."""
    found: list[Found] = []
    bench.maker.prepares(step.name)
    for one in _found(bench, step):
        found.append(one)
        tell(one)
    return Done(step, tuple(found))


def _found(bench: Bench, step: Step) -> Iterator[Found]:
    try:
        yield from CHECKS[step.name](bench)
    except AudioLetterError as error:
        yield Found(False, error.line)


def steps_from(begin: str = '') -> tuple[Step, ...]:
    """All, or from this one on, by its name or its number; OptionError for one that is none."""
    if not begin:
        return STEPS
    for number, step in enumerate(STEPS):
        if begin.lower() in (step.name.lower(), str(number + 1)):
            return STEPS[number:]
    names = ', '.join(step.name for step in STEPS)
    raise OptionError(f'there is no step {begin!r}', where='--from', remedy=f'one of {names}, or its number')


def power_up(bench: Bench, begin: str = '') -> Iterator[Done]:
    """One step after the other, until one fails."""
    for step in steps_from(begin):
        result = done(bench, step)
        yield result
        if result.ok is False:
            return
