"""What can befall a supervisor, when, and how long it takes until power is off and the head is up.

The table of all of it, with figures:  ./tools/try_failures
"""

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import soundfile

from tests.through import wire
from tests.through.world import OFF_MS, ROOT, World

VOICE = ROOT / 'appliance/words/spoken/en/listen.ogg'
LETTER_S = 1.0
VISIT = """wait attract
pause 1
press record
wait language
press record
wait level check
speak sample
pause 1.5
press record
wait recording
pause 2
press record
wait listen
press record
wait load disc
"""
READY = """wait load disc
lay blank
close lid
wait ready
"""  # and nobody presses
CUT = (
    READY
    + """press record
wait cutting
"""
)
MAINTAINED = """wait attract
host maintain
wait maintenance
"""
AGAIN = (
    """wait fault
open lid
take disc
pause 1
press record
"""
    + CUT
)  # after a start that finds a spoiled disc
STILL = 'nothing moves'
STILL_MS = 1000  # for so long nothing is switched on again
SHELL_MS = 1000  # between two looks at a shell that begins
LATE_MS = 2000  # by which somebody is held up: for good, as far as power is concerned
MS = 200  # frames


@dataclass(frozen=True)
class Seen:
    """After a failure, in ms of model time: power off, head up, and the Pi's own pins at rest (None: they are not)."""

    power_ms: float
    head_ms: float
    pins_ms: float | None
    cause: int  # that the interlock gives


def _cut(world):
    return world.marks is not None and world.marks[0] < world.marks[4]


def _at(frame_of):
    return lambda world: _cut(world) and world.frame >= frame_of(*world.marks)


# Each is asked again and again while the booth goes on: has it come to that?
MOMENTS: dict[str, Callable] = {
    STILL: lambda world: world.booth.startswith('load disc') and world.prepared,
    'homing': lambda world: world.runs >= 3 and world.power and world.frame > 10 * MS,
    'spin-up': _at(lambda down, message, end, frames, up: down // 2),
    'lead-in': _at(lambda down, message, end, frames, up: (down + message) // 2),
    'programme': _at(lambda down, message, end, frames, up: (message + end) // 2),
    'run-out': _at(lambda down, message, end, frames, up: end + 500 * MS),
    'spin-down': _at(lambda down, message, end, frames, up: up + 300 * MS),
}


def _both(world):
    return world.parent, world.child


def _hold(role):
    def hold(world):
        world.held[role] = world.now_us + 1000 * LATE_MS

    return hold


def _line(**how):
    def line(world):
        for way, what in how.items():
            setattr(world.cable, way, what)

    return line


FAILURES: dict[str, Callable] = {
    'supervisor killed': lambda world: world.kill(world.parent),
    'cutter killed': lambda world: world.kill(world.child),
    'both killed': lambda world: world.kill(*_both(world)),
    'supervisor frozen': lambda world: world.freeze(world.parent),
    'cutter frozen': lambda world: world.freeze(world.child),
    'both frozen': lambda world: world.freeze(*_both(world)),
    'feeder starved': _hold(wire.FEEDER),
    'watcher starved': _hold(wire.WATCHER),
    'Pico reset': lambda world: world.reset_pico(),
    'line unplugged': lambda world: world.cable.cut(),
    'line to the Pico cut': _line(to_pico='gone'),
    'line from the Pico cut': _line(to_pi='gone'),
    'line to the Pico garbled': _line(to_pico='garbled'),
    'line from the Pico garbled': _line(to_pi='garbled'),
}
OF_THE_PARENT = ('supervisor killed', 'supervisor frozen')


def letter(folder):
    """Somebody who says something."""
    samples, rate = soundfile.read(VOICE)
    soundfile.write(folder / 'letter.wav', samples[: round(LETTER_S * rate)], rate)
    return folder / 'letter.wav'


@contextmanager
def memory():
    """A folder in memory, as the run folder must be."""
    folder = Path(tempfile.mkdtemp(prefix='audioletter-test-', dir='/dev/shm' if Path('/dev/shm').is_dir() else None))
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def come_to(world, moment):
    world.run(lambda: MOMENTS[moment](world))


@contextmanager
def at(kept, moment):
    """A booth that has come to that moment."""
    with booth(kept, READY if moment == STILL else CUT) as world:
        come_to(world, moment)
        yield world


@contextmanager
def by_hand(folder, *words):
    """A booth in maintenance whose host has the machine move, from a shell."""
    with memory() as place:
        world = World(place, letter(folder))
        shell = None
        try:
            world.start(MAINTAINED)
            world.run(lambda: world.booth.startswith('maintenance'))
            shell = subprocess.Popen(
                (sys.executable, '-m', 'appliance', 'shell', '--run', str(place / 'run'), *words),
                cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            )  # fmt: skip
            while not world.power:  # that shell begins in time of its own, while the booth's goes on
                assert shell.poll() is None, world.tail()
                end_ms = world.now_ms + SHELL_MS
                world.run(lambda end_ms=end_ms: world.power or world.now_ms >= end_ms)
            yield world
        finally:
            world.close()
            if shell:
                shell.wait()


def keep_a_letter(folder):
    """What a booth leaves that is switched off when it asks for a blank: with that each life here begins."""
    with memory() as place:
        world = World(place, letter(folder))
        try:
            world.start(VISIT)
            world.run(lambda: world.booth.startswith('load disc'))
            world.kill(world.parent, world.child)
        finally:
            world.close()
        shutil.copytree(place / 'data', folder / 'data')


@contextmanager
def booth(kept, script=CUT):
    """A booth that has come back and is asked to cut that letter."""
    with memory() as place:
        shutil.copytree(kept / 'data', place / 'data')
        world = World(place, kept / 'letter.wav')
        try:
            world.start(script)
            yield world
        finally:
            world.close()


def befallen(world, failure):
    """What is seen of it, at the worst moment there is: just after the last sign of life of whoever is concerned."""
    if world.power:
        heard, said = world.heard, world.cable.said
        concerned = (lambda: world.heard > heard) if failure in OF_THE_PARENT else (lambda: world.cable.said > said)
        world.run(concerned)
    return after(world, FAILURES[failure])


def after(world, deed):
    """What is seen of `deed`, which befalls the booth now."""
    at_ms, pins_ms = world.now_ms, None
    deed(world)

    def still():
        nonlocal pins_ms
        if pins_ms is None and world.pins_off:
            pins_ms = world.now_ms - at_ms
        return world.now_ms - at_ms >= OFF_MS + STILL_MS

    world.run(still)
    power = [at for at, power, _ in world.switched if not power and at >= at_ms]
    head = [at for at, _, head in world.switched if not head and at >= at_ms]
    assert not world.power
    assert not world.head
    assert not any(power for at, power, _ in world.switched if at > at_ms + OFF_MS), 'switched on again'
    return Seen(power[-1] - at_ms if power else 0.0, head[0] - at_ms if head else 0.0, pins_ms, world.logic.guard.cause)
