"""What a command is, what it says, and what it may do with the booth.

A command is one function: `def letters_show(call: Call, number: int, *, loud: bool = False) -> Iterator[Said]`. Its
parameters are its syntax and its docstring is its help (`syntax`). It runs in the thread of whoever asked, may wait,
and ends early when `call.cancelled` is set. What is wrong it raises as an AudioLetterError.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, TypeVar

from appliance.booth.doors import Heard, Inputs, Sink
from appliance.config import Config
from appliance.config.places import MOUNTS, Folders
from appliance.desk.journal import Journal
from appliance.hands.orders import Moving
from appliance.kiosk.live import Settings
from appliance.message import Letter, Stores
from appliance.orders import Facts as CutFacts
from appliance.orders import Progress
from appliance.screens.view import Card
from appliance.workflow.values import Booth, Event

T = TypeVar('T')
Value = str | int | float | bool | None
PAUSE_S = 0.02  # between two looks at the booth's clock


@dataclass(frozen=True, slots=True)
class Line:
    """One line of text."""

    text: str


@dataclass(frozen=True, slots=True)
class Facts:
    """Names and values, in their order. A name carries its unit: 'free, MB'."""

    facts: Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under columns; a name carries its unit."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Value, ...], ...]


@dataclass(frozen=True, slots=True)
class Blob:
    """A file, for whoever asked to keep."""

    name: str
    data: bytes


Said = Line | Facts | Table | Blob


@dataclass(frozen=True, slots=True)
class Look:
    """The booth at one moment. Frozen, so that it can be read in any thread."""

    booth: Booth
    now_s: float  # on the booth's clock, as are the deadlines in `booth`
    heard: Heard
    facts: CutFacts | None = None  # of the letter that is planned
    progress: Progress | None = None  # of the cut that goes on, or went on last
    moving: Moving | None = None  # what a hand moves now
    playing: str = ''  # 'take', 'disc' or ''
    letters: tuple[Letter, ...] = ()
    causes: Mapping[str, str] = field(default_factory=dict)  # part -> what is the matter with it


class System(Protocol):
    """The computer the booth runs on; a virtual booth is its own, and leaves the other alone."""

    @property
    def virtual(self) -> bool: ...

    def reboot(self) -> None:
        """Everything is ended in good order, then it comes up again."""

    def power_off(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Program:
    """What runs here, and on what: for whoever has to find out why it does not."""

    version: str = ''
    machine: str = 'virtual'  # file or name
    config: Path | None = None  # settings beside those of /etc/audioletter
    unit: str = ''  # of systemd, whose journal keeps what this program tells
    journalctl: str = 'journalctl'
    thermal: Path = Path('/sys/class/thermal')  # temperatures, where the computer has any (sysfs-class-thermal)
    mounts: Path = MOUNTS  # what is mounted where
    real: frozenset[str] = frozenset()  # parts that are no virtual ones: controls, lcd, sound


@dataclass(frozen=True, slots=True)
class Sensed:
    """What the panel's wires say. `lit`: the lamp; None before it was set."""

    inputs: Inputs
    lit: bool | None


class Desk(Protocol):
    """What a command may do with the booth: it blocks the thread that asks, never the booth."""

    @property
    def settings(self) -> Settings:
        """What the host has decided, disc and order included."""

    @property
    def folders(self) -> Folders: ...

    @property
    def system(self) -> System: ...

    @property
    def program(self) -> Program: ...

    @property
    def journal(self) -> Journal: ...

    def look(self) -> Look: ...

    def tell(self, event: Event) -> None:
        """As the host; the workflow decides what follows."""

    def stores(self, name: str, do: Callable[[Stores], T]) -> T:
        """Done in the archivist's thread, which owns them; raises what it raised. `name`: 'list the letters', say."""

    def deed(self, who: str, what: str, how: str) -> None:
        """Into the ledger; sessions do so for each command that changes something."""

    def lathe(self, order: Any, cancelled: threading.Event) -> Iterator[Any]:
        """A maintenance order of `hands.orders` for the machine, and what it answers until it is done. Set `cancelled`
        and it is stopped at once."""

    def play(self, files: tuple[Path, ...], gain_db: float = 0.0) -> None:
        """Through the booth's speaker, in place of what plays; no files: silence."""

    def adopt(self, config: Config) -> bool:
        """Other settings, which are written already: the volume now, all else as soon as nobody is served. Whether that
        is now."""

    def sense(self) -> Sensed:
        """Controls and lamp at this moment, nothing debounced."""

    def card(self, name: Card) -> None:
        """A test card on the LCD, as long as the booth is in maintenance; '': what it usually shows."""

    def listen(self, sink: Sink | None) -> None:
        """Whatever the microphone hears goes into `sink` from now on, until None; in maintenance only."""

    def now_s(self) -> float:
        """On the booth's clock."""

    def wall_s(self) -> float:
        """Seconds since 1970, as the computer believes."""


def _nobody(question: str) -> bool:
    """Whoever cannot be asked has not said yes."""
    return False


@dataclass(frozen=True, slots=True)
class Seat:
    """Somebody at the desk."""

    number: int
    who: str
    since_s: float  # on the computer's clock, as are all times of `Desk.wall_s`
    commands: bool  # has the command of the booth
    doing: str = ''


class Sessions(Protocol):
    """All that are at the desk, as the session of one call sees them."""

    def seats(self) -> tuple[Seat, ...]: ...

    def take_over(self) -> str:
        """The command of the booth is this session's now; whose it was, or an empty text."""

    def stop(self) -> int:
        """Whatever any session changes now is cancelled; how many were."""


class Alone:
    """Nobody else is there."""

    def seats(self) -> tuple[Seat, ...]:
        return ()

    def take_over(self) -> str:
        return ''

    def stop(self) -> int:
        return 0


@dataclass(frozen=True, slots=True)
class Call:
    """One command as it runs: for whom, and how to reach them."""

    desk: Desk
    who: str = 'nobody'
    json: bool = False  # a program reads it
    width: int = 80  # columns
    cancelled: threading.Event = field(default_factory=threading.Event)  # stop what you do
    ask: Callable[[str], bool] = _nobody  # a question; whether the answer was yes
    read: Callable[[], bytes] = bytes  # what whoever asked sends after the command: a file, say
    sessions: Sessions = field(default_factory=Alone)
    afterwards: list[Callable[[], None]] = field(default_factory=list)  # once whoever asked has heard the end

    def pause(self, seconds: float) -> bool:
        """Until so much of the booth's time has passed; False when the command is to end instead."""
        until_s = self.desk.now_s() + seconds
        while self.desk.now_s() < until_s:
            if self.cancelled.wait(min(PAUSE_S, seconds)):
                return False
        return not self.cancelled.is_set()


Run = Callable[..., Iterator[Said] | Said | None]
Asks = Callable[..., str]  # with what the command is called with: the question, or the error that stands in its way
Offer = Callable[[Desk], Iterable[str]]


@dataclass(frozen=True, slots=True)
class Command:
    """One command of the host."""

    name: str  # one or two words, 'letters show'
    run: Run
    asks: Asks | None = None  # before anything is done; `--yes` among the words answers it
    changes: bool = False  # needs the command of the booth, which one session has; all others only look on
    maintenance: bool = False  # only while the booth is in maintenance
    private: bool = False  # its words are not noted: they may hold a name
    noted: bool = False  # into the ledger, although it changes nothing of the booth
    urgent: bool = False  # at once, beside whatever the session does, and nobody has to be allowed
    gives: tuple[type[Said], ...] = ()  # what a program gets of it with --json: always these, in this order
    offers: Mapping[str, Offer] = field(default_factory=dict, hash=False)  # parameter -> values to complete it with
