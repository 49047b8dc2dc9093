"""What the virtual motors and head take: the heat that their currents make, and nothing while they are off."""

import numpy as np
import pytest

from appliance.machine import load_machine
from appliance.virtual.executed import Executed
from appliance.virtual.harness.supply import SupplyCurrent
from appliance.virtual.lathe import initial_levels

MACHINE = load_machine()
PINS = MACHINE.pins
MOTORS_MA = 1000 * (1.2**2 * 1.8 + 0.6**2 * 5) / 24


def block(amplitude=0.0, edges=()):
    wave = 312 * amplitude * np.sin(2 * np.pi * np.arange(2000) / 200)
    words = np.round(np.stack([312 + wave / 2, 312 - wave / 2], 1)).astype(np.uint16)
    frames, gpio, level = np.array(edges or np.zeros((0, 3)), np.int64).T
    return Executed(0, words, frames, gpio.astype(np.uint8), level.astype(np.uint8))


@pytest.fixture
def supply():
    return SupplyCurrent(MACHINE, initial_levels(MACHINE))


def test_a_machine_that_is_off_takes_nothing(supply):
    assert supply.ma == 0
    supply.take(block(1.0))
    assert supply.ma == 0


def test_enabled_drivers_hold_their_motors(supply):
    supply.take(block(edges=[(5, PINS.enable, 0)]))
    assert supply.ma == pytest.approx(MOTORS_MA)
    supply.take(block())
    assert supply.ma == pytest.approx(MOTORS_MA)
    supply.take(block(edges=[(5, PINS.enable, 1)]))
    assert supply.ma == 0


def test_a_tone_warms_the_head_by_its_mean_square(supply):
    """A sine of half the supply: (12 / sqrt 2)^2 / 6 ohm = 12 W, which is half an ampere of 24 V."""
    supply.take(block(1.0, [(0, PINS.bridge_enable, 1)]))
    assert supply.ma == pytest.approx(500, rel=0.01)
    supply.take(block(0.1))
    assert supply.ma == pytest.approx(5, rel=0.03)
