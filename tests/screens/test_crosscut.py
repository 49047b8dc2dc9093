"""The picture of a groove is true in proportion: depth by the angle, the needle on walls or edges, land or none."""

from math import cos, hypot, pi, sin

import pytest

from appliance.machine import load_disc
from appliance.screens import draw
from appliance.screens.cards import CARDS
from appliance.screens.crosscut import Shape, draw_grooves, shapes
from appliance.screens.view import HEIGHT, WIDTH, View
from appliance.workflow.values import State


def distance(shape, point):
    """From the needle's centre to a point of the surface, both in um."""
    return hypot(shape.pitch_um * 1.5 - point[0], -shape.needle_over_um - point[1])


@pytest.mark.parametrize('disc', ['xray-25', 'xray-25-fine', 'acetate-17'])
def test_a_needle_touches_walls_in_a_good_groove_and_edges_in_a_shallow_one(disc):
    found = shapes(load_disc(disc), 90.0)
    for name in ('good', 'deep'):
        shape = found[name]
        assert shape.depth_um == pytest.approx(shape.width_um / 2)
        touch = shape.needle_um * cos(pi / 4)  # along, from the middle of the groove
        point = (shape.pitch_um * 1.5 + touch, shape.depth_um - touch)
        assert distance(shape, point) == pytest.approx(shape.needle_um)
        assert distance(shape, (point[0], point[1] + 1)) > shape.needle_um, 'in the film'
    shallow = found['shallow']
    assert shallow.width_um / 2 < shallow.needle_um * sin(pi / 4)
    assert distance(shallow, (shallow.pitch_um * 1.5 + shallow.width_um / 2, 0.0)) == pytest.approx(shallow.needle_um)


def test_land_is_as_wide_as_the_disc_says_and_too_deep_there_is_none():
    found = shapes(load_disc('xray-25'), 90.0)
    points = list(found['good'].surface(1000.0))
    assert points[4][0] - points[3][0] == pytest.approx(20.0)
    assert (points[3][1], points[4][1]) == (0.0, 0.0)
    ridges = [down for along, down in found['deep'].surface(1000.0)][1::3]
    assert min(ridges) == pytest.approx(0.15 * 170 / 2)


def test_grooves_that_overlap_meet_halfway():
    shape = Shape(100.0, 120.0, 18.0, 180.0, pi / 4)
    along = [point[0] for point in shape.surface(300.0)]
    assert along[3] == along[4] == 100.0


def test_the_sheet_has_everything_for_each_disc():
    for name in ('xray-25', 'acetate-17-fine'):
        assert draw_grooves(load_disc(name), 87.0).size == (1200, 1030)


@pytest.mark.parametrize('card', list(CARDS))
def test_a_card_fills_the_lcd_and_is_nothing_else(card):
    image = draw(View(State.MAINTENANCE, card=card))
    assert image.size == (WIDTH, HEIGHT)
    assert image.tobytes() == CARDS[card]().tobytes()
    assert image.tobytes() != draw(View(State.MAINTENANCE)).tobytes()


def test_the_pattern_has_its_frame_at_the_very_edge():
    image = CARDS['pattern']()
    corners = [(0, 0), (WIDTH - 1, 0), (0, HEIGHT - 1), (WIDTH - 1, HEIGHT - 1)]
    assert {image.getpixel(corner) for corner in corners} == {(255, 255, 255)}
    assert {(255, 0, 0), (0, 255, 0), (0, 0, 255)} <= {image.getpixel((x, 100)) for x in range(WIDTH)}
