"""One take after the other: what was heard before a take has no part in it."""

import numpy as np
import pytest

from appliance.workflow.values import Held, State
from tests.kiosk.booth_rig import Rig


@pytest.fixture
def rig(tmp_path):
    rig = Rig(tmp_path, max_message_s=20.0)
    yield rig
    rig.close()


def states_while(rig, seconds):
    end_s, seen = rig.clock.now_s() + seconds, set()
    while rig.clock.now_s() < end_s:
        seen.add(rig.turn())
    return seen


def test_after_a_take_of_full_length_the_next_visitor_is_recorded_too(rig):
    rig.to_recording()
    rig.until(State.LISTEN, 30.0)
    rig.press('left')
    rig.press()
    rig.until(State.ATTRACT)
    rig.to_recording()
    assert states_while(rig, 5.0) == {State.RECORDING}
    assert rig.kiosk.booth.held is Held.RECORDING
    rig.press()
    rig.until(State.LISTEN)
    assert 4.0 < rig.kiosk.live.take.seconds < 7.0


def test_whoever_was_silent_before_the_take_is_not_asked_at_its_beginning(rig):
    rig.to_level()
    rig.rest(15.0)
    rig.press()
    rig.until(State.RECORDING)
    assert states_while(rig, 5.0) == {State.RECORDING}


def test_sound_that_the_computer_was_too_slow_for_is_told_to_the_host(rig, caplog):
    rig.to_recording()
    rig.rest(3.0)
    for _ in range(3):
        rig.virtual.microphone._capture.offer(np.zeros(480, np.float32), overrun=True)
    rig.press()
    rig.until(State.LISTEN)
    assert [line for line in caplog.messages if 'lost' in line] == ['3 blocks of sound were lost in this take']
    rig.press('left')
    rig.press()
    rig.until(State.ATTRACT)
    rig.to_listen()
    assert len([line for line in caplog.messages if 'lost' in line]) == 1, 'told once, and of its own take only'
