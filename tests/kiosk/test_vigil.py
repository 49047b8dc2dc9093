"""A part that hangs is named, whichever it is; one that is slow, or has nothing to do, is not."""

from types import SimpleNamespace

import pytest

from appliance.kiosk.archivist import Job
from appliance.kiosk.house.vigil import Vigil, Watched, vigil_over
from appliance.workflow.values import State
from tests.kiosk.booth_rig import Rig


class Part:
    def __init__(self, name='disk', limit_s=10.0):
        self.done, self.busy = 0, False
        self.watched = Watched(name, lambda: self.done, lambda: self.busy, limit_s)


def test_an_idle_part_may_be_idle_for_ever():
    part = Part()
    vigil = Vigil((part.watched,))
    assert [vigil.look(float(now_s)) for now_s in range(0, 10_000, 100)] == [''] * 100


def test_a_part_that_works_slowly_is_no_part_that_hangs():
    part = Part()
    part.busy = True
    vigil = Vigil((part.watched,))
    for now_s in range(0, 1000, 9):
        part.done += 1
        assert vigil.look(float(now_s)) == ''


def test_a_part_with_work_that_does_nothing_is_named_after_its_limit_and_forgiven_when_it_goes_on():
    part = Part()
    vigil = Vigil((part.watched,))
    assert vigil.look(0.0) == ''
    part.busy = True
    assert vigil.look(5.0) == ''
    assert vigil.look(10.0) == ''
    assert vigil.look(10.1) == 'disk'
    part.done += 1
    assert vigil.look(10.2) == ''
    assert vigil.look(20.3) == 'disk'


def test_work_that_begins_late_has_its_whole_time():
    part = Part()
    vigil = Vigil((part.watched,))
    vigil.look(0.0)
    vigil.look(99.0)
    part.busy = True
    assert vigil.look(108.0) == ''
    assert vigil.look(109.1) == 'disk'


@pytest.mark.parametrize('first', [0, 1])
def test_of_two_that_hang_the_first_is_named(first):
    parts = [Part('screen'), Part('disk')]
    for part in parts[first:]:
        part.busy = True
    vigil = Vigil(tuple(part.watched for part in parts))
    vigil.look(0.0)
    assert vigil.look(11.0) == parts[first].watched.name


def test_a_booth_names_the_disk_that_does_not_answer(tmp_path):
    rig = Rig(tmp_path)
    rig.until(State.ATTRACT)
    assert rig.kiosk.stuck() == ''
    with rig.slow_disk():
        rig.kiosk.parts.archivist.give(Job('look', lambda stores: None))
        assert rig.kiosk.stuck() == ''
        rig.clock.rest(121.0)
        assert rig.kiosk.stuck() == 'disk'
    rig.close()


def test_a_cutter_that_is_being_started_has_longer_than_one_that_runs(tmp_path):
    """It reads its libraries from a slow card, and whoever begins the booth anew for that begins it anew for ever."""
    rig = Rig(tmp_path)
    idle = SimpleNamespace(brought=0, busy=False, polls=0, alone=False)
    watch, cutter = vigil_over(rig.kiosk.parts, idle, idle), rig.kiosk.parts.cutter
    cutter.asked, cutter.awake = True, False
    assert [watch.look(now_s) for now_s in (0.0, 21.0, 89.0)] == ['', '', '']
    assert watch.look(91.0) == 'start of the cutter'
    cutter.asked, cutter.awake, cutter.pongs = True, True, 1
    assert [watch.look(now_s) for now_s in (92.0, 111.0)] == ['', '']
    assert watch.look(113.0) == 'cutter'
    rig.close()
