"""Room for a letter and its disc is set aside before a visitor begins, and given back step by step."""

import pytest

from appliance.errors import StorageError
from tests.message.store_rig import Rig


@pytest.fixture
def rig(tmp_path):
    rig = Rig(tmp_path)
    rig.stores.recover()
    return rig


def test_room_is_there_before_the_first_word_and_blocks_are_really_taken(rig):
    rig.stores.set_aside()
    reserve = rig.data / 'reserve'
    assert reserve.stat().st_blocks * 512 >= rig.stores.letter_bytes
    before = reserve.stat().st_ino
    rig.speak()
    assert reserve.stat().st_ino == before, 'taken twice'


def test_what_the_disc_will_need_stays_set_aside_when_the_letter_is_kept(rig):
    rig.speak()
    whole = rig.stores.shelf.reserved()
    letter = rig.stores.keep()
    left = rig.stores.shelf.reserved()
    assert 0 < left < whole
    assert whole - left >= letter.wav.stat().st_size
    rig.stores.begin_cut(letter.number)
    assert rig.stores.shelf.reserved() == 0


def test_a_disk_without_room_is_said_before_the_visitor_speaks(rig):
    rig.disk.free_bytes = lambda path: 0

    def no_room(file, size):
        raise OSError(28, 'No space left on device')

    reserve, rig.disk.reserve = rig.disk.reserve, no_room
    with pytest.raises(StorageError) as told:
        rig.stores.set_aside()
    assert told.value.cause == rig.stores.room().cause == 'disk small', 'there is no letter that could be forgotten'
    rig.disk.reserve = reserve
    rig.letter()
    rig.disk.reserve = no_room
    with pytest.raises(StorageError) as told:
        rig.stores.set_aside()
    assert told.value.cause == rig.stores.room().cause == 'disk full'
    assert not (rig.data / 'reserve').exists()
