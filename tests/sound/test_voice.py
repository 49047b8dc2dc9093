"""The judge of voices: speech of many speakers is one at any level, what a room makes by itself is not."""

from importlib import resources

import numpy as np
import pytest
import soundfile
import soxr

from appliance.sound.voice import SOUND_RATE_HZ, VoiceJudge
from appliance.words.prompts import LANGUAGES, prompt

SECONDS = np.arange(6 * SOUND_RATE_HZ) / SOUND_RATE_HZ


def load(path):
    samples, rate_hz = soundfile.read(path, dtype='float32', always_2d=True)
    return soxr.resample(samples.mean(axis=1), rate_hz, SOUND_RATE_HZ)


@pytest.fixture(scope='module')
def letter():
    return load(str(resources.files('appliance') / 'samples' / 'letter.flac'))


def judged(samples, size=1024):
    judge = VoiceJudge()
    for start in range(0, len(samples), size):
        judge.take(samples[start : start + size].astype(np.float32))
    return judge


def noise(level, seed=1):
    return level * np.random.default_rng(seed).standard_normal(len(SECONDS))


def hum(f0_hz):
    return sum(0.1 / k * np.sin(2 * np.pi * f0_hz * k * SECONDS + k) for k in range(1, 12))


def thumps():
    tail = np.exp(-np.arange(12_000) / 1500) * np.sin(2 * np.pi * 60 * np.arange(12_000) / SOUND_RATE_HZ)
    return np.tile(np.concatenate([tail, np.zeros(36_000)]), 6)


def clicks():
    return (np.arange(len(SECONDS)) % 24_000 == 0).astype(float)


@pytest.mark.parametrize('gain_db', [0, -10, -20, -30])
def test_a_letter_is_a_voice_loud_or_quiet(letter, gain_db):
    judge = judged(letter * 10 ** (gain_db / 20))
    assert judge.voice_s > 0.4 * len(letter) / SOUND_RATE_HZ
    assert judge.silent_s < 1


def test_a_voice_is_heard_in_a_noisy_room(letter):
    assert judged(letter + np.resize(noise(0.01), len(letter))).voice_s > 8


@pytest.mark.parametrize('language', LANGUAGES)
@pytest.mark.parametrize('name', ['listen', 'thanks', 'cutting'])
def test_every_shipped_voice_is_one(language, name):
    assert judged(load(prompt(name, language))).voice_s > 0.4


@pytest.mark.parametrize(
    'sound',
    [
        np.zeros(len(SECONDS)), np.full(len(SECONDS), 0.5), hum(50), hum(60), noise(0.1), np.cumsum(noise(0.001)),
        0.3 * np.sin(2 * np.pi * 1000 * SECONDS), thumps(), clicks(),
    ],
    ids=['nothing', 'an offset', 'hum', 'American hum', 'a fan', 'wind', 'a tone', 'thumps', 'clicks'],
)  # fmt: skip
def test_what_a_room_makes_by_itself_is_no_voice(sound):
    judge = judged(sound)
    assert judge.voice_s == 0
    assert judge.silent_s == pytest.approx(6, abs=0.02)


def test_silence_is_counted_from_the_last_word(letter):
    judge = judged(np.concatenate([letter, noise(0.001)]))
    assert judge.silent_s == pytest.approx(6.5, abs=0.6)


def test_the_size_of_the_blocks_changes_nothing(letter):
    some = letter[: 4 * SOUND_RATE_HZ]
    seen = {(j.voice_s, j.silent_s, j.meter()) for j in (judged(some, size) for size in (1, 479, 480, 4096, 200_000))}
    assert len(seen) == 1


def test_the_meter_reads_a_sine_as_it_is_defined():
    peak_db, mean_db, clipped = judged(0.5 * np.sin(2 * np.pi * 1000 * SECONDS)).meter()
    assert peak_db == pytest.approx(-6.02, abs=0.01)
    assert mean_db == pytest.approx(-9.03, abs=0.01)
    assert not clipped


def test_full_scale_for_three_samples_is_clipping_for_one_is_a_peak():
    flat = np.clip(1.1 * np.sin(2 * np.pi * 440 * SECONDS), -1, 1)
    assert judged(flat).meter()[2]
    assert judged(flat).clipped_s > 5
    lone = np.zeros(len(SECONDS))
    lone[-100] = 1.0
    assert not judged(lone).meter()[2]
    across = np.zeros(960)
    across[478:481] = 1.0
    assert judged(across).clipped_s > 0
