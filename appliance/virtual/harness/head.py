"""The head of the machine on the bench: where its stylus goes in the air, and how warm it gets."""

from __future__ import annotations

from dataclasses import replace
from math import exp

import numpy as np

from appliance.interlock.sensors import FULL, T0_K
from appliance.machine.model import Interlock, Machine
from appliance.virtual.executed import Executed
from appliance.virtual.head import Head, head_settings
from appliance.virtual.native_model import Edges, Levels

ZERO_C_K = 273.15
ROOM_C, FINGER_C = 25.0, 33.0
# Chosen for this project: ten grammes of aluminium about the coil, which two fingers warm in a few seconds.
CAPACITY_J_PER_K, AIR_K_PER_W, FINGER_K_PER_W = 9.0, 30.0, 0.5


class Stylus:
    """An observer of what arrives at the head. Outward above 0."""

    def __init__(self, machine: Machine, levels: Levels) -> None:
        self._head = Head(head_settings(machine), levels)
        self.least_um = self.most_um = self._last_um = 0.0

    def take(self, block: Executed, *, powered: bool) -> None:
        there = block if powered else replace(block, pwm=np.zeros_like(block.pwm))
        moved = self._head.run(there, Edges(there))
        if len(moved):
            self.least_um, self.most_um = min(self.least_um, float(moved.min())), max(self.most_um, float(moved.max()))
            self._last_um = float(moved[-1])

    def forget(self) -> None:
        """Where it has been so far."""
        self.least_um = self.most_um = self._last_um


class Warmth:
    """Of the thermistor on the head: the coil and a finger warm it, the air cools it."""

    def __init__(self) -> None:
        self.celsius = ROOM_C

    def pass_s(self, seconds: float, coil_w: float, *, held: bool) -> None:
        """Exactly, as if all had been so all the time."""
        given = [(ROOM_C, AIR_K_PER_W)] + ([(FINGER_C, FINGER_K_PER_W)] if held else [])
        leak = sum(1 / ohm for _, ohm in given)
        target = (coil_w + sum(celsius / ohm for celsius, ohm in given)) / leak
        self.celsius = target + (self.celsius - target) * exp(-seconds * leak / CAPACITY_J_PER_K)


def thermistor_raw(celsius: float, interlock: Interlock) -> int:
    """What the converter reads of it: `appliance.interlock.sensors`, the other way round."""
    ohm = interlock.thermistor_ohm * exp(interlock.thermistor_beta_k * (1 / (celsius + ZERO_C_K) - 1 / T0_K))
    return round(FULL * ohm / (ohm + interlock.thermistor_pull_up_ohm))
