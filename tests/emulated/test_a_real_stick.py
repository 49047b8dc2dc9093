"""Backup, restore and copy on FAT as a real kernel writes it; then read back from outside by mtools."""

import hashlib
import json
import subprocess

import pytest

from tests.emulated.debian import EmulationError, missing
from tests.emulated.pc import HERE, Disks, fetch_fat, run_in

pytestmark = pytest.mark.timeout(1500)
FAT_TOOLS = {'mkfs.vfat': 'dosfstools', 'fsck.vfat': 'dosfstools', 'mcopy': 'mtools'}
SIZES_MB = {'kingston': 32, 'small': 2, 'locked': 4, 'pulled': 24}


@pytest.fixture(scope='module')
def sticks(tmp_path_factory):
    """Images as a shop sells them: FAT, and nothing on it."""
    if packages := missing(FAT_TOOLS):
        pytest.skip(f'needs the packages {" ".join(packages)}')
    place = tmp_path_factory.mktemp('sticks')
    for name, size in SIZES_MB.items():
        with (place / name).open('wb') as image:
            image.truncate(size << 20)
        subprocess.run(['mkfs.vfat', '-n', name.upper(), place / name], check=True, capture_output=True)
    return place


@pytest.fixture(scope='module')
def said(pc, sticks, tmp_path_factory):
    try:
        modules = fetch_fat()
    except EmulationError as error:
        pytest.skip(f'needs packages from Debian: {error}')
    images = tuple(sticks / name for name in SIZES_MB)
    disks = Disks(images, (sticks / 'locked',), modules)
    return run_in(pc, HERE / 'sticks.py', tmp_path_factory.mktemp('pc'), disks=disks)


def told(said, what, number=0):
    return [one for one in said if one['what'] == what][number]


def test_it_is_recognised_as_what_it_is(said):
    ((row,),) = told(said, 'stick')['tables']
    assert row[:2] == ['KINGSTON', 'vfat']
    assert row[4] is True


def test_what_the_kernel_has_written_is_read_back_by_another_program(said, sticks, tmp_path):
    assert 'everything is on it: you may pull it out now' in told(said, 'backup')['lines']
    assert 'every byte is as it was written' in told(said, 'backup verify')['lines']
    check = subprocess.run(['fsck.vfat', '-n', sticks / 'kingston'], capture_output=True, text=True, check=False)
    assert check.returncode == 0, check.stdout
    subprocess.run(['mcopy', '-s', '-n', '-i', sticks / 'kingston', '::audioletter', tmp_path], check=True)
    (backup,) = (tmp_path / 'audioletter').glob('backup-*')
    assert not backup.name.endswith('.part')
    listed = json.loads((backup / 'backup.json').read_bytes().partition(b'\n')[0])['files']
    for name, (size, digest) in listed.items():
        data = (backup / name).read_bytes()
        assert (len(data), hashlib.sha256(data).hexdigest()) == (size, digest), name
    assert (
        hashlib.sha256((backup / 'letters/000001/letter.wav').read_bytes()).hexdigest()
        == told(said, 'letter')['digest']
    )
    assert {path.name for path in (tmp_path / 'audioletter/letter-000001').iterdir()} == {
        'letter-000001.wav', 'letter-000001.txt', 'disc-000001.wav', 'disc-000001.png'}  # fmt: skip


def test_the_letters_come_back_from_it(said):
    assert told(said, 'restore')['facts']['letters brought back'] == 1
    assert told(said, 'restored')['digest'] == told(said, 'letter')['digest']


@pytest.mark.parametrize(
    ('words', 'number', 'line'),
    [
        ('backup', 1, 'stick: several are plugged in; name one with --stick: KINGSTON, SMALL'),
        ('backup --stick SMALL', 0, '/run/media/SMALL/audioletter/'),
        ('backup --stick LOCKED', 0, 'LOCKED: the stick cannot be written; push its switch'),
        ('copy 1 --stick LOCKED', 0, 'LOCKED: the stick cannot be written; push its switch'),
        ('backup --stick KINGSTON', 0, 'KINGSTON: the stick is full; use a larger one'),
        ('backup', 2, 'PULLED: the stick was pulled out; what was half written does not count'),
    ],
)
def test_what_is_wrong_with_a_stick_is_one_line(said, words, number, line):
    assert told(said, words, number)['line'].startswith(line)


def test_nothing_is_left_where_a_stick_was(said):
    assert told(said, 'left')['names'] == sorted(['KINGSTON', 'LOCKED', 'PULLED', 'SMALL'])
    assert told(said, 'stick', 2)['tables'] == []


def test_a_stick_that_was_full_keeps_the_backup_it_had_and_no_half_of_another(said, sticks):
    assert len(told(said, 'stick', 1)['tables'][1]) == 1
    words = ['mdir', '-b', '-i', sticks / 'kingston', '::audioletter']
    found = subprocess.run(words, capture_output=True, text=True, check=True).stdout.split()
    assert len([name for name in found if 'backup-' in name]) == 1
