"""What the microphone's readings and the passing of time mean for the booth: events, and tones for the visitor."""

from __future__ import annotations

from math import ceil

from appliance.booth.doors import Heard
from appliance.screens.wording import QUIET_DB
from appliance.workflow.rules import Rules
from appliance.workflow.values import Booth, Event, Held, Kind, State

WARNINGS = {30: 'thirty', 10: 'ten'}  # seconds left of a take, and the tone that says so


class Ears:
    """Turns what is heard into events; each is said once."""

    def __init__(self, silence_s: float) -> None:
        self.silence_s = silence_s
        self._present: bool | None = None
        self._silent = False
        self._full = False

    def take(self, heard: Heard, booth: Booth, rules: Rules, *, speaking: bool) -> tuple[Event, ...]:
        """The events of one reading. While the booth itself speaks, what it hears is not the visitor."""
        events = []
        if heard.present is not self._present:
            self._present = heard.present
            events.append(Event(Kind.MICROPHONE_FOUND if heard.present else Kind.MICROPHONE_LOST))
        if booth.held is Held.RECORDING:
            events += self._recording(heard, rules)
        else:
            self._silent = self._full = False
        loud = heard.present and heard.meter.peak_db > QUIET_DB and not speaking
        if booth.state is State.LEVEL_CHECK and loud:
            events.append(Event(Kind.LEVEL_GOOD))
        return tuple(events)

    def _recording(self, heard: Heard, rules: Rules) -> list[Event]:
        events = []
        if heard.failure and not self._full:
            self._full = True
            events += [Event(Kind.SPACE_LOW), Event(Kind.TAKE_FULL)]
        if heard.recorded_s >= rules.max_message_s and not self._full:
            self._full = True
            events.append(Event(Kind.TAKE_FULL))
        silent = heard.recorded_s > 0 and heard.silent_s >= self.silence_s  # of this take, not of the time before it
        if silent is not self._silent:
            self._silent = silent
            events.append(Event(Kind.SILENCE if silent else Kind.VOICE))
        return events


class Cues:
    """The seconds a visitor ought to hear: a tick for each of the countdown, a tone at 30 and at 10 s left."""

    def __init__(self) -> None:
        self._left: int | None = None

    def take(self, booth: Booth, heard: Heard, rules: Rules, now_s: float) -> str:
        """The tone that is due now, or ''."""
        left_s = left_of(booth, heard, rules, now_s)
        counted = booth.state is State.COUNTDOWN or booth.held is Held.RECORDING
        if left_s is None or not counted:
            self._left = None
            return ''
        before, self._left = self._left, ceil(left_s)
        if booth.state is State.COUNTDOWN:
            return 'tick' if self._left != before and self._left > 0 else ''
        passed = [tone for seconds, tone in WARNINGS.items() if before is not None and self._left <= seconds < before]
        return passed[-1] if passed else ''


def left_of(booth: Booth, heard: Heard, rules: Rules, now_s: float) -> float | None:
    """Seconds until the state ends by itself: of the take while one is recorded, else of the deadline."""
    if booth.held is Held.RECORDING and booth.state is State.RECORDING:
        return max(rules.max_message_s - heard.recorded_s, 0.0)
    return None if booth.until_s is None else max(booth.until_s - now_s, 0.0)
