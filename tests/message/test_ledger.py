"""Numbers, days and forgetting: what must hold whatever the clock says and whatever happens to the ledger."""

import contextlib
import os
import sqlite3
from pathlib import Path

import pytest

from appliance.errors import OptionError, StorageError
from appliance.message import Disk, Keeping
from appliance.message.host import Address
from appliance.message.ledger import FILE, MIGRATIONS, Ledger
from appliance.message.recovery import open_ledger
from appliance.message.shelf import Shelf
from appliance.message.values import Stamp
from tests.message.store_rig import Rig, sound_of

LEDGERS = Path(__file__).parent / 'ledgers'
DAY_S, YEAR_S = 86_400.0, 365.25 * 86_400.0


def test_no_number_is_given_twice_by_forgetting_or_by_a_clock_that_jumps(tmp_path):
    rig = Rig(tmp_path)
    numbers = []
    for jump_s in (0.0, YEAR_S, -2 * YEAR_S, 0.0):
        rig.wall_s += jump_s
        numbers.append(rig.letter().number)
        rig.stores.forget(numbers[-1])
        rig.killed().recover()
    assert numbers == [1, 2, 3, 4]
    assert rig.stores.letters() == ()


@pytest.mark.parametrize('harm', ['gone', 'rubbish', 'page'])
def test_a_ledger_that_is_lost_or_damaged_is_rebuilt_from_the_letters(tmp_path, harm):
    rig = Rig(tmp_path)
    kept = [rig.letter(seed=seed) for seed in (1, 2, 3)]
    rig.stores.forget(3)
    rig.stores.close()
    path = rig.data / FILE
    before = path.read_bytes()
    if harm == 'gone':
        path.unlink()
    elif harm == 'rubbish':
        path.write_bytes(b'no database' * 1000)
    else:
        path.write_bytes(before[:4096] + bytes(255 - byte for byte in before[4096:]))
    rig.start()
    assert rig.stores.recover().cause == ''
    assert [letter.number for letter in rig.stores.letters()] == [2, 1]
    assert all(letter.state == 'kept' and letter.seconds == 1.5 for letter in rig.stores.letters())
    assert sound_of(rig.stores.letter(1)).size == sound_of(kept[0]).size
    assert rig.letter().number == 4, 'a number of the lost ledger was given again'
    aside = list(rig.data.glob('ledger.damaged-*'))
    assert len(aside) == (harm != 'gone'), 'a damaged ledger is set aside, never deleted'


def test_a_ledger_that_cannot_be_looked_at_now_is_not_called_damaged(tmp_path, monkeypatch):
    """Busy, a full disk, a card that does not answer: the true cause is told, and the ledger stays where it is."""
    rig = Rig(tmp_path)
    rig.letter()
    rig.stores.close()
    opened = Ledger._open

    def interrupted(ledger):
        opened(ledger)
        ledger._db.set_progress_handler(lambda: True, 1)  # SQLite breaks off whatever is asked of it

    monkeypatch.setattr(Ledger, '_open', interrupted)
    with pytest.raises(StorageError, match=r'the ledger cannot be used \(interrupted\)'):
        open_ledger(Shelf(rig.data, Disk()), Disk(), rig.wall_s)
    assert not list(rig.data.glob('ledger.damaged-*'))
    monkeypatch.undo()
    rig.start()
    assert rig.stores.recover().cause == ''
    assert [letter.number for letter in rig.stores.letters()] == [1]


def test_a_ledger_of_a_newer_program_is_left_alone(tmp_path):
    rig = Rig(tmp_path)
    rig.letter()
    rig.stores.close()
    with sqlite3.connect(rig.data / FILE) as db:
        db.execute(f'PRAGMA user_version = {len(MIGRATIONS) + 1}')
    db.close()
    rig.start()
    assert rig.stores.recover().cause
    assert not rig.stores.room().ok
    assert not list(rig.data.glob('ledger.damaged-*'))


def test_a_ledger_of_every_older_version_is_taken_on_with_all_that_is_in_it(tmp_path):
    for version in range(1, len(MIGRATIONS)):
        (tmp_path / str(version)).mkdir()
        with contextlib.closing(sqlite3.connect(tmp_path / str(version) / FILE)) as db:
            db.executescript(';'.join([*MIGRATIONS[:version], f'PRAGMA user_version = {version}']))
            db.execute("INSERT INTO letter (number, state, lived_s) VALUES (41, 'forgotten', 0)")
            db.execute("INSERT INTO cut (letter, state, blank) VALUES (41, 'done', 1)")
            db.commit()
        ledger = Ledger(tmp_path / str(version))
        assert ledger.row('PRAGMA user_version')[0] == len(MIGRATIONS)
        assert ledger.row('SELECT blank, plan FROM cut')[:] == (1, None)
        with ledger.change():
            ledger.log('take', Stamp(0.0, 0.0, None), 'begun', None)
            assert ledger.run("INSERT INTO letter (state, lived_s) VALUES ('keeping', 0)") == 42
        ledger.close()


@pytest.mark.parametrize('version', [1, 2])
def test_a_ledger_that_an_older_program_has_written_is_taken_on_and_goes_on(tmp_path, version):
    """The dumps were written by the programs of their time, after three letters."""
    rig = Rig(tmp_path)
    rig.data.mkdir(mode=0o700)
    with contextlib.closing(sqlite3.connect(rig.data / FILE)) as db:
        db.executescript((LEDGERS / f'version-{version}.sql').read_text())
    stores = rig.stores
    assert stores.ledger.row('PRAGMA user_version')[0] == len(MIGRATIONS)
    assert stores.blanks() == 11
    assert stores.counters.stylus().used_s == 1.5
    assert stores.ledger.row("SELECT state FROM cut WHERE cause = 'lid'")['state'] == 'stopped'
    stores.deed('anna', 'open', 'done')
    stores.addresses.put(2, Address(('Anna',), ('Otto', 'Lindenweg 3'), 'DE'))
    stores.recover()
    assert {letter.number: letter.state for letter in stores.letters()} == {1: 'lost', 2: 'lost'}
    assert rig.letter().number == 4
    stores.forget(2)
    assert stores.addresses.all() == {}


def test_a_ledger_without_room_says_so_and_the_take_stays(tmp_path):
    rig = Rig(tmp_path)
    rig.letter()
    rig.speak(seed=2)
    rig.stores.ledger.run('PRAGMA max_page_count = 1')  # as many as there are: not one more
    with pytest.raises(StorageError) as told:
        rig.stores.note('visit ' * 10_000)
    assert told.value.cause == 'disk full'
    rig.stores.ledger.run('PRAGMA max_page_count = 1073741823')
    assert rig.stores.keep().number == 2


def test_a_copy_that_cannot_be_written_is_no_fault_of_the_ledgers_own_disk(tmp_path):
    rig = Rig(tmp_path)
    rig.letter()
    with pytest.raises(StorageError, match='cannot be copied') as told:
        rig.stores.ledger.copy_to(tmp_path / 'no-stick' / FILE)
    assert told.value.where == str(tmp_path / 'no-stick' / FILE)


def test_a_take_that_could_not_be_noted_holds_no_file_open_once_the_next_has_begun(tmp_path, monkeypatch):
    """Else each press of a visitor would take as much memory as the longest message, for as long as the booth runs."""
    rig = Rig(tmp_path)
    rig.letter()
    before = os.listdir('/dev/fd')
    with monkeypatch.context() as patch:
        patch.setattr(Ledger, 'log', full)
        for _ in range(3):
            with pytest.raises(StorageError):
                rig.stores.begin_take()
    rig.letter(seed=2)
    assert os.listdir('/dev/fd') == before


def full(*words):
    raise StorageError('the ledger cannot be used', cause='disk full')


def test_the_story_of_takes_and_discs_is_told_without_a_word_of_them(tmp_path):
    rig = Rig(tmp_path)
    letter = rig.letter()
    rig.stores.planned(letter.number, {'disc': 'xray-17', 'speed_rpm': 45.11, 'level_db': -2.0})
    rig.cut(letter.number)
    rig.speak(seed=2)
    rig.stores.hold()
    rows = rig.stores.ledger.rows('SELECT what, letter FROM take ORDER BY id')
    assert [tuple(row) for row in rows] == [
        ('begun', None), ('kept', 1), ('wiped', None), ('begun', None), ('held', 2), ('wiped', None),
    ]  # fmt: skip
    cut = rig.stores.ledger.row('SELECT state, disc, speed_rpm, level_db, blank, stylus_s FROM cut')
    assert tuple(cut) == ('done', 'xray-17', 45.11, -2.0, 1, 1.5)


def test_logs_do_not_grow_for_ever(tmp_path, monkeypatch):
    monkeypatch.setattr('appliance.message.ledger.LINES', 3)
    rig = Rig(tmp_path)
    for visit in range(9):
        rig.stores.note(f'visit {visit}')
    told = [row['what'] for row in rig.stores.ledger.rows('SELECT what FROM visit')]
    assert told == ['visit 6', 'visit 7', 'visit 8']


def test_every_commit_is_on_the_disk_before_it_returns(tmp_path):
    ledger = Ledger(tmp_path)
    assert ledger.row('PRAGMA journal_mode')[0] == 'wal'
    assert ledger.row('PRAGMA synchronous')[0] == 2
    assert ledger.row('PRAGMA secure_delete')[0] == 1
    ledger.close()
    assert (tmp_path / FILE).stat().st_mode & 0o777 == 0o600


def test_days_are_those_the_booth_has_run_whatever_the_clock_says(tmp_path):
    rig = Rig(tmp_path, Keeping('days', 30, 3.0))
    number = rig.letter().number
    for jump_s in [YEAR_S, -2 * YEAR_S, YEAR_S, DAY_S] * 20:  # and a start with each
        rig.wall_s += jump_s
        rig.stores.close()
        rig.killed().recover()
        rig.stores.retire()
    assert [letter.number for letter in rig.stores.letters()] == [number], 'deleted too early'
    rig.now_s += 29.9 * DAY_S
    rig.stores.retire()
    assert len(rig.stores.letters()) == 1
    rig.now_s += 0.2 * DAY_S
    rig.stores.retire()
    assert rig.stores.letters() == ()
    assert not list((rig.data / 'letters').iterdir())


def test_a_booth_that_runs_by_day_only_counts_on_where_it_was(tmp_path):
    rig = Rig(tmp_path, Keeping('days', 2, 3.0))
    rig.letter()
    for day in range(6):
        assert len(rig.stores.letters()) == 1, day
        rig.now_s += DAY_S / 3 + 1.0
        rig.stores.retire()
        rig.stores.close()
        rig.killed().recover()
    rig.stores.retire()
    assert rig.stores.letters() == ()


def test_each_policy_deletes_what_it_says_and_a_disc_in_the_machine_keeps_its_letter(tmp_path):
    for policy, left in (('handover', []), ('days', ['handed over']), ('keep', ['handed over'])):
        (tmp_path / policy).mkdir()
        rig = Rig(tmp_path / policy, Keeping(policy, 3, 3.0))
        rig.stores.recover()
        number = rig.letter().number
        rig.cut(number)
        rig.now_s += 10 * DAY_S
        rig.stores.retire()
        assert rig.stores.letter(number).state == 'cut'
        rig.now_s += -10 * DAY_S
        rig.stores.handed_over(number)
        assert [letter.state for letter in rig.stores.letters()] == left
        other = rig.letter(seed=2).number  # kept, and nobody came for it
        rig.now_s += 10 * DAY_S
        rig.stores.retire()
        assert (rig.stores.letter(other).state == 'kept') is (policy == 'keep')


def test_nothing_of_a_forgotten_letter_is_left_in_any_file(tmp_path):
    rig = Rig(tmp_path)
    letter = rig.letter()
    rig.stores.planned(letter.number, {'disc': 'xray-17', 'speed_rpm': 78.26, 'level_db': 3.5, 'why': 'UNIQUEPLAN'})
    rig.cut(letter.number)
    mark = rig.stores.ledger.row('SELECT reference FROM letter')[0]
    assert any(b'UNIQUEPLAN' in path.read_bytes() for path in rig.data.glob('ledger*'))
    rig.stores.forget(letter.number)
    rig.stores.forget(letter.number)
    for path in [p for p in tmp_path.rglob('*') if p.is_file()]:
        held = path.read_bytes()
        assert b'UNIQUEPLAN' not in held, path
        assert mark.encode() not in held, path
    assert rig.stores.letter(letter.number).state == 'forgotten'
    assert not letter.folder.exists()


def test_a_blank_is_spent_once_whoever_says_so(tmp_path):
    rig = Rig(tmp_path)
    number = rig.letter().number
    with rig.stores.ledger.change() as ledger:
        ledger.remember('blanks', 5)
    rig.stores.begin_cut(number)
    rig.stores.cut_ended(number, 'stopped', 'lid')
    rig.stores.spoiled(number, 'lid')
    assert rig.stores.blanks() == 4
    rig.stores.begin_cut(number)
    rig.stores.cut_ended(number, 'refused', 'lathe')
    assert rig.stores.blanks() == 4
    rig.cut(number)
    assert rig.stores.blanks() == 3
    assert rig.stores.counters.stylus().used_s == 1.5
    assert rig.stores.letter(number).state == 'cut'


def test_a_letter_that_never_was_is_an_error_in_words(tmp_path):
    rig = Rig(tmp_path)
    with pytest.raises(OptionError, match=r'no letter no\. 12'):
        rig.stores.letter(12)
