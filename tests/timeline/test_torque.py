"""The torque margin against hand arithmetic and against what a simulated motor did."""

from __future__ import annotations

import dataclasses
import math

import pytest

from appliance.errors import MachineRefusesError
from appliance.machine import load_machine
from appliance.timeline.torque import SAFE_MARGIN, drag_nm, pull_out_nm, require_torque, torque_margin

PLATTER = load_machine('virtual').platter
BARE = dataclasses.replace(PLATTER, damper_inertia_kg_m2=0.0, detent=0.0)
W78 = 78.26 * 2 * math.pi / 60


def test_pull_out_falls_with_speed_as_the_current_lags() -> None:
    assert pull_out_nm(BARE, 0.0) == pytest.approx(0.40)
    # 50 pole pairs at 8.195 rad/s, 0.4 ms: 0.1639
    assert pull_out_nm(BARE, W78) == pytest.approx(0.40 / math.hypot(1, 50 * W78 * 4e-4))
    assert pull_out_nm(BARE, W78) == pytest.approx(0.39473, abs=1e-5)
    belt = dataclasses.replace(BARE, gear=6.0)
    assert pull_out_nm(belt, W78) == pytest.approx(6 * 0.40 / math.hypot(1, 6 * 50 * W78 * 4e-4))
    assert pull_out_nm(PLATTER, 0.0) == pytest.approx(0.38)


def test_drag_is_the_sum_of_its_parts() -> None:
    assert drag_nm(PLATTER, W78) == pytest.approx(0.005 + 0.0005 * W78 + 0.004 + 3 * 0.001)


def test_the_worst_moment_is_near_the_peak_of_acceleration() -> None:
    inertia, accel = 0.012, W78 * math.pi / 4
    by_hand = (pull_out_nm(PLATTER, W78 / 2) - drag_nm(PLATTER, W78 / 2)) / (inertia * accel)
    assert torque_margin(PLATTER, 78.26).ramp == pytest.approx(by_hand, rel=2e-3)
    assert torque_margin(PLATTER, 78.26).margin == torque_margin(PLATTER, 78.26).ramp


@pytest.mark.parametrize(('ramp_s', 'stalls'), [(0.3, True), (0.5, False), (0.75, False), (2.0, False)])
def test_ramps_that_stalled_in_the_simulation_are_refused(ramp_s: float, stalls: bool) -> None:
    """Integrated turntable, J 0.01, raised cosine to 78.26: 0.3 s stalls, 0.5 s keeps its step (field notes)."""
    platter = dataclasses.replace(BARE, ramp_s=ramp_s)
    if not stalls:
        assert require_torque(platter, 78.26).margin >= SAFE_MARGIN
        return
    with pytest.raises(MachineRefusesError, match=r'platter\.ramp_s: a ramp of 0\.3 s would stall') as refused:
        require_torque(platter, 78.26)
    enough = float(refused.value.remedy.split(' to ')[1].split()[0])
    assert require_torque(dataclasses.replace(platter, ramp_s=enough), 78.26).margin >= SAFE_MARGIN


def test_a_brake_the_motor_cannot_turn_is_refused() -> None:
    """An eddy brake of 0.05 N m s asks 0.41 N m of a 0.40 N m motor at 78 rpm (field notes)."""
    braked = dataclasses.replace(PLATTER, bearing_nm_s=0.05)
    with pytest.raises(MachineRefusesError, match=r'platter\.holding_torque_nm: the motor cannot hold the platter'):
        require_torque(braked, 78.26)
