"""The wizard of the wires at a virtual booth, worked by a hand that may find any wire where it does not belong."""

from dataclasses import replace

import pytest

from appliance.booth.controls import GpioControls
from appliance.booth.wiring import controls_wiring
from appliance.desk.book import Line, Table
from appliance.errors import OptionError
from appliance.machine import load_machine
from appliance.machine.panel_checks import INPUTS
from tests.booth.fake_gpio import FakeGpio
from tests.maintenance.rig import CommandRig

PINS = {'record': 2, 'left': 20, 'right': 21, 'lid_closed': 3, 'blank': 19, 'stop_pressed': 7}
AT_REST = {20: 0, 21: 0, 7: 0}  # pads give both levels, the stop is closed to ground; all else is open
WORKED = {'record': 0, 'left': 1, 'right': 1, 'lid_closed': 0, 'blank': 0, 'stop_pressed': None}


class Bench:
    """A booth whose panel hangs on a Pi's pins, and a hand that does what it is asked for."""

    def __init__(self, folder):
        self.rig = CommandRig(folder)
        self.gpio = FakeGpio()
        self.gpio.driven = dict(AT_REST)
        self.virtual = self.rig.kiosk.parts.controls
        controls = GpioControls(controls_wiring(load_machine()), self.gpio)
        self.rig.kiosk.parts = replace(self.rig.kiosk.parts, controls=controls)
        self.rig.maintain()
        self.work = self.usual
        self.bouncing = 0

    def usual(self, name):
        """The pins that follow the hand, and their levels."""
        return {PINS[name]: WORKED[name]}

    def run(self, words, **how):
        turn, at = self.rig.turn, [0]
        self.gpio.driven = dict(AT_REST)  # before the command reads for the first time

        def hand():
            asked = self.rig.asked[-1] if self.rig.asked else ''
            name = next((one for one in INPUTS if asked and asked == questions()[one]), '')
            at[0] = at[0] + 1 if name and name == getattr(self, 'last', '') else 0
            self.last = name
            down = 20 < at[0] < 60 or (self.bouncing and 60 <= at[0] < 60 + self.bouncing and at[0] % 2)
            self.gpio.driven = AT_REST | (self.work(name) if name and down else {})
            self.gpio.driven = {pin: level for pin, level in self.gpio.driven.items() if level is not None}
            return turn()

        self.rig.turn = hand
        try:
            return self.rig.run(words, **how)
        finally:
            self.rig.turn = turn


def questions():
    from appliance.hands.wire import HAND

    return {name: question for name, (question, _) in HAND.items()}


@pytest.fixture
def bench(tmp_path):
    bench = Bench(tmp_path)
    with bench.rig:
        yield bench
        bench.rig.kiosk.parts = replace(bench.rig.kiosk.parts, controls=bench.virtual)


def lines(said):
    return [one.text for one in said if isinstance(one, Line)]


def good(said):
    (table,) = (one for one in said if isinstance(one, Table))
    return dict(table.rows)


def test_wires_that_are_right_are_good_one_by_one(bench):
    said = bench.run('wire')
    assert good(said) == dict.fromkeys(INPUTS, True)
    assert bench.rig.asked == list(questions().values())
    assert 'controls.record (GPIO 2, header pin 3): good' in lines(said)
    assert not any('[controls]' in line for line in lines(said))


@pytest.mark.parametrize('name', INPUTS)
def test_a_wire_that_is_open_is_named(bench, name, monkeypatch):
    bench.work = lambda _: {}
    if name == 'stop_pressed':
        monkeypatch.delitem(AT_REST, 7)
    said = bench.run(f'wire {name} --seconds 2')
    assert good(said) == {name: False}
    assert f'controls.{name} (GPIO {PINS[name]}, header pin' in lines(said)[1]
    assert 'nothing moved' in lines(said)[1]
    where = 'ground' if name in ('left', 'right') else '3.3 V'  # a wire that touches it reads as an open one does
    assert f'it is open, touches {where}, or its switch goes there' in lines(said)[1]


def test_another_that_moves_is_named_with_what_the_file_would_say(bench):
    bench.work = lambda _: {21: 1}
    said = bench.run('wire left')
    assert 'controls.right (GPIO 21, header pin 40) moved instead' in lines(said)[1]
    assert lines(said)[-2:] == ['[controls] left = 21', '[controls] right = 20']


def test_two_that_move_at_once_touch(bench):
    bench.work = lambda _: {20: 1, 21: 1}
    said = bench.run('wire left')
    assert 'controls.right (GPIO 21, header pin 40) moved with it; their wires touch' in lines(said)[1]


def test_a_sensor_the_other_way_round_is_told_with_its_level(bench, monkeypatch):
    monkeypatch.setitem(AT_REST, 20, 1)
    bench.work = lambda _: {20: 0}
    said = bench.run('wire left')
    assert 'moves the other way round' in lines(said)[1]
    assert lines(said)[-1] == '[controls] left_active = "low"'


def test_a_contact_the_other_way_round_is_for_a_hand_not_for_the_file(bench, monkeypatch):
    monkeypatch.delitem(AT_REST, 7)
    bench.work = lambda _: {7: 0}
    said = bench.run('wire stop_pressed')
    assert 'use the normally closed contact' in lines(said)[1]
    assert not any('[controls]' in line for line in lines(said))


def test_a_contact_to_ground_all_the_time_is_named(bench, monkeypatch):
    monkeypatch.setitem(AT_REST, 2, 0)
    said = bench.run('wire record --seconds 2')
    assert 'stays low against its pull: it touches ground' in lines(said)[1]


def test_a_contact_that_bounces_for_long_is_good_and_the_file_is_told(bench):
    bench.bouncing = 40
    said = bench.run('wire record')
    assert good(said) == {'record': True}
    assert lines(said)[-1].startswith('[controls] bounce_ms = ')


def test_a_no_leaves_it_out(bench):
    said = bench.run('wire record', answer=False)
    assert lines(said) == ['record: left out']


def test_a_panel_that_cannot_be_read_is_told(bench):
    bench.gpio.dead = True
    said = bench.run('wire record --seconds 2')
    bench.gpio.dead = False
    assert 'cannot be read' in lines(said)[1]


def test_a_time_that_is_none_is_refused(bench):
    with pytest.raises(OptionError, match='from 2 to 300 s'):
        bench.run('wire --seconds 1')
