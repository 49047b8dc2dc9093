"""The scripts that set everything up, with a Python and a compiler that only pretend: no network, nothing installed."""

import fcntl
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TOOLS = ('sh', 'cat', 'cksum', 'dirname', 'readlink', 'rm', 'mkdir', 'tail', 'flock', 'cp', 'tr')

# Answers as Python would, as far as the scripts ask; FAKE_* say how it fails. Each call is a line of calls.txt.
PYTHON = """#!/bin/sh
echo "$*" >>"$CALLS"
case "$*" in
    --version) echo 'Python 3.11.0' ;;
    *version_info*) exit "${FAKE_OLD:-0}" ;;
    *ensurepip*) exit "${FAKE_NO_VENV:-0}" ;;
    *Python.h*) exit "${FAKE_NO_HEADERS:-0}" ;;
    '-m venv '*) mkdir -p "$3/bin"; cp "$0" "$3/bin/python"; exit "${FAKE_VENV:-0}" ;;
    '-m pip '*) echo 'pip says why'; exit "${FAKE_PIP:-0}" ;;
    *'-m appliance'*) echo "ran $*" ;;
esac
"""


class Checkout:
    """A copy of what the scripts look at, and a PATH with nothing on it but what a bare machine has."""

    def __init__(self, place):
        self.root = place / 'a checkout'
        self.bin = place / 'bin'
        self.calls = place / 'calls.txt'
        self.bin.mkdir(parents=True)
        for name in ('tools', 'native'):
            shutil.copytree(ROOT / name, self.root / name, ignore=shutil.ignore_patterns('__pycache__'))
        (self.root / 'appliance').mkdir()
        for name in ('pyproject.toml', 'setup.py'):
            shutil.copy(ROOT / name, self.root)
        for name in TOOLS:
            if (found := shutil.which(name)) is not None:
                (self.bin / name).symlink_to(found)
        self.install('python3', PYTHON)
        self.install('cc', '#!/bin/sh\n')

    def install(self, name, text):
        (self.bin / name).write_text(text)
        (self.bin / name).chmod(0o755)

    def run(self, *words, script=None, **fake):
        """The finished process, and what Python was asked meanwhile."""
        self.calls.write_text('')
        script = script or self.root / 'tools' / 'audioletter'
        done = subprocess.run(
            [script, *(words or ['discs'])],
            env={'PATH': str(self.bin), 'CALLS': str(self.calls), **fake},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        return done, self.calls.read_text().splitlines()


@pytest.fixture
def checkout(tmp_path):
    return Checkout(tmp_path)


def asked(calls, what):
    return sum(what in call for call in calls)


def test_the_first_run_sets_up_and_the_second_only_runs(checkout):
    first, calls = checkout.run('discs', '--json')
    assert (first.returncode, first.stdout) == (0, 'ran -P -m appliance discs --json\n')
    assert asked(calls, '-m venv') == asked(calls, '-m pip') == 1
    second, calls = checkout.run('discs')
    assert (second.returncode, second.stdout, second.stderr) == (0, 'ran -P -m appliance discs\n', '')
    assert calls == ['-P -m appliance discs']


@pytest.mark.parametrize(
    ('fake', 'missing', 'package'),
    [
        ({'FAKE_OLD': '1'}, 'Python 3.11', 'python3'),
        ({'FAKE_NO_VENV': '1'}, 'venv', 'python3-venv'),
        ({'FAKE_NO_HEADERS': '1'}, 'Python.h', 'python3-dev'),
    ],
)
def test_what_the_machine_lacks_is_named_with_its_package(checkout, fake, missing, package):
    done, calls = checkout.run(**fake)
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert missing in line
    assert line.endswith(f'sudo apt install {package}')
    assert not asked(calls, '-m venv')
    assert checkout.run()[0].returncode == 0


@pytest.mark.parametrize(('gone', 'package'), [('cc', 'gcc'), ('python3', 'python3')])
def test_a_missing_command_is_named_with_its_package(checkout, gone, package):
    (checkout.bin / gone).unlink()
    done, _ = checkout.run()
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert line.endswith(f'sudo apt install {package}')


def test_a_set_up_that_fails_says_why_and_is_tried_again(checkout):
    done, _ = checkout.run(FAKE_PIP='1')
    assert (done.returncode, done.stdout) == (2, '')
    assert 'pip says why' in done.stderr
    assert 'setup.log' in done.stderr
    done, calls = checkout.run()
    assert done.returncode == 0
    assert asked(calls, '-m pip') == 1
    assert not asked(calls, '-m venv')


def test_an_environment_that_fails_leaves_nothing(checkout):
    done, _ = checkout.run(FAKE_VENV='1')
    assert done.returncode == 2
    assert 'could not be made' in done.stderr
    assert not (checkout.root / '.venv').exists()


def test_an_environment_left_half_made_is_made_again(checkout):
    """As Ctrl-C during `python -m venv` leaves it: a Python, and no pip behind it."""
    (checkout.root / '.venv' / 'bin').mkdir(parents=True)
    checkout_python = checkout.root / '.venv' / 'bin' / 'python'
    checkout_python.write_text('#!/bin/sh\necho "No module named pip"; exit 1\n')
    checkout_python.chmod(0o755)
    done, calls = checkout.run()
    assert done.returncode == 0
    assert asked(calls, '-m venv') == 1


def test_changed_sources_are_built_again(checkout):
    checkout.run()
    with (checkout.root / 'native' / 'pwm.c').open('a') as file:
        file.write('/* changed */\n')
    assert asked(checkout.run()[1], '-m pip') == 1
    assert not asked(checkout.run()[1], '-m pip')


def use(checkout, extra):
    """What is installed when the command of that extra is run: the words to pip."""
    if extra == '[dev]':
        script = checkout.root / 'tools' / 'want-dev'
        script.write_text(
            '#!/bin/sh\nset -eu\n. "$(dirname "$(readlink -f "$0")")/setup.sh"\nready "[dev]" stamp-dev\n'
        )
        script.chmod(0o755)
    else:
        script = checkout.root / 'tools' / ('kiosk' if extra else 'audioletter')
    done, calls = checkout.run(script=script)
    assert done.returncode == 0, done.stderr
    return [call.rsplit('checkout', 1)[1] for call in calls if '-m pip' in call]


@pytest.mark.parametrize(
    ('order', 'installed'),
    [
        (('', '[kiosk]', '[dev]', '', '[kiosk]', '[dev]'), ('', '[kiosk]', '[dev]')),
        (('[dev]', '', '[kiosk]', '[dev]'), ('[dev]',)),
        (('[kiosk]', '', '[kiosk]', '[dev]', '[kiosk]'), ('[kiosk]', '[dev]')),
    ],
)
def test_commands_of_different_needs_do_not_install_in_turns(checkout, order, installed):
    assert [words for extra in order for words in use(checkout, extra)] == list(installed)


def test_what_was_made_of_other_sources_is_made_again(checkout):
    use(checkout, '[dev]')
    file = checkout.root / 'native' / 'pwm.c'
    before = file.read_text()
    file.write_text(before + '/* changed */\n')
    assert use(checkout, '') == ['']
    file.write_text(before)  # the stamp of dev is of these sources, but what was built since is not
    assert use(checkout, '[dev]') == ['[dev]']


def test_a_checkout_that_cannot_be_written_is_said(checkout):
    (checkout.root / '.venv').write_text('no folder')
    done, calls = checkout.run()
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert 'cannot write to' in line
    assert not calls


def test_a_link_to_the_command_finds_its_checkout(checkout, tmp_path):
    link = tmp_path / 'audioletter'
    link.symlink_to(checkout.root / 'tools' / 'audioletter')
    assert checkout.run('machines', script=link)[0].stdout == 'ran -P -m appliance machines\n'


def test_two_at_once_wait_for_each_other(checkout):
    """While another sets up nothing is installed; when it lets go and all is done, nothing is left to do."""
    checkout.run()
    stamp = checkout.root / '.venv' / 'stamp'
    done = stamp.read_text()
    stamp.unlink()
    checkout.calls.write_text('')
    os.mkfifo(checkout.root / 'waiting')
    flock = shutil.which('flock')
    (checkout.bin / 'flock').unlink()
    checkout.install('flock', f'#!/bin/sh\necho now >"{checkout.root}/waiting"\nexec {flock} "$@"\n')
    with (checkout.root / '.setup.lock').open('w') as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        second = subprocess.Popen(
            [checkout.root / 'tools' / 'audioletter', 'discs'],
            env={'PATH': str(checkout.bin), 'CALLS': str(checkout.calls)},
            stdout=subprocess.PIPE,
            text=True,
        )
        assert (checkout.root / 'waiting').read_text() == 'now\n'
        stamp.write_text(done)
    assert second.communicate(timeout=60)[0] == 'ran -P -m appliance discs\n'
    assert checkout.calls.read_text() == '-P -m appliance discs\n'


def test_a_bare_pytest_leaves_nothing_behind_of_what_went_well(tmp_path):
    """Of a booth that would be 125 MB of room for a letter, and of all of them 40 GB."""
    words = [sys.executable, '-m', 'pytest', '-q', '-p', 'no:cacheprovider', 'tests/test_npz.py']
    subprocess.run(words, cwd=ROOT, env=os.environ | {'TMPDIR': str(tmp_path)}, capture_output=True, check=True)
    assert [path for path in tmp_path.rglob('*') if not path.name.startswith('pytest-of-')] == []
