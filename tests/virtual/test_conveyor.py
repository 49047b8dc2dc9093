"""Blocks on their way: what is shown does not depend on how quick anybody is."""

import numpy as np

from appliance.virtual.executed import Executed
from appliance.virtual.power.conveyor import MANY, Conveyor

NONE = [np.zeros(0, kind) for kind in (np.int64, np.uint8, np.uint8)]


def block(first, frames, load=0.0):
    return Executed(first, np.zeros((frames, 2), np.uint16), *NONE, load_nm=load)


def test_who_comes_late_is_shown_the_same_blocks():
    each, shown = 8000, []
    for waiting in (9, 16):
        conveyor = Conveyor()
        for number in range(waiting):
            conveyor.put(block(number * each, each))
        shown.append(len(conveyor.take().pwm))
    assert shown[0] == shown[1] == -(-MANY // each) * each


def test_a_load_begins_a_block_of_its_own():
    conveyor = Conveyor()
    for number, load in enumerate((0.0, 0.0, 0.1)):
        conveyor.put(block(number * 100, 100, load))
    conveyor.end()
    assert [(taken.first_frame, len(taken.pwm), taken.load_nm) for taken in iter(conveyor.take, None)] == [
        (0, 200, 0.0), (200, 100, 0.1)]  # fmt: skip
