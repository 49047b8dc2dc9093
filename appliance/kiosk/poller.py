"""The poller: reads the controls every few milliseconds, in a thread of its own where there is one.

Whatever else the loop does, a press, an open lid and the stop button are seen in time.
"""

from __future__ import annotations

import threading

from appliance.booth.debounce import Debouncer
from appliance.booth.doors import Controls
from appliance.clock import Clock
from appliance.kiosk.live import Tell

POLL_S = 0.004


class Poller:
    """Tells `tell` what has happened at the controls."""

    def __init__(self, controls: Controls, bounce_s: float, clock: Clock, tell: Tell) -> None:
        self._controls = controls
        self._debouncer = Debouncer(bounce_s)
        self._clock = clock
        self._tell = tell
        self._over = threading.Event()
        self._thread: threading.Thread | None = None

    def poll(self) -> None:
        """One reading."""
        for event in self._debouncer.take(self._controls.read(), self._clock.now_s()):
            self._tell(event)

    def start(self) -> None:
        """Poll by itself from now on."""
        self._thread = threading.Thread(target=self._run, name='poller', daemon=True)
        self._thread.start()

    @property
    def alone(self) -> bool:
        """Whether it polls by itself."""
        return self._thread is not None

    def close(self) -> None:
        self._over.set()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        while not self._over.is_set():
            self.poll()
            self._clock.rest(POLL_S)
