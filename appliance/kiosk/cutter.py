"""The cutter: a child process that masters, plans and cuts, so that sound and screen never wait for it.

What passes between are the frozen values of this file, over one pipe. The child is started when it is first needed and
kept warm. If it dies, that is a `Fault` and the next order starts another; if this process dies, the child finds its
pipe closed, stops the cut with head up and power off, and ends.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing import Pipe
from pathlib import Path
from typing import Any

from appliance.clock import monotonic_s
from appliance.message import Master
from appliance.pipe import PipeEnd
from appliance.urgency import give_way

CHILD = ('-m', 'appliance.compose.cutter_child')
DIED = 'cutter'
GONE_S = 10.0  # for a child to stop its cut and end


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
    """A switch of the virtual interlock, `lid_closed` or `stop_pressed`."""

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


class Cutter:
    """The parent's side. No method waits, but `wait`, `answer` and `close`."""

    def __init__(
        self, child: Sequence[str] = CHILD, held: Sequence[int] = (), run: Path | None = None, real: str = ''
    ) -> None:
        """`child`: what the interpreter is to run; the number of its end of the pipe is added, and `run`, the folder
        where a real machine's cut leaves word of what outlives it, and `real`, that machine, so that whatever was left
        is ended as soon as the child starts. `held`: open files that the child holds as long as it lives, so that a
        lock outlasts a parent that was killed."""
        self._child, self._held = tuple(child), tuple(held)
        self._where = () if run is None else (str(run), *((real,) if real else ()))
        self._process: subprocess.Popen[bytes] | None = None
        self._pipe: PipeEnd | None = None
        self._switches: dict[str, bool] = {}
        self._heard: list[Any] = []  # and not asked for yet
        self.asked, self.pongs = False, 0  # whether it owes a sign of life, and how many it has given
        self.awake = False  # whether it has said anything since it was started

    @property
    def pid(self) -> int | None:
        """Of the child; None while there is none."""
        return None if self._process is None else self._process.pid

    def warm(self) -> None:
        """Start the child, so that the first order need not wait for it."""
        with contextlib.suppress(OSError):  # the first order says so
            self._warm()

    def prepare(self, wav: Path, order: Order, master: Master | None = None) -> None:
        """Answered by Facts or Refused."""
        self._tell(Prepare(wav, order, master))

    def preview(self, folder: Path) -> None:
        """Answered by Previewed or Refused; by nothing if another order comes first."""
        self._tell(Preview(folder))

    def cut(self, folder: Path, mark: str = '') -> None:
        """Answered by Progress, then Done and Finished, or Stopped, Refused or Fault; before Finished, by Mastered."""
        self._tell(Cut(folder, mark))

    def stop(self, cause: str, key: str = 'visitor') -> None:
        if self._pipe is not None:
            self._tell(Stop(cause, key))

    def inject(self, fault: str) -> None:
        if self._pipe is not None:
            self._tell(Inject(fault))

    def forget(self) -> None:
        if self._pipe is not None:
            self._tell(Forget())

    def errand(self, errand: Errand) -> None:
        """Answered by ErrandSaid."""
        self._tell(errand)

    def end_errand(self, number: int) -> None:
        if self._pipe is not None:
            self._tell(EndErrand(number))

    def lid(self, closed: bool) -> None:
        self._switch('lid_closed', closed)

    def stop_button(self, pressed: bool) -> None:
        self._switch('stop_pressed', pressed)

    def ping(self) -> None:
        """Let the child show that it hears, if there is one; one question at a time."""
        if self._pipe is not None and not self.asked:
            self.asked = True
            self._tell(Ping(monotonic_s()))

    def poll(self) -> tuple[Any, ...]:
        """What the child has said since, in order."""
        self._hear()
        said, self._heard = self._heard, []
        return tuple(said)

    def _hear(self) -> None:
        messages, lives = self._pipe.take() if self._pipe else ([], True)
        for message in messages:
            self.awake = True
            if isinstance(message, Ping):
                self.asked, self.pongs = False, self.pongs + 1
            elif not isinstance(message, Alive):
                self._heard.append(message)
            elif self._pipe is not None:
                self._tell(message)
        if not lives and self._pipe is not None:
            self._bury()

    def wait(self, timeout_s: float) -> bool:
        """Until the child has said something; False if it has not by then. A sign of life wakes nobody: it is asked for
        again and again, and a clock that passes only while somebody waits would run ahead of the cut."""
        until_s = monotonic_s() + timeout_s
        while self._pipe is not None and not self._heard and self._pipe.wait(until_s - monotonic_s()):
            self._hear()
        return bool(self._heard)

    def answer(self, timeout_s: float) -> None:
        """Its question whether anybody is there, if it asks within that time; what it says otherwise is kept."""
        if self._pipe is not None and self._pipe.wait(timeout_s):
            self._hear()

    def give_up(self) -> None:
        """It owes an answer that does not come: it is ended, and that is a Fault."""
        if self._process is not None:
            self._process.kill()
            self._bury()

    def kill(self) -> None:
        """As a power cut would: nobody is told, nothing is tidied up."""
        if self._process is not None:
            self._process.kill()
        self.close()

    def close(self) -> None:
        """A cut that goes on is stopped; safe to call twice."""
        self._hang_up()
        self._end()

    def _switch(self, name: str, on: bool) -> None:
        if self._switches.get(name) is not on:
            self._switches[name] = on
            if self._pipe is not None:
                self._tell(Switch(name, on))

    def _tell(self, order: Any) -> None:
        try:
            self._warm().send(order)
        except OSError:
            self._bury()

    def _warm(self) -> PipeEnd:
        if self._pipe is None:
            mine, theirs = Pipe()
            path = os.pathsep.join(filter(None, (str(Path(__file__).parents[2]), os.environ.get('PYTHONPATH', ''))))
            self._process = subprocess.Popen(
                (sys.executable, *self._child, str(theirs.fileno()), *self._where),
                pass_fds=(theirs.fileno(), *self._held),
                stdin=subprocess.DEVNULL,
                env=os.environ | {'PYTHONPATH': path},
            )
            give_way(self._process.pid)
            theirs.close()
            self._pipe, self.awake = PipeEnd(mine), False
            for name, on in self._switches.items():
                self._pipe.send(Switch(name, on))
        return self._pipe

    def _bury(self) -> None:
        """The child has died, or could not be started: what it was told is lost."""
        self._hang_up()
        self._heard.append(Fault(DIED, 'the program that cuts has ended by itself, or does not start'))
        self._end()

    def _hang_up(self) -> None:
        if self._pipe is not None:
            self._pipe.close()
            self._pipe, self.asked = None, False

    def _end(self) -> None:
        if self._process is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(GONE_S)
            if self._process.poll() is None:
                self._process.kill()
                self._process.wait()
            self._process = None
