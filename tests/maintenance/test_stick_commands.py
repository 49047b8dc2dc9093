"""A stick from the host's desk: plugged in or pulled out, full, locked, failing at any operation; nothing half-written
counts, and nothing is written where it was."""

import errno
import os
import shutil
from dataclasses import replace

import pytest
import soundfile

from appliance.desk.book import Facts, Line, Table
from appliance.errors import MachineRefusesError, OptionError, StorageError
from appliance.maintenance import stick
from appliance.message.host.backup import verify
from appliance.message.host.stick import FAT_BYTES, Stick, StickDisk, sticks
from appliance.words.languages import NAMES
from appliance.workflow.values import State
from tests.maintenance.checklist_rig import kept
from tests.maintenance.rig import CommandRig
from tests.message.faulty_disk import CHANGES

NAME = 'backup-2027-01-15'  # of the rig's day


class Sticks:
    """Folders that stand for what is plugged in, and the system's list of them."""

    def __init__(self, rig, root):
        self.rig, self.media, self.list = rig, root / 'media', root / 'mountinfo'
        self.media.mkdir()
        self.mounted = {}
        places = replace(rig.kiosk.settings.config.places, stick=str(self.media))
        config = replace(rig.kiosk.settings.config, places=places)
        rig.kiosk.settings = replace(rig.kiosk.settings, config=config)
        rig.desk.program = replace(rig.desk.program, mounts=self.list)
        self.write()

    def plug(self, name='KINGSTON', kind='vfat', options='rw'):
        (self.media / name).mkdir(exist_ok=True)
        self.mounted[name] = (kind, options)
        self.write()
        return self.media / name

    def pull(self, name='KINGSTON'):
        """As the system leaves it: the point is empty, or gone with what was mounted there."""
        shutil.rmtree(self.media / name)
        del self.mounted[name]
        self.write()

    def write(self):
        lines = ['22 1 179:2 / / rw,relatime shared:1 - ext4 /dev/root rw']
        for name, (kind, options) in self.mounted.items():
            point = str(self.media / name).replace(' ', '\\040')
            lines.append(f'90 22 8:1 / {point} {options},nosuid shared:2 - {kind} /dev/sda1 {options}')
        self.list.write_text('\n'.join(lines) + '\n', encoding='utf-8')


@pytest.fixture
def rig(tmp_path):
    with CommandRig(tmp_path) as rig:
        rig.sticks = Sticks(rig, tmp_path)
        rig.to_load_disc()
        rig.set('blank', True)
        rig.press()
        rig.until(State.TAKE_DISC)
        rig.set('blank', False)
        rig.until(State.ATTRACT)
        results = rig.folders.data / 'letters/000001/disc-1'
        soundfile.write(results / 'playback.wav', [0.0] * 4800, 48_000)
        (results / 'disc.png').write_bytes(b'\x89PNG picture')
        yield rig


def lines(said):
    return [one.text for one in said if isinstance(one, Line)]


def facts(said):
    return {name: value for one in said if isinstance(one, Facts) for name, value in one.facts.items()}


def names(folder):
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


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


# -- a stick that fails ------------------------------------------------------------------------------------------------


def failing(monkeypatch, at, do):
    """The operation `at` of the stick is `do` instead."""
    count = [0]

    def breakable(name):
        def call(self, *args):
            count[0] += 1
            if count[0] - 1 == at:
                do()
            return getattr(StickDisk, name)(self, *args)

        return call

    faulty = type('Faulty', (StickDisk,), {name: breakable(name) for name in CHANGES})
    monkeypatch.setattr(stick, 'StickDisk', faulty)
    return count


def fails(number):
    def do():
        raise OSError(number, os.strerror(number))

    return do


WORDS = {errno.ENOSPC: 'full', errno.EIO: 'fails|cannot', errno.EROFS: 'cannot be written', errno.ENODEV: 'pulled out'}


def whole(rig, folder):
    if folder.name == NAME:
        verify(folder)
        return
    wav = rig.folders.data / 'letters/000001/letter.wav'
    assert len(names(folder)) == 4
    assert (folder / 'letter-000001.wav').read_bytes() == wav.read_bytes()


@pytest.mark.parametrize('number', list(WORDS), ids=errno.errorcode.get)
@pytest.mark.parametrize(('words', 'made'), [('backup', NAME), ('copy 1', 'letter-000001')])
def test_whichever_operation_fails_nothing_half_written_counts(rig, monkeypatch, words, made, number):
    point = rig.sticks.plug()
    with monkeypatch.context() as patch:
        count = failing(patch, -1, lambda: None)
        rig.run(words)
    shutil.rmtree(point / 'audioletter')
    operations = count[0]
    assert operations > 15
    for at in range(0, operations, 1 if number == errno.ENOSPC else 4):  # a disk fails alike, whatever it calls it
        with monkeypatch.context() as patch:
            failing(patch, at, fails(number))
            with pytest.raises(StorageError):
                rig.run(words)
        if (point / 'audioletter' / made).exists():  # only its name was not yet safe: it is whole
            whole(rig, point / 'audioletter' / made)
        elif words.startswith('copy') and number == errno.ENOSPC:
            assert len(names(point / 'audioletter')) <= 1
        shutil.rmtree(point / 'audioletter', ignore_errors=True)
    rig.run(words)
    assert names(point / 'audioletter') == [made]


@pytest.mark.parametrize('number', list(WORDS), ids=errno.errorcode.get)
def test_the_host_reads_what_is_the_matter_with_the_stick(rig, monkeypatch, number):
    rig.sticks.plug()
    failing(monkeypatch, 6, fails(number))
    with pytest.raises(StorageError, match=WORDS[number]) as caught:
        rig.run('backup')
    assert caught.value.remedy


@pytest.mark.parametrize('words', ['backup', 'copy 1'])
def test_pulled_out_in_the_middle_it_is_told_and_nothing_is_written_where_it_was(rig, monkeypatch, words):
    for at in (2, 6, 12):
        rig.sticks.plug()
        with monkeypatch.context() as patch:
            failing(patch, at, rig.sticks.pull)
            with pytest.raises(StorageError, match=r'pulled out.*does not count'):
                rig.run(words)
        assert not (rig.sticks.media / 'KINGSTON').exists()


def test_a_point_that_has_become_another_device_is_not_written_to(tmp_path):
    disk = StickDisk(Stick(tmp_path, 'vfat', False, os.stat('/proc').st_dev, 1, 1))
    for do in (lambda: disk.create(tmp_path / 'x'), lambda: disk.folder(tmp_path / 'y')):
        with pytest.raises(OSError, match='No such device'):
            do()
    assert names(tmp_path) == []


def test_pulled_out_while_it_is_read_it_is_told(rig, monkeypatch):
    rig.sticks.plug()
    rig.run('backup')
    monkeypatch.setattr(stick, 'verify', lambda folder, told: (rig.sticks.pull(), verify(folder, told))[1])
    with pytest.raises(StorageError, match='pulled out'):
        rig.run(['backup', 'verify', NAME])


@pytest.mark.parametrize('words', ['backup', 'copy 1'])
def test_a_stick_that_keeps_other_bytes_than_it_was_given_is_found_out(rig, monkeypatch, words):
    point = rig.sticks.plug()
    write = StickDisk.write

    def wears_out(self, file, data, at):
        worn = len(data) > 10_000
        write(self, file, data[:-1] + bytes([data[-1] ^ 1]) if worn else data, at)

    monkeypatch.setattr(StickDisk, 'write', wears_out)
    with pytest.raises(StorageError, match='is not what was written'):
        rig.run(words)
    assert not [name for name in names(point / 'audioletter') if not name.endswith('.part')]


def test_every_name_is_one_that_fat_knows(rig):
    point = rig.sticks.plug()
    rig.trusted = False
    rig.run('backup')
    rig.run('copy 1')
    found = [path.name for path in point.rglob('*')]
    assert len(found) > 8
    assert not [name for name in found if set(name) & set('<>:"/\\|?*') or name.endswith(('.', ' '))]
    assert len({str(path).lower() for path in point.rglob('*')}) == len(found)


def test_a_stick_without_room_is_told_before_it_is_filled(rig, monkeypatch):
    point = rig.sticks.plug()
    monkeypatch.setattr(StickDisk, 'free_bytes', lambda self, path: 1_000_000)
    for words in ('backup', 'copy 1'):
        with pytest.raises(StorageError, match='MB are needed'):
            rig.run(words)
    assert not [name for name in names(point / 'audioletter') if not name.endswith('.part')]


def test_a_file_that_fat_cannot_hold_is_told_first(rig, monkeypatch):
    point = rig.sticks.plug(kind='vfat')
    groove = rig.folders.data / 'letters/000001/disc-1/groove.npz'
    with groove.open('wb') as file:
        file.truncate(FAT_BYTES + 1)  # takes no room
    with pytest.raises(OptionError, match=r'too long for vfat.*exFAT'):
        rig.run('backup')
    assert names(point) == []


def test_stopped_by_ctrl_c_it_does_not_count(rig, monkeypatch):
    point = rig.sticks.plug()
    monkeypatch.setattr(stick, 'back_up', lambda ask, data, target, told, disk: until_stopped(target, told))
    with pytest.raises(MachineRefusesError, match='stopped'):
        rig.run('backup', cancel_after_s=0.5)
    assert names(point) == []


def until_stopped(target, told):
    while told(1, 10):
        pass
    raise MachineRefusesError('it was stopped', where=str(target))


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
    with pytest.raises(MachineRefusesError, match='only its own visitor'):
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
    with pytest.raises(StorageError, match=r'no letter no\. 9'):
        rig.run('copy 9')
