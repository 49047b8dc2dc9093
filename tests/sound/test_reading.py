import os
import struct
from pathlib import Path

import numpy as np
import pytest
import scipy.signal
import soundfile

from appliance.errors import RecordingError
from appliance.sound.container import promised_share
from appliance.sound.reading import read


def tone(rate_hz: int, seconds: float, f_hz: float, phase: float = 0.3) -> np.ndarray:
    return 0.5 * np.sin(2 * np.pi * f_hz * np.arange(round(rate_hz * seconds)) / rate_hz + phase)


def fit(y: np.ndarray, f_hz: float, phase: float = 0.3) -> tuple[float, float, float]:
    """Gain of a 0.5 tone in dB, its delay in s, and what else there is in dB below it, in the middle half."""
    t = np.arange(len(y)) / 50_000
    w = 2 * np.pi * f_hz
    middle = slice(len(y) // 4, 3 * len(y) // 4)
    basis = np.stack([np.sin(w * t + phase), np.cos(w * t + phase)], axis=1)[middle]
    a, b = np.linalg.lstsq(basis, y[middle], rcond=None)[0]
    rest = y[middle] - basis @ np.array([a, b])
    size = np.hypot(a, b)
    return 20 * np.log10(size / 0.5), -np.arctan2(b, a) / w, 20 * np.log10(np.std(rest) * np.sqrt(2) / size)


def whole(path: Path) -> np.ndarray:
    take = read(path)
    return take.read(0, take.samples).astype(float)


@pytest.mark.parametrize('rate_hz', [8000, 11_025, 16_000, 22_050, 44_100, 48_000, 50_000, 96_000, 192_000])
def test_every_rate_keeps_gain_and_time(tmp_path: Path, rate_hz: int) -> None:
    f_hz = min(7000.0, 0.44 * rate_hz)
    soundfile.write(tmp_path / 'a.wav', tone(rate_hz, 1.0, f_hz), rate_hz, subtype='DOUBLE')
    y = whole(tmp_path / 'a.wav')
    gain_db, delay_s, rest_db = fit(y, f_hz)
    assert len(y) == 50_000
    assert abs(gain_db) < 0.0005
    assert abs(delay_s) < 1e-8
    assert rest_db < -120


@pytest.mark.parametrize('rate_hz', [8000, 16_000, 44_100, 96_000])
def test_a_click_stays_where_it_is(tmp_path: Path, rate_hz: int) -> None:
    x = np.zeros(rate_hz // 2)
    x[0] = x[rate_hz // 4] = 0.5
    soundfile.write(tmp_path / 'a.wav', x, rate_hz, subtype='FLOAT')
    y = whole(tmp_path / 'a.wav')
    assert int(np.argmax(np.abs(y[:6000]))) == 0
    assert 6000 + int(np.argmax(np.abs(y[6000:]))) == 12_500


@pytest.mark.parametrize(
    ('name', 'subtype', 'rest_db'),
    [
        ('a.wav', 'PCM_U8', -35),
        ('a.wav', 'PCM_16', -80),
        ('a.wav', 'PCM_24', -120),
        ('a.wav', 'PCM_32', -120),
        ('a.wav', 'FLOAT', -120),
        ('a.wav', 'ULAW', -25),
        ('a.flac', 'PCM_16', -80),
        ('a.flac', 'PCM_24', -120),
        ('a.aiff', 'PCM_16', -80),
        ('a.caf', 'PCM_16', -80),
        ('a.w64', 'PCM_16', -80),
        ('a.rf64', 'PCM_16', -80),
        ('a.au', 'PCM_16', -80),
        ('a.ogg', 'VORBIS', -15),
        ('a.mp3', 'MPEG_LAYER_III', -15),
    ],
)
def test_every_format(tmp_path: Path, name: str, subtype: str, rest_db: float) -> None:
    path = tmp_path / name
    soundfile.write(path, tone(44_100, 1.0, 1000.0), 44_100, subtype=subtype, format=path.suffix[1:].upper())
    gain_db, delay_s, got_db = fit(whole(path)[:50_000], 1000.0)
    assert abs(gain_db) < 0.1
    assert abs(delay_s) < 2e-6
    assert got_db < rest_db


def test_eight_channels_become_their_mean(tmp_path: Path) -> None:
    x = np.random.default_rng(0).standard_normal((20_000, 8)) * 0.1
    soundfile.write(tmp_path / 'a.wav', x, 50_000, subtype='DOUBLE')
    np.testing.assert_allclose(whole(tmp_path / 'a.wav'), x.mean(axis=1), atol=1e-7)
    assert read(tmp_path / 'a.wav').channels == 8


def test_a_long_file_comes_in_blocks_without_seams(tmp_path: Path) -> None:
    f_hz = 997.0
    soundfile.write(tmp_path / 'a.wav', tone(16_000, 13.0, f_hz), 16_000, subtype='DOUBLE')
    y = whole(tmp_path / 'a.wav')
    t = np.arange(len(y)) / 50_000
    assert len(y) == 650_000
    assert np.abs(y - 0.5 * np.sin(2 * np.pi * f_hz * t + 0.3))[500:-500].max() < 1e-6


def test_one_sample_and_silence_are_recordings(tmp_path: Path) -> None:
    soundfile.write(tmp_path / 'one.wav', np.array([0.5]), 192_000)
    soundfile.write(tmp_path / 'few.wav', np.array([0.5, 0.1, 0.2]), 8000)
    soundfile.write(tmp_path / 'silence.wav', np.zeros(16_000), 16_000)
    assert read(tmp_path / 'one.wav').samples == 1
    assert read(tmp_path / 'few.wav').samples == 19
    assert not whole(tmp_path / 'silence.wav').any()


@pytest.mark.parametrize('bad', [np.nan, np.inf, -np.inf, 1e30])
@pytest.mark.parametrize('at', [0, 70_000])
def test_a_sample_that_is_no_number_is_named(tmp_path: Path, bad: float, at: int) -> None:
    x = np.zeros((100_000, 2), np.float32)
    x[at, 1] = bad
    soundfile.write(tmp_path / 'bad.wav', x, 50_000, subtype='FLOAT')
    with pytest.raises(RecordingError, match=rf'bad\.wav: the sample at {at / 50_000:.3f} s is ') as caught:
        read(tmp_path / 'bad.wav')
    assert '\n' not in str(caught.value)


@pytest.mark.parametrize('name', ['a.wav', 'a.rf64', 'a.aiff'])
def test_a_file_cut_short_says_how_much_is_there(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    soundfile.write(path, np.zeros(20_000), 10_000, subtype='PCM_16', format=path.suffix[1:].upper())
    assert read(path).seconds == 2.0
    with path.open('r+b') as file:
        file.truncate(path.stat().st_size - 10_000)
    with pytest.raises(RecordingError, match=r'cut short: its header promises 2\.00 s, only 1\.50 s are there'):
        read(path)


@pytest.mark.parametrize('rate_hz', [8000, 11_025, 16_000, 44_100, 47_999, 192_000])
def test_the_ends_are_converted_as_well_as_the_middle(tmp_path: Path, rate_hz: int) -> None:
    """Every sample is the same as with a second of silence around the recording."""
    x = np.random.default_rng(1).standard_normal(rate_hz) * 0.1
    soundfile.write(tmp_path / 'a.wav', x, rate_hz, subtype='DOUBLE')
    silence = np.zeros(rate_hz)
    soundfile.write(tmp_path / 'b.wav', np.concatenate([silence, x, silence]), rate_hz, subtype='DOUBLE')
    alone, framed = whole(tmp_path / 'a.wav'), whole(tmp_path / 'b.wav')
    assert len(alone) == 50_000
    np.testing.assert_allclose(alone, framed[50_000:100_000], atol=5e-6)


@pytest.mark.parametrize('name', ['a.wav', 'a.rf64', 'a.aiff'])
def test_the_share_counts_sound_alone(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    soundfile.write(path, np.zeros(20), 10_000, subtype='PCM_16', format=path.suffix[1:].upper())
    assert promised_share(path) == 1
    os.truncate(path, path.stat().st_size - 20)
    assert promised_share(path) == 0.5


def test_even_the_last_sample_is_missed(tmp_path: Path) -> None:
    path = tmp_path / 'a.wav'
    soundfile.write(path, np.zeros(20_000), 10_000, subtype='PCM_16')
    os.truncate(path, path.stat().st_size - 2)
    with pytest.raises(RecordingError, match='cut short'):
        read(path)


@pytest.mark.parametrize('length', [0xFFFF_FFFF, 0x7FFF_FFFF])
def test_a_wav_from_a_pipe_promises_nothing(tmp_path: Path, length: int) -> None:
    path = tmp_path / 'a.wav'
    soundfile.write(path, np.zeros(20_000), 10_000, subtype='PCM_16')
    data = bytearray(path.read_bytes())
    at = data.index(b'data') + 4
    data[at : at + 4] = struct.pack('<I', length)
    path.write_bytes(data)
    assert read(path).seconds == 2.0


@pytest.mark.parametrize(
    ('content', 'says'),
    [
        (b'', 'the file is empty'),
        (b'hello' * 100, 'no sound file'),
        (b'RIFF\x24\x00\x00\x00WAVEfmt ', 'no sound file'),
        (b'fLaC' + bytes(40), 'no sound file'),
    ],
)
def test_what_is_no_sound_file(tmp_path: Path, content: bytes, says: str) -> None:
    (tmp_path / 'x.wav').write_bytes(content)
    with pytest.raises(RecordingError, match=rf'x\.wav: .*{says}'):
        read(tmp_path / 'x.wav')


def test_what_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match=r'gone\.wav: there is no such file'):
        read(tmp_path / 'gone.wav')
    with pytest.raises(RecordingError, match='not a file'):
        read(tmp_path)
    soundfile.write(tmp_path / 'none.wav', np.zeros(0), 16_000)
    with pytest.raises(RecordingError, match='no samples'):
        read(tmp_path / 'none.wav')
    with pytest.raises(RecordingError, match='no such file'):
        read(tmp_path / 'none.wav' / 'deeper')


def test_a_rate_that_is_no_rate(tmp_path: Path) -> None:
    soundfile.write(tmp_path / 'slow.wav', np.zeros(100), 10)
    with pytest.raises(RecordingError, match='sample rate is 10 Hz'):
        read(tmp_path / 'slow.wav')


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    import tracemalloc

    soundfile.write(tmp_path / 'a.wav', np.zeros((48_000 * 30, 2), np.int16), 48_000)
    tracemalloc.start()
    read(tmp_path / 'a.wav')
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 5e6


def test_a_recording_that_ends_in_mid_word_keeps_its_ringing(tmp_path):
    """Against the sum of sinc functions that the samples stand for: cut off at the ends it would be a click."""
    rng = np.random.default_rng(3)
    path = tmp_path / 'abrupt.wav'
    noise = scipy.signal.sosfilt(scipy.signal.butter(8, 0.7, output='sos'), rng.standard_normal(800))
    soundfile.write(path, 0.2 * noise, 16000, subtype='FLOAT')
    samples = soundfile.read(path)[0]
    take = read(path)
    at = np.arange(-40, take.samples + 40)
    exact = np.sinc(at[:, None] / 50000 * 16000 - np.arange(len(samples))) @ samples
    ring = (at < 0) | (at >= take.samples)
    assert np.abs(exact[ring]).max() > 0.01
    spectrum = np.abs(np.fft.rfft(take.read(-40, len(at)) - exact))
    heard = np.fft.rfftfreq(len(at), 1 / 50000) < 6500
    assert spectrum[heard].max() < 2e-3 * np.abs(np.fft.rfft(exact)).max()


@pytest.mark.parametrize('name', [b'\xff\xfe.wav', b'two\nlines.wav', b'-n.wav', b'take.raw'])
def test_any_name_will_do(tmp_path, name):
    soundfile.write(tmp_path / 'a.wav', np.zeros(800), 8000)
    path = tmp_path / os.fsdecode(name)
    (tmp_path / 'a.wav').rename(path)
    assert read(path).samples == 5000


@pytest.mark.parametrize('damage', ['noise', 'half', 'hole'])
def test_a_broken_mp3_leaves_stderr_to_us(tmp_path, capfd, damage):
    rng = np.random.default_rng(5)
    path = tmp_path / 'a.mp3'
    soundfile.write(path, 0.1 * rng.standard_normal(44100), 44100)
    whole = path.read_bytes()
    noise = rng.bytes(9000)
    path.write_bytes(
        {'noise': noise, 'half': whole[: len(whole) // 2], 'hole': whole[:4000] + noise + whole[4500:]}[damage]
    )
    with pytest.raises(RecordingError) as caught:
        read(path)
    assert capfd.readouterr().err == ''
    assert 'does not exist' not in str(caught.value)


@pytest.mark.parametrize('kind', ['ogg', 'au', 'aiff', 'wav', 'flac'])
@pytest.mark.parametrize('part', [0.3, 0.7, 0.97])
def test_what_was_cut_short_on_its_way_is_not_taken_for_whole(tmp_path, kind, part):
    path = tmp_path / f'a.{kind}'
    soundfile.write(path, 0.1 * np.random.default_rng(6).standard_normal(44100), 44100)
    assert read(path).seconds == pytest.approx(1.0, abs=1e-4)
    os.truncate(path, int(part * path.stat().st_size))
    with pytest.raises(RecordingError, match=r'cut short|no sound file|no samples'):
        read(path)
