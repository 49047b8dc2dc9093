"""What a person sees while a long piece of work goes on: nothing at all when nobody is watching."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # the room behind it is heavy, and --help must be quick
    from appliance.cut import Watch


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


@contextmanager
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
