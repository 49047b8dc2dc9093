"""Weighted wow and flutter against published test vectors and the statistics of a sine."""

import tracemalloc

import numpy as np
import pytest

from appliance.playback.flutter import WEIGHTING_DB, WEIGHTING_HZ, speed_deviation, weighted, weighting, wow_and_flutter

RATE_HZ = 500


def sine(hz, peak, seconds=60.0):
    return peak * np.sin(2 * np.pi * hz * np.arange(int(seconds * RATE_HZ)) / RATE_HZ)


# AES6-2008 calibration as published with an open meter: rate, peak deviation in %, reading in %.
@pytest.mark.parametrize(
    ('hz', 'reading'), [(4, 0.0997), (0.8, 0.0499), (20, 0.0506), (0.2, 0.003)], ids=lambda value: str(value)
)
def test_published_vectors(hz, reading):
    assert wow_and_flutter(sine(hz, 0.0997), RATE_HZ) == pytest.approx(
        reading, rel=0.005, abs=1e-4 if reading < 0.01 else 0
    )


def test_a_sine_at_four_hertz_reads_the_level_it_passes_for_a_twentieth_of_the_time():
    assert wow_and_flutter(sine(4, 1.0), RATE_HZ) == pytest.approx(np.cos(0.05 * np.pi / 2), rel=2e-3)


def test_noise_reads_two_sigma():
    noise = np.random.default_rng(1).standard_normal(600 * RATE_HZ)
    weights = weighting(np.fft.rfftfreq(len(noise), 1 / RATE_HZ))
    sigma = np.sqrt(np.mean(weights**2))
    assert wow_and_flutter(noise, RATE_HZ) == pytest.approx(1.96 * sigma, rel=0.02)


def test_the_weighting_goes_through_the_table_and_falls_beyond_it():
    np.testing.assert_allclose(20 * np.log10(weighting(WEIGHTING_HZ)), WEIGHTING_DB, atol=1e-9)
    low, high = 20 * np.log10(weighting(np.array([0.01, 250.0])))
    assert low < -100
    assert -26 < high < -24
    assert weighting(np.array([0.0]))[0] < 1e-6


def test_a_steady_error_of_speed_is_no_flutter_and_silence_reads_nothing():
    assert wow_and_flutter(np.full(3000, 0.3), RATE_HZ) == pytest.approx(0, abs=1e-12)
    assert wow_and_flutter(sine(4, 0.1) + 5.0, RATE_HZ) == pytest.approx(0.0997, rel=2e-3)


def test_deviation_comes_from_the_angle():
    t = np.arange(20_000) / 2000
    nominal = 78.26 * 2 * np.pi / 60
    angle = nominal * (1.001 * t - 0.002 * np.cos(2 * np.pi * 4 * t) / (2 * np.pi * 4))
    deviation, rate_hz = speed_deviation(angle, 2000, 78.26)
    assert rate_hz == 500
    at = (np.arange(len(deviation)) + 0.5) / rate_hz
    np.testing.assert_allclose(deviation, 0.1 + 0.2 * np.sin(2 * np.pi * 4 * at), atol=1e-4)


def test_a_long_side_is_weighted_in_stretches_as_if_at_once_and_in_little_memory():
    """The oracle: one transform of the whole, mirrored. Slow and fast deviations, noise, and a speed that drifts."""
    rng = np.random.default_rng(5)
    t = np.arange(47_113) / RATE_HZ
    deviation = 0.05 * rng.standard_normal(len(t)) + 0.1 * np.sin(2 * np.pi * 1.3 * t) + 0.3 * np.sin(0.02 * t)
    deviation += 0.1 * np.sin(2 * np.pi * 0.55 * t)
    whole = np.fft.rfft(np.concatenate([deviation, deviation[::-1]]) - deviation.mean())
    whole *= weighting(np.fft.rfftfreq(2 * len(t), 1 / RATE_HZ))
    np.testing.assert_allclose(weighted(deviation, RATE_HZ), np.fft.irfft(whole, 2 * len(t))[: len(t)], atol=2e-4)
    hour = np.tile(deviation, 38)
    tracemalloc.start()
    weighted(hour, RATE_HZ)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1.5 * hour.nbytes
