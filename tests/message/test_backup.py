"""Backup and restore: whole or told to be none; nothing is overwritten, nothing forgotten comes back."""

import contextlib
import errno
import hashlib
import json
import shutil
import sqlite3

import pytest

from appliance.errors import AudioLetterError, MachineRefusesError, OptionError, StorageError
from appliance.message import Keeping
from appliance.message.host.backup import LIST, back_up, read_list, verify
from appliance.message.host.restore import restore
from appliance.message.ledger import FILE, MIGRATIONS
from tests.message.faulty_disk import FaultyDisk, PowerCutError
from tests.message.store_rig import Rig
from tests.message.story import Story
from tests.message.test_host import OTTO
from tests.message.test_ledger import LEDGERS

TABLES = ('letter', 'cut', 'address', 'edition', 'counted', 'visit', 'take')


def asked(rig):
    return lambda name, do: do(rig.stores)


def contents(rig):
    """All rows and all bytes; where each letter stands."""
    rows = {table: [tuple(row) for row in rig.stores.ledger.rows(f'SELECT * FROM {table}')] for table in TABLES}
    letters = rig.data / 'letters'
    files = {p.relative_to(letters).as_posix(): p.read_bytes() for p in letters.rglob('*') if p.is_file()}
    return rows, files


def simple(root, *, letters=3):
    rig = Rig(root, Keeping('keep', 30, 3.0))
    rig.stores.recover()
    rig.stores.counters.add_blanks(20, 'anna')
    for seed in range(letters):
        number = rig.letter(0.2, seed).number
        rig.stores.addresses.put(number, OTTO)
        rig.cut(number)
        rig.stores.handed_over(number)
    return rig


def folder(path):
    path.mkdir()
    return path


@pytest.fixture
def rig(tmp_path):
    return simple(folder(tmp_path / 'booth'))


def test_two_hundred_letters_go_out_and_come_back_into_an_empty_booth_as_they_were(tmp_path):
    story = Story(folder(tmp_path / 'booth'), seed=5)
    rig = story.rig
    made = back_up(asked(rig), rig.data, tmp_path / 'stick' / 'backup')
    assert verify(tmp_path / 'stick' / 'backup') == made
    assert set(made.numbers) == set(range(1, 201)) - story.gone
    other = Rig(folder(tmp_path / 'other'), Keeping('keep', 30, 3.0))
    other.stores.recover()
    told = restore(asked(other), other.data, tmp_path / 'stick' / 'backup')
    assert told.whole
    assert told.letters == made.numbers
    assert told.left_alone == ()
    ours, theirs = contents(rig), contents(other)
    assert theirs[1] == ours[1]
    assert {table: sorted(map(repr, rows)) for table, rows in theirs[0].items() if table != 'letter'} == {
        table: sorted(map(repr, rows)) for table, rows in ours[0].items() if table != 'letter'
    }
    known = 'number, reference, state, seconds, master, date, at_s'
    sql = f'SELECT {known} FROM letter ORDER BY number'
    assert [tuple(row) for row in other.stores.ledger.rows(sql)] == [tuple(row) for row in rig.stores.ledger.rows(sql)]
    assert other.stores.life.lived_s() == pytest.approx(rig.stores.life.lived_s())
    for day in rig.stores.days():
        assert other.stores.day(day) == rig.stores.day(day)
    assert other.stores.counters.stylus() == rig.stores.counters.stylus()
    assert other.killed().recover().cause == ''
    assert contents(other)[1] == ours[1]
    assert other.letter().number == 201


def test_a_stick_may_be_called_whatever_its_owner_likes(rig, tmp_path):
    stick = folder(tmp_path / 'USB #1 50%41')
    made = back_up(asked(rig), rig.data, stick / 'backup')
    assert verify(stick / 'backup') == made
    assert {path.name for path in tmp_path.iterdir()} == {'booth', stick.name}


def test_a_number_that_exists_is_left_as_it_is_and_what_was_forgotten_stays_so(rig, tmp_path):
    back_up(asked(rig), rig.data, tmp_path / 'backup')
    rig.stores.forget(1)
    rig.stores.addresses.remove(2)
    shutil.rmtree(rig.data / 'letters' / '000003')
    rig.killed().recover()
    assert rig.stores.letter(3).state == 'lost'
    before = contents(rig)
    told = restore(asked(rig), rig.data, tmp_path / 'backup')
    assert (told.letters, told.left_alone, told.whole) == ((3,), (1, 2), False)
    after = contents(rig)
    assert after[0]['address'] == before[0]['address'], 'an address that was removed came back'
    assert rig.stores.letter(1).state == 'forgotten'
    assert rig.stores.letter(3).state == 'handed over'
    assert {name for name in after[1] if name.startswith('000003')} == {
        '000003/letter.wav',
        '000003/disc-3/report.json',
    }
    assert restore(asked(rig), rig.data, tmp_path / 'backup').letters == ()


def test_letters_come_into_a_booth_that_has_others_and_keep_their_discs_and_days(rig, tmp_path):
    rig.now_s += 40 * 86_400.0
    back_up(asked(rig), rig.data, tmp_path / 'backup')
    other = simple(folder(tmp_path / 'other'), letters=1)
    other.stores.order_discs(1, 1, 'ben')
    other.cut(1)
    before = contents(other)
    told = restore(asked(other), other.data, tmp_path / 'backup')
    assert (told.letters, told.left_alone) == ((2, 3), (1,))
    after = contents(other)
    assert after[0]['letter'][:1] == before[0]['letter']
    assert {name: data for name, data in after[1].items() if name.startswith('000001')} == before[1]
    for number in (2, 3):
        (disc,) = other.stores.discs.of(number)
        assert disc.folder is not None
        assert disc.folder.name == f'disc-{disc.row}'
        assert (disc.folder / 'report.json').is_file()
        assert other.stores.addresses.of(number) == OTTO
    assert len({row[0] for row in after[0]['cut']}) == 4
    other.stores.keep_by(Keeping('days', 30, 3.0))
    other.stores.retire()  # they were kept 40 days in the other booth
    assert [letter.number for letter in other.stores.letters()] == [1]
    assert other.letter().number == 4


def test_an_edition_goes_on_with_its_numbers_in_another_booth(rig, tmp_path):
    rig.stores.order_discs(2, 3, 'anna', numbered=True)
    rig.cut(2)
    rig.stores.handed_over(2, more=True)
    back_up(asked(rig), rig.data, tmp_path / 'backup')
    other = simple(folder(tmp_path / 'other'), letters=1)
    restore(asked(other), other.data, tmp_path / 'backup')
    other.stores.order_discs(2, 3, 'anna', numbered=True)
    assert other.stores.discs.left(2) == 2
    other.stores.begin_cut(2)
    assert other.stores.discs.mark() == '2 2/3'


def test_a_backup_whose_ledger_cannot_be_looked_at_now_is_not_called_damaged(rig, tmp_path, monkeypatch):
    made = back_up(asked(rig), rig.data, tmp_path / 'backup').folder
    connect = sqlite3.connect

    def interrupted(*where, **how):
        db = connect(*where, **how)
        db.set_progress_handler(lambda: True, 1)  # SQLite breaks off whatever is asked of it
        return db

    other = Rig(folder(tmp_path / 'other'))
    other.stores.recover()
    monkeypatch.setattr(sqlite3, 'connect', interrupted)
    with pytest.raises(StorageError, match=r'cannot read the backup \(interrupted\)'):
        restore(asked(other), other.data, made)


@pytest.mark.parametrize('harm', ['changed', 'shorter', 'gone', 'ledger', 'list', 'outside', 'link'])
def test_a_damaged_backup_is_refused_by_name_and_nothing_of_it_is_taken(rig, tmp_path, harm):
    backup = back_up(asked(rig), rig.data, tmp_path / 'backup').folder
    wav = backup / 'letters' / '000003' / 'letter.wav'
    data = wav.read_bytes()
    if harm == 'changed':
        wav.write_bytes(data[:5000] + bytes([data[5000] ^ 1]) + data[5001:])
    elif harm == 'shorter':
        wav.write_bytes(data[:-1])
    elif harm == 'gone':
        wav.unlink()
    elif harm == 'ledger':
        (backup / FILE).write_bytes(b'no database')
    elif harm == 'link':
        wav.rename(tmp_path / 'x')
        wav.symlink_to(tmp_path / 'x')
    else:
        body = (backup / LIST).read_bytes()
        (backup / LIST).write_bytes(body[:-70] + b'!' + body[-69:] if harm == 'list' else outside(body))
    other = Rig(folder(tmp_path / 'other'))
    other.stores.recover()
    before = contents(other)
    with pytest.raises(StorageError, match='damaged'):
        restore(asked(other), other.data, backup)
    assert contents(other) == before
    assert sorted(path.name for path in other.data.iterdir() if 'ledger' not in path.name) == ['letters']


def outside(body):
    """A list that is sound and names what lies elsewhere."""
    told = json.loads(body.partition(b'\n')[0])
    told['files']['letters/000003/../../../x'] = [1, 'ab']
    text = json.dumps(told).encode()
    return text + b'\n' + hashlib.sha256(text).hexdigest().encode() + b'\n'


def test_a_backup_of_a_newer_program_is_left_alone(rig, tmp_path, monkeypatch):
    backup = back_up(asked(rig), rig.data, tmp_path / 'backup').folder
    monkeypatch.setattr('appliance.message.host.backup.MIGRATIONS', MIGRATIONS[:-1])
    for what in (verify, read_list, lambda path: restore(asked(rig), rig.data, path)):
        with pytest.raises(OptionError, match='newer'):
            what(backup)


def test_a_backup_of_an_older_ledger_is_taken(rig, tmp_path):
    """As version 2 of the ledger would have left it."""
    backup = back_up(asked(rig), rig.data, tmp_path / 'backup').folder
    (backup / FILE).unlink()
    with contextlib.closing(sqlite3.connect(backup / FILE)) as db:
        db.executescript((LEDGERS / 'version-2.sql').read_text())
    told = json.loads((backup / LIST).read_bytes().partition(b'\n')[0])
    data = (backup / FILE).read_bytes()
    told |= {'ledger': 2}
    told['files'][FILE] = [len(data), hashlib.sha256(data).hexdigest()]
    body = json.dumps(told).encode()
    (backup / LIST).write_bytes(body + b'\n' + hashlib.sha256(body).hexdigest().encode() + b'\n')
    other = Rig(folder(tmp_path / 'other'))
    other.stores.recover()
    assert restore(asked(other), other.data, backup).letters == (1, 2)
    assert other.stores.blanks() == 11


def test_whatever_operation_fails_there_is_no_backup_that_looks_whole(rig, tmp_path):
    count = FaultyDisk()
    back_up(asked(rig), rig.data, tmp_path / 'whole', disk=count)
    assert count.count > 20
    for kind in (errno.ENOSPC, 'dark'):
        for at in range(count.count):
            target = tmp_path / 'sticks' / f'{kind}-{at}' / 'backup'
            with pytest.raises(PowerCutError if kind == 'dark' else StorageError) as told:
                back_up(asked(rig), rig.data, target, disk=FaultyDisk(at, kind, lasting=True))
            assert kind == 'dark' or told.value.cause == 'disk full'
            if target.exists():  # only its name was still to be made sure of
                assert at >= count.count - 1
                verify(target)
                continue
            for path in (target, target.with_name('backup.part')):
                with pytest.raises(OptionError, match=r'broken off|no backup'):
                    verify(path)
            back_up(asked(rig), rig.data, target)
            assert sorted(path.name for path in target.parent.iterdir()) == ['backup']


@pytest.mark.parametrize('kind', [errno.EIO, 'dark'])
def test_whatever_operation_fails_a_restore_can_be_asked_for_again(rig, tmp_path, kind):
    backup = back_up(asked(rig), rig.data, tmp_path / 'backup').folder
    wanted = contents(rig)[1]
    (tmp_path / 'x').mkdir()
    first = Rig(folder(tmp_path / 'x' / 'count'), Keeping('keep', 30, 3.0))
    first.stores.recover()
    count = FaultyDisk()
    restore(asked(first), first.data, backup, disk=count)
    assert count.count > 30
    for at in range(count.count):
        other = Rig(folder(tmp_path / 'x' / str(at)), Keeping('keep', 30, 3.0))
        other.stores.recover()
        with contextlib.suppress(StorageError, PowerCutError):
            restore(asked(other), other.data, backup, disk=FaultyDisk(at, kind, lasting=True))
        assert other.killed().recover().cause == ''
        assert not list(other.data.glob('*.part'))
        for letter in other.stores.letters():
            assert letter.state in ('handed over', 'lost', 'kept'), at
        restore(asked(other), other.data, backup)
        assert contents(other)[1] == wanted, at
        assert {letter.state for letter in other.stores.letters()} <= {'handed over', 'kept'}
        assert set(other.stores.addresses.all()) == {1, 2, 3}
        assert other.stores.blanks() == 17


def test_what_is_forgotten_or_kept_while_it_is_copied_is_out_of_it_or_in_it(rig, tmp_path):
    ask = asked(rig)

    def meanwhile(name, do):
        rig.stores.forget(2)
        rig.letter(0.2, 9)
        return ask(name, do)

    made = back_up(meanwhile, rig.data, tmp_path / 'backup')
    assert made.numbers == (1, 3, 4)
    assert not (made.folder / 'letters' / '000002').exists()
    other = Rig(folder(tmp_path / 'other'))
    other.stores.recover()
    assert restore(asked(other), other.data, made.folder).letters == (1, 3, 4)
    assert other.stores.letter(2).state == 'forgotten'


def test_a_stick_that_is_too_small_is_said_before_anything_is_copied(rig, tmp_path):
    disk = FaultyDisk()
    disk.free_bytes = lambda path: 1000
    with pytest.raises(StorageError, match='MB are free') as told:
        back_up(asked(rig), rig.data, tmp_path / 'backup', disk=disk)
    assert told.value.cause == 'disk full'
    assert disk.done.count('create') == 0


def test_nothing_is_written_over_and_a_stop_is_a_stop(rig, tmp_path):
    (tmp_path / 'there').mkdir()
    with pytest.raises(OptionError, match='already'):
        back_up(asked(rig), rig.data, tmp_path / 'there')
    with pytest.raises(MachineRefusesError, match='stopped'):
        back_up(asked(rig), rig.data, tmp_path / 'backup', lambda done, whole: done < whole / 2)
    assert not (tmp_path / 'backup').exists()
    made = back_up(asked(rig), rig.data, tmp_path / 'backup')
    for stopped in (verify, lambda path, told: restore(asked(rig), rig.data, path, told)):
        with pytest.raises(MachineRefusesError, match='stopped'):
            stopped(made.folder, lambda done, whole: False)


def test_rubbish_in_place_of_a_list_is_one_line_of_error(rig, tmp_path):
    backup = back_up(asked(rig), rig.data, tmp_path / 'backup').folder
    for rubbish in (
        b'',
        b'\n',
        b'{}',
        b'{}\n44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a\n',
        b'\xff' * 99,
    ):
        (backup / LIST).write_bytes(rubbish)
        with pytest.raises(AudioLetterError):
            verify(backup)
