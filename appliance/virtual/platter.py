"""The virtual platter between two runs: it stays where it was left, and once a turn it passes its index sensor.

Each run is a board of its own, powered up anew. What the platter really is may differ from the machine file: a gear
that was counted wrong, a belt that creeps. That is what calibration is there to find.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from appliance.lathe.index import Pulse
from appliance.machine.model import FRAME_RATE_HZ, Machine
from appliance.native import ffi, lib
from appliance.virtual.executed import Executed
from appliance.virtual.motors import platter_settings
from appliance.virtual.native_model import MOTION_FRAMES, Edges, Levels, Motion

LEFT_RAD = 1.0  # past the index: where somebody has left it before power-up


class VirtualPlatter:
    """Where the platter really stands (0: at its index), and the machine it really is part of."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.angle_rad = LEFT_RAD

    def regear(self, gear: float) -> None:
        """From now on the motor makes `gear` turns for one of the platter, whatever the machine file says."""
        self.machine = replace(self.machine, platter=replace(self.machine.platter, gear=gear))


class PlatterFollower:
    """An observer of one run that moves nothing but the platter, and notes when the index is passed."""

    def __init__(self, platter: VirtualPlatter, levels: Levels) -> None:
        self._platter = platter
        self.motion = Motion(
            platter_settings(platter.machine), levels, ffi.new('struct platter_state *'), lib.platter_begin
        )
        self._step_pin = platter.machine.pins.platter_step
        self._start_rad = self._last_rad = platter.angle_rad
        self._values = 0  # of the angle, one every MOTION_FRAMES from frame 0 on
        self._steps = 0  # given out before those of `_recent`
        self._recent = np.zeros(0, np.int64)  # frames of the steps since the last value
        self._passed = math.floor(platter.angle_rad / math.tau)
        self.turned_rad: NDArray[np.float64] = np.zeros(0)  # since frame 0, of the last block
        self._held_nm = 0.0
        self.rpm = 0.0
        self.pulses: list[Pulse] = []

    def take(self, block: Executed) -> None:
        self.motion.state.load_nm = block.load_nm + self._held_nm
        self.turned_rad = self.motion.run(block, Edges(block.powered), lib.platter_run, np.float64)
        angles = self._start_rad + self.turned_rad
        rising = block.edge_frame[(block.edge_gpio == self._step_pin) & (block.edge_level == 1)]
        steps = np.concatenate([self._recent, rising])
        if len(angles):
            self._look(np.concatenate([[self._last_rad], angles]), steps)
            self._values += len(angles)
        old = int(np.searchsorted(steps, MOTION_FRAMES * (self._values - 1)))
        self._steps, self._recent = self._steps + old, steps[old:]

    def _look(self, angles: NDArray[np.float64], steps: NDArray[np.int64]) -> None:
        """`angles`: the last one known, and those after it."""
        seconds = (len(angles) - 1) * MOTION_FRAMES / FRAME_RATE_HZ
        self.rpm = float(angles[-1] - angles[0]) / math.tau / seconds * 60
        while angles.max() >= (self._passed + 1) * math.tau:
            self._passed += 1
            after = int(np.argmax(angles >= self._passed * math.tau))
            part = (self._passed * math.tau - angles[after - 1]) / (angles[after] - angles[after - 1])
            frame = round((self._values + after - 2 + part) * MOTION_FRAMES)
            self.pulses.append(Pulse(frame, self._steps + int(np.searchsorted(steps, frame))))
        self._last_rad = float(angles[-1])

    def hold(self, torque_nm: float) -> None:
        """Something brakes the platter with `torque_nm` from the next block on; any thread may say so."""
        self._held_nm = torque_nm

    def kept(self) -> tuple[Any, ...]:
        """Where it is now, for `back_to`."""
        state = ffi.new('struct platter_state *', self.motion.state[0])
        return state, self._values, self._steps, self._recent, self._passed, self._last_rad, self.rpm, len(self.pulses)

    def back_to(self, kept: tuple[Any, ...]) -> None:
        """The blocks since then have not been."""
        state, self._values, self._steps, self._recent, self._passed, self._last_rad, self.rpm, pulses = kept
        self.motion.state[0] = state[0]
        del self.pulses[pulses:]

    @property
    def platter_steps(self) -> int:
        return int(self.motion.state.steps)

    def finish(self) -> None:
        self._platter.angle_rad = self._last_rad % math.tau

    def close(self) -> None:
        """Nothing is held."""
