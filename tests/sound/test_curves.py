import numpy as np
import pytest

from appliance.errors import OptionError
from appliance.sound.curves import DEFAULT_CURVE, curve_names, find_curve

# The RIAA table as published (IEC 60098, playback reversed), dB re 1 kHz.
RIAA_HZ = [20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000]
RIAA_DB = [-19.27, -16.95, -13.09, -8.22, -2.65, 0.0, 2.59, 8.21, 13.73, 19.62]
# The test points of the AES coarse-groove calibration disc.
COARSE_HZ = [30, 60, 110, 200, 400, 700, 1000, 2000, 3000, 5000, 10_000]
COARSE_DB = [-15.5, -13.25, -9.75, -5.75, -2.25, -0.75, 0, 1.5, 2.75, 5.5, 10.5]


def db(gain: np.ndarray) -> np.ndarray:
    return 20 * np.log10(np.abs(gain))


def test_riaa_follows_the_published_table() -> None:
    np.testing.assert_allclose(db(find_curve('riaa').record(RIAA_HZ)), RIAA_DB, atol=0.01)


def test_the_coarse_curve_follows_the_calibration_disc() -> None:
    np.testing.assert_allclose(db(find_curve('coarse').record(COARSE_HZ)), COARSE_DB, atol=0.15)


@pytest.mark.parametrize(
    ('name', 'f_hz', 'expected_db'),
    [
        ('aes', 10_000, 12.0),
        ('nab', 10_000, 16.0),
        ('columbia-78', 10_000, 16.0),
        ('american-78', 10_000, 7.0),
        ('decca-78', 10_000, 5.5),
        ('500-flat', 10_000, 0.0),
    ],
)
def test_treble_of_the_others_is_what_their_names_say(name: str, f_hz: float, expected_db: float) -> None:
    """The names of the 78curves list give the level at 10 kHz; a corner's own loss at 1 kHz is not counted there."""
    curve = find_curve(name)
    gain = 1 + 2j * np.pi * f_hz * (curve.treble_us or 0) * 1e-6
    assert db(np.array(gain)) == pytest.approx(expected_db, abs=0.3)


@pytest.mark.parametrize('name', curve_names())
def test_every_curve_is_its_closed_form(name: str) -> None:
    curve = find_curve(name)
    f_hz = np.geomspace(10, 20_000, 200)
    w = 2 * np.pi * f_hz

    def power(w: np.ndarray) -> np.ndarray:
        p = np.ones_like(w)
        if curve.turnover_us is not None:
            p = p / (1 + (w * curve.turnover_us * 1e-6) ** 2)
            p = p * (w**2 if curve.shelf_us is None else 1 + (w * curve.shelf_us * 1e-6) ** 2)
        return p if curve.treble_us is None else p * (1 + (w * curve.treble_us * 1e-6) ** 2)

    np.testing.assert_allclose(
        db(curve.record(f_hz)), 10 * np.log10(power(w) / power(np.array([2000 * np.pi]))), atol=0.001
    )
    np.testing.assert_allclose(curve.record(f_hz) * curve.playback(f_hz), 1, rtol=1e-12)


def test_the_phase_is_that_of_the_network_not_zero() -> None:
    from scipy import signal

    numerator = np.polymul([3180e-6, 1], [75e-6, 1])
    f_hz = np.geomspace(20, 20_000, 50)
    _, expected = signal.freqs(numerator, [318e-6, 1], 2 * np.pi * f_hz)
    np.testing.assert_allclose(np.angle(find_curve('riaa').record(f_hz)), np.angle(expected), atol=1e-9)


def test_what_reports_say() -> None:
    assert find_curve(DEFAULT_CURVE).curve_us == [3180, 318, 75]
    assert find_curve('nab').curve_us == [None, 318, 100]
    assert find_curve('flat').curve_us == []
    assert len(set(curve_names())) == len(curve_names())


def test_an_unknown_curve_lists_the_known() -> None:
    with pytest.raises(OptionError, match=r"no recording curve 'ria'; use riaa, coarse"):
        find_curve('ria')


def test_dc_is_finite() -> None:
    assert abs(find_curve('riaa').record(0.0)) == pytest.approx(10 ** (-19.91 / 20), rel=0.01)
    assert find_curve('nab').record(0.0) == 0
