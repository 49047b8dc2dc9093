import dataclasses
from pathlib import Path

import numpy as np
import pytest
from scipy import signal

from appliance.machine import load_disc, load_machine
from appliance.sound.curves import find_curve
from appliance.sound.mastering import Mastering, Target
from appliance.sound.programme import Programme
from appliance.sound.reading import Take, read
from tests.sound.oracle import RATE_HZ, babble, between, displacement_m, played
from tests.sound.test_plain import most_memory, signals, take

MACHINE = load_machine('virtual')
COARSE, FINE = load_disc('xray-25'), load_disc('xray-25-fine')
RIAA = find_curve('riaa')
LETTER = Path(__file__).parents[2] / 'appliance' / 'samples' / 'letter.flac'
AT_78 = Target(78.26, 57.6)


def mastered(x: np.ndarray, target: Target = AT_78, disc=COARSE, machine=MACHINE) -> Programme:
    return Mastering(take(x), machine, RIAA).programme(disc, target)


def heard(programme: Programme) -> np.ndarray:
    """The kept message, in units of the master."""
    y, _ = signals(programme)
    level = programme.cm_s_per_unit / 100
    return played([3180, 318, 75], y * 1e-6)[programme.lead : programme.lead + programme.samples] / level


def asked(programme: Programme, disc, target: Target) -> dict[str, float]:
    """How near each limit the programme comes, from displacement and drive alone, between the samples too."""
    y, drive = signals(programme)
    f_hz = np.fft.rfftfreq(len(y), 1 / RATE_HZ)
    s = 2j * np.pi * f_hz

    def peak(spectrum: np.ndarray) -> float:
        return float(np.abs(signal.resample(np.fft.irfft(spectrum, len(y)), 4 * len(y))).max())

    metres = np.fft.rfft(y * 1e-6)
    head = MACHINE.head
    spring = head.mass_kg * (2 * np.pi * head.f0_hz) ** 2
    force = head.mass_kg * s**2 + np.sqrt(spring * head.mass_kg) / head.q * s + spring
    groove_m_s = 2 * np.pi * target.r_limit_mm * 1e-3 * target.speed_rpm / 60
    return {
        'displacement': peak(metres) * 1e6 / head.max_travel_um,
        'slope': peak(metres * s) / (head.max_slope * groove_m_s),
        'curvature': peak(metres * s * s) * disc.groove.stylus_um * 1e-6 / (np.sqrt(2) * groove_m_s**2),
        'current': peak(metres * force / head.bl_n_per_a) / head.max_current_a,
        'voltage': float(np.abs(drive).max()) / MACHINE.bridge.max_modulation,
    }


@pytest.mark.parametrize(
    ('disc', 'rpm', 'level_db'),
    [(COARSE, 78.26, None), (COARSE, 33.333, 14.0), (FINE, 78.26, 20.0), (FINE, 33.333, None)],
)
def test_no_limit_is_ever_passed(disc, rpm: float, level_db: float | None) -> None:
    target = Target(rpm, disc.inner_radius_mm, level_db)
    for x in (babble(1.5), np.concatenate([np.sign(babble(0.5)), np.zeros(9000), [1.0], np.zeros(9000)])):
        programme = mastered(x, target, disc)
        reached = programme.limits.as_dict()
        measured = asked(programme, disc, target)
        assert max(reached.values()) <= 0.96 + 1e-6
        assert max(measured.values()) <= 1
        for name, value in measured.items():
            assert reached[name] <= value * (1 + 1e-3) + 1e-4, name
            assert value <= reached[name] * 1.06 + 1e-4, name


@pytest.mark.parametrize('change', [{'max_travel_um': 8.0}, {'max_current_a': 0.05}, {'max_heat_w': 1e-4}])
def test_a_weak_head_is_kept_within_its_limits(change: dict) -> None:
    machine = dataclasses.replace(MACHINE, head=dataclasses.replace(MACHINE.head, **change))
    limits = mastered(babble(3.0), machine=machine).limits.as_dict()
    assert 0.7 < max(limits.values()) <= 1 + 1e-6
    assert limits['heat'] > 0.9 or 'max_heat_w' not in change


def test_the_peak_sits_at_the_ceiling() -> None:
    x = babble(1.5, rms=0.01)
    for level_db in (None, -6.0):
        programme = mastered(x, dataclasses.replace(AT_78, level_db=level_db), FINE)
        assert programme.level_db == pytest.approx(6.0 if level_db is None else level_db, abs=0.2)
        assert np.abs(between(heard(programme), 50, 12_000)).max() == pytest.approx(1, abs=0.01)


def test_loud_and_quiet_recordings_of_the_same_voice_come_out_alike() -> None:
    x = babble(1.5)
    loud, quiet = heard(mastered(x)), heard(mastered(0.03 * x))
    assert np.std(loud - quiet) < 1e-3 * np.std(loud)


def test_limits_are_relaxed_with_the_radius_and_only_as_far() -> None:
    hissing = np.diff(babble(1.0), 2, prepend=0, append=0)
    mastering = Mastering(take(0.5 * hissing / np.abs(hissing).max()), MACHINE, RIAA)
    inner = mastering.programme(COARSE, Target(33.333, 57.6))
    outer = mastering.programme(COARSE, Target(33.333, 110.0))
    again = mastering.programme(COARSE, Target(33.333, 57.6))
    assert outer.level_db > inner.level_db + 2
    np.testing.assert_array_equal(signals(again)[0], signals(inner)[0])


def test_plain_and_levelled_do_not_get_into_each_others_way() -> None:
    for x in (babble(1.0), np.array([0.3]), np.zeros(1)):
        mastering = Mastering(take(x), MACHINE, RIAA)
        plain = Target(78.26, 57.6, 6.0, plain=True)
        first = signals(mastering.programme(FINE, plain))[0]
        levelled = mastering.programme(FINE, Target(78.26, 57.6, 6.0))
        assert not levelled.plain
        np.testing.assert_array_equal(signals(mastering.programme(FINE, plain))[0], first)
        assert not x.any() or np.abs(signals(levelled)[0]).max() > 1.2 * np.abs(first).max()


def test_the_ends_are_trimmed_and_the_time_is_kept() -> None:
    x = np.concatenate([np.zeros(100_000), babble(2.0), np.zeros(150_000)])
    programme = mastered(x)
    assert 1.70 < programme.message_offset_s <= 1.8
    assert 2.4 < programme.letter_s < 2.6
    original = x[round(programme.message_offset_s * RATE_HZ) :][: programme.samples]
    lag = np.argmax(signal.correlate(heard(programme), original, 'full')) - (programme.samples - 1)
    assert lag == 0
    y, _ = signals(programme)
    assert np.abs(y[[0, -1]]).max() < 1e-3 * np.abs(y).max()


def test_where_something_was_cut_off_it_fades() -> None:
    hiss = np.random.default_rng(0).standard_normal(250_000) * 1e-4
    hiss[100_000:150_000] += babble(1.0)
    programme = mastered(hiss)
    assert programme.message_offset_s > 1
    sound = heard(programme)
    assert np.std(sound[:50]) < 0.3 * np.std(sound[2000:6000])
    assert np.std(sound[-50:]) < 0.3 * np.std(sound[-6000:-2000])


def test_an_end_that_was_not_cut_off_keeps_its_ringing() -> None:
    """The recording begins and ends in the middle of a tone, band-limited as the reader leaves it."""
    tone = 0.3 * np.sin(2 * np.pi * 3000 * (np.arange(4000) - 600) / RATE_HZ)
    tone[:600] *= np.linspace(0, 1, 600) ** 8
    tone[-600:] *= np.linspace(1, 0, 600) ** 8
    sound = take(tone).sound
    ringing, cut_off = Take('a', sound, 16_000, 1, 600), Take('b', sound, 16_000, 1, 0)
    assert ringing.samples == 2800
    first, second = (Mastering(t, MACHINE, RIAA).programme(FINE, AT_78) for t in (ringing, cut_off))
    a = heard(first)[200:-200] * first.cm_s_per_unit
    b = heard(second)[800:-800] * second.cm_s_per_unit
    np.testing.assert_allclose(a, b, atol=2e-3 * np.abs(b).max())


def test_drive_and_displacement_belong_together() -> None:
    """The head's own equations, driven so, move as the displacement says, limiter and all."""
    programme = mastered(babble(1.0))
    y, drive = signals(programme)
    cut_um = displacement_m(MACHINE, drive) * 1e6
    assert np.std(cut_um - y) < 3e-5 * np.std(y)


def test_silence_one_click_dc_and_a_square() -> None:
    silent = mastered(np.zeros(5000))
    assert silent.samples == 5000
    assert not signals(silent)[0].any()
    assert silent.level_db == 6.0
    one = mastered(np.array([1.0]))
    assert one.samples == 1
    assert 0 < np.abs(signals(one)[0]).max() < 200
    dc = mastered(np.full(100_000, 0.7) + 0.01 * babble(2.0))
    assert np.corrcoef(heard(dc)[30_000:60_000], babble(2.0)[30_000:60_000])[0, 1] > 0.99
    square = mastered(np.sign(np.sin(2 * np.pi * 200.5 * np.arange(100_000) / RATE_HZ)))
    assert max(square.limits.as_dict().values()) <= 1 + 1e-6


def test_a_sample_that_is_no_number_is_refused() -> None:
    from appliance.errors import RecordingError

    x = babble(0.5)
    x[700] = np.nan
    for plain in (False, True):
        with pytest.raises(RecordingError, match='not a number'):
            mastered(x, dataclasses.replace(AT_78, plain=plain))


def excerpt(seconds: float) -> Take:
    whole = read(LETTER)
    return take(whole.read(0, round(seconds * RATE_HZ)))


@pytest.mark.parametrize(('disc', 'rpm'), [(COARSE, 78.26), (FINE, 33.333)])
def test_a_spoken_letter_keeps_its_sound(disc, rpm: float) -> None:
    from pesq import pesq
    from pystoi import stoi

    letter = excerpt(8.0)
    programme = Mastering(letter, MACHINE, RIAA).programme(disc, Target(rpm, disc.inner_radius_mm))
    original = letter.read(round(programme.message_offset_s * RATE_HZ), programme.samples).astype(float)
    before, after = (signal.resample_poly(x, 8, 25) for x in (original, heard(programme)))
    assert pesq(16_000, before, after, 'wb') > 4.5
    assert stoi(before, after, 16_000) > 0.985


def test_memory_hardly_grows_with_the_message() -> None:
    """The profile does, by 200 frames a second; a message kept as a whole would take 7 MB more."""
    short, long = (most_memory(seconds, COARSE, AT_78) for seconds in (5, 40))
    assert short < 20e6
    assert long - short < 3e6
