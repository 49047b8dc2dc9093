"""Kernel, firmware, modules and device trees of a card, from packages with the Raspberry Pi's names and places; and
what the program says of a board that was given such a tree."""

import os
import shutil
import subprocess

import pytest
from card_rig import FIRMWARE, MODULES, ROOT, VERSION, board, compiled, kernel_files, laid_out, made_kernel, package

from appliance.pi.board import read_board
from appliance.pi.reserved import set_apart
from appliance.pi.rivals import refuse_rivals

NEEDED = {'dpkg-deb': 'dpkg', 'dtc': 'device-tree-compiler', 'gcc': 'gcc', 'cpio': 'cpio', 'depmod': 'kmod'}
PATH = f'{os.environ["PATH"]}:/usr/sbin:/sbin'
LACKING = [package for tool, package in NEEDED.items() if not shutil.which(tool, path=PATH)]
pytestmark = pytest.mark.skipif(bool(LACKING), reason=f'apt install {" ".join(LACKING)}')
TREES = {'bcm2710-rpi-3-b': (14, 0xC0000000), 'bcm2711-rpi-4-b': (7, 0xC0000000)}


@pytest.fixture(scope='module')
def card(tmp_path_factory):
    folder = tmp_path_factory.mktemp('card')
    debs = folder / 'debs'
    debs.mkdir()
    package(debs, f'linux-image-{VERSION}', kernel_files(folder))
    package(debs, 'raspi-firmware', FIRMWARE)
    done, out = made_kernel(folder, debs)
    assert done.returncode == 0, done.stderr
    return out


def test_the_boot_partition_has_what_the_firmware_asks_for(card):
    names = {str(path.relative_to(card / 'boot')) for path in (card / 'boot').rglob('*') if path.is_file()}
    assert names == {
        'vmlinuz', 'initrd', 'config.txt', 'cmdline.txt', 'bootcode.bin', 'fixup.dat', 'start.elf',
        'overlays/disable-bt.dtbo', 'overlays/overlay_map.dtb',
        'bcm2710-rpi-3-b.dtb', 'bcm2710-rpi-zero-2-w.dtb', 'bcm2711-rpi-4-b.dtb',
    }  # fmt: skip
    config = (card / 'boot/config.txt').read_text().splitlines()
    assert 'kernel=vmlinuz' in config
    assert 'initramfs initrd followkernel' in config
    assert 'upstream_kernel=1' not in config, 'that is for a tree of Debian'
    assert 'iomem' not in (card / 'boot/cmdline.txt').read_text()
    assert all(len(line) <= 98 for line in config if line[:1] != '#'), 'the firmware reads no more of a line'


def test_the_kernel_finds_its_modules_and_none_that_no_booth_has(card):
    modules = card / 'system/usr/lib/modules' / VERSION
    there = {path.stem for path in modules.rglob('*.ko')}
    assert there == set(MODULES) - {'videodev'}
    assert 'kernel/fs/fat/vfat.ko:' in (modules / 'modules.dep').read_text()


def test_the_first_root_begins_with_the_shell_that_reads_the_card(card):
    words = ['cpio', '--quiet', '-t']
    raw = subprocess.run(['gzip', '-dc', card / 'boot/initrd'], capture_output=True, check=True).stdout
    names = subprocess.run(words, input=raw, capture_output=True, check=True).stdout.decode().split()
    assert {'init', 'modules', 'bin/busybox', 'bin/sh'} <= set(names)


@pytest.mark.parametrize('name', TREES)
def test_a_board_with_its_tree_has_pwm_channel_and_memory_to_itself(card, tmp_path, name):
    channel, alias = TREES[name]
    blob = (card / f'boot/{name}.dtb').read_bytes()
    tree = laid_out(blob, tmp_path / 'proc/device-tree')
    assert refuse_rivals(read_board(tmp_path), channel, tmp_path) == '', 'nothing to refuse, and nothing to warn of'
    chains = set_apart(tmp_path, alias)
    assert chains.claim(1 << 21).bus == alias | 0x0A000000
    assert (tree / '__symbols__/spi0').read_bytes() == b'/soc/spi@7e204000\0', 'overlays of config.txt still apply'
    assert (tree / 'reserved-memory/linux,cma').is_dir(), 'what else is there stays'


def test_debians_tree_gives_what_config_txt_cannot(tmp_path):
    """It has no symbols, and gives the PWM to the analogue sound."""
    source = compiled(board('bcm2837-rpi-3-b', status='okay', dma='dma'), tmp_path / 'in.dtb', symbols=False)
    before = laid_out(source.read_bytes(), tmp_path / 'before/proc/device-tree')
    assert not (before / '__symbols__').exists()
    assert 'gives pwm@7e20c000' in refuse_rivals(read_board(tmp_path / 'before'), 15, tmp_path / 'before')
    words = [ROOT / 'tools' / 'make_image', '--tree-of', source, tmp_path / 'out', 'debian.dtsi']
    subprocess.run(words, check=True)
    tree = laid_out((tmp_path / 'out/in.dtb').read_bytes(), tmp_path / 'after/proc/device-tree')
    assert refuse_rivals(read_board(tmp_path / 'after'), 14, tmp_path / 'after') == ''
    spi, uart = tree / 'soc/spi@7e204000', tree / 'soc/serial@7e201000'
    assert (spi / 'status').read_bytes() == b'okay\0'
    assert (spi / 'spidev@0/compatible').exists()
    pins = tree / 'soc/gpio@7e200000'
    assert (pins / 'booth_spi/brcm,pins').read_bytes() == bytes([0, 0, 0, 9, 0, 0, 0, 10, 0, 0, 0, 11]), '7 is the stop'
    assert (uart / 'pinctrl-0').read_bytes() == (pins / 'uart0_gpio14/phandle').read_bytes()
    assert not (uart / 'bluetooth').exists()
    assert (tree / 'soc/serial@7e215040/status').read_bytes() == b'disabled\0'
    assert not (tree / 'chosen/stdout-path').exists(), 'nothing is printed to the interlock'


def test_a_tree_into_which_it_does_not_fit_is_named(tmp_path):
    source = compiled('/dts-v1/; / { soc { }; };', tmp_path / 'bcm2710-odd.dtb')
    words = [ROOT / 'tools' / 'make_image', '--tree-of', source, tmp_path / 'out']
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert 'bcm2710-odd.dtb has no DMA controller' in done.stderr


def test_a_kernel_that_lacks_a_driver_is_refused(tmp_path):
    package(tmp_path / 'debs', f'linux-image-{VERSION}', kernel_files(tmp_path, without=('vfat',)))
    done, _ = made_kernel(tmp_path, tmp_path / 'debs')
    assert done.returncode == 2
    assert 'the kernel has no vfat' in done.stderr


def test_two_kernels_are_one_too_many(tmp_path):
    for version in (VERSION, '6.6.51+rpt-rpi-2712'):
        package(tmp_path / 'debs', f'linux-image-{version}', kernel_files(tmp_path, version))
    done, _ = made_kernel(tmp_path, tmp_path / 'debs')
    assert done.returncode == 2
    assert 'more than one kernel' in done.stderr
