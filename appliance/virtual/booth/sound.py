"""A virtual microphone and loudspeaker: they keep time by the clock they are given, and nothing else.

The microphone hears a file that is played to it like a tape, or blocks that somebody feeds (a page's microphone), or a
silent room. What the speaker plays can be fetched by whoever wants to hear it.
"""

from __future__ import annotations

import contextlib
import threading
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from appliance.booth.capture import Capture
from appliance.booth.decode import SoundFile, decoded
from appliance.booth.doors import SOUND_RATE_HZ, Heard, Sink
from appliance.clock import Clock
from appliance.errors import RecordingError

Block = NDArray[np.float32]
BLOCK = 480  # samples, 10 ms: as a sound card gives them
EMPTY = np.zeros(0, np.float32)
AT_ONCE = 100  # blocks for meter, judge and take: they ask little more for a hundred than for one
LATE_S = 0.5  # of its clock, for what is due: a computer that needs longer loses the rest, as with a card
FED_S = 1.0  # of sound that was fed and not heard yet; older sound is dropped
HEARD_S = 10.0  # of what was played, for who fetches it late


class Tape:
    """A sound file, read as it is needed; it can begin again, and may be removed meanwhile."""

    def __init__(self, file: Path) -> None:
        """RecordingError for what is no sound."""
        self._file = SoundFile(file)
        self._blocks: Iterator[Block] = self._file.blocks()
        self._rest: Block = np.zeros(0, np.float32)
        self.over = False

    def again(self) -> None:
        self._blocks, self._rest, self.over = self._file.blocks(), np.zeros(0, np.float32), False

    def read(self, count: int) -> Block:
        """`count` samples; silence after its end."""
        while len(self._rest) < count and not self.over:
            try:
                self._rest = np.concatenate([self._rest, next(self._blocks)])
            except (StopIteration, OSError, RecordingError):
                self.over = True
        out = np.zeros(count, np.float32)
        got = self._rest[:count]
        out[: len(got)], self._rest = got, self._rest[count:]
        return out


class VirtualMicrophone:
    """Implements `doors.Microphone`; `speak`, `feed` and `plug` may be called from any thread."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._capture = Capture()
        self._lock = threading.RLock()
        self._present = True
        self._opened_s: float | None = None
        self._given = 0  # samples since it was opened
        self._tape: Tape | None = None
        self._fed: deque[Block] = deque()

    # what plays to it
    def speak(self, file: Path | None) -> None:
        """From now on, like a tape: it begins again when a take begins. None: silence."""
        tape = None if file is None else Tape(file)
        with self._lock:
            self._catch_up()
            self._tape = tape

    def feed(self, block: Block) -> None:
        """Sound from elsewhere, mono at SOUND_RATE_HZ; heard while no tape plays."""
        with self._lock:
            self._fed.append(np.nan_to_num(np.asarray(block, np.float32).reshape(-1)))
            waiting = sum(map(len, self._fed))
            while waiting > FED_S * SOUND_RATE_HZ and len(self._fed) > 1:
                waiting -= len(self._fed.popleft())

    def plug(self, present: bool) -> None:
        with self._lock:
            self._catch_up()
            self._present = present
            self._restart()

    # doors.Microphone
    def tune(self, gain_db: float) -> None:
        with self._lock:
            self._catch_up()
            self._capture.tune(gain_db)

    def open(self) -> None:
        with self._lock:
            if self._opened_s is None:
                self._opened_s = 0.0
                self._restart()
                self._capture.fresh()

    def heard(self) -> Heard:
        with self._lock:
            self._catch_up()
            return self._capture.heard(present=self._present)

    def record(self, sink: Sink) -> None:
        with self._lock:
            self._catch_up()
            self._capture.record(sink)
            if self._tape is not None:
                self._tape.again()

    def end(self) -> None:
        with self._lock:
            self._catch_up()
            self._capture.end()

    def close(self) -> None:
        with self._lock:
            self._opened_s = None

    def _restart(self) -> None:
        self._given = 0
        if self._opened_s is not None:
            self._opened_s = self._clock.now_s()

    def _catch_up(self) -> None:
        """What the card would have given since: whole blocks, up to now. Whoever is too slow for that does not fall
        behind further and further: the loop would stand still for longer each time."""
        if self._opened_s is None or not self._present:
            return
        now_s = self._clock.now_s()
        due = (int((now_s - self._opened_s) * SOUND_RATE_HZ + 0.5) - self._given) // BLOCK
        self._given += due * BLOCK
        while due > 0:
            late = self._clock.now_s() - now_s > LATE_S
            for _ in range(min(due, AT_ONCE)):
                self._capture.offer(EMPTY if late else self._next(), overrun=late)
            self._capture.drain()
            due -= AT_ONCE

    def _next(self) -> Block:
        if self._tape is not None and not self._tape.over:
            return self._tape.read(BLOCK)
        out = np.zeros(BLOCK, np.float32)
        at = 0
        while at < BLOCK and self._fed:
            block = self._fed.popleft()
            take = min(len(block), BLOCK - at)
            out[at : at + take] = block[:take]
            at += take
            if take < len(block):
                self._fed.appendleft(block[take:])
        return out


@dataclass(frozen=True, slots=True)
class Sounding:
    """A file that sounds, on the speaker's own count of samples; decoded when somebody wants to hear it."""

    file: Path
    gain: float
    start: int
    end: int


class VirtualSpeaker:
    """Implements `doors.Speaker`; `heard` and `plug` may be called from any thread."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._began_s = 0.0
        self._ends_s = 0.0
        self._present = True
        self._sounding: list[Sounding] = []
        self._decoded: dict[Path, NDArray[np.int16]] = {}

    def play(self, files: tuple[Path, ...], gain_db: float = 0.0) -> None:
        with self._lock:
            self._cut_off()
            self._began_s = self._clock.now_s()
            at = self._count()
            for file in files:
                samples = _length(file)
                if self._present:
                    self._sounding.append(Sounding(file, 10 ** (gain_db / 20), at, at + samples))
                at += samples
            self._ends_s = self._began_s + (at - self._count()) / SOUND_RATE_HZ

    def stop(self) -> None:
        with self._lock:
            self._cut_off()
            self._ends_s = self._clock.now_s()

    @property
    def playing(self) -> bool:
        return self._clock.now_s() < self._ends_s

    @property
    def played_s(self) -> float:
        return self._clock.now_s() - self._began_s

    def close(self) -> None:
        self.stop()

    def plug(self, present: bool) -> None:
        """Without a speaker everything is played in silence, in its own time."""
        with self._lock:
            if not present:
                self._cut_off()
            self._present = present

    def heard(self, after: int) -> tuple[int, bytes]:
        """What has sounded since sample `after`, 16-bit mono, silence left out; and the count to ask with next."""
        with self._lock:
            self._forget()
            now = self._count()
            start = max(after, now - round(HEARD_S * SOUND_RATE_HZ))
            parts = [self._part(one, start, now) for one in self._sounding if one.start < now and one.end > start]
            return now, b''.join(part.tobytes() for part in parts)

    def _part(self, one: Sounding, start: int, end: int) -> NDArray[np.int16]:
        if one.file not in self._decoded:
            self._decoded[one.file] = _pcm(one.file)
        first, last = max(start, one.start) - one.start, min(end, one.end) - one.start
        return np.asarray(np.rint(self._decoded[one.file][first:last] * one.gain), '<i2')

    def _forget(self) -> None:
        """What nobody can ask for any more, whether or not anybody ever did."""
        oldest = self._count() - HEARD_S * SOUND_RATE_HZ
        self._sounding = [one for one in self._sounding if one.end > oldest]
        kept = {one.file for one in self._sounding}
        self._decoded = {file: samples for file, samples in self._decoded.items() if file in kept}

    def _cut_off(self) -> None:
        self._forget()
        now = self._count()
        self._sounding = [replace(one, end=min(one.end, now)) for one in self._sounding if one.start < now]

    def _count(self) -> int:
        return int(self._clock.now_s() * SOUND_RATE_HZ)


def _length(file: Path) -> int:
    """In samples; nothing for a file that cannot be read."""
    import soundfile

    try:
        return round(float(soundfile.info(str(file)).duration) * SOUND_RATE_HZ)
    except (OSError, RuntimeError):
        return 0


def _pcm(file: Path) -> NDArray[np.int16]:
    blocks = [np.zeros(0, np.float32)]
    with contextlib.suppress(OSError, RecordingError):  # forgotten meanwhile, or broken off: what there is of it
        for block in decoded(file):
            blocks.append(block)
    samples = np.concatenate(blocks)
    return np.asarray(np.clip(np.round(samples * 32767), -32768, 32767), np.int16)
