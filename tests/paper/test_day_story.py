"""Two hundred letters through the ledger, then the sheet of each day, read back: what the story noted itself."""

import re

import pytest

from appliance.maintenance.post import day_of
from appliance.paper.__main__ import drawn
from appliance.paper.orders import DaySheet, House
from tests.message.story import Story
from tests.paper import readers

TITLES = {'language': 'Language', 'level check': 'Say your name', 'listen': 'Your letter', 'load disc': 'Ready to cut'}
CAUSES = {'lid': 'The lid was opened', 'stop': 'The stop button is pressed', 'stall': 'The platter stood still',
          'visitor': 'You stopped the cut'}  # fmt: skip
ROWS = ('Letters kept', 'Discs cut', 'Discs spoiled', 'Visitors who walked away', 'Blanks used', 'Blanks left',
        'Minutes the stylus has cut', 'Notes')  # fmt: skip


def sections(said):
    """What stands between each row and the next."""
    found = {}
    for row, following in zip(ROWS, (*ROWS[1:], None), strict=True):
        start = said.index(row) + len(row)
        found[row] = said[start : said.index(following) if following else None].split()
    return found


def parts(words):
    """'4 Your letter 3 Language 1' -> 4 and {'Your letter': 3, 'Language': 1}"""
    found = re.findall(r'([^\d]+?) (\d+)', ' '.join(words[1:]))
    return int(words[0]), {name.strip(): int(count) for name, count in found}


def numbers(words):
    found = set()
    for first, last in re.findall(r'(\d+)(?:-(\d+))?', ' '.join(words)):
        found |= set(range(int(first), int(last or first) + 1))
    return found


@pytest.fixture(scope='module')
def story(tmp_path_factory):
    return Story(tmp_path_factory.mktemp('story'), seed=4)


def test_each_sheet_says_what_was_noted_that_day(story):
    days = {date for date, *_ in story.done if date} | {f'day {lived}' for _, lived, *_ in story.done}
    assert len(days) > 10
    letters = 0
    for name in days:
        day = int(name.removeprefix('day ')) if name.startswith('day ') else name
        order = DaySheet(day_of(story.rig.stores.day(name)), House(), 'en')
        rows = sections(readers.text(drawn(order).pdf()))
        kept = rows['Letters kept']
        assert int(kept[0]) == len(story.told('letter', day))
        assert numbers(kept[1:]) == set(story.told('letter', day))
        letters += int(kept[0]) if isinstance(day, int) else 0
        void = len(story.told('void', day))
        assert rows['Discs cut'] == [str(len(story.told('disc', day)) - void)]
        spoiled = {CAUSES[cause]: count for cause, count in story.count('spoiled', day).items()}
        spoiled |= {'Found to be no good later': void} if void else {}
        assert parts(rows['Discs spoiled']) == (sum(spoiled.values()), spoiled)
        walked = {TITLES[step]: count for step, count in story.count('walked away', day).items()}
        assert parts(rows['Visitors who walked away']) == (sum(walked.values()), walked)
        assert rows['Blanks used'] == [str(len(story.told('disc', day)) + len(story.told('spoiled', day)))]
        minutes = float(rows['Minutes the stylus has cut'][0])
        assert minutes == pytest.approx(sum(story.told('stylus_s', day)) / 60, abs=0.051)
    assert letters == 200
