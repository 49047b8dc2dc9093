"""`audioletter doctor lcd`: a pattern on the LCD, as it arrives there, and one line where there is none."""

import numpy as np
import pytest

from appliance.commands import main
from appliance.errors import MachineRefusesError
from appliance.screens.pattern import BARS, GREYS, SEEN, pattern
from tests.booth.panel import Panel, Wires


@pytest.fixture
def wires(monkeypatch):
    wires = Wires()
    monkeypatch.setattr('appliance.booth.lcd.pi_spi', lambda: wires)
    monkeypatch.setattr('appliance.booth.controls.pi_gpio', lambda: wires)
    return wires


def test_the_pattern_arrives_and_what_must_be_seen_is_told(wires, capsys, monkeypatch):
    panel = Panel()
    monkeypatch.setattr('appliance.clock.RealClock.rest', lambda self, seconds: panel.take(wires.sent))
    assert main(['doctor', 'lcd', '--seconds', '1']) == 0
    out = capsys.readouterr().out
    assert out.startswith('ok   lcd')
    assert all(seen in out for seen in SEEN)
    assert np.array_equal(panel.memory >> 2, np.asarray(pattern()) >> 2)


def test_the_pattern_shows_each_side_colour_and_grey():
    image = np.asarray(pattern())
    for edge in (image[0], image[-1], image[:, 0], image[:, -1]):
        assert (edge == 255).all()
    found = {tuple(colour) for colour in image.reshape(-1, 3).tolist()}
    wanted = {tuple(int(colour[i : i + 2], 16) for i in (1, 3, 5)) for _, colour in BARS}
    assert wanted <= found
    assert len({r for r, g, b in found if r == g == b}) >= GREYS


def test_a_bus_that_fails_is_one_line(wires, capsys):
    wires.broken = True
    assert main(['doctor', 'lcd', '--seconds', '0']) == 3
    out = capsys.readouterr().out
    assert out.startswith('FAIL lcd')
    assert 'it takes no picture' in out
    assert 'audioletter look wiring' in out


def test_a_computer_without_pins_says_so(wires, capsys, monkeypatch):
    def none():
        raise MachineRefusesError('there is no RPi.GPIO here', where='controls', remedy='install RPi.GPIO')

    monkeypatch.setattr('appliance.booth.controls.pi_gpio', none)
    assert main(['doctor', 'lcd']) == 3
    assert 'there is no RPi.GPIO here; install RPi.GPIO' in capsys.readouterr().out
