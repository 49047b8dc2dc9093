"""Homing through the bytes: each movement is a run of its own on a virtual Pi, and the pins move the carriage."""

import numpy as np

from appliance.lathe.homing import SLOW_MM, Rig, home
from appliance.machine import load_machine
from appliance.virtual.lathe import VirtualLathe

MACHINE = load_machine('virtual')


class Carriage:
    """Counts the step edges that the virtual Pi's pins made, over any number of runs."""

    def __init__(self, radius_mm):
        self.radius_mm = radius_mm
        self.inward = 0

    def power_up(self):
        """Every run is a board of its own, its direction pins low: no edge tells of a pin that stays low."""
        self.inward = -1 if MACHINE.pins.carriage_inward == 'high' else 1

    def take(self, block):
        pins = MACHINE.pins
        for gpio, level in zip(block.edge_gpio.tolist(), block.edge_level.tolist(), strict=True):
            if gpio == pins.carriage_dir:
                self.inward = 1 if level == (pins.carriage_inward == 'high') else -1
            elif gpio == pins.carriage_step and level:
                self.radius_mm -= self.inward * MACHINE.carriage.mm_per_step

    def finish(self):
        return None

    def close(self):
        pass


def test_home_is_found_on_the_virtual_lathe():
    carriage = Carriage(128.31)
    lathes = []

    def new_lathe():
        carriage.power_up()
        lathes.append(VirtualLathe(MACHINE, [carriage]))
        return lathes[-1]

    homed = home(Rig(MACHINE, new_lathe, lambda: carriage.radius_mm >= 130.0, lambda: lathes[-1].wait(5.0)))
    assert 0 <= carriage.radius_mm - homed.radius_mm < SLOW_MM + 1e-9
    assert np.isclose(homed.outward_mm, carriage.radius_mm - 128.31)
