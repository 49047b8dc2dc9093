"""The computer's date is wrong, jumps by a year, or passes midnight in a visit: only what is written of it changes."""

import datetime
import sqlite3

import pytest
import soundfile

from tests.story.booth import Story, plan_at

YEAR_S = 365 * 86_400.0
NOW_S = datetime.datetime(2026, 6, 1, 12, 0).timestamp()
MIDNIGHT_S = datetime.datetime(2026, 12, 31, 23, 59, 58).timestamp()
STAGES = (('level check', 1), ('recording', -1), ('listen', 1), ('load disc', -1), ('cutting', 1), ('take disc', -1))


class Wall:
    """What the computer believes: it can be set, and passes with the booth's own time."""

    def __init__(self, at_s):
        self.at_s = at_s
        self.clock = None

    def __call__(self):
        return self.at_s + (self.clock.now_s() if self.clock else 0.0)


def open_booth(folder, wall, **policy):
    plan = plan_at(folder, wall, **policy)
    wall.clock = plan.choice.clock
    return Story(plan, quick=True)


def visit(story):
    story.to('thanks')
    story.play('wait attract 60')
    story.pause(6)  # the look after the letters, which retires


def rows(folder, sql):
    with sqlite3.connect(f'file:{folder}/data/ledger.sqlite?mode=ro', uri=True) as ledger:
        found = ledger.execute(sql).fetchall()
    ledger.close()
    return found


def dates(folder):
    """As a broadcast WAV says it: origination date and time, of every letter."""
    found = []
    for file in sorted((folder / 'data' / 'letters').glob('*/letter.wav')):
        head = file.read_bytes()[:700]
        at = head.index(b'bext') + 8 + 256 + 32 + 32
        found.append((head[at : at + 10].decode(), head[at + 10 : at + 18].decode()))
    return found


@pytest.mark.parametrize(('stage', 'years'), STAGES)
def test_a_clock_that_jumps_by_a_year_changes_nothing_but_what_is_written(tmp_path, stage, years):
    """Retention of seven days: neither the letter nor the one before it is retired."""
    wall = Wall(NOW_S)
    with open_booth(tmp_path, wall, retention='days', retention_days=7) as story:
        story.to(stage)
        wall.at_s += years * YEAR_S
        story.pause(6)
        story.on_to('thanks')
        story.play('wait attract 60')
        story.pause(6)
        assert 'fault' not in story.seen
        assert len(story.letters) == 1
        assert soundfile.info(story.letters[0]).frames > 6 * 48_000
    assert rows(tmp_path, 'SELECT number, state FROM letter') == [(1, 'handed over')]
    assert dates(tmp_path)[0][0][:4] in ('2025', '2026', '2027')


def test_numbers_go_on_and_nothing_is_retired_however_the_clock_jumps_between_visits_and_starts(tmp_path):
    for count, jump_s in enumerate((0.0, YEAR_S, -YEAR_S, -NOW_S), 1):
        with open_booth(tmp_path, Wall(NOW_S + jump_s), retention='days', retention_days=7) as story:
            story.to('load disc')
            assert story.kiosk.booth.letter == count
            story.pause(6)
            assert len(story.letters) == count
            story.play('press left')
            story.came_to('attract', within_s=60)
    assert [number for (number,) in rows(tmp_path, 'SELECT number FROM letter ORDER BY number')] == [1, 2, 3, 4]
    assert [date[:4] for date, _ in dates(tmp_path)] == ['2026', '2027', '2025', '1970']


def test_a_letter_is_retired_when_its_days_have_passed_by_the_clock_that_cannot_jump(tmp_path):
    wall = Wall(NOW_S)
    with open_booth(tmp_path, wall, retention='days', retention_days=1) as story:
        visit(story)
        story.clock.rest(23 * 3600.0)
        story.pause(6)
        assert len(story.letters) == 1
        story.clock.rest(2 * 3600.0)
        story.pause(12)
        assert story.letters == []


def test_a_visit_over_new_year_is_one_visit(tmp_path):
    with open_booth(tmp_path, Wall(MIDNIGHT_S - 13.0)) as story:
        visit(story)
        assert story.clock.now_s() > 20
    assert rows(tmp_path, 'SELECT number, state FROM letter') == [(1, 'handed over')]
    ((date, time),) = dates(tmp_path)
    assert (date, time[:2]) in (('2026-12-31', '23'), ('2027-01-01', '00'))


@pytest.mark.parametrize('wall_s', [0.0, 1e18])
def test_a_clock_that_is_far_out_is_no_reason_to_refuse_a_visitor(tmp_path, wall_s):
    with open_booth(tmp_path, Wall(wall_s)) as story:
        story.to('load disc')
    ((date, time),) = dates(tmp_path)
    datetime.datetime.fromisoformat(f'{date} {time}')
