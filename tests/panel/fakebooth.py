"""A booth that only remembers what was asked of it, and shows what a test tells it to."""

from __future__ import annotations

import contextlib
import math
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from appliance.booth.doors import Inputs
from appliance.compose.script import FAULTS
from appliance.errors import OptionError
from appliance.panel import Disc, Options, Platter, serve

REST = {'lid_closed': True, 'blank': False, 'stop_pressed': False, 'record': False, 'left': False, 'right': False}


class FakeBooth:
    """The handles of `appliance.panel.Booth`; `calls` holds what was done, in order, `done` wakes whoever waits."""

    def __init__(self, sample: Path | None = None) -> None:
        self.calls: list[tuple[object, ...]] = []
        self.done = threading.Condition()
        self.on = dict(REST)
        self.ill = dict.fromkeys((*FAULTS, 'power cut'), False)
        self.serial, self.frame = 1, bytes(320 * 240 * 3)
        self.lamp_on, self.lit_on, self.shows = True, True, False
        self.now = 'attract'
        self.texts = ('en', 'Audio letters', 'Speak a letter and take it home on a disc', '', 'Begin', '')
        self.turning = Platter()
        self.disc, self.points = object(), list[tuple[float, float]]()
        self.pcm, self.asked = b'', 0  # what the speaker played, and how often that was asked for
        self.discs: tuple[Disc, ...] = ()
        self.spoken: list[bytes] = []
        self.fed: list[np.ndarray] = []
        self.shipped = sample or Path('sample.flac')

    def did(self, *call: object) -> None:
        with self.done:
            self.calls.append(call)
            self.done.notify_all()

    def wait(self, *call: object) -> None:
        """Until it has been asked that."""
        with self.done:
            assert self.done.wait_for(lambda: call in self.calls, 60), f'{call} not in {self.calls}'

    def picture(self, pixels: np.ndarray) -> None:
        """240 x 320 x 3, uint8."""
        self.frame = pixels.astype(np.uint8).tobytes()
        self.serial += 1

    def lay(self, *points: tuple[float, float]) -> None:
        """Another disc, with so much of a groove."""
        self.disc, self.points = object(), list(points)

    def spiral(self, turns: float, pitch_mm: float = 0.5, outer_mm: float = 120.0) -> None:
        """A disc with a groove of so many turns."""
        count = int(turns * 60)
        self.lay(*((i * math.tau / 60, outer_mm - pitch_mm * i / 60) for i in range(count)))
        angle, radius = self.points[-1]
        self.turning = Platter(angle, radius, 78.26, True, 0.4, 61.0)

    # the handles

    def set(self, name: str, on: bool) -> None:
        self.on[name] = on
        self.did('set', name, on)

    def inputs(self) -> Inputs:
        return Inputs(**self.on)

    def lamp(self) -> bool:
        return self.lamp_on

    def screen(self) -> tuple[int, bytes]:
        return self.serial, self.frame

    def lit(self) -> bool:
        return self.lit_on

    def words(self) -> tuple[str, ...]:
        return self.texts

    def state(self) -> str:
        return self.now

    def feed(self, block: np.ndarray) -> None:
        self.fed.append(block)
        self.did('feed')

    def speak(self, file: Path | None) -> None:
        if file is not None and file != self.shipped:
            self.spoken.append(file.read_bytes())
            if self.spoken[-1].startswith(b'no sound'):
                raise OptionError('the recording holds no sound')
        self.did('speak', file if file in (None, self.shipped) else 'file')

    def heard(self, after: int) -> tuple[int, bytes]:
        with self.done:
            self.asked += 1
            self.done.notify_all()
        pcm = self.pcm
        return len(pcm) // 2, pcm[2 * after :]

    def platter(self) -> Platter:
        return self.turning

    def groove(self, disc: object, after: int) -> tuple[object, int, tuple[tuple[float, float], ...]]:
        points = self.points
        return self.disc, len(points), tuple(points[after if disc is self.disc else 0 :])

    def fault(self, name: str, on: bool) -> None:
        self.ill[name] = on
        self.did('fault', name, on)

    def faults(self) -> dict[str, bool]:
        return dict(self.ill)

    def tell(self, event: object) -> None:
        self.did('tell', event)

    def show(self) -> None:
        self.shows = True
        self.did('show')

    def showing(self) -> bool:
        return self.shows

    def letters(self) -> tuple[Disc, ...]:
        return self.discs

    def clean(self, number: int) -> Path | None:
        self.did('clean', number)
        return next((disc.clean for disc in self.discs if disc.number == number), None)

    def sample(self) -> Path:
        return self.shipped


def apart(work, *about):
    """What it returns, in a thread of its own: Playwright keeps a loop running in this one."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(work, *about).result(60)


@contextlib.contextmanager
def served(booth, scratch, port=0):
    """The address while it is served."""
    urls, up, stop = [], threading.Event(), threading.Event()

    def say(url):
        urls.append(url)
        up.set()

    thread = threading.Thread(target=serve, args=(booth, Options(scratch, port, browser=False), say, stop))
    thread.start()
    try:
        assert up.wait(60)
        yield urls[0]
    finally:
        stop.set()
        thread.join(60)
        assert not thread.is_alive()
