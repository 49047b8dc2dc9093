"""Orders of a maintainer to the cutter's child, and what it answers: Moving as often as it likes, then an Answer as the
last. What is refused, stopped or goes wrong ends an order as an AudioLetterError."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

Axis = Literal['carriage', 'platter']
Kind = Literal['tone', 'sweep', 'silence', 'speed']


@dataclass(frozen=True, slots=True)
class Setup:
    """On which machine. `pace`: times as fast as a real one; None: as fast as it can. `trace`: a file for every edge
    that was executed, for whoever wants to see the pins."""

    machine: str = 'virtual'
    pace: float | None = None
    trace: Path | None = None


@dataclass(frozen=True, slots=True)
class Home:
    """The carriage to its switch, or the platter to its index."""

    setup: Setup
    axis: Axis


@dataclass(frozen=True, slots=True)
class Jog:
    """The carriage by mm inward (negative: outward) at mm/s, the platter by turns at rpm. The head stays up."""

    setup: Setup
    axis: Axis
    by: float
    speed: float


@dataclass(frozen=True, slots=True)
class Spin:
    """The platter at `speed_rpm` for `turns` whole turns between pulses of its index sensor. The head stays up."""

    setup: Setup
    speed_rpm: float
    turns: int


@dataclass(frozen=True, slots=True)
class TestCut:
    """A groove of a test signal in a narrow ring of a scrap disc from `from_mm` inward (None: where the disc begins).
    `folder` appears whole, and must not be there yet."""

    setup: Setup
    kind: Kind
    disc: str
    folder: Path
    seconds: float
    level_db: float | None = None
    speed: str = '78'
    curve: str = 'riaa'
    from_mm: float | None = None

    __test__ = False  # no test of pytest's


@dataclass(frozen=True, slots=True)
class ReadPins:
    """The level of each pin while nothing moves."""

    setup: Setup


@dataclass(frozen=True, slots=True)
class PinLevels:
    """Level of each GPIO from 0 on. Those of the panel are not the lathe's to read."""

    levels: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Moving:
    """What moves now, in words, and how far it is: part of all of it, and where the axes are."""

    what: str
    part: float
    carriage_mm: float | None  # None: nobody knows
    rpm: float
    head_down: bool = False
    cut_s: float = 0.0  # for how long the stylus has cut until now


@dataclass(frozen=True, slots=True)
class Moved:
    """An axis has come to rest, power off. `carriage_mm`: where the carriage stands now; None: nobody knows."""

    axis: Axis
    by: float  # mm inward, or turns, net
    carriage_mm: float | None
    steps: int  # pulses, whatever their direction


@dataclass(frozen=True, slots=True)
class Spun:
    """What the index sensor says of a platter that was to turn at `asked_rpm`."""

    asked_rpm: float
    rpm: float
    turns: int
    drift_percent: float
    gear: float  # turns of the motor for one of the platter, as counted
    gear_of_file: float
    unsure_percent: float = 0.0  # of the drift: what may come from how its index is seen


@dataclass(frozen=True, slots=True)
class Tested:
    """The test cut is there: groove, sound, picture and report are in `folder`."""

    folder: Path
    report: dict[str, Any]


Order = Home | Jog | Spin | TestCut | ReadPins
Answer = Moved | Spun | Tested | PinLevels
