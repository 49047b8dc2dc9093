"""What goes into a cut and what comes out of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from appliance.machine import Disc, Machine
from appliance.playback.measure import Measured
from appliance.sound.curves import DEFAULT_CURVE


class Watch(Protocol):
    """Whoever looks on: a progress bar, or nobody."""

    def stage(self, name: str) -> None: ...

    def part(self, done: float) -> None: ...


class Quiet:
    """Nobody is watching."""

    def stage(self, name: str) -> None:
        pass

    def part(self, done: float) -> None:
        pass


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked for."""

    file: Path
    disc: Disc
    machine: Machine
    speed: str = 'auto'
    curve: str = DEFAULT_CURVE
    plain: bool = False
    level_db: float | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the lathe has done: counted by the engine, measured on the groove."""

    underruns: int
    frames: int
    platter_steps: int
    carriage_steps: int
    measured: Measured
    peaks: dict[str, float]
    foretold: bool = False  # `measured` and `peaks` are of a virtual twin: nobody has looked at the disc
