"""The process a command runs in: streams that may be closed, signals that ask it to end, words that leave it, and
what a person sees while a long piece of work goes on.

However it ends, what it was making is taken away on the way out: a signal is an exception like Ctrl-C, not a sudden
death. Only `kill -9` leaves something behind, and the next cut removes that (`appliance.files.HeldFolder`).
"""

from __future__ import annotations

import contextlib
import io
import os
import signal
import sys
from collections.abc import Iterator
from types import FrameType
from typing import TYPE_CHECKING, Any

from appliance.errors import AudioLetterError

if TYPE_CHECKING:  # the room behind it is heavy, and --help must be quick
    from appliance.cut import Watch

ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Ended(KeyboardInterrupt):
    """A signal asked the program to end."""

    def __init__(self, number: int) -> None:
        self.number = number
        super().__init__(signal.Signals(number).name)

    @property
    def exit_code(self) -> int:
        """As a shell counts it."""
        return 128 + self.number


@contextlib.contextmanager
def ending_by_exception() -> Iterator[None]:
    """SIGINT, SIGTERM and SIGHUP raise Ended, once: what cleans up after the first is not disturbed by a second.

    A signal that was ignored when the program started (nohup) stays so. Does nothing outside the main thread.
    """
    try:
        before = {number: signal.getsignal(number) for number in ENDING}
        for number, handler in before.items():
            if handler is not signal.SIG_IGN:
                signal.signal(number, _end)
    except ValueError:  # not the main thread: signals are somebody else's
        yield
        return
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _end(number: int, frame: FrameType | None) -> None:
    for other in ENDING:
        signal.signal(other, signal.SIG_IGN)
    raise Ended(number)


def open_streams() -> None:
    """Give a closed stdin, stdout or stderr the null device, before a file of ours gets its number and is written to
    by whoever complains there."""
    while (descriptor := os.open(os.devnull, os.O_RDWR)) <= 2:
        os.set_inheritable(descriptor, True)
    os.close(descriptor)
    if sys.stdout is None:
        sys.stdout = open(1, 'w', encoding='utf-8', closefd=False)
    if sys.stderr is None:
        sys.stderr = open(2, 'w', encoding='utf-8', closefd=False)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a letter that its encoding does not know is written as in a program
            stream.reconfigure(errors='backslashreplace')


def complain(line: str) -> None:
    """One line on stderr, if there is anybody to read it."""
    with contextlib.suppress(OSError):
        print(f'audioletter: {" ".join(line.split())}', file=sys.stderr, flush=True)


def forget_reader() -> None:
    """The reader of our output has gone: what is still to be said goes nowhere."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, sys.stdout.fileno())
    os.close(null)


def fault_of(error: BaseException) -> dict[str, Any]:
    """What went wrong, for `fault.json` and `--json`: class, exit code, what, where, what to do."""
    fault: dict[str, Any] = {'error': type(error).__name__, 'exit_code': AudioLetterError.exit_code}
    if isinstance(error, AudioLetterError):
        told = {'exit_code': error.exit_code, 'what': error.what, 'where': error.where, 'remedy': error.remedy}
    elif isinstance(error, Ended):
        who = 'the keyboard' if error.number == signal.SIGINT else error.args[0]
        told = {'exit_code': error.exit_code, 'what': f'stopped by {who}; nothing was left behind'}
    elif isinstance(error, KeyboardInterrupt):
        told = {'exit_code': 128 + signal.SIGINT, 'what': 'stopped by the keyboard; nothing was left behind'}
    elif isinstance(error, MemoryError):
        told = {'what': 'there is not enough memory', 'remedy': 'end other programs or allow this one more'}
    else:
        told = {'what': str(error) or type(error).__name__}
    return fault | told


class Bar:
    """A progress bar on stderr, one stage after another."""

    def __init__(self, progress: Any) -> None:
        self._progress = progress
        self._task: Any = None

    def stage(self, name: str) -> None:
        self._finish()
        self._task = self._progress.add_task(name, total=1.0)

    def part(self, done: float) -> None:
        if self._task is not None:
            self._progress.update(self._task, completed=done)

    def _finish(self) -> None:
        if self._task is not None:
            self._progress.update(self._task, completed=1.0)


@contextlib.contextmanager
def watching(quiet: bool) -> Iterator[Watch]:
    """A bar if stderr is a terminal, silence otherwise or when `quiet`."""
    from appliance.cut import Quiet

    if quiet or not sys.stderr.isatty():
        yield Quiet()
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn('{task.description:<12}'), BarColumn(), TimeElapsedColumn())
    # a descriptor of its own: reading silences number 2 for a while (appliance.sound.reading)
    with (
        open(os.dup(sys.stderr.fileno()), 'w', encoding='utf-8') as terminal,
        Progress(*columns, console=Console(file=terminal), transient=True) as progress,
    ):
        bar = Bar(progress)
        yield bar
        bar.stage('done')
