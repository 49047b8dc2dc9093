"""From a sound card's blocks to meter, judge of voices and take: the same for every card, real or virtual.

The card's own thread only copies into a ring (`offer`): it must never wait for a disk, a lock or the interpreter's
memory. Whoever has time takes it out again (`drain`).
"""

from __future__ import annotations

import threading

import numpy as np
from numpy.typing import NDArray

from appliance.booth.doors import SOUND_RATE_HZ, Heard, Sink
from appliance.errors import StorageError
from appliance.screens.view import Meter
from appliance.sound.voice import VoiceJudge

RING_S = 4.0  # how long a computer may be busy with other things


class Ring:
    """One writer, one reader, no lock: each moves only its own count, and counts never go back."""

    def __init__(self, size: int) -> None:
        self._samples = np.zeros(size, np.float32)
        self._written = 0
        self._read = 0

    def put(self, block: NDArray[np.float32]) -> bool:
        """Whether there was room for all of it; what does not fit is left out whole."""
        size, count, at = len(self._samples), len(block), self._written
        if count > size - (at - self._read):
            return False
        start = at % size
        first = min(count, size - start)
        self._samples[start : start + first] = block[:first]
        self._samples[: count - first] = block[first:]
        self._written = at + count
        return True

    def __len__(self) -> int:
        return self._written - self._read

    def get(self, most: int | None = None) -> NDArray[np.float32]:
        """All that is in it, or the oldest `most` samples."""
        size, at, end = len(self._samples), self._read, self._written
        end = end if most is None else min(end, at + most)
        index = np.arange(at, end) % size
        block = self._samples[index]
        self._read = end
        return block


class Capture:
    """`offer` is for the card's thread; `drain`, `record`, `end` and `heard` may come from others."""

    def __init__(self, ring_s: float = RING_S) -> None:
        self._ring = Ring(round(ring_s * SOUND_RATE_HZ))
        self._lock = threading.Lock()
        self._judge = VoiceJudge()
        self._sink: Sink | None = None
        self._failure = ''
        self._recorded = 0  # samples
        self._lost = 0  # blocks, ever
        self._lost_before = 0  # of them, before the take began
        self._gain = np.float32(1.0)

    def tune(self, gain_db: float) -> None:
        """From now on what comes is so much louder, for meter, judge and take alike; what gets too loud is clipped, and
        seen to be."""
        with self._lock:
            self._drain()
            self._gain = np.float32(10 ** (gain_db / 20))

    def offer(self, block: NDArray[np.float32], *, overrun: bool = False) -> None:
        """The next block of the card, mono; `overrun`: the card itself has lost some before it."""
        if overrun or not self._ring.put(block):
            self._lost += 1
        if overrun:
            self._ring.put(block)

    def drain(self) -> None:
        """Everything offered so far goes to judge and sink."""
        with self._lock:
            self._drain()

    def fresh(self) -> None:
        """The microphone is opened anew: what was heard before does not count, nor does the take that was recorded."""
        with self._lock:
            self._ring.get()
            self._judge = VoiceJudge()
            self._failure, self._recorded, self._lost_before = '', 0, self._lost

    def record(self, sink: Sink) -> None:
        """From the next block on."""
        with self._lock:
            self._drain()
            self._judge = VoiceJudge()
            self._sink, self._failure, self._recorded, self._lost_before = sink, '', 0, self._lost

    def end(self) -> None:
        """All that was offered is in the sink when this returns."""
        with self._lock:
            self._drain()
            self._sink = None

    @property
    def recording(self) -> bool:
        return self._sink is not None

    def heard(self, *, present: bool) -> Heard:
        with self._lock:
            judge = self._judge
            return Heard(
                present,
                Meter(*judge.meter()) if present else Meter(),
                judge.silent_s,
                self._recorded / SOUND_RATE_HZ,
                self._lost - self._lost_before,
                self._failure,
            )

    def _drain(self) -> None:
        block = self._ring.get()
        if not len(block):
            return
        if self._gain != 1.0:
            block = np.clip(block * self._gain, -1.0, 1.0)
        self._judge.take(block)
        if self._sink is None:
            return
        try:
            self._sink.write(block)
            self._recorded += len(block)
        except StorageError as error:
            self._failure, self._sink = error.line, None
