"""The index sensor against the steps: a platter that turns is never accused, one that stands is found in time."""

import pytest

from appliance.errors import CutFaultError
from appliance.lathe.index import SLACK_TURNS, IndexWatch

STEPS = 3200


def test_a_platter_that_follows_is_never_accused():
    watch = IndexWatch(STEPS)
    for steps in range(0, 40 * STEPS, 77):
        watch.look(steps, max(0, steps - 200) // STEPS)  # a load angle of a sixteenth of a turn
    for _ in range(1000):
        watch.look(steps, 39)  # at rest for as long as you like


@pytest.mark.parametrize('turns', [0.0, 0.4, 7.9])
def test_a_platter_that_stands_is_found_before_two_more_turns_are_stepped(turns):
    watch, held, steps = IndexWatch(STEPS), int(turns * STEPS), 0

    def step_on():
        nonlocal steps
        while steps < 40 * STEPS:
            steps += 77
            watch.look(steps, min(steps, held) // STEPS)

    with pytest.raises(CutFaultError, match='no index pulse') as failed:
        step_on()
    assert failed.value.key == 'stall'
    assert held < steps <= held + (SLACK_TURNS + 0.1) * STEPS
