"""A letter as its disc will sound, before a blank is spent on it."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from pathlib import Path

from appliance.compose.shop import GROOVE, SOUND, Keeping
from appliance.compose.virtual.shop import VirtualShop
from appliance.cut import Prepared, Watch
from appliance.files import HeldFolder
from appliance.orders import Preview
from appliance.playback.play import Listening, listen

SCRATCH, PREVIEW = '.preview-', 'preview.wav'


class CancelledError(Exception):
    """What was being prepared or previewed is wanted no more."""


class Rehearsal:
    """Watches over a preview: ends it when nobody waits for it any more."""

    def __init__(self, wanted: Callable[[], bool]) -> None:
        self._wanted = wanted

    def stage(self, name: str) -> None:
        self.part(0.0)

    def part(self, done: float) -> None:
        if not self._wanted():
            raise CancelledError


def rehearse(made: Prepared, scratch: Path, watch: Watch) -> Path:
    """What the disc will sound like: cut on the virtual lathe, whatever the machine is, as fast as it can, and played.

    Returns a WAV file (48 kHz, the film's own noise) in `scratch`; raises as `VirtualShop.engrave`.
    """
    request = made.request
    shop = VirtualShop(request.machine, request.disc, scratch, Keeping())
    shop.engrave(made.timeline, made.facts, watch)
    sound = scratch / SOUND
    listen(scratch / GROOVE, sound, Listening(seed=request.machine.machine.seed), watch.part)
    return sound


class Previews:
    """One at a time, and none that nobody waits for. `want` is called by the thread that hears the orders, `make` and
    `wipe` by the one that works."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._wanted: Preview | None = None  # any other is given up
        self._file: Path | None = None

    def want(self, order: Preview | None) -> None:
        with self._lock:
            self._wanted = order

    def is_wanted(self, order: Preview) -> bool:
        return self._wanted is order

    def make(self, order: Preview, made: Prepared) -> Path:
        """CancelledError when it is not wanted any more; nothing of it is left behind then."""
        file = order.folder / PREVIEW
        file.unlink(missing_ok=True)
        with HeldFolder(order.folder, SCRATCH) as held:
            watch = Rehearsal(lambda: self.is_wanted(order))
            sound = rehearse(made, held.path, watch)
            with self._lock:
                watch.part(1.0)
                self._file = sound.replace(file)
        return file

    def wipe(self) -> None:
        """Whoever is forgotten is not to be heard."""
        if self._file is not None:
            with contextlib.suppress(OSError):
                self._file.unlink()
            self._file = None
