"""A machine file's figures as steps and frames, by hand arithmetic."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest

from appliance.errors import MachineRefusesError
from appliance.machine import load_machine
from appliance.timeline.axes import (
    carriage_limits,
    carriage_settings,
    check_motion,
    from_anywhere_mm,
    platter_settings,
    platter_speed,
    rehearse,
)
from appliance.timeline.profiles import change_speed, hold, move, to_segments

MACHINE = load_machine('virtual')


def test_the_platter_in_steps_a_frame() -> None:
    assert platter_speed(MACHINE, 78.26) == pytest.approx(78.26 / 60 * 6400 / 200_000)
    got = platter_settings(MACHINE)
    assert (got.step_mask, got.dir_mask, got.forward_high) == (1 << 22, 1 << 23, 1)
    assert got.max_speed == pytest.approx(90 / 60 * 6400 / 200_000)
    assert got.max_accel == pytest.approx(math.pi / 2 * got.max_speed / 400_000, rel=0.011)
    # a stop from full speed takes about as long as the ramp: speed / accel + accel / jerk
    assert got.max_speed / got.stop_accel + got.stop_accel / got.stop_jerk == pytest.approx(400_000, rel=0.15)


def test_the_carriage_in_steps_a_frame() -> None:
    step_mm = 0.5 / 3200
    got = carriage_settings(MACHINE)
    assert (got.step_mask, got.dir_mask, got.forward_high) == (1 << 26, 1 << 27, 1)
    assert got.max_speed == pytest.approx(5.0 / step_mm / 2e5)
    assert got.max_accel == got.stop_accel == pytest.approx(40.0 / step_mm / 2e5**2)
    assert carriage_limits(MACHINE).jerk == got.stop_jerk == pytest.approx(2000.0 / step_mm / 2e5**3)
    assert (got.min_position, got.max_position) == (0.0, pytest.approx(90.0 / step_mm))
    free = carriage_settings(MACHINE, from_anywhere_mm(MACHINE))
    assert (free.min_position, free.max_position) == (pytest.approx(-90.0 / step_mm), pytest.approx(90.0 / step_mm))


@pytest.mark.parametrize(('ns', 'frames'), [(0.0, 1), (100.0, 1), (5000.0, 1), (5001.0, 2), (12_000.0, 3)])
def test_the_driver_gets_the_time_it_needs_in_whole_frames(ns: float, frames: int) -> None:
    for key, name in (
        ('step_high_ns', 'high_frames'),
        ('step_low_ns', 'low_frames'),
        ('dir_setup_ns', 'setup_frames'),
        ('dir_hold_ns', 'hold_frames'),
    ):
        slow = dataclasses.replace(MACHINE, driver=dataclasses.replace(MACHINE.driver, **{key: ns}))
        for got in (platter_settings(slow), carriage_settings(slow)):
            assert getattr(got, name) == frames
            assert got.struct()[0].reserved == 0
            assert getattr(got.struct()[0], name) == frames


def test_polarity_follows_the_machine_file() -> None:
    pins = dataclasses.replace(MACHINE.pins, platter_forward='low', carriage_inward='low')
    turned = dataclasses.replace(MACHINE, pins=pins)
    assert platter_settings(turned).forward_high == carriage_settings(turned).forward_high == 0


def test_a_rehearsal_counts_the_pulses_of_both_directions() -> None:
    limits, settings = carriage_limits(MACHINE), carriage_settings(MACHINE)
    there_and_back = move(60_000.0, limits).then(hold(0.0, 100)).then(move(-60_000.0, limits))
    assert rehearse('carriage', settings, to_segments(there_and_back, 50)) == 120_000
    assert rehearse('carriage', settings, to_segments(hold(0.0, 0), 50)) == 0


def test_a_rehearsal_finds_what_the_pulses_cannot_do() -> None:
    slow = dataclasses.replace(carriage_settings(MACHINE), high_frames=10, low_frames=10)
    limits = carriage_limits(MACHINE)
    fast = change_speed(0.0, 0.1, limits).then(hold(0.1, 10_000)).then(change_speed(0.1, 0.0, limits))
    with pytest.raises(MachineRefusesError, match='carriage: motion: steps come faster than the pulse times allow'):
        rehearse('carriage', slow, to_segments(fast, 50))
    with pytest.raises(MachineRefusesError, match=r'the pulses allow 0\.05; a step is a step; the limits are in \[x\]'):
        check_motion('x', slow, to_segments(fast, 50), 'a step is a step')


def test_nothing_to_do_passes() -> None:
    check_motion('carriage', carriage_settings(MACHINE), np.zeros(0, to_segments(hold(0.0, 0), 0).dtype))
