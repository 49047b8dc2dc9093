import numpy as np
import pytest

from appliance.errors import RecordingError
from appliance.sound.kernels import LEAD, TAPS, Bank, Kernel, band, rise, taps_of

ONE = taps_of(lambda f_hz: np.ones(len(f_hz), complex))


def reader(x: np.ndarray):
    def read(start: int, count: int) -> np.ndarray:
        out = np.zeros(count)
        first, last = max(start, 0), min(start + count, len(x))
        if first < last:
            out[first - start : last - start] = x[first:last]
        return out

    return read


def run(x: np.ndarray, taps: np.ndarray, exact: bool = True, halves: bool = False) -> np.ndarray:
    return np.concatenate([block[0] for block in Bank([Kernel(taps, exact, halves)]).run(reader(x), len(x))])


def spectrum(taps: np.ndarray, f_hz: np.ndarray) -> np.ndarray:
    t = (np.arange(len(taps)) - LEAD) / 50_000
    return np.array([np.exp(-2j * np.pi * f * t) @ taps for f in f_hz])


def test_the_band_is_flat_within_a_thousandth_of_a_db_and_without_phase() -> None:
    gain = spectrum(ONE, np.geomspace(60, 11_500, 60))
    assert np.abs(gain - 1).max() < 1e-6  # 0.00001 dB, and as many radians


def test_nothing_passes_outside_the_band() -> None:
    gain = spectrum(ONE, np.array([0.0, 5.0, 12.0, 18_500.0, 21_000.0, 25_000.0]))
    assert np.abs(gain).max() < 1e-5


def test_the_band_is_exactly_one_and_exactly_zero() -> None:
    assert np.all(band(np.linspace(50, 12_000, 100)) == 1)
    assert np.all(band(np.array([0.0, 15.0, 18_000.0, 25_000.0])) == 0)


def test_rise_is_a_smooth_way_up() -> None:
    f_hz = np.linspace(0, 30, 301)
    way = rise(f_hz, 10, 20)
    assert np.all(np.diff(way) >= 0)
    assert way[150] == pytest.approx(0.5, abs=1e-3)
    assert (way[100], way[200]) == (0, 1)


@pytest.mark.parametrize('samples', [1, 7, 48_999, 49_000, 49_001, 130_000])
def test_blocks_join_as_one_convolution(samples: int) -> None:
    from scipy import signal

    rng = np.random.default_rng(samples)
    x, taps = rng.standard_normal(samples), rng.standard_normal(TAPS)
    got = run(x, taps)
    assert len(got) == samples + 2 * LEAD
    expected = signal.oaconvolve(x, taps)
    assert np.abs(got - expected).max() < 1e-11 * np.abs(expected).max()


def test_single_precision_is_good_enough_to_measure_with() -> None:
    x = np.random.default_rng(0).standard_normal(60_000)
    exact, single = run(x, ONE), run(x, ONE, exact=False)
    assert np.std(single - exact) < 1e-6 * np.std(exact)


def test_halves_lie_between_the_samples() -> None:
    x = np.random.default_rng(0).standard_normal(60_000)
    whole, fine = run(x, ONE), run(x, ONE, halves=True)
    assert len(fine) == 2 * len(whole)
    np.testing.assert_allclose(fine[::2], whole, atol=1e-12)
    spectrum = np.fft.rfft(whole)
    between = np.fft.irfft(spectrum * np.exp(1j * np.pi * np.arange(len(spectrum)) / len(whole)), len(whole))
    np.testing.assert_allclose(fine[1::2], between, atol=1e-6)


def test_a_sample_that_is_no_number_is_refused() -> None:
    for bad in (np.nan, np.inf):
        with pytest.raises(RecordingError, match='not a number'):
            run(np.array([0.0, bad, 0.0]), ONE)


def test_silence_stays_silence() -> None:
    assert not run(np.zeros(1000), ONE).any()


def test_dc_leaves_nothing_in_the_middle() -> None:
    assert np.abs(run(np.ones(100_000), ONE)[LEAD + 40_000 : LEAD + 60_000]).max() < 1e-6


def test_a_click_rings_alike_to_both_sides_and_sums_to_nothing() -> None:
    y = run(np.array([1.0]), ONE)
    np.testing.assert_allclose(y, y[::-1], atol=1e-12)
    assert int(np.argmax(y)) == LEAD
    assert abs(y.sum()) < 1e-6
