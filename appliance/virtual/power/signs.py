"""Signs of life of whoever watches over the virtual machine, counted in that machine's own time.

A real machine has power for LIVES_S after a sign of life, and no longer; so has the virtual one. But its time may pass
many times as fast as its supervisor's, on a computer that may be busy with anything. So it asks for a sign at a moment
of its own time, and its time stands still until that comes: a supervisor that is late loses nothing. One that has said
nothing for FROZEN_S is taken for frozen; then time passes without it, and the interlock does what it is for.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable

from appliance.interlock.pico import LIVES_S

FROZEN_S = 5.0  # on the computer's clock
SLICE_S = 0.05  # whoever sleeps himself meanwhile (Ctrl-Z stops all of a booth) has waited for no longer than this
ASK_S = 0.04  # since the last sign, until another is asked for


class Signs:
    """`heard` and `gone` from any thread; all else belongs to whoever moves the machine."""

    def __init__(self, ask: Callable[[float], None], frozen_s: float = FROZEN_S) -> None:
        """`ask(ms)`: for a sign of life that is no older than that; it must not wait for anybody."""
        self._ask, self._slices = ask, math.ceil(frozen_s / SLICE_S)
        self._changed = threading.Condition()
        self._heard_ms = self._asked_ms = -math.inf
        self._gone = self._frozen = False

    def heard(self, ms: float) -> None:
        """It lived when the machine's time had come to `ms`."""
        with self._changed:
            self._heard_ms = max(self._heard_ms, ms)
            self._changed.notify_all()

    def gone(self) -> None:
        """It is dead, and says so."""
        with self._changed:
            self._gone = True
            self._changed.notify_all()

    def left_s(self, now_ms: float) -> float:
        """How long it is still believed to be alive."""
        return (self._heard_ms - now_ms) / 1000 + LIVES_S

    def wait_anew(self, now_ms: float) -> None:
        """Before power is asked for: for a sign of this moment, also of somebody who was taken for frozen."""
        self._frozen = False
        self.wait_for(now_ms, LIVES_S)

    def wait_for(self, now_ms: float, least_s: float) -> None:
        """Until it is believed to be alive for so long, or for dead or frozen."""
        if self.left_s(now_ms) >= least_s:
            self._frozen = False
            if self._asked_ms <= self._heard_ms < now_ms - ASK_S * 1000:
                self._ask_at(now_ms)
            return
        for _ in range(self._slices):
            if self._gone or self._frozen:
                return
            self._ask_at(now_ms)
            with self._changed:
                if self._changed.wait_for(lambda: self._gone or self.left_s(now_ms) >= least_s, SLICE_S):
                    return
        self._frozen = True

    def _ask_at(self, now_ms: float) -> None:
        self._asked_ms = now_ms
        self._ask(now_ms)
