"""What somebody typed before, in the run folder: in memory with all that must not outlive the power, a file for each
name, the last lines only. Commands that the booth calls private (they hold addresses) are not kept in it."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import quote

from prompt_toolkit.history import History

KEPT = 300  # lines
MAX_BYTES = 64 * 1024
PREFIX = 'history-'


class Remembered(History):
    """prompt_toolkit's history; `keep` writes what is to be there next time."""

    def __init__(self, folder: Path, who: str) -> None:
        super().__init__()
        self._file = folder / f'{PREFIX}{quote(who, safe="")[:100]}'

    def load_history_strings(self) -> Iterable[str]:
        """The latest first."""
        return reversed(self._lines())

    def store_string(self, string: str) -> None:
        """Whether it is kept is known only when it has run: see `keep`."""

    def keep(self, line: str) -> None:
        """At the end of the file; a file that cannot be written keeps nothing, and nobody is troubled with that."""
        lines = [*self._lines(), line.strip()][-KEPT:]
        while lines and sum(len(each.encode('utf-8', 'replace')) + 1 for each in lines) > MAX_BYTES:
            lines.pop(0)
        beside = self._file.with_name(f'{self._file.name}.{os.getpid()}')
        with contextlib.suppress(OSError):
            handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
            with os.fdopen(handle, 'w', encoding='utf-8', errors='replace') as file:
                file.writelines(f'{each}\n' for each in lines)
            beside.replace(self._file)

    def _lines(self) -> list[str]:
        try:
            with self._file.open('rb') as file:
                return file.read(MAX_BYTES).decode('utf-8', 'replace').splitlines()
        except OSError:
            return []
