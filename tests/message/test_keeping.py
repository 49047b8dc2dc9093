"""From take to letter: the file as the standard has it, and nothing lost whatever operation of the disk fails."""

import errno
from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest
import soundfile

from appliance.errors import StorageError
from tests.message.faulty_disk import FaultyDisk, ForgetfulDisk, PowerCutError
from tests.message.store_rig import Rig, sound_of

FAILURES = [errno.ENOSPC, errno.EIO, errno.EROFS]


def test_a_letter_is_the_take_to_the_last_bit_of_24(tmp_path):
    rig = Rig(tmp_path)
    spoken = rig.speak()
    letter = rig.stores.keep()
    info = soundfile.info(str(letter.wav))
    assert (info.samplerate, info.channels, info.subtype) == (48_000, 1, 'PCM_24')
    np.testing.assert_allclose(sound_of(letter), spoken, atol=0.51 / (1 << 23), rtol=0)
    assert letter.seconds == pytest.approx(1.5, abs=1e-9)
    assert letter.wav.stat().st_mode & 0o777 == 0o600
    assert letter.folder.stat().st_mode & 0o777 == 0o700


def test_its_broadcast_metadata_are_read_by_an_outside_reader(tmp_path):
    wavinfo = pytest.importorskip('wavinfo')
    rig = Rig(tmp_path)
    rig.speak()
    letter = rig.stores.keep()
    told = wavinfo.WavInfoReader(str(letter.wav))
    assert told.fmt.sample_rate == 48_000
    assert told.fmt.bits_per_sample == 24
    assert told.data.frame_count == 72_000
    assert told.bext.version == 2
    assert told.bext.description.endswith(f'letter no. {letter.number}')
    assert told.bext.originator == 'Audio Letters'
    assert len(told.bext.originator_ref) == 32
    assert int(told.bext.originator_ref, 16) > 0
    assert told.bext.coding_history.startswith('A=PCM,F=48000,W=24,M=mono')
    assert told.bext.originator_date.count('-') == 2


@pytest.mark.parametrize(('zone', 'date', 'time'), [
    ('Asia/Tokyo', '2026-11-28', '00:30:00'), ('America/New_York', '2026-11-27', '10:30:00'),
    ('UTC', '2026-11-27', '15:30:00'),
])  # fmt: skip
def test_its_date_and_time_are_those_of_the_booth_wherever_its_computer_believes_to_be(tmp_path, zone, date, time):
    wavinfo = pytest.importorskip('wavinfo')
    rig = Rig(tmp_path)
    rig.stores.keeping = replace(rig.stores.keeping, zone=ZoneInfo(zone))
    rig.wall_s = datetime(2026, 11, 27, 15, 30, tzinfo=UTC).timestamp()
    told = wavinfo.WavInfoReader(str(rig.letter().wav)).bext
    assert (told.originator_date, told.originator_time) == (date, time)


def test_a_clock_that_no_calendar_holds_keeps_letters_too(tmp_path):
    rig = Rig(tmp_path)
    for wall_s in (-1e18, -1.0, 1e18):
        rig.wall_s = wall_s
        assert sound_of(rig.letter()).size == 72_000


def test_the_same_take_is_the_same_letter_and_the_next_another(tmp_path):
    rig = Rig(tmp_path)
    rig.speak()
    first = rig.stores.keep()
    assert rig.stores.keep() == first
    assert rig.letter(seed=2).number == first.number + 1
    assert len(rig.stores.letters()) == 2


def test_a_discarded_take_leaves_no_byte_in_the_run_folder(tmp_path):
    rig = Rig(tmp_path)
    rig.speak()
    take = rig.stores.end_take()
    (take.path.parent / 'preview.wav').write_bytes(b'what was said')
    rig.stores.discard()
    rig.stores.discard()
    assert not list(rig.run.rglob('*'))
    assert not list(rig.data.glob('reserve'))
    with pytest.raises(StorageError):
        rig.stores.keep()


def operations(tmp_path, visit):
    """How many operations of the data disk a visit takes."""
    disk = FaultyDisk()
    rig = Rig(tmp_path, disk=disk)
    rig.stores.recover()
    before = disk.count
    visit(rig)
    return before, disk.count


def whole(rig):
    rig.speak()
    rig.stores.keep()


@pytest.mark.parametrize('kind', FAILURES, ids=errno.errorcode.get)
@pytest.mark.parametrize('lasting', [False, True])
def test_a_disk_that_fails_at_any_operation_of_keep_loses_nothing(tmp_path, kind, lasting):
    (tmp_path / 'count').mkdir()
    begun, end = operations(tmp_path / 'count', whole)
    assert end - begun >= 10, 'the test breaks nothing'
    failed, causes = 0, set()
    for at in range(begun, end):
        root = tmp_path / str(at)
        root.mkdir()
        disk = FaultyDisk(at, kind, lasting=lasting)
        rig = Rig(root, disk=disk)
        rig.stores.recover()
        try:
            spoken = rig.speak()
        except StorageError:
            assert lasting or rig.letter().number  # refused before anybody spoke; a disk that is well takes it
            continue
        try:
            letter = rig.stores.keep()
        except StorageError as error:
            failed += 1
            causes.add(error.cause)
            disk.at = None  # there is room again: the take is still there
            letter = rig.stores.keep()
        np.testing.assert_allclose(sound_of(letter), spoken, atol=1e-6)
        assert [kept.state for kept in rig.stores.letters()] == ['kept']
        rig.stores.discard()
        assert not list(rig.data.rglob('*.part'))
        assert rig.stores.shelf.last_number() == letter.number
    assert failed >= 5
    assert causes == {'disk full' if kind == errno.ENOSPC else 'storage'}


def test_a_power_cut_at_any_operation_leaves_whole_letters_or_none(tmp_path):
    (tmp_path / 'count').mkdir()
    begun, end = operations(tmp_path / 'count', whole)
    seen = set()
    for at in range(begun, end + 1):
        root = tmp_path / str(at)
        root.mkdir()
        disk = ForgetfulDisk()
        rig = Rig(root, disk=disk)
        before = rig.letter(seed=7)  # one that was kept before
        disk.at, disk.count = at, begun
        kept = None
        try:
            rig.speak()
            kept = rig.stores.keep()
        except PowerCutError:
            pass
        disk.at = None
        rig.stores.close()
        disk.lose(rig.data)
        rig.power_cut()
        told = rig.stores.recover()
        assert told.cause == ''
        assert told.take is None, 'a take must not outlive a power cut'
        there = {letter.number: letter for letter in rig.stores.letters()}
        assert before.number in there
        assert kept is None or kept.number in there
        for letter in there.values():
            assert letter.state == 'kept'
            assert sound_of(letter).size == 72_000
        seen.add(len(there))
        assert rig.letter(seed=3).number > max(there)
    assert seen == {1, 2}


@pytest.mark.parametrize('kind', FAILURES, ids=errno.errorcode.get)
def test_memory_that_fails_while_somebody_speaks_is_said_and_is_no_crash(tmp_path, kind):
    for at in range(25):
        root = tmp_path / str(at)
        root.mkdir()
        memory = FaultyDisk(at, kind, only=('create', 'write', 'reserve', 'shorten', 'folder'))
        rig = Rig(root, memory=memory)
        try:
            rig.speak(1.0)
        except StorageError:
            memory.at = None
        rig.stores.discard()
        assert not list(rig.run.rglob('*'))
        assert not list(rig.data.glob('reserve'))
        assert rig.letter().number
