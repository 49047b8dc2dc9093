"""What the booth has told its log lately, in memory. Never speech, never a visitor's name: the log holds neither."""

from __future__ import annotations

import logging
import threading
from collections import deque
from dataclasses import dataclass

ENTRIES = 5_000  # some days of a busy booth
LONGEST = 2_000  # characters of one


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that was told."""

    at_s: float  # since 1970, as the computer believed then
    level: int  # of logging
    text: str


class Journal(logging.Handler):
    """The newest entries; the oldest go."""

    def __init__(self, entries: int = ENTRIES) -> None:
        super().__init__(logging.INFO)
        self._entries: deque[Entry] = deque(maxlen=entries)
        self._own = threading.Lock()

    def emit(self, record: logging.LogRecord) -> None:
        text = record.getMessage()
        if record.exc_info:
            text = f'{text}\n{logging.Formatter().formatException(record.exc_info)}'
        with self._own:
            self._entries.append(Entry(record.created, record.levelno, text[:LONGEST]))

    def entries(self) -> tuple[Entry, ...]:
        """The oldest first."""
        with self._own:
            return tuple(self._entries)
