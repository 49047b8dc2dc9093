"""What a page is told of the groove, however long it did not listen."""

import math
import struct

import numpy as np
import pytest

pytest.importorskip('aiohttp')

from appliance.panel.hall import Hall
from appliance.panel.news import GROOVE, News
from tests.panel.fakebooth import FakeBooth


def grooves(news):
    """Of each message: whether a new disc begins, how many points come before, and the points."""
    told = []
    for message in news.messages(object()):
        if isinstance(message, bytes) and message[0] == GROOVE:
            _, new, before = struct.unpack('<BBI', message[:6])
            told.append((bool(new), before, np.frombuffer(message[6:], '<f4').reshape(-1, 2).tolist()))
    return told


def test_a_page_that_slept_over_a_whole_change_of_disc_draws_the_new_one_on_an_empty_disc():
    """Also where the new disc has more points by then than it had seen of the old one."""
    booth = FakeBooth()
    news = News(Hall(booth))
    booth.spiral(2)
    ((_, before, points),) = grooves(news)
    assert (before, len(points)) == (0, 120)
    booth.spiral(3, outer_mm=80.0)
    ((new, before, points),) = grooves(news)
    assert (new, before, len(points)) == (True, 0, 180)
    assert points[0] == [0.0, 80.0]
    booth.points = [*booth.points, (6 * math.pi, 78.5)]
    ((new, before, points),) = grooves(news)
    assert (new, before, len(points)) == (False, 180, 1)
    assert grooves(news) == []


def test_a_disc_that_is_begun_is_empty_on_the_page_before_anything_is_cut():
    booth = FakeBooth()
    news = News(Hall(booth))
    booth.spiral(1)
    grooves(news)
    booth.lay()
    assert grooves(news) == [(True, 0, [])]
    assert grooves(news) == []
