"""The side around the spiral: smooth, within the carriage's limits, and as the standards want it."""

from dataclasses import replace

import numpy as np
import pytest

from appliance.errors import DoesNotFitError
from appliance.groove.demand import measure
from appliance.groove.land import Look, measure_land
from appliance.groove.layout import State, change_speed, lay_out, run, run_out
from appliance.groove.plan import Pitch, Plan
from appliance.groove.planner import Bench, carriage_lag_s, guard_um, plan_side
from appliance.groove.spiral import Spiral
from appliance.machine import load_disc

SPEEDS = [78.26, 45.0, 100 / 3]
RATE_HZ = 50_000


@pytest.fixture
def plan_of(machine):
    def make(made, disc, speed_rpm, gain=1.0):
        bench = Bench(machine, disc)
        return plan_side(bench, measure(made, 60 / speed_rpm, carriage_lag_s(machine.carriage)), made, gain)

    return make


def state_at_ends(plan):
    """Radius, speed, acceleration at the start and at the end of every piece."""
    c = plan.coefficients.T
    u = np.diff(plan.knot_s)
    start = np.stack([c[0], c[1], 2 * c[2]])
    end = np.stack(
        [c[0] + u * (c[1] + u * (c[2] + u * c[3])), c[1] + u * (2 * c[2] + 3 * u * c[3]), 2 * c[2] + 6 * u * c[3]]
    )
    return start, end


@pytest.mark.parametrize('speed_rpm', SPEEDS)
@pytest.mark.parametrize('samples', [1, 30_000, 400_000])
def test_position_speed_and_acceleration_are_continuous_and_within_limits(
    plan_of, signal, machine, disc, speed_rpm, samples
):
    plan = plan_of(signal(20 * np.sin(np.arange(samples) / 50)), disc, speed_rpm)
    start, end = state_at_ends(plan)
    assert np.abs(start[:, 1:] - end[:, :-1]).max(axis=1) == pytest.approx([0, 0, 0], abs=1e-9)
    assert np.abs(np.hstack([start, end])[1]).max() < machine.carriage.max_speed_mm_s
    assert np.abs(np.hstack([start, end])[2]).max() < machine.carriage.max_accel_mm_s2
    assert np.abs(6 * plan.coefficients[:, 3]).max() < machine.carriage.max_jerk_mm_s3
    assert np.all(np.diff(plan.knot_s) > 0)
    assert np.hstack([start, end])[1].max() < 0.01, 'never outward'
    message = (plan.knot_s[:-1] >= 0) & (plan.knot_s[1:] <= plan.message_end_s)
    assert np.abs(start[1, message]).max(initial=0) <= machine.carriage.programme_max_speed_mm_s * (1 + 1e-9)
    assert np.abs(start[2, message]).max(initial=0) <= machine.carriage.programme_max_accel_mm_s2 * (1 + 1e-9)


@pytest.mark.parametrize('speed_rpm', SPEEDS)
@pytest.mark.parametrize('name', ['xray-25', 'xray-17', 'pvc-25', 'xray-20-fine'])
def test_lead_in_run_out_and_locked_groove_are_as_the_standards_want(plan_of, speech, machine, name, speed_rpm):
    blank = load_disc(name)
    plan = plan_of(speech(6.0, peak_um=30.0), blank, speed_rpm)
    turn = plan.turn_s
    down, up = plan.radius_mm(np.array([plan.head_down_s, plan.head_up_s]))
    assert down <= blank.lead_in_radius_mm
    assert -plan.head_down_s >= machine.cut.lead_in_turns * turn + machine.lift.down_s - 1e-9
    lead_in = np.linspace(plan.head_down_s + machine.lift.down_s + turn, 0, 50)
    pitch = plan.radius_mm(lead_in - turn) - plan.radius_mm(lead_in)
    assert pitch.min() > 0.8, 'IEC 60098: 1.2 +- 0.4 mm'
    assert pitch.max() < 1.6
    assert plan.radius_start_mm == pytest.approx(float(plan.radius_mm(np.zeros(1))[0]), abs=1e-9)
    assert plan.radius_start_mm == blank.programme_radius_mm, 'as far out as music may start'
    assert plan.radius_end_mm == pytest.approx(float(plan.radius_mm(np.array([plan.message_end_s]))[0]), abs=1e-9)
    out = np.linspace(plan.message_end_s, plan.head_up_s - turn, 400)
    assert (plan.radius_mm(out) - plan.radius_mm(out + turn)).max() >= machine.cut.run_out_min_pitch_mm
    locked = np.linspace(plan.head_up_s - machine.cut.locked_turns * turn + 1e-6, plan.head_up_s, 50)
    assert np.ptp(plan.radius_mm(locked)) == 0.0, 'concentric'
    assert up == blank.locked_radius_mm
    assert plan.radius_mm(np.linspace(plan.head_down_s, plan.head_up_s, 999)).min() > blank.label_radius_mm


@pytest.mark.parametrize('speed_rpm', SPEEDS)
def test_the_run_out_has_its_turn_even_when_the_message_ends_at_the_innermost_radius(machine, disc, speed_rpm):
    turn_s = 60 / speed_rpm
    start = State(0.0, 0.4, 5.0)
    path = run_out(machine, turn_s, start, disc.inner_radius_mm - disc.locked_radius_mm)
    cruise = int(np.argmax(path.times[:-1]))
    assert path.times[cruise] >= machine.cut.run_out_turns * turn_s
    assert path.coefficients[cruise, 1] * turn_s >= machine.cut.run_out_min_pitch_mm


def test_no_room_for_a_run_out_is_said(machine):
    with pytest.raises(DoesNotFitError, match='run-out'):
        run_out(machine, 0.7667, State(0.0, 0.4, 0.0), 0.3)


@pytest.mark.parametrize(('before', 'after'), [(0.0, 1.5), (1.5, 0.2), (0.2, 5.0), (0.3, 0.3)])
def test_change_speed_ends_at_its_speed_without_acceleration(machine, before, after):
    path, end = run(State(1.0, before, 0.0), change_speed(before, after, machine.carriage))
    assert end.speed == pytest.approx(after, abs=1e-12)
    assert end.accel == pytest.approx(0.0, abs=1e-12)
    assert end.travel == pytest.approx(1.0 + (before + after) / 2 * path.time, abs=1e-12)  # symmetric in time
    assert np.abs(2 * path.coefficients[:, 2]).max() < machine.carriage.max_accel_mm_s2


def slow_land_um(plan, made, width_um, gain):
    """Every sample's distance to the turn before it, from the plan's own radius and np.interp."""
    k = np.arange(int(np.ceil((plan.head_down_s + plan.turn_s) * RATE_HZ)), made.samples)
    x = np.arange(k[0] - 100_000, made.samples + 10)
    y = gain * made.at(int(x[0]), len(x)).astype(float)
    t = k / RATE_HZ
    outer = 1000 * plan.radius_mm(t - plan.turn_s) + np.interp((t - plan.turn_s) * RATE_HZ, x, y)
    return (outer - 1000 * plan.radius_mm(t) - np.interp(k, x, y)).min() - width_um


@pytest.mark.parametrize('speed_rpm', SPEEDS)
@pytest.mark.parametrize('name', ['xray-25', 'xray-25-fine'])
def test_land_is_never_short_and_is_as_measured_by_a_slow_twin(plan_of, speech, machine, name, speed_rpm):
    made, blank = speech(8.0, seed=2), load_disc(name)
    plan = plan_of(made, blank, speed_rpm, 0.7)
    slow = slow_land_um(plan, made, blank.groove.width_um, 0.7)
    assert slow >= blank.groove.land_um
    assert plan.min_land_um >= blank.groove.land_um
    plain = measure_land(plan, Look(made, 0.7, blank.groove.width_um, 0.0)).min_land_um
    assert plain <= slow + 0.01  # it also allows for slip between the turns
    assert plain > slow - 3.0
    assert plan.min_land_um <= plain


def test_land_sees_a_groove_wider_than_planned(plan_of, speech, disc):
    made = speech(4.0)
    plan = plan_of(made, disc, 78.26)
    assert measure_land(plan, Look(made, 2.0, 150.0, 0.0)).min_land_um < 0


def test_land_is_that_of_the_carriage_that_comes_late_too(signal):
    """The turns part by 0.2 mm each second; a carriage 4 ms late is 0.8 um behind that."""
    y = np.zeros(100_000)
    y[25_000:26_000] = 150.0
    paths = np.array([[122.0, -0.2, 0, 0], [121.4, -0.4, 0, 0]])
    plan = Plan(60.0, np.array([-3.0, 0.0, 3.0]), paths, -3.0, 2.0, 3.0, 121.4, 120.6, 2.0, 0.0, Pitch(0, 0, 0))
    at_once, late = (measure_land(plan, Look(signal(y), 1.0, 150.0, lag_s)).min_land_um for lag_s in (0.0, 0.004))
    assert at_once == pytest.approx(200.0 + 200.0 * 0.5 - 150.0 - 150.0, abs=0.05)
    assert late == pytest.approx(at_once - 0.8, abs=0.05)


def test_land_is_looked_at_from_the_first_turn_on(signal, disc):
    """A lead-in that stands still for two turns, then moves on."""
    steady = np.array([[122.0, 0, 0, 0], [122.0, -0.5, 0, 0]])
    plan = Plan(60.0, np.array([-3.0, -1.0, 9.0]), steady, -3.0, 2.0, 9.0, 121.5, 120.5, 2.0, 0.0, Pitch(0, 0, 0))
    assert measure_land(plan, Look(signal(np.zeros(100_000)), 1.0, 150.0, 0.0)).min_land_um == pytest.approx(-150.0)


def test_pitch_is_that_of_the_programme(plan_of, signal, disc):
    plan = plan_of(signal(np.zeros(500_000)), disc, 78.26)
    pitch = plan.pitch_um
    assert pitch.min == pytest.approx(170.8, abs=0.1)
    assert pitch.mean == pytest.approx(170.8, abs=0.3)
    assert pitch.min <= pitch.mean <= pitch.max < 175
    assert plan.turns == pytest.approx(10 * 78.26 / 60)


def test_guard_grows_with_the_steps_and_the_spring(machine):
    carriage = machine.carriage
    guard = guard_um(carriage, 0.00383)
    assert 0.5 < guard < 1.0
    assert guard_um(replace(carriage, microsteps=8), 0.00383) > guard
    assert guard_um(replace(carriage, resonance_hz=20.0), 0.00383) > guard


def test_carriage_lag_is_that_of_a_slow_ramp_through_the_spring(machine):
    """x" = w^2 (u - x) - (w / q) x' under u = v t, stepped in small time."""
    w, q, v = 2 * np.pi * machine.carriage.resonance_hz, machine.carriage.resonance_q, 1.0
    x = speed = t = 0.0
    for _ in range(40_000):
        t += 1e-5
        speed += 1e-5 * (w * w * (v * t - x) - w / q * speed)
        x += 1e-5 * speed
    assert v * t - x == pytest.approx(v * carriage_lag_s(machine.carriage), rel=1e-2)


def test_a_message_too_long_is_refused_with_the_radius(plan_of, signal, disc):
    with pytest.raises(DoesNotFitError, match=r'radius of .* mm, xray-25 allows'):
        plan_of(signal(np.zeros(15_000_000)), disc, 78.26)


def test_spiral_placed_as_far_out_as_the_lead_in_allows(machine, disc):
    tight = replace(disc, lead_in_radius_mm=121.0)
    side = lay_out(Spiral(-0.1, 0.02, np.zeros(40)), machine, tight, 0.7667)
    assert side.radius_start_mm < disc.programme_radius_mm
    head_down = side.coefficients[0, 0]
    assert head_down == pytest.approx(121.0, abs=1e-9)
