"""The painter: draws the newest view and brings it to the LCD, in a thread of its own where there is one.

A small Pi needs longer for a frame than a button may wait; the loop hands a view over and goes on.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

from appliance.booth.doors import Display
from appliance.screens import draw
from appliance.screens.view import View


class Painter:
    """`show` keeps only the newest view: a slow screen shows fewer frames, never old ones."""

    def __init__(self, display: Display, *, threads: bool, broke: Callable[[Exception], None]) -> None:
        """`broke` hears of a mistake in a screen, in whatever thread: the booth goes on with the picture before it, for
        who cannot see it can still hear, press and stop."""
        self._display = display
        self._broke = broke
        self._wanted: View | None = None
        self._shown: View | None = None
        self._wake = threading.Condition()
        self._over = False
        self.brought = 0  # counted, with what was the same as before
        self.busy = False
        self._thread = threading.Thread(target=self._paint, name='painter', daemon=True) if threads else None
        if self._thread is not None:
            self._thread.start()

    def show(self, view: View) -> None:
        if self._thread is None:
            self._bring(view)
            return
        with self._wake:
            self._wanted, self.busy = view, True
            self._wake.notify()

    def stop(self) -> None:
        """The last view is brought to the screen first; the display stays open."""
        with self._wake:
            self._over = True
            self._wake.notify()
        if self._thread is not None:
            self._thread.join()

    def _paint(self) -> None:
        while True:
            with self._wake:
                self._wake.wait_for(lambda: self._wanted is not None or self._over)
                view, self._wanted = self._wanted, None
            if view is None:
                return
            self._bring(view)
            self.brought += 1
            with self._wake:
                self.busy = self._wanted is not None

    def _bring(self, view: View) -> None:
        if view == self._shown:
            return
        try:
            self._display.show(draw(view))
            if self._shown is None or self._shown.dark != view.dark:
                self._display.light(not view.dark)
        except Exception as error:  # of whatever kind: a painter that ends would leave a picture that never changes
            self._broke(error)
        self._shown = view
