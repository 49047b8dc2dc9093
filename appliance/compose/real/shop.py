"""A cut on this board's own registers, behind the methods of the virtual shop.

Nothing looks at a real disc. What is reported of its groove, drawn and heard is foretold: the virtual lathe cuts the
same score meanwhile, and the report says so.
"""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

from appliance.compose.live import REST_S, Seen
from appliance.compose.real.live import Stylus, Turns
from appliance.compose.real.site import Power, Site, powered_up
from appliance.compose.shop import HANDS, LOOK_S, Bench, Keeping, VirtualShop, refuse_broken_off
from appliance.cut import Outcome, Quiet, Watch
from appliance.errors import CutFaultError, MachineRefusesError, OptionError
from appliance.interlock.firmware import in_words as firmware_in_words
from appliance.lathe.api import Progress, State
from appliance.lathe.engine import EngineLathe
from appliance.lathe.homing import Rig, home
from appliance.machine import Disc, Machine
from appliance.pi.real import fitting_board
from appliance.timeline.build import Timeline
from appliance.timeline.score import Score
from appliance.urgency import NICE_LAST, give_way
from appliance.virtual.carriage import VirtualCarriage


class RealShop:
    """Cuts on the real lathe, once; MachineRefusesError at once on a computer that has none.

    `stop`, `inject` and `look` may be called from any other thread at any moment. Of `bench` it uses `carriage`, for
    what is known of its place (None: nothing), `alive_s` and `site`.
    """

    def __init__(self, machine: Machine, disc: Disc, scratch: Path, keeping: Keeping, bench: Bench) -> None:
        self.scratch = scratch
        self.homing = False  # before it cuts
        self.stopped = False  # by a hand, the lid or the stop button: no fault of the machine
        self._machine, self._alive_s = machine, bench.alive_s
        self._site = bench.site or Site()
        fitting_board(machine, self._site.root)
        self._carriage = bench.carriage or VirtualCarriage(machine)
        self._twin = VirtualShop(machine, disc, scratch, keeping)
        self._lock = threading.Lock()
        self._lathe: EngineLathe | None = None
        self._stylus: Stylus | None = None
        self._cause, self._key = '', ''

    def cut(self, timeline: Timeline, facts: dict[str, Any], watch: Watch) -> Outcome:
        with Foretold(self._twin, timeline, facts) as foretold:
            with powered_up(self._machine, self._site, self._alive_s) as power:
                self._home(power, watch)
                foretold.begin()
                progress, steps = self._engrave(power, timeline.score, watch)
            outcome = foretold.wait()
        return replace(
            outcome,
            underruns=progress.underruns,
            frames=progress.frames,
            platter_steps=steps[0],
            carriage_steps=steps[1],
            foretold=True,
        )

    def stop(self, cause: str, key: str = 'visitor') -> None:
        """Head up first, ramp down, power off; before the cut has begun it ends as soon as it begins."""
        with self._lock:
            if not self._cause:
                self._cause, self._key = cause, key
            if self._lathe is not None:
                self._lathe.stop(cause, key)

    def inject(self, fault: str) -> None:
        """OptionError: whatever befalls a real machine is no play."""
        raise OptionError(f'a real machine has no {fault} at will', where=self._machine.machine.name)

    def look(self) -> Seen:
        """The groove that has been cut since the last look, as the steps say."""
        stylus = self._stylus
        return Seen() if stylus is None else stylus.look()

    def finish(self, watch: Watch) -> None:
        """Picture and sound, foretold as the groove is."""
        self._twin.scratch = self.scratch
        self._twin.finish(watch)

    def _engrave(self, power: Power, score: Score, watch: Watch) -> tuple[Progress, tuple[int, int]]:
        """To its end, all power off; raises as `VirtualShop.engrave`."""
        lathe = EngineLathe(self._machine, power.pi.door, power.link, self._site.knobs)
        try:
            lathe.start(score)
            self._carriage.stands_mm = None
            self._stylus, turns = Stylus(self._machine, score, lathe), Turns(self._machine, power.link)
            self._take(lathe)
            while not lathe.wait(LOOK_S):
                watch.part(lathe.progress().frame / score.frames)
                try:
                    turns.look()
                except CutFaultError as error:
                    lathe.fail(str(error), error.key)
            progress, steps = lathe.progress(), lathe.steps()
        finally:
            with self._lock:
                self._lathe, self._stylus, self._cause = None, None, self._cause or 'this cut is over'
            lathe.close()
        self.stopped = progress.state is State.STOPPED and progress.key in (*HANDS, self._key)
        refuse_broken_off(progress)
        self._carriage.stands_mm = self._machine.carriage.park_radius_mm
        return progress, steps

    def _take(self, lathe: EngineLathe) -> None:
        with self._lock:
            self._lathe = lathe
            if self._cause:
                lathe.stop(self._cause, self._key)

    def _home(self, power: Power, watch: Watch) -> None:
        """Bring the carriage to its switch, unless it is known to stand there and the switch agrees; CutFaultError if
        it does not find home or is stopped on the way, MachineRefusesError for a lid that is open before it moves."""
        link, lathes = power.link, list[EngineLathe]()

        def at_home() -> bool:
            return link.status().closed and link.at_home

        def new_lathe() -> EngineLathe:
            lathes.append(EngineLathe(self._machine, power.pi.door, link, self._site.knobs))
            return lathes[-1]

        def pause() -> None:
            self._take(lathes[-1])
            watch.part(0.0)
            lathes[-1].wait(REST_S)

        if self._carriage.parked and at_home():
            return
        self.homing, self._carriage.stands_mm = True, None
        try:
            home(Rig(self._machine, new_lathe, at_home, pause))
        except CutFaultError as error:
            self.stopped = error.key in HANDS or (bool(self._cause) and error.key == self._key)
            raise
        except MachineRefusesError as error:
            if error.key != 'lathe':
                raise
            raise CutFaultError(error.what, where=error.where, remedy=error.remedy) from error
        finally:
            self.homing = False
            with self._lock:
                self._lathe = None
        self._carriage.stands_mm = self._machine.carriage.park_radius_mm


class Foretold:
    """The virtual twin's cut of the same score, in a thread that gives way to everything; ended with whoever leaves."""

    def __init__(self, twin: VirtualShop, timeline: Timeline, facts: dict[str, Any]) -> None:
        self._twin, self._timeline, self._facts = twin, timeline, facts
        self._thread = threading.Thread(target=self._run, name='twin', daemon=True)
        self._outcome: Outcome | None = None
        self._error: BaseException | None = None

    def __enter__(self) -> Foretold:
        return self

    def __exit__(self, *_: object) -> None:
        if self._thread.ident is not None:
            self._twin.stop('nobody waits for it')
            self._thread.join()

    def begin(self) -> None:
        self._thread.start()

    def wait(self) -> Outcome:
        """Raises what the twin's cut raised."""
        self._thread.join()
        if self._outcome is None:
            raise self._error or CutFaultError('the virtual twin gave no result')
        return self._outcome

    def _run(self) -> None:
        give_way(0, 2 * NICE_LAST - 1)
        try:
            self._outcome = self._twin.cut(self._timeline, self._facts, Quiet())
        except Exception as error:
            self._error = error


def look_over(machine: Machine, site: Site | None = None) -> str:
    """Board and interlock, as far as they can be asked while nothing moves; raises what a cut would raise first."""
    with powered_up(machine, site or Site(), lambda: True) as power:
        status = power.link.status()
        if not status.closed:
            raise MachineRefusesError(status.cause, where='interlock', key=status.key)
        warning = f'; {power.pi.warning}' if power.pi.warning else ''
        firmware = firmware_in_words(power.link.build, machine)
        return f'{power.pi.board.model}, interlock with {firmware}; nothing was moved{warning}'
