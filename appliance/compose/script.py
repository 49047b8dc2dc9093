"""A visit played from a script: hands and a voice for the virtual booth, one step a line.

    lay blank          take disc         open lid        close lid
    press record       press left        press right     hold record 2.5
    press stop         release stop
    speak FILE         (sample: the shipped letter)      silence (what is being said breaks off)
    wait STATE [S]     at most S seconds of the booth's own time (60)
    wait ready [S]     until the LCD says what a press of the button does: that all is there for the cut, say
    expect STATE       pause S           say TEXT        (a line for whoever watches)
    fault NAME         mend NAME         (microphone, full disk, interlock missing; of a cut alone: stall, swarf,
                       underrun, and what the interlock sees: permits, line cut, line noise, interlock reset,
                       interlock silent, supply low, head hot, short)
    host COMMAND       (open, close, maintain, resume)
    screen FILE.png    results FOLDER    (sound, picture, groove and report of the last letter)

A script begins where a visit does (attract), unless its first step is of the host, or waits for something else.
Empty lines and lines that begin with # are skipped. States have the names of `audioletter look workflow`.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from appliance.compose.shop import FAULTS as CUT_FAULTS
from appliance.errors import CutFaultError, OptionError
from appliance.kiosk.house.standby import MISSING
from appliance.workflow.values import Event, Kind, State

WAIT_S = 60.0
READY = 'ready'
PRESS_S = 0.15  # how long a finger stays
SWITCHES = {
    'lay blank': ('blank', True), 'take disc': ('blank', False), 'open lid': ('lid_closed', False),
    'close lid': ('lid_closed', True), 'press stop': ('stop_pressed', True), 'release stop': ('stop_pressed', False),
}  # fmt: skip
BUTTONS = ('record', 'left', 'right')
FAULTS = ('microphone', 'full disk', MISSING, *CUT_FAULTS)
HOST = {'open': Kind.OPEN, 'close': Kind.CLOSE, 'maintain': Kind.MAINTAIN, 'resume': Kind.RESUME}


class Hands(Protocol):
    """What a script can touch."""

    def set(self, name: str, on: bool) -> None:
        """A control or sensor of `booth.doors.Inputs`."""

    def speak(self, file: Path | None) -> None:
        """Into the microphone; None breaks off."""

    def fault(self, name: str, on: bool) -> None: ...

    def tell(self, event: Event) -> None:
        """As the host."""

    def ready(self) -> bool:
        """Whether the LCD says what a press of the button does."""

    def save_screen(self, file: Path) -> None: ...

    def results(self, folder: Path) -> bool:
        """Copy the last letter's results; False while they are not all there."""


@dataclass(frozen=True, slots=True)
class Step:
    """One line of a script."""

    line: int
    verb: str
    word: str = ''
    seconds: float = 0.0


def parse(text: str, where: str) -> tuple[Step, ...]:
    """The steps of a script; OptionError naming file and line for what is no step."""
    steps = []
    for number, raw in enumerate(text.splitlines(), 1):
        line = ' '.join(raw.split())
        if line and not line.startswith('#'):
            steps.append(_step(line, number, f'{where}:{number}'))
    return tuple(steps)


def _step(line: str, number: int, where: str) -> Step:
    if line in SWITCHES:
        return Step(number, 'set', line)
    verb, _, rest = line.partition(' ')
    if verb in ('press', 'hold'):
        name, _, held = rest.partition(' ')
        _known(name, BUTTONS, where)
        return Step(number, 'press', name, _seconds(held, where) if held else PRESS_S)
    if verb in ('wait', 'expect'):
        name, seconds = _state_and_seconds(rest)
        others = (READY,) if verb == 'wait' else ()
        _known(name, (*(state.value for state in State), *others), where)
        return Step(number, verb, name, seconds)
    if verb == 'pause':
        return Step(number, verb, seconds=_seconds(rest, where))
    if verb in ('fault', 'mend'):
        _known(rest, FAULTS, where)
        return Step(number, verb, rest)
    if verb == 'host':
        _known(rest, tuple(HOST), where)
        return Step(number, verb, rest)
    if verb in ('speak', 'screen', 'results', 'say') and rest:
        return Step(number, verb, rest)
    if line == 'silence':
        return Step(number, verb)
    raise OptionError(f'{line!r} is no step of a script', where=where, remedy='audioletter kiosk --help lists them')


def _known(name: str, names: tuple[str, ...], where: str) -> None:
    if name not in names:
        near = difflib.get_close_matches(name, names, 1)
        hint = f'did you mean {near[0]!r}?' if near else f'one of {", ".join(names)}'
        raise OptionError(f'{name!r} is not known here', where=where, remedy=hint)


def _state_and_seconds(rest: str) -> tuple[str, float]:
    name, _, last = rest.rpartition(' ')
    try:
        return (name, float(last)) if name else (rest, WAIT_S)
    except ValueError:
        return rest, WAIT_S


def _seconds(text: str, where: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds <= 86_400:
        raise OptionError(f'{text!r} is no time in seconds', where=where, remedy='write for example 2.5')
    return seconds


class Player:
    """Plays the steps of a script turn by turn; `turn` never waits."""

    def __init__(self, steps: tuple[Step, ...], hands: Hands, say: Callable[[str], None], sample: Path) -> None:
        self._steps = steps
        self._hands = hands
        self._say = say
        self._sample = sample
        self._at = 0
        self._since_s: float | None = None  # when the step began that is waited for
        self._down = False  # a finger is on a button

    @property
    def over(self) -> bool:
        return self._at >= len(self._steps)

    def turn(self, now_s: float, state: State) -> None:
        """Do what is due; raises CutFaultError when the booth is not where the script wants it."""
        while not self.over and self._do(self._steps[self._at], now_s, state):
            self._at += 1
            self._since_s = None

    def _do(self, step: Step, now_s: float, state: State) -> bool:
        """Whether the step is over."""
        began = self._since_s is None
        if self._since_s is None:
            self._since_s = now_s
        spent_s = now_s - self._since_s
        if step.verb == 'press':
            return self._press(step, began, spent_s)
        if step.verb == 'wait':
            return self._wait(step, spent_s, state)
        if step.verb == 'pause':
            return spent_s >= step.seconds
        if step.verb == 'results':
            if spent_s > WAIT_S:
                raise self._failed(step, 'the results of the letter are not there')
            return self._hands.results(Path(step.word))
        return self._at_once(step, state)

    def _press(self, step: Step, began: bool, spent_s: float) -> bool:
        """Down, and up again after its time; then a moment of nothing, so that two presses are two."""
        if began:
            self._hands.set(step.word, True)
            self._down = True
        elif self._down and spent_s >= step.seconds:
            self._hands.set(step.word, False)
            self._down = False
        return spent_s >= step.seconds + PRESS_S

    def _wait(self, step: Step, spent_s: float, state: State) -> bool:
        if self._hands.ready() if step.word == READY else state.value == step.word:
            return True
        if spent_s > step.seconds:
            raise self._failed(step, f'after {step.seconds:g} s the booth is in {state.value!r}, not {step.word!r}')
        return False

    def _at_once(self, step: Step, state: State) -> bool:
        if step.verb == 'set':
            self._hands.set(*SWITCHES[step.word])
        elif step.verb == 'speak':
            self._hands.speak(self._sample if step.word == 'sample' else Path(step.word))
        elif step.verb == 'silence':
            self._hands.speak(None)
        elif step.verb in ('fault', 'mend'):
            self._hands.fault(step.word, step.verb == 'fault')
        elif step.verb == 'host':
            self._hands.tell(Event(HOST[step.word]))
        elif step.verb == 'screen':
            self._hands.save_screen(Path(step.word))
        elif step.verb == 'say':
            self._say(step.word)
        elif step.verb == 'expect' and state.value != step.word:
            raise self._failed(step, f'the booth is in {state.value!r}, not {step.word!r}')
        return True

    def _failed(self, step: Step, what: str) -> CutFaultError:
        return CutFaultError(what, where=f'line {step.line} of the script', remedy='see what the booth shows')
