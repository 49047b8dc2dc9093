"""PortAudio, kept by one thread: it opens, watches, loses and finds again what the booth hears and speaks with.

PortAudio cannot see a device come or go: its list is made once, a lost device just gives no more blocks, and to start
it anew ends every stream (sounddevice #125, #382; PortAudio #11). Closing what was pulled out may even hang (PortAudio
#1037). So all of that is done in a thread of its own; what others ask is answered from what it found last.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from appliance.booth.devices import Device, Way, cards_text, chosen, devices, sound_library
from appliance.clock import monotonic_s
from appliance.errors import MachineRefusesError

SILENT_S = 1.0  # without a block: the device is gone
PROBE_S = 0.4  # the same, for one that was missing: a good one speaks within 0.2 s
AGAIN_S = 0.1  # between two tries
LIST_S = 1.0  # between two lists: PortAudio opens every device for one
SETTLE_S = 5.0  # after the kernel's list has changed: its files may not be there yet
STUCK_S = 3.0  # a turn takes longer than this only when a driver hangs
TICK_S = 0.1


class Line:
    """One end of the sound system: microphone or speaker. Its user sets `wanted` and makes the stream."""

    def __init__(self, way: Way, device: str, make: Callable[[Any, Device, float], Any]) -> None:
        """`make(library, device, rate_hz)` opens a stream, or raises what sounddevice raises."""
        self.way: Way = way
        self.device = device
        self.make = make
        self.wanted = False
        self.beats = 0  # calls of the stream's callback
        self.stream: Any = None
        self.present = False
        self.tried = False
        self.cause = 'not looked for yet'
        self.heard_s = 0.0  # when the beats were last seen to move, or when it was opened
        self.seen = 0  # of the beats
        self.again_s = float('-inf')


class SoundSystem:
    """Call `start` once its lines have joined; `turn` does one round of the work (tests call it themselves)."""

    def __init__(
        self,
        library: Callable[[], Any] = sound_library,
        cards: Callable[[], str | None] = cards_text,
        now_s: Callable[[], float] = monotonic_s,
    ) -> None:
        self.now_s = now_s
        self._load = library
        self._library: Any = None
        self._cards = cards
        self._known: str | None = None  # the kernel's list when PortAudio made its own
        self._changed_s = float('-inf')
        self._listed: tuple[Device, ...] = ()
        self._listed_s = float('-inf')
        self._lines: list[Line] = []
        self._wake = threading.Event()
        self._quit = False
        self._thread: threading.Thread | None = None
        self._turned_s = now_s()

    def join(self, line: Line) -> None:
        self._lines.append(line)

    def start(self) -> None:
        """Does nothing if started."""
        if self._thread is None:
            self._turned_s = self.now_s()
            self._thread = threading.Thread(target=self._run, name='sound', daemon=True)
            self._thread.start()

    def nudge(self) -> None:
        """Something is wanted now."""
        self._wake.set()

    def close(self) -> None:
        """Every stream is closed; a driver that hangs is not waited for."""
        self._quit = True
        self._wake.set()
        if self._thread is not None:
            self._thread.join(timeout=STUCK_S)

    @property
    def stuck(self) -> bool:
        """A driver hangs: nothing that was found before counts."""
        return self.now_s() - self._turned_s > STUCK_S

    def turn(self) -> None:
        """Look at every line once."""
        self._turned_s = self.now_s()
        if self._library is None and not self._begin():
            return
        text = self._cards()
        if text is not None and text != self._known and text != '':
            self._known, self._changed_s = text, self.now_s()
            self._anew()
        elif self._stale(text):
            self._anew()
        for line in self._lines:
            self._look(line)
        self._turned_s = self.now_s()

    def _run(self) -> None:
        while not self._quit:
            self._wake.clear()
            self.turn()
            self._wake.wait(TICK_S)
        for line in self._lines:
            self._shut(line)

    def _begin(self) -> bool:
        if self.now_s() - self._listed_s < LIST_S:
            return False
        self._listed_s = self.now_s()
        try:
            self._library = self._load()
        except MachineRefusesError as error:
            for line in self._lines:
                line.tried, line.cause = True, error.line
            return False
        self._known = self._cards()
        self._list()
        return True

    def _stale(self, text: str | None) -> bool:
        """Whether PortAudio must list anew although the kernel says nothing new, or says nothing ever."""
        now = self.now_s()
        if now - self._listed_s < LIST_S:
            return False
        missing = any(not line.present for line in self._lines)
        if text is not None:
            return missing and now - self._changed_s < SETTLE_S
        return not any(line.stream is not None for line in self._lines)

    def _anew(self) -> None:
        """Start PortAudio again, which ends every stream; those that are wanted are opened again in this turn."""
        for line in self._lines:
            self._shut(line)
            line.again_s = float('-inf')
        try:
            self._library._terminate()
        except self._library.PortAudioError as error:
            self._note(error)
        try:
            self._library._initialize()
        except self._library.PortAudioError as error:
            self._note(error)
        self._list()

    def _list(self) -> None:
        self._listed_s = self.now_s()
        try:
            self._listed = devices(self._library, self._known)
        except self._library.PortAudioError as error:
            self._listed = ()
            self._note(error)

    def _note(self, error: Exception) -> None:
        for line in self._lines:
            line.cause = str(error)

    def _look(self, line: Line) -> None:
        now = self.now_s()
        if line.stream is not None:
            self._watch(line, now)
        if line.stream is not None:
            if not line.wanted and line.present:
                self._shut(line)
            return
        device, why = chosen(self._listed, line.way, line.device)
        if device is None:
            line.present, line.tried, line.cause = False, True, why
        elif (line.wanted or not line.present) and now >= line.again_s:
            line.again_s = now + AGAIN_S
            self._open(line, device)

    def _watch(self, line: Line, now: float) -> None:
        """A stream that gives no more blocks is lost."""
        if line.beats != line.seen:
            line.seen, line.heard_s, line.present, line.cause = line.beats, now, True, ''
            line.again_s = float('-inf')
            return
        if now - line.heard_s <= (SILENT_S if line.present else PROBE_S) and self._active(line):
            return
        line.present, line.cause, line.again_s = False, 'it gives no more blocks: is it plugged in?', now + AGAIN_S
        self._shut(line)

    def _active(self, line: Line) -> bool:
        try:
            return bool(line.stream.active)
        except self._library.PortAudioError:
            return False

    def _open(self, line: Line, device: Device) -> None:
        """At the sound rate of the booth if the device can, else at its own. Present only once a block has come."""
        from appliance.booth.doors import SOUND_RATE_HZ

        fails = (self._library.PortAudioError, ValueError, OSError)
        line.seen = line.beats
        for rate_hz in (float(SOUND_RATE_HZ), device.rate_hz):
            try:
                line.stream = line.make(self._library, device, rate_hz)
                line.stream.start()
            except fails as error:
                self._shut(line)  # open and not started, it would keep its card from the next try
                line.cause = f'{device.name}: {error}'
            else:
                line.heard_s, line.tried = self.now_s(), True
                return
        line.present, line.tried = False, True

    def _shut(self, line: Line) -> None:
        stream, line.stream = line.stream, None
        if stream is None:
            return
        try:
            stream.abort()
            stream.close()
        except self._library.PortAudioError as error:  # it is gone: that is why
            line.cause = str(error)
