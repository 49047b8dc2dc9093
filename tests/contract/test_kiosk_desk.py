"""`audioletter kiosk` as a process: its desk listens, outlives a supervisor, and the next booth listens again."""

import contextlib
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from appliance.desk.server import SOCKET
from tests.desk.desk_rig import Client

WAIT_S = 60.0  # a busy computer


class Process:
    """A served booth without a page, in its own folders."""

    def __init__(self, folder):
        config = folder / 'booth.toml'
        run = Path(f'/dev/shm/audioletter-test-{os.getpid()}')
        config.write_text(f'[places]\ndata = "{folder / "data"}"\nrun = "{run}"\n')
        self.run = run
        words = ('kiosk', '--no-page', '--config', str(config), '--pace', '1000')
        self.process = subprocess.Popen(
            (sys.executable, '-m', 'appliance', *words), stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True
        )
        self.client = self._reached()

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
    booth = Process(tmp_path)
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
