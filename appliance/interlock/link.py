"""The link to the interlock: the one thing that can let power reach motors and head, and take it away."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Status:
    """What the interlock says now. Anything unknown, missing or late reads as not closed."""

    closed: bool
    cause: str = ''  # why not: one sentence for the host
    key: str = 'lathe'  # of the cause, in `appliance.words.reasons`


@dataclass(frozen=True, slots=True)
class Standing:
    """How the interlock is while nothing moves. `key`: of `appliance.words.reasons`, '' while all is well. `firmware`:
    what answered, in words; '' if nothing has."""

    key: str = ''
    cause: str = ''
    firmware: str = ''
    as_here: bool = True  # or it is not what would be flashed for this machine


class Link(Protocol):
    """Implemented by the real link to the microcontroller, and by the virtual interlock."""

    @property
    def current_ma(self) -> int | None:
        """Of all that has power, motor drivers and head; None: nobody measures it, or it is not known now."""

    def status(self) -> Status:
        """Lid, stop button and the link itself; never raises, a dead link is an open one."""

    def permit(self, step_ms: int = 0) -> Status:
        """Power on, as long as the interlock is closed and `status` is asked for. Not closed: why it did not come.
        `step_ms`: once anything moves, the platter gets a step at least so often; 0: it is to stand."""

    def parking(self) -> None:
        """The head is up for good: from here on the platter may stand. Safe to call again and again."""

    def ending(self) -> None:
        """The chain is about to end: from here on it may be silent. Safe to call again and again."""

    def revoke(self) -> None:
        """Power off; safe at any time, twice."""


class Beside:
    """Implements `Link` on top of another: whoever looks on hears each status as well, and passes all else on."""

    def __init__(self, link: Link) -> None:
        self._link = link

    @property
    def current_ma(self) -> int | None:
        return self._link.current_ma

    def status(self) -> Status:
        return self._link.status()

    def permit(self, step_ms: int = 0) -> Status:
        return self._link.permit(step_ms)

    def parking(self) -> None:
        self._link.parking()

    def ending(self) -> None:
        self._link.ending()

    def revoke(self) -> None:
        self._link.revoke()
