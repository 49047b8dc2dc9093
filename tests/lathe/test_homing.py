"""Homing with a lathe of paper: it makes every step of a score, and its carriage stands where the steps have put it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from appliance.errors import CutFaultError, MachineRefusesError
from appliance.lathe.api import Lathe, Progress, Readiness, State
from appliance.lathe.homing import SLOW_MM, Rig, home
from appliance.machine import Machine, load_machine
from appliance.native import check, ffi, lib
from appliance.timeline.axes import carriage_settings
from appliance.timeline.jog import jog
from appliance.timeline.score import Score

MACHINE = load_machine('virtual')
STEP = MACHINE.carriage.mm_per_step


class PaperCarriage:
    """Where the carriage is, and a switch that closes at and beyond `home_mm` (radius, grows outward)."""

    def __init__(self, radius_mm: float, home_mm: float = 130.0) -> None:
        self.radius_mm = radius_mm
        self.home_mm = home_mm
        self.outermost_mm = radius_mm
        self.moves = 0
        self.open_lathes = 0

    def closed(self) -> bool:
        return self.radius_mm >= self.home_mm


class PaperLathe:
    """Makes the steps of a score the moment it starts; a second look finds it done."""

    def __init__(self, carriage: PaperCarriage, end: State = State.DONE) -> None:
        self._carriage, self._end, self._looks = carriage, end, 0
        carriage.open_lathes += 1

    def ready(self) -> Readiness:
        return Readiness(True)

    def start(self, score: Score) -> None:
        axis = ffi.new('struct motion_axis *')
        axis.settings = carriage_settings(MACHINE).struct()[0]
        segments = ffi.from_buffer('struct motion_segment[]', score.carriage)
        check(lib.motion_begin(axis, segments, len(score.carriage)))
        out, count = ffi.new('struct pin_edge[]', 1 << 16), ffi.new('size_t *')
        check(lib.motion_edges(axis, score.frames, out, 1 << 16, count))
        if count[0] == 1 << 16:
            raise ValueError('a homing move of more than 2^16 edges')
        self._carriage.radius_mm -= axis.steps * STEP
        self._carriage.outermost_mm = max(self._carriage.outermost_mm, self._carriage.radius_mm)
        self._carriage.moves += 1

    def progress(self) -> Progress:
        self._looks += 1
        return Progress(State.CUTTING if self._looks < 3 else self._end, 0, 0, cause='a fault on paper')

    def stop(self, cause: str) -> None: ...

    def close(self) -> None:
        self._carriage.open_lathes -= 1


def rig(carriage: PaperCarriage, end: State = State.DONE, closed: Callable[[], bool] | None = None) -> Rig:
    def new_lathe() -> Lathe:
        return PaperLathe(carriage, end)

    return Rig(MACHINE, new_lathe, closed or carriage.closed, lambda: None)


@pytest.mark.parametrize('start_mm', [42.0, 57.33, 128.95, 129.999, 130.0, 131.7])
def test_home_is_found_from_anywhere(start_mm: float) -> None:
    carriage = PaperCarriage(start_mm)
    homed = home(rig(carriage))
    assert 0 <= carriage.radius_mm - 130.0 < SLOW_MM + 1e-9
    assert homed.radius_mm == 130.0
    assert homed.outward_mm == pytest.approx(carriage.radius_mm - start_mm, abs=1e-9)
    assert carriage.outermost_mm < max(131.0 + 1e-9, start_mm + 1e-9)
    assert carriage.open_lathes == 0


def test_home_is_found_at_the_same_place_again() -> None:
    found = []
    for start_mm in (60.0, 60.37, 129.99):
        carriage = PaperCarriage(start_mm, home_mm=129.9871)
        home(rig(carriage))
        found.append(carriage.radius_mm)
    assert np.ptp(found) <= SLOW_MM


def test_a_switch_that_never_closes_is_named_before_the_screw_ends() -> None:
    carriage = PaperCarriage(100.0)
    with pytest.raises(MachineRefusesError, match='home switch: did not close within 92 mm of travel outward'):
        home(rig(carriage, closed=lambda: False))
    assert carriage.radius_mm == pytest.approx(192.0)


def test_a_switch_that_is_stuck_closed_is_named() -> None:
    carriage = PaperCarriage(100.0)
    with pytest.raises(MachineRefusesError, match='home switch: stays closed 5 mm inward'):
        home(rig(carriage, closed=lambda: True))
    assert carriage.radius_mm == pytest.approx(95.0)


def test_a_movement_that_fails_ends_homing_with_its_cause() -> None:
    carriage = PaperCarriage(100.0)
    with pytest.raises(CutFaultError, match='a fault on paper'):
        home(rig(carriage, end=State.FAULT))
    assert carriage.moves == 1
    assert carriage.open_lathes == 0


def test_a_refused_start_leaves_no_lathe_open() -> None:
    carriage = PaperCarriage(100.0)
    hasty = dataclasses.replace(MACHINE, carriage=dataclasses.replace(MACHINE.carriage, max_speed_mm_s=20.0))
    whole = dataclasses.replace(rig(carriage), machine=_too_fast(hasty))
    with pytest.raises(MachineRefusesError, match='carriage: '):
        home(whole)
    assert carriage.open_lathes == 0


def _too_fast(machine: Machine) -> Machine:
    """Pulses so long that the carriage's own top speed cannot be stepped."""
    return dataclasses.replace(machine, driver=dataclasses.replace(machine.driver, step_high_ns=100_000.0))


@pytest.mark.parametrize(('asked_mm', 'steps'), [(1.0, 6400), (-1.0, -6400), (0.013, 64), (-0.02, -128), (0.0, 0)])
def test_a_jog_moves_whole_electrical_turns_and_powers_off(asked_mm: float, steps: int) -> None:
    score = jog(MACHINE, asked_mm, 2.0)
    last = score.carriage[-1] if len(score.carriage) else None
    enable = 1 << MACHINE.pins.enable
    assert [tuple(edge)[1:] for edge in score.events.tolist()] == [(0, enable), (enable, 0)]
    assert len(score.platter) == 0
    assert sum(len(block) for block in score.drive()) * 4 == score.frames
    assert not any(block.any() for block in score.drive())
    if last is None:
        assert steps == 0
        return
    moved = _end_steps(last)
    assert moved == pytest.approx(steps, abs=1e-6)
    assert last['start_frame'] + last['frames'] < score.events['frame'][1] < score.frames
    assert score.carriage['start_frame'][0] >= score.events['frame'][0] + 1000
    assert np.abs(score.carriage['velocity']).max() / 2.0**56 <= 2.0 / STEP / 200_000 * (1 + 1e-6)


def _end_steps(row: Any) -> float:
    u = float(row['frames'])
    bits = {'position': 32, 'velocity': 56, 'accel_half': 72, 'jerk_sixth': 84}
    return sum(float(np.ldexp(float(row[name]), -b)) * u**k for k, (name, b) in enumerate(bits.items()))


def test_an_active_high_enable_is_driven_the_other_way() -> None:
    pins = dataclasses.replace(MACHINE.pins, enable_active='high', enable=9)
    score = jog(dataclasses.replace(MACHINE, pins=pins), 1.0, 2.0)
    assert [tuple(edge)[1:] for edge in score.events.tolist()] == [(1 << 9, 0), (0, 1 << 9)]
