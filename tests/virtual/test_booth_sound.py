"""The virtual microphone and speaker keep time by their clock and lose nothing."""

import io
import shutil

import numpy as np
import pytest
import soundfile

from appliance.booth.doors import SOUND_RATE_HZ
from appliance.clock import SteppedClock
from appliance.errors import RecordingError
from appliance.virtual.booth.sound import VirtualMicrophone, VirtualSpeaker


class Sink(list):
    def write(self, block):
        self.append(block.copy())

    @property
    def samples(self):
        return np.concatenate([np.zeros(0, np.float32), *self])


@pytest.fixture
def clock():
    return SteppedClock(100.0)


@pytest.fixture
def noise(tmp_path):
    samples = (0.1 * np.random.default_rng(3).standard_normal(2 * SOUND_RATE_HZ)).astype(np.float32)
    soundfile.write(tmp_path / 'noise.wav', samples, SOUND_RATE_HZ, subtype='FLOAT')
    return tmp_path / 'noise.wav', samples


def pass_time(clock, microphone, seconds, step_s=0.013):
    for _ in range(round(seconds / step_s)):
        clock.rest(step_s)
        heard = microphone.heard()
    return heard


def test_a_tape_begins_again_with_the_take_and_is_recorded_to_the_sample(clock, noise):
    file, samples = noise
    microphone, sink = VirtualMicrophone(clock), Sink()
    microphone.speak(file)
    file.unlink()
    microphone.open()
    heard = pass_time(clock, microphone, 0.5)
    assert heard.meter.rms_db == pytest.approx(-20, abs=0.5)
    microphone.record(sink)
    heard = pass_time(clock, microphone, 3.0)
    microphone.end()
    assert heard.recorded_s == pytest.approx(3.0, abs=0.03)
    np.testing.assert_array_equal(sink.samples[: len(samples)], samples)
    assert not sink.samples[len(samples) :].any()


def test_what_is_fed_is_heard_once_and_old_sound_is_dropped(clock):
    microphone, sink = VirtualMicrophone(clock), Sink()
    microphone.open()
    microphone.record(sink)
    for number in range(300):  # three seconds at once: the last one is kept
        microphone.feed(np.full(480, number / 1000, np.float32))
    pass_time(clock, microphone, 2.0)
    microphone.end()
    heard = sink.samples
    assert heard[0] == pytest.approx(0.2, abs=0.002)
    assert heard.max() == pytest.approx(0.299)
    assert np.count_nonzero(heard) == pytest.approx(SOUND_RATE_HZ, abs=960)


class Laggard(Sink):
    """A disk that takes twice as long to keep a second as the second was long."""

    def __init__(self, clock):
        self.clock = clock

    def write(self, block):
        super().write(block)
        self.clock.rest(2 * len(block) / SOUND_RATE_HZ)


def test_a_computer_too_slow_for_its_sound_loses_some_but_is_never_kept_long(clock):
    """Each look took longer than the one before it, for what had come meanwhile, until the booth was taken for dead."""
    microphone = VirtualMicrophone(clock)
    microphone.open()
    microphone.record(Laggard(clock))
    clock.rest(0.2)
    for _ in range(40):
        before_s = clock.now_s()
        heard = microphone.heard()
        assert clock.now_s() - before_s < 3.0
    assert heard.lost_blocks > 500
    assert heard.recorded_s > 20.0
    assert heard.lost_blocks * 0.01 + heard.recorded_s == pytest.approx(clock.now_s() - 100.0, abs=3.0)


def test_a_microphone_that_is_pulled_out_says_so_and_hears_again_when_it_is_back(clock, noise):
    microphone, sink = VirtualMicrophone(clock), Sink()
    microphone.speak(noise[0])
    microphone.open()
    microphone.record(sink)
    pass_time(clock, microphone, 0.5)
    microphone.plug(False)
    heard = pass_time(clock, microphone, 1.0)
    assert not heard.present
    assert heard.meter.peak_db == -120
    assert heard.recorded_s == pytest.approx(0.5, abs=0.03)
    microphone.plug(True)
    assert pass_time(clock, microphone, 0.5).present


def test_a_file_that_is_no_sound_is_refused_before_anything_changes(clock, tmp_path):
    (tmp_path / 'note.txt').write_text('hello')
    with pytest.raises(RecordingError, match=r'note\.txt'):
        VirtualMicrophone(clock).speak(tmp_path / 'note.txt')


def test_files_sound_one_after_the_other_at_their_level(clock, noise, tmp_path):
    file, samples = noise
    shutil.copy(file, tmp_path / 'other.wav')
    speaker, pcm, count = VirtualSpeaker(clock), io.BytesIO(), 0
    speaker.play((file, tmp_path / 'other.wav'), -6.0)
    while speaker.playing:
        clock.rest(0.1)
        count, new = speaker.heard(count)
        pcm.write(new)
    assert speaker.played_s == pytest.approx(4.0, abs=0.11)
    got = np.frombuffer(pcm.getvalue(), '<i2') / 32768
    np.testing.assert_allclose(got, np.tile(samples, 2) * 10 ** (-6 / 20), atol=3e-5)


def broken_off(folder, samples):
    """A file of which the second half is gone, as a full stick leaves one."""
    soundfile.write(folder / 'whole.flac', samples, SOUND_RATE_HZ)
    whole = (folder / 'whole.flac').read_bytes()
    (folder / 'half.flac').write_bytes(whole[: len(whole) // 2])
    return folder / 'half.flac'


def test_of_a_file_that_is_broken_off_as_much_sounds_as_there_is(clock, noise, tmp_path):
    file, samples = noise
    half = broken_off(tmp_path, samples)
    speaker, pcm, count = VirtualSpeaker(clock), b'', 0
    speaker.play((half, file))
    while speaker.playing:
        clock.rest(0.1)
        count, new = speaker.heard(count)
        pcm += new
    got = np.frombuffer(pcm, '<i2') / 32768
    assert 2.5 * SOUND_RATE_HZ < len(got) < 3.1 * SOUND_RATE_HZ
    np.testing.assert_allclose(got[: SOUND_RATE_HZ // 2], samples[: SOUND_RATE_HZ // 2], atol=1e-4)
    np.testing.assert_allclose(got[-len(samples) :], samples, atol=1e-4)


def test_what_is_stopped_sounds_no_longer_and_what_is_unplugged_passes_in_silence(clock, noise):
    speaker = VirtualSpeaker(clock)
    speaker.play((noise[0],))
    clock.rest(0.5)
    speaker.stop()
    clock.rest(1.0)
    assert not speaker.playing
    assert len(speaker.heard(0)[1]) == 2 * SOUND_RATE_HZ // 2
    speaker.plug(False)
    speaker.play((noise[0],))
    clock.rest(1.0)
    assert speaker.playing
    assert speaker.played_s == pytest.approx(1.0)
    assert len(speaker.heard(0)[1]) == 2 * SOUND_RATE_HZ // 2


def test_a_speaker_that_nobody_listens_to_remembers_no_more_than_the_last_seconds(clock, noise):
    speaker = VirtualSpeaker(clock)
    for _ in range(50):
        speaker.play((noise[0],))
        clock.rest(3.0)
    assert len(speaker._sounding) <= 5
