"""The doors between the kiosk and what can be touched, seen, heard and spoken to."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from appliance.screens.view import NOTHING_HEARD, Meter
from appliance.sound.voice import SOUND_RATE_HZ as SOUND_RATE_HZ  # of every microphone, speaker, take and letter


@dataclass(frozen=True, slots=True)
class Inputs:
    """Controls and sensors as they read now, polarity already resolved; what cannot be read is unsafe and unpressed."""

    record: bool = False
    left: bool = False
    right: bool = False
    lid_closed: bool = False
    blank: bool = False
    stop_pressed: bool = True
    known: bool = True  # False: nothing could be read, and what a finger does is not known either


class Controls(Protocol):
    """Buttons, pads, sensors and the lamp. Polled every few milliseconds; never raises after it was opened."""

    def read(self) -> Inputs: ...

    def lamp(self, lit: bool) -> None: ...

    def close(self) -> None: ...


class Display(Protocol):
    """The LCD. Sends what changed only."""

    def show(self, image: Image.Image) -> None: ...

    def light(self, lit: bool) -> None: ...

    def close(self) -> None: ...


class Sink(Protocol):
    """Where a recording goes."""

    def write(self, block: NDArray[np.float32]) -> None:
        """One mono block at SOUND_RATE_HZ; raises StorageError when it cannot be held."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What the microphone says since it was asked last."""

    present: bool
    meter: Meter = NOTHING_HEARD
    silent_s: float = 0.0  # since a voice was heard last
    recorded_s: float = 0.0
    lost_blocks: int = 0  # that the computer was too slow to take, since recording began
    failure: str = ''  # the sink could not take it: recording has ended


class Microphone(Protocol):
    """Never raises once made: a missing or lost microphone is `present=False`, and it is looked for again."""

    def open(self) -> None:
        """Hear (for the meter); does nothing if open."""

    def tune(self, gain_db: float) -> None:
        """What the card gives is so much louder from now on."""

    def heard(self) -> Heard: ...

    def record(self, sink: Sink) -> None:
        """From the next block on, everything goes into `sink` too."""

    def end(self) -> None:
        """No more; all blocks are in the sink when this returns. Safe to call when nothing is recorded."""

    def close(self) -> None:
        """Hear no more (it may be opened again)."""


class Speaker(Protocol):
    """Never raises once made: without a speaker everything is played in silence, in its own time."""

    def play(self, files: tuple[Path, ...], gain_db: float = 0.0) -> None:
        """These sound files one after the other, in place of what plays now."""

    def stop(self) -> None: ...

    @property
    def playing(self) -> bool: ...

    @property
    def played_s(self) -> float:
        """Since `play`."""

    def close(self) -> None: ...
