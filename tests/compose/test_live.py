"""What an onlooker sees of a groove: each point once."""

import numpy as np
import pytest

from appliance.compose.shop import POINTS_A_TURN
from appliance.compose.virtual.live import LiveGroove


@pytest.fixture
def groove(tmp_path):
    groove = LiveGroove(tmp_path / 'groove.npz', {}, tmp_path)
    yield groove
    groove.abandon()


def turns(first, last, radius_mm):
    angle = np.linspace(first, last, round(2000 * (last - first)), endpoint=False) * 2 * np.pi
    return angle, np.full(len(angle), radius_mm)


def test_with_the_head_up_there_is_no_groove(groove):
    angle, radius = turns(0, 1, 130.0)
    groove.motion(angle, radius, np.zeros(len(angle)))
    assert groove.fetch() == ()


def test_points_stand_evenly_however_the_cut_is_cut_into_blocks(groove):
    for first in np.arange(0, 3, 0.01):
        angle, radius = turns(first, first + 0.01, 118.0)
        groove.motion(angle, radius, np.full(len(angle), 30.0))
    points = groove.fetch()
    assert len(points) == pytest.approx(3 * POINTS_A_TURN, abs=1)
    np.testing.assert_allclose(np.diff([angle for angle, _ in points]), 2 * np.pi / POINTS_A_TURN, atol=0.004)
    assert groove.fetch() == ()
