"""Opening hours: as a door sign reads, whatever the clock does."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from appliance.config import load_config
from appliance.config.hours import DAYS, Opens, Week, week_of

BERLIN = ZoneInfo('Europe/Berlin')


def week(tmp_path, zone='UTC', **days):
    config, _ = load_config(system=tmp_path)
    return week_of(replace(config.hours, zone=zone, **days), 'mine.toml')


def at(text, zone=UTC):
    """Seconds since 1970 of '2026-11-27 10:00' (a Friday)."""
    return datetime.fromisoformat(text).replace(tzinfo=zone).timestamp()


def test_without_hours_the_booth_is_always_open(tmp_path):
    sign = week(tmp_path)
    assert sign.always
    assert Week().always
    assert all(sign.is_open(at('2026-11-27 00:00') + 977 * step) for step in range(700))


@pytest.mark.parametrize(
    ('when', 'is_open', 'opens'),
    [
        ('2026-11-27 09:59', False, Opens(0, 4, 600)),
        ('2026-11-27 10:00', True, Opens(0, 4, 840)),
        ('2026-11-27 12:59', True, Opens(0, 4, 840)),
        ('2026-11-27 13:00', False, Opens(0, 4, 840)),
        ('2026-11-27 18:00', False, Opens(1, 5, 1320)),
        ('2026-11-28 23:00', True, Opens(2, 0, 600)),
        ('2026-11-29 01:59', True, Opens(1, 0, 600)),
        ('2026-11-29 02:00', False, Opens(1, 0, 600)),
    ],
)
def test_a_day_with_a_break_a_night_and_a_day_off(tmp_path, when, is_open, opens):
    sign = week(tmp_path, mon='10:00-18:00', fri='10:00-13:00, 14:00-18:00', sat='22:00-2:00', sun='closed')
    assert sign.is_open(at(when)) is is_open
    assert sign.opens(at(when)) == opens


def test_days_off_single_in_a_row_and_every_year(tmp_path):
    days = dict.fromkeys(DAYS, '10:00-18:00')
    sign = week(tmp_path, closed=('2026-11-27', '2026-12-24..2027-01-06', '05-01'), **days)
    assert not sign.is_open(at('2026-11-27 12:00'))
    assert sign.opens(at('2026-11-27 12:00')) == Opens(1, 5, 600)
    assert not sign.is_open(at('2027-01-06 12:00'))
    assert sign.is_open(at('2027-01-07 12:00'))
    assert not sign.is_open(at('2026-05-01 12:00'))
    assert not sign.is_open(at('2031-05-01 12:00'))
    assert sign.opens(at('2026-12-24 12:00')) is None, 'further off than a visitor wants to know'
    assert not sign.always


def test_a_night_before_a_day_off_ends_as_it_would(tmp_path):
    sign = week(tmp_path, fri='20:00-3:00', closed=('2026-11-28',))
    assert sign.is_open(at('2026-11-28 02:00'))
    assert not sign.is_open(at('2026-11-28 03:00'))


def test_summer_time_begins_and_ends_as_on_the_sign(tmp_path):
    """Berlin, 2026: 29 March 02:00 is 03:00, 25 October 03:00 is 02:00."""
    sign = week(tmp_path, 'Europe/Berlin', **dict.fromkeys(DAYS, '2:30-10:00'))
    spring = at('2026-03-29 00:00', BERLIN)
    told = [sign.is_open(spring + 60 * minute) for minute in range(23 * 60)]
    assert told.index(True) == 2 * 60, 'half past two is left out: it opens when the clock says three'
    assert sum(told) == 7 * 60
    autumn = at('2026-10-25 00:00', BERLIN)
    told = [sign.is_open(autumn + 60 * minute) for minute in range(25 * 60)]
    assert sum(told) == 30 + 30 + 7 * 60, 'half past two comes twice'
    assert sign.opens(autumn) == Opens(0, 6, 150)


def test_another_zone_is_another_day(tmp_path):
    days = dict.fromkeys(DAYS, '10:00-18:00')
    tokyo = week(tmp_path, 'Asia/Tokyo', **days)
    assert tokyo.is_open(at('2026-11-27 01:00'))
    assert not tokyo.is_open(at('2026-11-27 09:00'))


@pytest.mark.parametrize('at_s', [-1e12, 1e18, -62135596800.0, 253402300799.0, float('nan'), float('inf')])
def test_a_clock_that_is_far_out_closes_nothing_and_breaks_nothing(tmp_path, at_s):
    for zone in ('', 'UTC', 'Asia/Tokyo'):
        sign = week(tmp_path, zone, **dict.fromkeys(DAYS, '10:00-18:00'))
        assert sign.is_open(at_s) in (True, False)
        assert sign.opens(at_s) is None or sign.opens(at_s).minute == 600


def test_what_is_said_is_what_happens(tmp_path):
    """Against minutes counted one by one: the next opening is the first minute that is open after one that is not."""
    chance = np.random.default_rng(10)
    for _ in range(12):
        days = {}
        for name in DAYS:
            cuts = sorted(int(cut) for cut in chance.choice(1440, 4, replace=False))
            text = ', '.join(f'{a // 60}:{a % 60:02d}-{b // 60}:{b % 60:02d}' for a, b in (cuts[:2], cuts[2:]))
            days[name] = 'closed' if chance.random() < 0.3 else text
        sign = week(tmp_path, **days)
        begin = datetime(2026, 11, 23, tzinfo=UTC)
        minutes = [sign.is_open((begin + timedelta(minutes=m)).timestamp()) for m in range(9 * 1440)]
        for start in chance.integers(0, 1440, 12):
            if minutes[start]:
                continue
            expected = next((m for m in range(start, len(minutes)) if minutes[m]), None)
            said = sign.opens((begin + timedelta(minutes=int(start))).timestamp())
            if said is None:
                assert expected is None or expected > 7 * 1440
            else:
                assert said.ahead_days * 1440 + said.minute == expected
                assert said.weekday == (expected // 1440) % 7
