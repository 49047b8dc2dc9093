"""The virtual head in C against SciPy's integrator and closed forms, none of which share its tables."""

import dataclasses
from itertools import pairwise

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from appliance.errors import NativeError
from appliance.native import ffi, lib
from appliance.virtual.head import Head, decimation, head_settings
from appliance.virtual.linear import exponential
from appliance.virtual.native_model import Edges, table
from tests.native.physics_runs import FRAME_S, LEVELS, MACHINE, ON, PINS, block, changed, run_head


def test_the_exponential_is_the_known_one():
    turn = exponential(np.array([[0.0, -3.0], [3.0, 0.0]]))
    np.testing.assert_allclose(turn, [[np.cos(3), -np.sin(3)], [np.sin(3), np.cos(3)]], atol=1e-14)
    np.testing.assert_allclose(exponential(np.diag([-40.0, 2.0])), np.diag(np.exp([-40.0, 2.0])), rtol=1e-12)


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


def test_shaped_noise_does_not_alias_into_the_groove():
    """The modulator's idle noise lies above 25 kHz and the output filter rings at 52 kHz: picking every fourth
    displacement would fold 80 dB below a tone of 5 cm/s at 1 kHz into the band; 110 dB below is asked.
    """
    count = 30_000
    state, settings = ffi.new('struct pwm_state *'), ffi.new('struct pwm_settings *', {'range': 625, 'seed': 1})
    assert lib.pwm_begin(state, settings) == ffi.NULL
    words = np.zeros((4 * count, 2), np.uint32)
    quiet = ffi.from_buffer('float[]', np.zeros(count, np.float32))
    assert lib.pwm_run(state, quiet, count, ffi.from_buffer('uint32_t[]', words.reshape(-1))) == ffi.NULL
    tone_um = 5e4 / (2 * np.pi * 1000)
    one = np.zeros(lib.HEAD_TAPS)
    one[lib.HEAD_TAPS // 2] = 1.0

    def heard(taps):
        y, _ = run_head(MACHINE, words.astype(np.uint16), ON, taps)
        y = y[4000:28_000] * np.kaiser(24_000, 14) / np.sqrt(np.mean(np.kaiser(24_000, 14) ** 2))
        power = np.abs(np.fft.rfft(y)[10:4800]) ** 2 / len(y) ** 2 * 2  # 20 Hz to 10 kHz
        return 10 * np.log10(power.sum() / (tone_um**2 / 2))

    assert heard(None) < -107
    assert heard(table(one)) > -90


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
    head = Head(head_settings(MACHINE), LEVELS)
    parts = (block(ON if not start else [], words=words[start : start + 777]) for start in range(0, len(words), 777))
    np.testing.assert_array_equal(got, np.concatenate([head.run(part, Edges(part)) for part in parts]))


def test_words_past_the_range_are_always_high():
    got = [run_head(MACHINE, np.full((400, 2), (word, 0), np.uint16))[0] for word in (625, 626, 65_535)]
    np.testing.assert_array_equal(got[0], got[1])
    np.testing.assert_array_equal(got[0], got[2])
    other = run_head(MACHINE, np.full((400, 2), (0, 65_535), np.uint16))[0]
    np.testing.assert_allclose(got[0], -other, rtol=1e-6)


def test_the_bridge_may_be_enabled_by_a_low_level():
    words = np.tile(np.array([[625, 0]], np.uint16), (400, 1))
    machine = changed('pins', bridge_enable_active='low')
    assert run_head(machine, words, [])[0].any()
    assert not run_head(machine, words, [(0, PINS.bridge_enable, 1)])[0].any()


def test_edges_of_other_frames_are_refused():
    with pytest.raises(NativeError, match='not of these frames'):
        run_head(MACHINE, np.full((100, 2), 312, np.uint16), [(100, PINS.bridge_enable, 1)])
