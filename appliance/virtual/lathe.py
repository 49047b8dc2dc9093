"""The virtual lathe: the engine on a virtual Pi, and a consumer that shows what was executed to whoever watches."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from appliance.errors import key_of
from appliance.lathe.api import Progress, Readiness, State
from appliance.lathe.engine import OVER, EngineLathe
from appliance.lathe.settings import Knobs, memory_words, off, outputs
from appliance.machine.model import Machine
from appliance.timeline.score import Score
from appliance.virtual.executed import Executed, Observer
from appliance.virtual.interlock import VirtualInterlock
from appliance.virtual.pi import PiMemory, PiSettings, VirtualPi
from appliance.virtual.platter import PlatterFollower, VirtualPlatter
from appliance.virtual.power.conveyor import Conveyor
from appliance.virtual.power.wired import WiredLink

TURNS = 1  # of the feeder's loop between two looks at the interlock: about 10 ms of the cut
# How long a board is watched whose feeder has died, and how often: the queue is 0.15 s long
AFTERLIFE_US, LOOK_US = 1_000_000, 40_000


@dataclass(frozen=True, slots=True)
class VirtualKnobs:
    """What a test, a script or a person may turn. `pi` replaces all settings of the board, its chip too."""

    real_time: bool = False
    kill_at_segment: int = -1
    pi: PiSettings | None = None


def pi_settings(machine: Machine, knobs: VirtualKnobs | None = None) -> PiSettings:
    """The board of this machine file."""
    pins, identity = machine.pins, machine.machine
    knobs = knobs or VirtualKnobs()
    return knobs.pi or PiSettings(
        chip=identity.chip,
        leg_gpio=(pins.leg_a, pins.leg_b),
        seed=identity.seed,
        real_time=knobs.real_time,
    )


def initial_levels(machine: Machine) -> NDArray[np.uint8]:
    """Level of each pin at frame 0: as reset leaves it, except what the engine drives: off, before the PWM starts."""
    board = VirtualPi(pi_settings(machine), PiMemory(chain_words=64, frames=0, edges=0))
    levels = board.initial_levels
    board.close()
    rest = off(machine)
    for gpio in range(32):
        if outputs(machine) >> gpio & 1:
            levels[gpio] = rest.set >> gpio & 1
    levels[[machine.pins.leg_a, machine.pins.leg_b]] = 0
    return levels


class VirtualLathe:
    """Implements `lathe.api.Lathe`: one board from power-up to close, good for one run. `turns` is its platter, whose
    index the interlock sees.

    What observers raise (a full disk) ends the cut as a fault. They see every frame up to the end, power off and head
    up included; `finish` of those that have not failed is called in order, and what it gives is kept in `results`.
    """

    def __init__(
        self,
        machine: Machine,
        observers: Sequence[Observer] = (),
        interlock: VirtualInterlock | None = None,
        knobs: VirtualKnobs | None = None,
        platter: VirtualPlatter | None = None,
    ) -> None:
        """`platter`: the one that outlives the run; None: one as the machine file says."""
        knobs = knobs or VirtualKnobs()
        levels = initial_levels(machine)
        self.pi = VirtualPi(pi_settings(machine, knobs), PiMemory(chain_words=memory_words(machine)))
        self.interlock = interlock or VirtualInterlock()
        self.turns = PlatterFollower(platter or VirtualPlatter(machine), levels)
        self.results: list[Any] = []
        self._conveyor = Conveyor()
        self._link = WiredLink(machine, levels, self.pi, self.interlock, self.turns, self._conveyor.put)
        self._engine = EngineLathe(
            machine,
            self.pi.door,
            self._link,
            Knobs(
                wait_for_input=not knobs.real_time,
                realtime=False,
                turns=TURNS,
                kill_at_segment=knobs.kill_at_segment,
            ),
        )
        self._link.position = lambda: self._engine.position
        self._observers = list(observers)
        self._failure, self._key = '', ''
        self._finished = threading.Event()
        self._threads: list[threading.Thread] = []

    def ready(self) -> Readiness:
        return self._engine.ready()

    def start(self, score: Score) -> None:
        self._engine.start(score)
        self._threads = [
            threading.Thread(target=self._consume, name='consumer', daemon=True),
            threading.Thread(target=self._close_after, name='board', daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    def progress(self) -> Progress:
        """As the engine's, but over only when everything executed has been shown and the observers have finished."""
        progress = self._engine.progress()
        if progress.state not in OVER:
            return progress
        if not self._finished.is_set():
            return replace(progress, state=State.STOPPING)
        if self._failure and progress.state is not State.FAULT:
            return replace(progress, state=State.FAULT, cause=self._failure, key=self._key)
        return progress

    def steps(self) -> tuple[int, int]:
        """Rising step edges of platter and carriage."""
        return self._engine.steps()

    def wait(self, timeout_s: float | None = None) -> bool:
        """Until the run is over and shown; False if it is not by then."""
        return self._finished.wait(timeout_s)

    def stop(self, cause: str, key: str = 'visitor') -> None:
        self._engine.stop(cause, key)

    def fail(self, cause: str, key: str = 'lathe') -> None:
        """As `stop`, but the cut ends as a fault."""
        self._engine.fail(cause, key)

    def kill_feeder(self) -> None:
        """The program that feeds the chain dies; what is queued runs to its end."""
        self._engine.kill_feeder()

    def hold(self, torque_nm: float) -> None:
        """Something brakes the platter with `torque_nm` from now on; any thread may say so."""
        self._link.load_nm = torque_nm

    def close(self) -> None:
        self._engine.close()
        for thread in self._threads:
            thread.join()
        self._threads = []
        self.pi.close()
        for observer in self._observers:
            observer.close()

    def _close_after(self) -> None:
        try:
            self._engine.wait()
            if self._engine.died:  # the rest of the program lives, and does not know it
                for _ in range(0, AFTERLIFE_US, LOOK_US):
                    self.pi.pass_us(LOOK_US)
                    self._link.look()
            self.pi.close()
            self._link.finish()
        except Exception as error:  # what was executed cannot be shown to its end
            self._fail(error)
        finally:
            self._conveyor.end()

    def _fail(self, error: Exception) -> None:
        if not self._failure:
            self._failure, self._key = str(error) or type(error).__name__, key_of(error)
        self._engine.fail(self._failure, self._key)

    def _consume(self) -> None:
        """Observers write files and integrate physics: whatever one of them raises ends the cut, not the program."""
        watching = list(self._observers)
        try:
            while (block := self._conveyor.take()) is not None:
                self._show(block, watching)
        except Exception as error:  # no memory to put it together
            self._fail(error)
            self._conveyor.abandon()
            self._engine.wait()
        for fault in self.pi.faults()[:1]:
            if not self._failure:
                self._failure, self._key = f'the virtual Pi saw a mistake: {fault}', 'lathe'
        for observer in watching:
            try:
                self.results.append(observer.finish())
            except Exception as error:
                self._fail(error)
        self._finished.set()

    def _show(self, block: Executed, watching: list[Observer]) -> None:
        """An observer that fails sees nothing more; the others go on until the engine has stopped."""
        for observer in list(watching):
            try:
                observer.take(block)
            except Exception as error:
                watching.remove(observer)
                self._fail(error)
