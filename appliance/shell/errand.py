"""One command, from its words to its end: what it says is printed, what it asks is asked, Ctrl-C cancels it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from appliance.clock import monotonic_s
from appliance.errors import AudioLetterError, CutFaultError
from appliance.shell.keyboard import Keyboard
from appliance.shell.link import GoneError, Interrupts, Line, Link
from appliance.shell.printing import Parts, Say

CANCEL_S = 10.0  # a booth that goes on for so long after Ctrl-C is hung up on, which ends whatever it does
CANCELLED = 130


class Printer(Protocol):
    """`printing.Text` and what is like it."""

    def say(self, said: Say) -> None: ...


@dataclass(frozen=True, slots=True)
class Ending:
    """How a command ended."""

    code: int
    what: str = ''
    where: str = ''
    remedy: str = ''
    private: bool = False  # its words are not to be kept

    @property
    def line(self) -> str:
        """What is wrong, in one line."""
        if self.what:
            return AudioLetterError(self.what, where=self.where, remedy=self.remedy).line
        return 'stopped' if self.code == CANCELLED else 'it failed'

    @property
    def fault(self) -> dict[str, Any]:
        return {'exit_code': self.code, 'what': self.what, 'where': self.where, 'remedy': self.remedy}


class Errands:
    """Runs commands one after another over one link. `told`: for lines that belong to no command; `piped`: stdin is
    where the commands come from."""

    def __init__(self, link: Link, told: Callable[[Line], None], yes: bool = False, piped: bool = False) -> None:
        self.link = link
        self._told = told
        self._yes = yes
        self._piped = piped
        self._last_id = 0

    def run(self, words: list[str], printer: Printer) -> Ending:
        """GoneError when the booth hangs up meanwhile, ReaderGoneError when whoever reads the output does."""
        parts = Parts()
        until_s: float | None = None
        with Interrupts() as interrupts:  # before the first word: from then on Ctrl-C must reach the booth
            number = self._begin({'do': words})
            keyboard = Keyboard(self.link, number, interrupts, self._piped)
            while True:
                came = self.link.next(until_s, interrupts, out=1)
                if came is None:
                    what = f'the booth did not stop it within {CANCEL_S:g} s, so this shell hung up'
                    raise GoneError(what, where=' '.join(words)[:60], remedy='look at status')
                if not isinstance(came, dict):
                    until_s = until_s or monotonic_s() + CANCEL_S
                    self.link.send({'id': number, 'cancel': True})
                elif came.get('id') != number:
                    self.stray(came)
                elif 'end' in came:
                    return _ending(came['end'], until_s is not None)
                elif 'say' in came:
                    whole = parts.take(came['say'] if isinstance(came['say'], dict) else {})
                    if whole is not None:
                        printer.say(whole)
                else:
                    self._answer(number, came, keyboard)

    def complete(self, text: str, wait_s: float) -> list[str]:
        """What may come next; nothing if the booth does not say so in time."""
        number = self._begin({'complete': text})
        until_s = monotonic_s() + wait_s
        while isinstance(came := self.link.next(until_s), dict):
            if came.get('id') == number:
                return [str(choice) for choice in came.get('choices', ())]
            self.stray(came)
        return []

    def stray(self, line: Line) -> None:
        """A line that belongs to no command that runs; GoneError if it is the booth's last."""
        if 'error' in line:
            raise GoneError(f'the booth has hung up: {line["error"]}', where=self.link.where)
        if 'id' not in line:
            self._told(line)

    def _begin(self, line: Line) -> int:
        self._last_id += 1
        self.link.send({'id': self._last_id, **line})
        return self._last_id

    def _answer(self, number: int, came: Line, keyboard: Keyboard) -> None:
        if 'ask' in came:
            self.link.send({'id': number, 'answer': self._yes or keyboard.asked(str(came['ask']))})
        elif came.get('want') == 'input':
            for line in keyboard.file():
                self.link.send({'id': number, **line})
        else:
            raise CutFaultError('the booth says what this shell does not understand', remedy='are both of one version?')


def _ending(end: Any, cancelled: bool) -> Ending:
    if not isinstance(end, dict) or not isinstance(end.get('code'), int):
        raise CutFaultError('the booth says what this shell does not understand', remedy='are both of one version?')
    told = {key: str(end.get(key, '')) for key in ('what', 'where', 'remedy')}
    code = CANCELLED if cancelled and end['code'] == 0 else end['code']
    return Ending(code, **told, private=bool(end.get('private')))
