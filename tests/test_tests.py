"""The command that runs the tests, over a small project: what fails beside others gets one more try, in the open."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

TOOL = Path(__file__).parents[1] / 'tools' / 'test'
SETUP = 'root=$(cd "$(dirname "$0")/.." && pwd)\nsay() { echo "audioletter: $*" >&2; }\nready() { :; }\n'
PYTHON = f'#!/bin/sh\n[ "$2" = mypy ] && exit 0\nexec {sys.executable} "$@"\n'
STEADY = 'def test_holds():\n    assert True\n'
BROKEN = 'def test_broken():\n    assert False\n'
UNSTEADY = """import pathlib
def test_unsteady():
    seen = pathlib.Path(__file__).with_suffix('.seen')
    again = seen.exists()
    seen.touch()
    assert again
"""


def program(path, text):
    path.write_text(text)
    path.chmod(0o755)


@pytest.fixture
def ran(tmp_path):
    """What the command says of a project with these tests."""

    def run(**tests):
        for folder in ('tools', 'tests', '.venv/bin'):
            (tmp_path / folder).mkdir(parents=True)
        shutil.copy(TOOL, tmp_path / 'tools' / 'test')
        (tmp_path / 'tools' / 'setup.sh').write_text(SETUP)
        program(tmp_path / '.venv/bin/ruff', '#!/bin/sh\n')
        program(tmp_path / '.venv/bin/python', PYTHON)
        (tmp_path / 'pyproject.toml').write_text('[tool.pytest.ini_options]\ntestpaths = ["tests"]\n')
        for name, text in tests.items():
            (tmp_path / 'tests' / f'test_{name}.py').write_text(text)
        return subprocess.run([tmp_path / 'tools' / 'test'], capture_output=True, text=True, timeout=100)

    return run


def test_one_that_fails_once_is_named_and_does_not_fail_the_run(ran):
    told = ran(steady=STEADY, unsteady=UNSTEADY)
    assert told.returncode == 0
    assert 'UNSTEADY' in told.stderr
    assert told.stderr.endswith('tests/test_unsteady.py::test_unsteady\n')
    assert '1 failed, 1 passed' in told.stdout  # what it said when it failed stays on the record


def test_one_that_fails_again_fails_the_run(ran):
    told = ran(steady=STEADY, unsteady=UNSTEADY, broken=BROKEN)
    assert told.returncode == 1
    assert 'UNSTEADY' not in told.stderr


def test_where_many_fail_there_is_no_second_try(ran):
    told = ran(steady=STEADY, **{f'unsteady_{number}': UNSTEADY for number in range(4)})
    assert told.returncode == 1
    assert '4 failed, 1 passed' in told.stdout
    assert 'once more' not in told.stderr
