"""What a booth is measured with: an LCD that notes when each picture stood on it, a sound card that keeps its own time,
and what the kernel knows of a process. Used by `bench_booth`."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from appliance.booth.doors import SOUND_RATE_HZ, Display
from appliance.clock import Clock
from appliance.screens.frame import TITLE
from appliance.virtual.booth.paced import PacedCard

CARD = {'index': 0, 'name': 'paced', 'hostapi': 0, 'max_input_channels': 1, 'max_output_channels': 0,
        'default_samplerate': float(SOUND_RATE_HZ)}  # fmt: skip
TITLE_BAND = (TITLE.left, TITLE.top, TITLE.left + TITLE.width, TITLE.top + TITLE.height)


class SlowWires:
    """Stands for spidev's device and RPi.GPIO's module; a byte takes its time, as on a bus of `speed_hz`."""

    LOW, HIGH, IN, OUT, BCM = 0, 1, 1, 0, 11

    def __init__(self, clock: Clock, speed_hz: int) -> None:
        self._clock, self._speed_hz = clock, speed_hz

    def writebytes(self, data: Any) -> None:
        self._clock.rest(8 * len(data) / self._speed_hz)

    def open(self, port: int, device: int) -> None:
        """Always there."""

    close = setmode = setwarnings = setup = output = cleanup = lambda self, *given, **more: None


class WatchedDisplay:
    """Implements `doors.Display` on top of another; what it notes may be asked for from any thread."""

    def __init__(self, display: Display, clock: Clock) -> None:
        self._display, self._clock = display, clock
        self._changed = threading.Condition()
        self.shown_s: list[float] = []  # when each picture stood there
        self.title = b''  # the pixels of the title, and since when they are these
        self.title_s = 0.0

    def show(self, image: Image.Image) -> None:
        self._display.show(image)
        now_s, title = self._clock.now_s(), image.crop(TITLE_BAND).tobytes()
        with self._changed:
            self.shown_s.append(now_s)
            if title != self.title:
                self.title, self.title_s = title, now_s
                self._changed.notify_all()

    def light(self, lit: bool) -> None:
        self._display.light(lit)

    def close(self) -> None:
        self._display.close()

    def wait_for_another(self, title: bytes, timeout_s: float) -> float | None:
        """When another title than this stood there; None: not within this time."""
        with self._changed:
            return self.title_s if self._changed.wait_for(lambda: self.title != title, timeout_s) else None

    def frames(self, begin_s: float, end_s: float) -> int:
        return sum(begin_s <= at_s < end_s for at_s in self.shown_s)


@dataclass(frozen=True, slots=True)
class Status:
    """What PortAudio tells its callback."""

    input_overflow: bool


class PacedLibrary:
    """Stands for sounddevice: one card that gives blocks of 10 ms from a buffer of 40, whoever listens or not."""

    class PortAudioError(Exception):
        """Never raised: this card is always there."""

    card = PacedCard

    def __init__(self, clock: Clock, tape: NDArray[np.float32]) -> None:
        """`tape` is heard again and again: mono, SOUND_RATE_HZ."""
        self._clock, self._tape, self._at = clock, tape, 0
        self.cards: list[PacedCard] = []

    def query_hostapis(self) -> list[dict[str, Any]]:
        return [{'name': 'paced'}]

    def query_devices(self, kind: str = '') -> Any:
        return CARD if kind else [CARD]

    def InputStream(self, callback: Callable[..., None], **how: Any) -> PacedStream:  # noqa: N802 - sounddevice's name
        def take(block: NDArray[np.float32], overrun: bool) -> None:
            callback(block.reshape(-1, 1), len(block), None, Status(overrun))

        self.cards.append(self.card(self._clock, self._play, take))
        return PacedStream(self.cards[-1])

    def _play(self, count: int) -> NDArray[np.float32]:
        block = self._tape.take(np.arange(self._at, self._at + count), mode='wrap')
        self._at = (self._at + count) % len(self._tape)
        return block

    @property
    def lost_blocks(self) -> int:
        """Of all streams."""
        return sum(card.overruns for card in self.cards)


class PacedStream:
    """A stream of sounddevice's."""

    def __init__(self, card: PacedCard) -> None:
        self._card = card
        self.active = False

    def start(self) -> None:
        self._card.start()
        self.active = True

    def abort(self) -> None:
        self.active = False
        self._card.stop()

    def close(self) -> None:
        """Nothing is held."""


def spent_s(pid: int | None = None) -> float:
    """Processor time of a process (this one) so far, in all its threads; to 10 ms for another."""
    if pid is None:
        mine = os.times()
        return mine.user + mine.system
    fields = Path(f'/proc/{pid}/stat').read_text(encoding='utf-8').rpartition(')')[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf('SC_CLK_TCK')


def memory_mb(pid: int | None = None) -> dict[str, float]:
    """Of a process (this one): what it holds in memory now, and the most it ever held."""
    text = Path(f'/proc/{"self" if pid is None else pid}/status').read_text(encoding='utf-8')
    held = dict(line.split(':', 1) for line in text.splitlines())
    return {name: round(int(held[key].split()[0]) / 1024, 1) for name, key in (('now', 'VmRSS'), ('peak', 'VmHWM'))}
