"""From the machine file to the wires that the real parts take."""

from dataclasses import replace

import pytest

from appliance.booth.controls import Wire
from appliance.booth.wiring import bounce_s, controls_wiring, lcd_wiring, sound_card
from appliance.errors import MachineFileError
from appliance.machine import load_machine


def test_every_wire_is_the_one_of_the_file():
    """The reference file, typed here a second time."""
    wiring = controls_wiring(load_machine())
    assert (wiring.record, wiring.left, wiring.right) == (Wire(2, 'low'), Wire(20, 'high'), Wire(21, 'high'))
    assert (wiring.lid_closed, wiring.blank) == (Wire(3, 'low'), Wire(19, 'low'))
    assert (wiring.stop_pressed, wiring.lamp) == (Wire(7, 'high'), Wire(18, 'high'))
    assert bounce_s(load_machine()) == 0.02
    lcd = lcd_wiring(load_machine())
    assert (lcd.spi_port, lcd.spi_device, lcd.bus_speed_hz, lcd.rotate) == (0, 0, 32_000_000, 0)
    assert (lcd.dc, lcd.reset, lcd.backlight, lcd.backlight_active_low) == (24, 25, 4, False)


def test_a_section_is_missed_only_when_a_real_part_asks_for_it():
    bare = replace(load_machine(), controls=None, lcd=None, sound=None)
    for section, ask in (('controls', controls_wiring), ('lcd', lcd_wiring)):
        with pytest.raises(MachineFileError, match=rf"machine 'virtual': \[{section}\] is missing.*add it"):
            ask(bare)
    assert bounce_s(bare) > 0
    assert (sound_card(bare).input, sound_card(bare).output) == ('', '')


def test_the_file_is_followed_when_it_says_otherwise():
    machine = load_machine()
    other = replace(machine, controls=replace(machine.controls, blank=5, blank_active='high', bounce_ms=35.0))
    assert controls_wiring(other).blank == Wire(5, 'high')
    assert bounce_s(other) == 0.035
