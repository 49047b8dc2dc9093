"""The poller: reads the controls every few milliseconds, in a thread of its own where there is one.

Whatever else the loop does, a press, an open lid and the stop button are seen in time.
"""

from __future__ import annotations

import threading

from appliance.booth.debounce import Debouncer
from appliance.booth.doors import Controls, Inputs
from appliance.clock import Clock
from appliance.kiosk.house.knock import Knock
from appliance.kiosk.live import Tell

POLL_S = 0.004  # while something moves, and for a moment after
QUIET_POLL_S = 0.01  # while nothing does: polling was a quarter of what an idle booth costs
MOVES_S = 0.5


class Poller:
    """Tells `tell` what has happened at the controls."""

    def __init__(self, controls: Controls, bounce_s: float, clock: Clock, tell: Tell) -> None:
        self._controls = controls
        self._debouncer = Debouncer(bounce_s)
        self._knock = Knock()
        self._clock = clock
        self._tell = tell
        self._over = threading.Event()
        self._inputs: Inputs | None = None
        self._moves_until_s = 0.0
        self._thread: threading.Thread | None = None
        self._failure: Exception | None = None
        self.polls = 0  # counted

    def poll(self) -> None:
        """One reading."""
        self.polls += 1
        inputs, now_s = self._controls.read(), self._clock.now_s()
        if inputs != self._inputs:
            self._inputs, self._moves_until_s = inputs, now_s + MOVES_S
        knocked = self._knock.take(inputs, now_s)
        for event in self._debouncer.take(inputs, now_s):
            self._tell(self._knock.marked(event, now_s))
        for event in knocked:
            self._tell(event)

    @property
    def rest_s(self) -> float:
        """Until the next reading."""
        return POLL_S if self._clock.now_s() < self._moves_until_s else QUIET_POLL_S

    def start(self) -> None:
        """Poll by itself from now on."""
        self._thread = threading.Thread(target=self._run, name='poller', daemon=True)
        self._thread.start()

    @property
    def alone(self) -> bool:
        """Whether it polls by itself."""
        return self._thread is not None

    def check(self) -> None:
        """Raises the mistake of the program that has ended the polling: a booth that does not see its lid must end."""
        if self._failure is not None:
            raise self._failure

    def close(self) -> None:
        self._over.set()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        try:
            while not self._over.is_set():
                self.poll()
                self._clock.rest(self.rest_s)
        except Exception as error:
            self._failure = error
