"""Microphone and speaker over a fake sounddevice: found by name, lost, found again; every sample in its place."""

import numpy as np
import pytest
import soundfile

from appliance.booth.microphone import SounddeviceMicrophone
from appliance.booth.sound_system import SoundSystem
from appliance.booth.speaker import SounddeviceSpeaker
from appliance.clock import SteppedClock
from appliance.errors import MachineRefusesError
from tests.booth.fake_sound import FakeSound


class Sink:
    def __init__(self):
        self.samples = np.zeros(0, np.float32)

    def write(self, block):
        self.samples = np.concatenate([self.samples, block])


class Rig:
    """A sound system whose thread is turned by hand."""

    def __init__(self, library, kernel=True):
        self.library, self.clock = library, SteppedClock(100.0)
        self.system = SoundSystem(lambda: library, library.kernel if kernel else (lambda: None), self.clock.now_s)
        self.system.start = lambda: None

    def run(self, seconds, block=None):
        for _ in range(round(seconds / 0.05)):
            self.clock.rest(0.05)
            self.system.turn()
            for stream in self.library.streams:
                if stream.way == 'input':
                    stream.give(np.zeros((2400, stream.given['channels'])) if block is None else block)
                elif stream.name in self.library.cards:
                    stream.fetch(480)


def heard_after(rig, microphone, change):
    """Seconds until what the microphone says of itself changes."""
    before, start = microphone.heard().present, rig.clock.now_s()
    change()
    while microphone.heard().present is before:
        rig.run(0.05)
        assert rig.clock.now_s() - start < 5
    return rig.clock.now_s() - start


@pytest.mark.parametrize('kernel', [True, False], ids=['with the list of the kernel', 'without'])
@pytest.mark.parametrize('is_open', [True, False], ids=['open', 'closed'])
def test_unplug_and_replug_are_known_within_two_seconds_open_or_closed(kernel, is_open):
    library = FakeSound(Mic=None)
    rig = Rig(library, kernel)
    microphone = SounddeviceMicrophone(rig.system, 'Mic')
    if is_open:
        microphone.open()
    rig.run(1)
    assert microphone.heard().present
    for _ in range(3):
        assert heard_after(rig, microphone, library.cards.clear) <= 2
        assert heard_after(rig, microphone, lambda: library.cards.update(Mic=(48_000.0,))) <= 2
        rig.run(2)
        assert len(library.streams) == is_open, 'a closed microphone listens to nobody'


@pytest.mark.parametrize('part', [SounddeviceMicrophone, SounddeviceSpeaker])
def test_a_stream_that_opens_and_does_not_start_is_given_back_and_tried_again(part, tmp_path):
    library = FakeSound(Card=None)
    library.unstartable = True
    rig = Rig(library)
    line = part(rig.system, 'Card')._line
    line.wanted = True
    rig.run(1)
    assert 'Unanticipated host error' in line.cause
    assert len(library.opened) > 2
    assert all(stream.closed for stream in library.opened), 'a card that is held open can be opened by nobody'
    library.unstartable = False
    rig.run(1)
    assert line.present


def test_the_device_is_found_by_its_name_when_the_order_has_changed():
    library = FakeSound(Other=None, Mic=None)
    rig = Rig(library)
    microphone = SounddeviceMicrophone(rig.system, 'Mic')
    microphone.open()
    rig.run(1)
    assert [stream.name for stream in library.streams] == ['Mic']
    del library.cards['Other']
    rig.run(2)
    assert [stream.name for stream in library.streams] == ['Mic']
    assert microphone.heard().present


def test_a_name_that_is_not_there_is_said_and_nothing_else_taken():
    rig = Rig(FakeSound(Other=None))
    microphone = SounddeviceMicrophone(rig.system, 'Mic')
    microphone.open()
    rig.run(1)
    assert not microphone.heard().present
    assert "no input is named 'Mic'" in microphone.cause


def test_without_the_library_there_is_no_microphone_and_it_is_said_why():
    def missing():
        raise MachineRefusesError('PortAudio is missing', remedy='sudo apt install libportaudio2')

    clock = SteppedClock()
    system = SoundSystem(missing, lambda: None, clock.now_s)
    system.start = lambda: None
    microphone = SounddeviceMicrophone(system)
    clock.rest(1)
    system.turn()
    assert not microphone.heard().present
    assert 'libportaudio2' in microphone.cause


@pytest.mark.parametrize('rate_hz', [48_000.0, 44_100.0, 16_000.0])
def test_a_take_is_what_the_card_gave_exact_to_the_sample(rate_hz):
    library = FakeSound(Mic=(rate_hz,))
    rig, sink = Rig(library), Sink()
    microphone = SounddeviceMicrophone(rig.system)
    microphone.open()
    rig.run(0.5)
    stream = library.streams[0]
    tone = 0.5 * np.sin(2 * np.pi * 440 * np.arange(int(2 * rate_hz)) / rate_hz)
    microphone.record(sink)
    for start in range(0, len(tone), 441):
        stream.give(tone[start : start + 441])
    microphone.end()
    stream.give(tone)
    microphone.pump()
    assert len(sink.samples) == pytest.approx(96_000, abs=1)
    expected = 0.5 * np.sin(2 * np.pi * 440 * np.arange(96_000) / 48_000)
    np.testing.assert_allclose(sink.samples[500:95_000], expected[500:95_000], atol=2e-3)
    assert microphone.heard().recorded_s == len(sink.samples) / 48_000
    assert microphone.heard().lost_blocks == 0


def test_what_the_card_lost_is_counted():
    library = FakeSound(Mic=None)
    rig = Rig(library)
    microphone = SounddeviceMicrophone(rig.system)
    microphone.open()
    rig.run(0.5)
    microphone.record(Sink())
    for overflow in (False, True, False, True):
        library.streams[0].give(np.zeros(480), overflow)
    microphone.pump()
    assert microphone.heard().lost_blocks == 2


def test_a_balanced_plug_in_a_stereo_socket_is_no_silence():
    library = FakeSound(channels=2, Mic=None)
    rig, sink = Rig(library), Sink()
    microphone = SounddeviceMicrophone(rig.system)
    microphone.open()
    voice = np.sin(np.arange(2400) / 9)
    rig.run(0.5, np.stack([voice, -1.01 * voice], axis=1))
    microphone.record(sink)
    library.streams[0].give(np.stack([voice, -voice], axis=1))
    microphone.end()
    np.testing.assert_allclose(sink.samples, voice, atol=1e-6)


def test_a_microphone_on_the_other_side_is_found():
    library = FakeSound(channels=2, Mic=None)
    rig, sink = Rig(library), Sink()
    microphone = SounddeviceMicrophone(rig.system)
    microphone.open()
    voice = np.sin(np.arange(2400) / 9)
    rig.run(0.5, np.stack([0 * voice, voice], axis=1))
    microphone.pump()
    microphone.record(sink)
    library.streams[0].give(np.stack([0 * voice, voice], axis=1))
    microphone.end()
    np.testing.assert_allclose(sink.samples, voice, atol=1e-6)


@pytest.fixture
def tones(tmp_path):
    """Two files that are one sine when nothing is between them."""
    sine = (0.5 * np.sin(2 * np.pi * 300 * np.arange(48_000) / 48_000)).astype(np.float32)
    for name, part in (('a', sine[:20_000]), ('b', sine[20_000:])):
        soundfile.write(tmp_path / f'{name}.wav', part, 48_000, subtype='FLOAT')
    return (tmp_path / 'a.wav', tmp_path / 'b.wav'), sine


def speaker_of(rig):
    speaker = SounddeviceSpeaker(rig.system)
    speaker._run = lambda: None
    return speaker


def sounded(rig, speaker, seconds):
    out = []
    for _ in range(round(seconds / 0.01)):
        rig.clock.rest(0.01)
        rig.system.turn()
        speaker.feed()
        out += [stream.fetch(480)[:, 0] for stream in rig.library.streams if stream.way == 'output']
    return np.concatenate([np.zeros(0), *out])


def test_files_sound_one_after_the_other_without_a_gap(tones):
    files, sine = tones
    rig = Rig(FakeSound(channels=2, Out=None))
    speaker = speaker_of(rig)
    speaker.play(files, gain_db=-6.0)
    out = sounded(rig, speaker, 1.5)
    first = int(np.flatnonzero(out)[0]) - 1
    np.testing.assert_allclose(out[first : first + 48_000], sine * 10 ** (-6 / 20), atol=1e-6)
    assert not np.any(out[first + 48_000 :])
    assert not speaker.playing
    assert speaker.played_s == pytest.approx(1.0)


def test_nothing_is_left_out_while_a_known_card_is_being_opened(tones):
    files, sine = tones
    rig = Rig(FakeSound(channels=2, Out=None))
    speaker = speaker_of(rig)
    rig.run(1)
    speaker.feed()
    rig.run(1)
    assert not rig.library.streams, 'it is known, and closed'
    speaker.play(files)
    for _ in range(30):  # opening takes its time
        rig.clock.rest(0.01)
        speaker.feed()
    out = sounded(rig, speaker, 1.2)
    first = int(np.flatnonzero(out)[0]) - 1
    np.testing.assert_allclose(out[first : first + 48_000], sine, atol=1e-6)


def test_a_prompt_that_is_broken_off_is_told_and_the_next_one_sounds(tones, tmp_path, caplog):
    files, sine = tones
    soundfile.write(tmp_path / 'whole.flac', np.random.default_rng(1).uniform(-0.5, 0.5, 48_000), 48_000)
    whole = (tmp_path / 'whole.flac').read_bytes()
    (tmp_path / 'half.flac').write_bytes(whole[: len(whole) // 2])
    rig = Rig(FakeSound(channels=2, Out=None))
    speaker = speaker_of(rig)
    speaker.play((tmp_path / 'half.flac', *files))
    out = sounded(rig, speaker, 3.0)
    end = int(np.flatnonzero(out)[-1])
    np.testing.assert_allclose(out[end - 40_000 : end], sine[-40_001:-1], atol=1e-6)
    (told,) = caplog.messages
    assert 'half.flac' in told
    assert 'cannot be read to its end' in told


def test_what_is_stopped_fades_within_ten_milliseconds(tones):
    rig = Rig(FakeSound(channels=2, Out=None))
    speaker = speaker_of(rig)
    speaker.play(tones[0])
    before = sounded(rig, speaker, 0.5)
    assert speaker.playing
    speaker.stop()
    assert not speaker.playing
    after = sounded(rig, speaker, 0.1)
    assert not np.any(after[480:])
    assert np.max(np.abs(np.diff(np.concatenate([before[-480:], after])))) < 0.03


def test_what_the_card_takes_of_one_sound_while_the_next_begins_is_not_counted_for_that(tones):
    rig = Rig(FakeSound(channels=2, Out=None))
    speaker = speaker_of(rig)
    speaker.play(tones[0][:1])
    sounded(rig, speaker, 0.1)
    (stream,) = rig.library.streams
    take = speaker._ring.get

    def taken(most=None):
        block = take()
        speaker._ring.get = take
        speaker.play(tones[0][1:])
        speaker.feed()
        return block[:most]

    speaker._ring.get = taken
    stream.fetch(20_000)
    assert speaker.played_s == 0.0
    stream.fetch(480)
    assert speaker.played_s == pytest.approx(0.01)


def test_without_a_speaker_it_plays_in_silence_and_in_its_own_time(tones):
    rig = Rig(FakeSound())
    speaker = speaker_of(rig)
    speaker.play(tones[0])
    sounded(rig, speaker, 0.9)
    assert speaker.playing
    assert speaker.played_s == pytest.approx(0.9, abs=0.05)
    sounded(rig, speaker, 0.2)
    assert not speaker.playing


def test_a_mistake_in_what_goes_on_with_the_samples_is_a_microphone_lost_until_they_go_on_again(monkeypatch):
    rig = Rig(FakeSound(Mic=None))
    microphone = SounddeviceMicrophone(rig.system, 'Mic')
    microphone.open()
    rig.run(1)

    def broken(*_):
        raise ValueError('no such filter')

    with monkeypatch.context() as worse:
        worse.setattr(microphone._capture, 'drain', broken)
        microphone.pump_on()
    assert not microphone.heard().present
    assert 'no such filter' in microphone.cause
    microphone.pump_on()
    assert (microphone.heard().present, microphone.cause) == (True, '')


def test_a_mistake_in_what_is_played_ends_it(tones, monkeypatch):
    rig = Rig(FakeSound(channels=2, Out=None))
    speaker = speaker_of(rig)
    speaker.play(tones[0])

    def broken(*_):
        raise ValueError('no such decoder')

    monkeypatch.setattr(speaker, '_top_up', broken)
    rig.clock.rest(2.0)
    speaker.feed_on()
    assert not speaker.playing
