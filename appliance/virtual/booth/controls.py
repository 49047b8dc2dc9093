"""Virtual buttons, pads, sensors and lamp."""

from __future__ import annotations

import threading
from dataclasses import fields, replace

from appliance.booth.doors import Inputs
from appliance.errors import OptionError

AT_REST = Inputs(lid_closed=True, stop_pressed=False)
NAMES = tuple(field.name for field in fields(Inputs) if field.name != 'known')
BUTTONS = ('record', 'left', 'right')
FELT = 8  # polls that a finger stays, down or up, at least: 30 ms, longer than a contact bounces
MOST_WAITING = 8  # changes of one button, even: what was pressed comes up


class Button:
    """A button under a finger that is never too quick for it, however busy the computer is."""

    def __init__(self) -> None:
        self.down = False
        self._felt = FELT
        self._waiting: list[bool] = []

    def want(self, down: bool) -> None:
        last = self._waiting[-1] if self._waiting else self.down
        if down is not last and len(self._waiting) < MOST_WAITING:
            self._waiting.append(down)

    def poll(self) -> bool:
        if self._waiting and self._felt >= FELT:
            self.down, self._felt = self._waiting.pop(0), 0
        self._felt += 1
        return self.down


class VirtualControls:
    """Implements `doors.Controls`; `set`, `now` and `lit` are for whoever plays the visitor, from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._inputs = AT_REST
        self._buttons = {name: Button() for name in BUTTONS}
        self.lit = False

    def set(self, name: str, on: bool) -> None:
        """OptionError for a control that does not exist."""
        if name not in NAMES:
            raise OptionError(f'there is no control {name!r}', remedy=f'known are {", ".join(NAMES)}')
        with self._lock:
            if name in self._buttons:
                self._buttons[name].want(bool(on))
            else:
                self._inputs = replace(self._inputs, **{name: bool(on)})

    def now(self) -> Inputs:
        """As they stand; looking changes nothing."""
        with self._lock:
            return replace(self._inputs, **{name: button.down for name, button in self._buttons.items()})

    def read(self) -> Inputs:
        """One poll."""
        with self._lock:
            return replace(self._inputs, **{name: button.poll() for name, button in self._buttons.items()})

    def lamp(self, lit: bool) -> None:
        self.lit = lit

    def close(self) -> None:
        """The lamp goes out; the switches stay as they are."""
        self.lit = False
