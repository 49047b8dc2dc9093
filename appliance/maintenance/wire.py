"""The wizard of the wires: it asks for one at a time, and sees what moves."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from appliance.desk.book import Call, Command, Line, Said, Table
from appliance.errors import MachineRefusesError, OptionError
from appliance.hands.wire import HAND, Verdict, Watch, verdict
from appliance.machine import load_machine
from appliance.machine.panel_checks import INPUTS

POLL_S = 0.0005  # a bounce is a few milliseconds long
SECONDS = (2.0, 300.0)
Name = Literal['all', 'record', 'left', 'right', 'lid_closed', 'blank', 'stop_pressed']


def wire(call: Call, name: Name = 'all', *, seconds: float = 20.0) -> Iterator[Said]:
    """Try the wires of the panel one by one, each by a hand.

    It asks whether a button, pad, sensor or switch is at rest, then to work it once, and names what moved: the right
    wire, another one, two at once, or none. What the machine file should say instead is told as a line of it. A "no"
    leaves that wire out.

    name: of one wire; else all, in turn
    seconds: to wait for the hand, for each

    Examples:
        wire
        wire record
        wire all --seconds 60
    """
    if not SECONDS[0] <= seconds <= SECONDS[1]:
        between = f'from {SECONDS[0]:g} to {SECONDS[1]:g} s'
        raise OptionError(f'{seconds:g} s', where='--seconds', remedy=between)
    machine = load_machine(call.desk.settings.order.machine)
    if machine.controls is None:
        raise MachineRefusesError('it has no [controls]', where=machine.machine.name, remedy='virtual.toml shows them')
    found: list[Verdict] = []
    for one in INPUTS if name == 'all' else (name,):
        at_rest, deed = HAND[one]
        if not call.ask(at_rest):
            yield Line(f'{one}: left out')
            continue
        yield Line(f'now {deed} ({seconds:g} s)')
        watch = _watched(call, seconds)
        if call.cancelled.is_set():
            return
        found.append(verdict(machine, one, watch))
        yield Line(found[-1].says)
    yield from _summary(found)


def _watched(call: Call, seconds: float) -> Watch:
    watch, until_s = Watch(call.desk.sense().inputs), call.desk.now_s() + seconds
    while (now_s := call.desk.now_s()) < until_s and not watch.over(now_s):
        watch.take(call.desk.sense().inputs, now_s)
        if not call.pause(POLL_S):
            break
    return watch


def _summary(found: list[Verdict]) -> Iterator[Said]:
    if not found:
        return
    yield Table(('wire', 'good'), tuple((one.name, one.ok) for one in found))
    lines = list(dict.fromkeys(line for one in found for line in one.lines))
    if lines:
        yield Line('into the machine file, or let a hand change the wires:')
        yield from (Line(line) for line in lines)


COMMANDS = (Command('wire', wire, changes=True, maintenance=True),)
