"""A stick that is pulled out, full, locked, or fails at any operation: nothing half-written counts, and nothing is
written where it was."""

import errno
import os
import shutil

import pytest

from appliance.errors import MachineRefusesError, OptionError, StorageError
from appliance.maintenance import stick
from appliance.message.host.backup import verify
from appliance.message.host.stick import FAT_BYTES, Stick, StickDisk
from tests.maintenance.stick_rig import NAME, names, with_a_letter
from tests.message.faulty_disk import CHANGES


@pytest.fixture
def rig(tmp_path):
    with with_a_letter(tmp_path) as rig:
        yield rig


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
