"""A sound card that exists only as time: it gives blocks as a real one does, ready or not, and counts what is lost."""

from __future__ import annotations

import threading
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from appliance.booth.doors import SOUND_RATE_HZ
from appliance.clock import Clock

BLOCK = 480  # samples: 10 ms
BUFFER_S = 0.04  # what the card holds: what is not fetched by then is overwritten


class PacedCard:
    """Its thread wakes for every block, as PortAudio's does, and competes with all else for the processor."""

    def __init__(
        self,
        clock: Clock,
        source: Callable[[int], NDArray[np.float32]],
        take: Callable[[NDArray[np.float32], bool], None],
    ) -> None:
        """`source(count)` gives the next samples; `take(block, overrun)` is the callback, in the card's thread."""
        self._clock = clock
        self._source = source
        self._take = take
        self._quit = False
        self._thread: threading.Thread | None = None
        self._began_s = 0.0
        self.given = 0  # samples
        self.overruns = 0  # blocks that nobody fetched in time

    def start(self) -> None:
        self._quit, self._began_s = False, self._clock.now_s()
        self._thread = threading.Thread(target=self._run, name='paced card', daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._quit = True
        if self._thread is not None:
            self._thread.join()

    def turn(self) -> None:
        """Every block that is due by now; of those that waited longer than the buffer is, the oldest are lost."""
        due = int((self._clock.now_s() - self._began_s) * SOUND_RATE_HZ) // BLOCK - self.given // BLOCK
        lost = max(0, due - round(BUFFER_S * SOUND_RATE_HZ / BLOCK))
        for number in range(due):
            block = self._source(BLOCK)
            self.given += BLOCK
            if number < lost:
                self.overruns += 1
            else:
                self._take(block, number == lost and lost > 0)

    def _run(self) -> None:
        while not self._quit:
            next_s = self._began_s + (self.given + BLOCK) / SOUND_RATE_HZ
            self._clock.rest(next_s - self._clock.now_s())
            self.turn()
