"""The handbook at the host's desk, and status: one text of a fault wherever it is told."""

from dataclasses import replace

import pytest

from appliance.words.handbook import plain
from appliance.words.reasons import REASONS
from appliance.workflow.values import Event, Kind, State
from tests.maintenance.rig import CommandRig


@pytest.fixture
def rig(tmp_path):
    with CommandRig(tmp_path) as made:
        yield made


@pytest.mark.parametrize('words', ['handbook', 'help handbook'])
def test_the_handbook_is_read_in_the_shell(rig, words):
    assert [line.text for line in rig.run(words)] == list(plain(80))


def test_a_fault_is_found_by_a_word_of_it(rig):
    (found,) = rig.run('faults platter')
    assert 'stall' in [row[0] for row in found.rows]
    assert len(found.rows) < len(REASONS)
    (every,) = rig.run('faults')
    assert [row[0] for row in every.rows] == list(REASONS)


@pytest.mark.parametrize('key', [key for key in REASONS if key not in ('visitor', 'host')])
def test_lcd_status_and_handbook_say_the_same_of_a_fault(rig, key):
    rig.kiosk.tell(Event(Kind.FAULT, key))
    rig.until(State.FAULT)
    rig.rest(0.2)
    _, troubles = rig.run('status')
    reason = REASONS[key]
    assert (reason.host, reason.host_action) in [tuple(row) for row in troubles.rows]
    assert rig.kiosk.view.reason == key
    (row,) = (row for row in rig.run('faults')[0].rows if row[0] == key)
    assert row[1:] == (reason.visitor, reason.host, reason.host_action)


def test_a_call_of_the_attendant_is_a_trouble_until_somebody_comes(rig):
    rig.kiosk.booth = replace(rig.kiosk.booth, called=True)
    _, troubles = rig.run('status')
    assert REASONS['called'].host in [row[0] for row in troubles.rows]
    rig.maintain()
    assert REASONS['called'].host not in str(rig.run('status'))
