"""The virtual lathe's C models against SciPy's integrator and closed forms, none of which share their tables."""

import dataclasses
from itertools import pairwise

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from appliance.errors import MachineRefusesError, NativeError
from appliance.machine import load_machine
from appliance.native import ffi, lib
from appliance.virtual.executed import Executed
from appliance.virtual.head import Head, decimation, head_settings
from appliance.virtual.linear import exponential
from appliance.virtual.motors import carriage_settings, lift_settings, microstep_currents, platter_settings
from appliance.virtual.native_model import Edges, Motion, table

FRAME_S = 5e-6
MACHINE = load_machine('virtual')
PINS = MACHINE.pins
QUIET = {'drag_noise_nm': 0.0}
LEVELS = np.zeros(54, np.uint8)
LEVELS[PINS.enable] = 1  # active low: off
ON = [(0, PINS.enable, 0), (0, PINS.platter_dir, 1), (0, PINS.carriage_dir, 1), (0, PINS.bridge_enable, 1)]


def changed(room, **values):
    return dataclasses.replace(MACHINE, **{room: dataclasses.replace(getattr(MACHINE, room), **values)})


def block(edges, frames=None, words=None):
    """An executed block from (frame, gpio, level) rows."""
    rows = np.array(sorted(edges, key=lambda edge: edge[0]), np.int64).reshape(-1, 3)
    words = np.full((frames, 2), 312, np.uint16) if words is None else words
    return Executed(0, words, rows[:, 0], rows[:, 1].astype(np.uint8), rows[:, 2].astype(np.uint8))


def steps(pin, frames):
    return [edge for frame in frames for edge in ((int(frame), pin, 1), (int(frame) + 1, pin, 0))]


def run_head(machine, words, edges=ON, taps=None):
    settings = head_settings(machine)
    if taps is not None:
        settings.struct.taps = taps
    head = Head(settings, LEVELS)
    one = block(edges, words=words)
    return head.run(one, Edges(one)), head


def run_platter(machine, edges, frames):
    motion = Motion(platter_settings(machine), LEVELS, ffi.new('struct platter_state *'), lib.platter_begin)
    one = block(edges, frames)
    return motion.run(one, Edges(one), lib.platter_run, np.float64), motion.state


def run_carriage(machine, edges, frames, start_mm=100.0):
    settings = carriage_settings(machine, start_mm)
    motion = Motion(settings, LEVELS, ffi.new('struct carriage_state *'), lib.carriage_begin)
    one = block(edges, frames)
    return motion.run(one, Edges(one), lib.carriage_run, np.float64), motion.state


def test_the_exponential_is_the_known_one():
    turn = exponential(np.array([[0.0, -3.0], [3.0, 0.0]]))
    np.testing.assert_allclose(turn, [[np.cos(3), -np.sin(3)], [np.sin(3), np.cos(3)]], atol=1e-14)
    np.testing.assert_allclose(exponential(np.diag([-40.0, 2.0])), np.diag(np.exp([-40.0, 2.0])), rtol=1e-12)


# --- head ------------------------------------------------------------------------------------------------------------


def head_by_integration(machine, words, drag=0.0):
    """Displacement in m at each frame's start: the circuit as the study writes it, integrated from edge to edge."""
    head, lc, clock = machine.head, machine.filter, FRAME_S / machine.pwm.range
    stiffness = head.mass_kg * (2 * np.pi * head.f0_hz) ** 2
    friction = np.sqrt(stiffness * head.mass_kg) / head.q + drag

    def slope(_, y, u):
        il, vc, i, v, x = y
        return [
            (u - vc) / lc.l_h,
            (il - i) / lc.c_f,
            (vc - head.r_ohm * i - head.bl_n_per_a * v) / head.l_h,
            (head.bl_n_per_a * i - friction * v - stiffness * x) / head.mass_kg,
            v,
        ]

    state, out = np.zeros(5), []
    for a, b in words.astype(int):
        out.append(state[4])
        late = machine.pwm.pulse_at == 'end'
        both = sorted({0, machine.pwm.range, *((machine.pwm.range - n) if late else n for n in (a, b))})
        for start, end in pairwise(both):
            high = [start >= machine.pwm.range - n if late else start < n for n in (a, b)]
            u = machine.bridge.supply_v * (int(high[0]) - int(high[1]))
            state = solve_ivp(slope, (0, (end - start) * clock), state, 'DOP853', args=(u,), rtol=1e-12, atol=1e-16).y[
                :, -1
            ]
    return np.array(out)


@pytest.mark.parametrize(('pulse_at', 'drag'), [('start', 0.0), ('end', 0.5)])
def test_the_head_follows_every_edge_as_an_integrator_does(pulse_at, drag):
    machine = changed('pwm', pulse_at=pulse_at)
    machine = dataclasses.replace(machine, head=dataclasses.replace(machine.head, cut_ns_per_m=drag))
    words = np.random.default_rng(3).integers(0, 626, (240, 2)).astype(np.uint16)
    words[:4] = [[0, 625], [625, 0], [0, 0], [625, 625]]
    wanted = 1e6 * head_by_integration(machine, words, drag)
    one = np.zeros(lib.HEAD_TAPS)
    one[lib.HEAD_TAPS // 2] = 1.0  # every fourth displacement as it is
    got, _ = run_head(machine, words, [*ON, (0, PINS.head_lift, 1)], table(one))
    np.testing.assert_allclose(got, wanted[: 4 * len(got) : 4], rtol=2e-7, atol=1e-9 * np.abs(wanted).max())
    assert np.abs(wanted).max() > 1


def test_a_tone_comes_out_with_the_gain_and_phase_of_the_circuit():
    frames, period = 40_000, 400  # 500 Hz, from a window of 100 ms once all has settled
    t = np.arange(frames)
    level = np.round(312 + 100 * np.sin(2 * np.pi * t / period)).astype(np.uint16)
    words = np.stack([level, 625 - level], axis=1)
    got, head = run_head(MACHINE, words)
    w = 2 * np.pi / (period * FRAME_S)
    start = frames // 2
    edges = np.arange(start, frames)[:, None] * FRAME_S + words[start:] * (FRAME_S / 625)
    begin = np.arange(start, frames)[:, None] * FRAME_S
    pulses = (np.exp(-1j * w * begin) - np.exp(-1j * w * edges)) / (1j * w)  # Fourier integral of each pulse
    drive = 24.0 * (pulses[:, 0] - pulses[:, 1]).sum()
    at = np.arange(start // 4, frames // 4 - 25)
    at = at[: len(at) // (period // 4) * (period // 4)]
    heard = (got[at] * np.exp(-1j * w * 4 * FRAME_S * at)).mean() * (frames - start) * FRAME_S
    h, lc, s = MACHINE.head, MACHINE.filter, 1j * w
    mechanics = h.mass_kg * (s**2 + s * 2 * np.pi * h.f0_hz / h.q + (2 * np.pi * h.f0_hz) ** 2)
    coil = h.r_ohm + s * h.l_h + h.bl_n_per_a**2 * s / mechanics
    lc_gain = 1 / (1 + s * lc.l_h * (s * lc.c_f + 1 / coil))
    wanted = drive * lc_gain / coil * h.bl_n_per_a / mechanics * 1e6
    assert abs(heard / wanted - 1) < 1e-5  # the ripple of the decimation
    assert head.state.peak_um == pytest.approx(np.abs(got).max(), rel=1e-6)


def test_the_decimation_is_flat_below_and_deaf_where_it_would_alias():
    taps = decimation()
    np.testing.assert_array_equal(taps, taps[::-1])
    gain = np.abs(np.fft.rfft(taps, 8000))  # bins of 25 Hz
    assert np.abs(20 * np.log10(gain[: 12_000 // 25])).max() < 0.001
    assert 20 * np.log10(gain[38_000 // 25 :].max()) < -80


def test_a_bridge_that_is_off_moves_nothing_and_lets_go():
    words = np.tile(np.array([[625, 0]], np.uint16), (2000, 1))
    assert not run_head(MACHINE, words, [])[0].any()
    got, _ = run_head(MACHINE, words, [*ON, (1000, PINS.bridge_enable, 0)])
    assert got[249] == pytest.approx(24 / 6 * 6 / (1e-3 * (2 * np.pi * 1500) ** 2) * 1e6, rel=0.05)  # V/R Bl/K
    assert abs(got[-1]) < 0.01 * got[249]


def test_silence_stays_silence_and_a_long_one_forgets():
    words = np.full((60_000, 2), 312, np.uint16)
    words[0, 0] = 400
    got, head = run_head(MACHINE, words)
    assert np.abs(got[:30]).max() > 0.01
    assert not np.any(got[-10:])
    assert not any(head.state.x)


def test_words_past_the_range_are_always_high():
    got = [run_head(MACHINE, np.full((400, 2), (word, 0), np.uint16))[0] for word in (625, 626, 65_535)]
    np.testing.assert_array_equal(got[0], got[1])
    np.testing.assert_array_equal(got[0], got[2])


# --- platter ---------------------------------------------------------------------------------------------------------

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
    machine = changed('platter', **QUIET)
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
    _, state = run_platter(MACHINE, [*ON, *steps(PINS.platter_step, ramp(0.3, 0.2))], 102_100)
    assert 0 < state.stall_frame < 62_000
    assert state.max_lag_rad > np.pi


def test_a_platter_without_current_coasts_to_rest_and_slips_nothing():
    on_time = ramp(1.0, 0.2)
    edges = [*ON, *steps(PINS.platter_step, on_time), (230_000, PINS.enable, 1)]
    angle, state = run_platter(MACHINE, edges, 600_000)
    speed = np.diff(angle) * 2000
    assert 0.9 * 8.2 < speed[2350] < 1.1 * 8.2
    assert speed[-1] < 0.9 * speed[2350]
    assert state.stall_frame == -1


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


# --- what cannot be ---------------------------------------------------------------------------------------------------


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
        run_head(MACHINE, np.full((100, 2), 312, np.uint16), [(100, PINS.bridge_enable, 1)])
    with pytest.raises(NativeError, match='not of these frames'):
        run_platter(MACHINE, [(100, PINS.platter_step, 1)], 100)
