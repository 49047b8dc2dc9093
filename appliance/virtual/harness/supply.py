"""What motors and head take from their supply while they have power: what the interlock's current sensor would read."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from appliance.machine.model import Machine, bit
from appliance.virtual.executed import Executed
from appliance.virtual.native_model import Levels

EVERY = 16  # frames: 12.5 kHz is often enough for what heats a coil


def motors_ma(machine: Machine) -> float:
    """Of both drivers while they are enabled, whether their motors turn or not: a driver holds the current of its
    coils, sine and cosine of one peak, and takes from the supply the heat that this makes in them. What the motors do
    to the platter and the carriage is small beside it."""
    heat_w = sum(motor.motor_a**2 * motor.motor_ohm for motor in (machine.platter, machine.carriage))
    return 1000 * heat_w / machine.bridge.supply_v


def head_ma(machine: Machine, words: NDArray[Any]) -> float:
    """Of the head over these words of the PWM, both legs of each frame, by the heat in its coil. Below its resonance it
    is a resistor, and most of the sound is there."""
    if not len(words):
        return 0.0
    modulation = (words[:, 0].astype(np.float64) - words[:, 1]) / machine.pwm.range
    return float(1000 * machine.bridge.supply_v * np.mean(modulation**2) / machine.head.r_ohm)


class SupplyCurrent:
    """An observer of what was executed; `ma` is the mean over the last block, `head_ma` what of it goes to the head."""

    def __init__(self, machine: Machine, levels: Levels) -> None:
        """`levels`: of all pins at frame 0."""
        pins = machine.pins
        self._machine, self._motors_ma = machine, motors_ma(machine)
        self._on = {pin: levels[pin] == bit(level) for pin, level in (
            (pins.enable, pins.enable_active), (pins.bridge_enable, pins.bridge_enable_active))}  # fmt: skip
        self._active = {pins.enable: bit(pins.enable_active), pins.bridge_enable: bit(pins.bridge_enable_active)}
        self.head_ma = 0.0
        self.ma = self._now_ma(np.zeros((0, 2)))

    def take(self, block: Executed) -> None:
        for pin, active in self._active.items():
            levels = block.edge_level[block.edge_gpio == pin]
            if len(levels):
                self._on[pin] = bool(levels[-1] == active)
        self.ma = self._now_ma(block.pwm[::EVERY])

    def _now_ma(self, words: NDArray[Any]) -> float:
        """As if what is on at the block's end had been so all through it: a block is a few milliseconds."""
        motors = self._motors_ma if self._on[self._machine.pins.enable] else 0.0
        self.head_ma = head_ma(self._machine, words) if self._on[self._machine.pins.bridge_enable] else 0.0
        return motors + self.head_ma
