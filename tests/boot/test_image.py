"""What the image of a booth is made of, as far as tools that know systemd and device trees can judge it here."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from appliance.config import load_config

IMAGE = Path(__file__).parents[2] / 'boot' / 'image'
UNITS = sorted((IMAGE / 'units').glob('*.service'))
MOST_EXPOSED = 15  # tenths, by systemd's own reckoning


def tool(name, package):
    found = shutil.which(name)
    if found is None:
        pytest.skip(f'{name} is not installed; on Debian: apt install {package}')
    return found


@pytest.mark.parametrize('unit', UNITS, ids=lambda unit: unit.name)
def test_a_unit_gives_away_no_more_than_it_must(unit):
    analyze = tool('systemd-analyze', 'systemd')
    told = subprocess.run(
        [analyze, 'security', '--offline=true', '--no-pager', f'--threshold={MOST_EXPOSED}', str(unit)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    level = re.search(r'Overall exposure level for \S+: ([\d.]+)', told.stdout)
    assert level, told.stdout + told.stderr
    assert float(level[1]) <= MOST_EXPOSED / 10


def test_the_kernel_has_every_dma_channel_but_ours(tmp_path):
    """Compiled by the device tree's own compiler; the masks are the kernel's without the engine's channel."""
    dtc = tool('dtc', 'device-tree-compiler')
    source = IMAGE / 'overlays' / 'audioletter-dma.dts'
    made = tmp_path / 'overlay.dtbo'
    subprocess.run([dtc, '-q', '-@', '-I', 'dts', '-O', 'dtb', '-o', made, source], check=True)
    words = [dtc, '-q', '-I', 'dtb', '-O', 'dts', made]
    back = subprocess.run(words, capture_output=True, text=True, check=True).stdout
    assert int(re.search(r'brcm,dma-channel-mask = <(0x\w+)>', back)[1], 16) == 0x7F35 & ~(1 << 14)
    config = (IMAGE / 'config.txt').read_text()
    assert int(re.search(r'dtparam=mask=(0x\w+)', config)[1], 16) == 0x07F5 & ~(1 << 7)


def test_the_board_keeps_its_pwm_for_the_head():
    lines = (IMAGE / 'config.txt').read_text().split('\n')
    assert 'dtparam=audio=off' in lines
    assert 'dtparam=spi=on' in lines
    assert not [line for line in lines if line.startswith('dtoverlay=pwm')]
    assert 'dtoverlay=audioletter-dma' in lines


def test_no_password_and_no_key_is_shipped():
    for file in IMAGE.rglob('*'):
        if file.is_file():
            text = file.read_text(encoding='utf-8', errors='replace')
            assert not re.search(r'(?i)PRIVATE KEY|password\s*=|chpasswd|ssh-(rsa|ed25519) AAAA', text), file


def test_a_stick_is_mounted_where_the_booth_looks_for_it_and_nothing_on_it_is_run():
    analyze, escape = tool('systemd-analyze', 'systemd'), tool('systemd-escape', 'systemd')
    unit = IMAGE / 'units' / 'media-stick.mount'
    told = subprocess.run([analyze, 'verify', str(unit)], capture_output=True, text=True, check=False)
    assert (told.returncode, told.stderr) == (0, '')
    mount = dict(line.split('=', 1) for line in unit.read_text().splitlines() if '=' in line)
    named = subprocess.run(
        [escape, '--path', '--suffix=mount', mount['Where']], capture_output=True, text=True, check=True
    )
    assert named.stdout.strip() == unit.name, 'systemd takes no other name for that place'
    assert {'nosuid', 'nodev', 'noexec'} <= set(mount['Options'].split(','))
    rule = (IMAGE / 'udev' / '90-audioletter-stick.rules').read_text()
    assert f'SYMLINK+="{Path(mount["What"]).name}"' in rule
    assert f'SYSTEMD_WANTS}}+="{unit.name}"' in rule
    places = load_config(system=IMAGE)[0].places
    assert Path(places.stick) in Path(mount['Where']).parents
    booth = (IMAGE / 'units' / 'audioletter.service').read_text()
    assert f'ReadWritePaths=-{places.stick}' in booth, 'the service would see it read-only'
