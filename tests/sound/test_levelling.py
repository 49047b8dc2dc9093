import numpy as np
import pytest

from appliance.sound.groovespace import LEAD_FRAMES, Profile
from appliance.sound.levelling import Span, active_power, kept, ride


def profile(power: np.ndarray) -> Profile:
    padded = np.pad(power, LEAD_FRAMES).astype(np.float32)
    return Profile(np.zeros((6, len(padded)), np.float32), padded, padded)


def voice(level: float, frames: int = 400) -> np.ndarray:
    """Power of syllables: three frames in four loud, then a pause 40 dB down."""
    return level * np.where(np.arange(frames) % 40 < 30, 1.0, 1e-4)


def test_a_quarter_of_a_second_is_kept_around_the_message() -> None:
    power = np.full(1000, 1e-7)
    power[300:700] = 1.0
    span = kept(profile(power), 1000)
    assert 300 - 50 - 4 <= span.first <= 300 - 50
    assert 700 + 50 <= span.end <= 700 + 50 + 4


def test_what_is_there_from_end_to_end_stays_whole() -> None:
    assert kept(profile(np.ones(500)), 500) == Span(0, 500)
    assert kept(profile(np.zeros(500)), 500) == Span(0, 500)
    assert kept(profile(np.ones(1)), 1) == Span(0, 1)


def test_fifty_decibels_down_is_still_message() -> None:
    power = np.zeros(1000)
    power[500], power[100], power[900] = 1.0, 1.1e-5, 0.9e-5
    span = kept(profile(power), 1000)
    assert span.first <= 100
    assert span.end < 600


def test_pauses_do_not_count_into_the_level_of_a_voice() -> None:
    level, speaks = active_power(voice(0.01))
    assert level == pytest.approx(0.01)
    assert speaks.mean() == 0.75


def test_silence_has_no_level_and_gets_no_gain() -> None:
    assert active_power(np.zeros(10))[0] == 0
    assert (ride(np.zeros(10)) == 1).all()


def test_an_even_voice_is_left_alone() -> None:
    np.testing.assert_allclose(ride(voice(0.02, 4000)), 1, atol=0.02)


def test_half_of_a_change_in_level_is_evened_out_slowly() -> None:
    """The second half of a message is 10 dB quieter: about 4 dB of that are taken back, over seconds, not suddenly."""
    power = np.concatenate([voice(0.1, 4000), voice(0.01, 4000)])
    gain_db = 20 * np.log10(ride(power))
    assert 3.5 < gain_db[7000] - gain_db[1000] <= 5.0
    assert np.abs(np.diff(gain_db)).max() < 0.05


def test_a_long_pause_is_not_turned_up() -> None:
    power = np.concatenate([voice(0.1, 2000), np.full(4000, 1e-6), voice(0.1, 2000)])
    assert np.abs(20 * np.log10(ride(power))).max() < 0.5


def test_it_never_moves_by_more_than_six_decibels() -> None:
    power = np.concatenate([voice(1.0, 4000), voice(0.012, 12_000)])
    gain_db = 20 * np.log10(ride(power))
    assert np.abs(gain_db).max() <= 6.0 + 1e-9
