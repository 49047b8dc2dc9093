"""The interlock while nothing moves: what whoever owns its line has told, weighed against what the panel says.

It is told by the cutter's child, which alone may look (`appliance.interlock.watch`). A lid that is open while a blank
is laid is no trouble, nor is a stop that a hand has pressed: the panel knows both. Where the two contradict each other
for long, a contact is broken, and no cut would begin.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from appliance.interlock.link import Standing
from appliance.kiosk.cutter import Cutter
from appliance.workflow.values import Event, Kind, Ready

DIFFERS_S = 5.0  # that panel and interlock may say different things of one lid: two contacts, two looks
WARM_S = 10.0  # between two starts of a child that has died, so that somebody looks again
MISSING = 'interlock missing'  # a fault of the virtual machine, for as long as somebody wants
Note = Callable[[str, str], None]


class Standby:
    """Belongs to the loop's thread. `note`: what the ledger is to know of the interlock."""

    def __init__(self, cutter: Cutter, note: Note) -> None:
        self.cutter, self._note = cutter, note
        self.cause = ''  # why a cut would be refused, for the host
        self.firmware = ''  # what is the matter with it; it cuts all the same
        self._heard: Standing | None = None
        self.waits = self._missing = False  # for word of an interlock that somebody has taken away, or put back
        self._differs_s: float | None = None  # since when panel and interlock contradict each other
        self._warm_s = 0.0

    def miss(self, missing: bool) -> None:
        """Of a virtual machine: whoever looks at it will tell."""
        if missing != self._missing:
            self._missing, self.waits = missing, True
            self.cutter.switch('missing', missing)
            self.cutter.warm()

    def take(self, message: Any) -> bool:
        """Whether it is about this, and nobody else's affair."""
        if not isinstance(message, Standing):
            return False
        before, self._heard, self.waits = self._heard, message, False
        self.firmware = '' if message.as_here else f'the interlock has {message.firmware}'
        if self.firmware and (before is None or before.as_here or before.firmware != message.firmware):
            self._note('firmware', message.firmware)
        return True

    def look(self, ready: Ready, now_s: float) -> tuple[Event, ...]:
        """Told when it differs from what the booth knows."""
        if self._heard is None:
            return ()
        if self.cutter.pid is None and now_s >= self._warm_s:
            self._warm_s = now_s + WARM_S
            self.cutter.warm()
        key, cause = self._weighed(self._heard, ready, now_s)
        if cause != self.cause:
            self.cause = cause
            self._note('interlock', cause or 'well again')
        if key == ready.machine:
            return ()
        return (Event(Kind.MACHINE_OUT, key) if key else Event(Kind.MACHINE_IN),)

    def _weighed(self, heard: Standing, ready: Ready, now_s: float) -> tuple[str, str]:
        """Key and cause of what would refuse a cut and is no hand's doing."""
        panel = {'lid': ready.lid_closed, 'stop': ready.stop_out}
        if heard.key not in panel:
            self._differs_s = None
            return heard.key, heard.cause
        if not panel[heard.key]:
            self._differs_s = None
            return '', ''
        if self._differs_s is None:
            self._differs_s = now_s
        if now_s - self._differs_s < DIFFERS_S:
            return '', ''
        what = f'interlock.{heard.key} or controls.{"lid_closed" if heard.key == "lid" else "stop_pressed"}'
        return 'interlock', f'{heard.cause.split(";")[0]}, and the panel says otherwise: look at {what}'
