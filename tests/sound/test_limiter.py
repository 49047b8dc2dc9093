import numpy as np
import pytest

from appliance.sound.groovespace import Allowed, Profile
from appliance.sound.limiter import GainCurve, excess, keep_under, running_min

HOP = 250


def test_the_running_minimum_looks_to_both_sides() -> None:
    values = np.random.default_rng(0).random(100)
    slow = [values[max(0, k - 3) : k + 4].min() for k in range(100)]
    np.testing.assert_array_equal(running_min(values, 3), slow)


@pytest.mark.parametrize('seed', range(5))
def test_no_sample_of_a_frame_gets_more_than_the_frame_needs(seed: int) -> None:
    rng = np.random.default_rng(seed)
    over = rng.exponential(0.5, 300) ** 2 * 3
    gain = GainCurve(keep_under(over)).read(0, 300 * HOP).reshape(300, HOP)
    assert (gain.max(axis=1) * over).max() <= 1 + 1e-12
    assert gain.min() >= 1 / over.max() - 1e-12


def test_what_keeps_its_limits_is_left_alone() -> None:
    np.testing.assert_allclose(keep_under(np.array([0.0, 0.3, 1.0, 0.99])), 1, rtol=1e-12)
    np.testing.assert_allclose(keep_under(np.zeros(100)), 1, rtol=1e-12)


def test_it_comes_and_goes_slowly_around_one_peak() -> None:
    over = np.zeros(200)
    over[100] = 4.0
    gain = GainCurve(keep_under(over)).read(0, 200 * HOP)
    assert gain[100 * HOP : 101 * HOP].max() == pytest.approx(0.25)
    assert (gain[: 68 * HOP] > 1 - 1e-12).all()
    assert (gain[133 * HOP :] > 1 - 1e-12).all()
    assert np.abs(np.diff(gain)).max() * 50_000 < 12  # a factor of 4 takes 120 ms
    assert np.abs(np.diff(gain, 3)).max() < 1e-8  # and has no corners


def test_the_curve_is_read_alike_in_blocks_and_holds_its_ends() -> None:
    curve = GainCurve(np.random.default_rng(1).random(50))
    whole = curve.read(-1000, 50 * HOP + 2000)
    parts = [curve.read(k, 777) for k in range(-1000, 50 * HOP + 1000, 777)]
    # To the last bit or nearly: a matrix product sums in an order of its own for each shape and processor.
    np.testing.assert_allclose(whole, np.concatenate(parts)[: len(whole)], rtol=1e-14)
    np.testing.assert_allclose(whole[:100], curve.coefficients[0])
    np.testing.assert_allclose(whole[-100:], curve.coefficients[-1])


def test_the_curve_is_the_cubic_spline_of_its_coefficients() -> None:
    from scipy.interpolate import BSpline

    c = np.random.default_rng(2).random(20)
    spline = BSpline(np.arange(-2, 22) - 0.0, c, 3)
    n = np.arange(5 * HOP, 15 * HOP)
    np.testing.assert_allclose(GainCurve(c).read(5 * HOP, 10 * HOP), spline((n + 0.5) / HOP - 0.5), rtol=1e-10)


def test_excess_is_the_nearest_limit() -> None:
    limit = Allowed(10.0, 200.0, 0.25, 4000.0, 3.0, 0.98, 4.0, 10.0, 6.0)
    peaks = np.array([[5, 0], [100, 0], [0.5, 0], [4000, 0], [0.3, 0], [0.49, 0]], np.float32)
    profile = Profile(peaks, np.zeros(2, np.float32), np.zeros(2, np.float32))
    np.testing.assert_allclose(excess(profile, limit), [2.0, 0.0])
