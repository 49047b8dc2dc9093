"""The real Pi as far as a computer without one can tell: what is asked of the board, and where each access lands."""

import json
import mmap
import re
import shutil
import struct
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from appliance.errors import MachineRefusesError
from appliance.lathe.settings import Knobs, memory_words, off
from appliance.machine import load_machine
from appliance.native import ffi, lib
from appliance.pi.board import read_board
from appliance.pi.mailbox import PROPERTY, Mailbox, open_mailbox
from appliance.pi.memory import Block, Record
from appliance.pi.real import real_pi, recover
from appliance.pi.rivals import refuse_rivals
from tests.native.engine_rig import Rig
from tests.pi.boards import BASES, BOOT, Firmware, board, refused

# Offsets in the peripherals' window, typed from BCM2711 ARM Peripherals 1.2.4 and the chapters' tables by another hand.
CS_14, CONBLK_14 = 0x007E00, 0x007E04
GPSET0, PWM_CTL, CM_PWMCTL = 0x20001C, 0x20C000, 0x1010A0


def machine(chip):
    virtual = load_machine()
    return replace(virtual, machine=replace(virtual.machine, chip=chip, kind='real'))


def test_the_barrier_on_a_pi_is_one_for_the_dma_engine_too(tmp_path):
    """And not only for the other cores, as the compiler's own is."""
    compiler = shutil.which('aarch64-linux-gnu-gcc')
    if compiler is None:
        pytest.skip('needs the package gcc-aarch64-linux-gnu')
    native = Path(__file__).parents[2] / 'native'
    words = [compiler, '-O2', '-std=gnu11', '-S', f'-I{native}', str(native / 'real_pi.c'), '-o', 'real_pi.s']
    subprocess.run(words, cwd=tmp_path, check=True)
    barriers = set(re.findall(r'\bdmb\s+(\w+)', (tmp_path / 'real_pi.s').read_text()))
    assert barriers
    assert barriers <= {'sy', 'osh'}
    parts = re.split(r'^(\w+):$', (tmp_path / 'real_pi.s').read_text(), flags=re.M)
    code = dict(zip(parts[1::2], parts[2::2], strict=True))
    for name in ('door_read', 'door_write'):  # DS 1.3: two peripherals may answer in another order
        assert 'dmb' in code[name], f'{name} has one of its own'


CHIPS = {'zero': 'bcm2835', 'zero 2': 'bcm2837', '2': 'bcm2837', '3': 'bcm2837', '4': 'bcm2711'}


@pytest.mark.parametrize('name', CHIPS)
def test_a_board_is_known_by_its_device_tree(tmp_path, name):
    found = read_board(board(tmp_path, name))
    assert (found.chip, found.arm_base) == (CHIPS[name], BASES[name])


@pytest.mark.parametrize(('name', 'words'), [('5', 'RP1'), ('other', 'vendor,board')])
def test_a_board_that_will_not_do_is_refused_in_a_sentence(tmp_path, name, words):
    line = refused(lambda: read_board(board(tmp_path, name)))
    assert words in line
    assert 'use a Raspberry Pi Zero 2 W, 3 or 4' in line


def test_a_computer_that_is_no_pi_says_so(tmp_path):
    assert 'no Raspberry Pi' in refused(lambda: read_board(tmp_path))


def test_the_older_name_of_the_dma_node_is_read_too(tmp_path):
    assert read_board(board(tmp_path, '3', node='dma@7e007000')).dma_mask == 0x3F35


def test_the_analogue_audio_driver_is_refused_with_what_to_change(tmp_path):
    here = read_board(board(tmp_path, '3', modules=['snd_bcm2835']))
    assert 'dtparam=audio=off' in refused(lambda: refuse_rivals(here, 14, tmp_path))


@pytest.mark.parametrize(('name', 'device'), [('3', '3f20c000.pwm'), ('4', 'fe20c000.pwm'), ('4', 'fe20c800.pwm')])
def test_a_pwm_that_a_driver_has_is_refused_the_neighbour_on_the_same_clock_too(tmp_path, name, device):
    here = read_board(board(tmp_path, name))
    bound = tmp_path / 'sys/bus/platform/drivers/bcm2835-pwm' / device
    bound.parent.mkdir(parents=True)
    (bound.parent / 'bind').touch()
    assert refuse_rivals(here, 15, tmp_path) == '', 'the driver is there and has nothing'
    bound.symlink_to('../../../../devices/platform/soc')
    line = refused(lambda: refuse_rivals(here, 15, tmp_path))
    assert 'dtoverlay=pwm' in line
    assert device in line


@pytest.mark.parametrize('status', [b'okay\0', b'ok\0', None])
@pytest.mark.parametrize('node', ['pwm@7e20c000', 'pwm@7e20c800'])
def test_a_pwm_that_a_driver_may_take_later_is_warned_of(tmp_path, node, status):
    """As in Debian's own tree, whose driver is a module."""
    here = read_board(board(tmp_path, '4'))
    place = tmp_path / 'proc/device-tree/soc' / node
    place.mkdir()
    if status:
        (place / 'status').write_bytes(status)
    assert f'gives {node} to the kernel' in refuse_rivals(here, 15, tmp_path)
    (place / 'status').write_bytes(b'disabled\0')
    assert refuse_rivals(here, 15, tmp_path) == ''


def channels(root, device, controller, count):
    """As the kernel numbers those of one controller."""
    for number in range(count):
        folder = root / f'sys/class/dma/dma{controller}chan{number}'
        folder.mkdir(parents=True)
        (folder / 'in_use').write_text('0\n')
        (folder / 'device').symlink_to(f'../../../{device}')


@pytest.mark.parametrize(
    ('name', 'channel', 'kernels', 'at'),
    [
        ('zero 2', 14, 11, 10),  # of 0x7F35: 0 2 4 5 8 9 10 11 12 13 come before it
        ('zero 2', 14, 10, 9),  # channel 0 is kept for the kernel's older interface, where that is built
        ('4', 7, 8, 4),  # of 0x07F5: 0 2 4 5 6 7 8 9 10
        ('4', 7, 9, 5),
    ],
)
@pytest.mark.parametrize('controller', [0, 1], ids=['the first', 'the second'])
def test_a_channel_in_use_is_refused_one_that_could_be_is_warned_of(tmp_path, name, channel, kernels, at, controller):
    """A Pi 4 has two controllers, and which of them comes first is the kernel's affair."""
    here = read_board(board(tmp_path, name))
    assert 'not withheld' in refuse_rivals(here, channel, tmp_path)
    channels(tmp_path, f'{BASES[name] + 0x7000:x}.dma-controller', controller, kernels)
    channels(tmp_path, f'{BASES[name] + 0x7B00:x}.dma', 1 - controller, 3)
    for folder in (tmp_path / 'sys/class/dma').iterdir():
        if folder.name != f'dma{controller}chan{at}':
            (folder / 'in_use').write_text('1\n')
    assert 'not withheld' in refuse_rivals(here, channel, tmp_path)
    (tmp_path / f'sys/class/dma/dma{controller}chan{at}/in_use').write_text('1\n')
    assert f'channel {channel}' in refused(lambda: refuse_rivals(here, channel, tmp_path))
    assert refuse_rivals(replace(here, dma_mask=here.dma_mask & ~(1 << channel)), channel, tmp_path) == ''


# --- the firmware's mailbox -------------------------------------------------------------------------------------------


def test_the_number_of_the_call_is_the_kernels():
    """0xC0086400 where pointers have 8 bytes, 0xC0046400 where they have 4 (vcio.c and its compat path)."""
    assert {8: 0xC0086400, 4: 0xC0046400}[struct.calcsize('P')] == PROPERTY


def test_memory_is_given_locked_and_taken_back():
    firmware = Firmware()
    box = Mailbox(firmware.call, 'mailbox')
    handle = box.allocate(8192, 4096, 0x4)
    assert firmware.given[handle][:3] == [8192, 4096, 0x4]
    assert box.lock(handle) == 0xCE000000
    box.free(handle)
    assert not firmware.given


@pytest.mark.parametrize('tag', [0x3000C, 0x3000D, 0x3000E, 0x3000F])
def test_a_call_that_is_not_answered_is_refused(tag):
    firmware = Firmware()
    firmware.refuses = {tag}
    box = Mailbox(firmware.call, 'mailbox')

    def all_of_it():
        handle = box.allocate(4096, 4096, 4)
        box.lock(handle)
        box.free(handle)

    assert 'gpu_mem' in refused(all_of_it)


def test_a_firmware_without_room_is_refused():
    assert 'give memory' in refused(lambda: Mailbox(Firmware(room=4096).call, 'mailbox').allocate(8192, 4096, 4))


def test_a_mailbox_that_is_not_there_or_does_not_answer(tmp_path):
    assert 'modprobe vcio' in refused(lambda: open_mailbox(tmp_path / 'vcio'))
    (tmp_path / 'vcio').write_text('')
    box, close = open_mailbox(tmp_path / 'vcio')
    assert 'does not answer' in refused(lambda: box.allocate(4096, 4096, 4))
    close()


# --- registers and chain memory ---------------------------------------------------------------------------------------


def word(root, physical):
    with (root / 'dev/mem').open('rb') as file, mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ) as memory:
        return struct.unpack_from('<I', memory, physical)[0]


@pytest.mark.parametrize('name', ['zero', 'zero 2', '4'])
def test_each_access_lands_where_the_sheet_says(tmp_path, name):
    root, firmware = board(tmp_path, name), Firmware(bus={'zero': 0x4E000000}.get(name, 0xCE000000))
    base = BASES[name]
    with real_pi(machine(CHIPS[name]), tmp_path, root, firmware.open) as pi:
        door = pi.door
        channel = (0x007700, 0x7E007700) if name == '4' else (0x007E00, 0x7E007E00)
        for number, (offset, bus) in enumerate(
            (channel, (GPSET0, 0x7E20001C), (PWM_CTL, 0x7E20C000), (CM_PWMCTL, 0x7E1010A0)), 1
        ):
            door.write(door.self, bus, 0x1000 + number)
            assert word(root, base + offset) == 0x1000 + number
            assert door.read(door.self, bus) == 0x1000 + number
        door.memory[0], door.memory[door.memory_words - 1] = 0x11111111, 0x22222222
        assert door.memory_bus == firmware.bus
        assert word(root, 0x0E000000) == 0x11111111
        assert word(root, 0x0E000000 + 4 * (door.memory_words - 1)) == 0x22222222
        assert door.memory_words >= memory_words(machine(CHIPS[name]))
        flags = {'zero': 0xC}.get(name, 0x4)
        assert next(iter(firmware.given.values()))[1:3] == [4096, flags]
    assert not firmware.given
    assert firmware.closed == 1


def test_an_address_on_none_of_our_pages_touches_nothing(tmp_path):
    board(tmp_path, '3')
    pi = ffi.new('struct real_pi *')
    assert lib.rpi_open(pi, bytes(tmp_path / 'dev/mem'), 0x3F000000) == ffi.NULL
    lib.rpi_write(pi, 0x7E204000, 5)
    assert lib.rpi_read(pi, 0x7E204000) == 0
    assert pi.strays == 2
    lib.rpi_close(pi)
    lib.rpi_close(pi)


def test_a_door_that_was_closed_leads_nowhere(tmp_path):
    board(tmp_path, '3')
    pi = ffi.new('struct real_pi *')
    lib.rpi_open(pi, bytes(tmp_path / 'dev/mem'), 0x3F000000)
    lib.rpi_close(pi)
    lib.rpi_write(pi, 0x7E20001C, 5)
    assert lib.rpi_read(pi, 0x7E20001C) == 0
    assert pi.strays == 2


def test_time_passes_and_does_not_go_back(tmp_path):
    board(tmp_path, '3')
    pi = ffi.new('struct real_pi *')
    lib.rpi_open(pi, bytes(tmp_path / 'dev/mem'), 0x3F000000)
    before = pi.door.now_us(pi.door.self)
    pi.door.sleep_us(pi.door.self, 200)
    assert pi.door.now_us(pi.door.self) - before >= 190
    lib.rpi_close(pi)


def test_the_wrong_chip_no_rights_and_cached_memory_are_refused(tmp_path):
    root = board(tmp_path, '3')

    def enter(chip='bcm2837', firmware=None):
        with real_pi(machine(chip), tmp_path, root, (firmware or Firmware()).open):
            raise AssertionError('it was not refused')

    assert "set it to 'bcm2837'" in refused(lambda: enter('bcm2711'))
    firmware = Firmware(bus=0x0E000000)
    assert 'not uncached' in refused(lambda: enter(firmware=firmware))
    assert not firmware.given, 'what was given is taken back'
    (root / 'dev/mem').unlink()
    assert 'physical memory' in refused(enter)


# --- what a killed process has left -----------------------------------------------------------------------------------


def poke(root, physical, value):
    with (root / 'dev/mem').open('r+b') as memory:
        memory.seek(physical)
        memory.write(struct.pack('<I', value))


def killed(root, run, firmware, lathe):
    """A life that ends while the DMA engine is at work in its memory: nothing is given back."""
    with real_pi(lathe, run, root, firmware.open):
        poke(root, BASES['3'] + CONBLK_14, 0xCE000040)


def test_memory_in_which_a_channel_is_at_work_is_kept_and_recorded(tmp_path):
    root, firmware = board(tmp_path, '3'), Firmware()
    killed(root, tmp_path, firmware, machine('bcm2837'))
    assert firmware.given
    record = json.loads((tmp_path / 'chain.json').read_text())
    assert (record['boot'], record['bus']) == (BOOT, 0xCE000000)


def test_a_channel_that_does_not_stop_is_refused_with_power_off_and_its_memory_kept(tmp_path):
    """The stand-in for memory has no DMA engine: its reset bit stays as it was written."""
    root, firmware, lathe = board(tmp_path, '3'), Firmware(), machine('bcm2837')
    killed(root, tmp_path, firmware, lathe)

    def enter():
        with real_pi(lathe, tmp_path, root, firmware.open):
            raise AssertionError('it was not refused')

    assert 'does not stop' in refused(enter)
    assert word(root, BASES['3'] + GPSET0) == off(lathe).set
    assert word(root, BASES['3'] + CS_14) == 1 << 31
    assert len(firmware.given) == 1


def test_a_channel_that_another_program_has_at_work_is_refused_and_left_alone(tmp_path):
    """pigpiod takes the same one; to reset it would be to break whatever that drives."""
    root, firmware = board(tmp_path, '3'), Firmware()
    poke(root, BASES['3'] + CONBLK_14, 0xDE001000)

    def enter():
        with real_pi(machine('bcm2837'), tmp_path, root, firmware.open):
            pass

    enter()  # a block that is loaded and not ACTIVE is nobody's
    poke(root, BASES['3'] + CS_14, 1)
    line = refused(enter)
    assert 'pigpiod' in line
    assert 'DMA channel 14' in line
    assert word(root, BASES['3'] + CS_14) == 1
    assert not firmware.given


def test_the_next_start_frees_what_a_killed_one_has_left(tmp_path):
    """Whatever ran there has ended since."""
    root, firmware, lathe = board(tmp_path, '3'), Firmware(), machine('bcm2837')
    killed(root, tmp_path, firmware, lathe)
    poke(root, BASES['3'] + CONBLK_14, 0)
    with real_pi(lathe, tmp_path, root, firmware.open) as pi:
        assert pi.recovered
        assert list(firmware.given) == [1], 'its own alone'
    assert not firmware.given
    assert not (tmp_path / 'chain.json').exists()


def test_what_was_left_is_freed_without_a_cut_whoever_else_wants_the_pwm(tmp_path):
    """When the program starts; a second time there is nothing."""
    root, firmware, lathe = board(tmp_path, '3'), Firmware(), machine('bcm2837')
    killed(root, tmp_path, firmware, lathe)
    poke(root, BASES['3'] + CONBLK_14, 0)
    (root / 'proc/modules').write_text('snd_bcm2835 16384 1 - Live 0x0000000000000000\n')
    assert recover(lathe, tmp_path, root, firmware.open)
    assert not firmware.given
    assert not (tmp_path / 'chain.json').exists()
    assert not recover(lathe, tmp_path, root, firmware.open)
    assert firmware.calls.count(0x3000C) == 1, 'nothing was claimed'


def test_a_cut_that_runs_is_not_taken_for_one_that_was_left(tmp_path):
    """A doctor, a cut by hand, a second booth: each would find a chain at work in our memory, and end it."""
    root, firmware, lathe = board(tmp_path, '3'), Firmware(), machine('bcm2837')
    with real_pi(lathe, tmp_path, root, firmware.open) as pi:
        poke(root, BASES['3'] + CONBLK_14, pi.door.memory_bus + 0x40)
        with (
            pytest.raises(MachineRefusesError, match='another audioletter works with'),
            real_pi(lathe, tmp_path / 'another', root, firmware.open),
        ):
            pass
        assert 'another audioletter' in refused(lambda: recover(lathe, tmp_path, root, firmware.open))
        assert word(root, BASES['3'] + CS_14) == 0, 'it was not stopped'
        assert len(firmware.given) == 1, 'nor its memory given to others'
        poke(root, BASES['3'] + CONBLK_14, 0)
    assert not recover(lathe, tmp_path, root, firmware.open)


def test_what_was_left_before_the_computer_started_anew_is_gone_already(tmp_path):
    root, firmware = board(tmp_path, '3'), Firmware()
    Record(tmp_path, root).write(Block('another life', 9, 0xCE000000, 4096))
    with real_pi(machine('bcm2837'), tmp_path, root, firmware.open) as pi:
        assert not pi.recovered
    assert 0x3000E in firmware.calls, 'its own, and no other'


@pytest.mark.parametrize(
    'said', ['{', '[1, 2]', 'null', '{"boot": "%s", "handle": "1", "bus": 2, "size": 3}', '{"boot": "%s"}']
)
def test_a_record_that_cannot_be_read_is_refused_with_what_to_do(tmp_path, said):
    root = board(tmp_path, '3')
    (tmp_path / 'chain.json').write_text(said.replace('%s', BOOT))
    with (
        pytest.raises(MachineRefusesError, match='restart'),
        real_pi(machine('bcm2837'), tmp_path, root, Firmware().open),
    ):
        pass


def test_a_chain_that_was_left_to_itself_is_found_and_stopped_on_the_virtual_pi():
    rig = Rig(knobs=Knobs(wait_for_input=True, kill_at_segment=30)).offer()
    rig.run()
    rig.pi.pass_us(300_000)
    rig.drain()
    door, chip = rig.pi.door, lib.bcm_chip_named(b'bcm2837')
    size = 4 * door.memory_words
    assert lib.leftover_runs(door, chip, door.memory_bus, size), 'IDLE goes on for ever'
    assert not lib.leftover_runs(door, chip, door.memory_bus + size, size)
    levels = off(load_machine())
    assert lib.leftover_stop(door, chip, (levels.set, levels.clear)) == ffi.NULL
    assert not lib.leftover_runs(door, chip, door.memory_bus, size)
    frames = rig.pi.frames
    rig.pi.pass_us(10_000)
    assert rig.pi.frames == frames, 'and the PWM plays nothing more'
    rig.assert_safe()
