"""Where the machine is put together: the one place that chooses between virtual and real, and never falls back.

A workshop is a lathe with everything around it that one cut needs: the virtual Pi, the physics that follow it, the
files that are kept, and afterwards the picture and the sound.
"""

from __future__ import annotations

import math
import tempfile
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from appliance.clock import Clock, RealClock
from appliance.compose.live import REST_S, LiveGroove, Pacer, Seen
from appliance.cut import Outcome, Prepared, Quiet, Request, Watch
from appliance.cut.prepare import Stopwatch, prepare_take
from appliance.errors import CutFaultError, MachineRefusesError
from appliance.files import Scratch
from appliance.lathe.api import Progress, State
from appliance.lathe.homing import Rig, home
from appliance.machine import (
    FRAME_RATE_HZ,
    SAMPLE_RATE_HZ,
    Disc,
    Machine,
    bit,
    check_pair,
    disc_names,
    load_disc,
)
from appliance.playback.groovefile import Groove
from appliance.playback.measure import measure
from appliance.playback.play import Listening, listen
from appliance.sound.reading import Take
from appliance.timeline.build import Timeline
from appliance.virtual.carriage import CarriageFollower, VirtualCarriage
from appliance.virtual.executed import Observer
from appliance.virtual.interlock import ACCIDENTS, VirtualInterlock
from appliance.virtual.lathe import VirtualLathe, initial_levels
from appliance.virtual.physics import Findings, PhysicalLathe
from appliance.virtual.platter import VirtualPlatter
from appliance.virtual.trace import TraceWriter

if TYPE_CHECKING:
    from appliance.compose.real.shop import RealShop
    from appliance.compose.real.site import Site

LOOK_S = 0.1  # between two looks at the progress
FAULTS = ('stall', 'swarf', 'underrun', *ACCIDENTS)
HANDS = ('lid', 'stop')  # keys of what is no fault of the machine
HELD = 3.0  # of the motor's torque: what holds a platter that stalls
SWARF = 'swarf is tangled around the stylus; clear it away'
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


def workshop(
    machine: Machine, disc: Disc, folder: Path, keeping: Keeping, bench: Bench | None = None
) -> VirtualShop | RealShop:
    """The shop for one cut on `machine`; raises MachineRefusesError for one that this computer cannot drive."""
    if machine.machine.kind == 'virtual':
        return VirtualShop(machine, disc, folder, keeping, bench)
    from appliance.compose.real.shop import RealShop

    return RealShop(machine, disc, folder, keeping, bench or Bench())


class VirtualShop:
    """Cuts on the virtual lathe, once. Everything that is made lies in `scratch`.

    `stop`, `inject`, `look` and `part` may be called from any other thread at any moment.
    """

    def __init__(
        self, machine: Machine, disc: Disc, scratch: Path, keeping: Keeping, bench: Bench | None = None
    ) -> None:
        self.scratch = scratch
        self.findings: Findings | None = None  # of the cut, however it ended
        self.homing = False  # before it cuts
        self.stopped = False  # by a hand, the lid or the stop button: no fault of the machine
        self._machine = machine
        self._disc = disc
        self._keeping = keeping
        self._bench = bench or Bench()
        self._lock = threading.Lock()
        self._lathe: VirtualLathe | None = None
        self._groove: LiveGroove | None = None
        self._physics: PhysicalLathe | None = None
        self._cause, self._key = '', ''

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
            with self._lock:
                self._lathe = lathe
                if self._cause:
                    lathe.stop(self._cause, self._key)
            while not lathe.wait(LOOK_S):
                watch.part(lathe.progress().frame / timeline.score.frames)
            progress, self.findings = lathe.progress(), _first_findings(lathe.results)
            self.stopped = progress.state is State.STOPPED and progress.key in (*HANDS, self._key)
            seen = _done(progress, self.findings)
            _refuse_power(self._machine, seen)
            if carriage:
                carriage.stands_mm = self._machine.carriage.park_radius_mm
            writer.close()
        finally:
            with self._lock:
                self._lathe, self._cause = None, self._cause or 'this cut is over'
            lathe.close()
            if carriage and self._physics:
                carriage.radius_mm = self._physics.radius_mm
            writer.abandon()
        return progress, seen

    def stop(self, cause: str, key: str = 'visitor') -> None:
        """Head up first, ramp down, power off; before the cut has begun it ends as soon as it begins."""
        with self._lock:
            if not self._cause:
                self._cause, self._key = cause, key
            if self._lathe is not None:
                self._lathe.stop(cause, key)

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
        groove, physics, carriage = self._groove, self._physics, self._bench.carriage
        if groove is None or physics is None:
            return Seen(radius_mm=carriage.radius_mm if carriage else 0.0)
        queued_ms = self._lathe.progress().queued_ms if self._lathe else 0.0
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
        carriage = self._bench.carriage
        if carriage is None or carriage.parked:
            return
        levels, lathes = initial_levels(self._machine), []

        def new_lathe() -> VirtualLathe:
            observers = [CarriageFollower(carriage, levels), *self._pacer()]
            platter = self._bench.platter
            lathes.append(VirtualLathe(self._machine, observers, self._bench.interlock, platter=platter))
            return lathes[-1]

        def pause() -> None:
            with self._lock:
                if self._cause:
                    lathes[-1].stop(self._cause, self._key)
            watch.part(0.0)
            lathes[-1].wait(REST_S)

        self.homing = True
        try:
            home(Rig(self._machine, new_lathe, lambda: carriage.at_home, pause))
        except CutFaultError as error:
            self.stopped = error.key in HANDS or (bool(self._cause) and error.key == self._key)
            raise
        except MachineRefusesError as error:
            if error.key != 'lathe':
                raise
            raise CutFaultError(error.what, where=error.where, remedy=error.remedy) from error
        finally:
            self.homing = False
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


def rehearse(made: Prepared, scratch: Path, watch: Watch) -> Path:
    """What the disc will sound like: cut on the virtual lathe, whatever the machine is, as fast as it can, and played.

    Returns a WAV file (48 kHz, the film's own noise) in `scratch`; raises as `VirtualShop.engrave`.
    """
    request = made.request
    shop = VirtualShop(request.machine, request.disc, scratch, Keeping())
    shop.engrave(made.timeline, made.facts, watch)
    sound = scratch / SOUND
    listen(scratch / GROOVE, sound, Listening(seed=request.machine.machine.seed), watch.part)
    return sound


def try_out(machine: Machine) -> str:
    """Cut a moment of silence on `machine` and say what was seen; raises what a cut would raise. A real machine is only
    asked whether it could: nothing moves because somebody wants to know how it is."""
    if machine.machine.kind == 'real':
        from appliance.compose.real.shop import look_over

        return look_over(machine)
    with tempfile.TemporaryDirectory(prefix='audioletter-') as name:
        folder = Path(name)
        disc = _first_disc(machine)
        silence = Scratch(folder)
        silence.append(np.zeros(SAMPLE_RATE_HZ // 10))
        take = Take('silence', silence, SAMPLE_RATE_HZ, 1)
        made = prepare_take(Request(folder, disc, machine), take, folder, Stopwatch(Quiet()))
        outcome = workshop(machine, disc, folder, Keeping()).cut(made.timeline, made.facts, Quiet())
    return (
        f'{outcome.frames} frames executed, torque margin {made.timeline.torque.margin:.1f}, '
        'at the end the head is up and the power off'
    )


def _first_disc(machine: Machine) -> Disc:
    """Some disc that this machine reaches all of."""
    for disc in map(load_disc, disc_names()):
        try:
            check_pair(machine, disc)
        except MachineRefusesError:
            continue
        return disc
    raise MachineRefusesError('its carriage reaches no disc', where=machine.machine.name, remedy='correct its radii')


def _first_findings(results: list[Any]) -> Findings | None:
    return next((result for result in results if isinstance(result, Findings)), None)


def _done(progress: Progress, findings: Findings | None) -> Findings:
    """A cut that did not end as done, or whose groove cannot be, is a fault: the disc is void."""
    refuse_broken_off(progress, seen=findings is not None)
    assert findings is not None
    if findings.faults:
        raise CutFaultError(findings.faults[0], where='virtual lathe', remedy='correct the machine file')
    return findings


def refuse_broken_off(progress: Progress, *, seen: bool = True) -> None:
    """CutFaultError for what did not come to its end, or was not seen there."""
    if progress.state is not State.DONE or not seen:
        raise CutFaultError(
            progress.cause or 'the cut did not end well',
            where=f'{progress.frame / FRAME_RATE_HZ:.2f} s into the cut',
            remedy='lay a new blank and cut again',
            key=progress.key,
        )


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
