"""From readings to events: contacts bounce, wires are lost, a finger stays for ever. Pure; time is handed in.

No event depends on an edge that was seen: the level is read anew at each poll, so that a release nobody saw is only a
level that is low again. Towards safety nothing is debounced: the first reading of an open lid or a pressed
stop counts.
"""

from __future__ import annotations

from dataclasses import dataclass

from appliance.booth.doors import Inputs
from appliance.workflow.values import Event, Kind

# Name of the reading, event when it becomes true, event when it becomes false, and which of the two is unsafe.
BUTTONS = (('record', Kind.RECORD), ('left', Kind.LEFT), ('right', Kind.RIGHT))
SENSORS = (
    ('lid_closed', Kind.LID_CLOSED, Kind.LID_OPENED, False),
    ('stop_pressed', Kind.STOP_PRESSED, Kind.STOP_RELEASED, True),
    ('blank', Kind.BLANK_LAID, Kind.BLANK_TAKEN, None),
)


PRESS_S = 0.008  # two or three polls: what a single reading says may be a spark, and a press can spend a blank


@dataclass(slots=True)
class Contact:
    """One contact: what it is taken for, and what it has read since when."""

    settled: bool | None = None  # None: not reported yet
    reading: bool = False
    since_s: float | None = None

    def take(self, reading: bool, now_s: float, hold_s: float) -> bool:
        """Whether it has settled on something new: a reading that has stood for `hold_s`."""
        if reading is not self.reading or self.since_s is None:
            self.reading, self.since_s = reading, now_s
        if reading is self.settled or now_s - self.since_s < hold_s:
            return False
        self.settled = reading
        return True


class Debouncer:
    """Give it every reading, in order; it says what has happened.

    A press counts after PRESS_S (a visitor feels no delay) and the next only after the contact has been open
    for `bounce_s`; one that is held from the start never counts. A release that was read once before the polling stood
    still is not believed: the press after it is lost rather than an old one taken for new. Sensors count after
    `bounce_s` of one reading, but at once where that is the unsafe one.
    """

    def __init__(self, bounce_s: float) -> None:
        self._bounce_s = bounce_s
        self._buttons = {name: Contact() for name, _ in BUTTONS}
        self._sensors = {name: Contact() for name, *_ in SENSORS}

    def take(self, inputs: Inputs, now_s: float) -> tuple[Event, ...]:
        """The events of one reading at `now_s`."""
        events = []
        for name, on, off, unsafe in SENSORS:
            contact, reading = self._sensors[name], bool(getattr(inputs, name))
            first = contact.settled is None
            hold_s = 0.0 if first or reading is unsafe else self._bounce_s
            if contact.take(reading, now_s, hold_s):
                events.append(Event(on if reading else off))
        for name, kind in BUTTONS if inputs.known else ():
            contact, pressed = self._buttons[name], bool(getattr(inputs, name))
            was_open = contact.settled is False
            if contact.take(pressed, now_s, PRESS_S if pressed else self._bounce_s) and pressed and was_open:
                events.append(Event(kind))
        return tuple(events)
