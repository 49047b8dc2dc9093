"""The vigil: whether each part of the supervisor still does something when there is something to do.

A thread that hangs in a driver, a disk that never answers, a child that is frozen: none of them ends the booth by
itself, and a loop that turns all the same would hide it. So each part counts what it has done, and a part that has
work and whose count stands still for too long is named.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from appliance.kiosk.live import Parts
from appliance.kiosk.painter import Painter
from appliance.kiosk.poller import Poller


@dataclass(frozen=True, slots=True)
class Watched:
    """`done` counts; `busy`: whether it has anything to do; `limit_s`: how long one piece of work may take."""

    name: str
    done: Callable[[], int]
    busy: Callable[[], bool]
    limit_s: float


class Vigil:
    """Looked at by the loop, on its clock."""

    def __init__(self, parts: tuple[Watched, ...]) -> None:
        self._parts = parts
        self._seen: dict[str, tuple[int, float]] = {}  # count, and since when it has been that

    def look(self, now_s: float) -> str:
        """The name of the first part that stands still; '' while all is well."""
        stuck = ''
        for part in self._parts:
            done = part.done()
            before = self._seen.get(part.name)
            if before is None or before[0] != done or not part.busy():
                self._seen[part.name] = (done, now_s)
            elif now_s - before[1] > part.limit_s:
                stuck = stuck or part.name
        return stuck


def vigil_over(parts: Parts, painter: Painter, poller: Poller) -> Vigil:
    """Over everything that works beside the loop.

    A part that is named costs the booth its signs of life, and no more: it is begun anew only if that part stands still
    for as long as systemd waits (WatchdogSec) beside its limit. So a limit may be short. The sound card watches
    itself: one that delivers nothing is lost within two seconds, which is a state of the booth
    (`appliance.booth.microphone`).
    """
    archivist, cutter = parts.archivist, parts.cutter
    return Vigil(
        (
            Watched('controls', lambda: poller.polls, lambda: poller.alone, 2.0),
            Watched('screen', lambda: painter.brought, lambda: painter.busy, 10.0),
            Watched('disk', lambda: archivist.done, lambda: archivist.busy, 120.0),  # a card that tidies itself up
            Watched('cutter', lambda: cutter.pongs, lambda: cutter.asked and cutter.awake, 20.0),
            # It reads its libraries from the card first, beside all else that starts; with 20 s a card of an emulated
            # booth was too slow, and the booth was begun anew for ever (as long as it has itself: TimeoutStartSec).
            Watched('start of the cutter', lambda: cutter.pongs, lambda: cutter.asked and not cutter.awake, 90.0),
        )
    )
