"""The real drivers, wired by a machine file, on one header: what is seen is what was drawn, each act is one event."""

import itertools
import random
from dataclasses import replace

import pytest

from appliance.booth.debounce import Debouncer
from appliance.booth.doors import Inputs
from appliance.booth.lcd import RETRY_S
from appliance.booth.wiring import bounce_s
from appliance.machine import load_machine
from appliance.screens import draw
from appliance.workflow.values import Event, Kind, State
from tests.booth.rig import Rig
from tests.screens.views import view

POLL_S = 0.004
VISIT = (State.ATTRACT, State.LANGUAGE, State.LEVEL_CHECK, State.COUNTDOWN, State.RECORDING, State.LISTEN, State.SAVING,
         State.LOAD_DISC, State.CUTTING, State.TAKE_DISC, State.THANKS, State.ATTRACT)  # fmt: skip
BUTTONS = {'record': Kind.RECORD, 'left': Kind.LEFT, 'right': Kind.RIGHT}
SENSORS = {
    'lid_closed': (Kind.LID_CLOSED, Kind.LID_OPENED),
    'blank': (Kind.BLANK_LAID, Kind.BLANK_TAKEN),
    'stop_pressed': (Kind.STOP_PRESSED, Kind.STOP_RELEASED),
}


def rewired(**lcd):
    machine = load_machine()
    controls = replace(machine.controls, stop_pressed=8, stop_pressed_active='low', lamp_active='low', left=4)
    return replace(machine, controls=controls, lcd=replace(machine.lcd, **lcd))


REWIRED = rewired(spi_device=1, dc=20, reset=24, backlight=25, backlight_active_low=True, rotate=2)


class Loop:
    """What the booth's loop does with its controls: polls and debounces."""

    def __init__(self, rig, machine):
        self.rig = rig
        self.debouncer = Debouncer(bounce_s(machine))

    def run(self, seconds):
        events = []
        for _ in range(round(seconds / POLL_S)):
            events += self.debouncer.take(self.rig.controls.read(), self.rig.clock.now_s())
            self.rig.clock.rest(POLL_S)
        return events


def loop(machine=None, seed=0):
    machine = machine or load_machine()
    made = Loop(Rig(machine, seed=seed), machine)
    at_rest = [Event(Kind.LID_CLOSED), Event(Kind.STOP_RELEASED), Event(Kind.BLANK_TAKEN)]
    assert made.run(0.1) == at_rest
    return made


@pytest.mark.parametrize('machine', [load_machine(), REWIRED], ids=['virtual', 'rewired'])
@pytest.mark.parametrize('language', ['en', 'ja'])
def test_a_visit_s_screens_are_decoded_from_the_wires_as_they_were_drawn(machine, language):
    rig = Rig(machine)
    for state in VISIT:
        for seconds in (12.0, 11.0):
            image = draw(view(state, language, seconds_left=seconds))
            rig.lcd.show(image)
            assert rig.shows(image), (state, rig.lcd.cause)
    assert not rig.shows(draw(view(State.FAULT, language)))


@pytest.mark.parametrize('machine', [load_machine(), REWIRED], ids=['virtual', 'rewired'])
def test_light_and_lamp_are_each_their_own_wire(machine):
    rig = Rig(machine)
    rig.lcd.show(draw(view(State.ATTRACT)))
    for light, lamp in ((False, True), (True, False), (False, False), (True, True)):
        rig.lcd.light(light)
        rig.controls.lamp(lamp)
        assert (rig.lit(), rig.lamp()) == (light, lamp)
    rig.lcd.close()
    assert (rig.lit(), rig.lamp()) == (False, True)
    assert set(rig.header.given_back) <= {machine.lcd.dc, machine.lcd.reset, machine.lcd.backlight}
    rig.controls.close()
    assert not rig.lamp()


def test_a_panel_that_was_pulled_off_shows_the_whole_image_when_it_is_back():
    rig = Rig()
    first, second = draw(view(State.ATTRACT)), draw(view(State.LISTEN))
    rig.lcd.show(first)
    rig.bus.broken = True
    rig.lcd.show(second)
    assert rig.shows(first)
    assert rig.lcd.cause
    rig.bus.broken = False
    rig.clock.rest(RETRY_S + 1)
    rig.lcd.show(second)
    assert rig.shows(second)
    assert rig.lcd.cause == ''


@pytest.mark.parametrize('machine', [load_machine(), REWIRED], ids=['virtual', 'rewired'])
@pytest.mark.parametrize('seed', range(20))
def test_whatever_bounces_each_act_is_one_event(machine, seed):
    booth, chance = loop(machine, seed), random.Random(seed)
    for _ in range(30):
        name = chance.choice([*BUTTONS, *SENSORS])
        if name in BUTTONS:
            booth.rig.set(name, True)
            assert booth.run(chance.uniform(0.06, 0.4)) == [Event(BUTTONS[name])]
            booth.rig.set(name, False)
            assert booth.run(chance.uniform(0.06, 0.4)) == []
        else:
            now = getattr(booth.rig.controls.read(), name)
            booth.rig.set(name, not now)
            assert booth.run(chance.uniform(0.06, 0.4)) == [Event(SENSORS[name][int(now)])]


def test_the_contacts_of_the_rig_do_bounce():
    """Else the test above would prove nothing."""
    rig, readings = Rig(seed=3), []
    rig.set('record', True)
    for _ in range(200):
        readings.append(rig.controls.read().record)
        rig.clock.rest(0.0001)
    assert sum(one != other for one, other in itertools.pairwise(readings)) >= 4
    assert readings[-1]


@pytest.mark.parametrize('name', [*BUTTONS, *SENSORS])
def test_a_wire_that_breaks_reads_as_unsafe_and_presses_nothing(name):
    booth = loop()
    booth.rig.set('blank', True)
    booth.run(0.1)
    booth.rig.cut(name)
    said = {'lid_closed': Kind.LID_OPENED, 'stop_pressed': Kind.STOP_PRESSED, 'blank': Kind.BLANK_TAKEN}
    assert booth.run(0.2) == ([Event(said[name])] if name in said else [])


def test_a_release_that_nobody_polled_is_no_second_press():
    booth = loop()
    booth.rig.set('record', True)
    assert booth.run(0.1) == [Event(Kind.RECORD)]
    booth.rig.set('record', False)
    booth.rig.clock.rest(3.0)
    assert booth.run(0.1) == []
    booth.rig.set('record', True)
    assert booth.run(0.1) == [Event(Kind.RECORD)]


def test_a_dead_port_is_unsafe_at_once_and_everything_is_told_when_it_is_back():
    booth = loop()
    booth.rig.header.dead = True
    assert booth.rig.controls.read() == Inputs(known=False)
    assert set(booth.run(0.1)) == {Event(Kind.LID_OPENED), Event(Kind.STOP_PRESSED)}
    booth.rig.header.dead = False
    assert set(booth.run(0.1)) == {Event(Kind.LID_CLOSED), Event(Kind.STOP_RELEASED)}
