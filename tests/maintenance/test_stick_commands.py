"""A stick from the host's desk: what is plugged in, backup and restore, and a copy for the visitor who asks."""

import shutil

import pytest

from appliance.desk.book import Call, Table
from appliance.desk.catalogue import run, syntax
from appliance.errors import MachineRefusesError, OptionError, StorageError
from appliance.maintenance import stick
from appliance.message.host.stick import sticks
from appliance.words.languages import NAMES
from tests.maintenance.checklist_rig import kept
from tests.maintenance.stick_rig import NAME, facts, lines, names, with_a_letter


@pytest.fixture
def rig(tmp_path):
    with with_a_letter(tmp_path) as rig:
        yield rig


# -- what is plugged in ------------------------------------------------------------------------------------------------


def test_nothing_plugged_in_is_said_by_each(rig):
    assert 'nothing is mounted under' in lines(rig.run('stick'))[0]
    for words in ('backup', 'backup verify', 'copy 1'):
        with pytest.raises(MachineRefusesError, match='no stick is plugged in'):
            rig.run(words)


def test_a_folder_where_nothing_is_mounted_is_no_stick(rig):
    (rig.sticks.media / 'OLD').mkdir()
    with pytest.raises(MachineRefusesError, match='no stick'):
        rig.run('backup')
    assert names(rig.sticks.media / 'OLD') == []


def test_what_is_plugged_in_is_told_with_its_backups(rig):
    rig.sticks.plug('MY STICK', 'exfat')
    rig.run('backup')
    (rig.sticks.media / 'MY STICK/audioletter/backup-2027-01-02').mkdir()
    table, backups = [one for one in rig.run('stick') if isinstance(one, Table)]
    assert table.rows[0][:2] == ('MY STICK', 'exfat')
    assert table.rows[0][4] is True
    assert [(row[1], row[3]) for row in backups.rows] == [('backup-2027-01-02', None), (NAME, 1)]


def test_of_several_one_must_be_named(rig):
    rig.sticks.plug('A')
    rig.sticks.plug('B')
    with pytest.raises(MachineRefusesError, match='several'):
        rig.run('backup')
    with pytest.raises(MachineRefusesError, match='no stick C'):
        rig.run('backup --stick C')
    rig.run('backup --stick B')
    assert names(rig.sticks.media / 'A') == []
    assert names(rig.sticks.media / 'B/audioletter') == [NAME]


def test_one_that_is_locked_is_refused_before_anything_is_asked(rig):
    rig.sticks.plug(options='ro')
    for words in ('backup', 'copy 1'):
        with pytest.raises(StorageError, match=r'cannot be written.*switch'):
            rig.run(words)
    assert rig.asked == []


def test_mounts_are_read_as_the_system_writes_them(tmp_path):
    point = tmp_path / 'a b'
    point.mkdir()
    told = tmp_path / 'mountinfo'
    escaped = str(point).replace(' ', '\\040')
    told.write_text(
        f'1 1 8:1 / {escaped} rw - vfat /dev/sda1 rw\n2 1 8:2 / {escaped} rw - ext4 /dev/sdb1 ro,x\nrubbish\n'
        f'3 1 8:3 / {tmp_path}/gone rw - vfat /dev/sdc1 rw\n'
    )
    (found,) = sticks(tmp_path, told)
    assert (found.name, found.kind, found.read_only, found.there) == ('a b', 'ext4', True, True)
    assert sticks(tmp_path, tmp_path / 'none') == ()


# -- backup and restore ------------------------------------------------------------------------------------------------


def test_a_backup_is_made_verified_and_brought_back(rig):
    point = rig.sticks.plug()
    said = rig.run('backup')
    assert lines(said)[0].endswith('do not pull it out')
    assert lines(said)[-1].endswith('you may pull it out now')
    assert facts(said)['letters'] == 1
    assert rig.row("SELECT what FROM deed WHERE what LIKE 'backup%'") == (f'backup {NAME}',)
    rig.run('backup')
    assert names(point / 'audioletter') == [NAME, f'{NAME}-2']
    assert lines(rig.run('backup verify'))[-1] == 'every byte is as it was written'
    shutil.rmtree(rig.folders.data / 'letters/000001')
    rig.run('maintain')
    kept(rig, lambda stores: stores.recover())
    told = facts(rig.run('restore'))
    assert told['letters brought back'] == 1
    assert (rig.folders.data / 'letters/000001/letter.wav').is_file()
    assert facts(rig.run('restore'))['left as they are here'] == 1


def test_two_do_not_write_to_one_stick_at_once(rig, monkeypatch):
    """The second would sweep away what the first has begun."""
    point = rig.sticks.plug()
    original, refused = stick.back_up, []

    def during(*given):
        for words in ('backup', 'copy 1 --yes'):
            command, rest = rig.catalogue.find(words.split())
            with pytest.raises(MachineRefusesError, match='KINGSTON: a backup or a copy is being written to it'):
                list(run(command, Call(rig.desk, 'bob'), syntax(command).bind(rest)))
            refused.append(words)
        return original(*given)

    monkeypatch.setattr(stick, 'back_up', during)
    rig.run('backup')
    assert refused == ['backup', 'copy 1 --yes']
    assert names(point / 'audioletter') == [NAME]
    rig.run('copy 1')  # and now it is free again


def test_nothing_comes_back_on_no_or_while_somebody_may_come(rig):
    rig.sticks.plug()
    rig.run('backup')
    with pytest.raises(MachineRefusesError, match='not in maintenance'):
        rig.run('restore')
    rig.run('maintain')
    with pytest.raises(MachineRefusesError, match='nothing was done'):
        rig.run('restore', answer=False)
    assert len(rig.asked) == 1
    rig.run('restore --yes', answer=False)
    assert len(rig.asked) == 1


def test_a_damaged_backup_is_named_and_not_taken(rig):
    point = rig.sticks.plug()
    rig.run('backup')
    wav = point / 'audioletter' / NAME / 'letters/000001/letter.wav'
    wav.write_bytes(wav.read_bytes()[:-1] + b'\xff')
    rig.run('maintain')
    for words in ('backup verify', 'restore'):
        with pytest.raises(StorageError, match=r'damaged: letter.wav'):
            rig.run(words)
    (point / 'audioletter' / NAME / 'backup.json').unlink()
    with pytest.raises(OptionError, match='there is no backup on it'):
        rig.run('restore')


def test_what_was_broken_off_is_cleared_away_by_the_next(rig):
    point = rig.sticks.plug()
    left = point / 'audioletter/backup-2026-12-31.part'
    left.mkdir(parents=True)
    rig.run('backup')
    assert names(point / 'audioletter') == [NAME]


# -- a copy for the visitor --------------------------------------------------------------------------------------------


def test_a_copy_is_one_letter_with_a_text_in_the_visitors_language(rig):
    point = rig.sticks.plug()
    said = rig.run('copy 1')
    assert 'does whoever spoke it ask for a copy' in rig.asked[0]
    assert 'no. 1 of 2027-01-15' in rig.asked[0] or 'no. 1' in rig.asked[0]
    folder = point / 'audioletter/letter-000001'
    assert names(folder) == ['disc-000001.png', 'disc-000001.wav', 'letter-000001.txt', 'letter-000001.wav']
    assert (folder / 'letter-000001.wav').read_bytes() == (rig.folders.data / 'letters/000001/letter.wav').read_bytes()
    text = (folder / 'letter-000001.txt').read_bytes()
    assert text.startswith(b'\xef\xbb\xbf')
    assert b'audio letter no. 1.' in text
    assert text.count(b'\r\n') == text.count(b'\n')
    assert lines(said)[-1] == stick.DONE
    assert rig.row("SELECT who FROM deed WHERE what = 'copy 1'") == ('anna',)


@pytest.mark.parametrize('language', list(NAMES))
def test_its_text_is_in_every_language(rig, language):
    rig.sticks.plug()
    kept(rig, lambda stores: stores.ledger.run('UPDATE letter SET language = ?', language))
    rig.run('copy 1')
    text = (rig.sticks.media / 'KINGSTON/audioletter/letter-000001/letter-000001.txt').read_text('utf-8-sig')
    assert ('your voice' in text) is (language == 'en')
    assert all(name in text for name in ('letter-000001.wav', 'disc-000001.wav', 'disc-000001.png'))
    assert '{' not in text


def test_without_consent_nothing_is_copied(rig):
    point = rig.sticks.plug()
    with pytest.raises(MachineRefusesError, match='nothing was done'):
        rig.run('copy 1', answer=False)
    assert names(point) == []


@pytest.mark.parametrize('state', ['held', 'lost', 'forgotten', 'keeping', 'cutting'])
def test_a_letter_that_nobody_may_have_is_refused(rig, state):
    rig.sticks.plug()
    kept(rig, lambda stores: stores.ledger.run('UPDATE letter SET state = ?', state))
    with pytest.raises(OptionError, match=state):
        rig.run('copy 1')
    assert rig.asked == []


def test_a_copy_that_is_there_is_not_written_over(rig):
    rig.sticks.plug()
    rig.run('copy 1')
    with pytest.raises(OptionError, match='a copy already'):
        rig.run('copy 1')
    with pytest.raises(OptionError, match=r'no letter no\. 9'):
        rig.run('copy 9')
