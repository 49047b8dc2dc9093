"""The virtual carriage between two runs: it stays where it was left, and at home it closes a switch.

Each run is a board of its own, powered up anew; the carriage is the one thing that outlives it.
"""

from __future__ import annotations

import numpy as np

from appliance.machine.model import Machine
from appliance.native import ffi, lib
from appliance.virtual.executed import Executed
from appliance.virtual.motors import carriage_settings
from appliance.virtual.native_model import Edges, Levels, Motion

REACH_MM = 0.002  # before its nominal place the switch closes: a carriage that is sent home comes to rest there


class VirtualCarriage:
    """Where the carriage really stands, and what the program knows of it.

    `stands_mm` belongs to the program: the radius it believes in, after homing, after a jog from a known place and
    after a cut that ended well; None (nobody knows) at power-up and after whatever was broken off.
    """

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.radius_mm = machine.carriage.park_radius_mm
        self.stands_mm: float | None = None

    @property
    def parked(self) -> bool:
        """Whether the program knows it to stand where every cut begins."""
        return self.stands_mm == self.machine.carriage.park_radius_mm

    @property
    def at_home(self) -> bool:
        """Whether the home switch is closed."""
        return self.radius_mm >= self.machine.carriage.park_radius_mm - REACH_MM


class CarriageFollower:
    """An observer of one run that moves nothing but the carriage."""

    def __init__(self, carriage: VirtualCarriage, levels: Levels) -> None:
        self._carriage = carriage
        settings = carriage_settings(carriage.machine, carriage.radius_mm)
        self._motion = Motion(settings, levels, ffi.new('struct carriage_state *'), lib.carriage_begin)

    def take(self, block: Executed) -> None:
        self._motion.run(block, Edges(block.powered), lib.carriage_run, np.float64)

    @property
    def steps(self) -> int:
        """Pulses, whatever their direction."""
        return int(self._motion.state.steps)

    @property
    def lost(self) -> int:
        """Of these, what the motor did not follow: without current, or too fast."""
        return int(self._motion.state.lost + self._motion.state.fast)

    def finish(self) -> None:
        self._carriage.radius_mm = self._motion.state.command_mm + self._motion.state.offset_mm

    def close(self) -> None:
        """Nothing is held."""
