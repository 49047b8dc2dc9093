"""A maintainer's hands on the machine, virtual or real: one movement at a time, each executed as control blocks.

    order -> limits -> score of one axis -> control blocks -> Pi -> edges -> carriage and platter follow

Whatever ends a movement - its end, a stop, an open lid, a parent that has gone - ramps it down with the head up and the
power off; the pins are asked whether it is so, not the plan.
"""

from __future__ import annotations

from collections.abc import Callable

from appliance.clock import Clock, RealClock
from appliance.compose.bed import Bed, Mover, Run, Watched
from appliance.compose.shop import MovingLathe, Stoppable
from appliance.errors import CutFaultError, MachineRefusesError
from appliance.hands.limits import check_jog, check_spin, moved_mm, moved_turns
from appliance.hands.orders import Home, Jog, Moved, Moving, PinLevels, ReadPins, Setup, Spin, Spun
from appliance.lathe.api import Progress, State
from appliance.lathe.index import LEAST_TURNS, turned
from appliance.machine.model import FRAME_RATE_HZ
from appliance.timeline.jog import jog, turn
from appliance.timeline.score import Score

LOOK_S = 0.1  # between two looks at the progress
HOMING_RPM = 20.0  # the platter to its index: slow enough to be followed by eye
HOMING_TURNS = 1.2  # within these the index must come; the watch for a stall allows no more than 1.25
SLIP = 4.0  # a platter that is measured may be so many times too slow before it counts as stalled
SPARE_TURNS = 1.5  # until the first pulse, and after the last

Tell = Callable[[Moving], None]


class Hand(Stoppable):
    """Carries out one order."""

    def __init__(self, bed: Bed, tell: Tell, setup: Setup, clock: Clock | None = None) -> None:
        super().__init__()
        self._bed, self._tell, self._setup = bed, tell, setup
        self._clock = clock or RealClock()
        self._now: Run | None = None
        self._runs = 0

    def inject(self, fault: str) -> None:
        """`stall`: something holds the platter while it turns. Nothing else can happen to a hand."""
        run = self._now
        if run is not None:
            run.inject(fault)

    def carry_out(self, order: Home | Jog | Spin | ReadPins) -> Moved | Spun | PinLevels:
        """Raises OptionError past a limit, MachineRefusesError if not ready or a sensor does not answer, CutFaultError
        when it is stopped or fails; whatever it raises, the power is off and the head up."""
        if isinstance(order, ReadPins):
            return PinLevels(self._bed.levels())
        if isinstance(order, Jog):
            check_jog(self._bed.machine, order, self._bed.carriage.stands_mm)
        elif isinstance(order, Spin):
            check_spin(self._bed.machine, order, LEAST_TURNS)
        with self._bed.ready() as mover:
            if isinstance(order, Jog):
                return self._jog(mover, order)
            if isinstance(order, Spin):
                return self._spin(mover, order)
            return self._home_platter(mover) if order.axis == 'platter' else self._home_carriage(mover)

    def _jog(self, mover: Mover, order: Jog) -> Moved:
        machine, carriage = self._bed.machine, self._bed.carriage
        stood_mm = carriage.stands_mm
        if order.axis == 'platter':
            turns = moved_turns(machine, order.by)
            what = f'platter: {turns:g} turn{"s" * (turns != 1)}'
            run = self._run(mover, turn(machine, order.by, order.speed), what)
            return Moved('platter', turns, stood_mm, run.lathe.steps()[0])
        by_mm = moved_mm(machine, order.by)
        way = f'carriage: {abs(by_mm):g} mm {"inward" if by_mm > 0 else "outward"}'
        run = self._run(mover, jog(machine, order.by, order.speed), way, inward=by_mm > 0)
        carriage.stands_mm = None if stood_mm is None else stood_mm - by_mm
        return Moved('carriage', by_mm, carriage.stands_mm, run.lathe.steps()[1])

    def _spin(self, mover: Mover, order: Spin) -> Spun:
        """The turns after the ramp and its settling are counted."""
        machine, platter = self._bed.machine, self._bed.machine.platter
        around = order.speed_rpm / 60 * (platter.ramp_s + platter.settle_s)
        score = turn(machine, around + order.turns + SPARE_TURNS, order.speed_rpm)
        run = self._run(mover, score, f'platter: {order.turns} turns at {order.speed_rpm:g} rpm', slip=SLIP)
        even = len(score.platter) // 2  # the segment between both ramps
        calm, falls = score.platter['start_frame'][[even, even + 1]].tolist()
        calm += round(platter.settle_s * FRAME_RATE_HZ)
        seen = turned([pulse for pulse in run.pulses if calm <= pulse.frame < falls][: order.turns + 1])
        gear = seen.steps_per_turn / (platter.motor_steps_per_turn * platter.microsteps)
        unsure_percent = 2 * 100 * run.index_late_s * seen.rpm / 60
        return Spun(order.speed_rpm, seen.rpm, seen.turns, seen.drift_percent, gear, platter.gear, unsure_percent)

    def _home_platter(self, mover: Mover) -> Moved:
        """A turn and a little to find the index, then the rest of a turn to stand on it."""
        machine, what = self._bed.machine, 'platter: to its index'
        per_turn = machine.platter.steps_per_turn
        found = self._run(mover, turn(machine, HOMING_TURNS, HOMING_RPM), what)
        if not found.pulses:
            never, remedy = f'was not passed in {HOMING_TURNS:g} turns', 'check its wiring, and that the platter turns'
            raise MachineRefusesError(never, where='index sensor', remedy=remedy)
        there = found.lathe.steps()[0]
        beyond = (there - found.pulses[-1].steps) / per_turn
        rest = self._run(mover, turn(machine, 1.0 - beyond % 1.0, HOMING_RPM), what)
        steps = there + rest.lathe.steps()[0]
        return Moved('platter', steps / per_turn, self._bed.carriage.stands_mm, steps)

    def _home_carriage(self, mover: Mover) -> Moved:
        carriage, runs = self._bed.carriage, list[Run]()

        def new_lathe() -> MovingLathe:
            runs.append(self._new_run(mover))
            return runs[-1].lathe

        def look() -> None:
            self._tell(Moving('carriage: home', 0.0, None, 0.0))

        carriage.stands_mm = None
        homed = self._go_home(self._bed.machine, new_lathe, mover.at_home, look)
        for run in runs:
            run.check()
        carriage.stands_mm = homed.radius_mm
        steps = sum(run.lathe.steps()[1] for run in runs)
        return Moved('carriage', -homed.outward_mm, carriage.stands_mm, steps)

    def _run(self, mover: Mover, score: Score, what: str, *, slip: float = 1.0, inward: bool = True) -> Run:
        """One movement to its end. A carriage that was stopped on its way stands nobody knows where."""
        self._now = run = self._new_run(mover, slip)
        carriage = self._bed.carriage
        stood_mm = carriage.stands_mm
        step_mm = carriage.machine.carriage.mm_per_step * (1 if inward else -1)
        try:
            if self._cause:
                self.stopped = True
                raise CutFaultError(self._cause, where=what, remedy='try again', key=self._key)
            run.start(score)
            self._take(run.lathe)
            if len(score.carriage):
                carriage.stands_mm = None
            while not run.lathe.wait(LOOK_S):
                part, gone_mm = run.lathe.progress().frame / score.frames, run.lathe.steps()[1] * step_mm
                here_mm = None if stood_mm is None else stood_mm - gone_mm
                self._tell(Moving(what, part, here_mm, run.rpm))
            ended = run.lathe.progress()
        finally:
            self._let_go()
            run.close()
        run.check()
        self._refuse_end(ended, what)
        return run

    def _refuse_end(self, ended: Progress, what: str) -> None:
        self.stopped = ended.state is State.STOPPED and self._by_hand(ended.key)
        if ended.state is not State.DONE:
            raise CutFaultError(ended.cause or 'it did not end well', where=what, remedy='try again', key=ended.key)

    def _new_run(self, mover: Mover, slip: float = 1.0) -> Run:
        """Of an order that takes more than one, each leaves a trace of its own."""
        trace = self._setup.trace
        if trace is not None and self._runs:
            trace = trace.with_stem(f'{trace.stem}-{self._runs + 1}')
        self._runs += 1
        return mover.run(Watched(slip, self._setup.pace, self._clock, lambda: bool(self._cause), trace))
