"""How late a supervisor may be, what it says may cease, and whether the next one is heard after a trip."""

import math

import pytest
from test_link import MACHINERY, Cable, cutting

from appliance.interlock.pico import LIVES_S, PicoLink

SAID_S = 0.02  # between two signs of life


@pytest.mark.parametrize('late_s', [0.1, 0.17, 0.24, 5.0])
@pytest.mark.parametrize('phase_s', [0.0, 0.006, 0.012])
def test_a_supervisor_that_is_late_loses_nothing_one_that_is_gone_has_no_power_soon_enough(late_s, phase_s):
    """All that may be lost together: eight signs of life."""
    lives = [0.0, math.inf]  # the last sign of life, and from when on there is none

    def alive_s():
        now_s = cable.now_s()
        if not lives[1] <= now_s < lives[1] + late_s:
            lives[0] = now_s - now_s % SAID_S
        return lives[0] + LIVES_S - now_s

    cable = Cable()
    link = PicoLink(cable, MACHINERY, cable, alive_s)
    assert link.permit().closed
    cable.beating = True
    for _ in range(20):
        cable.rest(0.02)
        assert link.status().closed
    cable.rest(phase_s)
    lives[1] = cable.now_s()
    for _ in range(30):
        cable.rest(0.02)
        link.status()
    if late_s <= 0.17:
        assert cable.power
    else:
        assert cable.last_power_s - lives[0] <= LIVES_S + 0.01
        assert not cable.power


@pytest.mark.parametrize('phase_ms', range(0, 60, 4))
def test_who_asks_anew_after_a_trip_is_given_power(phase_ms):
    """A link of its own, as for each cut; what the interlock said meanwhile waits in the line, trip and all."""
    cable, _ = cutting()
    cable.takes_ms = 4
    cable.rest(0.4 + 0.001 * phase_ms)
    assert not cable.power
    cable.beating = False
    cable.rest(0.3)
    said = []
    cable.write = lambda data, write=cable.write: (said.append(data[1:2]), write(data))[-1]
    assert PicoLink(cable, MACHINERY, cable).permit().closed
    assert cable.power
    assert said.count(b'R') <= 2, 'a trip is seen to once, and not for each line that tells of it'


@pytest.mark.parametrize('after_ms', range(0, 12, 2))
def test_a_link_that_follows_another_says_no_number_that_is_still_on_its_way(after_ms):
    cable, link = cutting()
    cable.takes_ms = 6
    cable.beating = False
    link.ending()
    link.revoke()
    cable.rest(0.001 * after_ms)
    assert PicoLink(cable, MACHINERY, cable).permit().closed
    assert cable.power


def test_an_order_that_is_lost_on_the_line_is_said_again():
    cable = Cable()
    link = PicoLink(cable, MACHINERY, cable)
    lost = []

    def write(data, write=cable.write):
        if data.startswith(b'$A') and len(lost) < 2:
            lost.append(data)
        else:
            write(data)

    cable.write = write
    assert link.permit().closed
    assert cable.power
    assert len(lost) == 2


def test_what_may_cease_is_told_at_once_and_never_taken_back():
    cable = Cable()
    link = PicoLink(cable, MACHINERY, cable)
    link.parking()
    assert link.permit(300).closed
    cable.beating = cable.turning = True
    for _ in range(20):
        cable.rest(0.02)
        assert link.status().closed
    assert cable.head
    link.parking()
    cable.turning = False
    cable.rest(0.002)
    assert (cable.power, cable.head) == (True, False), 'where the platter may stand the head is up'
    for _ in range(50):
        cable.rest(0.02)
        assert link.status().closed, 'and it may stand for long'
    link.ending()
    link.parking()
    cable.rest(0.02)
    cable.beating = False
    cable.rest(0.1)
    assert not cable.power
    assert link.status().closed


def test_a_platter_that_gets_no_steps_is_told_in_words():
    cable = Cable()
    link = PicoLink(cable, MACHINERY, cable)
    assert link.permit(300).closed
    cable.beating = True
    for _ in range(20):
        cable.rest(0.02)
        status = link.status()
    assert 'counts no steps' in status.cause
    assert not cable.power
