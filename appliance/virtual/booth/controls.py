"""Virtual buttons, pads, sensors and lamp."""

from __future__ import annotations

import threading
from dataclasses import fields, replace

from appliance.booth.doors import Inputs
from appliance.errors import OptionError

AT_REST = Inputs(lid_closed=True, stop_pressed=False)
NAMES = tuple(field.name for field in fields(Inputs) if field.name != 'known')


class VirtualControls:
    """Implements `doors.Controls`; `set` and `lit` are for whoever plays the visitor, from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._inputs = AT_REST
        self.lit = False

    def set(self, name: str, on: bool) -> None:
        """OptionError for a control that does not exist."""
        if name not in NAMES:
            raise OptionError(f'there is no control {name!r}', remedy=f'known are {", ".join(NAMES)}')
        with self._lock:
            self._inputs = replace(self._inputs, **{name: bool(on)})

    def read(self) -> Inputs:
        return self._inputs

    def lamp(self, lit: bool) -> None:
        self.lit = lit

    def close(self) -> None:
        """The lamp goes out; the switches stay as they are."""
        self.lit = False
