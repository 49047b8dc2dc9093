"""The tone that a speaker plays, and whether it is heard: against what can be counted in the file itself."""

import numpy as np
import pytest
import soundfile

from appliance.hands.tone import ToneEar, write_tone


@pytest.fixture
def tone(tmp_path):
    write_tone(tmp_path / 'tone.wav', 1.0)
    return soundfile.read(tmp_path / 'tone.wav')


def heard(*blocks):
    ear = ToneEar()
    for block in blocks:
        ear.write(block.astype(np.float32))
    return ear.loudest_db


def test_it_is_a_second_of_1_khz_at_minus_6_db_that_does_not_click(tone):
    sound, rate_hz = tone
    assert (rate_hz, len(sound)) == (48_000, 48_000)
    assert 20 * np.log10(np.abs(sound).max()) == pytest.approx(-6.0, abs=0.01)
    assert np.count_nonzero((sound[:-1] < 0) & (sound[1:] >= 0)) == pytest.approx(1000, abs=1)
    assert np.abs(sound[:96]).max() < 0.06  # of 0.5, in the first two milliseconds
    assert np.abs(sound[-96:]).max() < 0.06


def test_it_is_heard_as_loud_as_its_mean_square_however_it_comes(tone):
    sound, _ = tone
    rms_db = 10 * np.log10(np.mean(sound[9600:38_400] ** 2))
    assert heard(sound) == pytest.approx(rms_db, abs=0.05)
    assert heard(*np.array_split(sound, 77)) == pytest.approx(heard(sound), abs=1e-6)


def test_a_voice_beside_it_and_a_single_knock_are_no_tone(tone):
    t = np.arange(48_000) / 48_000
    assert heard(0.5 * np.sin(2 * np.pi * 940 * t)) < -60
    knock = np.zeros(48_000)
    knock[24_000:24_400] = tone[0][10_000:10_400]
    assert heard(knock) < -60
    assert heard(np.zeros(9600)) < -60, 'of one fifth of a second nothing is said'
