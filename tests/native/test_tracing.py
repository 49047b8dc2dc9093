"""The tracing, wear and resampling loops against closed forms, published figures and slow plain twins."""

import numpy as np
import pytest
from scipy import special

from appliance.errors import NativeError
from appliance.native import check, ffi, lib

RATE_HZ = 50_000
MARGIN = 80
RUN = lib.PLAYBACK_RUN


def pointer(array):
    return ffi.cast('double *', ffi.from_buffer(array))


def stretch(y_um, run, margin=MARGIN):
    y_um = np.ascontiguousarray(y_um, np.float64)
    count = len(y_um) - 2 * margin
    run = np.full(count // RUN + 1, run, np.float64) if np.isscalar(run) else run
    out = np.full(count + 1, 1e99)
    part = ffi.new('struct stretch *', (pointer(y_um), margin, count, pointer(run)))
    return part, out, (y_um, run)


def trace(y_um, speed_m_s, radius_um, margin=MARGIN):
    stylus = ffi.new('struct stylus *')
    check(lib.stylus_begin(stylus, radius_um))
    part, out, _alive = stretch(y_um, speed_m_s * 1e6 / RATE_HZ, margin)
    check(lib.playback_trace(stylus, part, pointer(out)))
    assert out[-1] == 1e99  # nothing written past the end
    return out[:-1]


def wear(y_um, variance):
    part, out, _alive = stretch(y_um, variance)
    check(lib.playback_wear(part, pointer(out)))
    return out[:-1]


def times(count):
    return np.arange(-MARGIN, count + MARGIN) / RATE_HZ


def tone(f_hz, v_m_s, t_s, phase=0.3):
    """Displacement in um of a tone of peak velocity `v_m_s`."""
    return v_m_s * 1e6 / (2 * np.pi * f_hz) * np.sin(2 * np.pi * f_hz * t_s + phase)


def traced_harmonics(f_hz, v_m_s, speed_m_s, radius_um):
    """Loss of the fundamental in dB and THD in per cent, of the velocity; one second, so that bins are hertz."""
    y = trace(tone(f_hz, v_m_s, times(RATE_HZ)), speed_m_s, radius_um)
    hz = np.arange(f_hz, RATE_HZ // 2, f_hz)
    velocity = np.abs(np.fft.rfft(y))[hz] * hz * 2 * np.pi * 2 / RATE_HZ * 1e-6
    return 20 * np.log10(velocity[0] / v_m_s), 100 * np.linalg.norm(velocity[1:]) / velocity[0]


# Field study of this project ("groove", 4 iii), exact tracing on a fine grid: radius um, speed m/s, Hz, peak m/s,
# loss dB, THD %
TABLE = [
    (65, 0.983, 1000, 0.10, None, 0.03),
    (65, 0.697, 1000, 0.10, None, 0.13),
    (65, 0.451, 1000, 0.10, None, 0.74),
    (65, 0.410, 1000, 0.10, None, 1.07),
    (65, 0.983, 3000, 0.10, -0.01, 0.30),
    (65, 0.451, 3000, 0.10, -0.20, 6.3),
    (65, 0.410, 3000, 0.10, -0.29, 8.9),
    (65, 0.451, 5000, 0.05, -0.14, 4.5),
    (65, 0.410, 5000, 0.05, -0.20, 6.4),
    (65, 0.451, 8000, 0.03, -0.13, 4.2),
    (65, 0.410, 8000, 0.03, -0.19, 6.0),
    (18, 0.254, 3000, 0.10, -0.14, 4.6),
    (18, 0.209, 3000, 0.10, -0.31, 9.4),
    (18, 0.209, 8000, 0.03, None, 6.6),
]


@pytest.mark.parametrize(('radius_um', 'speed', 'f_hz', 'v', 'loss_db', 'thd'), TABLE)
def test_tracing_distortion_is_the_tabled_one(radius_um, speed, f_hz, v, loss_db, thd) -> None:
    loss, distortion = traced_harmonics(f_hz, v, speed, radius_um)
    assert distortion == pytest.approx(thd, rel=0.02, abs=0.005)
    if loss_db is not None:
        assert loss == pytest.approx(loss_db, abs=0.006)


def test_small_slopes_follow_the_series() -> None:
    # Third harmonic 3/16 q^2 and loss q^2/16 with q = 2 pi f rho v / V^2 (field notes "lathe", 3): first order in q^2.
    f_hz, v, speed, radius_um = 1000, 0.05, 0.6, 40
    q = 2 * np.pi * f_hz * radius_um * 1e-6 * v / speed**2
    loss, distortion = traced_harmonics(f_hz, v, speed, radius_um)
    assert distortion == pytest.approx(100 * 3 / 16 * q**2, rel=0.01)
    assert loss == pytest.approx(20 * np.log10(1 - q**2 / 16), rel=0.01)


def exact_trace(partials, t_s, speed_m_s, radius_um):
    """Slow twin: y is known between samples, so the contact is found on a fine grid and by Newton's method."""
    height = []
    for side in (1, -1):
        u = np.linspace(-0.6, 0.6, 301)[:, None] * radius_um

        def wall(u, order, side=side):
            x = t_s + u / speed_m_s * 1e-6
            return side * sum(
                v * 1e6 / (2 * np.pi * f) * (2 * np.pi * f / speed_m_s * 1e-6) ** order
                * np.sin(2 * np.pi * f * x + p + order * np.pi / 2)
                for f, v, p in partials
            )  # fmt: skip

        total = np.sqrt(2 * (radius_um**2 - u**2)) + wall(u, 0)
        best = u[np.argmax(total, axis=0), 0]
        for _ in range(4):
            root = np.sqrt(radius_um**2 - best**2)
            slope = wall(best, 1) - np.sqrt(2) * best / root
            bend = wall(best, 2) - np.sqrt(2) * radius_um**2 / root**3
            best -= slope / bend
        height.append(np.sqrt(2 * (radius_um**2 - best**2)) + wall(best, 0))
    return (height[0] - height[1]) / 2


@pytest.mark.parametrize(('speed', 'radius_um'), [(0.983, 63.5), (0.45, 63.5), (0.21, 18.0)])
def test_a_chord_is_traced_as_by_the_slow_twin(speed, radius_um) -> None:
    rng = np.random.default_rng(5)
    partials = [(f, v, rng.uniform(0, 6)) for f, v in ((97.3, 0.02), (431.7, 0.05), (1013.1, 0.05), (2711.9, 0.03))]
    count = 4096
    t = times(count)
    y = sum(tone(f, v, t, p) for f, v, p in partials)
    error = trace(y, speed, radius_um) - exact_trace(partials, t[MARGIN:-MARGIN], speed, radius_um)
    bins = np.fft.rfftfreq(count, 1 / RATE_HZ)
    noise = np.abs(np.fft.rfft(error * np.hanning(count))) * np.sqrt(8 / 3) / count * np.sqrt(2) * 2 * np.pi * bins
    in_band = np.sqrt(np.sum(noise[(bins > 100) & (bins < 8000)] ** 2)) * 1e-6
    assert 20 * np.log10(in_band / 0.05) < -140  # rms velocity re 5 cm/s
    assert np.abs(trace(y, speed, radius_um) - y[MARGIN:-MARGIN]).max() > 1e-3  # it was no straight groove


def test_a_groove_too_sharp_for_the_tip_is_still_its_envelope() -> None:
    # Curvature far above what the tip can follow: several contacts in reach, of which the highest counts.
    speed, radius_um = 0.2, 63.5
    partials = [(6100.0, 0.12, 0.4), (2300.0, 0.05, 1.0)]
    t = times(2000)
    y = sum(tone(f, v, t, p) for f, v, p in partials)
    error = trace(y, speed, radius_um) - exact_trace(partials, t[MARGIN:-MARGIN], speed, radius_um)
    assert np.abs(error).max() < 2e-3 * np.abs(y).max()


@pytest.mark.parametrize(('speed', 'radius_um', 'height_um'), [(0.2, 63.5, 20.0), (0.2, 18.0, 3.0), (1.0, 63.5, 30.0)])
def test_eight_at_a_time_and_one_at_a_time_agree_on_any_groove(speed, radius_um, height_um) -> None:
    # Noise far above what a tip can follow sends many contacts the careful way, which short stretches always take.
    y = height_um * np.random.default_rng(8).standard_normal(2 * MARGIN + 640)
    together = trace(y, speed, radius_um)
    alone = np.concatenate([trace(y[i : i + 2 * MARGIN + 5], speed, radius_um) for i in range(0, 640, 5)])
    np.testing.assert_allclose(together, alone, rtol=0, atol=1e-6)


def test_a_needle_follows_the_groove_and_silence_is_silent() -> None:
    y = tone(1000.0, 0.1, times(1000)) + 30
    np.testing.assert_allclose(trace(y, 0.5, 0.01), y[MARGIN:-MARGIN], rtol=0, atol=1e-5)
    assert np.all(trace(np.zeros(2 * MARGIN + 700), 0.5, 63.5) == 0)
    np.testing.assert_allclose(trace(np.full(2 * MARGIN + 1, 7.0), 0.5, 63.5), [7.0], rtol=1e-14)
    assert len(trace(np.zeros(2 * MARGIN), 0.5, 63.5)) == 0


def test_a_cliff_is_traced_without_leaving_its_heights() -> None:
    y = np.where(times(2000) < 0.02, -40.0, 40.0)
    traced = trace(y, 0.2, 63.5)
    assert np.all(np.isfinite(traced))
    assert np.abs(traced).max() < 50  # Gibbs' overshoot of the band-limited cliff included


@pytest.mark.parametrize('bad', [np.nan, np.inf])
def test_what_is_not_a_number_is_refused(bad) -> None:
    y = np.zeros(2 * MARGIN + 300)
    y[MARGIN + 299] = bad
    with pytest.raises(NativeError, match='not a number'):
        trace(y, 0.5, 63.5)


def test_limits_are_said_in_sentences() -> None:
    with pytest.raises(NativeError, match='stylus radius'):
        trace(np.zeros(400), 0.5, 0.0)
    with pytest.raises(NativeError, match='too slow'):
        trace(np.zeros(400), 0.005, 63.5)
    with pytest.raises(NativeError, match='too slow'):
        trace(np.zeros(400), np.nan, 63.5)
    with pytest.raises(NativeError, match='too few neighbours'):
        trace(np.zeros(400), 0.5, 63.5, margin=12 + 7)
    trace(np.zeros(400), 0.5, 63.5, margin=12 + 8)
    with pytest.raises(NativeError, match='worn over more'):
        wear(np.zeros(400), 8000.0)
    with pytest.raises(NativeError, match='too few neighbours'):
        wear(np.zeros(400), 200.0)


@pytest.mark.parametrize('variance', [1e-6, 0.3, 4.0, 150.0])
def test_wear_is_the_discrete_gaussian(variance) -> None:
    impulse = np.zeros(2 * MARGIN + 301)
    impulse[MARGIN + 150] = 1
    n = np.abs(np.arange(301) - 150)
    np.testing.assert_allclose(wear(impulse, variance), special.ive(n, variance), rtol=0, atol=2e-9)
    np.testing.assert_allclose(wear(np.full(500, 3.0), variance), 3.0, rtol=1e-14)


def test_wear_follows_the_speed_run_by_run() -> None:
    rng = np.random.default_rng(2)
    y = rng.standard_normal(2 * MARGIN + 3 * RUN)
    each = [wear(y, variance) for variance in (0.5, 2.0, 9.0)]
    mixed = wear(y, np.array([0.5, 2.0, 9.0]))
    for i in range(3):
        np.testing.assert_array_equal(mixed[i * RUN : (i + 1) * RUN], each[i][i * RUN : (i + 1) * RUN])


TAPS, PHASES, HOLD = lib.RESAMPLE_TAPS, lib.RESAMPLE_PHASES, lib.RESAMPLE_HOLD


def resample(kernel, y_um, position, lateral_um):
    position, lateral_um = np.asarray(position, np.float64), np.asarray(lateral_um, np.float64)
    out = np.full((len(position) - 3) * HOLD + 1, 1e99)
    base = ffi.new('struct time_base *', (pointer(position), pointer(lateral_um), len(position)))
    check(lib.playback_resample(pointer(kernel), pointer(y_um), len(y_um), base, pointer(out)))
    assert out[-1] == 1e99
    return out[:-1]


def any_kernel():
    return np.random.default_rng(1).standard_normal((PHASES + 1, TAPS))


def test_resampling_is_the_blend_of_two_kernel_rows() -> None:
    kernel, y = any_kernel(), np.random.default_rng(2).standard_normal(200)
    knots = np.arange(7) * 25.01 + 20.3
    got = resample(kernel, y, knots, np.zeros(7))
    at = knots[1] + np.arange(4 * HOLD) * 25.01 / HOLD
    whole = np.floor(at).astype(int)
    phase = (at - whole) * PHASES
    row = np.floor(phase).astype(int)
    weights = kernel[row] + (phase - row)[:, None] * (kernel[row + 1] - kernel[row])
    taps = y[whole[:, None] + np.arange(TAPS) - (TAPS // 2 - 1)]
    np.testing.assert_allclose(got, np.sum(weights * taps, axis=1), rtol=0, atol=1e-8)


def test_the_carriage_is_added_through_its_knots() -> None:
    # Catmull-Rom is exact for parabolas.
    lateral = (np.arange(9) - 2.0) ** 2
    got = resample(np.zeros((PHASES + 1, TAPS)), np.zeros(100), np.full(9, 50.0), lateral)
    x = np.arange(6 * HOLD) / HOLD + 1
    np.testing.assert_allclose(got, (x - 2) ** 2, atol=1e-13)


def test_resampling_stays_inside_its_samples() -> None:
    kernel, y = any_kernel(), np.zeros(100)
    first, past = TAPS // 2 - 1, 100 - TAPS // 2
    resample(kernel, y, np.full(4, float(first)), np.zeros(4))
    resample(kernel, y, np.full(4, past - 1e-9), np.zeros(4))
    for outside in (first - 1e-9, float(past), np.nan):
        with pytest.raises(NativeError, match='outside the samples'):
            resample(kernel, y, np.full(4, outside), np.zeros(4))
    assert len(resample(kernel, y, np.full(3, 50.0), np.zeros(3))) == 0
