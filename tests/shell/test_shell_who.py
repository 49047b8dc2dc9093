"""Whose key it was: ssh-keygen makes the keys and is asked what it calls them."""

import shutil
import subprocess

import pytest

from appliance.errors import OptionError
from appliance.shell.who import LONGEST, UNKNOWN, account, fingerprint, key_name

pytestmark = pytest.mark.skipif(shutil.which('ssh-keygen') is None, reason='needs openssh-client')


@pytest.fixture
def made(tmp_path):
    """Makes a key; its public half as a line."""

    def make(name, comment):
        file = tmp_path / name
        subprocess.run(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-C', comment, '-f', file], check=True)
        return file.with_suffix('.pub').read_text().strip()

    return make


def named(tmp_path, used, keys):
    told = tmp_path / 'told'
    told.write_text(f'publickey {" ".join(used.split()[:2])}\n')
    (tmp_path / 'keys').write_text(keys)
    return key_name({'SSH_USER_AUTH': str(told)}, tmp_path / 'keys')


def test_a_key_is_called_by_its_comment(tmp_path, made):
    anna, bob = made('a', 'anna'), made('b', 'bob of the museum')
    keys = f'# who may come in\n\n{anna}\nfrom="10.0.0.0/8",no-pty {bob}\n'
    assert named(tmp_path, anna, keys) == 'anna'
    assert named(tmp_path, bob, keys) == 'bob of the museum'


def test_a_key_without_a_name_is_called_by_its_fingerprint(tmp_path, made):
    key = made('a', '')
    (tmp_path / 'a.pub').write_text(key)
    listed = subprocess.run(['ssh-keygen', '-lf', tmp_path / 'a.pub'], capture_output=True, text=True, check=True)
    name = listed.stdout.split()[1]
    assert fingerprint(key.split()[1]) == name
    assert named(tmp_path, key, key) == name[:LONGEST]
    assert named(tmp_path, key, f'# {key} anna\n') == name[:LONGEST]


def test_a_name_cannot_be_long_or_move_a_cursor(tmp_path, made):
    key = made('a', '')
    assert named(tmp_path, key, f'{key} \x1b[2Jme') == '\\x1b[2Jme'
    assert named(tmp_path, key, f'{key} {"x" * 500}') == 'x' * LONGEST


def test_what_cannot_be_told_is_said(tmp_path):
    with pytest.raises(OptionError, match='ExposeAuthInfo'):
        key_name({}, tmp_path / 'keys')
    with pytest.raises(OptionError, match='cannot be read'):
        key_name({'SSH_USER_AUTH': str(tmp_path / 'none')}, tmp_path / 'keys')
    (tmp_path / 'told').write_text('password\n')
    assert key_name({'SSH_USER_AUTH': str(tmp_path / 'told')}, tmp_path / 'keys') == UNKNOWN
    assert account()
