"""A person at a terminal: prompt, completion, history. Ctrl-C ends the command that runs and never the shell; Ctrl-D
on an empty line ends the shell.

The prompt says how the booth is and who has the command of it. Completion asks the booth. When the booth goes, the
shell stays, and the next command looks for it again.

Of what prompt_toolkit offers, what could start a program is off: no editor, no `!`, no suspending.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from shlex import quote
from typing import Any

from prompt_toolkit import PromptSession
from prompt_toolkit.application import get_app, in_terminal
from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.data_structures import Size
from prompt_toolkit.document import Document
from prompt_toolkit.input.vt100 import Vt100Input
from prompt_toolkit.output.vt100 import Vt100_Output
from prompt_toolkit.shortcuts import CompleteStyle

from appliance.errors import AudioLetterError
from appliance.shell.errand import Ending, Errands
from appliance.shell.history import Remembered
from appliance.shell.keyboard import typed_lines
from appliance.shell.layout import harmless
from appliance.shell.link import GoneError, Line, Link
from appliance.shell.printing import Json, width_now
from appliance.shell.setup.wizard import WORD, Wizard
from appliance.shell.tables import NOTE, PROBLEM, Drawn
from appliance.shell.way_out import WAY_OUT
from appliance.shell.words import says, split

COMPLETE_S = 2.0  # a Pi at full load answers in less
LEAVE = ('exit', 'quit', 'logout')
GREETING = 'help lists the commands. Tab completes, Ctrl-C stops what runs, Ctrl-D leaves.'


@dataclass(frozen=True, slots=True)
class Host:
    """Who sits there, and what the session may reach."""

    who: str
    folder: Path  # where what was typed is remembered
    connect: Callable[[], Link]
    way_out: Callable[[Callable[[list[str]], Ending]], None]  # does not return from where it leads
    how_to_run: str
    set_up: Path | None = None  # is made when the booth has been set up; without it the wizard begins by itself


class Session:
    """One shell, from its first prompt to Ctrl-D."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._errands: Errands | None = None
        self._booth: Line = {}
        self._typing = False
        self._unsaid: list[tuple[str, str]] = []
        self._history = Remembered(host.folder, host.who)
        self._prompt: PromptSession[str] = PromptSession(
            history=self._history,
            completer=_Completion(self._choices),
            complete_while_typing=False,
            complete_style=CompleteStyle.READLINE_LIKE,  # at once, in order with the other keys, and no menu to paint
            reserve_space_for_menu=0,
            enable_open_in_editor=False,
            enable_system_prompt=False,
            enable_suspend=False,
            # Without asking the terminal where its cursor is: a slow line's answer would end up among what is typed.
            input=_Keys(sys.stdin),
            output=Vt100_Output(sys.stdout, _size, term=os.environ.get('TERM'), enable_cpr=False),
        )

    def run(self) -> int:
        """Until Ctrl-D; 0."""
        drawn = Drawn()
        with _signals():
            try:
                self._connected()
            except AudioLetterError as error:
                drawn.coloured(error.line, PROBLEM)
            drawn.say({'kind': 'line', 'text': GREETING})
            if self._wizard().wanted:
                self._ran(WORD)
            while True:
                try:
                    if not self._ran(self._typed()):
                        break
                except KeyboardInterrupt:
                    continue
                except EOFError:
                    break
        self._hang_up()
        return 0

    def _typed(self) -> str:
        """A line; the booth may speak meanwhile."""
        self._typing = True
        try:
            return self._prompt.prompt(self._message, pre_run=self._listen)
        finally:
            self._typing = False
            self._say_all()

    def _message(self) -> str:
        if self._errands is None:
            return 'no booth> '
        state = harmless(str(self._booth.get('state') or 'booth'))
        if self._booth.get('yours'):
            return f'{state} (yours)> '
        command = harmless(str(self._booth.get('command') or ''))
        return f'{state} ({command})> ' if command else f'{state}> '

    def _ran(self, line: str) -> bool:
        """Run one line; False if it was to leave."""
        drawn = Drawn(f'{self._host.how_to_run} {line.strip()}')
        try:
            words = split(line)
            if not words:
                return True
            if words[0] in LEAVE:
                return False
            if words == WAY_OUT:
                self._host.way_out(lambda words: self._connected().run(words, drawn))
            if words == [WORD]:
                self._wizard().whole()
                return True
            with typed_lines(False):
                ending = self._connected().run(words, Json() if says('--json', words) else drawn)
            if ending.code:
                drawn.coloured(ending.line, PROBLEM)
            if not ending.private and not line.startswith(' '):
                self._history.keep(line)
        except GoneError as error:
            self._hang_up()
            drawn.coloured(error.line, PROBLEM)
        except AudioLetterError as error:
            drawn.coloured(error.line, PROBLEM)
        except KeyboardInterrupt:  # out of the wizard
            drawn.coloured('', NOTE)
        return True

    def _wizard(self) -> Wizard:
        def run(words: list[str]) -> Ending:
            with typed_lines(False):
                ending = self._connected().run(words, Drawn())
            if ending.code:
                say(ending.line, PROBLEM)
            return ending

        def say(text: str, style: str = NOTE) -> None:
            Drawn().coloured(text, style)

        return Wizard(input, run, say, self._host.set_up)

    def _connected(self) -> Errands:
        if self._errands is None:
            self._booth = {}
            self._errands = Errands(self._host.connect(), self._told)
        self._errands.link.is_wide(width_now())
        return self._errands

    def _hang_up(self) -> None:
        if self._errands is not None:
            self._errands.link.close()
        self._errands = None

    def _told(self, line: Line) -> None:
        """The booth tells everybody: how it is, or a note."""
        if 'state' in line:
            self._booth = line
            if self._typing:
                get_app().invalidate()
        if 'note' in line:
            self._say(str(line['note']), NOTE)

    def _say(self, text: str, style: str) -> None:
        """At once, or above the line that is being typed."""
        self._unsaid.append((text, style))
        if not self._typing:
            self._say_all()
        elif not get_app().is_done:
            get_app().create_background_task(self._say_above())

    def _say_all(self) -> None:
        while self._unsaid:
            Drawn().coloured(*self._unsaid.pop(0))

    async def _say_above(self) -> None:
        """Called off if the line is entered first; what is unsaid then is said below it."""
        async with in_terminal():
            self._say_all()

    def _listen(self) -> None:
        """While somebody types, what the booth says is heard at once."""
        if self._errands is not None:
            self._hear()
        if self._errands is not None:
            asyncio.get_running_loop().add_reader(self._errands.link.fileno(), self._hear)

    def _hear(self) -> None:
        errands = self._errands
        if errands is None:
            return
        handle = errands.link.fileno()
        try:
            for line in errands.link.waiting():
                errands.stray(line)
        except GoneError as error:
            asyncio.get_running_loop().remove_reader(handle)
            self._hang_up()
            self._say(error.line, PROBLEM)

    def _choices(self, text: str) -> list[str]:
        """What the booth would complete `text` with."""
        try:
            choices = self._connected().complete(text, COMPLETE_S)
        except AudioLetterError:
            return []
        self._hear()
        return choices


class _Keys(Vt100Input):
    """Keys that are pressed while something is printed above the line wait for the line: prompt_toolkit would let the
    terminal echo them meanwhile, in front of the prompt."""

    def cooked_mode(self) -> contextlib.AbstractContextManager[None]:
        return contextlib.nullcontext()


class _Completion(Completer):
    """The word before the cursor, completed by the booth."""

    def __init__(self, choices: Callable[[str], list[str]]) -> None:
        self._choices = choices

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterable[Completion]:
        text = document.text_before_cursor
        begun = '' if text[-1:].isspace() else (text.split() or [''])[-1]
        choices = self._choices(text)
        for choice in choices:
            word = quote(harmless(choice)) + (' ' if len(choices) == 1 else '')
            yield Completion(word, start_position=-len(begun), display=harmless(choice))


def _size() -> Size:
    """Of the terminal now; one that does not know its own is like most."""
    try:
        rows, columns = os.get_terminal_size(1)[::-1]
    except OSError:
        rows, columns = 0, 0
    return Size(rows=rows or 24, columns=columns or 80)


@contextlib.contextmanager
def _signals() -> Iterator[None]:
    """Ctrl-C is a KeyboardInterrupt however often; Ctrl-\\ and Ctrl-Z do nothing."""
    wanted: dict[signal.Signals, Any] = {
        signal.SIGINT: signal.default_int_handler,
        signal.SIGQUIT: signal.SIG_IGN,
        signal.SIGTSTP: signal.SIG_IGN,
    }
    before = {number: signal.signal(number, handler) for number, handler in wanted.items()}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
