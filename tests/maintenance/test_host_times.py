"""Whatever the host reads or writes of times is of the booth's zone (`hours.zone`), as the door sign is."""

import logging
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from appliance.maintenance.reports.moments import moment, written
from tests.maintenance.rig import NOW_S, CommandRig

ZONES = ('Pacific/Kiritimati', 'Pacific/Pago_Pago')  # no computer is in both: 14 hours before UTC, 11 behind it


@pytest.fixture(params=ZONES)
def far(request, tmp_path):
    """A booth there, and the zone."""
    with CommandRig(tmp_path, begin_s=NOW_S) as rig:
        settings = rig.kiosk.settings
        hours = replace(settings.config.hours, zone=request.param)
        rig.kiosk.settings = replace(settings, config=replace(settings.config, hours=hours))
        yield rig, ZoneInfo(request.param)


def here(zone, at_s=NOW_S):
    return datetime.fromtimestamp(at_s, zone)


def test_the_log_is_read_and_asked_for_in_the_booths_zone(far):
    rig, zone = far
    rig.journal.emit(logging.makeLogRecord({'created': NOW_S - 60, 'msg': 'long ago', 'levelno': logging.INFO}))
    rig.journal.emit(logging.makeLogRecord({'created': NOW_S, 'msg': 'now', 'levelno': logging.INFO}))
    since = here(zone).strftime('%H:%M:%S')
    (table,) = rig.run(['logs', '--since', since])
    assert [(at, text) for at, _, text in table.rows] == [(here(zone).strftime('%Y-%m-%d %H:%M:%S'), 'now')]


def test_deeds_are_dated_in_it(far):
    rig, zone = far
    rig.run('stylus changed')
    rig.desk.deed('anna', 'stylus changed', 'done')
    (table,) = rig.run('deeds --who anna')
    hour = here(zone).strftime('%Y-%m-%d %H:')
    assert table.rows[0][0].startswith(hour)
    (facts,) = rig.run('stylus show')
    assert facts.facts['changed'].startswith(hour)


def test_watch_tells_the_time_of_the_door_sign(far):
    rig, zone = far
    (line,) = rig.run('watch --rows 1')
    assert line.text.startswith(here(zone).strftime('%H:%M:%S'))


def test_a_moment_is_read_as_it_was_written():
    for name in ZONES:
        zone = ZoneInfo(name)
        assert moment(written(NOW_S, zone), NOW_S, 'since', zone) == NOW_S


def test_a_clock_that_no_calendar_knows_is_told_so():
    assert written(1e18, None) == 'nobody knows'
