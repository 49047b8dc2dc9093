"""Virtual buttons are felt however quick the finger and however slow the poll; sensors follow at once."""

import pytest

from appliance.booth.debounce import Debouncer
from appliance.errors import OptionError
from appliance.virtual.booth.controls import AT_REST, VirtualControls
from appliance.workflow.values import Kind


@pytest.mark.parametrize('poll_s', [0.004, 0.03, 0.2])
def test_three_quick_clicks_are_three_presses(poll_s):
    controls, debouncer, pressed = VirtualControls(), Debouncer(0.02), []
    for number in range(200):
        if number == 20:
            for on in (True, False) * 3:
                controls.set('record', on)
        events = debouncer.take(controls.read(), number * poll_s)
        pressed += [event.kind for event in events if event.kind is Kind.RECORD]
    assert len(pressed) == 3
    assert controls.now() == AT_REST


def test_a_finger_that_never_stops_is_not_pressed_for_ever():
    controls = VirtualControls()
    for _ in range(100):
        controls.set('left', True)
        controls.set('left', False)
    for _ in range(200):
        inputs = controls.read()
    assert not inputs.left


def test_lid_stop_and_blank_follow_at_once():
    controls = VirtualControls()
    controls.set('lid_closed', False)
    controls.set('stop_pressed', True)
    assert (controls.read().lid_closed, controls.read().stop_pressed) == (False, True)


def test_looking_is_no_poll():
    controls = VirtualControls()
    controls.set('record', True)
    assert not any(controls.now().record for _ in range(50))
    assert controls.read().record


def test_what_is_no_control_is_named():
    with pytest.raises(OptionError, match="'lever'"):
        VirtualControls().set('lever', True)
