"""What the cutter's child says unasked: how the interlock stands while nothing moves."""

from __future__ import annotations

import contextlib
import math
import queue
from collections.abc import Callable
from typing import Any, Protocol

from appliance import orders
from appliance.errors import AudioLetterError
from appliance.interlock.link import Standing
from appliance.interlock.watch import LOOK_S

Say = Callable[[Any], None]


class Looks(Protocol):
    """Of `interlock.watch`, and of the virtual interlock."""

    def look(self) -> Standing | None: ...

    def give_back(self) -> None: ...


class Standby:
    """Belongs to the thread that carries out orders."""

    def __init__(self, watch: Callable[[], Looks], say: Say, now_s: Callable[[], float]) -> None:
        self._say, self._now_s, self._looked_s = say, now_s, -math.inf
        self._watch: Looks | None = None
        self._standing: Standing | None = None
        try:
            self._watch = watch()
        except AudioLetterError as error:  # of the machine file: no look makes it better
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
            self._look(self._watch)

    def glance(self) -> None:
        """While an order is carried out that moves nothing: mastering a letter may take minutes."""
        if self._watch is not None and self._now_s() - self._looked_s >= LOOK_S:
            self._look(self._watch)

    def _look(self, watch: Looks) -> None:
        """Told when it is another."""
        standing, self._looked_s = watch.look(), self._now_s()
        if standing is not None and standing != self._standing:
            self._standing = standing
            self._say(standing)
