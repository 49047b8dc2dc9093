"""A cut on the virtual lathe: the virtual Pi, the physics that follow it, the files that are kept, and afterwards the
picture and the sound."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

from appliance.compose.shop import (
    GROOVE,
    LOOK_S,
    PICTURE,
    SOUND,
    TRACE,
    Bench,
    Keeping,
    Seen,
    Stoppable,
    before_a_cut,
    refuse_broken_off,
)
from appliance.compose.virtual.live import LiveGroove, Pacer
from appliance.cut import Outcome, Watch
from appliance.errors import CutFaultError
from appliance.lathe.api import Progress, State
from appliance.machine import Disc, Machine, bit
from appliance.playback.groovefile import Groove
from appliance.playback.measure import measure
from appliance.playback.play import Listening, listen
from appliance.timeline.build import Timeline
from appliance.virtual.carriage import CarriageFollower
from appliance.virtual.executed import Observer
from appliance.virtual.interlock import ACCIDENTS
from appliance.virtual.lathe import VirtualLathe, initial_levels
from appliance.virtual.physics import Findings, PhysicalLathe
from appliance.virtual.trace import TraceWriter

HELD = 3.0  # of the motor's torque: what holds a platter that stalls
SWARF = 'swarf is tangled around the stylus; clear it away'


class VirtualShop(Stoppable):
    """Cuts on the virtual lathe, once. Everything that is made lies in `scratch`.

    `stop`, `inject`, `look` and `part` may be called from any other thread at any moment.
    """

    def __init__(
        self, machine: Machine, disc: Disc, scratch: Path, keeping: Keeping, bench: Bench | None = None
    ) -> None:
        super().__init__()
        self.scratch = scratch
        self.findings: Findings | None = None  # of the cut, however it ended
        self._machine = machine
        self._disc = disc
        self._keeping = keeping
        self._bench = bench or Bench()
        self._lathe: VirtualLathe | None = None  # while it cuts
        self._groove: LiveGroove | None = None
        self._physics: PhysicalLathe | None = None

    def cut(self, timeline: Timeline, facts: dict[str, Any], watch: Watch) -> Outcome:
        return self._measure(*self.engrave(timeline, facts, watch))

    def engrave(self, timeline: Timeline, facts: dict[str, Any], watch: Watch) -> tuple[Progress, Findings]:
        """The groove alone, nothing measured; raises as `cut` does, and what `watch` raises, power off and head up."""
        self._home(watch)
        carriage = self._bench.carriage
        writer = LiveGroove(self.scratch / GROOVE, facts, self.scratch)
        lathe = self._rig(writer, facts)
        try:
            lathe.start(timeline.score)
            if carriage:
                carriage.stands_mm = None
            self._lathe = lathe
            self._take(lathe)
            while not lathe.wait(LOOK_S):
                watch.part(lathe.progress().frame / timeline.score.frames)
            progress, self.findings = lathe.progress(), _first_findings(lathe.results)
            self.stopped = progress.state is State.STOPPED and self._by_hand(progress.key)
            seen = _done(progress, self.findings)
            _refuse_power(self._machine, seen)
            if carriage:
                carriage.stands_mm = self._machine.carriage.park_radius_mm
            writer.close()
        finally:
            with self._lock:
                self._lathe = self._moves = None
                self._cause = self._cause or 'this cut is over'  # and nobody goes on at the pace of a real one
            lathe.close()
            if carriage and self._physics:
                carriage.radius_mm = self._physics.radius_mm
            writer.abandon()
        return progress, seen

    def inject(self, fault: str) -> None:
        """One of FAULTS, at the next moment; nothing happens while nothing is cut.

        A stall is held against the platter and found by the interlock, as is whatever befalls that itself. Nothing in
        the machine senses swarf: that is for whoever watches to say, as here.
        """
        with self._lock:
            if self._lathe is None:
                return
            if fault == 'stall':
                platter = self._machine.platter
                self._lathe.hold(HELD * platter.holding_torque_nm * platter.gear)
                return
            if fault in ACCIDENTS:
                self._bench.interlock.befall(fault)
                return
            self._cause = self._cause or fault
            if fault == 'swarf':
                self._lathe.fail(SWARF, fault)
            elif fault == 'underrun':
                self._lathe.kill_feeder()

    def look(self) -> Seen:
        """Where the stylus is, on its way to the groove and back too, and what has been cut since the last look."""
        groove, physics, lathe, carriage = self._groove, self._physics, self._lathe, self._bench.carriage
        if groove is None or physics is None:
            return Seen(radius_mm=carriage.radius_mm if carriage else 0.0)
        queued_ms = lathe.progress().queued_ms if lathe else 0.0
        place = physics.place
        return Seen(place.angle_rad, place.radius_mm, place.rpm, physics.head_is_down, groove.fetch(), queued_ms)

    def _rig(self, writer: LiveGroove, facts: dict[str, Any]) -> VirtualLathe:
        levels = initial_levels(self._machine)
        start_mm = self._bench.carriage.radius_mm if self._bench.carriage else None
        self._groove, self._physics = writer, PhysicalLathe(self._machine, self._disc, writer, levels, start_mm)
        observers: list[Any] = [self._physics]
        if self._keeping.trace:
            pwm_range = self._machine.pwm.range
            observers.append(TraceWriter(self.scratch / TRACE, facts, levels, pwm_range=pwm_range, folder=self.scratch))
        bench = self._bench
        lathe = VirtualLathe(self._machine, [*observers, *self._pacer()], bench.interlock, platter=bench.platter)
        self._physics.follow(lathe.turns)
        return lathe

    def _pacer(self) -> list[Observer]:
        pace, clock = self._bench.pace, self._bench.clock
        return [] if pace is None else [Pacer(pace, clock, lambda: bool(self._cause))]

    def _home(self, watch: Watch) -> None:
        """Bring the carriage to where a cut begins, unless it stands there; CutFaultError if it does not find home, or
        is stopped on the way.

        Unlike a stop while it cuts, a lid that is open before anything moves is refused (MachineRefusesError).
        """
        bench = self._bench
        carriage = bench.carriage
        if carriage is None or carriage.parked:
            return
        levels = initial_levels(self._machine)

        def new_lathe() -> VirtualLathe:
            observers = [CarriageFollower(carriage, levels), *self._pacer()]
            return VirtualLathe(self._machine, observers, bench.interlock, platter=bench.platter)

        with before_a_cut():
            self._go_home(self._machine, new_lathe, lambda: carriage.at_home, lambda: watch.part(0.0))
        carriage.stands_mm = self._machine.carriage.park_radius_mm

    def _measure(self, progress: Progress, findings: Findings) -> Outcome:
        with closing(Groove.open(self.scratch / GROOVE)) as groove:
            measured = measure(groove)
        peaks = {'head_peak_um': findings.head_peak_um, 'platter_max_lag_rad': findings.platter_max_lag_rad}
        return Outcome(
            underruns=progress.underruns,
            frames=findings.frames,
            platter_steps=findings.platter_steps,
            carriage_steps=findings.carriage_steps,
            measured=measured,
            peaks=peaks,
        )

    def finish(self, watch: Watch) -> None:
        """Picture and sound side by side: most of both is done without the interpreter's lock."""
        if not self._keeping.results:
            return
        with ThreadPoolExecutor(2) as pool:
            made = [pool.submit(self._draw), pool.submit(self._play)]
            for done, future in enumerate(made, 1):
                future.result()
                watch.part(done / len(made))

    def _draw(self) -> None:
        from appliance.picture import draw

        with closing(Groove.open(self.scratch / GROOVE)) as groove:
            draw(groove, self.scratch / PICTURE)

    def _play(self) -> None:
        listen(self.scratch / GROOVE, self.scratch / SOUND, Listening(seed=self._machine.machine.seed))


def _first_findings(results: list[Any]) -> Findings | None:
    return next((result for result in results if isinstance(result, Findings)), None)


def _done(progress: Progress, findings: Findings | None) -> Findings:
    """A cut that did not end as done, or whose groove cannot be, is a fault: the disc is void."""
    refuse_broken_off(progress, seen=findings is not None)
    assert findings is not None
    if findings.faults:
        raise CutFaultError(findings.faults[0], where='virtual lathe', remedy='correct the machine file')
    return findings


def _refuse_power(machine: Machine, findings: Findings) -> None:
    """Whatever happened before: at the end the head is up and nothing has power."""
    pins, levels = machine.pins, findings.final_levels
    for name, gpio, active in (
        ('the motors', pins.enable, pins.enable_active),
        ('the bridge', pins.bridge_enable, pins.bridge_enable_active),
        ('the head lift', pins.head_lift, pins.lift_down),
    ):
        if levels[gpio] == bit(active):
            raise CutFaultError(f'{name} still has power after the cut', where=f'GPIO {gpio}', remedy='switch off')
