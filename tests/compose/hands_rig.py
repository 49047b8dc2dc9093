"""A maintainer's hands on either machine, and its pins read by somebody who knows nothing of how they were driven."""

import numpy as np

from appliance.clock import SteppedClock
from appliance.compose.hands import Hand
from appliance.compose.real.bed import RealBed
from appliance.compose.virtual.bed import VirtualBed
from appliance.hands.orders import Setup
from appliance.virtual.interlock import VirtualInterlock
from tests.compose.real_rig import Machine

# As virtual.toml wires them, and real.toml too.
ENABLE, BRIDGE, LIFT = 5, 17, 16
PLATTER_STEP, CARRIAGE_STEP, CARRIAGE_DIR = 22, 26, 27
MM_PER_STEP, STEPS_PER_TURN = 0.5 / (200 * 16), 200 * 32
FRAME_S = 5e-6


class Pins:
    """Every edge of a movement. `swing`: how far the legs of the bridge ever were apart, in clocks, and in the mean."""

    frames = None  # of a trace: how long it is

    def __init__(self, edges, initial, swing):
        self.frame, self.gpio, self.level = edges
        self.initial = initial
        self.still = swing[0] < 40 and abs(swing[1]) < 0.1  # of 625 clocks: dither, and no sound

    @classmethod
    def of_trace(cls, path):
        with np.load(path) as trace:
            legs = trace['pwm'].astype(int) @ (1, -1)
            edges = trace['edge_frame'], trace['edge_gpio'], trace['edge_level']
            swing = (abs(legs).max(), legs.mean()) if len(legs) else (0, 0.0)  # it ended before a frame was played
            pins = cls(edges, trace['initial_levels'], swing)
            pins.frames = len(legs)
            return pins

    def of(self, gpio):
        mine = self.gpio == gpio
        return self.frame[mine], self.level[mine]

    def last(self, gpio):
        _, level = self.of(gpio)
        return level[-1] if len(level) else self.initial[gpio]

    def rising(self, gpio):
        frame, level = self.of(gpio)
        return frame[level == 1]

    def inward_steps(self):
        """The carriage's, in order; +1 or -1 each."""
        turned, level = self.of(CARRIAGE_DIR)
        steps = self.rising(CARRIAGE_STEP)
        now = np.searchsorted(turned, steps, side='right') - 1
        high = np.where(now < 0, self.initial[CARRIAGE_DIR], level[np.maximum(now, 0)] if len(level) else 0)
        return np.where(high == 1, 1, -1)

    def safe(self):
        """Head up all the time, bridge never on, no sound; at the end no power."""
        down, on = self.of(LIFT)[1], self.of(BRIDGE)[1]
        never = self.initial[LIFT] == 0 and not down.any() and not on.any() and self.still
        return never and self.last(ENABLE) == 1

    def top_speed(self, gpio):
        """Steps a second, over the closest eleven."""
        steps = self.rising(gpio)
        return 10 / ((steps[10:] - steps[:-10]).min() * FRAME_S)


class Hands:
    """Orders carried out one after the other on one machine. `pins`: of the last; None: nothing had power."""

    def __init__(self):
        self.said, self.hand, self.meddle = [], None, lambda moving: None

    def tell(self, moving):
        self.said.append(moving)
        if moving.part > 0 or 'home' in moving.what:  # it moves; nobody knows how far home is
            self.meddle(moving)

    def hand_of(self, setup):
        return Hand(self.bed, self.tell, setup, SteppedClock())


class VirtualHands(Hands):
    def __init__(self, machine, folder):
        super().__init__()
        self.bed, self._folder, self._runs = VirtualBed(machine, VirtualInterlock()), folder, 0
        self.platter = self.bed.platter

    def do(self, make, *what, pace=None):
        self._runs += 1
        trace = self._folder / f'{self._runs}.npz'
        setup = Setup(pace=pace, trace=trace)
        self.hand = self.hand_of(setup)
        try:
            return self.hand.carry_out(make(setup, *what))
        finally:
            self.every = [Pins.of_trace(path) for path in sorted(self._folder.glob(f'{self._runs}*.npz'))]
            self.pins = self.every[0] if self.every else None

    @property
    def stands_mm(self):
        """Where the carriage really is."""
        return self.bed.carriage.radius_mm

    def push(self, to_mm):
        self.bed.carriage.radius_mm = to_mm

    def open_lid(self, is_open=True):
        self.bed.interlock.lid_closed = not is_open

    def press_stop(self, pressed=True):
        self.bed.interlock.stop_pressed = pressed

    def regear(self, gear):
        self.platter.regear(gear)

    def leave_platter(self, angle_rad):
        self.platter.angle_rad = angle_rad

    def hold_platter(self):
        self.hand.inject('stall')

    def break_home_switch(self):
        self.bed.at_home = lambda: False


class RealHands(Hands):
    def __init__(self, folder):
        super().__init__()
        self.real = Machine(folder)
        self.bed, self.platter = RealBed(self.real.machine, site=self.real.site), self.real.platter

    def do(self, make, *what, pace=None):
        setup = Setup('real', pace)
        self.hand, before, first = self.hand_of(setup), self.real.levels.copy(), len(self.real.edges)
        self.real.swing = []
        try:
            return self.hand.carry_out(make(setup, *what))
        finally:
            self.real.assert_still()
            moved = np.array(self.real.edges[first:]).reshape(-1, 3).T
            swing = np.array(self.real.swing)
            self.pins = Pins(moved, before, (swing[:, 0].max(), swing[:, 1].mean())) if moved.size else None
            self.every = [self.pins]

    @property
    def stands_mm(self):
        return self.real.carriage.radius_mm

    def push(self, to_mm):
        self.real.push(to_mm)

    def open_lid(self, is_open=True):
        self.real.logic.set(lid=int(not is_open))

    def press_stop(self, pressed=True):
        self.real.logic.set(stop_closed=int(not pressed), stop_open=int(pressed))

    def regear(self, gear):
        self.real.regear(gear)

    def leave_platter(self, angle_rad):
        self.real.leave_platter(angle_rad)

    def hold_platter(self):
        self.real.turns.hold(10.0)

    def break_home_switch(self):
        self.real.home_broken = True
