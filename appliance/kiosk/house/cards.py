"""Cards that are shown: whose they are is found out beside the loop, and too many unknown ones are not looked at."""

from __future__ import annotations

import logging
from typing import Protocol

from appliance.config.tokens import whose
from appliance.kiosk.archivist import Archivist, Job
from appliance.message import Stores
from appliance.workflow.values import Event, Kind

TRIES = 5  # unknown cards in a row
LOCKED_S = 60.0
log = logging.getLogger('audioletter')


class Reader(Protocol):
    """What reads cards. Never raises once made."""

    cause: str  # why it cannot be used; empty when all is well

    def poll(self) -> tuple[str, ...]:
        """The cards shown since it was asked last."""

    def close(self) -> None: ...


class Cards:
    """Belongs to the loop's thread. ATTEND with the name of a card that is known follows from `poll`, later."""

    def __init__(self, reader: Reader, archivist: Archivist[Stores]) -> None:
        self._reader, self._archivist = reader, archivist
        self._looking = False
        self._unknown = 0
        self._locked_until_s = 0.0

    @property
    def cause(self) -> str:
        return self._reader.cause

    def poll(self, tokens: tuple[str, ...], now_s: float) -> None:
        """One card at a time; what is shown meanwhile is passed over."""
        for card in self._reader.poll():
            if self._looking or now_s < self._locked_until_s:
                continue
            self._looking = True
            self._archivist.give(
                Job('look whose card it is', lambda stores, card=card: whose(card, tokens),  # type: ignore[misc]
                    lambda name: self._found(name, now_s), lambda error: self._found('', now_s))
            )  # fmt: skip

    def close(self) -> None:
        self._reader.close()

    def _found(self, name: str, now_s: float) -> tuple[Event, ...]:
        self._looking = False
        self._unknown = 0 if name else self._unknown + 1
        if name:
            return (Event(Kind.ATTEND, name),)
        log.warning('a card was shown that is not known')
        if self._unknown >= TRIES:
            self._unknown, self._locked_until_s = 0, now_s + LOCKED_S
        return ()
