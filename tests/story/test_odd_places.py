"""The booth is started where nothing can be written and nobody has a home; what is wrong is one line and a code."""

import os
import re
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SHM = Path('/dev/shm')
LINUX = pytest.mark.skipif(not Path('/proc/self').exists(), reason='needs Linux')


def kiosk(tmp_path, *words, cwd=ROOT):
    """Exit code, and the lines on stderr that are no log of the visit."""
    run = SHM / f'audioletter-odd-{os.getpid()}' if SHM.is_dir() else tmp_path / 'run'
    if not words:
        (tmp_path / 'visit.txt').write_text('wait attract\n')
    words = [str(word) for word in words] or ['--headless', str(tmp_path / 'visit.txt')]
    places = [] if '--data' in words else ['--data', str(tmp_path / 'data')]
    done = subprocess.run(
        (sys.executable, '-P', '-m', 'appliance', 'kiosk', *words, *places, '--run', str(run)),
        cwd=cwd, env={'PATH': os.environ['PATH'], 'PYTHONPATH': str(ROOT)}, capture_output=True, text=True, check=False,
        timeout=110,
    )  # fmt: skip
    if run.exists():
        run.rmdir()  # and nothing is left in it
    assert 'Traceback' not in done.stderr
    return done.returncode, [line for line in done.stderr.splitlines() if '->' not in line]


@LINUX
def test_a_folder_that_nobody_can_write_is_a_fine_place_to_stand_in(tmp_path):
    assert kiosk(tmp_path, cwd='/proc') == (0, [])


def test_a_file_in_place_of_the_data_folder_is_said_and_the_booth_starts_and_says_it_too(tmp_path):
    (tmp_path / 'file').write_text('no folder')
    (tmp_path / 'visit.txt').write_text('wait no space 10\n')
    code, told = kiosk(tmp_path, '--headless', tmp_path / 'visit.txt', '--data', tmp_path / 'file')
    assert code == 0
    assert 'letters cannot be kept' in told[0]
    assert (tmp_path / 'file').read_text() == 'no folder'


@pytest.mark.parametrize(
    ('words', 'code', 'said'),
    [
        (['--headless', 'gone.txt'], 2, 'gone.txt'),
        (['--real', 'lever'], 2, 'lever'),
        (['--pace', '0'], 2, 'pace'),
        (['--config', 'gone.toml'], 2, 'gone.toml'),
        (['--machine', 'gone.toml'], 2, 'gone.toml'),
    ],
)
def test_what_is_wrong_is_one_line(tmp_path, words, code, said):
    found, told = kiosk(tmp_path, *words)
    assert found == code
    assert len(told) == 1
    assert said in told[0]


@LINUX
def test_a_booth_that_was_started_with_nohup_stays_when_its_terminal_goes(tmp_path):
    pytest.importorskip('aiohttp', reason='needs aiohttp (the extra kiosk)')
    with tempfile.TemporaryDirectory(dir=SHM) as memory:
        words = ['kiosk', '--no-browser', '--port', '0', '--data', str(tmp_path / 'data'), '--run', f'{memory}/run']
        argv = ('sh', '-c', 'trap "" HUP; exec "$@"', 'nohup', sys.executable, '-m', 'appliance', *words)
        process = subprocess.Popen(argv, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        try:
            assert process.stdout.readline().startswith('http://')
            (ignored,) = re.findall(r'^SigIgn:\s*(\w+)$', Path(f'/proc/{process.pid}/status').read_text(), re.M)
        finally:
            process.terminate()
            process.communicate(timeout=60)
        assert int(ignored, 16) >> (signal.SIGHUP - 1) & 1


def test_a_script_is_played_apart_from_what_an_earlier_booth_has_left(tmp_path):
    """Neither its letters nor its settings; and nothing of it stays."""
    folders = {name: tmp_path / name for name in ('CONFIGURATION_DIRECTORY', 'STATE_DIRECTORY', 'XDG_DATA_HOME')}
    for folder in folders.values():
        folder.mkdir()
    (folders['CONFIGURATION_DIRECTORY'] / 'mine.toml').write_text('[hours]\nclosed = ["2000-01-01..2099-12-31"]\n')
    (folders['STATE_DIRECTORY'] / 'ledger.sqlite').write_text('no ledger')
    (tmp_path / 'visit.txt').write_text('wait attract\n')
    argv = (sys.executable, '-P', '-m', 'appliance', 'kiosk', '--headless', str(tmp_path / 'visit.txt'))
    environ = os.environ | {name: str(folder) for name, folder in folders.items()} | {'TMPDIR': str(tmp_path)}
    with tempfile.TemporaryDirectory(dir=SHM) as memory:
        run = Path(memory, 'run')
        run.mkdir()
        environ |= {'RUNTIME_DIRECTORY': str(run)}
        done = subprocess.run(argv, env=environ, capture_output=True, text=True, check=False, timeout=110)
        assert list(Path(memory).rglob('*')) == [run]
    assert (done.returncode, done.stdout) == (0, ''), done.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([*folders, 'visit.txt'])
    assert [path.name for folder in folders.values() for path in folder.iterdir()] == ['mine.toml', 'ledger.sqlite']
