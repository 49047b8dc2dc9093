"""What a booth and its cutter say to each other: orders one way, answers the other, as frozen values over one pipe.

`appliance.kiosk.cutter` is the booth's end, `appliance.compose.cutter_child` the other.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from appliance.message import Master


@dataclass(frozen=True, slots=True)
class Order:
    """On what, and how, a letter is to be cut. `pace`: times as fast as a real cut; None: as fast as it can. `take`:
    whose it is; what answers the order carries it."""

    disc: str
    speed: str = 'auto'
    curve: str = 'riaa'
    machine: str = 'virtual'
    pace: float | None = None
    take: int = 0

    @property
    def slowness(self) -> float:
        """How many times as long as a real cut it takes, at the most: a pace above one is hoped for, not promised."""
        return max(1.0 / self.pace, 1.0) if self.pace else 1.0


@dataclass(frozen=True, slots=True)
class Prepare:
    """Master and plan `wav`; scratch files lie beside it. Takes the place of what was being prepared."""

    wav: Path
    order: Order
    master: Master | None = None  # of the disc before: cut of the same, if it can be


@dataclass(frozen=True, slots=True)
class Cut:
    """Cut what was prepared; `folder` appears whole, and must not be there yet."""

    folder: Path
    mark: str = ''  # of the disc, for its report: 217, or 217 3/10


@dataclass(frozen=True, slots=True)
class Preview:
    """Let what was prepared be heard as its disc will sound: `folder`/preview.wav appears whole, scratch files lie in
    `folder`. Any order to prepare, cut, stop or forget gives it up, without an answer."""

    folder: Path


@dataclass(frozen=True, slots=True)
class Stop:
    """At once. `key` in `appliance.words.reasons`, as everywhere here."""

    cause: str
    key: str = 'visitor'


@dataclass(frozen=True, slots=True)
class Inject:
    """A fault of the virtual machine, one of `compose.shop.FAULTS`; or slip, which calibration alone finds."""

    fault: str


@dataclass(frozen=True, slots=True)
class Switch:
    """Of the virtual interlock: `lid_closed`, `stop_pressed`, or whether it is `missing`."""

    name: str
    on: bool


@dataclass(frozen=True, slots=True)
class Ping:
    """Answered by itself, by the thread that hears, whatever the other one is at. `at_s`: when it was said, on a clock
    that all processes of this computer have in common; whoever hears it late has heard of what was then."""

    at_s: float


@dataclass(frozen=True, slots=True)
class Alive:
    """Said by the child: soon the time of its virtual machine will stand still until the loop says the same to it."""

    ms: float  # of that time


@dataclass(frozen=True, slots=True)
class Forget:
    """What was prepared, or is being prepared, is thrown away."""


@dataclass(frozen=True, slots=True)
class Facts:
    """The letter fits, and this is how it would be cut: the answer to Prepare, and said again after a cut that did not
    end well."""

    letter_s: float
    total_s: float
    speed_rpm: float
    level_db: float
    why: str
    radius_start_mm: float
    radius_end_mm: float
    disc: str
    take: int = 0
    copy: bool = False  # of the master and the plan of the disc before
    anew: str = ''  # why not, where there was one
    homing_s: float = 0.0  # at most, before `total_s` begins: the carriage must first find out where it stands


@dataclass(frozen=True, slots=True)
class Refused:
    """It will not be cut, and no blank is spent: 'too long', 'plan', 'lid', 'stop', 'lathe', 'disk full', 'storage'."""

    key: str
    text: str
    take: int = 0  # whose preparation or preview was refused; 0: a cut was


@dataclass(frozen=True, slots=True)
class Previewed:
    """What the disc will sound like: mono, 48 kHz, as long as the take. Gone when it is forgotten or prepared anew."""

    wav: Path


@dataclass(frozen=True, slots=True)
class Progress:
    """Of the cut, with the groove since the last one."""

    part: float
    left_s: float
    angle_rad: float
    radius_mm: float
    rpm: float
    head_down: bool
    points: tuple[tuple[float, float], ...] = ()
    homing: bool = False  # the carriage goes home first; `part` is 0
    queued_ms: float = 0.0  # what the machine has been given and not executed yet


@dataclass(frozen=True, slots=True)
class Done:
    """The disc is there: groove and report are in `folder`."""

    folder: Path
    report: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Mastered:
    """What the disc is cut of lies beside the letter, for copies."""

    digest: str


@dataclass(frozen=True, slots=True)
class Finished:
    """Picture and sound are in `folder` too."""

    folder: Path


@dataclass(frozen=True, slots=True)
class Stopped:
    """By a hand ('visitor', or the key that `stop` was given), 'lid' or 'stop' button: the blank is spoiled."""

    cause: str
    key: str


@dataclass(frozen=True, slots=True)
class Fault:
    """The machine, the disk or the child was not well: 'underrun', 'stall', 'swarf', 'lathe', 'disk full', 'storage',
    'cutter'."""

    key: str
    text: str


@dataclass(frozen=True, slots=True)
class Errand:
    """Something the host wants of the machine while no visitor is served: home an axis, say. One at a time; answered by
    ErrandSaid of the same number until one is the last."""

    number: int
    order: Any  # a frozen value of `appliance.hands.orders`


@dataclass(frozen=True, slots=True)
class EndErrand:
    """Stop it at once; nobody listens to what it says any more."""

    number: int


@dataclass(frozen=True, slots=True)
class ErrandSaid:
    """`what`: a frozen value of `appliance.hands.orders`; as the last also None, or what ended it: Refused, Fault,
    Stopped, or an AudioLetterError."""

    number: int
    what: Any
    last: bool = False
