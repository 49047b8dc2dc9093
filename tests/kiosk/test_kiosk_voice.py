"""What is heard together is played together, what comes later takes its place, and the end of a voice is noticed."""

import numpy as np
import pytest
import soundfile

from appliance.clock import SteppedClock
from appliance.config import load_config
from appliance.kiosk.voice import DISC, TAKE, Voice
from appliance.virtual.booth.sound import VirtualSpeaker
from appliance.words.prompts import prompt


@pytest.fixture
def clock():
    return SteppedClock()


@pytest.fixture
def voice(clock, tmp_path):
    config, _ = load_config(system=tmp_path)
    return Voice(VirtualSpeaker(clock), config.voice)


@pytest.fixture
def take(tmp_path):
    soundfile.write(tmp_path / 'take.wav', 0.1 * np.ones(2 * 48_000), 48_000)
    return tmp_path / 'take.wav'


def test_a_prompt_is_followed_by_the_take_and_the_place_is_the_takes_own(voice, clock, take):
    voice.say('listen', 'en')
    voice.play(take, TAKE)
    prompt_s = soundfile.info(prompt('listen', 'en')).duration
    assert voice.go() == pytest.approx(prompt_s + 2)
    assert voice.place() == ('', 0.0)
    clock.rest(prompt_s + 0.5)
    assert voice.place() == (TAKE, pytest.approx(0.5))
    assert not voice.ended()
    clock.rest(1.6)
    assert voice.place() == ('', 0.0)
    assert voice.ended()
    assert not voice.ended()


def test_a_prompt_alone_that_ends_is_no_voice_heard_to_its_end(voice, clock):
    voice.say('thanks', 'en')
    clock.rest(voice.go() + 0.1)
    assert not voice.speaking
    assert not voice.ended()


def test_what_is_quieted_is_not_heard_to_its_end_but_what_the_same_event_asks_for_is(voice, clock, take):
    voice.play(take, DISC)
    voice.go()
    clock.rest(0.1)
    voice.tone('chime')
    voice.quiet()
    assert voice.go() > 0
    assert voice.speaking
    assert voice.place() == ('', 0.0)
    clock.rest(5)
    assert not voice.ended()
    voice.play(take, DISC)
    voice.go()
    voice.quiet()
    assert voice.go() == 0
    assert not voice.speaking
    assert not voice.ended()


def test_a_language_that_is_not_spoken_and_a_file_that_is_gone_are_silent(voice, tmp_path):
    voice.say('listen', 'ja')
    voice.play(tmp_path / 'gone.wav', TAKE)
    assert voice.go() == 0
    assert not voice.speaking
