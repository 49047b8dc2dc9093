"""What is heard, and the passing of time, as events and tones: each said once, none without cause."""

from dataclasses import replace

import pytest

from appliance.booth.doors import Heard
from appliance.kiosk.senses import Cues, Ears, left_of
from appliance.screens.view import Meter
from appliance.workflow.rules import Rules
from appliance.workflow.values import Booth, Held, Kind, State

RULES = Rules(max_message_s=60.0)
THERE = Heard(present=True)
RECORDING = Booth(state=State.RECORDING, held=Held.RECORDING)


def kinds(ears, heard, booth=RECORDING, *, speaking=False):
    return [event.kind for event in ears.take(heard, booth, RULES, speaking=speaking)]


@pytest.fixture
def ears():
    ears = Ears(silence_s=12.0)
    kinds(ears, THERE)
    return ears


def test_a_microphone_is_told_when_it_is_first_seen_and_when_it_changes():
    ears = Ears(silence_s=12.0)
    gone = Heard(present=False)
    seen = [kinds(ears, heard, Booth()) for heard in (gone, gone, THERE, THERE, gone)]
    assert seen == [[Kind.MICROPHONE_LOST], [], [Kind.MICROPHONE_FOUND], [], [Kind.MICROPHONE_LOST]]


def test_silence_is_told_once_and_the_next_voice_too(ears):
    spoke = [0.0, 11.9, 12.0, 12.5, 30.0, 0.2, 0.3, 13.0]
    told = [kinds(ears, replace(THERE, silent_s=silent_s, recorded_s=1.0)) for silent_s in spoke]
    assert told == [[], [], [Kind.SILENCE], [], [], [Kind.VOICE], [], [Kind.SILENCE]]


def test_silence_means_nothing_where_nobody_is_asked_to_speak(ears):
    assert kinds(ears, replace(THERE, silent_s=99), Booth(state=State.ATTRACT)) == []


def test_a_take_is_full_once_and_another_again(ears):
    full = replace(THERE, recorded_s=60.0)
    assert kinds(ears, full) == [Kind.TAKE_FULL]
    assert kinds(ears, full) == []
    kinds(ears, THERE, Booth())
    assert kinds(ears, full) == [Kind.TAKE_FULL]


def test_a_take_that_cannot_be_held_ends_and_says_why(ears):
    broken = replace(THERE, failure='run: no room')
    assert kinds(ears, broken) == [Kind.SPACE_LOW, Kind.TAKE_FULL]
    assert kinds(ears, broken) == []


def test_a_level_is_good_when_a_visitor_speaks_not_when_the_booth_does(ears):
    loud = replace(THERE, meter=Meter(-12, -20))
    check = Booth(state=State.LEVEL_CHECK)
    assert kinds(ears, loud, check) == [Kind.LEVEL_GOOD]
    assert kinds(ears, loud, check, speaking=True) == []
    assert kinds(ears, replace(THERE, meter=Meter(-40, -50)), check) == []


def test_the_countdown_ticks_once_a_second():
    cues, booth = Cues(), Booth(state=State.COUNTDOWN, until_s=3.0)
    ticks = [now / 100 for now in range(301) if cues.take(booth, THERE, RULES, now / 100) == 'tick']
    assert ticks == [0.0, 1.0, 2.0]


def test_a_take_is_warned_at_thirty_and_ten_seconds_left():
    cues, told = Cues(), {}
    for tenth in range(601):
        tone = cues.take(RECORDING, replace(THERE, recorded_s=tenth / 10), RULES, 0.0)
        if tone:
            told[tone] = tenth / 10
    assert told == {'thirty': 30.0, 'ten': 50.0}


def test_a_letter_that_may_only_be_short_is_not_warned_before_it_begins():
    cues, short = Cues(), replace(RULES, max_message_s=20.0)
    tones = [cues.take(RECORDING, replace(THERE, recorded_s=s / 10), short, 0.0) for s in range(201)]
    assert [tone for tone in tones if tone] == ['ten']


def test_what_is_left_is_the_takes_time_or_the_states():
    assert left_of(RECORDING, replace(THERE, recorded_s=12.0), RULES, 5.0) == 48.0
    assert left_of(Booth(state=State.LISTEN, until_s=9.0), THERE, RULES, 5.0) == 4.0
    assert left_of(Booth(state=State.LISTEN, until_s=9.0), THERE, RULES, 50.0) == 0.0
    assert left_of(Booth(state=State.LISTEN), THERE, RULES, 5.0) is None
