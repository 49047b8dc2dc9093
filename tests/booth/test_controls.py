"""The panel's pins: the truth table of every wire and polarity, broken wires, a dead port."""

from dataclasses import asdict, replace

import pytest

from appliance.booth.controls import GpioControls, Wire, Wiring, pi_gpio
from appliance.booth.doors import Inputs
from appliance.errors import MachineFileError, MachineRefusesError
from tests.booth.fake_gpio import FakeGpio

NAMES = ['record', 'left', 'right', 'lid_closed', 'blank', 'stop_pressed']
SAFE = {**dict.fromkeys(NAMES, False), 'known': True}


def wiring(active):
    pins = dict(zip([*NAMES, 'lamp'], (18, 19, 20, 21, 24, 25, 4), strict=True))
    return Wiring(**{name: Wire(pin, active) for name, pin in pins.items()})


@pytest.mark.parametrize('active', ['low', 'high'])
@pytest.mark.parametrize('on', NAMES)
def test_each_wire_means_what_it_is_named_for_and_nothing_else(active, on):
    gpio, wires = FakeGpio(), wiring(active)
    controls = GpioControls(wires, gpio)
    for name in NAMES:
        gpio.driven[getattr(wires, name).pin] = int((active == 'high') is (name == on))
    assert asdict(controls.read()) == SAFE | {on: True}


@pytest.mark.parametrize('active', ['low', 'high'])
def test_broken_wires_read_as_unsafe_and_unpressed(active):
    """Nothing drives any pin: only the pulls speak."""
    assert GpioControls(wiring(active), FakeGpio()).read() == Inputs()
    assert Inputs() == Inputs(record=False, lid_closed=False, blank=False, stop_pressed=True)


def test_a_port_that_cannot_be_read_is_unsafe_and_says_why_and_recovers():
    gpio = FakeGpio()
    controls = GpioControls(wiring('low'), gpio)
    gpio.driven[21] = 0
    assert controls.read().lid_closed
    gpio.dead = True
    assert controls.read() == Inputs(known=False)
    assert 'gpiomem' in controls.cause
    controls.lamp(True)
    gpio.dead = False
    assert controls.read().lid_closed
    assert 'gpiomem' in controls.cause, 'the lamp is still not as it should be'
    controls.lamp(True)
    controls.read()
    assert controls.cause == ''


@pytest.mark.parametrize('active', ['low', 'high'])
def test_the_lamp_is_dark_at_first_follows_and_goes_out(active):
    gpio, lit = FakeGpio(), int(active == 'high')
    controls = GpioControls(wiring(active), gpio)
    assert gpio.outputs == {4: 1 - lit}
    controls.lamp(True)
    assert gpio.outputs == {4: lit}
    controls.close()
    assert gpio.outputs == {4: 1 - lit}
    assert sorted(gpio.given_back) == [4, 18, 19, 20, 21, 24, 25]


def test_a_port_that_is_dead_can_still_be_closed():
    gpio = FakeGpio()
    controls = GpioControls(wiring('low'), gpio)
    gpio.dead = True
    controls.close()
    assert gpio.given_back == []


def test_two_wires_on_one_pin_are_refused_by_name():
    with pytest.raises(MachineFileError, match='GPIO 19 is given to left, right'):
        replace(wiring('low'), right=Wire(19, 'low'))


def test_pins_that_cannot_be_had_are_refused_with_the_cause():
    class Refusing(FakeGpio):
        def setup(self, *given, **more):
            raise RuntimeError('not running on a RPi!')

    refusing = Refusing()
    with pytest.raises(MachineRefusesError, match=r'not running on a RPi.*group gpio'):
        GpioControls(wiring('low'), refusing)
    assert 18 in refusing.given_back


def test_without_the_library_it_is_said_what_to_install(monkeypatch):
    monkeypatch.setitem(__import__('sys').modules, 'RPi', None)
    with pytest.raises(MachineRefusesError, match=r'install RPi\.GPIO'):
        pi_gpio()
