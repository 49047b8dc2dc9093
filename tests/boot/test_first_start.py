"""What happens before anybody can come in, with the programs as they are shipped, on folders of the test."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from appliance.config import load_config
from appliance.machine import load_machine

ROOT = Path(__file__).parents[2]
PROGRAMS = ROOT / 'boot' / 'image' / 'root' / 'usr' / 'lib' / 'audioletter'
pytestmark = pytest.mark.skipif(shutil.which('ssh-keygen') is None, reason='apt install openssh-client')


class Booth:
    """Its boot partition and its folder of settings."""

    def __init__(self, folder):
        self.boot, self.etc, self.shipped = folder / 'firmware', folder / 'etc', folder / 'machines'
        for each in (self.boot, self.etc, self.shipped):
            each.mkdir()
        (self.shipped / 'virtual.toml').write_text('# virtual\n')

    def start(self):
        words = [PROGRAMS / 'first', self.boot, self.etc, self.shipped]
        done = subprocess.run(words, capture_output=True, text=True, check=True)
        assert done.stderr == ''
        return done.stdout

    def keys(self):
        return (self.etc / 'keys').read_text().splitlines()


@pytest.fixture
def booth(tmp_path):
    return Booth(tmp_path)


@pytest.fixture
def key(tmp_path):
    def make(name):
        words = ['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-C', name, '-f', tmp_path / name]
        subprocess.run(words, check=True)
        return (tmp_path / f'{name}.pub').read_text().rstrip('\n')

    return make


def test_each_booth_makes_a_key_of_its_own_once(booth):
    assert 'nobody can come in' in booth.start()
    key = booth.etc / 'host' / 'ssh_host_ed25519_key'
    first = key.read_bytes()
    assert b'OPENSSH PRIVATE KEY' in first
    assert key.stat().st_mode & 0o777 == 0o600
    booth.start()
    assert key.read_bytes() == first


def test_a_key_that_the_power_cut_short_is_made_again(booth):
    booth.start()
    key = booth.etc / 'host' / 'ssh_host_ed25519_key'
    key.write_bytes(b'')
    booth.start()
    assert key.read_bytes()


def test_a_key_of_which_the_power_cut_left_half_is_made_again(booth, tmp_path):
    """sshd takes no such key, and nobody could come in any more to mend that."""
    (tmp_path / 'ssh-keygen').write_text('#!/bin/sh\nfor file; do :; done\necho half >"$file"\nexit 1\n')
    (tmp_path / 'ssh-keygen').chmod(0o755)
    words = [PROGRAMS / 'first', booth.boot, booth.etc, booth.shipped]
    cut = subprocess.run(words, env={'PATH': f'{tmp_path}:/usr/bin:/bin'}, capture_output=True, check=False)
    assert cut.returncode != 0
    booth.start()
    assert b'OPENSSH PRIVATE KEY' in (booth.etc / 'host' / 'ssh_host_ed25519_key').read_bytes()
    assert sorted(path.name for path in (booth.etc / 'host').iterdir()) == ['ssh_host_ed25519_key']


def test_the_hosts_key_is_taken_in_as_any_editor_has_left_it(booth, key):
    anna = key('anna')
    (booth.boot / 'authorized_keys').write_bytes(f'# the host\r\n{anna}'.encode())
    assert 'authorized_keys is taken in' in booth.start()
    assert booth.keys() == ['# the host', anna]
    assert (booth.etc / 'keys').stat().st_mode & 0o777 == 0o644


def test_a_mark_that_an_editor_puts_before_its_text_keeps_nobody_out(booth, key):
    """Notepad of older Windows."""
    anna = key('anna')
    (booth.boot / 'authorized_keys').write_text(f'{anna}\r\n', encoding='utf-8-sig')
    (booth.boot / 'wifi.conf').write_text('network={\r\n}\r\n', encoding='utf-8-sig')
    assert 'nobody can come in' not in booth.start()
    assert booth.keys() == [anna]
    assert (booth.etc / 'wifi.conf').read_bytes() == b'network={\n}\n'


def test_a_key_that_was_struck_out_does_not_come_back(booth, key):
    """The file is still there, and the image of a copied card too."""
    (booth.boot / 'authorized_keys').write_text(key('anna'))
    booth.start()
    bert = key('bert')
    (booth.etc / 'keys').write_text(f'{bert}\n')
    booth.start()
    assert booth.keys() == [bert]


def test_a_second_key_is_added_to_those_that_are_there(booth, key):
    anna, bert = key('anna'), key('bert')
    (booth.boot / 'authorized_keys').write_text(anna)
    booth.start()
    (booth.boot / 'authorized_keys').write_text(f'{anna}\n{bert}\n')
    booth.start()
    assert booth.keys() == [anna, bert]


@pytest.mark.parametrize('text', ['', 'ssh-ed25519 nonsense\n', '\0\0\0', '-----BEGIN OPENSSH PRIVATE KEY-----\n'])
def test_what_is_no_key_is_left_alone_and_said(booth, text):
    (booth.boot / 'authorized_keys').write_text(text)
    assert 'holds no public key' in booth.start()
    assert not (booth.etc / 'keys').exists()


def test_a_private_key_is_no_public_one(booth, key, tmp_path):
    key('anna')
    shutil.copy(tmp_path / 'anna', booth.boot / 'authorized_keys')
    assert 'holds no public key' in booth.start()
    assert not (booth.etc / 'keys').exists()


def test_machine_settings_and_radio_are_taken_in(booth):
    for name in ('machine.toml', 'settings.toml', 'wifi.conf'):
        (booth.boot / name).write_text(f'{name}\r\n')
    booth.start()
    for name in ('machine.toml', 'settings.toml', 'wifi.conf'):
        place = booth.etc / ('machine/booth.toml' if name == 'machine.toml' else name)
        assert place.read_bytes() == f'{name}\n'.encode()
    assert (booth.etc / 'wifi.conf').stat().st_mode & 0o777 == 0o600


def test_what_the_host_has_changed_since_stays(booth):
    (booth.boot / 'machine.toml').write_text('one')
    booth.start()
    (booth.etc / 'machine/booth.toml').write_text('two')
    booth.start()
    assert (booth.etc / 'machine/booth.toml').read_text() == 'two'


def test_without_a_machine_file_there_is_the_shipped_one(booth):
    booth.start()
    assert (booth.etc / 'machine/booth.toml').read_text() == '# virtual\n'


def test_a_booth_takes_what_a_first_start_leaves(booth):
    """The real program's settings and machine file, as its unit names them."""
    shutil.copy(ROOT / 'appliance/machine/machines/virtual.toml', booth.shipped)
    (booth.boot / 'settings.toml').write_text('[voice]\nvolume_db = -6.0\n')
    booth.start()
    config, _ = load_config(system=booth.etc)
    assert config.voice.volume_db == -6.0
    unit = (ROOT / 'boot/image/units/audioletter.service').read_text()
    file = re.search(r'--machine /etc/audioletter/(\S+)', unit)[1]
    assert load_machine(str(booth.etc / file)).machine.kind == 'virtual'


def test_time_goes_on_from_the_last_that_was_written_down(tmp_path):
    said = tmp_path / 'said'
    (tmp_path / 'date').write_text(f'#!/bin/sh\ncase $1 in +%s) echo 1000 ;; *) echo "$*" >{said} ;; esac\n')
    (tmp_path / 'date').chmod(0o755)
    file = tmp_path / 'clock'

    def clock(word):
        subprocess.run([PROGRAMS / 'clock', word, file], env={'PATH': f'{tmp_path}:/usr/bin:/bin'}, check=True)

    clock('set')
    assert not said.exists()  # nothing was ever written down
    clock('save')
    file.touch()
    os.utime(file, (2000, 2000))
    clock('set')
    assert said.read_text() == '-u -s @2000\n'
    said.unlink()
    os.utime(file, (500, 500))
    clock('set')
    assert not said.exists()  # it never goes back
