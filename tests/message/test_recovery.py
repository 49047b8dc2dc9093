"""Whatever a crash leaves is found again, finished or honestly marked."""

import errno
import shutil

import numpy as np
import pytest
import soundfile

from appliance.message import Disk
from tests.message.faulty_disk import FaultyDisk, PowerCutError
from tests.message.store_rig import Rig, sound_of


def test_a_take_that_nobody_answered_for_is_there_again_and_can_be_kept(tmp_path):
    rig = Rig(tmp_path)
    spoken = rig.speak(3.0)
    told = rig.killed().recover()
    assert told.cause == ''
    assert told.take.voice
    assert told.take.seconds == 3.0
    assert max(told.take.waveform) > 0.5
    np.testing.assert_array_equal(soundfile.read(told.take.path, dtype='float32')[0], spoken)
    np.testing.assert_allclose(sound_of(rig.stores.keep()), spoken, atol=1e-6)


def test_a_take_cut_off_at_any_byte_is_readable(tmp_path):
    rig = Rig(tmp_path)
    spoken = rig.speak(0.05)
    path = next(rig.run.rglob('take.wav'))
    whole = path.read_bytes()
    for size in [*range(60), *range(60, len(whole), 997)]:
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(whole[:size])
        take = rig.killed().recover().take
        if size < 48:
            assert take is None
            continue
        sound = soundfile.read(take.path, dtype='float32')[0]
        np.testing.assert_array_equal(sound, spoken[: (size - 44) // 4])


def test_a_take_of_hum_is_no_voice(tmp_path):
    rig = Rig(tmp_path)
    rig.stores.begin_take().write(np.full(96_000, 0.01, np.float32))
    assert not rig.killed().recover().take.voice


def test_a_power_cut_loses_what_was_not_kept(tmp_path):
    rig = Rig(tmp_path)
    rig.letter()
    rig.speak()
    told = rig.power_cut().recover()
    assert told.take is None
    assert len(rig.stores.letters()) == 1
    assert not (rig.data / 'reserve').exists(), 'the room of a visit that is over'


@pytest.mark.parametrize(('first', 'then'), [('keep', 'hold'), ('hold', 'keep')])
def test_what_was_asked_last_counts_when_both_keeping_and_holding_were_broken_off(tmp_path, first, then):
    rig = Rig(tmp_path)
    rig.speak()
    rig.disk.rename = killed_before(Disk.rename, 'letter.wav')
    with pytest.raises(PowerCutError):
        getattr(rig.stores, first)()
    told = rig.killed().recover()
    assert told.take is not None
    assert told.kept is None
    rig.disk.sync_folder = killed_before(Disk.sync_folder, '000001')
    with pytest.raises(PowerCutError):
        getattr(rig.stores, then)()
    told = rig.killed().recover()
    assert told.take is None
    assert [letter.state for letter in rig.stores.letters()] == ['kept' if then == 'keep' else 'held']
    assert (told.kept is not None) == (then == 'keep'), 'nobody is asked for a disc who did not press Keep; who did, is'


def killed_before(act, name):
    """What a disk does, until it is to do it with this name."""

    def do(*words):
        if words[-1].name == name:
            raise PowerCutError
        act(rig_disk, *words)

    rig_disk = Disk()
    return do


def test_a_kept_letter_whose_take_is_there_is_asked_for_and_not_kept_twice(tmp_path):
    rig = Rig(tmp_path)
    rig.speak()
    letter = rig.stores.keep()
    told = rig.killed().recover()
    assert told.kept.number == letter.number
    assert len(rig.stores.letters()) == 1


def test_a_broken_cut_spoils_one_blank_and_a_finished_one_is_finished(tmp_path):
    rig = Rig(tmp_path)
    number = rig.letter().number
    with rig.stores.ledger.change() as ledger:
        ledger.remember('blanks', 5)
    folder = rig.stores.begin_cut(number)
    folder.with_name(folder.name + '.part').mkdir()
    told = rig.killed().recover()
    assert told.cutting.number == number
    assert rig.stores.blanks() == 4
    assert not list(rig.data.rglob('*.part'))
    assert rig.killed().recover().cutting is None, 'told once'
    folder = rig.stores.begin_cut(number)
    folder.mkdir()  # whole: the child gives it this name last
    told = rig.killed().recover()
    assert told.finished.number == number
    assert told.finished.results == folder
    assert rig.stores.blanks() == 3
    rig.stores.handed_over(number)
    assert rig.killed().recover().finished is None


def test_a_letter_without_its_sound_is_marked_and_one_without_its_row_is_entered(tmp_path):
    rig = Rig(tmp_path)
    lost, found = rig.letter(), rig.letter(seed=2)
    shutil.copytree(found.folder, rig.data / 'letters' / '000009')
    shutil.rmtree(lost.folder)
    shutil.rmtree(found.folder)
    (rig.data / 'letters' / 'notes of the host').mkdir()
    rig.killed().recover()
    states = {letter.number: letter.state for letter in rig.stores.letters()}
    assert states[lost.number] == 'lost'
    assert 'kept' in states.values(), 'the sound of a letter lies on the shelf and nobody knows it'
    assert rig.letter(seed=3).number > 9


def test_a_forgetting_that_was_broken_off_anywhere_is_finished(tmp_path):
    for at in range(4):
        root = tmp_path / str(at)
        root.mkdir()
        disk = FaultyDisk(None, errno.EIO, only=('remove', 'sync_folder'))
        rig = Rig(root, disk=disk)
        number = rig.letter().number
        disk.at, disk.count = at, 0
        try:
            rig.stores.forget(number)
        except OSError:
            assert rig.stores.letters() == (), 'it is not shown any more'
        rig.killed().recover()
        assert rig.stores.letter(number).state == 'forgotten'
        assert not list((rig.data / 'letters').iterdir())


def test_a_data_folder_that_cannot_be_used_is_told_and_taken_again_when_it_can(tmp_path):
    rig = Rig(tmp_path)
    rig.data.write_text('a file stands here')
    told = rig.stores.recover()
    assert told.cause
    assert (rig.stores.room().ok, rig.stores.room().cause) == (False, 'storage')
    rig.data.unlink()
    assert rig.stores.room().ok
    number = rig.letter().number
    rig.data.rename(tmp_path / 'elsewhere')
    rig.data.write_text('a file stands here')
    assert rig.stores.room().cause == 'storage'
    assert rig.stores.room().cause == 'storage'
    rig.data.unlink()
    (tmp_path / 'elsewhere').rename(rig.data)
    assert rig.stores.room().ok
    assert rig.stores.letter(number).state == 'kept'


def test_room_that_is_set_aside_is_room(tmp_path):
    rig = Rig(tmp_path)
    rig.stores.recover()
    free = rig.stores.disk.free_bytes(rig.data)
    wanted = rig.stores.letter_bytes
    rig.disk.free_bytes = lambda path: 20_000_000 + wanted + 1 - rig.stores.shelf.reserved()
    assert free > 0
    assert rig.stores.room().ok
    rig.speak()
    assert rig.stores.shelf.reserved() == wanted
    assert rig.stores.room().ok, 'the visitor would be told that there is no space in the middle of a word'
    rig.disk.free_bytes = lambda path: 0
    rig.stores.discard()
    assert rig.stores.room().cause == 'disk small'


def test_no_link_is_followed(tmp_path):
    rig = Rig(tmp_path)
    rig.stores.recover()
    other = tmp_path / 'other'
    other.mkdir()
    (other / 'mine.part').write_text('mine')
    (other / 'take.wav').write_bytes(b'mine')
    (rig.run / 'take-00').symlink_to(other)
    (rig.data / 'letters' / '000005').symlink_to(other)
    (rig.data / 'reserve').symlink_to(other / 'take.wav')
    rig.killed().recover()
    rig.stores.discard()
    rig.stores.retire()
    assert sorted(path.name for path in other.iterdir()) == ['mine.part', 'take.wav']
    assert (other / 'take.wav').read_bytes() == b'mine'
    assert rig.letter().number
