"""Where a booth keeps its things: takes only in memory, and only for us; letters wherever can be written."""

import os
import shutil
import stat
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from appliance.config import load_config
from appliance.config.places import Computer, Folders, folders, in_memory, lock, make
from appliance.errors import OptionError

ME = os.geteuid()
DEFAULT, _ = load_config(system=Path('/nonexistent'))


@pytest.fixture
def computer(tmp_path):
    """A computer whose memory is tmp_path/ram (and a folder with a blank in its name), the rest a disk."""
    for name in ('ram', 'ram/user', 'disk', 'ram disk'):
        (tmp_path / name).mkdir()
    blank = str(tmp_path / 'ram disk').replace(' ', r'\040')
    (tmp_path / 'mountinfo').write_text(
        '27 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw\n'
        f'30 27 0:30 / {tmp_path}/ram rw,nosuid - tmpfs tmpfs rw,size=1k\n'
        f'31 30 0:31 / {tmp_path}/ram/back rw master:3 propagate_from:2 - ext4 /dev/vdb rw\n'
        f'32 27 0:32 / {blank} rw - ramfs none rw\n'
        'a line that means nothing\n'
    )
    return Computer(
        platform='linux',
        mounts=tmp_path / 'mountinfo',
        system_data=tmp_path / 'disk' / 'var-lib',
        system_run=tmp_path / 'ram' / 'run-audioletter',
        shared_memory=tmp_path / 'ram',
    )


def named(data='', run=''):
    return replace(DEFAULT, places=replace(DEFAULT.places, data=str(data), run=str(run)))


def test_memory_is_told_from_disk_by_the_deepest_mount(computer, tmp_path):
    assert in_memory(tmp_path / 'ram' / 'user' / 'new', computer)
    assert in_memory(tmp_path / 'ram disk' / 'x', computer)
    assert not in_memory(tmp_path / 'ram' / 'back' / 'x', computer)
    assert not in_memory(tmp_path / 'ramshackle', computer)
    assert not in_memory(tmp_path / 'ram' / 'user', replace(computer, mounts=tmp_path / 'none'))
    (tmp_path / 'ram' / 'way').symlink_to(tmp_path / 'disk')
    assert not in_memory(tmp_path / 'ram' / 'way' / 'x', computer)


def test_a_mount_that_hides_another_counts(computer, tmp_path):
    with computer.mounts.open('a') as file:
        file.write(f'40 27 0:40 / {tmp_path}/ram rw - ext4 /dev/vdc rw\n')
    assert not in_memory(tmp_path / 'ram' / 'x', computer)


@pytest.mark.skipif(not Path('/proc/self/mountinfo').exists(), reason='no /proc')
@pytest.mark.parametrize('place', ['/dev/shm', '/proc', '/'])
def test_this_computers_mounts_are_read_as_the_system_reads_them(place):
    if shutil.which('stat') is None or not Path(place).exists():
        pytest.skip('no stat to compare with')
    said = subprocess.run(['stat', '-f', '-c', '%T', place], capture_output=True, text=True, check=True).stdout.strip()
    assert in_memory(Path(place)) is (said in ('tmpfs', 'ramfs'))


def test_the_order_of_the_data_folders(computer, tmp_path):
    xdg = {'XDG_DATA_HOME': '/x/data', 'HOME': '/home/me'}
    assert folders(DEFAULT, xdg, 1000, computer).data == Path('/x/data/audioletter')
    assert folders(DEFAULT, xdg | {'XDG_DATA_HOME': 'data'}, 1000, computer).data.is_relative_to('/home/me')
    assert folders(DEFAULT, xdg, 0, computer).data == computer.system_data
    assert folders(DEFAULT, {'STATE_DIRECTORY': '/state/a:/state/b'}, 1000, computer).data == Path('/state/a')
    assert folders(named(data='/mine'), {'STATE_DIRECTORY': '/state/a'}, 0, computer).data == Path('/mine')
    computer.system_data.mkdir()
    assert folders(DEFAULT, xdg, 1000, computer).data == computer.system_data


def test_without_any_home_the_systems_folder_is_named_and_nothing_fails(computer):
    assert folders(DEFAULT, {}, 2**31 - 7, computer).data == computer.system_data
    assert folders(DEFAULT, {'HOME': ''}, 2**31 - 7, computer).data == computer.system_data


def test_the_order_of_the_run_folders(computer, tmp_path):
    user = {'XDG_RUNTIME_DIR': str(tmp_path / 'ram' / 'user')}
    assert folders(DEFAULT, user, 1000, computer).run == tmp_path / 'ram' / 'user' / 'audioletter'
    assert folders(DEFAULT, {}, 1000, computer).run == tmp_path / 'ram' / 'audioletter-1000'
    assert folders(DEFAULT, {}, 0, computer).run == computer.system_run
    service = {'RUNTIME_DIRECTORY': str(tmp_path / 'ram' / 'svc')}
    assert folders(DEFAULT, user | service, 1000, computer).run == tmp_path / 'ram' / 'svc'
    own = named(run=tmp_path / 'ram disk' / 'takes')
    assert folders(own, user | service, 1000, computer).run == tmp_path / 'ram disk' / 'takes'


def test_a_runtime_folder_of_somebody_else_is_passed_over(computer, tmp_path, monkeypatch):
    """As `su` leaves it, and as a service beside us has it; asking about them may be forbidden too."""
    computer.system_run.mkdir()
    theirs = {computer.system_run, tmp_path / 'ram' / 'user'}
    monkeypatch.setattr('os.access', lambda path, mode: path not in theirs)
    user = {'XDG_RUNTIME_DIR': str(tmp_path / 'ram' / 'user')}
    assert folders(DEFAULT, user, 1000, computer).run == tmp_path / 'ram' / 'audioletter-1000'


def test_where_run_is_a_disk_the_next_place_in_memory_serves(computer, tmp_path):
    """A container: /run is part of its disk."""
    there = replace(computer, system_run=tmp_path / 'disk' / 'run')
    assert folders(DEFAULT, {}, 0, there).run == tmp_path / 'ram' / 'audioletter-0'


def test_what_is_named_and_on_a_disk_is_refused_and_never_replaced(computer, tmp_path):
    with pytest.raises(OptionError, match=r'disk/takes: places\.run names .*not in memory.*; set places\.run'):
        folders(named(run=tmp_path / 'disk' / 'takes'), {}, 1000, computer)
    with pytest.raises(OptionError, match='RuntimeDirectory= of the service'):
        folders(DEFAULT, {'RUNTIME_DIRECTORY': str(tmp_path / 'disk')}, 1000, computer)
    with pytest.raises(OptionError, match=r'no folder in memory .*set places\.run'):
        folders(DEFAULT, {}, 1000, replace(computer, shared_memory=tmp_path / 'disk'))


def test_macos_needs_a_ram_disk_by_name(computer, tmp_path):
    mac = replace(computer, platform='darwin', mounts=tmp_path / 'none')
    with pytest.raises(OptionError, match=r'places\.run: macOS has no folder in memory.*RAM disk'):
        folders(DEFAULT, {'XDG_RUNTIME_DIR': str(tmp_path / 'ram')}, 501, mac)
    assert folders(named(run='/Volumes/takes'), {}, 501, mac).run == Path('/Volumes/takes')


def test_both_folders_are_made_for_us_alone(tmp_path):
    places = Folders(tmp_path / 'a' / 'data', tmp_path / 'b' / 'run')
    assert make(places) == ''
    assert [stat.S_IMODE(folder.stat().st_mode) for folder in (places.data, places.run)] == [0o700, 0o700]
    places.run.chmod(0o755)
    assert make(places, ME) == ''
    assert stat.S_IMODE(places.run.stat().st_mode) == 0o700
    assert list(places.data.iterdir()) == []


def test_a_run_folder_of_another_or_a_link_in_its_place_is_refused(computer, tmp_path):
    run = tmp_path / 'ram' / 'audioletter-1000'
    run.mkdir()
    with pytest.raises(OptionError, match=f'belongs to user {ME}, not to us'):
        make(Folders(tmp_path / 'data', run), ME + 1)
    run.rmdir()
    run.symlink_to(tmp_path / 'ram' / 'user')
    with pytest.raises(OptionError, match='is a link'):
        folders(DEFAULT, {}, 1000, computer)
    with pytest.raises(OptionError, match='is a link or no folder'):
        make(Folders(tmp_path / 'data', run), ME)
    run.unlink()
    run.write_text('')
    with pytest.raises(OptionError, match='is a link or no folder'):
        make(Folders(tmp_path / 'data', run), ME)


def test_data_that_cannot_be_written_is_told_and_not_fatal(tmp_path):
    (tmp_path / 'file').write_text('')
    run = tmp_path / 'run'
    assert make(Folders(tmp_path / 'file' / 'data', run), ME) == f'{tmp_path}/file/data: Not a directory'
    assert run.is_dir()
    assert 'Read-only' in (said := make(Folders(Path('/proc/audioletter'), run), ME)) or 'No such file' in said


@pytest.mark.skipif(not Path('/dev/full').exists(), reason='no /dev/full')
def test_a_full_disk_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr('tempfile.TemporaryFile', lambda **_: open('/dev/full', 'wb'))
    assert 'No space left' in make(Folders(tmp_path / 'data', tmp_path / 'run'), ME)


def test_only_one_booth_a_data_folder_and_a_run_folder(tmp_path):
    places = Folders(tmp_path / 'data', tmp_path / 'run')
    elsewhere = Folders(tmp_path / 'data', tmp_path / 'run2')
    beside = Folders(tmp_path / 'data2', tmp_path / 'run')
    for each in (places, elsewhere, beside):
        make(each, ME)
    held = lock(places)
    for each in (places, elsewhere, beside):
        with pytest.raises(OptionError, match='another booth is running here'):
            lock(each)
    lock(Folders(tmp_path / 'data2', tmp_path / 'run2')).close()
    held.close()
    lock(places).close()


def test_the_lock_goes_with_the_process_that_held_it(tmp_path):
    places = Folders(tmp_path / 'data', tmp_path / 'run')
    make(places, ME)
    script = (
        'import sys; from pathlib import Path; from appliance.config.places import *\n'
        'held = lock(Folders(Path(sys.argv[1]), Path(sys.argv[2])))\nprint("held", flush=True)\nsys.stdin.read()'
    )
    command = [sys.executable, '-c', script, str(places.data), str(places.run)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout.readline() == 'held\n'
        with pytest.raises(OptionError, match='another booth'):
            lock(places)
        other.kill()
    lock(places).close()


def test_a_data_folder_that_is_not_there_does_not_keep_the_booth_from_starting(tmp_path):
    places = Folders(tmp_path / 'none', tmp_path / 'run')
    places.run.mkdir()
    lock(places).close()
