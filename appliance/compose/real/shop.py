"""A cut on this board's own registers, behind the methods of the virtual shop.

Nothing looks at a real disc. What is reported of its groove, drawn and heard is foretold: the virtual lathe cuts the
same score meanwhile, and the report says so.
"""

from __future__ import annotations

import logging
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

from appliance.compose.real.live import Stylus, Turns
from appliance.compose.real.site import Power, Site, powered_up
from appliance.compose.shop import LOOK_S, Bench, Keeping, Seen, Stoppable, before_a_cut, refuse_broken_off
from appliance.compose.virtual.shop import VirtualShop
from appliance.cut import Outcome, Quiet, Watch
from appliance.errors import CutFaultError, MachineRefusesError, OptionError
from appliance.interlock.firmware import firmware_of
from appliance.lathe.api import Progress, State
from appliance.lathe.engine import EngineLathe
from appliance.machine import Disc, Machine
from appliance.pi.real import fitting_board
from appliance.timeline.build import Timeline
from appliance.timeline.score import Score
from appliance.urgency import NICE_LAST, give_way
from appliance.virtual.carriage import VirtualCarriage

log = logging.getLogger('audioletter')


class RealShop(Stoppable):
    """Cuts on the real lathe, once; MachineRefusesError at once on a computer that has none.

    `stop`, `inject` and `look` may be called from any other thread at any moment. Of `bench` it uses `carriage`, for
    what is known of its place (None: nothing), `alive_s` and `site`.
    """

    def __init__(self, machine: Machine, disc: Disc, scratch: Path, keeping: Keeping, bench: Bench) -> None:
        super().__init__()
        self.scratch = scratch
        self._machine, self._alive_s = machine, bench.alive_s
        self._site = bench.site or Site()
        fitting_board(machine, self._site.root)
        self._carriage = bench.carriage or VirtualCarriage(machine)
        self._twin = VirtualShop(machine, disc, scratch, keeping)
        self._stylus: Stylus | None = None

    def cut(self, timeline: Timeline, facts: dict[str, Any], watch: Watch) -> Outcome:
        with Foretold(self._twin, timeline, facts) as foretold:
            with powered_up(self._machine, self._site, self._alive_s) as power:
                self._home(power, watch)
                firmware = firmware_of(power.link.build, self._machine)
                if not firmware.as_here:  # it cuts all the same: its version is ours
                    log.warning('the interlock has %s', firmware.says)
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
            self._let_go()
            self._stylus = None
            lathe.close()
        self.stopped = progress.state is State.STOPPED and self._by_hand(progress.key)
        refuse_broken_off(progress)
        self._carriage.stands_mm = self._machine.carriage.park_radius_mm
        return progress, steps

    def _home(self, power: Power, watch: Watch) -> None:
        """Bring the carriage to its switch, unless it is known to stand there and the switch agrees; CutFaultError if
        it does not find home or is stopped on the way, MachineRefusesError for a lid that is open before it moves."""
        link = power.link

        def at_home() -> bool:
            return link.status().closed and link.at_home

        def new_lathe() -> EngineLathe:
            return EngineLathe(self._machine, power.pi.door, link, self._site.knobs)

        if self._carriage.parked and at_home():
            return
        self._carriage.stands_mm = None
        with before_a_cut():
            self._go_home(self._machine, new_lathe, at_home, lambda: watch.part(0.0))
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
    with powered_up(machine, site or Site()) as power:
        status = power.link.status()
        if not status.closed:
            raise MachineRefusesError(status.cause, where='interlock', key=status.key)
        warning = f'; {power.pi.warning}' if power.pi.warning else ''
        firmware = firmware_of(power.link.build, machine).says
        return f'{power.pi.board.model}, interlock with {firmware}; nothing was moved{warning}'
