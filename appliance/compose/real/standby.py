"""What the cutter's child says unasked between its orders: how the interlock stands while nothing moves."""

from __future__ import annotations

import contextlib
import queue
from collections.abc import Callable
from typing import Any

from appliance import orders
from appliance.errors import AudioLetterError
from appliance.interlock.link import Standing
from appliance.interlock.watch import LOOK_S, Watch

Say = Callable[[Any], None]


class Standby:
    """Between the orders of a real machine's booth; of a virtual one there is nothing to look at."""

    def __init__(self, watch: Callable[[], Watch | None], say: Say) -> None:
        self._say = say
        self._standing: Standing | None = None
        try:
            self._watch = watch()
        except AudioLetterError as error:  # of the machine file: no look makes it better
            self._watch = None
            say(Standing(error.key, error.line))

    def next(self, given: queue.Queue[Any]) -> Any:
        """The next order. The line is free for it, if it is one that moves the machine."""
        if self._watch is None:
            return given.get()
        while True:
            with contextlib.suppress(queue.Empty):
                order = given.get(timeout=LOOK_S)
                if order is None or isinstance(order, orders.Cut | orders.Errand):
                    self._watch.give_back()
                return order
            self._look(self._watch.look())

    def _look(self, standing: Standing | None) -> None:
        """Told when it is another."""
        if standing is not None and standing != self._standing:
            self._standing = standing
            self._say(standing)
