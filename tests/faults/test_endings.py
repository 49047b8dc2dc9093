"""However a cut ends (a signal, a full pipe, no memory, a kill), it says so and leaves nothing half-made."""

import errno
import fcntl
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from appliance.commands import main
from appliance.compose.virtual.shop import VirtualShop
from appliance.cut.outputs import OutputFolder
from appliance.files import HeldFolder

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope='module')
def voice(tmp_path_factory):
    path = tmp_path_factory.mktemp('voice') / 'voice.wav'
    soundfile.write(path, 0.2 * np.sin(np.arange(3200) / 5), 16000)
    return str(path)


@pytest.fixture
def temp(tmp_path, monkeypatch):
    """Where scratch folders are made."""
    folder = tmp_path / 'temp'
    folder.mkdir()
    monkeypatch.setattr('tempfile.tempdir', str(folder))
    return folder


@pytest.fixture
def heeded():
    """All ending signals heeded, however the tests were started (nohup and & make a shell ignore some)."""
    before = {number: signal.signal(number, signal.SIG_DFL) for number in (signal.SIGTERM, signal.SIGHUP)}
    before[signal.SIGINT] = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def left_in(folder):
    return {path.name for path in folder.iterdir()}


def during_finish(monkeypatch, deed):
    """Something happens when the groove is cut and picture and sound are not yet made."""
    monkeypatch.setattr(VirtualShop, 'finish', lambda *_: deed())


def raiser(error):
    def deed():
        raise error

    return deed


@pytest.mark.parametrize(('number', 'keep'), [
    (signal.SIGINT, True), (signal.SIGTERM, False), (signal.SIGHUP, True),
    *(pytest.param(*pair, marks=pytest.mark.with_all)
      for pair in [(signal.SIGINT, False), (signal.SIGTERM, True), (signal.SIGHUP, False)]),
])  # fmt: skip
def test_a_signal_ends_a_cut_cleanly(voice, tmp_path, temp, monkeypatch, capsys, heeded, number, keep):
    before = signal.getsignal(number)
    during_finish(monkeypatch, lambda: os.kill(os.getpid(), number))
    out = tmp_path / 'o'
    assert main(['cut', voice, '--json', *(['--out', str(out)] if keep else [])]) == 128 + number
    said = capsys.readouterr()
    assert len(said.err.splitlines()) == len(said.out.splitlines()) == 1
    assert json.loads(said.out)['fault']['exit_code'] == 128 + number
    assert left_in(temp) == set()
    if keep:
        assert left_in(out) == {'fault.json'}
        assert json.loads((out / 'fault.json').read_text())['exit_code'] == 128 + number
    assert signal.getsignal(number) is before


def test_want_of_memory_is_one_line(voice, tmp_path, monkeypatch, capsys):
    during_finish(monkeypatch, raiser(MemoryError()))
    assert main(['cut', voice, '--out', str(tmp_path / 'o')]) == 4
    assert 'not enough memory' in capsys.readouterr().err
    assert left_in(tmp_path / 'o') == {'fault.json'}


class FullPipe:
    """A stdout on a full disk."""

    def __init__(self, number):
        self._number = number

    def write(self, text):
        raise OSError(self._number, os.strerror(self._number))

    def flush(self):
        pass

    def isatty(self):
        return False

    def fileno(self):
        return os.open(os.devnull, os.O_WRONLY)


def test_a_report_that_cannot_be_told_is_no_success(voice, tmp_path, monkeypatch):
    monkeypatch.setattr(sys, 'stdout', FullPipe(errno.ENOSPC))
    assert main(['cut', voice, '--out', str(tmp_path / 'o')]) == 4
    assert 'fault.json' in left_in(tmp_path / 'o')
    assert 'report.json' not in left_in(tmp_path / 'o')


def test_a_reader_that_goes_away_is_no_fault(voice, tmp_path, monkeypatch):
    monkeypatch.setattr(sys, 'stdout', FullPipe(errno.EPIPE))
    assert main(['cut', voice, '--out', str(tmp_path / 'o')]) == 0
    assert 'report.json' in left_in(tmp_path / 'o')


def test_an_stderr_that_takes_nothing_changes_no_exit_code(monkeypatch):
    monkeypatch.setattr(sys, 'stderr', FullPipe(errno.ENOSPC))
    assert main(['cut', 'no-such.wav']) == 2


@pytest.mark.parametrize('closed', [(2,), (1, 2), (0, 1, 2)])
def test_closed_streams_change_no_exit_code(closed):
    done = subprocess.run(
        [sys.executable, '-m', 'appliance', 'cut', 'no-such.wav'],
        preexec_fn=lambda: [os.close(descriptor) for descriptor in closed],
        stdout=subprocess.PIPE,
        cwd=ROOT,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, b'')


@pytest.mark.parametrize(
    'words',
    [['cut', 'no-such.wav'], ['cut', 'x.wav', '--seed', '-1'], ['cut', 'x.wav', '--speed', '5'],
     ['cut', 'x.wav', '--out', '/dev/null'], ['bench', '--seconds', '1']],
)  # fmt: skip
def test_every_refusal_is_json_for_programs(words, capsys):
    assert main([*words, '--json']) == 2
    fault = json.loads(capsys.readouterr().out)['fault']
    assert fault['exit_code'] == 2
    assert fault['what']


def test_what_a_killed_cut_has_left_is_removed_by_the_next(voice, tmp_path, temp):
    out = tmp_path / 'o'
    for stale in (out / '.audioletter-cut-dead', temp / 'audioletter-cut-dead'):
        stale.mkdir(parents=True)
        (stale / 'groove.npz').write_bytes(b'half')
    (temp / 'audioletter-other').mkdir()
    assert main(['cut', voice]) == 0
    assert left_in(temp) == {'audioletter-other'}
    assert main(['cut', 'no-such.wav', '--out', str(out)]) == 2
    assert left_in(out) == {'fault.json'}


def test_a_folder_that_is_held_is_not_removed(tmp_path):
    with HeldFolder(tmp_path, 'x-') as first, HeldFolder(tmp_path, 'x-') as second:
        assert {first.path, second.path} == set(tmp_path.iterdir())
    assert left_in(tmp_path) == set()


def test_a_link_in_place_of_a_left_folder_is_not_followed(tmp_path):
    (tmp_path / 'mine').mkdir()
    (tmp_path / 'mine' / 'letter').write_text('dear')
    (tmp_path / 'x-link').symlink_to(tmp_path / 'mine')
    HeldFolder(tmp_path, 'x-').close()
    assert (tmp_path / 'mine' / 'letter').read_text() == 'dear'


def test_two_cuts_into_one_folder_at_once_are_refused(voice, tmp_path, capsys):
    (tmp_path / 'report.json').write_text('{}')
    descriptor = os.open(tmp_path, os.O_RDONLY)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    assert main(['cut', voice, '--out', str(tmp_path)]) == 2
    os.close(descriptor)
    assert 'another cut' in capsys.readouterr().err
    assert left_in(tmp_path) == {'report.json'}
    assert main(['cut', voice, '--out', str(tmp_path)]) == 0


def test_a_full_disk_still_has_room_for_the_fault(tmp_path):
    """It was taken before the disk was full: the fault is written over it, into the same file."""
    with OutputFolder(tmp_path) as folder:
        (kept,) = folder.staging.iterdir()
        number, size = kept.stat().st_ino, kept.stat().st_size
        folder.fail({'what': 'full'})
    assert left_in(tmp_path) == {'fault.json'}
    assert (tmp_path / 'fault.json').stat().st_ino == number
    assert len((tmp_path / 'fault.json').read_bytes()) < size
    assert json.loads((tmp_path / 'fault.json').read_text()) == {'what': 'full'}


def test_a_folder_with_the_name_of_a_result_is_refused_before_anything_is_moved(voice, tmp_path, capsys):
    (tmp_path / 'playback.wav').mkdir()
    assert main(['cut', voice, '--out', str(tmp_path)]) == 2
    assert 'playback.wav' in capsys.readouterr().err
    assert left_in(tmp_path) == {'fault.json', 'playback.wav'}


def test_an_empty_name_is_no_folder(voice, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(['cut', voice, '--out', '']) == 2
    assert '--out' in capsys.readouterr().err
    assert left_in(tmp_path) == set()


PRESSED_EARLY = """
import os, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # what runs in a background may be deaf to it
from appliance.__main__ import program
class Pressed:
    def find_spec(self, name, *_):
        if name == 'appliance.commands':
            os.kill(os.getpid(), signal.SIGINT)
sys.meta_path.insert(0, Pressed())
program()
"""


def test_a_ctrl_c_while_the_program_is_still_being_read_ends_it_without_a_word():
    done = subprocess.run([sys.executable, '-c', PRESSED_EARLY], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (-signal.SIGINT, '', '')


PRESSED_LATE = """
import io, os, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
from appliance.commands import main
class Pressed(io.StringIO):
    def write(self, text):
        os.kill(os.getpid(), signal.SIGINT)
sys.stderr = Pressed()
sys.exit(main(['cut', 'missing.wav']))
"""


def test_a_ctrl_c_while_it_says_why_it_ends_changes_nothing():
    done = subprocess.run([sys.executable, '-c', PRESSED_LATE], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (2, '', '')
