"""What a shop is, virtual or real: a lathe with everything around it that one cut needs, and what stops it."""

from __future__ import annotations

import contextlib
import math
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Protocol

from appliance.clock import Clock, RealClock
from appliance.compose.real.site import Site
from appliance.errors import CutFaultError, MachineRefusesError
from appliance.lathe.api import Lathe, Progress, State
from appliance.lathe.homing import Homed, Rig, home
from appliance.machine import FRAME_RATE_HZ, Machine
from appliance.virtual.carriage import VirtualCarriage
from appliance.virtual.interlock import ACCIDENTS, VirtualInterlock
from appliance.virtual.platter import VirtualPlatter

LOOK_S = 0.1  # between two looks at the progress
REST_S = 0.02  # longest rest without a look whether it has been stopped
POINTS_A_TURN = 60  # of the groove, as it is shown
FAULTS = ('stall', 'swarf', 'underrun', *ACCIDENTS)
HANDS = ('lid', 'stop')  # keys of what is no fault of the machine
GROOVE, TRACE, PICTURE, SOUND = 'groove.npz', 'trace.npz', 'disc.png', 'playback.wav'


@dataclass(frozen=True, slots=True)
class Keeping:
    """What is to be left in the folder beside the groove."""

    results: bool = False  # picture and sound
    trace: bool = False


@dataclass(frozen=True, slots=True)
class Bench:
    """What surrounds the virtual lathe: its interlock, and how many times as fast as a real one it cuts (None: as
    fast as it can). A `carriage` that outlives the cut is homed before it when its place is not known; None parks.

    And a real one: it has power only as long as `alive_s` says that whoever watches over it is alive; None as `site`:
    this computer.
    """

    interlock: VirtualInterlock = field(default_factory=VirtualInterlock)
    pace: float | None = None
    clock: Clock = field(default_factory=RealClock)
    carriage: VirtualCarriage | None = None
    platter: VirtualPlatter | None = None  # what really turns the disc; None: what the machine file says
    alive_s: Callable[[], float] = lambda: math.inf
    site: Site | None = None


@dataclass(frozen=True, slots=True)
class Seen:
    """Where the stylus is, and the groove since the last look: (angle_rad, radius_mm), thinned."""

    angle_rad: float = 0.0
    radius_mm: float = 0.0
    rpm: float = 0.0
    head_down: bool = False
    points: tuple[tuple[float, float], ...] = ()
    queued_ms: float = 0.0  # given to the machine and not executed yet


class MovingLathe(Lathe, Protocol):
    """A lathe that can be waited for."""

    def wait(self, timeout_s: float | None = None) -> bool: ...

    def steps(self) -> tuple[int, int]:
        """Rising step edges of platter and carriage, given out so far."""


class Stoppable:
    """Whatever moves the machine once, in one thread; `stop` may be called from any other at any moment, also before
    it has begun."""

    def __init__(self) -> None:
        self.stopped = False  # by a hand, the lid or the stop button: no fault of the machine
        self.homing = False  # before it does what it is for
        self._lock = threading.Lock()
        self._moves: Lathe | None = None
        self._cause, self._key = '', ''

    def stop(self, cause: str, key: str = 'visitor') -> None:
        """Head up first, ramp down, power off; before it has begun it ends as soon as it begins."""
        with self._lock:
            if not self._cause:
                self._cause, self._key = cause, key
            if self._moves is not None:
                self._moves.stop(cause, key)

    def _take(self, lathe: Lathe) -> None:
        """It has begun to move, or goes on; what was asked for before is told to it now."""
        with self._lock:
            self._moves = lathe
            if self._cause:
                lathe.stop(self._cause, self._key)

    def _let_go(self) -> None:
        with self._lock:
            self._moves = None

    def _by_hand(self, key: str) -> bool:
        return key in HANDS or (bool(self._cause) and key == self._key)

    def _go_home(
        self,
        machine: Machine,
        new_lathe: Callable[[], MovingLathe],
        at_home: Callable[[], bool],
        look: Callable[[], object],
    ) -> Homed:
        """Raises as `homing.home`, and what `look` raises, which is called while it moves."""
        lathes: list[MovingLathe] = []

        def another() -> MovingLathe:
            lathes.append(new_lathe())
            return lathes[-1]

        def pause() -> None:
            self._take(lathes[-1])
            look()
            lathes[-1].wait(REST_S)

        self.homing = True
        try:
            return home(Rig(machine, another, at_home, pause))
        except (CutFaultError, MachineRefusesError) as error:
            self.stopped = self._by_hand(error.key)  # a lid that opens between two movements refuses the next
            raise
        finally:
            self.homing = False
            self._let_go()


@contextlib.contextmanager
def before_a_cut() -> Iterator[None]:
    """A switch that is not found costs the cut; what stands in its way before anything moves is refused, as ever."""
    try:
        yield
    except MachineRefusesError as error:
        if error.key != 'lathe':
            raise
        raise CutFaultError(error.what, where=error.where, remedy=error.remedy) from error


def refuse_broken_off(progress: Progress, *, seen: bool = True) -> None:
    """CutFaultError for what did not come to its end, or was not seen there."""
    if progress.state is not State.DONE or not seen:
        raise CutFaultError(
            progress.cause or 'the cut did not end well',
            where=f'{progress.frame / FRAME_RATE_HZ:.2f} s into the cut',
            remedy='lay a new blank and cut again',
            key=progress.key,
        )
