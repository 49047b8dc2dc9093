"""What a test cut is said to be, against signals whose figures are known, and against scipy's."""

import numpy as np
import pytest
from scipy import signal as scipy_signal

from appliance.errors import OptionError
from appliance.hands.figures import Test, band_db, figures, frequency_hz, sentence
from appliance.hands.signals import RATE_HZ, signal, sweep_phase, sweep_time_s

NOTHING = np.zeros(6 * RATE_HZ)
T_S = np.arange(6 * RATE_HZ) / RATE_HZ


def named(kind, heard, on_film=NOTHING, **more):
    found = figures(Test(kind, 6.0, more.pop('level_db', 0.0), **more), heard, on_film)
    return {figure.name: figure for figure in found}, sentence(kind, found)


@pytest.mark.parametrize('kind', ['tone', 'sweep', 'silence', 'speed'])
def test_a_perfect_machine_is_good(kind):
    heard = signal(kind, 6.0).astype(np.float64)
    found, said = named(kind, heard)
    assert said.startswith(f'{kind}: good: ')
    assert all(figure.ok for figure in found.values())


def test_a_quiet_and_bent_tone_is_told_by_how_much():
    heard = 0.7 * (np.sin(2 * np.pi * 1003 * T_S) + 0.06 * np.sin(2 * np.pi * 3009 * T_S + 1))
    found, said = named('tone', heard)
    assert found['level'].value == pytest.approx(20 * np.log10(0.7), abs=0.01)
    assert found['harmonics'].value == pytest.approx(6.0, abs=0.05)
    assert said.startswith('tone: 2 of 2 past the limit: level -3.10 dB (limit +-1 dB), harmonics +6.00 % (limit 3 %)')


@pytest.mark.parametrize('error_percent', [0.0, -2.0, 0.7])
def test_a_response_is_found_behind_a_wrong_speed(error_percent):
    """A filter of scipy's, whose gain at each frequency is known; the sweep pressed together by the platter."""
    b, a = scipy_signal.butter(1, 4000, fs=RATE_HZ)
    true_s = T_S / (1 + error_percent / 100)
    heard = scipy_signal.lfilter(b, a, np.where(true_s < 6.0, np.sin(sweep_phase(true_s, 6.0)), 0.0))
    found, _ = named('sweep', heard, speed_error_percent=error_percent)
    for name, hz in (('125 Hz', 125), ('500 Hz', 500), ('2 kHz', 2000), ('4 kHz', 4000), ('8 kHz', 8000)):
        _, (gain, at_1k) = scipy_signal.freqz(b, a, [hz * (1 - error_percent / 100), 1000], fs=RATE_HZ)
        known = 20 * np.log10(abs(gain) / abs(at_1k))
        assert found[f'{name} re 1 kHz'].value == pytest.approx(known, abs=0.12), name


def test_rumble_and_noise_are_those_of_a_periodogram():
    noise = np.random.default_rng(1).normal(0, 0.01, len(T_S))
    f_hz, density = scipy_signal.welch(noise, RATE_HZ, nperseg=8192)
    for low, high in ((20, 200), (200, 10_000)):
        kept = (f_hz >= low) & (f_hz < high)
        known = 10 * np.log10(2 * density[kept].sum() * f_hz[1])
        assert band_db(noise, low, high) == pytest.approx(known, abs=0.5)
    found, _ = named('silence', noise, noise, level_db=-6.0)
    assert found['noise'].value == pytest.approx(band_db(noise, 200, 10_000) - 6.0)
    assert found['noise with the film'].limit is None


def test_a_wow_is_found_with_its_depth():
    """1 % peak at 4 Hz, where the ear's weighting is 1; of a sine the 2-sigma value is 0.3 % under its peak."""
    phase = 2 * np.pi * 3150 * 1.004 * T_S + 3150 * 0.01 / 4 * np.sin(2 * np.pi * 4 * T_S)
    found, said = named('speed', np.sin(phase))
    assert found['speed'].value == pytest.approx(0.4, abs=0.005)
    assert found['wow and flutter'].value == pytest.approx(1.0, rel=0.02)
    assert 'speed: 2 of 2 past the limit' in said


def test_a_frequency_is_found_in_noise():
    heard = np.sin(2 * np.pi * 3141.5 * T_S) + np.random.default_rng(2).normal(0, 0.05, len(T_S))
    assert frequency_hz(heard, 3150.0)[0] == pytest.approx(3141.5, abs=0.01)


def test_the_sweep_is_where_it_is_said_to_be():
    for hz in (63.0, 1000.0, 8000.0):
        at_s = np.array([sweep_time_s(hz, 6.0) - 1e-5, sweep_time_s(hz, 6.0) + 1e-5])
        assert np.diff(sweep_phase(at_s, 6.0))[0] / 2e-5 / 2 / np.pi == pytest.approx(hz, rel=1e-4)


@pytest.mark.parametrize('seconds', [1.9, 61.0, float('nan')])
def test_a_length_that_is_no_test_is_refused(seconds):
    with pytest.raises(OptionError, match='from 2 to 60 s'):
        signal('tone', seconds)


def test_silence_stays_silence():
    found, _ = named('silence', NOTHING)
    assert found['noise'].value == -120
    assert named('tone', NOTHING)[0]['level'].value == -120
