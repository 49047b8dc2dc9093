"""A maintainer's hands on the virtual machine: one movement at a time, each really executed by the virtual Pi.

    order -> limits -> score of one axis -> control blocks -> virtual Pi -> edges -> carriage and platter follow

Whatever ends a movement - its end, a stop, an open lid, a parent that has gone - ramps it down with the head up and the
power off; the pins that were executed are asked, not the plan.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

from appliance.clock import Clock, RealClock
from appliance.compose.bed import Run, VirtualBed, Watched, require_virtual
from appliance.compose.live import REST_S, Pacer
from appliance.errors import CutFaultError, MachineRefusesError
from appliance.hands.limits import check_jog, check_spin, moved_mm, moved_turns
from appliance.hands.orders import Home, Jog, Moved, Moving, PinLevels, ReadPins, Setup, Spin, Spun
from appliance.lathe.api import State
from appliance.lathe.homing import Rig, home
from appliance.lathe.index import LEAST_TURNS, turned
from appliance.machine.model import FRAME_RATE_HZ
from appliance.timeline.jog import jog, turn
from appliance.timeline.score import Score
from appliance.virtual.interlock import VirtualInterlock
from appliance.virtual.lathe import VirtualLathe

LOOK_S = 0.1  # between two looks at the progress
HOMING_RPM = 20.0  # the platter to its index: slow enough to be followed by eye
HOMING_TURNS = 1.2  # within these the index must come; the watch for a stall allows no more than 1.25
SLIP = 4.0  # a platter that is measured may be so many times too slow before it counts as stalled
HELD = 3.0  # of the motor's torque: what holds a platter that stalls
SPARE_TURNS = 1.5  # until the first pulse, and after the last

Tell = Callable[[Moving], None]


class VirtualHand:
    """Carries out one order. `stop` may be called from any other thread at any moment, also before it begins."""

    def __init__(
        self, bed: VirtualBed, interlock: VirtualInterlock, tell: Tell, setup: Setup, clock: Clock | None = None
    ) -> None:
        self.stopped = False  # by a hand, the lid or the stop button: no fault of the machine
        self._bed, self._interlock, self._tell, self._setup = bed, interlock, tell, setup
        self._clock = clock or RealClock()
        self._lock = threading.Lock()
        self._lathe: VirtualLathe | None = None
        self._now: Run | None = None
        self._cause, self._key = '', ''
        self._runs = 0

    def stop(self, cause: str, key: str = 'visitor') -> None:
        """Ramp down, power off; before it has begun it ends as soon as it begins."""
        with self._lock:
            if not self._cause:
                self._cause, self._key = cause, key
            if self._lathe is not None:
                self._lathe.stop(cause, key)

    def inject(self, fault: str) -> None:
        """`stall`: something holds the platter while it turns. Nothing else can happen to a hand."""
        run = self._now
        if fault == 'stall' and run is not None:
            platter = self._bed.machine.platter
            run.platter.hold(HELD * platter.holding_torque_nm * platter.gear)

    def carry_out(self, order: Home | Jog | Spin | ReadPins) -> Moved | Spun | PinLevels:
        """Raises OptionError past a limit, MachineRefusesError if not ready or a sensor does not answer, CutFaultError
        when it is stopped or fails; whatever it raises, the power is off and the head up."""
        require_virtual(self._bed.machine)
        if isinstance(order, Jog):
            return self._jog(order)
        if isinstance(order, Spin):
            return self._spin(order)
        if isinstance(order, ReadPins):
            return PinLevels(tuple(self._bed.levels.tolist()))
        return self._home_platter() if order.axis == 'platter' else self._home_carriage()

    def _jog(self, order: Jog) -> Moved:
        machine, carriage = self._bed.machine, self._bed.carriage
        stood_mm = carriage.stands_mm
        check_jog(machine, order, stood_mm)
        if order.axis == 'platter':
            turns = moved_turns(machine, order.by)
            run = self._run(turn(machine, order.by, order.speed), f'platter: {turns:g} turn{"s" * (turns != 1)}')
            return Moved('platter', turns, stood_mm, run.platter.platter_steps)
        by_mm = moved_mm(machine, order.by)
        way = f'carriage: {abs(by_mm):g} mm {"inward" if by_mm > 0 else "outward"}'
        run = self._run(jog(machine, order.by, order.speed), way, inward=by_mm > 0)
        carriage.stands_mm = None if stood_mm is None else stood_mm - by_mm
        return Moved('carriage', by_mm, carriage.stands_mm, run.carriage.steps)

    def _spin(self, order: Spin) -> Spun:
        """The turns after the ramp and its settling are counted."""
        machine, platter = self._bed.machine, self._bed.machine.platter
        check_spin(machine, order, LEAST_TURNS)
        around = order.speed_rpm / 60 * (platter.ramp_s + platter.settle_s)
        score = turn(machine, around + order.turns + SPARE_TURNS, order.speed_rpm)
        run = self._run(score, f'platter: {order.turns} turns at {order.speed_rpm:g} rpm', slip=SLIP)
        even = len(score.platter) // 2  # the segment between both ramps
        calm, falls = score.platter['start_frame'][[even, even + 1]].tolist()
        calm += round(platter.settle_s * FRAME_RATE_HZ)
        seen = turned([pulse for pulse in run.pulses if calm <= pulse.frame < falls][: order.turns + 1])
        gear = seen.steps_per_turn / (platter.motor_steps_per_turn * platter.microsteps)
        return Spun(order.speed_rpm, seen.rpm, seen.turns, seen.drift_percent, gear, platter.gear)

    def _home_platter(self) -> Moved:
        """A turn and a little to find the index, then the rest of a turn to stand on it."""
        machine, what = self._bed.machine, 'platter: to its index'
        per_turn = machine.platter.steps_per_turn
        found = self._run(turn(machine, HOMING_TURNS, HOMING_RPM), what)
        if not found.pulses:
            never, remedy = f'was not passed in {HOMING_TURNS:g} turns', 'check its wiring, and that the platter turns'
            raise MachineRefusesError(never, where='index sensor', remedy=remedy)
        beyond = (found.platter.platter_steps - found.pulses[-1].steps) / per_turn
        rest = self._run(turn(machine, 1.0 - beyond % 1.0, HOMING_RPM), what)
        steps = found.platter.platter_steps + rest.platter.platter_steps
        return Moved('platter', steps / per_turn, self._bed.carriage.stands_mm, steps)

    def _home_carriage(self) -> Moved:
        carriage, runs = self._bed.carriage, list[Run]()

        def new_lathe() -> VirtualLathe:
            runs.append(self._new_run())
            return runs[-1].lathe

        def pause() -> None:
            with self._lock:
                if self._cause:
                    runs[-1].lathe.stop(self._cause, self._key)
            self._tell(Moving('carriage: home', 0.0, None, 0.0))
            runs[-1].lathe.wait(REST_S)

        carriage.stands_mm = None
        try:
            homed = home(Rig(self._bed.machine, new_lathe, lambda: carriage.at_home, pause))
        except CutFaultError as error:
            self.stopped = error.key in ('lid', 'stop') or (bool(self._cause) and error.key == self._key)
            raise
        for run in runs:
            run.check()
        carriage.stands_mm = homed.radius_mm
        return Moved('carriage', -homed.outward_mm, carriage.stands_mm, sum(run.carriage.steps for run in runs))

    def _run(self, score: Score, what: str, *, slip: float = 1.0, inward: bool = True) -> Run:
        """One movement to its end. A carriage that was stopped on its way stands nobody knows where."""
        self._now = run = self._new_run(slip)
        carriage = self._bed.carriage
        stood_mm = carriage.stands_mm
        step_mm = carriage.machine.carriage.mm_per_step * (1 if inward else -1)
        try:
            with self._lock:
                if self._cause:
                    self.stopped = True
                    raise CutFaultError(self._cause, where=what, remedy='try again', key=self._key)
                run.lathe.start(score)
                self._lathe = run.lathe
            if len(score.carriage):
                carriage.stands_mm = None
            while not run.lathe.wait(LOOK_S):
                part, gone_mm = run.lathe.progress().frame / score.frames, run.lathe.steps()[1] * step_mm
                here_mm = None if stood_mm is None else stood_mm - gone_mm
                self._tell(Moving(what, part, here_mm, run.platter.rpm))
            ended = run.lathe.progress()
        finally:
            with self._lock:
                self._lathe = None
            run.lathe.close()
            self._bed.levels = run.levels
        run.check()
        self.stopped = ended.state is State.STOPPED
        if ended.state is not State.DONE:
            raise CutFaultError(ended.cause or 'it did not end well', where=what, remedy='try again', key=ended.key)
        return run

    def _new_run(self, slip: float = 1.0) -> Run:
        """Of an order that takes more than one, each leaves a trace of its own."""
        trace, pace = self._setup.trace, self._setup.pace
        if trace is not None and self._runs:
            trace = trace.with_stem(f'{trace.stem}-{self._runs + 1}')
        self._runs += 1
        pacer = () if pace is None else (Pacer(pace, self._clock, lambda: bool(self._cause)),)
        return Run(self._bed, self._interlock, Watched(pacer, slip, trace))
