"""The data disk is full, or cannot be written, from any moment of a visit on: a screen says so, and nothing is lost."""

import errno
import os
import shutil
import subprocess

import pytest
import soundfile

from tests.story.booth import WAY, Story, plan_at

pytestmark = pytest.mark.timeout(600)  # half a minute on two cores, some minutes beside others
CALL = 'Please call the host'
SAFE = 'Please call the host; what you said is safe for now'
BEFORE = ('language', 'level check', 'countdown')
TAKEN = ('recording', 'listen', 'saving')
KEPT = ('load disc', 'cutting', 'take disc')


@pytest.fixture
def story(request, tmp_path):
    with Story(plan_at(tmp_path), quick='[cutting]' not in request.node.name) as story:
        yield story


def whole(letters):
    """Seconds of each letter; raises for a broken one."""
    return [soundfile.read(file)[0].shape[0] / 48_000 for file in letters]


def test_a_booth_that_nobody_uses_says_that_it_is_full_and_opens_by_itself_again(story):
    story.to('attract')
    story.booth.fault('full disk', True)
    story.came_to('no space', within_s=6)
    assert story.texts == ('No room left', CALL)
    assert not story.booth.lamp()
    story.booth.fault('full disk', False)
    story.came_to('attract', within_s=6)


@pytest.mark.parametrize('state', BEFORE[:2])
def test_nobody_speaks_for_nothing(story, state):
    story.to(state)
    story.booth.fault('full disk', True)
    story.pause(6)
    while story.state in BEFORE:
        story.play(WAY['countdown' if story.state == 'level check' else 'level check'])
        story.pause(4)
    story.came_to('no space', within_s=8)
    assert story.reason == 'disk small', 'no letter is there that could be forgotten'
    assert story.texts == ('No room left', CALL)
    assert 'not heard' not in story.seen
    story.booth.fault('full disk', False)
    story.came_to('level check', within_s=6)
    story.on_to('load disc')
    assert [6 < seconds < 9 for seconds in whole(story.letters)] == [True]


def full_in_the_middle_of_a_letter(disk):
    """From the third block of sound on."""
    write = disk.write

    def filling(file, data, at):
        disk.full = disk.full or at > 400_000
        write(file, data, at)

    disk.write = filling


@pytest.mark.parametrize('state', TAKEN)
def test_what_was_said_waits_in_memory_until_there_is_room(story, state):
    story.to('listen' if state == 'saving' else state)
    story.pause(1)
    if state == 'saving':
        full_in_the_middle_of_a_letter(story.parts.disk)
    else:
        story.booth.fault('full disk', True)
    story.pause(3)
    while story.state in ('recording', 'listen'):
        story.play(f'{"pause 6" if story.state == "recording" else ""}\npress record\npause 1')
    assert story.state == 'no space'
    assert story.texts == ('No room left', SAFE, 'Leave', 'Try again')
    story.play('press record\npause 6')
    assert story.came_to('no space') == 'no space'
    assert story.letters == []
    vars(story.parts.disk).pop('write', None)
    story.booth.fault('full disk', False)
    story.came_to('load disc', within_s=6)
    assert [6 < seconds < 13 for seconds in whole(story.letters)] == [True]
    story.on_to('take disc')


@pytest.mark.parametrize('state', KEPT)
def test_a_letter_that_is_kept_goes_on_to_its_disc(story, state):
    story.to(state)
    before = whole(story.letters)
    story.booth.fault('full disk', True)
    story.pause(6)
    if story.state != 'take disc':
        story.on_to('take disc')
    story.play('take disc\nwait thanks 2\nwait no space 60')
    assert story.texts == ('No room left', CALL)
    assert whole(story.letters) == before
    story.booth.fault('full disk', False)
    story.came_to('attract', within_s=6)
    story.to('load disc')
    assert len(whole(story.letters)) == 2


# -- a disk that refuses everything --------------------------------------------------------------------------------


class Refusing:
    """Stands in the door of a disk: while `error` is set, every change is refused with it."""

    def __init__(self, disk):
        self.error = 0
        for name in ('create', 'change', 'write', 'reserve', 'rename', 'folder', 'sync', 'remove'):
            setattr(disk, name, self.door(getattr(disk, name)))

    def door(self, do):
        def asked(*words):
            if self.error:
                raise OSError(self.error, os.strerror(self.error))
            return do(*words)

        return asked


@pytest.mark.parametrize(
    ('state', 'error'),
    [('level check', errno.EACCES), ('recording', errno.EROFS), ('recording', errno.EIO), ('load disc', errno.EROFS)],
)
def test_a_card_that_can_no_longer_be_written_is_told_as_that(story, state, error):
    story.to(state)
    story.pause(1)
    disk = Refusing(story.parts.disk)
    disk.error = error
    if state == 'load disc':
        story.play('lay blank\npause 1\npress record\nwait fault 5')
        assert story.texts == ('Letters cannot be kept now', CALL, 'Leave', 'Try again')
        disk.error = 0
        story.play('press record\nwait load disc\npress record\nwait take disc 100')
        assert story.seen[-3:] == ['load disc', 'cutting', 'take disc']
        assert len(whole(story.letters)) == 1
    else:  # what is said is held in memory, and room for it was set aside before
        if state != 'recording':
            story.on_to('recording')
        story.play('pause 8\npress record\nwait listen\npress record\nwait no space 3')
        assert story.texts == ('Letters cannot be kept now', SAFE, 'Leave', 'Try again')
        disk.error = 0
        story.play('press record')
        story.came_to('load disc', within_s=6)
        assert len(whole(story.letters)) == 1


# -- folders that are no folders -----------------------------------------------------------------------------------


def test_a_file_in_place_of_the_data_folder_is_told_and_mended_without_a_restart(tmp_path):
    (tmp_path / 'data').write_text('what is this?')
    with Story(plan_at(tmp_path), quick=True) as story:
        story.came_to('no space', within_s=5)
        assert story.texts == ('Letters cannot be kept now', CALL)
        assert (tmp_path / 'data').read_text() == 'what is this?'
        (tmp_path / 'data').unlink()
        story.came_to('attract', within_s=11)
        story.to('load disc')
        assert len(whole(story.letters)) == 1


def test_a_data_folder_that_is_taken_away_in_the_middle_of_a_visit_is_missed(tmp_path):
    with Story(plan_at(tmp_path), quick=True) as story:
        story.to('listen')
        (tmp_path / 'data').rename(tmp_path / 'away')
        (tmp_path / 'data').write_text('')
        story.play('press record\nwait no space 5')
        assert story.texts == ('Letters cannot be kept now', SAFE, 'Leave', 'Try again')
        story.pause(6)
        (tmp_path / 'data').unlink()
        (tmp_path / 'away').rename(tmp_path / 'data')
        story.came_to('load disc', within_s=11)
        assert len(whole(story.letters)) == 1


# -- a real file system of 200 MB ------------------------------------------------------------------------------------


@pytest.fixture
def small_disk(tmp_path):
    """A file system in memory with room for one letter."""
    (tmp_path / 'data').mkdir()
    mount = shutil.which('mount')
    told = subprocess.run([mount or 'mount', '-t', 'tmpfs', '-o', 'size=200m', 'tmpfs', tmp_path / 'data'],
                          capture_output=True, text=True, check=False) if mount else None  # fmt: skip
    if told is None or told.returncode:
        pytest.xfail(f'nothing can be mounted here: {told.stderr.strip() if told else "no mount"}')
    yield tmp_path
    subprocess.run(['umount', '-l', tmp_path / 'data'], check=True)


def fill(folder):
    """Every byte that is free."""
    with (folder / 'filler').open('wb', buffering=0) as file:
        try:
            while file.write(bytes(1 << 16)):
                pass
        except OSError:
            return


@pytest.mark.parametrize('state', ['attract', 'recording', 'load disc', 'cutting'])
def test_a_file_system_without_a_free_byte_loses_nothing(small_disk, state):
    with Story(plan_at(small_disk), quick=state in ('attract', 'recording')) as story:
        story.to(state)
        while story.kiosk.parts.archivist.busy:  # only a take that the ledger knows of has begun
            story.turn()
        data = story.plan.folders.data
        before = whole(story.letters)
        fill(data)
        story.pause(6)
        for _ in range(8):
            if story.state in ('no space', 'thanks', 'fault', 'attract'):
                break
            story.quietly(f'{WAY["listen"] if story.state == "recording" else "press record"}\nlay blank\npause 3')
            story.quietly('take disc\npause 1' if story.state == 'take disc' else '')
        story.came_to('no space', 'fault', within_s=70)
        assert story.reason in ('disk full', 'disk small', 'storage', 'power')
        # Who was speaking already had room set aside for the letter: it is kept, though nothing else can be written.
        assert len(whole(story.letters)) == len(before) + (state == 'recording')
        (data / 'filler').unlink()
        story.came_to('attract', 'level check', 'load disc', within_s=400)
        story.on_to('load disc')
        assert len(whole(story.letters)) >= 1
