"""One table of what the interlock must do, played on the logic alone and on the firmware in a real MicroPython."""

import pytest
from ina226 import Sensor
from pico_rig import Bench
from play_vectors import Play, scenarios

from appliance.interlock import loop
from appliance.interlock.ammeter import Ammeter
from appliance.interlock.guard import Guard, Limits, Seen
from appliance.interlock.sensors import Thermistor, supply_mv

SCENARIOS = scenarios()
LOGIC = {
    'stop_closed': 1,
    'stop_open': 0,
    'lid': 1,
    'home': 0,
    'head_adc': 32767,
    'driver_adc': 32767,
    'supply_adc': 43330,
    'shunt': 1000,
    'bus': 1,
}


class Logic:
    """The loop and the guard under CPython, over a board made of numbers."""

    def __init__(self, session=77, build=0):
        self.session = session
        self.guard = Guard(Limits(800, 850, 21_000, 27_000, 5000), session, build)
        self.now, self.order, self.said, self.wrote = dict(LOGIC), {}, b'', b''
        self._thermistor = Thermistor(10_000, 10_000, 3950)
        self._ammeter = Ammeter(Sensor(self.now), 10)
        self._voice, self._seen, self.line_is_full = loop.Voice(), Seen(), False
        self._outputs = (False, False)

    def set(self, **inputs):
        self.now.update(inputs)

    def hear(self, data):
        self.said += data

    def turn(self, **order):
        self.order = order
        loop.turn(self, self.guard, self._voice, self._seen)
        return self._outputs

    def seen(self):
        return self.guard.state, self.guard.cause, self.guard.trips

    # the board
    def look(self, seen):
        now, order = self.now, self.order
        seen.stop_out, seen.stop_agrees = bool(now['stop_closed']), now['stop_closed'] != now['stop_open']
        seen.at_home = bool(now['home'])
        seen.lid_closed, seen.relay_closed = bool(now['lid']), bool(order['relay_contact'])
        seen.head_dc = self._thermistor.dc(now['head_adc'])
        seen.driver_dc = self._thermistor.dc(now['driver_adc'])
        seen.supply_mv = supply_mv(now['supply_adc'], 36_300)
        seen.beats, seen.steps, seen.turns = order['beats'], order['steps'], order['turns']
        seen.current_ma = self._ammeter.take(order['ms'])
        return order['ms']

    def read(self):
        said, self.said = self.said, b''
        return said or None

    def write(self, data):
        if self.line_is_full:
            return False
        self.wrote += data
        return True

    def drive(self, power, head):
        self._outputs = (power, head)


class Both:
    """The firmware in MicroPython and the logic as its twin, turn by turn: what one drives the other drives."""

    def __init__(self, folder):
        self.bench = Bench(folder)
        self.twin = Logic(self.bench.session, self.bench.build)
        self.session, self._inputs = self.twin.session, {}
        self.twin.turn(ms=0, beats=0, steps=0, turns=0, relay_contact=0)  # the firmware has made its first turn

    def set(self, **inputs):
        self._inputs = inputs
        self.twin.set(**inputs)

    def hear(self, data):
        self.bench.write(data)
        self.twin.hear(data)

    def turn(self, **order):
        out = self.bench.turn(**order, **self._inputs)
        self._inputs = {}
        driven = bool(out['relay']), bool(out['lift'])
        assert driven == self.twin.turn(**order), 'MicroPython and CPython disagree'
        return driven

    def seen(self):
        return self.twin.seen()


@pytest.mark.parametrize('name', SCENARIOS)
def test_the_logic_does_what_the_table_says(name):
    Play(Logic()).play(SCENARIOS[name])


def test_the_firmware_does_what_the_table_says_to_the_byte(tmp_path):
    """Each scenario in an interpreter of its own, with a Pico's memory."""
    for number, (name, steps) in enumerate(SCENARIOS.items()):
        folder = tmp_path / str(number)
        folder.mkdir()
        both = Both(folder)
        try:
            Play(both).play(steps)
        except AssertionError as error:
            raise AssertionError(f'{name}: {error}') from error
        assert both.bench.read() == both.twin.wrote, name
        assert both.bench.close()['relay'] == 0, 'a loop that ends leaves no power'
