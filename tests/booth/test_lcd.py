"""The LCD on recorded wires: what is decoded from the bytes is the very image, and few bytes are sent."""

import numpy as np
import pytest

from appliance.bench import measure_screens, moving
from appliance.bench.screens import MOVING
from appliance.booth.lcd import RETRY_S, Lcd, LcdWiring
from appliance.errors import MachineFileError
from appliance.screens import draw
from appliance.workflow.values import State
from tests.booth.panel import LIGHT, Panel, Wires
from tests.screens.views import view

FULL = 320 * 240 * 3
BUS_HZ = 32_000_000


class Desk:
    """A panel on the desk, with its wires and a clock."""

    def __init__(self):
        self.now_s = 0.0
        self.wires, self.panel = Wires(), Panel()
        self.lcd = Lcd(LcdWiring(bus_speed_hz=BUS_HZ), self.wires, self.wires, lambda: self.now_s)

    def show(self, image):
        """Show it; the bytes that took."""
        before = self.wires.bytes
        self.lcd.show(image)
        self.panel.take(self.wires.sent)
        self.wires.sent.clear()
        return self.wires.bytes - before


def same(panel, image):
    return np.array_equal(panel.memory >> 2, np.asarray(image) >> 2)  # the panel keeps six bits of each colour


def test_what_is_decoded_from_the_wires_is_the_very_image_screen_after_screen():
    desk = Desk()
    for state in State:
        for language in ('en', 'ja'):
            image = draw(view(state, language))
            desk.show(image)
            assert same(desk.panel, image), (state, language)
    assert desk.panel.formats == {b'\x46'}


def test_the_same_image_costs_nothing_and_one_digit_little():
    desk = Desk()
    desk.show(draw(view(State.STILL_THERE)))
    assert desk.show(draw(view(State.STILL_THERE))) == 0
    assert 0 < desk.show(draw(view(State.STILL_THERE, seconds_left=11.0))) < FULL / 10


@pytest.mark.parametrize('state', MOVING)
def test_ten_frames_a_second_take_less_than_a_fifth_of_the_bus(state):
    """32 Mbit/s is 4 MB/s; ten whole frames alone would be 2.3 MB."""
    desk = Desk()
    desk.show(draw(moving(state, 0)))
    sent = [desk.show(draw(moving(state, frame))) for frame in range(1, 51)]
    assert same(desk.panel, draw(moving(state, 50)))
    assert 10 * np.mean(sent) * 8 < BUS_HZ / 5


def test_the_benchmark_counts_what_the_wires_count():
    desk = Desk()
    desk.show(draw(moving(State.CUTTING, 0)))
    sent = [desk.show(draw(moving(State.CUTTING, frame))) for frame in range(1, 51)]
    assert measure_screens()['cutting']['bytes_a_frame'] == round(np.mean(sent))


def test_a_panel_that_does_not_answer_is_a_state_and_is_tried_again():
    desk = Desk()
    image = draw(view(State.ATTRACT))
    desk.show(image)
    desk.wires.broken = True
    desk.show(draw(view(State.FAULT)))
    assert 'Input/output error' in desk.lcd.cause
    assert desk.wires.opened == 0, 'the bus is given back'
    desk.wires.broken = False
    assert desk.show(image) == 0, 'not before its time'
    desk.now_s += RETRY_S
    desk.panel.memory[:] = 77  # power was gone: anything may stand there
    desk.show(image)
    assert desk.lcd.cause == ''
    assert same(desk.panel, image)


@pytest.mark.parametrize(
    ('wrong', 'said'),
    [({'bus_speed_hz': 31_000_000}, r'bus_speed_hz is 31000000; .* 28, 32'), ({'rotate': 1}, r'rotate is 1; .*0 or 2')],
)
def test_wiring_that_the_panel_cannot_have_is_refused(wrong, said):
    with pytest.raises(MachineFileError, match=said):
        LcdWiring(**wrong)


def test_a_picture_upside_down_is_sent_upside_down():
    desk = Desk()
    desk.lcd = Lcd(LcdWiring(rotate=2), desk.wires, desk.wires, lambda: 0.0)
    image = draw(view(State.LISTEN))
    desk.show(image)
    assert same(desk.panel, image.rotate(180))


def test_the_light_follows_and_goes_out_at_the_end():
    desk = Desk()
    desk.show(draw(view(State.ATTRACT)))
    assert desk.wires.levels[LIGHT] == 1
    desk.lcd.light(False)
    assert desk.wires.levels[LIGHT] == 0
    desk.lcd.light(True)
    desk.lcd.close()
    assert desk.wires.levels[LIGHT] == 0
