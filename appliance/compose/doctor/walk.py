"""A maker at a terminal is walked through the first power-up, one step at a time; what fails ends it."""

from __future__ import annotations

import shutil
import sys
import termios
import textwrap
from collections.abc import Callable
from pathlib import Path

from appliance.clock import RealClock
from appliance.compose.doctor.bench import Bench, Found
from appliance.compose.doctor.people import AtTerminal
from appliance.compose.doctor.powerup import bench_of, done, power_up, steps_from
from appliance.compose.real.site import RUN
from appliance.errors import MachineRefusesError
from appliance.machine import Machine
from appliance.virtual.harness import Break
from appliance.words.powerup import STEPS, Step

WORDS = {True: 'ok', False: 'FAIL', None: '--'}
NARROW = 40  # columns, at least


def walk(bench: Bench, begin: str, say: Callable[[str], None], wait: Callable[[str], None]) -> bool:
    """Whether it came to its end. `wait`: for Enter, under these words; whatever that raises ends it."""
    for step in steps_from(begin):
        for line in told(step):
            say(line)
        try:
            wait('Enter when it is so, Ctrl-C to stop: ')
            result = done(bench, step, lambda one: say(f'{WORDS[one.ok]:<5}{text(bench, one)}'))
        except (EOFError, KeyboardInterrupt):
            say('')
            say(f'Stopped, power off. {go_on(step)}')
            raise
        if result.ok is False:
            say(f'Stop here, switch off, and mend that. {go_on(step)}')
            return False
        say('')
    say('All ten steps are done. Now stop it five times, and cut the first scrap: boot/BUILDING.md goes on there.')
    return True


def told(step: Step) -> list[str]:
    """What is said before it is done."""
    lines = [f'Step {STEPS.index(step) + 1} of {len(STEPS)}: {step.name}', step.before, f'Then: {step.does}']
    lines.append(f'You must see: {step.see}')
    return [*lines, f'Measure: {step.measure}'] if step.measure else lines


def text(bench: Bench, one: Found) -> str:
    """Reason, wires, remedy."""
    parts = [one.saw]
    if one.ok is False and one.wires:
        parts.append(f'look at {bench.named(one.wires)}')
    if one.ok is False and one.remedy:
        parts.append(one.remedy)
    return '; '.join(parts)


def go_on(step: Step) -> str:
    """How to come back to it."""
    return f'Go on with: audioletter doctor power-up --from {step.name}'


def at_terminal(machine: Machine, broken: tuple[Break, ...], begin: str, run: Path = RUN) -> bool:
    """Somebody reads, presses Enter and answers. Whether it came to its end. `run`: the booth's folder in memory."""

    def say(line: str) -> None:
        print(wrapped(line, shutil.get_terminal_size().columns), flush=True)

    def read(words: str) -> str:
        termios.tcflush(sys.stdin, termios.TCIFLUSH)  # what was typed ahead was meant for nothing that is asked now
        return input(words)

    def ask(question: str) -> bool:
        return yes(question, say, lambda: read('y or n: '))

    def wait(words: str) -> None:
        enter(words, say, read)

    steps_from(begin)
    try:
        return walk(bench_of(machine, AtTerminal(ask, say, RealClock()), broken, run), begin, say, wait)
    except EOFError:
        return False


def enter(words: str, say: Callable[[str], None], answer: Callable[[str], str]) -> None:
    """Enter alone: whoever types a "no" does not want the machine to move."""
    while answer(words).strip():
        say('Enter alone goes on, Ctrl-C stops.')


def yes(question: str, say: Callable[[str], None], answer: Callable[[], str]) -> bool:
    """What is neither yes nor no is asked again: an Enter too many must not pass for an answer."""
    while True:
        say(question)
        given = answer().strip().lower()[:1]
        if given in ('y', 'n'):
            return given == 'y'


def all_at_once(machine: Machine, broken: tuple[Break, ...], begin: str) -> list[tuple[str, bool | None, str]]:
    """Step, whether it is well, and in words, until one is not; MachineRefusesError for a machine that is real."""
    if machine.machine.kind != 'virtual':
        raise MachineRefusesError(
            'it moves, and asks for what only an eye sees',
            where=machine.machine.name,
            remedy='go to it, and run this at a terminal',
        )
    bench = bench_of(machine, broken=broken)
    return [(result.step.name, one.ok, text(bench, one)) for result in power_up(bench, begin) for one in result.found]


def wrapped(line: str, columns: int) -> str:
    """Within a terminal's width; what continues is set in."""
    return textwrap.fill(line, max(columns - 1, NARROW - 1), subsequent_indent='     ') if line else ''
