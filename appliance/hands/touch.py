"""Bounces of each pad, button and sensor: presses are counted as they are, and how long each contact takes to make up
its mind. Pure; time is handed in."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import ceil

from appliance.booth.doors import Inputs

NAMES = ('record', 'left', 'right', 'lid_closed', 'blank', 'stop_pressed')
TOGETHER_S = 0.08  # edges closer than this are one press or one release: no finger is quicker
SPARE = 1.5  # of the longest bounce that was seen: the next may be longer
LEAST_MS = 5.0  # that the machine file should say, however clean the contacts
MOST_MS = 100.0


@dataclass(frozen=True, slots=True)
class Contact:
    """What was seen of one: `bounces` edges too many, and the longest that it was undecided."""

    name: str
    presses: int
    bounces: int
    longest_ms: float


@dataclass(slots=True)
class _Seen:
    """One contact as it is followed."""

    level: bool | None = None
    settled: bool | None = None
    first_s: float = 0.0  # edge of the change that goes on
    last_s: float = 0.0
    edges: int = 0
    presses: int = 0
    bounces: int = 0
    longest_s: float = 0.0

    def take(self, level: bool, now_s: float) -> None:
        if self.edges and now_s - self.last_s > TOGETHER_S:
            self.settle()
        if level is self.level:
            return
        if self.level is None:
            self.level = self.settled = level
            return
        self.level, self.last_s = level, now_s
        self.first_s = self.first_s if self.edges else now_s
        self.edges += 1

    def settle(self) -> None:
        """The change is over: a press, a release, or nothing but a spark."""
        if not self.edges:
            return
        self.presses += self.level is not self.settled and bool(self.level)
        self.bounces += self.edges - (self.level is not self.settled)
        self.longest_s = max(self.longest_s, self.last_s - self.first_s)
        self.settled, self.edges = self.level, 0


@dataclass(slots=True)
class Fingers:
    """Follows all contacts."""

    seen: dict[str, _Seen] = field(default_factory=lambda: {name: _Seen() for name in NAMES})
    polls: int = 0
    unknown: int = 0  # readings that could not be had
    longest_gap_s: float = 0.0  # between two readings: what is shorter than this may not have been seen
    _last_s: float | None = None

    def take(self, inputs: Inputs, now_s: float) -> None:
        if self._last_s is not None:
            self.longest_gap_s = max(self.longest_gap_s, now_s - self._last_s)
        self._last_s = now_s
        self.polls += 1
        if not inputs.known:
            self.unknown += 1
            return
        for name, one in self.seen.items():
            one.take(bool(getattr(inputs, name)), now_s)

    def contacts(self) -> tuple[Contact, ...]:
        """At the end; nothing is followed any more."""
        for one in self.seen.values():
            one.settle()
        return tuple(
            Contact(name, one.presses, one.bounces, round(1000 * one.longest_s, 2)) for name, one in self.seen.items()
        )


def bounce_ms(contacts: tuple[Contact, ...]) -> float | None:
    """What controls.bounce_ms should be at least; None if nothing was pressed, so that nobody knows."""
    if not any(contact.presses for contact in contacts):
        return None
    longest = max(contact.longest_ms for contact in contacts)
    return min(max(LEAST_MS, float(ceil(SPARE * longest))), MOST_MS)
