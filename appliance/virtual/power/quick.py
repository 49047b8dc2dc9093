"""The interlock's mind, quick where nothing happens: a cut has a hundred thousand turns of its loop, and all but a few
change nothing but counts."""

from __future__ import annotations

from collections.abc import Sequence

from appliance.interlock.guard import (
    ALL_GOOD,
    BEAT_LOST_MS,
    CUTTING,
    GOOD_MS,
    SLACK,
    WINDOW_MS,
    Guard,
)
from appliance.interlock.wire import SEQUENCE

Counts = Sequence[tuple[int, int, int]]  # heartbeats, steps and turns of the platter in each turn of the loop


class QuickGuard(Guard):
    """Implements `Guard`, and takes calm turns together; a test holds that each leaves it as `step` would."""

    def calm(self, ms: int, counts: Counts, first: int, last: int) -> int:
        """Steps of `ms` each from `first` on, before `last`, under inputs that have not changed since the last step;
        ends before the first one in which there is anything to decide, and says which that is."""
        if not self._is_calm():
            return first
        watched = self._step_ms and not self._ceases
        most = (SLACK + 1 if self._step_ms else 1) * self._steps_per_turn
        all_beats = all_steps = 0
        at = first
        while at < last:
            beats, steps, turns = counts[at]
            beat_ms = 0 if beats else self._beat_ms + ms
            still_ms = 0 if steps else self._still_ms + ms
            if (
                turns
                or beat_ms > BEAT_LOST_MS
                or (watched and still_ms > self._step_ms)
                or self._permit_ms <= ms
                or self._window_ms + ms >= WINDOW_MS
                or SLACK * (self._since_index + steps) > most
            ):
                break
            self._beat_ms, self._still_ms = beat_ms, still_ms
            self._permit_ms -= ms
            self._window_ms += ms
            self._window_beats += beats
            self._since_index += steps
            all_beats += beats
            all_steps += steps
            at += 1
        self.beats = (self.beats + all_beats) % SEQUENCE
        self.steps = (self.steps + all_steps) % SEQUENCE
        return at

    def _is_calm(self) -> bool:
        return (
            self.state == CUTTING
            and self.inputs & ALL_GOOD == ALL_GOOD
            and self._good_ms == GOOD_MS
            and self._relay == 0
            and self._over_ms == 0
        )
