"""Film noise against its model, evaluated in the frequency domain by scipy's filters."""

import numpy as np
import pytest
from scipy import signal

from appliance.errors import OptionError
from appliance.playback.films import Film, Surface, film_names, find_film

RATE_HZ = 48_000
HOLD = 24


def speeds(seconds, speed_m_s):
    return np.full(round(seconds * RATE_HZ / HOLD), speed_m_s)


@pytest.mark.parametrize('speed_m_s', [0.25, 0.5, 1.0])
def test_noise_is_white_in_its_band_and_smoothed_by_the_tip(speed_m_s) -> None:
    surface = Surface(Film('test', 1.0, 0.0), 0, 3, RATE_HZ)
    noise = surface.velocity_um_s(speeds(40, speed_m_s), HOLD)
    f_hz, density = signal.welch(noise, RATE_HZ, nperseg=4096)
    sos = np.vstack([
        signal.butter(2, 100, 'highpass', fs=RATE_HZ, output='sos'), signal.butter(4, 8000, fs=RATE_HZ, output='sos')
    ])  # fmt: skip
    keep = np.exp(-speed_m_s / 15e-6 / RATE_HZ)
    band = signal.sosfreqz(sos, f_hz, fs=RATE_HZ)[1] * signal.freqz([1 - keep], [1, -keep], f_hz, fs=RATE_HZ)[1]
    wanted = 1000.0**2 * speed_m_s / 0.5 / 7900 * np.abs(band) ** 2
    for low in (50, 100, 200, 400, 800, 1600, 3200, 6400):
        octave = (f_hz >= low) & (f_hz < 2 * low)
        assert 10 * np.log10(density[octave].sum() / wanted[octave].sum()) == pytest.approx(0, abs=0.4)


def test_the_band_holds_its_rms_before_the_tip() -> None:
    # At 100 m/s nothing is smoothed; sqrt(V / 0.5) = 14.1 times the figure. The band's skirts add a few per cent.
    noise = Surface(Film('test', 1.0, 0.0), 0, 1, RATE_HZ).velocity_um_s(speeds(10, 100.0), HOLD)
    assert np.std(noise) == pytest.approx(1000 * np.sqrt(200), rel=0.04)


def test_clicks_come_at_their_rate_with_their_heights() -> None:
    clicks = Surface(Film('test', 0.0, 5.0), 0, 4, RATE_HZ).displacement_um(speeds(400, 0.5), HOLD)
    starts = np.flatnonzero((clicks[1:] != 0) & (clicks[:-1] == 0))
    assert len(starts) == pytest.approx(5 * 400, rel=0.06)
    heights = np.array([np.abs(clicks[i : i + 8]).max() for i in starts])
    assert heights.mean() == pytest.approx(8.0, rel=0.07)
    assert np.mean(heights**2) == pytest.approx(2 * 8.0**2, rel=0.15)  # of an exponential distribution
    signs = np.sign([clicks[i + 3] for i in starts])
    assert abs(signs.mean()) < 0.06


def test_a_click_is_thirty_micrometres_long_at_half_height() -> None:
    for speed_m_s in (0.1, 0.3):
        clicks = np.abs(Surface(Film('test', 0.0, 0.5), 0, 9, RATE_HZ).displacement_um(speeds(5, speed_m_s), HOLD))
        first = np.flatnonzero(clicks)[0]
        area = clicks[first : first + 200].sum() / RATE_HZ  # of a raised cosine: height times length at half height
        assert area / clicks[first : first + 200].max() * speed_m_s == pytest.approx(30e-6, rel=0.05)


def test_blocks_make_no_difference_and_seeds_do() -> None:
    def run(seed, *parts):
        surface = Surface(find_film('xray-worn'), 5, seed, RATE_HZ)
        speed = np.linspace(1.0, 0.4, 3000)
        blocks = np.split(speed, parts)
        noise = [surface.velocity_um_s(block, HOLD) for block in blocks]
        clicks = [surface.displacement_um(block, HOLD) for block in blocks]
        return np.concatenate(noise), np.concatenate(clicks)

    whole, parts, other = run(1), run(1, 1, 2, 700, *range(701, 2500)), run(2)
    np.testing.assert_allclose(parts[0], whole[0], rtol=0, atol=1e-9)
    np.testing.assert_allclose(parts[1], whole[1], rtol=0, atol=1e-9)
    assert np.corrcoef(other[0], whole[0])[0, 1] < 0.05
    assert not np.array_equal(other[1], whole[1])


def test_plays_wear_noise_and_clicks_until_nothing_is_left_to_wear() -> None:
    film = find_film('xray')
    assert film.noise_m_s(0) == pytest.approx(1e-3)
    assert film.noise_m_s(10) == pytest.approx(1e-3 * 1.07**10)
    assert film.click_rate_hz(10) == pytest.approx(1.1**10)
    assert film.wear_um2(4) == pytest.approx(12.0**2)
    assert film.noise_m_s(1000) == pytest.approx(20e-3)


def test_no_film_is_silent_and_an_unknown_one_lists_the_rest() -> None:
    surface = Surface(find_film('none'), 50, 1, RATE_HZ)
    assert surface.silent
    assert not surface.velocity_um_s(speeds(1, 0.5), HOLD).any()
    assert not surface.displacement_um(speeds(1, 0.5), HOLD).any()
    with pytest.raises(OptionError, match='polycarbonate'):
        find_film('shellac')


def test_every_material_of_a_disc_has_its_film() -> None:
    from importlib.resources import files
    from tomllib import loads

    discs = [disc for disc in files('appliance.machine').joinpath('discs').iterdir() if disc.name.endswith('.toml')]
    assert {loads(disc.read_text(encoding='utf-8'))['disc']['material'] for disc in discs} <= set(film_names())
