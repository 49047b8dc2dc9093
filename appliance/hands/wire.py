"""One wire of the panel at a time: what a hand did, what moved, and what that says of wire and machine file. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field

from appliance.booth.doors import Inputs
from appliance.hands.touch import TOGETHER_S, Fingers, bounce_ms
from appliance.machine.model import Machine
from appliance.machine.panel_checks import DRIVEN, INPUTS, PULLED_UP, pulled_up
from appliance.wires.table import Wire, wires_of

# How each stands at rest, as a question, and what a hand then does.
HAND = {
    'record': ('Is the record button left alone?', 'press the record button, and let it go'),
    'left': ('Is the left pad left alone?', 'touch the left pad, and let it go'),
    'right': ('Is the right pad left alone?', 'touch the right pad, and let it go'),
    'lid_closed': ('Is the lid open?', 'close the lid, and open it again'),
    'blank': ('Is there no blank?', 'lay a blank, and take it away again'),
    'stop_pressed': ('Is the stop button pulled out?', 'push the stop button, and pull it out again'),
}
CALM_S = 4 * TOGETHER_S  # without a change: the hand has ended


@dataclass(slots=True)
class Watch:
    """What the inputs do while one is worked. At rest first, then `take` until `over`."""

    rest: Inputs
    fingers: Fingers = field(default_factory=Fingers)
    moved: list[str] = field(default_factory=list)  # in the order in which they moved first
    _last: Inputs | None = None
    _changed_s: float = 0.0

    def take(self, inputs: Inputs, now_s: float) -> None:
        if not inputs.known:
            return
        self.fingers.take(inputs, now_s)
        if inputs != (self._last or self.rest):
            self._changed_s = now_s
        self._last = inputs
        for name in INPUTS:
            if getattr(inputs, name) != getattr(self.rest, name) and name not in self.moved:
                self.moved.append(name)

    def over(self, now_s: float) -> bool:
        """Something has moved, everything is as it was at rest, and has been so for a while."""
        return bool(self.moved) and self._last == self.rest and now_s - self._changed_s >= CALM_S


@dataclass(frozen=True, slots=True)
class Verdict:
    """`lines`: what the machine file should say, section and all."""

    name: str
    ok: bool
    says: str
    lines: tuple[str, ...] = ()


def verdict(machine: Machine, name: str, watch: Watch) -> Verdict:
    """Of a wire that was worked once."""
    wires = {wire.key.removeprefix('controls.'): wire for wire in wires_of(machine)}
    wire, others = wires[name], [other for other in watch.moved if other != name]
    if not watch.rest.known:
        return Verdict(name, False, f'{_named(wire)}: cannot be read; check the plug of the panel')
    if not watch.moved:
        return Verdict(name, False, f'{_named(wire)}: {_still(machine, name, getattr(watch.rest, name))}')
    if name not in watch.moved:
        return _other(machine, wire, wires[others[0]])
    if others:
        names = ' and '.join(_named(wires[other]) for other in others)
        return Verdict(name, False, f'{_named(wire)}: {names} moved with it; their wires touch')
    if getattr(watch.rest, name):
        return _reversed(machine, wire, name)
    return _good(machine, wire, watch)


def _named(wire: Wire) -> str:
    return f'{wire.key} ({wire.place})'


def _still(machine: Machine, name: str, active: bool) -> str:
    """Nothing moved: what it reads all the time tells why."""
    up = pulled_up(name, getattr(machine.controls, f'{name}_active'))
    level = getattr(machine.controls, f'{name}_active') if active else _other_level(machine, name)
    if (level == 'high') is up:
        far, wrong = ('ground', '3.3 V') if up else ('3.3 V', 'ground')
        says = f'nothing moved, it stays {level} as its pull has it'
        return f'{says}: it is open, touches {wrong}, or its switch goes there and not to {far}'
    return f'nothing moved, it stays {level} against its pull: it touches {"ground" if up else "3.3 V"}'


def _other_level(machine: Machine, name: str) -> str:
    return 'low' if getattr(machine.controls, f'{name}_active') == 'high' else 'high'


def _other(machine: Machine, wire: Wire, other: Wire) -> Verdict:
    """Another one moved: the two wires have changed places."""
    name, its = wire.key.removeprefix('controls.'), other.key.removeprefix('controls.')
    says = f'{_named(wire)}: {_named(other)} moved instead; exchange the two wires'
    free = not {wire.gpio, other.gpio} & set(PULLED_UP) or wire.rest == other.rest
    lines = (f'[controls] {name} = {other.gpio}', f'[controls] {its} = {wire.gpio}') if free else ()
    return Verdict(name, False, says + (', or tell the machine file' if lines else ''), lines)


def _reversed(machine: Machine, wire: Wire, name: str) -> Verdict:
    """It reads at rest what it should read when it is worked."""
    level = _other_level(machine, name)
    if name in DRIVEN and not (wire.gpio in PULLED_UP and not pulled_up(name, level)):
        says = f'{_named(wire)}: moves the other way round; its sensor gives {level} when it is worked'
        return Verdict(name, False, says, (f'[controls] {name}_active = "{level}"',))
    kind = 'normally closed' if name == 'stop_pressed' else 'normally open'
    return Verdict(name, False, f'{_named(wire)}: moves the other way round; use the {kind} contact of its switch')


def _good(machine: Machine, wire: Wire, watch: Watch) -> Verdict:
    name = wire.key.removeprefix('controls.')
    wanted, now_ms = bounce_ms(watch.fingers.contacts()), getattr(machine.controls, 'bounce_ms', 0.0)
    says = f'{_named(wire)}: good'
    if wanted is not None and wanted > now_ms:
        return Verdict(name, True, f'{says}, but it bounces for longer than the file says',
                       (f'[controls] bounce_ms = {wanted:g}',))  # fmt: skip
    return Verdict(name, True, says)
