"""Who is at the desk, and who has the command of the booth: one session at most, everybody else looks on."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from appliance.desk.book import Seat
from appliance.errors import MachineRefusesError


@dataclass(slots=True, eq=False)
class Place:
    """A session at the desk. Written under the office's lock only."""

    who: str
    since_s: float
    note: Callable[[str], None]  # tells whoever sits there; never waits
    number: int = 0
    doing: dict[int, str] = field(default_factory=dict)  # what runs there by its id: the names of commands
    stops: dict[int, Callable[[], None]] = field(default_factory=dict)  # how to cancel those that change something


class Office:
    """May be asked from any thread; never waits."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._places: list[Place] = []
        self._numbers = 0
        self._commander: Place | None = None

    def sit(self, place: Place) -> None:
        with self._lock:
            self._numbers += 1
            place.number = self._numbers
            self._places.append(place)

    def leave(self, place: Place) -> None:
        """The command of the booth is free if it was theirs."""
        with self._lock:
            if place in self._places:
                self._places.remove(place)
            if self._commander is place:
                self._commander = None

    def claim(self, place: Place) -> None:
        """Whoever changes something first has the command; MachineRefusesError where somebody else has it."""
        with self._lock:
            self._require_here(place)
            has = self._commander
            if has is None:
                self._commander = place
            elif has is not place:
                what = f'{has.who} (session {has.number}) has the command of the booth'
                raise MachineRefusesError(what, remedy='take over moves it to you')

    def take_over(self, place: Place) -> str:
        """Whose it was; they are told."""
        with self._lock:
            self._require_here(place)
            had, self._commander = self._commander, place
        if had is None or had is place:
            return ''
        had.note(f'{place.who} (session {place.number}) has taken over the command of the booth')
        return had.who

    def _require_here(self, place: Place) -> None:
        """Whoever has left while it was begun must not take the command along."""
        if place not in self._places:
            raise MachineRefusesError(f'{place.who} (session {place.number}) has gone', remedy='come again')

    def command_for(self, place: Place) -> tuple[str, bool]:
        """Who has the command of the booth, and whether it is theirs."""
        with self._lock:
            has = self._commander
            return ('' if has is None else has.who), has is place

    def begin(self, place: Place, id_: int, name: str, stop: Callable[[], None] | None) -> None:
        with self._lock:
            place.doing[id_] = name
            if stop is not None:
                place.stops[id_] = stop

    def end(self, place: Place, id_: int) -> None:
        with self._lock:
            place.doing.pop(id_, None)
            place.stops.pop(id_, None)

    def stop(self, by: Place) -> int:
        """Cancel whatever changes something, wherever it was begun; whoever began it is told."""
        with self._lock:
            found = [(place, stop) for place in self._places for stop in place.stops.values()]
        for _, stop in found:
            stop()
        for place in dict.fromkeys(place for place, _ in found if place is not by):
            place.note(f'{by.who} (session {by.number}) has stopped it')
        return len(found)

    def seats(self) -> tuple[Seat, ...]:
        with self._lock:
            return tuple(
                Seat(place.number, place.who, place.since_s, place is self._commander, ', '.join(place.doing.values()))
                for place in self._places
            )

    def tell_all(self, text: str) -> None:
        with self._lock:
            places = list(self._places)
        for place in places:
            place.note(text)
