"""The paced card: every block in its time, and what is fetched too late is lost and counted."""

import numpy as np
import pytest

from appliance.clock import SteppedClock
from appliance.virtual.booth.paced import PacedCard


class Taken:
    def __init__(self):
        self.at, self.blocks, self.overruns = 0, [], 0

    def source(self, count):
        self.at += count
        return np.arange(self.at - count, self.at, dtype=np.float32)

    def take(self, block, overrun):
        self.blocks.append(block)
        self.overruns += overrun


@pytest.mark.parametrize('step_s', [0.001, 0.01, 0.03])
def test_who_is_in_time_gets_every_sample(step_s):
    clock, taken = SteppedClock(), Taken()
    card = PacedCard(clock, taken.source, taken.take)
    while clock.now_s() < 1 - 1e-9:
        clock.rest(step_s)
        card.turn()
    np.testing.assert_array_equal(np.concatenate(taken.blocks), np.arange(card.given))
    assert card.given == pytest.approx(48_000 * clock.now_s(), abs=480)
    assert card.overruns == taken.overruns == 0


def test_who_is_late_loses_the_oldest_and_is_told():
    clock, taken = SteppedClock(), Taken()
    card = PacedCard(clock, taken.source, taken.take)
    clock.rest(0.1001)
    card.turn()
    np.testing.assert_array_equal(np.concatenate(taken.blocks), np.arange(6 * 480, 4800))
    assert card.overruns == 6
    assert taken.overruns == 1
