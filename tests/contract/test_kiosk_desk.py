"""`audioletter kiosk` as a process: its desk listens, outlives a supervisor, and the next booth listens again."""

import contextlib
import json
import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from appliance.desk.server import SOCKET
from tests.desk.desk_rig import Client

WAIT_S = 60.0  # a busy computer


class Process:
    """A served booth without a page, in its own folders."""

    def __init__(self, folder, pace='1000'):
        self.data = folder / 'data'
        config = folder / 'booth.toml'
        run = Path(f'/dev/shm/audioletter-test-{os.getpid()}')
        config.write_text(f'[places]\ndata = "{folder / "data"}"\nrun = "{run}"\n')
        self.run = run
        words = ('kiosk', '--no-page', '--config', str(config), '--pace', pace)
        self.process = subprocess.Popen(
            (sys.executable, '-m', 'appliance', *words), stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True
        )
        try:
            self.client = self._reached()
        except BaseException:
            self.process.kill()
            self.process.communicate()
            raise

    def _reached(self):
        told = []
        for line in self.process.stderr:
            told.append(line)
            if line.startswith('shell: served'):
                return Client(self.run)
        raise AssertionError(told)

    def do(self, words, answer=None):
        """What it says, and how it ends."""
        self.client.say(id=1, do=words.split())
        said = []
        while (line := self.client.hear()) is not None:
            if 'ask' in line:
                self.client.say(id=1, answer=answer)
            elif 'say' in line:
                said.append(line['say'])
            elif 'end' in line:
                return said, line['end']
        return said, None

    def deeds(self):
        """What the ledger holds of them."""
        with contextlib.closing(sqlite3.connect(self.data / 'ledger.sqlite')) as ledger:
            return list(ledger.execute('SELECT who, what, how FROM deed ORDER BY id'))

    def until(self, state):
        while (said := self.do('status'))[0][0]['facts']['state'] != state:
            assert said[1] == {'code': 0}

    def close(self, number=signal.SIGTERM):
        self.client.close()
        self.process.send_signal(number)
        self.process.wait(WAIT_S)
        self.process.stderr.close()


@pytest.fixture
def booth(tmp_path):
    yield from opened(tmp_path, '1000')


@pytest.fixture
def slow_booth(tmp_path):
    """Its machine takes as long as a real one."""
    yield from opened(tmp_path, '1')


def opened(folder, pace):
    booth = Process(folder, pace)
    yield booth
    booth.close(signal.SIGKILL)
    for path in sorted(booth.run.rglob('*'), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    booth.run.rmdir()


def test_a_booth_that_was_killed_leaves_the_next_one_able_to_listen(booth, tmp_path):
    booth.until('attract')
    booth.close(signal.SIGKILL)
    assert (booth.run / SOCKET).is_socket()
    again = Process(tmp_path)
    try:
        again.until('attract')
    finally:
        again.close()
    assert not (booth.run / SOCKET).exists()
    assert again.process.returncode == 128 + signal.SIGTERM


def test_garbage_does_not_disturb_the_booth(booth):
    booth.until('attract')
    for garbage in (b'A' * 1_000_000, os.urandom(100_000) + b'\n', b'[' * 100_000 + b'\n', b'{"id":1,"do":[]}\n'):
        stranger = Client(booth.run, greet=False)
        with contextlib.suppress(OSError):
            stranger.socket.sendall(garbage)
        assert 'error' in json.dumps([stranger.hear(), stranger.hear()])
        stranger.close()
    assert booth.do('status')[1] == {'code': 0}


def test_a_reboot_of_a_virtual_booth_begins_it_anew_and_a_shutdown_ends_it(booth):
    booth.until('attract')
    said, ended = booth.do('reboot', answer=False)
    assert (said, ended['code']) == ([], 3)
    said, ended = booth.do('reboot --yes')
    assert (said[0]['text'], ended) == ('the booth starts again', {'code': 0})
    booth.until('attract')
    said, ended = booth.do('shutdown --yes')
    assert (said[0]['text'], ended) == ('the booth switches off', {'code': 0})
    assert booth.client.hear() == {'error': 'the booth is being closed'}
    assert booth.process.wait(WAIT_S) == 0


JOG = ['jog', 'platter', '200', '--speed', '5']  # forty minutes


def begin_to_jog(client):
    client.say(id=1, do=JOG)
    while (line := client.hear()) is not None:
        assert 'end' not in line, line
        if 'say' in line:
            return
    raise AssertionError('it does not move')


def test_a_lost_connection_and_a_stop_from_elsewhere_end_a_jog(slow_booth):
    """As the machine's own process does it; the next order is taken, so the one before is over."""
    slow_booth.until('attract')
    assert slow_booth.do('maintain')[1] == {'code': 0}
    begin_to_jog(slow_booth.client)
    slow_booth.client.close()
    slow_booth.client = Client(slow_booth.run)
    while (again := slow_booth.do('home platter')[1])['code'] == 3:  # until it has noticed
        assert again['what'] in ('the machine is on another errand', 'anna (session 1) has the command of the booth')
    assert again == {'code': 0}
    begin_to_jog(slow_booth.client)
    other = Client(slow_booth.run, who='bert')
    other.say(id=5, do=['stop'])
    while 'end' not in (line := slow_booth.client.hear()):
        pass
    assert line['end'] == {'code': 130}
    assert other.hear()['say']['text'] == 'stopped, with 1 command'
    assert 'end' in other.hear()
    other.close()
    done = [deed for deed in slow_booth.deeds() if 'errand' not in deed[2]]
    jog = ('anna', ' '.join(JOG), 'cancelled')
    assert sorted(done) == sorted(
        [('anna', 'maintain', 'done'), jog, ('anna', 'home platter', 'done'), jog, ('bert', 'stop', 'done')]
    )
