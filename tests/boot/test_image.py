"""What the image of a booth is made of, as far as tools that know systemd and device trees can judge it here."""

import importlib.metadata
import re
import shutil
import signal
import subprocess
import tomllib
from pathlib import Path

import pytest
from update_rig import make_bundle

from appliance.config import load_config

ROOT = Path(__file__).parents[2]
IMAGE = ROOT / 'boot' / 'image'
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


def test_units_say_nothing_that_systemd_does_not_understand(tmp_path):
    """With a system around them that has what they name."""
    analyze = tool('systemd-analyze', 'systemd')
    units, usual = tmp_path / 'etc/systemd/system', tmp_path / 'usr/lib/systemd/system'
    shutil.copytree(IMAGE / 'units', units)
    usual.mkdir(parents=True)
    for pattern in ('*.target', '*.slice', 'systemd-*.service'):
        for unit in Path('/lib/systemd/system').glob(pattern):
            shutil.copy(unit, usual)
    words = re.findall(r'^Exec\w+=(\S+)', ''.join(unit.read_text() for unit in UNITS), re.M)
    for word in {word if word.startswith('/') else f'/usr/bin/{word}' for word in words}:
        program = tmp_path / word[1:]
        program.parent.mkdir(parents=True, exist_ok=True)
        program.write_text('#!/bin/true\n')
        program.chmod(0o755)
    told = subprocess.run(
        [analyze, 'verify', f'--root={tmp_path}', '--man=no', '--recursive-errors=no', *sorted(units.iterdir())],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (told.returncode, told.stderr) == (0, '')


def test_what_units_and_rules_run_is_there():
    """In the image each lies in /usr/lib/audioletter."""
    shipped = {path.name for path in (IMAGE / 'root/usr/lib/audioletter').iterdir()} | {'updater', 'current'}
    for unit in UNITS:
        named = set(re.findall(r'/usr/lib/audioletter/(\w+)', unit.read_text())) - {'versions'}
        assert named <= shipped, unit.name
    assert all(path.stat().st_mode & 0o111 for path in (IMAGE / 'root/usr/lib/audioletter').iterdir())


def test_nothing_of_the_system_is_written():
    """Root is read-only; each other place is in memory, or one that the data partition is bound to."""
    assert ' ro ' in (IMAGE / 'cmdline.txt').read_text()
    rows = [line.split() for line in (IMAGE / 'root/etc/fstab').read_text().split('\n') if line[:1] not in ('', '#')]
    written = {row[1] for row in rows if 'ro' not in row[3].split(',')}
    in_memory = {row[1] for row in rows if row[2] == 'tmpfs'}
    bound = {row[1] for row in rows if row[0].startswith('/data/')}
    assert written == in_memory | bound | {'/data'}
    assert in_memory == {'/tmp', '/var/tmp', '/var/log'}
    for row in rows:
        assert row[1] == '/' or {'nosuid', 'nodev'} <= set(row[3].split(',')), row


def test_a_card_that_the_power_has_hurt_is_mended_without_anybody():
    """systemd-fsck(8): else it asks in a shell that no one can enter, and a booth has no other way back."""
    assert 'fsck.repair=yes' in (IMAGE / 'cmdline.txt').read_text().split()


@pytest.mark.parametrize('name', ['20-cable', '25-radio'])
def test_a_booth_has_the_same_address_at_each_start(name):
    """Its machine-id is of one start only, and networkd would call itself by that (systemd.network(5))."""
    text = (IMAGE / f'root/etc/systemd/network/{name}.network').read_text()
    assert '\n[DHCPv4]\nClientIdentifier=mac\n' in text


def test_a_hang_resets_the_board():
    text = (IMAGE / 'root/etc/systemd/system.conf.d/audioletter.conf').read_text()
    assert 1 < int(re.search(r'^RuntimeWatchdogSec=(\d+)$', text, re.M)[1]) < 15  # the counter of the SoC ends there


def test_a_booth_that_was_taken_for_dead_has_said_where_each_of_its_threads_stood(tmp_path):
    """systemd ends it with SIGABRT (systemd.kill(5), WatchdogSignal=), at which Python's own faulthandler tells."""
    assert 'WatchdogSignal' not in (IMAGE / 'units' / 'audioletter.service').read_text()
    for name, text in (('audioletter', make_bundle.PROGRAM), ('python', '#!/bin/sh\necho "$@"\n')):
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o755)
    done = subprocess.run([tmp_path / 'audioletter', 'kiosk'], capture_output=True, text=True, check=True)
    assert done.stdout == '-I -X faulthandler -m appliance kiosk\n'


def test_each_library_of_the_program_is_in_the_image():
    """As a wheel of one version, or as Debian's own build; none of them comes by chance."""
    asked = tomllib.loads((IMAGE.parents[1] / 'pyproject.toml').read_text())['project']['dependencies']
    names = {re.match(r'[\w.]+', line)[0].lower() for line in asked}
    pinned = dict(line.split('==') for line in (IMAGE / 'wheels.txt').read_text().split('\n') if '==' in line)
    wheels = {name.lower() for name in pinned}
    debian = (IMAGE / 'packages.txt').read_text().split('\n')
    assert {name for name in names if name not in wheels and f'python3-{name}' not in debian} == set()
    for name, version in pinned.items():
        for needed in importlib.metadata.requires(name) or ():
            if ';' not in needed:
                assert re.match(r'[\w.-]+', needed)[0].lower().replace('-', '_') in {
                    wheel.replace('-', '_') for wheel in wheels
                }, (name, version, needed)


@pytest.mark.parametrize(('chip', 'mask'), [('bcm2837', 0x7F35 & ~(1 << 14)), ('bcm2711', 0x07F5 & ~(1 << 7))])
def test_the_kernel_has_every_dma_channel_but_ours(chip, mask):
    """The masks are the kernel's own without the engine's channel; tests/boot/test_kernel_on_card.py compiles them."""
    text = (IMAGE / 'trees' / f'{chip}.dtsi').read_text()
    assert int(re.search(r'brcm,dma-channel-mask = <(0x\w+)>', text)[1], 16) == mask


def test_the_board_keeps_its_pwm_for_the_head():
    lines = (IMAGE / 'config.txt').read_text().split('\n')
    assert 'dtparam=audio=off' in lines
    assert 'dtparam=spi=on' in lines
    assert not [line for line in lines if line.startswith('dtoverlay=pwm')]


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
    # A later event (change: somebody has closed it after writing) takes away what is not said again, name and mount.
    assert 'ACTION!="remove"' in rule
    places = load_config(system=IMAGE)[0].places
    assert Path(places.stick) in Path(mount['Where']).parents
    booth = (IMAGE / 'units' / 'audioletter.service').read_text()
    assert f'ReadWritePaths=-{places.stick}' in booth, 'the service would see it read-only'


def test_a_booth_that_was_asked_to_end_is_no_failed_unit():
    """The supervisor ends with 128 and the signal's number (tests/contract/test_kiosk_desk.py), which systemd calls a
    failure unless it is told otherwise (systemd.service(5), SuccessExitStatus=); one such unit makes it degraded."""
    booth = (IMAGE / 'units' / 'audioletter.service').read_text()
    assert f'\nSuccessExitStatus={128 + signal.SIGTERM}\n' in booth


@pytest.mark.parametrize(
    ('file', 'text', 'told'),
    [
        ('etc/shadow', 'root:*:1::::::\naudioletter:*:1::::::\n', ''),
        ('etc/shadow', 'root:*:1::::::\npi:$6$salt$hash:1::::::\n', 'not locked: pi'),
        ('etc/shadow', 'root::1::::::\n', 'not locked: root'),
        ('etc/passwd', 'root::0:0::/root:/bin/sh\n', 'not in shadow: root'),
        ('etc/ssh/ssh_host_ed25519_key', '', 'keys are shipped'),
        ('root/.ssh/authorized_keys', '', 'keys are shipped'),
    ],
)
def test_an_image_that_lets_anybody_in_is_not_made(tmp_path, file, text, told):
    """tools/make_image asks this of each image before it is written."""
    for name, usual in (('etc/shadow', 'root:*:1::::::\n'), ('etc/passwd', 'root:x:0:0::/root:/bin/sh\n')):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(usual)
    (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / file).write_text(text)
    words = [ROOT / 'tools' / 'make_image', '--check', tmp_path]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert (done.returncode == 0) == (not told)
    assert told in done.stderr


@pytest.mark.parametrize('option', ['--key', '--signer'])
@pytest.mark.parametrize(
    ('text', 'told'),
    [
        (None, 'is not there'),
        ('', 'is no public key'),
        ('-----BEGIN OPENSSH PRIVATE KEY-----\n', 'is no public key'),
        ('ssh-ed25519 AAAA anna\n-----BEGIN OPENSSH PRIVATE KEY-----\n', 'is no public key'),
    ],
)
def test_what_is_no_public_key_is_refused_before_anything_is_made(tmp_path, option, text, told):
    """A private key, given by mistake, would lie on every card."""
    if text is not None:
        (tmp_path / 'key').write_text(text)
    words = [ROOT / 'tools' / 'make_image', tmp_path / 'card.img', option, tmp_path / 'key']
    environment = {'PATH': '/usr/bin:/bin', 'WORK': str(tmp_path / 'work')}
    done = subprocess.run(words, capture_output=True, text=True, check=False, env=environment)
    assert (done.returncode, done.stderr) == (2, f'audioletter: {tmp_path}/key {told}\n')
    assert not (tmp_path / 'work').exists()


def test_the_program_is_made_in_an_environment_of_its_own(monkeypatch, tmp_path):
    """A fresh checkout has none, and the computer's Python need not have cffi."""
    begun = []

    def told(words, **_):
        begun.append(words)
        return subprocess.CompletedProcess(words, 2 if len(begun) == 1 else 0)

    def instead(path, words):
        raise InterruptedError(path, words)

    monkeypatch.setattr(make_bundle.subprocess, 'run', told)
    monkeypatch.setattr(make_bundle.os, 'execv', instead)
    monkeypatch.setattr(make_bundle.sys, 'prefix', '/usr')
    monkeypatch.setattr(make_bundle.sys, 'argv', ['make_bundle', '--tree', str(tmp_path / 'tree')])
    with pytest.raises(SystemExit, match='2'):  # what is missing has been said by then
        make_bundle.main()
    with pytest.raises(InterruptedError) as again:
        make_bundle.main()
    assert begun[1] == ['sh', '-c', '. "$0"; ready "" stamp', ROOT / 'tools' / 'setup.sh']
    assert again.value.args[1][1:] == ['make_bundle', '--tree', str(tmp_path / 'tree')]
    assert str(again.value.args[0]).endswith('.venv/bin/python')
