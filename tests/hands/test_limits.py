"""What a hand may not ask is refused before anything moves, with the value and its limit."""

from math import inf, nan

import pytest

from appliance.errors import OptionError
from appliance.hands.limits import check_jog, check_spin, moved_mm
from appliance.hands.orders import Jog, Setup, Spin
from appliance.machine import load_machine

MACHINE = load_machine('virtual')  # parks at 130 mm, goes in to 40 mm, 5 mm/s, 90 rpm
HERE = Setup()


@pytest.mark.parametrize(
    ('by', 'speed', 'stands', 'words'),
    [
        (-20.1, 3, 110.0, '20.1 mm outward from radius 110.00 mm is 130.10 mm, past 130 mm, where it parks'),
        (70.1, 3, 110.0, '70.1 mm inward from radius 110.00 mm is 39.90 mm, past 40 mm, as far in as it may go'),
        (0.02, 3, 40.0, 'past 40 mm'),
        (1, 5.01, 110.0, 'a speed of 5.01 mm/s; from 0.005 to 5 mm/s'),
        (1, 0, 110.0, 'a speed of 0 mm/s'),
        (1, -1, 110.0, 'a speed of -1 mm/s'),
        (0.004, 1, 110.0, '0.004 mm is less than it can move; its least is 0.01 mm'),
        (nan, 1, 110.0, 'a distance of nan'),
        (1, inf, 110.0, 'a speed of inf'),
        (1e300, 1, 110.0, 'past 40 mm'),
        (5.1, 1, None, 'nobody knows where it stands: it may move 5 mm at 1 mm/s and no more; home it first'),
        (5, 1.01, None, 'nobody knows where it stands'),
        (-0.1, 0.1, None, 'outward lies the end of its screw; home it'),
    ],
)
def test_a_jog_of_the_carriage_past_a_limit_is_refused_with_the_limit(by, speed, stands, words):
    with pytest.raises(OptionError) as refused:
        check_jog(MACHINE, Jog(HERE, 'carriage', by, speed), stands)
    assert str(refused.value).startswith('carriage: ')
    for word in words.split('; '):
        assert word in str(refused.value)


@pytest.mark.parametrize(
    ('by', 'speed', 'stands'),
    [(70, 5, 110.0), (-20, 5, 110.0), (90, 5, 130.0), (0.01, 0.005, 40.01), (5, 1, None), (0.01, 0.01, None)],
)
def test_up_to_the_limit_it_may(by, speed, stands):
    check_jog(MACHINE, Jog(HERE, 'carriage', by, speed), stands)


@pytest.mark.parametrize(
    ('by', 'speed', 'words'),
    [
        (-1, 30, 'forward only'),
        (0, 30, '0 turns; from 0.02 to 200'),
        (200.1, 30, '200.1 turns'),
        (1, 90.1, 'a speed of 90.1 rpm; from 0.09 to 90 rpm'),
        (nan, 30, 'a distance of nan'),
        (inf, 30, 'a distance of inf'),
    ],
)
def test_the_platter_has_its_own(by, speed, words):
    with pytest.raises(OptionError) as refused:
        check_jog(MACHINE, Jog(HERE, 'platter', by, speed), None)
    for word in words.split('; '):
        assert word in str(refused.value)


@pytest.mark.parametrize(('rpm', 'turns'), [(91, 10), (0, 10), (nan, 10), (78, 1), (78, 201)])
def test_a_spin_has_its_own_too(rpm, turns):
    with pytest.raises(OptionError):
        check_spin(MACHINE, Spin(HERE, rpm, turns), 2)


def test_nothing_is_clipped_only_rounded_to_where_the_motor_rests():
    assert moved_mm(MACHINE, 1.004) == pytest.approx(1.0)
    assert moved_mm(MACHINE, -0.026) == pytest.approx(-0.03)
