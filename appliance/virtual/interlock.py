"""A lid and a stop button that a script can work."""

from __future__ import annotations

from collections.abc import Callable

from appliance.interlock.link import Status

LID_OPEN = 'the lid is open; close it'
STOP_PRESSED = 'the stop button is pressed; pull it out'


class VirtualInterlock:
    """Starts closed. `trip_at_frame` opens the lid when the cut gets there: deterministic, unlike a finger."""

    def __init__(self, *, trip_at_frame: int | None = None) -> None:
        self.lid_closed = True
        self.stop_pressed = False
        self.permitted = False
        self._trip_at_frame = trip_at_frame
        self._frame: Callable[[], int] = lambda: 0
        self._draws_ma: Callable[[], float] = lambda: 0.0

    def watch(self, frame: Callable[[], int], draws_ma: Callable[[], float]) -> None:
        """Where `trip_at_frame` is looked up, the lathe's own progress; and what motors and head would take."""
        self._frame, self._draws_ma = frame, draws_ma

    @property
    def current_ma(self) -> int | None:
        """As the real one's sensor would say."""
        return round(self._draws_ma()) if self.permitted else 0

    def status(self) -> Status:
        if self._trip_at_frame is not None and self._frame() >= self._trip_at_frame:
            self.lid_closed = False
        if self.stop_pressed:
            return Status(False, STOP_PRESSED, 'stop')
        if not self.lid_closed:
            return Status(False, LID_OPEN, 'lid')
        return Status(True)

    def permit(self) -> Status:
        status = self.status()
        self.permitted = status.closed
        return status

    def ending(self) -> None:
        """It waits for no heartbeat."""

    def revoke(self) -> None:
        self.permitted = False
