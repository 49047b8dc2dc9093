"""The wires of a real machine, as far as they tell of themselves: no hand works anything, nothing is given power, and
nothing moves. What only shows then is left to the step of a first power-up that feels it.

    each pin pulled up, then down: what holds it?     the interlock's line: what does each of its inputs say?
    heartbeat and steps, given out with no power:     what does the interlock count of them?
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from appliance.booth.controls import FAILS
from appliance.compose.doctor.bench import Bench, Listening, Ran, play
from appliance.compose.doctor.beside import LEVELS, OFF
from appliance.compose.real.site import Power
from appliance.errors import AudioLetterError, MachineRefusesError
from appliance.interlock import guard
from appliance.interlock.link import Status
from appliance.interlock.pico import Told
from appliance.interlock.wire import UNKNOWN
from appliance.machine.model import FRAME_RATE_HZ, bit
from appliance.machine.panel_checks import INPUTS, PULLED_UP
from appliance.timeline.jog import turn, whole_cycles
from appliance.timeline.score import EDGE
from appliance.wires.judge import Checked
from appliance.wires.table import Wire, wires_of
from appliance.words.powerup import feels

SETTLE_S = 0.001  # for a pull of 50 kohm to charge a wire
TURNS, TURN_RPM = 0.25, 20.0  # of steps without a motor
LEAST = 0.6  # of what was given out must be counted
STILL = {'record': 'pressed', 'left': 'touched', 'right': 'touched'}  # by nobody
RAILS = ('ground', '3.3 V')
STOP, LID = 'controls.stop_pressed', 'controls.lid_closed'
STOPS = ('interlock.stop_closed', 'interlock.stop_open')
PUSHED, OUT = 'reads pushed', 'reads pulled out'
Says = tuple[bool | None, str]


@dataclass(frozen=True, slots=True)
class Alone:
    """`wires`: of each, `ok` is None where it takes a hand or power to know. `refused`: what could not be looked at."""

    wires: tuple[Checked, ...]
    refused: tuple[AudioLetterError, ...]


class Unpowered(Listening):
    """A link that asks the interlock for nothing: the pins may be moved, and no relay closes."""

    def status(self) -> Status:
        super().status()
        return Status(True)

    def permit(self, step_ms: int = 0) -> Status:
        return Status(True)

    def parking(self) -> None:
        """Nothing is watched."""

    def ending(self) -> None:
        """There is nothing to end."""


def alone(bench: Bench) -> Alone:
    """Each wire once, in the order of the machine file."""
    says: dict[str, Says] = {}
    refused = []
    parts: tuple[Callable[[Bench], Iterator[tuple[str, Says]]], ...] = (_pulled, _told)
    for part in parts:
        try:
            says.update(part(bench))
        except AudioLetterError as error:
            refused.append(error)
    _compared(says)
    wires = wires_of(bench.machine)
    found = [Checked(wire, *says.get(wire.key, (None, 'not tried'))) for wire in wires]
    return Alone(tuple(_hinted(one) for one in found), tuple(refused))


def _hinted(one: Checked) -> Checked:
    if one.ok is not None:
        return one
    return dataclasses.replace(one, says=f'{one.says}; power-up, {feels(one.wire.key)}, looks at it')


# -- pins of the Pi ------------------------------------------------------------------------------------------------


def _pulled(bench: Bench) -> Iterator[tuple[str, Says]]:
    gpio = bench.gpio()
    wires = {wire.key: wire for wire in wires_of(bench.machine) if wire.gpio is not None}
    held: dict[str, tuple[int, int]] = {}
    try:
        gpio.setwarnings(False)
        gpio.setmode(gpio.BCM)
        for key in [*OFF, *(f'controls.{name}' for name in INPUTS)]:
            if key in wires:
                held[key] = _holds(bench, gpio, wires[key])
                gpio.cleanup([wires[key].gpio])
    except FAILS as error:
        raise MachineRefusesError(
            f'the pins cannot be read ({error})',
            where='header',
            remedy='add the user to the group gpio, free the pins of overlays',
        ) from error
    for key, levels in held.items():
        yield key, (_output if key in OFF else _input)(bench, wires[key], levels)


def _holds(bench: Bench, gpio: Any, wire: Wire) -> tuple[int, int]:
    """What it reads pulled up, and pulled down."""
    read = []
    for pull in (gpio.PUD_UP, gpio.PUD_DOWN):
        gpio.setup(wire.gpio, gpio.IN, pull_up_down=pull)
        bench.site.clock.rest(SETTLE_S)
        read.append(int(gpio.input(wire.gpio)))
    return read[0], read[1]


def _output(bench: Bench, wire: Wire, levels: tuple[int, int]) -> Says:
    """Held by the resistor at its other end, against a pull that is five times as weak."""
    if levels == (1, 0):
        return False, 'nothing holds it: it is open, or the resistor at its other end is missing'
    if levels[0] != wire.rest:
        return False, f'stays {LEVELS[levels[0]]}, which switches {OFF[wire.key]} on: it touches {RAILS[levels[0]]}'
    if wire.rest:
        return True, 'held high by the resistor at its other end'
    return None, 'held low, by its resistor or by touching ground'


def _input(bench: Bench, wire: Wire, levels: tuple[int, int]) -> Says:
    name = wire.key.removeprefix('controls.')
    active = bit(getattr(bench.machine.controls, f'{name}_active'))
    reads = levels[0] if wire.rest else levels[1]
    is_free = levels[0] != levels[1] or (wire.gpio in PULLED_UP and reads == wire.rest)
    if name in STILL:
        if reads == active:
            return False, f'reads {STILL[name]} though nobody works it: it touches {RAILS[reads]}'
        if name != 'record' and is_free:
            return None, 'follows every pull: it is open, its sensor has no supply, or it is a button and no sensor'
        return None, 'reads as at rest'
    if name == 'blank':
        if reads == active:
            return None, 'reads as if a blank lay there: is there one?'
        return None, 'follows every pull: it is open, or its sensor drives it one way alone' if is_free else 'no blank'
    if wire.key == LID:
        return None, 'reads closed' if reads == active else 'reads open'
    return None, PUSHED if reads == active else OUT


def _compared(says: dict[str, Says]) -> None:
    """Two contacts of one switch, one at the Pi and one at the Pico, say the same."""
    lid, there = says.get(LID), says.get('interlock.lid')
    if lid and there and lid[1] != there[1]:
        says[LID] = False, f'{lid[1]}, and interlock.lid {there[1]}: one of the two is open or touches ground'
        says['interlock.lid'] = False, f'{there[1]}, and {LID} {lid[1]}: one of the two is open or touches ground'
    stop, closed = says.get(STOP), says.get(STOPS[0])
    if stop and closed and closed[0] is None and stop[1] != closed[1]:
        says[STOP] = False, f'{stop[1]}, and {STOPS[0]} {closed[1]}: it is open, or touches ground'
        if closed[1] == PUSHED:
            says.update((key, (False, f'{PUSHED}, and {STOP} {stop[1]}: have both changed places?')) for key in STOPS)


# -- the interlock -------------------------------------------------------------------------------------------------


def _told(bench: Bench) -> Iterator[tuple[str, Says]]:
    with bench.powered_up() as power:
        status, told, build = power.link.status(), power.link.told, power.link.build
        if told is None:
            for key in ('interlock.tx', 'interlock.rx'):
                yield key, (False, f'{status.cause}; or it is the other of both, or the Pico has no supply')
            return
        yield 'interlock.tx', (True, 'the interlock is heard')
        if build < 0:
            yield 'interlock.rx', (False, 'the interlock tells of itself, and answers nothing')
        else:
            yield 'interlock.rx', (True, f'the interlock answers; firmware {build:06d}')
        yield from _inputs(told)
        if told.inputs & guard.RELAY_OBEYS:
            yield from _counted(bench, power)


def _inputs(told: Told) -> Iterator[tuple[str, Says]]:
    has = told.inputs
    yield from _stop(bool(has & guard.BREAK_CLOSED), bool(has & guard.MAKE_CLOSED))
    yield 'interlock.lid', (None, 'reads closed' if has & guard.LID_CLOSED else 'reads open')
    for key, good, value in (('interlock.head_adc', guard.HEAD_COOL, told.head_dc),
                             ('interlock.driver_adc', guard.DRIVER_COOL, told.driver_dc)):  # fmt: skip
        if value == UNKNOWN:
            yield key, (False, 'says nothing sensible: it is open, or touches ground')
        else:
            yield key, (None if has & good else False, f'{value / 10:.1f} C{"" if has & good else ": too hot"}')
    supply = told.supply_mv
    saw = 'nothing sensible' if supply == UNKNOWN else f'{supply / 1000:.1f} V'
    good = bool(has & guard.SUPPLY_GOOD)
    yield (
        'interlock.supply_adc',
        (good, saw if good else f'{saw}: is the supply on? else it is open, or touches ground'),
    )
    sticks = 'reads closed, without power: it touches ground, or the relay sticks'
    yield 'interlock.relay_contact', (None, 'reads open') if has & guard.RELAY_OBEYS else (False, sticks)
    yield 'interlock.home', (None, 'reads closed' if has & guard.AT_HOME else 'reads open')
    for key in ('interlock.sda', 'interlock.scl'):
        answers = told.current_ma != UNKNOWN
        yield key, (answers, f'the sensor answers: {told.current_ma} mA' if answers else 'the sensor does not answer')


def _stop(closed: bool, opened: bool) -> Iterator[tuple[str, Says]]:
    """Both contacts of the interlock's: exactly one of them is closed."""
    if closed is not opened:
        yield from ((key, (None, OUT if closed else PUSHED)) for key in STOPS)
    elif closed:
        yield STOPS[1], (False, 'reads closed as the other contact does: it touches ground')
    else:
        yield STOPS[0], (False, 'reads open as the other contact does: it is open')


def _counted(bench: Bench, power: Power) -> Iterator[tuple[str, Says]]:
    """The chain gives out heartbeats and steps as it does in a cut; drivers and relay stay off."""
    score = turn(bench.machine, TURNS, TURN_RPM)
    score = dataclasses.replace(score, events=np.zeros(0, EDGE))
    ran = play(bench, power, score, Unpowered(power.link))
    if ran.cause:
        raise MachineRefusesError(f'the pins could not be moved: {ran.cause}', where='trial of the wires', key=ran.key)
    seconds = score.frames / FRAME_RATE_HZ
    steps = whole_cycles(TURNS * bench.machine.platter.steps_per_turn, bench.machine.platter.microsteps)
    beats = round(seconds * 1000 / bench.machine.cut.heartbeat_ms)
    yield 'pins.heartbeat', _count(ran, 'beats', beats)
    yield 'interlock.step', _count(ran, 'steps', steps)


def _count(ran: Ran, name: str, given: int) -> Says:
    counted = ran.counted(name)
    return abs(counted - given) <= (1 - LEAST) * given, f'the interlock counts {counted} of {given}'
