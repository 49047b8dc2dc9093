"""What the page may ask of a booth, and the small values it is answered with."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from appliance.booth.doors import Inputs
from appliance.compose.handles import Disc, Platter
from appliance.workflow.values import Event

PORT = 8078  # a 78 in it; registered to nobody (IANA port registry)


@dataclass(frozen=True, slots=True)
class Options:
    """How the page is served."""

    scratch: Path  # where a recording that was dropped on the page stays until the booth has read it; RAM-backed
    port: int = PORT  # 0: any that is free
    browser: bool = True  # open one


class Booth(Protocol):
    """A booth that can be touched. Any thread may call any method; only `speak` raises, or takes long."""

    def set(self, name: str, on: bool) -> None:
        """A control or sensor of `Inputs`: record, left, right, lid_closed, blank, stop_pressed."""

    def inputs(self) -> Inputs: ...

    def lamp(self) -> bool: ...

    def screen(self) -> tuple[int, bytes]:
        """A number that grows with each change, and the LCD's frame buffer: 320 x 240 x 3 bytes RGB, row by row."""

    def lit(self) -> bool:
        """Whether the LCD's backlight is on."""

    def words(self) -> tuple[str, ...]:
        """Language code, title, line, and the labels of left pad, button and right pad, as the LCD shows them now."""

    def state(self) -> str:
        """Value of the workflow's State."""

    def feed(self, block: NDArray[np.float32]) -> None:
        """The browser's microphone: mono, 48 kHz, -1..1."""

    def speak(self, file: Path | None) -> None:
        """Into the microphone; None breaks off. The file has been read when this returns, and may be removed.

        OptionError if it holds no sound.
        """

    def heard(self, after: int) -> tuple[int, bytes]:
        """What the speaker has played since its sample `after` (16-bit mono PCM, 48 kHz), and the number of the last.

        As much as is still known of it; nothing where `after` is not reached yet.
        """

    def platter(self) -> Platter: ...

    def groove(self, disc: object, after: int) -> tuple[object, int, tuple[tuple[float, float], ...]]:
        """Which disc it is on, how many points (angle_rad, radius_mm) it has, and those behind the first `after`, as
        executed; all of them if that is another disc than `disc`, which is known by `is` alone.

        Angles are the platter's at the time of the cut.
        """

    def fault(self, name: str, on: bool) -> None:
        """Of `compose.script.FAULTS`, or 'power cut'."""

    def faults(self) -> dict[str, bool]:
        """Those that can be had, and which are there."""

    def tell(self, event: Event) -> None:
        """As the host."""

    def show(self) -> None:
        """Play a whole visit with the shipped sample."""

    def showing(self) -> bool: ...

    def letters(self) -> tuple[Disc, ...]:
        """Newest first."""

    def clean(self, number: int) -> Path | None:
        """A letter as it sounds on a film without noise, made now if need be: takes seconds. None: it is gone."""

    def sample(self) -> Path:
        """The shipped sample letter."""


__all__ = ['PORT', 'Booth', 'Disc', 'Options', 'Platter']
