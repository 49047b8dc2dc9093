"""Chain memory that the device tree has set apart: found, judged, used without the firmware, and cleaned up after."""

import struct

import pytest

from appliance.lathe.settings import memory_words, off
from appliance.pi.real import real_pi
from appliance.pi.reserved import set_apart
from tests.pi.boards import BASES, board, refused
from tests.pi.test_real_pi import CHIPS, CONBLK_14, CS_14, GPSET0, machine, poke, word

FIRST, SIZE = 0x0A000000, 0x400000


def apart(root, *, first=FIRST, size=SIZE, address_cells=1, no_map=True, status=None, without=''):
    folder = root / 'proc/device-tree/reserved-memory'
    node = folder / f'audioletter@{first:x}'
    node.mkdir(parents=True)
    (folder / '#address-cells').write_bytes(struct.pack('>I', address_cells))
    (folder / '#size-cells').write_bytes(struct.pack('>I', 1))
    (node / 'reg').write_bytes(bytes(4 * (address_cells - 1)) + struct.pack('>2I', first, size))
    (folder / 'ranges').touch()
    if no_map:
        (node / 'no-map').touch()
    if status:
        (node / 'status').write_bytes(status)
    if without:
        (node / without if without == 'reg' else folder / without).unlink()
    return root


def no_mailbox():
    raise AssertionError('the firmware is not asked')


@pytest.mark.parametrize(('name', 'alias', 'cells'), [('zero', 0x4, 1), ('zero 2', 0xC, 1), ('4', 0xC, 2)])
def test_chains_lie_in_it_and_the_firmware_is_not_asked(tmp_path, name, alias, cells):
    root, lathe = apart(board(tmp_path, name), address_cells=cells), machine(CHIPS[name])
    with real_pi(lathe, tmp_path, root, no_mailbox) as pi:
        door = pi.door
        assert door.memory_bus == alias << 28 | FIRST
        assert memory_words(lathe) <= door.memory_words <= SIZE // 4
        door.memory[0], door.memory[door.memory_words - 1] = 0x11111111, 0x22222222
        assert word(root, FIRST) == 0x11111111
        assert word(root, FIRST + 4 * (door.memory_words - 1)) == 0x22222222
        assert not pi.recovered
    assert not (tmp_path / 'chain.json').exists(), 'nothing is to be given back, so nothing is recorded'


def test_a_channel_that_a_killed_run_has_left_in_it_is_ended_first_or_nothing_begins(tmp_path):
    """In any life of the computer; the stand-in for memory has no DMA engine, its reset bit stays as it was written."""
    root, lathe = apart(board(tmp_path, '3')), machine('bcm2837')
    poke(root, BASES['3'] + CONBLK_14, 0xC0000000 | FIRST + 0x40)

    def enter():
        with real_pi(lathe, tmp_path, root, no_mailbox):
            raise AssertionError('it was not refused')

    assert 'does not stop' in refused(enter)
    assert word(root, BASES['3'] + GPSET0) == off(lathe).set
    assert word(root, BASES['3'] + CS_14) == 1 << 31


def test_a_channel_that_is_at_work_elsewhere_is_not_touched(tmp_path):
    root = apart(board(tmp_path, '3'))
    poke(root, BASES['3'] + CONBLK_14, 0xC0000000 | FIRST + SIZE)
    with real_pi(machine('bcm2837'), tmp_path, root, no_mailbox) as pi:
        assert not pi.recovered
    assert word(root, BASES['3'] + CS_14) == 0


@pytest.mark.parametrize(
    ('how', 'words'),
    [
        ({'no_map': False}, 'still cache'),
        ({'size': 0}, 'cannot have'),
        ({'first': FIRST + 0x10}, 'cannot have'),
        ({'first': 0x3FF00000}, 'cannot have'),
        ({'first': 0x3FE00000, 'size': 0x100000}, 'are set apart, and'),
        ({'without': '#address-cells'}, 'does not say where'),
        ({'without': '#size-cells'}, 'does not say where'),
        ({'without': 'reg'}, 'does not say where'),
        ({'without': 'ranges'}, 'gives it to others'),
        ({'status': b'disabled\0'}, 'gives it to others'),
    ],
)
def test_memory_that_will_not_do_is_refused_with_what_to_do(tmp_path, how, words):
    root = apart(board(tmp_path, '3'), **how)

    def enter():
        with real_pi(machine('bcm2837'), tmp_path, root, no_mailbox):
            raise AssertionError('it was not refused')

    line = refused(enter)
    assert words in line
    assert 'make_image' in line
    assert '/reserved-memory/audioletter@' in line


def test_a_reg_that_is_shorter_than_its_cells_is_none(tmp_path):
    root = apart(board(tmp_path, '4'), address_cells=2)
    reg = next((root / 'proc/device-tree/reserved-memory').glob('audioletter@*')) / 'reg'
    reg.write_bytes(reg.read_bytes()[:8])
    assert 'does not say where' in refused(lambda: set_apart(root, 0xC0000000))


def test_a_node_that_is_said_to_be_okay_is_as_good_as_one_that_says_nothing(tmp_path):
    assert set_apart(apart(board(tmp_path, '3'), status=b'okay\0'), 0xC0000000) is not None


def test_a_tree_that_says_nothing_of_it_leaves_it_to_the_firmware(tmp_path):
    assert set_apart(board(tmp_path, '3'), 0xC0000000) is None
