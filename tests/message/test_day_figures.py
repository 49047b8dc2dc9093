"""Two hundred letters, then each figure of each day against what the story noted itself, and against plain SQL."""

import contextlib
import sqlite3
from zoneinfo import ZoneInfo

import pytest

from appliance.errors import OptionError
from appliance.message import Keeping
from appliance.message.ledger import FILE
from tests.message.store_rig import Rig
from tests.message.story import Story


@pytest.fixture(scope='module')
def story(tmp_path_factory):
    story = Story(tmp_path_factory.mktemp('story'), seed=20)
    assert len({date for date, *_ in story.done}) > 5
    assert None in {date for date, *_ in story.done}
    assert len(story.gone) > 40
    return story


def voids(story, day):
    """Discs declared no good count on the day they were cut; in the story that is the day of the declaration."""
    return len(story.told('void', day))


def test_each_day_is_as_it_was_lived(story):
    days = {date for date, *_ in story.done if date} | {lived for _, lived, *_ in story.done}
    assert len(days) > 12
    for day in days:
        told = story.rig.stores.day(day if isinstance(day, str) else f'day {day}')
        assert [number for number, _ in told.letters] == story.told('letter', day)
        assert told.takes == len(story.told('take', day))
        assert told.walked_away == story.count('walked away', day)
        assert told.left == story.count('left', day)
        assert told.languages == story.count('language', day)
        assert told.discs == len(story.told('disc', day)) - voids(story, day)
        assert told.handed_over == len(story.told('handed over', day))
        assert told.forgotten == len(story.told('forgotten', day))
        spoiled = story.count('spoiled', day) | ({'void': voids(story, day)} if voids(story, day) else {})
        assert told.spoiled == spoiled
        assert told.blanks == len(story.told('disc', day)) + len(story.told('spoiled', day))
        assert told.stylus_s == sum(story.told('stylus_s', day))
        assert told.stylus_changes == len(story.told('stylus', day))
        assert told.blanks_by_hand == 0
        assert told.copies <= len(story.told('copy', day))


def test_the_whole_is_the_sum_of_its_days_and_of_plain_rows(story):
    stores = story.rig.stores
    dates = [stores.day(day) for day in stores.days() if not day.startswith('day')]
    undated = sum(date is None and what == 'letter' for date, _, what, _ in story.done)
    assert sum(len(day.letters) for day in dates) + undated == 200
    last = max(lived for _, lived, *_ in story.done)
    lived = [stores.day(f'day {number}') for number in range(1, last + 1)]
    with contextlib.closing(sqlite3.connect(story.rig.data / FILE)) as db:

        def one(sql):
            return db.execute(sql).fetchone()[0]

        assert sum(len(day.letters) for day in lived) == one('SELECT MAX(number) FROM letter') == 200
        assert sum(day.blanks for day in lived) == one('SELECT SUM(blank) FROM cut')
        assert sum(day.stylus_s for day in lived) == one('SELECT SUM(stylus_s) FROM cut')
        good = "SELECT COUNT(*) FROM cut WHERE state = 'done' AND length(void) = 0"
        assert sum(day.discs for day in lived) == one(good)
        refused = one("SELECT COUNT(*) FROM cut WHERE state = 'refused'")
        assert sum(sum(day.spoiled.values()) for day in lived) == one('SELECT COUNT(*) FROM cut') - one(good) - refused
        assert refused > 5
        walked = "SELECT COUNT(*) FROM visit WHERE what LIKE 'walked away%'"
        assert sum(sum(day.walked_away.values()) for day in lived) == one(walked)
        left = 300 - one('SELECT SUM(blank) FROM cut')
    assert stores.blanks() == left == lived[0].blanks_left
    used = stores.counters.stylus()
    assert used.total_s == sum(told for *_, what, told in story.done if what == 'stylus_s')
    since = [told for *_, what, told in story.done[last_change(story) :] if what == 'stylus_s']
    assert used.used_s == sum(since)


def last_change(story):
    return max((index for index, told in enumerate(story.done) if told[2] == 'stylus'), default=0)


def test_every_letter_has_its_discs_and_its_address_and_who_is_forgotten_has_neither(story):
    stores = story.rig.stores
    there = {number: address for number, address in story.addresses.items() if number not in story.gone}
    assert stores.addresses.all() == there
    numbers = [letter.number for letter in stores.letters(1000)]
    assert sorted(numbers, reverse=True) == numbers
    assert set(numbers) == set(range(1, 201)) - story.gone
    for number in numbers:
        discs = stores.discs.of(number)
        assert [disc.letter for disc in discs if disc.state == 'done'] == [
            told for *_, what, told in story.done if what == 'disc' and told == number
        ]
        assert all(disc.folder is not None for disc in discs if disc.state == 'done')


def test_of_what_was_forgotten_there_is_no_trace_in_any_byte_of_the_folder(story):
    held = {path: path.read_bytes() for path in story.rig.data.rglob('*') if path.is_file()}
    assert any(path.name.endswith('-wal') for path in held)
    kept = next(number for number in story.addresses if number not in story.gone)
    assert any(f'Recipient-{kept}'.encode() in data for data in held.values()), 'the test would find nothing'
    for number in story.gone:
        for word in (f'Sender-{number}', f'Road-{number}', f'Note-{number}', f'VOICE-{number}-', f'digest-{number}-'):
            for path, data in held.items():
                at = data.find(word.encode())
                while at >= 0:  # Road-2 is also in Road-25
                    assert data[at + len(word) : at + len(word) + 1].isdigit(), (word, path)
                    at = data.find(word.encode(), at + 1)


def test_a_damaged_ledger_goes_with_the_first_forgotten_letter_it_may_tell_of(tmp_path):
    from tests.message.test_host import OTTO

    rig = Rig(tmp_path)
    for seed in (1, 2):
        rig.stores.addresses.put(rig.letter(seed=seed).number, OTTO)
    rig.stores.close()
    path = rig.data / FILE
    data = path.read_bytes()
    at = data.index(b'CREATE TABLE visit')
    path.write_bytes(data[:at] + b'CREATE WRECK!!!!!!' + data[at + 18 :])
    rig.start()
    rig.stores.recover()
    aside = list(rig.data.glob('ledger.damaged-*'))
    assert any(b'Lindenweg' in path.read_bytes() for path in aside)
    later = rig.letter(seed=3).number
    rig.stores.forget(later)
    assert list(rig.data.glob('ledger.damaged-*')), 'it cannot tell of a letter that came later'
    rig.stores.forget(1)
    assert not list(rig.data.glob('ledger.damaged-*'))
    assert not any(b'Lindenweg' in path.read_bytes() for path in rig.data.rglob('*') if path.is_file())


def test_today_is_a_date_where_the_clock_was_set_and_else_a_day_of_the_booth(tmp_path):
    rig = Rig(tmp_path)
    rig.letter()
    assert (rig.stores.day().day, len(rig.stores.day().letters)) == ('2027-01-15', 1)
    rig.trusted = False
    rig.now_s += 86_400.0
    assert (rig.stores.day().day, len(rig.stores.day().letters)) == ('day 2', 0)
    rig.letter(seed=2)
    assert rig.stores.days() == ('2027-01-15', 'day 2')


@pytest.mark.parametrize('wrong', ['yesterday', 'day 0', 'day -1', 'day x', '2026-13-01', 'day 1234567', "' OR 1"])
def test_what_is_no_day_is_refused(tmp_path, wrong):
    rig = Rig(tmp_path)
    with pytest.raises(OptionError, match='is no day'):
        rig.stores.day(wrong)


def test_a_letter_that_was_never_written_is_none_of_any_day(tmp_path):
    rig = Rig(tmp_path)
    rig.speak()
    number = rig.stores.keep().number
    rig.stores.ledger.run("UPDATE letter SET state = 'keeping'")
    (rig.data / 'letters' / f'{number:06d}' / 'letter.wav').unlink()
    rig.power_cut().recover()
    assert rig.stores.day().letters == ()
    assert rig.stores.day('day 1').letters == ()


def test_a_quota_counts_the_discs_of_letters_that_were_forgotten_at_once(tmp_path):
    rig = Rig(tmp_path)
    rig.cut(rig.letter().number)
    assert rig.stores.discs.good_today() == 1
    rig.stores.forget(1)
    assert rig.stores.discs.good_today() == 1
    rig.wall_s += 86_400.0
    assert rig.stores.discs.good_today() == 0


def test_a_day_ends_at_the_hosts_midnight_wherever_the_computer_believes_to_be(tmp_path):
    """Quota and day sheet go by the days of the door sign."""
    zones = {'Asia/Tokyo': '2027-01-16', 'America/New_York': '2027-01-15'}
    for name, date in zones.items():
        (tmp_path / date).mkdir()
        rig = Rig(tmp_path / date, Keeping('keep', 30, 3.0, zone=ZoneInfo(name)))
        rig.wall_s = 1_800_000_000.0 + 8 * 3600  # 2027-01-15 16:00 UTC
        assert rig.stores.stamp().date == date
        rig.stores.close()
