import dataclasses
import tracemalloc

import numpy as np
import pytest
from scipy import signal

from appliance.errors import DoesNotFitError
from appliance.files import Scratch
from appliance.machine import Disc, load_disc, load_machine
from appliance.sound.curves import find_curve
from appliance.sound.mastering import Mastering, Target
from appliance.sound.programme import Programme
from appliance.sound.reading import Take
from tests.sound.oracle import babble, between, displacement_m, head_system, played

MACHINE = load_machine('virtual')
DISC = load_disc('xray-25')
RIAA = find_curve('riaa')
PLAIN = Target(speed_rpm=78.26, r_limit_mm=DISC.inner_radius_mm, level_db=0.0, plain=True)


def take(x: np.ndarray) -> Take:
    sound = Scratch()
    sound.append(x)
    return Take('message.wav', sound, 50_000, 1)


def plain(x: np.ndarray, level_db: float | None = 0.0, machine=MACHINE) -> Programme:
    return Mastering(take(x), machine, RIAA).programme(DISC, dataclasses.replace(PLAIN, level_db=level_db))


def signals(programme: Programme) -> tuple[np.ndarray, np.ndarray]:
    total = programme.samples + 2 * programme.lead
    assert programme.displacement_um.samples == programme.drive.samples == total
    return programme.displacement_um.read(0, total).astype(float), programme.drive.read(0, total).astype(float)


@pytest.mark.parametrize('f_hz', [100.0, 317.0, 1000.0, 3000.0, 7000.0])
def test_gain_and_phase_of_a_tone_are_those_of_the_analogue_network(f_hz: float) -> None:
    """Displacement against RIAA's poles and zeros in scipy, drive against the head's equations; 0.001 dB, 0.1 us."""
    t = np.arange(40_000) / 50_000
    programme = plain(0.1 * np.sin(2 * np.pi * f_hz * t))
    y, drive = signals(programme)
    w = 2 * np.pi * np.array([f_hz, 1000.0])
    _, riaa = signal.freqs(np.polymul([3180e-6, 1], [75e-6, 1]), [318e-6, 1], w)
    wanted_y = 0.1 * 0.05 * riaa[0] / abs(riaa[1]) / (1j * w[0]) * 1e6
    system = head_system(MACHINE)
    x_per_v = (system.C @ np.linalg.solve(1j * w[0] * np.eye(5) - system.A, system.B))[0, 0]
    wanted_m = wanted_y * 1e-6 / x_per_v / 24.0
    middle = slice(programme.lead + 12_000, programme.lead + 28_000)
    for got, wanted in ((y, wanted_y), (drive, wanted_m)):
        basis = np.stack([np.sin(w[0] * t), np.cos(w[0] * t)], axis=1)[12_000:28_000]
        a, b = np.linalg.lstsq(basis, got[middle], rcond=None)[0]
        ratio = (a + 1j * b) / wanted
        assert abs(20 * np.log10(abs(ratio))) < 0.001
        assert abs(np.angle(ratio) / w[0]) < 1e-7


def test_the_way_to_the_groove_and_back_is_clean() -> None:
    """Through the head's equations in time, a velocity pickup and the exact reproduction curve: nothing but the message
    between 100 Hz and 7 kHz, in the level that --level says."""
    x = babble(1.0, rms=10 ** (-18 / 20))
    programme = plain(x)
    y, drive = signals(programme)
    message = np.zeros(len(y))
    message[programme.lead : programme.lead + len(x)] = x
    cut_m = displacement_m(MACHINE, drive)
    for name, heard in (('cut', cut_m), ('asked', y * 1e-6)):
        got = between(played([3180, 318, 75], heard) / 0.05, 100, 7000)
        wanted = between(message, 100, 7000)
        snr_db = -20 * np.log10(np.std(got - wanted) / np.std(wanted))
        assert snr_db > (90 if name == 'cut' else 100), name


def test_level_is_the_velocity_of_full_scale_at_1_khz() -> None:
    t = np.arange(50_000) / 50_000
    tone = 0.5 * np.sin(2 * np.pi * 1000 * t)
    y, _ = signals(plain(tone, -6.0))
    assert np.abs(y[30_000:40_000]).max() == pytest.approx(0.5 * 2.506e-2 / (2 * np.pi * 1000) * 1e6, rel=1e-3)
    assert plain(tone, None).level_db == 0
    assert plain(tone, None).cm_s_per_unit == 5.0
    assert plain(tone, -6.0).cm_s_per_unit == pytest.approx(2.506, abs=0.001)


def test_positive_is_outward_and_leg_a() -> None:
    """A positive message moves the stylus outward (flat curve), and the drive pushes the way the stylus is held."""
    t = np.arange(5000) / 50_000
    x = 0.2 * np.sin(2 * np.pi * 200 * t) * np.hanning(5000)
    programme = Mastering(take(x), MACHINE, find_curve('flat')).programme(DISC, PLAIN)
    y, drive = signals(programme)
    message = slice(programme.lead, programme.lead + 5000)
    assert np.corrcoef(np.gradient(y)[message], x)[0, 1] > 0.999
    assert np.corrcoef(y, drive)[0, 1] > 0.9  # below its resonance the head is a spring


@pytest.mark.parametrize(
    ('change', 'says'),
    [
        ({'max_travel_um': 5.0}, r'swing \d+ um, the head travels 5 um'),
        ({'max_slope': 0.02}, r'move at [\d.]+ cm/s, the groove is too slow for more than 0\.9 cm/s'),
        ({'max_current_a': 0.1}, r'the head would draw [\d.]+ A of 0\.10 A'),
        ({'max_heat_w': 1e-4}, r'the coil would take [\d.]+ W of 0\.0001 W'),
    ],
)
def test_a_limit_that_would_be_passed_is_named(change: dict, says: str) -> None:
    machine = dataclasses.replace(MACHINE, head=dataclasses.replace(MACHINE.head, **change))
    with pytest.raises(DoesNotFitError, match=says) as caught:
        plain(babble(1.0), machine=machine)
    assert 'message.wav: at ' in str(caught.value)
    assert 'use --level -' in str(caught.value)
    assert '\n' not in str(caught.value)


def test_the_bridge_and_the_playing_stylus_have_limits_too() -> None:
    x = babble(1.0)
    machine = dataclasses.replace(MACHINE, bridge=dataclasses.replace(MACHINE.bridge, max_modulation=0.02))
    with pytest.raises(DoesNotFitError, match=r'the bridge would be driven to [\d.]+ of 0\.020'):
        plain(x, machine=machine)
    with pytest.raises(DoesNotFitError, match=r'bend with \d+ m/s\^2, a playing stylus follows 91 m/s\^2'):
        Mastering(take(x), MACHINE, RIAA).programme(DISC, Target(33.333, 18.3, 0.0, True))


def test_the_named_place_is_where_it_happens_and_the_named_level_fits() -> None:
    x = 0.01 * babble(3.0)
    x[100_000:102_000] += 4.0 * np.sin(2 * np.pi * 1000 * np.arange(2000) / 50_000) * np.hanning(2000)
    with pytest.raises(DoesNotFitError, match=r'at 2\.0[0-4] s') as caught:
        plain(x, 10.0)
    level_db = float(str(caught.value).split('--level ')[1].split(' ')[0])
    assert 0.9 < max(plain(x, level_db).limits.as_dict().values()) <= 1
    with pytest.raises(DoesNotFitError):
        plain(x, level_db + 0.2)


def test_a_programme_at_another_level_is_the_same_scaled() -> None:
    programme = plain(babble(0.5))
    quiet = programme.at_level(-6.0206)
    np.testing.assert_allclose(signals(quiet)[0], signals(programme)[0] / 2, atol=1e-5)
    np.testing.assert_allclose(signals(quiet)[1], signals(programme)[1] / 2, atol=1e-7)
    assert quiet.limits.slope == pytest.approx(programme.limits.slope / 2, rel=1e-4)
    assert quiet.limits.heat == pytest.approx(programme.limits.heat / 4, rel=1e-4)


def test_a_second_target_costs_no_second_filtering() -> None:
    mastering = Mastering(take(babble(0.5)), MACHINE, RIAA)
    inner, outer = (mastering.programme(DISC, dataclasses.replace(PLAIN, r_limit_mm=r)) for r in (57.6, 115.2))
    assert inner.displacement_um is outer.displacement_um
    assert outer.limits.slope == pytest.approx(inner.limits.slope / 2)
    assert outer.limits.curvature == pytest.approx(inner.limits.curvature / 4)
    assert outer.limits.displacement == inner.limits.displacement


def test_silence_is_silence() -> None:
    y, drive = signals(plain(np.zeros(1000)))
    assert not y.any()
    assert not drive.any()


def test_one_click_moves_the_stylus_and_lets_it_come_back() -> None:
    y, drive = signals(plain(np.array([0.5])))
    assert len(y) == 1 + 2 * plain(np.array([0.5])).lead
    assert 0 < np.abs(y).max() < 10
    assert np.abs(y[[0, -1]]).max() < 1e-4 * np.abs(y).max()
    assert np.abs(drive[[0, -1]]).max() < 1e-4 * np.abs(drive).max()


def test_dc_does_not_move_it_for_long() -> None:
    y, _ = signals(plain(np.full(100_000, 0.5)))
    assert np.abs(y[50_000:60_000]).max() < 0.001


def test_a_full_scale_square_is_refused_where_it_hurts_first() -> None:
    square = np.sign(np.sin(2 * np.pi * 200.5 * np.arange(50_000) / 50_000))
    with pytest.raises(DoesNotFitError):
        plain(square, 6.0)


def most_memory(seconds: int, disc: Disc, target: Target) -> int:
    """Bytes that Python and numpy hold at once while a message of that length is mastered."""
    message, voice = take(np.zeros(0)), babble(1.0)
    for _ in range(seconds):
        message.sound.append(voice)
    tracemalloc.start()
    Mastering(message, MACHINE, RIAA).programme(disc, target)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return most


def test_memory_does_not_grow_with_the_message() -> None:
    short, long = (most_memory(seconds, DISC, PLAIN) for seconds in (4, 30))
    assert long < 25e6
    assert long - short < 2.5e6  # half of what the message would take
