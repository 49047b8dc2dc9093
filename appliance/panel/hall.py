"""What all tabs share: who holds which control down, whose microphone is heard, and the frame as it is sent."""

from __future__ import annotations

import zlib

import numpy as np

from appliance.panel.handles import Booth
from appliance.screens.view import HEIGHT, WIDTH

HELD = ('record', 'left', 'right')  # springs back when the finger goes
SWITCHED = ('lid_closed', 'blank', 'stop_pressed')  # stays
MAX_TABS = 16
FEW = 8  # frames kept compressed: tabs are seldom further apart than that


class Hall:
    """Used by the event loop's thread alone."""

    def __init__(self, booth: Booth) -> None:
        self.booth = booth
        self.voice: object | None = None  # the tab whose microphone is heard
        self.tabs = 0
        self._down: dict[str, set[object]] = {name: set() for name in HELD}
        self._packed: dict[tuple[int, int], tuple[int, int, bytes]] = {}

    def hold(self, tab: object, name: str, on: bool) -> None:
        """A control that springs back is down while any tab holds it."""
        fingers = self._down[name]
        was = bool(fingers)
        fingers.add(tab) if on else fingers.discard(tab)
        if bool(fingers) != was:
            self.booth.set(name, bool(fingers))

    def leave(self, tab: object) -> None:
        """A tab that is gone touches nothing."""
        for name in HELD:
            self.hold(tab, name, False)
        if self.voice is tab:
            self.voice = None

    def rows(self, before: tuple[int, bytes], now: tuple[int, bytes]) -> tuple[int, int, bytes]:
        """First row, number of rows, and those rows compressed: what turns the frame `before` into `now`.

        `before` may be empty. Compressed once, whoever asks.
        """
        key = (before[0], now[0])
        if key not in self._packed:
            while len(self._packed) >= FEW:
                self._packed.pop(next(iter(self._packed)))
            first, last = _changed(before[1], now[1])
            row = WIDTH * 3
            self._packed[key] = first, last - first, zlib.compress(now[1][first * row : last * row], 1)
        return self._packed[key]


def _changed(before: bytes, now: bytes) -> tuple[int, int]:
    """The rows that differ, from the first to behind the last."""
    if len(before) != len(now):
        return 0, HEIGHT
    shape = (HEIGHT, WIDTH * 3)
    one, other = (np.frombuffer(frame, np.uint8).reshape(shape) for frame in (before, now))
    (rows,) = np.nonzero((one != other).any(axis=1))
    return (int(rows[0]), int(rows[-1]) + 1) if len(rows) else (0, 0)
