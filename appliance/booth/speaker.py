"""The real loudspeaker, through sounddevice. Without one, everything is played in silence and in its own time."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from appliance.booth.capture import Ring
from appliance.booth.decode import decoded
from appliance.booth.devices import Device
from appliance.booth.doors import SOUND_RATE_HZ
from appliance.booth.sound_system import Line, SoundSystem
from appliance.errors import AudioLetterError

log = logging.getLogger('audioletter')
Block = NDArray[np.float32]
AHEAD_S = 0.5  # decoded before it is played
FADE_S = 0.01  # what is stopped does not click
DEAD_S = 0.5  # without a call from the card: time is kept by the clock
IDLE_S = 5.0  # the stream stays open for what comes next
FEED_S = 0.02
OPENING_S = 1.0  # by then a card has called, or it will not
FASTEST_HZ = 192_000


def reel(files: tuple[Path, ...], gain_db: float) -> Iterator[Block]:
    """The files as one sound; what cannot be read is left out, and the host told."""
    gain = np.float32(10 ** (gain_db / 20))
    for file in files:
        try:
            for block in decoded(file):
                yield np.clip(gain * block, -1, 1)
        except (AudioLetterError, OSError) as error:
            log.warning('speaker: %s', error.line if isinstance(error, AudioLetterError) else error)


class Tally:
    """How much of one sound has been played. Each has its own: what the card takes of the one before, while the next
    begins, is not counted for that."""

    seconds = 0.0


class SounddeviceSpeaker:
    """Implements `doors.Speaker`."""

    def __init__(self, system: SoundSystem, device: str = '', latency_s: float = 0.05) -> None:
        """`device` as `audioletter doctor sound` names it; empty: the computer's default."""
        self._system = system
        self._latency_s = latency_s
        self._line = Line('output', device, self._make)
        self._lock = threading.Lock()
        self._ring = Ring(round((AHEAD_S + 1) * FASTEST_HZ))
        self._rate_hz = float(SOUND_RATE_HZ)
        self._resampler: Any = None
        self._cut = False  # asked of the card's thread: fade what sounds, drop the rest
        self._fresh = False  # what is in the ring belongs to what plays now
        self._source: Iterator[Block] | None = None
        self._tally = Tally()
        self._asked_s = self._fed_s = system.now_s()
        self._called_s = float('-inf')
        self._calls = 0
        self._wake = threading.Event()
        self._thread: threading.Thread | None = None
        system.join(self._line)

    @property
    def cause(self) -> str:
        """Why nothing sounds; empty when all is well."""
        return self._line.cause

    def play(self, files: tuple[Path, ...], gain_db: float = 0.0) -> None:
        with self._lock:
            self._stop()
            self._source = reel(files, gain_db)
            self._line.wanted = True
        self._system.start()
        self._system.nudge()
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name='speaker', daemon=True)
            self._thread.start()
        self._wake.set()

    def stop(self) -> None:
        with self._lock:
            self._stop()
        self._wake.set()

    @property
    def playing(self) -> bool:
        with self._lock:
            return self._source is not None or (self._fresh and len(self._ring) > 0)

    @property
    def played_s(self) -> float:
        return self._tally.seconds

    def close(self) -> None:
        self.stop()
        self._line.wanted = False
        self._wake.set()
        self._system.nudge()

    def feed(self) -> None:
        """Decode ahead, and let time pass where no card does."""
        with self._lock:
            now = self._system.now_s()
            passed, self._fed_s = now - self._fed_s, now
            if self._line.beats != self._calls:
                self._calls, self._called_s = self._line.beats, now
            live = now - self._called_s < DEAD_S
            opening = not self._line.tried or self._line.present or self._line.stream is not None
            waiting = not live and opening and now - self._asked_s < OPENING_S
            if waiting or (self._cut and live):
                return
            if self._cut:
                self._ring.get()
                self._cut = False
            self._top_up()
            if not live:
                self._tally.seconds += len(self._ring.get(round(passed * self._rate_hz))) / self._rate_hz
            if self._source is None and not len(self._ring) and now - self._asked_s > IDLE_S + self.played_s:
                self._line.wanted = False

    def feed_on(self) -> None:
        """What cannot be fed ends as if it had been played: a visitor who waits for its end would wait for ever."""
        try:
            self.feed()
        except Exception:
            log.exception('speaker: what was being played is given up')
            self.stop()

    def _stop(self) -> None:
        self._cut, self._fresh, self._source = len(self._ring) > 0, False, None
        self._tally = Tally()
        self._asked_s = self._system.now_s()
        self._tune()

    def _top_up(self) -> None:
        while self._source is not None and len(self._ring) < AHEAD_S * self._rate_hz:
            block = next(self._source, None)
            if block is None:
                self._source, last = None, True
                block = np.zeros(0, np.float32)
            else:
                last = False
            if self._resampler is not None:
                block = np.asarray(self._resampler.resample_chunk(block, last=last), np.float32)
            self._ring.put(block)
            self._fresh = True

    def _tune(self) -> None:
        import soxr

        same = self._rate_hz == SOUND_RATE_HZ
        self._resampler = None if same else soxr.ResampleStream(SOUND_RATE_HZ, self._rate_hz, 1, dtype='float32')

    def _run(self) -> None:
        while True:
            self._wake.wait(FEED_S if self.playing or self._line.wanted else None)
            self._wake.clear()
            self.feed_on()

    def _make(self, library: Any, device: Device, rate_hz: float) -> Any:
        stream = library.OutputStream(
            samplerate=rate_hz,
            device=device.index,
            channels=min(device.outputs, 2),
            dtype='float32',
            latency=self._latency_s,
            callback=self._leave,
        )
        with self._lock:  # the card asks for nothing before the stream is started
            if rate_hz != self._rate_hz:  # what was decoded for another is lost
                self._ring.get()
                self._rate_hz = rate_hz
                self._tune()
        return stream

    def _leave(self, frames: Any, count: int, time: Any, status: Any) -> None:
        """The card's thread: the next samples, silence when there are none."""
        self._line.beats += 1
        tally = self._tally  # of what is in the ring, or of what was there before
        frames.fill(0)
        if self._cut:
            block = self._ring.get(min(count, round(FADE_S * self._rate_hz)))
            block = block * np.linspace(1, 0, len(block), dtype=np.float32)
            self._ring.get()
            self._cut = False
        else:
            block = self._ring.get(count)
            tally.seconds += len(block) / self._rate_hz
        frames[: len(block)] = block[:, None]
