"""The virtual platter, carriage and lift in C against SciPy's integrator and closed forms."""

import dataclasses
from itertools import pairwise

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from appliance.errors import MachineRefusesError, NativeError
from appliance.native import ffi, lib
from appliance.playback.flutter import speed_deviation, wow_and_flutter
from appliance.virtual.executed import Executed
from appliance.virtual.motors import carriage_settings, lift_settings, microstep_currents, platter_settings
from appliance.virtual.native_model import Edges, Motion
from tests.native.physics_runs import (
    FRAME_S,
    LEVELS,
    MACHINE,
    ON,
    PINS,
    block,
    changed,
    run_carriage,
    run_platter,
    steps,
)

RPM = 78.26
STEP_FRAMES = 60 / RPM / MACHINE.platter.steps_per_turn / FRAME_S


def platter_by_integration(machine, state, edges, times):
    """Angles at `times`, both currents followed as states, from `state` on: (angle, speed, damper, ia, ib)."""
    p = machine.platter
    currents = microstep_currents(p)

    def slope(_, y, want):
        th, w, wd, ia, ib = y
        e = p.motor_steps_per_turn / 4 * th
        torque = p.holding_torque_nm * (ib * np.cos(e) - ia * np.sin(e) - p.detent * np.sin(4 * e + 1.0))
        drag = (p.friction_nm + p.drag_once_per_turn_nm * np.cos(th)) * w / np.hypot(w, 0.01)
        pull = p.damper_nm_s * (wd - w)
        lag = [(want[k] - (ia, ib)[k]) / (p.current_rise_ms * 1e-3) for k in (0, 1)]
        return [
            w,
            (torque - p.bearing_nm_s * w - drag + pull) / p.inertia_kg_m2,
            -pull / p.damper_inertia_kg_m2,
            *lag,
        ]

    out, position, marks = [], 0, sorted({*edges, *times})
    for start, end in pairwise(marks):
        if start in times:
            out.append(state[0])
        position += start in edges
        want = currents[position % len(currents)]
        span = (0, (end - start) * FRAME_S)
        state = solve_ivp(slope, span, state, 'DOP853', args=(want,), rtol=1e-10, atol=1e-13).y[:, -1]
    return np.array(out)


def test_the_platter_follows_every_step_as_an_integrator_does():
    """At speed, edges off every grid: what is left is far below the 1e-5 rad that snapping them would make."""
    machine = changed('platter', drag_noise_nm=0.0)
    machine = dataclasses.replace(machine, driver=dataclasses.replace(machine.driver, wake_ms=0.0))
    frames = 12_000
    edges = [int(frame) for frame in np.arange(1, frames - 1, STEP_FRAMES)]
    motion = Motion(platter_settings(machine), LEVELS, ffi.new('struct platter_state *'), lib.platter_begin)
    speed = RPM * 2 * np.pi / 60
    state = np.array([-0.001, speed, 0.99 * speed, 1.0, 0.1])
    motion.state.angle_rad, motion.state.speed_rad_s, motion.state.damper_rad_s = state[:3]
    motion.state.current = list(state[3:])
    one = block([*ON, *steps(PINS.platter_step, edges)], frames)
    got = motion.run(one, Edges(one), lib.platter_run, np.float64)
    wanted = platter_by_integration(machine, state, set(edges), {*range(0, frames + 1, 100)})
    assert np.abs(got - wanted).max() < 2e-7
    assert np.abs(np.diff(wanted, 2)).max() > 1e-6  # the ripple is there


def ramp(seconds, turning_s, rpm=RPM):
    """Frames of the platter's steps: raised cosine from rest over `seconds`, then `turning_s` at speed."""
    rate = rpm / 60 * MACHINE.platter.steps_per_turn
    t = np.arange(0, seconds, FRAME_S)
    position = np.cumsum(0.5 * (1 - np.cos(np.pi * t / seconds))) * rate * FRAME_S
    speeding = np.nonzero(np.diff(np.floor(position)))[0] + 1
    at_speed = (seconds + np.arange(1, int(turning_s * rate)) / rate) / FRAME_S
    return 2000 + np.concatenate([speeding, np.rint(at_speed).astype(np.int64)])


def test_a_ramp_of_two_seconds_reaches_speed_and_one_of_a_third_slips():
    on_time = ramp(2.0, 0.5)
    angle, state = run_platter(MACHINE, [*ON, *steps(PINS.platter_step, on_time)], 502_100)
    assert state.steps == len(on_time)
    assert state.stall_frame == -1
    assert 0.2 < state.max_lag_rad < 0.5
    assert angle[-1] == pytest.approx(len(on_time) / 6400 * 2 * np.pi, abs=0.01)
    assert np.diff(angle[4000:]).mean() * 2000 * 60 / (2 * np.pi) == pytest.approx(RPM, rel=0.01)
    on_time = ramp(0.3, 0.2)
    angle, state = run_platter(MACHINE, [*ON, *steps(PINS.platter_step, on_time)], 102_100)
    frame = 100 * np.arange(len(angle))
    lag = 50 * (np.searchsorted(on_time, frame) / 6400 * 2 * np.pi - angle)
    assert state.stall_frame == pytest.approx(100 * np.argmax(lag > np.pi), abs=150)
    assert state.max_lag_rad > np.pi


# Weighted wow and flutter in % of the field study's own simulation (section 4 ii, 16 to 256 microsteps, this damper),
# without and with a drag of 4 mN m once per turn and 1 mN m of noise.
@pytest.mark.parametrize(('rpm', 'smooth', 'dragged'), [(78.26, 0.0033, 0.073), (100 / 3, 0.042, 0.16)])
def test_wow_and_flutter_are_those_of_the_study(rpm, smooth, dragged):
    edges = [*ON, *steps(PINS.platter_step, ramp(2.0, 12.0, rpm))]
    for machine, wanted in (
        (changed('platter', drag_once_per_turn_nm=0.0, drag_noise_nm=0.0), smooth),
        (MACHINE, dragged),
    ):
        angle, state = run_platter(machine, edges, 2_802_000)
        found = wow_and_flutter(*speed_deviation(angle[8000:], 2000, rpm))
        assert found == pytest.approx(wanted, rel=0.2)
        assert state.stall_frame == -1


def test_a_platter_without_current_coasts_to_rest_and_slips_nothing():
    on_time = ramp(1.0, 0.2)
    edges = [*ON, *steps(PINS.platter_step, on_time), (230_000, PINS.enable, 1)]
    angle, state = run_platter(MACHINE, edges, 600_000)
    speed = np.diff(angle) * 2000
    assert 0.9 * 8.2 < speed[2350] < 1.1 * 8.2
    assert speed[-1] < 0.9 * speed[2350]
    assert state.stall_frame == -1


def test_steps_before_the_current_comes_on_are_no_slip():
    early = steps(PINS.platter_step, range(10, 40_000, 20))
    off = [*early, (45_000, PINS.enable, 0), (0, PINS.platter_dir, 1)]
    angle, state = run_platter(MACHINE, off, 200_000)
    assert np.abs(angle[:460]).max() < 0.01  # no current before the driver has woken: the detent alone
    assert state.stall_frame == -1
    assert state.max_lag_rad < np.pi
    nearest = (len(early) // 2 + 64) % 128 - 64  # microsteps to the pole that pulls
    assert angle[-1] == pytest.approx(nearest / 6400 * 2 * np.pi, abs=0.01)


def test_backward_is_backward_and_drag_noise_follows_its_seed():
    slow = steps(PINS.platter_step, np.arange(3000, 100_000, 500))
    back = [(frame, pin, 0 if pin == PINS.platter_dir else level) for frame, pin, level in ON]
    angle, _ = run_platter(MACHINE, [*back, *slow], 100_000)
    assert angle[-1] == pytest.approx(-len(slow) / 2 / 6400 * 2 * np.pi, abs=0.01)
    twice = [run_platter(MACHINE, [*ON, *slow], 100_000)[0] for _ in range(2)]
    other = run_platter(changed('machine', seed=1), [*ON, *slow], 100_000)[0]
    np.testing.assert_array_equal(*twice)
    assert np.abs(twice[0] - other).max() > 1e-7


def test_a_platter_too_stiff_to_follow_is_refused():
    with pytest.raises(MachineRefusesError, match='more inertia'):
        platter_settings(changed('platter', inertia_kg_m2=1e-4, gear=20.0))


# --- carriage and lift -----------------------------------------------------------------------------------------------


def test_the_carriage_follows_its_screw_as_an_integrator_does():
    rng = np.random.default_rng(5)
    frames = 20_000
    at = np.cumsum(rng.integers(5, 230, 150)) + 1100
    got, state = run_carriage(MACHINE, [*ON, *steps(PINS.carriage_step, at)], frames)
    c = MACHINE.carriage
    w = 2 * np.pi * c.resonance_hz
    full_step = c.screw_mm_per_turn / c.motor_steps_per_turn

    def slope(_, y, command):
        return [y[1], w**2 * (command - y[0]) - w / c.resonance_q * y[1]]

    y, wanted, marks = np.array([100.0, 0.0]), [], sorted({*map(int, at), *range(0, frames + 1, 100)})
    for start, end in pairwise(marks):
        if start % 100 == 0:
            wanted.append(y[0])
        n = np.count_nonzero(at <= start)
        error = c.microstep_error * full_step * np.sin(2 * np.pi * n / c.microsteps)
        command = 100.0 - n * full_step / c.microsteps - error
        y = solve_ivp(slope, (0, (end - start) * FRAME_S), y, 'DOP853', args=(command,), rtol=1e-12, atol=1e-13).y[
            :, -1
        ]
    np.testing.assert_allclose(got, wanted, rtol=0, atol=1e-10)  # a tenth of a picometre is asked, of steps of 156 nm
    assert state.steps == len(at)
    assert (state.lost, state.fast) == (0, 0)


def test_outward_steps_and_steps_without_current():
    out = [*ON, (5, PINS.carriage_dir, 0)]
    near = steps(PINS.carriage_step, np.arange(2000, 34_000, 10))
    got, state = run_carriage(MACHINE, [*out, *near], 100_000)
    assert got[-1] == pytest.approx(100 + len(near) / 2 * 0.5 / 3200, abs=1e-6)
    assert state.most_mm >= got[-1]
    early, state = run_carriage(MACHINE, [*ON, *steps(PINS.carriage_step, [10, 500, 999, 1000])], 100_000)
    assert state.lost == 3  # the driver wakes 5 ms, 1000 frames, after its enable
    assert early[-1] == pytest.approx(100 - 0.5 / 3200 - 0.05 * 0.0025 * np.sin(np.pi / 8), abs=1e-9)


def test_a_level_said_twice_is_one_step():
    pins = PINS.platter_step, PINS.carriage_step
    twice = [(frame, pin, level) for pin in pins for frame, level in ((2000, 1), (2010, 1), (2020, 0), (2030, 0))]
    assert run_carriage(MACHINE, [*ON, *twice], 4000)[1].steps == 1
    assert run_platter(MACHINE, [*ON, *twice], 4000)[1].steps == 1


def test_steps_that_no_motor_follows_are_counted():
    _, state = run_carriage(MACHINE, [*ON, *steps(PINS.carriage_step, [2000, 2004, 2009, 2015])], 4000)
    assert state.fast == 1  # 5 mm/s and a quarter is one step in 5 frames


def test_the_lift_falls_and_rises_in_its_times():
    motion = Motion(lift_settings(MACHINE, 75.0), LEVELS, ffi.new('struct lift_state *'), lib.lift_begin)
    one = block([(50, PINS.head_lift, 1), (30_000, PINS.head_lift, 0)], 60_000)
    depth = motion.run(one, Edges(one), lib.lift_run, np.float32)
    frame = np.arange(0, 60_000, 100)
    wanted = np.interp(frame, [50, 50 + 16_000, 30_000, 30_000 + 10_000], [0, 75, 75, 0])
    np.testing.assert_allclose(depth, wanted, atol=1e-4)


def test_edges_out_of_order_or_of_other_frames_are_refused():
    mixed = block([], 1000)
    late = Executed(
        0,
        mixed.pwm,
        np.array([500, 400], np.int64),
        np.array([PINS.carriage_step] * 2, np.uint8),
        np.array([1, 0], np.uint8),
    )
    motion = Motion(carriage_settings(MACHINE, 100.0), LEVELS, ffi.new('struct carriage_state *'), lib.carriage_begin)
    with pytest.raises(NativeError, match='not in time order'):
        motion.run(late, Edges(late), lib.carriage_run, np.float64)
    with pytest.raises(NativeError, match='not of these frames'):
        run_platter(MACHINE, [(100, PINS.platter_step, 1)], 100)
