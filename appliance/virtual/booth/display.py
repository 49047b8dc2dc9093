"""A virtual LCD: the frame buffer that a panel would hold."""

from __future__ import annotations

import threading

from PIL import Image

from appliance.screens.view import HEIGHT, WIDTH


class VirtualDisplay:
    """Implements `doors.Display`; `frame` and `lit` may be looked at from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._serial = 0
        self._pixels = bytes(WIDTH * HEIGHT * 3)
        self.lit = True

    def show(self, image: Image.Image) -> None:
        pixels = image.tobytes()
        with self._lock:
            if pixels != self._pixels:
                self._pixels = pixels
                self._serial += 1

    def light(self, lit: bool) -> None:
        self.lit = lit

    def close(self) -> None:
        """A panel keeps its last picture."""

    def frame(self) -> tuple[int, bytes]:
        """A number that grows with each change, and WIDTH x HEIGHT pixels of three bytes, RGB, row by row."""
        with self._lock:
            return self._serial, self._pixels
