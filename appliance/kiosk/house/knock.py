"""The knock of an attendant: the right pad, then the left one as well, both held for a while. Pure; time is handed in.

The right pad comes first because on the screens of a fault it does nothing; a left pad that is touched while the right
one has just been is told apart, so that no knock makes a visitor leave.
"""

from __future__ import annotations

from dataclasses import replace

from appliance.booth.doors import Inputs
from appliance.workflow.reduce import WITH_RIGHT
from appliance.workflow.values import Event, Kind

HOLD_S = 3.0
CHORD_S = 2.0  # a right pad that is held longer is stuck, and makes no chord


class Knock:
    """Give it every reading, in order."""

    def __init__(self) -> None:
        self._right_s: float | None = None  # since when the pad is touched
        self._both_s: float | None = None
        self._told = False

    def take(self, inputs: Inputs, now_s: float) -> tuple[Event, ...]:
        """KNOCK, once for each time both were held."""
        self._right_s = None if not inputs.right else now_s if self._right_s is None else self._right_s
        if not (inputs.known and inputs.left and inputs.right):
            self._both_s, self._told = None, False
            return ()
        if self._both_s is None:
            self._both_s = now_s
        if self._told or now_s - self._both_s < HOLD_S:
            return ()
        self._told = True
        return (Event(Kind.KNOCK),)

    def marked(self, event: Event, now_s: float) -> Event:
        """A touch of the left pad that may be the beginning of a knock says so."""
        if event.kind is Kind.LEFT and self._right_s is not None and now_s - self._right_s < CHORD_S:
            return replace(event, text=WITH_RIGHT)
        return event
