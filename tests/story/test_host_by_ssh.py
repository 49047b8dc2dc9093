"""The host comes to a running booth from elsewhere: a real sshd, the shipped configuration, and the whole program."""

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from tests.shell.sshd import MISSING, Sshd

pytest.importorskip('pyte', reason='needs pyte')
from tests.shell.terminal import Terminal

SHM = Path('/dev/shm')
pytestmark = [
    pytest.mark.skipif(bool(MISSING), reason=f'needs {" and ".join(MISSING)}'),
    pytest.mark.skipif(not os.access(SHM, os.W_OK), reason='needs a folder in memory, /dev/shm'),
]


@pytest.fixture
def run(tmp_path):
    """The run folder of a booth that was started as a host would start it, at the speed of a real one."""
    run = SHM / f'audioletter-ssh-{os.getpid()}'
    words = ['--no-browser', '--port', '0', '--pace', '1', '--data', str(tmp_path / 'data'), '--run', str(run)]
    process = subprocess.Popen(
        (sys.executable, '-m', 'appliance', 'kiosk', *words),
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=Path(__file__).parents[2],
    )  # fmt: skip
    try:
        assert process.stdout.readline().startswith('http://')
        yield run
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)
        shutil.rmtree(run, ignore_errors=True)
    assert process.returncode == 128 + signal.SIGTERM


@pytest.fixture
def sshd(tmp_path, run):
    folder = tmp_path / 'ssh'
    folder.mkdir()
    with Sshd(folder, run) as sshd:
        yield sshd


def said_by(done):
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_the_host_comes_moves_the_carriage_and_is_lost_on_the_way(sshd, tmp_path):
    assert said_by(sshd.run('status', '--json'))[0]['state'] == 'attract'
    refused = sshd.run('jog', 'carriage', '5')
    assert (refused.returncode, refused.stdout) == (3, b'')
    assert b'maintain takes it out of service first' in refused.stderr
    with Terminal(sshd.client(options=['-tt']), 40, 30) as phone, Terminal(sshd.client(options=['-tt'])) as desk:
        phone.prompt()
        desk.prompt()
        phone.type('maint\t\r')
        phone.prompt('maintenance (yours)>')
        desk.prompt('maintenance (anna)>')
        desk.type('home carriage\r')
        desk.until('(session')
        phone.type('home carriage\r')
        phone.until('carriage at radius, mm')
        phone.prompt('maintenance (yours)>')
        phone.type('jog carriage 60\r')
        phone.until('carriage: 60 mm inward')
        os.kill(phone.pid, signal.SIGKILL)  # the phone's battery
        desk.prompt('maintenance>')
        desk.type('resume\r')
        desk.prompt('attract (yours)>')
    said = [row['text'] for row in said_by(sshd.run('logs', '--json'))[-1]]
    assert 'anna: jog: cancelled' in said
    with sqlite3.connect(tmp_path / 'data' / 'ledger.sqlite') as ledger:
        deeds = ledger.execute('SELECT who, what, how FROM deed ORDER BY id').fetchall()
    assert [deed for deed in deeds if deed[1].startswith(('maintain', 'jog', 'resume'))] == [
        ('anna', 'jog carriage 5', 'the booth is not in maintenance'), ('anna', 'maintain', 'done'),
        ('anna', 'jog carriage 60', 'cancelled'), ('anna', 'resume', 'done')]  # fmt: skip
    assert said_by(sshd.run('status', '--json'))[0]['state'] == 'attract'
