"""What all tests share: a skip can be made a failure, so that CI proves that everything ran; and no test looks into the
settings, the letters or the home folder of whoever runs it."""

import os
import pwd
import shutil
import sys
import tempfile
from pathlib import Path

import pytest

from appliance.machine import load_disc, load_machine

CHROMIUM = shutil.which('chromium') or shutil.which('chromium-browser')
FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
         '--disable-component-update', '--disable-sync', '--autoplay-policy=no-user-gesture-required',
         '--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream']  # fmt: skip


# Where a booth of this computer would be, or its owner keeps what is theirs.
HOME = pwd.getpwuid(os.geteuid()).pw_dir
NOT_OURS = ('/etc/audioletter', '/var/lib/audioletter', '/run/audioletter', f'{HOME}/.config', f'{HOME}/.local/share')
ASKED = {'open', 'os.listdir', 'os.scandir', 'os.mkdir', 'os.rename', 'os.remove', 'os.rmdir', 'os.chmod', 'os.link',
         'os.symlink', 'sqlite3.connect', 'shutil.rmtree', 'socket.bind', 'socket.connect'}  # fmt: skip
SHM = Path('/dev/shm')
touched = []


def looked_at(event, words):
    """Of each call to the system that Python tells its auditors (PEP 578)."""
    if event not in ASKED:
        return
    for word in words:
        path = os.fsdecode(word) if isinstance(word, str | bytes | os.PathLike) else ''
        if path.startswith('/') and any(path == place or path.startswith(f'{place}/') for place in NOT_OURS):
            touched.append(f'{event} {path}')
            raise AssertionError(f'a test must not touch {path} ({event})')


def pytest_configure(config):
    """Folders of this run's own, for all commands that tests start too; systemd names them to a service likewise."""
    config.ours = [
        tempfile.mkdtemp(prefix='audioletter-tests-', dir=where) for where in (None, SHM if SHM.is_dir() else None)
    ]
    kept, memory = map(Path, config.ours)
    (memory / 'run').mkdir()
    os.environ.update(
        CONFIGURATION_DIRECTORY=str(kept / 'settings'), STATE_DIRECTORY=str(kept / 'letters'),
        RUNTIME_DIRECTORY=str(memory / 'run'), HOME=str(kept), XDG_CONFIG_HOME=str(kept / 'config'),
        XDG_DATA_HOME=str(kept / 'data'),
    )  # fmt: skip
    sys.addaudithook(looked_at)


def pytest_unconfigure(config):
    for folder in config.ours:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(autouse=True)
def nothing_of_anybody_else():
    """Also where the program has caught what the auditor raised."""
    touched.clear()
    yield
    assert touched == []


def pytest_addoption(parser):
    parser.addoption('--no-skips', action='store_true', help='a skipped test is a failure')
    parser.addoption('--lots', type=int, default=0, help='other lots than usual, where a test draws any')


def pytest_runtest_setup(item):
    if item.get_closest_marker('with_all') and not item.config.getoption('--no-skips'):
        pytest.skip('heavy: runs with --all')


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    if report.skipped and item.config.getoption('--no-skips') and not hasattr(report, 'wasxfail'):
        report.outcome = 'failed'
        report.longrepr = f'skipped, which --no-skips forbids: {report.longrepr}'
    return report


@pytest.fixture(scope='session')
def lot(request):
    """How many a test draws: `lot(few, all)`; all of them with --all, where time does not matter."""
    return lambda few, many: many if request.config.getoption('--no-skips') else few


@pytest.fixture(scope='session')
def machine():
    return load_machine('virtual')


@pytest.fixture(scope='session')
def disc():
    return load_disc('xray-25')


@pytest.fixture(scope='session')
def browser():
    """Debian's Chromium: one for all tests, since a process can drive but one."""
    playwright = pytest.importorskip('playwright.sync_api')
    if CHROMIUM is None:
        pytest.skip('Chromium is not installed; on Debian: apt install chromium')
    with playwright.sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        chromium.close()
