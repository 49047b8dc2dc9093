"""The current sensor: what its register means, what it costs the loop, and what a silent one is."""

from dataclasses import replace

import pytest
from ina226 import Sensor
from test_link import MACHINERY, Cable

from appliance.errors import MachineFileError
from appliance.interlock.ammeter import EVERY_MS, FULL_UV, HELD_MS, Ammeter
from appliance.interlock.firmware import wiring
from appliance.interlock.guard import LATE_MS
from appliance.interlock.pico import PicoLink
from appliance.interlock.wire import ABSENT, UNKNOWN
from appliance.machine import load_machine
from appliance.machine.panel_checks import SHUNT_FULL_MV

TURN_MS = 2


def told(ammeter, ms):
    return [ammeter.take(TURN_MS) for _ in range(ms // TURN_MS)][-1]


def started(now, shunt_mohm=10):
    sensor = Sensor(now)
    ammeter = Ammeter(sensor, shunt_mohm)
    told(ammeter, 2 * EVERY_MS)
    return sensor, ammeter


# 2.5 uV a bit, two's complement; 8000h is -81.92 mV (SBOS547B 7.1.2).
@pytest.mark.parametrize(('shunt', 'mohm', 'wanted_ma'), [
    (0, 10, 0), (4000, 10, 1000), (4000, 100, 100), (4000, 2, 5000), (32_767, 10, 8191), (-4000, 10, -1000),
    (-32_768, 10, -8192), (1, 1, 2),
])  # fmt: skip
def test_its_register_is_read_as_the_datasheet_has_it(shunt, mohm, wanted_ma):
    _, ammeter = started({'shunt': shunt, 'bus': 1}, mohm)
    assert told(ammeter, EVERY_MS) == wanted_ma


def test_the_end_of_its_range_is_one_figure_everywhere():
    assert SHUNT_FULL_MV * 1000 == FULL_UV == 32_768 * 2.5


def test_it_is_set_up_to_measure_the_shunt_alone_and_fast_enough():
    sensor, _ = started({'shunt': 0, 'bus': 1})
    assert sensor.measures == 'the shunt, over and over'
    assert sensor.registers[0x00] >> 12 == 0b0100, 'the fixed bits'
    assert sensor.time_ms < EVERY_MS


def test_it_is_asked_no_more_than_once_in_ten_milliseconds():
    sensor, ammeter = started({'shunt': 0, 'bus': 1})
    before = sensor.transfers
    told(ammeter, 1000)
    assert sensor.transfers - before <= 1000 // EVERY_MS


@pytest.mark.parametrize('bus', [0, 1])
def test_one_turn_of_the_loop_makes_at_most_two_transfers(bus):
    """Each ends within a millisecond, answered or not: far below what the loop may take."""
    sensor = Sensor({'shunt': 0, 'bus': bus})
    ammeter = Ammeter(sensor, 10)
    for _ in range(100):
        before = sensor.transfers
        ammeter.take(TURN_MS)
        assert sensor.transfers - before <= 2 < LATE_MS


def test_a_sensor_that_is_silent_for_long_is_unknown_and_comes_back():
    now = {'shunt': 4000, 'bus': 1}
    sensor, ammeter = started(now)
    now['bus'] = 0
    assert told(ammeter, HELD_MS - EVERY_MS) == 1000
    assert told(ammeter, 2 * EVERY_MS) == UNKNOWN
    sensor.registers[0x00] = 0x4127  # it has lost its supply
    now['bus'] = 1
    assert told(ammeter, 2 * EVERY_MS) == 1000
    assert sensor.measures == 'the shunt, over and over'


def test_something_else_at_its_address_is_no_sensor():
    ammeter = Ammeter(Sensor({'shunt': 4000, 'bus': 1}, maker=0x4144), 10)
    assert told(ammeter, 1000) == UNKNOWN


def test_the_link_tells_an_absent_one_from_a_silent_one():
    cable = Cable()
    link = PicoLink(cable, MACHINERY, cable)
    assert link.current_ma is None
    assert not link.measures_current
    assert link.status().closed
    assert (link.measures_current, link.current_ma) == (True, 250)
    cable.logic.set(bus=0)
    cable.rest(0.2)
    status = link.status()
    assert not status.closed
    assert 'current sensor does not answer' in status.cause
    assert (link.measures_current, link.current_ma) == (True, None)
    cable.logic._ammeter.take = lambda ms: ABSENT
    cable.rest(0.2)
    assert link.status().closed
    assert (link.measures_current, link.current_ma) == (False, None)
    cable.rest(1)
    assert link.current_ma is None, 'what was said a second ago is not believed'


def with_sensor(**values):
    machine = load_machine()
    return replace(machine, interlock=replace(machine.interlock, **values))


def test_a_machine_without_one_says_so_to_the_firmware():
    assert 'SHUNT_MOHM = 0\n' in wiring(with_sensor(current_sensor='none'), 'x')
    assert 'SHUNT_MOHM = 0\n' in wiring(with_sensor(current_sensor='none', sda=22), 'x'), 'a pin that has no bus'
    found = wiring(load_machine(), 'x')
    assert 'SHUNT_MOHM = 10\n' in found
    assert 'I2C = 1\n' in found
    assert 'I2C = 0\n' in wiring(with_sensor(sda=20, scl=21), 'x')


@pytest.mark.parametrize(('text', 'said'), [
    ('sda = 15\nscl = 14\n', 'sda is 15; the I2C of a Pico has 0, 2, 4'),
    ('sda = 16\n', 'which are of two buses'),
    ('scl = 13\n', 'scl is 13, which interlock.home has already'),
    ('shunt_mohm = 100\n', '500 mV; the sensor ends at 81.92'),
    ('supply_max_a = 8.0\n', '80 mV; the sensor ends at 81.92'),
    ('current_sensor = "ina219"\n', 'must be one of none, ina226'),
])  # fmt: skip
def test_what_cannot_be_is_refused(tmp_path, text, said):
    mine = tmp_path / 'mine.toml'
    mine.write_text('[machine]\nbase = "virtual"\n[interlock]\n' + text)
    with pytest.raises(MachineFileError, match=said):
        load_machine(mine)


def test_a_machine_without_one_may_use_its_pins(tmp_path):
    mine = tmp_path / 'mine.toml'
    mine.write_text('[machine]\nbase = "virtual"\n[interlock]\ncurrent_sensor = "none"\nhome = 14\nshunt_mohm = 1000\n')
    assert load_machine(mine).interlock.home == 14
