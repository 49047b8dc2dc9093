"""A firmware is brought onto a board: through a real MicroPython's prompt, and broken off at every step."""

import fcntl
import os
import pty
import subprocess
import tty
import types
from pathlib import Path

import pytest
from pico_rig import FAKE, Bench, micropython
from test_link import Terminal

from appliance.errors import MachineRefusesError
from appliance.interlock import firmware
from appliance.interlock.firmware import build_of, files, firmware_of, lay_out
from appliance.interlock.flash import Beside, differing, find, hello, main, no_booth, prompt, put
from appliance.machine import load_machine

FOUND = files(load_machine(), 'virtual')
OLDER = {name: content + b'# older\n' for name, content in FOUND.items()}
PICO = ('/dev/ttyACM0', 0x2E8A, 0x0005)


class Board:
    """A Pico on USB with `flash` in it; each time it is opened, it has just been plugged in."""

    def __init__(self, flash, **bench):
        self.flash, self.bench, self.opened = flash, bench, 0
        self._process = None

    def __call__(self, device):
        self.close()
        self.opened += 1
        theirs, ours = pty.openpty()
        tty.setraw(ours)
        bench = {f'BENCH_{name.upper()}': str(value) for name, value in self.bench.items()}
        if 'resets' in self.bench:
            bench['BENCH_RESETS'] = str(max(self.bench['resets'] + 1 - self.opened, 0))
        command = [micropython(), '-X', 'heapsize=192k', str(FAKE / 'prompt.py')]
        self._process = subprocess.Popen(command, stdin=theirs, stdout=theirs, cwd=self.flash, env=os.environ | bench)
        os.close(theirs)
        name = os.ttyname(ours)
        try:
            return prompt(name)
        finally:
            os.close(ours)

    def close(self):
        if self._process is not None:
            self._process.kill()
            self._process.wait()


class Clock:
    def __init__(self):
        self.rested_s = 0.0

    def now_s(self):
        return self.rested_s

    def rest(self, seconds):
        self.rested_s += seconds


@pytest.fixture
def board(tmp_path):
    flash = tmp_path / 'flash'
    flash.mkdir()
    made = []

    def make(**bench):
        made.append(Board(flash, **bench))
        return made[-1]

    yield make
    for one in made:
        one.close()


def beside(board, tmp_path, lines=(PICO,), line=None):
    return Beside(lambda: lines, board, line, Clock(), tmp_path)


def flash(board, tmp_path, *words):
    return main(['virtual', '--run', str(tmp_path / 'run'), *words], beside(board, tmp_path))


def on(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob('*') if path.is_file()}


def test_it_comes_onto_a_new_board_to_the_byte_and_runs_there(board, tmp_path, capsys):
    """Through mpremote and a real MicroPython's prompt; then the same MicroPython runs it, and it says who it is."""
    pico = board()
    assert flash(pico, tmp_path) == 0
    assert on(pico.flash) == FOUND
    said = capsys.readouterr().out
    assert f'all {len(FOUND)} files are there, to the byte' in said
    assert 'nobody asked it' in said
    bench = Bench(tmp_path, pico.flash)
    clock = Terminal(bench)
    assert hello(clock, clock, build_of(FOUND)) == f'it answers, firmware {build_of(FOUND):06d}'
    with pytest.raises(MachineRefusesError, match=f'firmware {build_of(FOUND):06d} answers on its line; 000001 was'):
        hello(clock, clock, 1)
    clock.port.close()
    assert bench.close()['relay'] == 0


def test_what_is_there_already_is_not_written_again_and_a_check_writes_nothing(board, tmp_path, capsys):
    pico = board()
    lay_out(OLDER, pico.flash)
    assert flash(pico, tmp_path, '--check') == 3
    assert on(pico.flash) == OLDER
    assert f'{len(FOUND)} of {len(FOUND)} files differ' in capsys.readouterr().out
    assert flash(pico, tmp_path) == 0
    assert on(pico.flash) == FOUND
    assert flash(pico, tmp_path, '--check') == 0
    assert flash(pico, tmp_path) == 0
    assert 'all was there already' in capsys.readouterr().out


def test_a_watchdog_that_is_quicker_is_tried_again(board, tmp_path):
    pico = board(resets=2)
    assert flash(pico, tmp_path) == 0
    assert (pico.opened, on(pico.flash)) == (3, FOUND)


def test_one_that_never_gives_a_prompt_is_one_sentence(board, tmp_path, capsys):
    pico = board(resets=99)
    lay_out(OLDER, pico.flash)
    assert flash(pico, tmp_path) == 3
    assert 'it gives no prompt' in capsys.readouterr().err
    assert on(pico.flash) == OLDER


def test_what_is_no_pico_is_refused(board, tmp_path, capsys):
    assert flash(board(platform='esp32'), tmp_path) == 3
    assert 'it runs micropython 1.26.1 on esp32' in capsys.readouterr().err


@pytest.mark.parametrize('after', [5, 30, 60])
def test_a_cable_that_is_pulled_leaves_the_old_firmware(board, tmp_path, capsys, after):
    pico = board(**{'break': after})
    lay_out(OLDER, pico.flash)
    assert flash(pico, tmp_path) == 3
    assert 'the old firmware is still on it' in capsys.readouterr().err
    assert {name: content for name, content in on(pico.flash).items() if not name.endswith('.new')} == OLDER
    del pico.bench['break']
    assert flash(pico, tmp_path) == 0
    assert on(pico.flash) == FOUND


class Folder:
    """A prompt without a MicroPython: this process, in its folder. The n-th thing that it is told breaks the cable."""

    def __init__(self, broken_at):
        self.left = broken_at

    def _count(self):
        self.left -= 1
        if self.left == 0:
            raise OSError('the cable was pulled')

    def exec(self, command):
        self._count()
        exec(command, {'os': os})

    def fs_exists(self, src):
        self._count()
        return Path(src).exists()

    def fs_mkdir(self, path):
        self._count()
        Path(path).mkdir()

    def fs_writefile(self, dest, data, chunk_size):
        self._count()
        Path(dest).write_bytes(data[: len(data) // 2])
        self._count()
        Path(dest).write_bytes(data)

    def fs_hashfile(self, path, algo):
        import hashlib

        self._count()
        return hashlib.new(algo, Path(path).read_bytes()).digest()


def test_broken_off_at_every_step_it_is_the_old_one_the_new_one_or_none(tmp_path, monkeypatch):
    """None means no main.py: the board starts, boot.py makes its outputs safe, and there is no power."""
    states = []
    for step in range(1, 1000):
        place = tmp_path / str(step)
        lay_out(OLDER, place)
        monkeypatch.chdir(place)
        try:
            put(Folder(step), FOUND, lambda told: None)
        except MachineRefusesError as error:
            told = str(error)
        else:
            assert on(place) == FOUND
            break
        now = {name: content for name, content in on(place).items() if not name.endswith('.new')}
        assert now['boot.py'] in (OLDER['boot.py'], FOUND['boot.py'])
        if 'old firmware is still on it' in told:
            assert now == OLDER
            states.append('old')
        else:
            assert 'the board gives no power until it is flashed' in told
            assert 'main.py' not in now or now in (FOUND, OLDER)
            states.append('none')
    assert states == sorted(states, reverse=True)
    assert states.count('none') > len(FOUND)


def test_a_byte_that_is_lost_on_the_way_is_found_before_anything_is_replaced(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    lay_out(OLDER, tmp_path)
    lossy = Folder(0)
    lossy.fs_writefile = lambda dest, data, chunk_size: Path(dest).write_bytes(data.replace(b'power', b'pover', 1))
    with pytest.raises(MachineRefusesError, match='was not written as it is; the old firmware is still on it'):
        put(lossy, FOUND, lambda told: None)
    assert {name: content for name, content in on(tmp_path).items() if not name.endswith('.new')} == OLDER
    assert differing(Folder(0), OLDER) == []


def test_the_one_pico_is_found_and_others_are_told(tmp_path):
    other = ('/dev/ttyUSB0', 0x0403, 0x6001)
    nothing = ('/dev/ttyS0', None, None)
    assert find(beside(None, tmp_path, (other, nothing, PICO))) == '/dev/ttyACM0'
    with pytest.raises(MachineRefusesError, match='two of them are there: /dev/ttyACM0, /dev/ttyACM1'):
        find(beside(None, tmp_path, (PICO, ('/dev/ttyACM1', 0x2E8A, 5))))
    with pytest.raises(MachineRefusesError, match='none on USB; use a cable that has data wires'):
        find(beside(None, tmp_path, (other, nothing)))
    (tmp_path / 'dev' / 'disk' / 'by-label' / 'RPI-RP2').mkdir(parents=True)
    with pytest.raises(MachineRefusesError, match=r'BOOTSEL.*copy RPI_PICO of MicroPython .* onto its disk RPI-RP2'):
        find(beside(None, tmp_path, (other,)))


def test_while_a_booth_runs_nothing_is_flashed(tmp_path, capsys):
    run = tmp_path / 'run'
    run.mkdir()
    held = os.open(run, os.O_RDONLY)
    fcntl.flock(held, fcntl.LOCK_EX)
    assert main(['virtual', '--run', str(run)], beside(None, tmp_path)) == 3
    assert 'a booth is running here; systemctl stop audioletter' in capsys.readouterr().err
    os.close(held)
    with no_booth(run), pytest.raises(MachineRefusesError, match='a booth is running here'), no_booth(run):
        pass
    with no_booth(tmp_path / 'none'):
        pass


def test_an_interlock_of_the_booth_itself_is_asked_on_its_line(board, tmp_path, capsys):
    """It has just started anew, and is silent for a while."""
    (tmp_path / 'dev').mkdir()
    (tmp_path / 'dev' / 'serial0').touch()
    pico = board()
    silent = types.SimpleNamespace(read=lambda: b'', write=lambda data: None)
    asked = beside(pico, tmp_path, line=lambda device, baud: silent)
    assert main(['virtual', '--run', str(tmp_path / 'run')], asked) == 3
    assert 'it does not answer on its line' in capsys.readouterr().err
    assert on(pico.flash) == FOUND


def test_the_number_is_of_the_firmware_and_not_of_the_way_to_the_machine_file(tmp_path):
    mine = tmp_path / 'mine.toml'
    mine.write_text('[machine]\nbase = "virtual"\n')
    assert files(load_machine(mine), str(mine)) == FOUND


def test_whatever_the_machine_is_called_its_wiring_is_a_program(tmp_path):
    mine = tmp_path / 'mine.toml'
    mine.write_text('[machine]\nbase = "virtual"\nname = \'Größe 7"""\'\n', encoding='utf-8')
    found: dict[str, object] = {}
    exec(files(load_machine(mine), str(mine))['wiring.py'], found)
    assert (found['RELAY'], found['LIFT']) == (2, 3)
    assert all(type(value) is int for name, value in found.items() if name.isupper())


def test_a_booth_tells_whether_its_interlock_runs_what_it_would_flash(monkeypatch, tmp_path):
    machine, number = load_machine(), build_of(FOUND)
    assert firmware_of(number, machine).says == f'firmware {number:06d}, as here'
    other = firmware_of(7, machine).says
    assert f'firmware 000007, which is not that of this machine file ({number:06d}): tools/flash_interlock' in other
    monkeypatch.setattr(firmware, 'ROOT', tmp_path)
    assert firmware_of(7, machine).says == 'firmware 000007', 'nothing to compare it with'
