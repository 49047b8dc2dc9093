"""A booth that closes and opens while it runs: its day's discs are used up, its hours end, its clock is set."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from tests.story.clocked import set_to
from tests.story.hosted import Hosted, needs_memory

pytestmark = [needs_memory, pytest.mark.timeout(900)]
BERLIN = ZoneInfo('Europe/Berlin')
HOURS = '[hours]\nzone = "Europe/Berlin"\n' + ''.join(
    f'{day} = "10:00-18:00"\n' for day in ('mon', 'tue', 'wed', 'thu', 'fri', 'sat')
)


def at(text):
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN).timestamp()


@pytest.fixture
def open_booth(browser, tmp_path):
    """Called with settings and a time of Berlin; the clock is `set_to(booth.clock, at(...))`."""
    opened = []

    def open_(config, time, trusted=True):
        clock = tmp_path / 'clock'
        set_to(clock, at(time), trusted)
        booth = Hosted(tmp_path, browser, config, program=('-m', 'tests.story.clocked', str(clock)))
        booth.clock = clock
        booth.__enter__()
        opened.append(booth)
        return booth

    yield open_
    for booth in opened:
        booth.__exit__(None)


def open_(booth):
    return booth.facts('status')[0]['open']


@pytest.mark.with_all
def test_when_the_days_discs_are_used_up_the_next_visitor_is_told_and_nothing_is_begun(open_booth):
    booth = open_booth('[policy]\ndiscs_a_day = 1\n[hours]\nzone = "Europe/Berlin"\n', '2026-11-27T12:00')
    booth.kept()
    booth.cut()
    booth.take()
    booth.shows('closed')
    booth.says('All discs of today have been cut; please come back tomorrow')
    booth.press()
    booth.page.wait_for_timeout(500)
    booth.shows('closed')
    assert [letter['number'] for letter in booth.rows('letters', 'list')] == [1]
    assert not [path for path in booth.run.iterdir() if path.name.startswith('take')]
    assert open_(booth) == "today's discs are used up"
    assert '1 are allowed' in booth('letters', 'cut', '1', code=3).stderr.decode()
    booth('config', 'set', 'policy.discs_a_day', '2')
    booth.shows('attract')
    booth('config', 'set', 'policy.discs_a_day', '1')
    booth.shows('closed')
    set_to(booth.clock, at('2026-11-28T00:00'))
    booth.shows('attract')
    assert open_(booth) == 'yes'


@pytest.mark.with_all
def test_a_visit_that_has_begun_is_finished_after_hours(open_booth):
    booth = open_booth(HOURS, '2026-11-27T17:00')  # a Friday
    booth.press()
    booth.shows('language')
    set_to(booth.clock, at('2026-11-27T18:00'))
    booth.until(lambda: open_(booth) == 'closed until its hours begin')
    booth.shows('language')
    booth.rest_of_visit()
    booth.cut()
    booth.take()
    booth.shows('closed')
    booth.says('Open again: tomorrow, 10:00')
    set_to(booth.clock, at('2026-11-28T10:00'))
    booth.shows('attract')


def test_summer_time_and_a_clock_that_nobody_has_set(open_booth):
    hours = '[hours]\nzone = "Europe/Berlin"\nsun = "03:00-04:00"\n'
    booth = open_booth(hours, '2026-03-29T01:59', trusted=False)
    assert 'clock' in str(booth.facts('status')), 'a clock nobody has set closes no booth, and the host reads so'
    set_to(booth.clock, at('2026-03-29T01:59'))
    booth.shows('closed')
    booth.says('Open again: today, 3:00')
    set_to(booth.clock, at('2026-03-29T01:59') + 60)  # a minute later it is three
    booth.shows('attract')
    set_to(booth.clock, at('2026-03-29T01:59') + 60 + 3600)
    booth.shows('closed')
    set_to(booth.clock, at('1971-01-01T12:00'), trusted=False)  # a battery that is empty
    booth.shows('attract')
