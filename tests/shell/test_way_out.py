"""The one way to a system shell: for whom a file names, noted, and for nobody else."""

import os
import subprocess
import sys

import pytest

from appliance.config import load_config
from appliance.config.changes import BY_FILE_ONLY, FILE, HostFile
from appliance.errors import MachineFileError, MachineRefusesError, OptionError
from appliance.shell import way_out
from appliance.shell.errand import Ending
from appliance.shell.link import GoneError

GO = """
import os, sys
from appliance.shell import way_out
from appliance.shell.errand import Ending
way_out.leave('anna', ('anna',), lambda words: print(words, flush=True) or Ending(0), os.environ)
"""


@pytest.fixture
def noted(monkeypatch):
    notes = []
    monkeypatch.setattr(way_out, '_note', notes.append)
    return notes


def test_a_key_that_is_not_named_stays_and_is_noted(noted):
    asked = []
    with pytest.raises(MachineRefusesError, match=r'no system shell for bob; name the key in shell\.system_shell'):
        way_out.leave('bob', ('anna',), lambda words: asked.append(words) or Ending(3, 'not named'), {})
    assert asked == [['system', 'shell', '--refused']]
    assert noted == ["no system shell for the key 'bob'"]


def test_the_booth_may_refuse(noted):
    with pytest.raises(MachineRefusesError, match='not now'):
        way_out.leave('anna', ('anna',), lambda words: Ending(3, 'not now'), {})
    assert noted == []


def test_a_key_that_is_named_gets_a_shell_of_its_own_with_a_clean_environment(tmp_path):
    environ = {**os.environ, 'BASH_ENV': 'evil', 'SSH_TTY': '/dev/pts/7'}
    argv = [sys.executable, '-c', GO]
    script = 'echo "$0 $BASH_ENV $SSH_TTY"; exit 5\n'
    done = subprocess.run(argv, input=script, capture_output=True, text=True, env=environ, check=False)
    assert done.returncode == 5, done.stderr
    assert done.stdout.splitlines()[0] == "['system', 'shell']"
    assert done.stdout.splitlines()[-1].split()[0].startswith('-')
    assert done.stdout.split()[-1] == '/dev/pts/7'
    assert 'evil' not in done.stdout


def test_where_no_booth_runs_the_way_is_open_all_the_same(noted, monkeypatch):
    def gone(words):
        raise GoneError('the booth has hung up')

    started = []
    monkeypatch.setattr(os, 'chdir', lambda path: None)
    monkeypatch.setattr(os, 'execve', lambda *what: started.append(what))
    way_out.leave('anna', ('anna',), gone, {})
    assert noted == ["system shell for the key 'anna'"]
    assert len(started) == 1


@pytest.mark.parametrize('key', BY_FILE_ONLY)
def test_no_command_of_the_shell_can_open_it(tmp_path, key):
    """Nor name a program that is run."""
    file = HostFile(tmp_path / FILE, [tmp_path])
    with pytest.raises(
        OptionError, match=f'{key} cannot be changed while the booth runs; write it into a file of /etc'
    ):
        file.set(key, '/bin/sh', 'anna', 0.0)
    with pytest.raises(OptionError, match='cannot be changed'):
        file.unset(key, 'anna', 0.0)
    assert not (tmp_path / FILE).exists()


def test_the_settings_name_keys(tmp_path):
    (tmp_path / 'a.toml').write_text('[shell]\nsystem_shell = ["anna", "bob of the museum"]\n')
    assert load_config(system=tmp_path)[0].shell.system_shell == ('anna', 'bob of the museum')
    for names in ('[""]', '["a\\u001b"]'):
        (tmp_path / 'a.toml').write_text(f'[shell]\nsystem_shell = {names}\n')
        with pytest.raises(MachineFileError, match=r'a\.toml: shell\.system_shell names'):
            load_config(system=tmp_path)
