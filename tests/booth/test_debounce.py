"""Contacts: two presses within the bounce are one, a lost release is survived, the unsafe reading counts at once."""

from dataclasses import replace

import numpy as np
import pytest

from appliance.booth.debounce import Debouncer
from appliance.booth.doors import Inputs
from appliance.workflow.values import Kind

BOUNCE_S = 0.032  # between two polls, so that no rounding decides
DOWN_S = 0.015  # three polls
REST = Inputs(lid_closed=True, stop_pressed=False)


class Hand:
    """Works a debouncer in steps of 5 ms."""

    def __init__(self):
        self.debouncer = Debouncer(BOUNCE_S)
        self.now_s = 10.0
        self.read(REST, 0.1)

    def read(self, inputs, seconds=0.005):
        kinds = []
        until_s = self.now_s + seconds
        while self.now_s < until_s - 1e-9:
            kinds += [event.kind for event in self.debouncer.take(inputs, self.now_s)]
            self.now_s += 0.005
        return kinds


def test_sensors_are_reported_once_at_the_start_and_buttons_are_not():
    kinds = [event.kind for event in Debouncer(BOUNCE_S).take(Inputs(record=False), 0.0)]
    assert kinds == [Kind.LID_OPENED, Kind.STOP_PRESSED, Kind.BLANK_TAKEN]


@pytest.mark.parametrize(('name', 'kind'), [('record', Kind.RECORD), ('left', Kind.LEFT), ('right', Kind.RIGHT)])
def test_a_press_is_one_event_however_long_it_lasts(name, kind):
    hand = Hand()
    assert hand.read(replace(REST, **{name: True}), DOWN_S) == [kind]
    assert hand.read(replace(REST, **{name: True}), 5.0) == []
    assert hand.read(REST, 0.1) == []
    assert hand.read(replace(REST, **{name: True}), DOWN_S) == [kind]


def test_two_presses_within_the_bounce_are_one():
    hand, down = Hand(), replace(REST, record=True)
    assert hand.read(down, DOWN_S) == [Kind.RECORD]
    assert hand.read(REST, 0.025) == []
    assert hand.read(down, 0.1) == []
    assert hand.read(REST, 0.05) == []
    assert hand.read(down, DOWN_S) == [Kind.RECORD]


def test_a_release_that_nobody_saw_is_survived():
    """The loop stood still while the finger went up and came back much later: the second press still counts."""
    hand, down = Hand(), replace(REST, record=True)
    assert hand.read(down, DOWN_S) == [Kind.RECORD]
    hand.now_s += 2.0
    assert hand.read(REST, 0.05) == []
    assert hand.read(down, DOWN_S) == [Kind.RECORD]


def test_the_unsafe_reading_counts_at_once_and_the_safe_one_has_to_stand():
    hand = Hand()
    assert hand.read(replace(REST, lid_closed=False)) == [Kind.LID_OPENED]
    assert hand.read(REST, BOUNCE_S) == []
    assert hand.read(REST, 0.02) == [Kind.LID_CLOSED]
    assert hand.read(replace(REST, stop_pressed=True)) == [Kind.STOP_PRESSED]
    assert hand.read(REST, BOUNCE_S) == []
    assert hand.read(REST, 0.02) == [Kind.STOP_RELEASED]


def test_a_chattering_lid_is_open():
    hand = Hand()
    kinds = [kind for k in range(200) for kind in hand.read(replace(REST, lid_closed=bool(k % 2)))]
    assert kinds == [Kind.LID_OPENED]


def test_a_blank_has_to_lie_still():
    hand = Hand()
    assert hand.read(replace(REST, blank=True), BOUNCE_S) == []
    assert hand.read(replace(REST, blank=True), 0.02) == [Kind.BLANK_LAID]


def test_a_single_reading_is_no_press():
    """At `load disc` a press is the consent to cut: a spark on the wire must not give it."""
    hand = Hand()
    assert hand.read(replace(REST, record=True)) == []
    assert hand.read(REST, 0.1) == []


def test_a_button_held_from_the_start_is_no_press_until_it_was_let_go():
    debouncer, down = Debouncer(BOUNCE_S), replace(REST, record=True)
    said = [event.kind for k in range(100) for event in debouncer.take(down, k * 0.005)]
    assert Kind.RECORD not in said
    later = [(REST, 0.6 + k * 0.005) for k in range(20)] + [(down, 0.8 + k * 0.005) for k in range(5)]
    assert [event.kind for inputs, at in later for event in debouncer.take(inputs, at)] == [Kind.RECORD]


def test_readings_that_fail_while_a_finger_is_down_do_not_make_a_second_press():
    hand, down = Hand(), replace(REST, record=True)
    assert hand.read(down, DOWN_S) == [Kind.RECORD]
    assert hand.read(Inputs(known=False), 0.2) == [Kind.LID_OPENED, Kind.STOP_PRESSED]
    assert Kind.RECORD not in hand.read(down, 0.2)


def test_any_chatter_gives_as_many_presses_as_there_were_stable_ones():
    """Against a plain twin: a press counts when the contact had been open for the whole bounce time before it."""
    chance = np.random.default_rng(7)
    for _ in range(200):
        levels = np.repeat(chance.integers(0, 2, 40), chance.integers(1, 14, 40)).astype(bool)
        hand = Hand()
        hand.read(REST, 1.0)
        got = sum(len(hand.read(replace(REST, record=bool(level)))) for level in levels)
        want, held, lows, highs = 0, False, 0, 0
        for level in levels:
            lows, highs = (0, highs + 1) if level else (lows + 1, 0)
            if highs == 3 and not held:  # the third poll is 10 ms after the first, the second only 5 ms
                want, held = want + 1, True
            held = held and lows < 8  # 7 polls of 5 ms are 35 ms after the first open one
        assert got == want
