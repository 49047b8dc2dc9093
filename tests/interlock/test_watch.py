"""The look at the interlock while nothing moves: what is the matter, from when on it is told, and until when."""

import contextlib
import errno
import fcntl
import logging
import os
import pty
import tty

import pytest
from pico_rig import Bench
from test_link import MACHINERY, Cable

from appliance.errors import MachineRefusesError
from appliance.interlock import guard
from appliance.interlock.causes import in_words
from appliance.interlock.firmware import Firmware, firmware_of
from appliance.interlock.link import Standing
from appliance.interlock.pico import PicoLink
from appliance.interlock.port import SerialPort
from appliance.interlock.watch import LOOK_S, STARTS, STARTS_S, WELL_S, Watch
from appliance.interlock.wire import LONGEST, line
from appliance.machine import load_machine

DEVICE = '/dev/serial0'


class Line(Cable):
    """A cable that counts who has it, and may not be there."""

    def __init__(self):
        self.opened = self.closed = 0
        self.refused = ''
        super().__init__()

    def open(self):
        if self.refused:
            raise MachineRefusesError(self.refused, where=DEVICE, remedy='do', key='interlock')
        self.opened += 1
        return self

    def close(self):
        self.closed += 1

    @property
    def held(self):
        return self.opened - self.closed


def watched(cable=None, is_what=lambda build: Firmware(f'firmware {build:06d}', True)):
    cable = cable or Line()
    return cable, Watch(DEVICE, cable.open, lambda line: PicoLink(line, MACHINERY, cable), cable, is_what)


def looks(cable, watch, count=4):
    """What is told after so many."""
    standing = None
    for _ in range(count):
        cable.rest(LOOK_S)
        standing = watch.look()
    return standing


def test_a_good_interlock_is_known_at_the_first_look_and_never_given_power():
    cable, watch = watched()
    assert watch.look() == Standing(firmware=f'firmware {cable.logic.guard.build:06d}')
    assert looks(cable, watch, 50) == Standing(firmware=f'firmware {cable.logic.guard.build:06d}')
    assert not cable.last_power_s


HOT, OPEN, PRESSED = {'head_adc': 6000}, {'lid': 0}, {'stop_closed': 0, 'stop_open': 1}


def cut_off(cable):
    cable.cut = True


def unplugged(cable):
    cable.broken = True


@pytest.mark.parametrize(('deed', 'key', 'words'), [
    (cut_off, 'interlock', 'does not answer'),
    (unplugged, 'interlock', 'the line to the interlock is gone'),
    (lambda cable: cable.logic.set(**HOT), 'hot', 'head is too hot'),
    (lambda cable: cable.logic.set(**OPEN), 'lid', 'the lid is open'),
    (lambda cable: cable.logic.set(**PRESSED), 'stop', 'stop button is pressed'),
], ids=['line cut', 'line gone', 'hot', 'lid', 'stop'])  # fmt: skip
def test_what_comes_between_is_told_with_its_port_and_goes_by_itself(deed, key, words):
    cable, watch = watched()
    assert not looks(cable, watch).key
    deed(cable)
    told = looks(cable, watch)
    assert told.key == key
    assert words in told.cause
    assert told.cause.startswith(DEVICE)
    cable.cut = cable.broken = False
    cable.logic.set(head_adc=12_000, lid=1, stop_closed=1, stop_open=0)
    assert looks(cable, watch, 2).key == key, 'not at once: what comes and goes is not well'
    assert not looks(cable, watch, int(WELL_S / LOOK_S) + 3).key


def test_one_look_alone_is_not_believed_and_what_comes_and_goes_does_not_flap():
    cable, watch = watched()
    assert not looks(cable, watch).key
    cable.cut = True
    assert not looks(cable, watch, 1).key
    cable.cut = False
    assert not looks(cable, watch).key
    cable.cut = True
    assert looks(cable, watch, 2).key
    told = set()
    for look in range(40):
        cable.cut = look % 4 == 0
        told.add(looks(cable, watch, 1).key)
    assert told == {'interlock'}, 'well for a second now and then is not well'


def test_nothing_is_said_before_something_is_sure():
    cable, watch = watched()
    cable.cut = True
    assert watch.look() is None
    assert watch.look().key == 'interlock'


def test_a_port_that_is_missing_or_busy_is_told_as_it_is_and_opened_again():
    cable, watch = watched()
    cable.refused = 'another program has the line to the interlock'
    told = looks(cable, watch)
    assert (told.key, told.cause) == ('interlock', f'{DEVICE}: {cable.refused}; do')
    cable.refused = ''
    assert not looks(cable, watch, int(WELL_S / LOOK_S) + 3).key
    assert cable.held == 1


def test_the_line_is_given_back_and_taken_again_and_a_trip_at_rest_is_seen_to():
    cable, watch = watched()
    looks(cable, watch)
    watch.give_back()
    watch.give_back()
    assert cable.held == 0
    link = PicoLink(cable, MACHINERY, cable)
    assert link.permit().closed
    cable.rest(0.5)
    assert cable.logic.guard.state == 3, 'nobody asked on: it has tripped'
    assert not looks(cable, watch).key
    assert cable.logic.guard.state == 0
    assert cable.held == 1


def test_another_version_is_refused_by_its_number_even_if_nothing_else_of_it_is_understood():
    cable, watch = watched()
    hear, guard = cable.logic.guard.hear, cable.logic.guard
    guard.hear = lambda kind, numbers: line('H', 9) if kind == 'H' else hear(kind, numbers)
    guard.status = lambda seen: b'S,1,2,3'
    told = looks(cable, watch)
    assert told.key == 'interlock'
    assert 'speaks version 9, this program 3' in told.cause
    assert 'tools/flash_interlock' in told.cause


def test_what_is_no_word_of_an_interlock_is_told_as_that():
    """A login on the serial line, another baud, a Pico with other firmware."""
    cable, watch = watched()
    cable.logic.turn = lambda **order: (False, False)
    chatter = b'raspberrypi login: \n' * 3 + b'x' * LONGEST
    cable.read = lambda: chatter
    told = looks(cable, watch)
    assert told.key == 'interlock'
    assert 'no word of an interlock' in told.cause
    assert 'serial-getty' in told.cause


def test_other_firmware_is_told_beside_and_refuses_nothing():
    cable, watch = watched(is_what=lambda build: Firmware(f'other {build}', False))
    told = looks(cable, watch)
    assert (told.key, told.as_here) == ('', False)
    assert told.firmware == f'other {cable.logic.guard.build}'


def starts(cable):
    """Anew: another session, and for a while nothing is said."""
    cable.cut = True
    cable.rest(1.0)
    cable.logic.guard.session += 1
    cable.cut = False


def test_firmware_that_starts_again_and_again_is_one_trouble_until_it_stays_up(caplog):
    """A watchdog that ends it every few seconds, a supply that breaks down: told once, whatever each look sees."""
    cable, watch = watched()
    assert not looks(cable, watch).key
    told = []
    for _ in range(8):
        starts(cable)
        for _ in range(7):
            told.append(looks(cable, watch, 1))
    keys = [one.key for one in told]
    assert keys == sorted(keys), 'well, then not any more'
    assert keys[-1] == 'interlock'
    assert 'starts again and again' in told[-1].cause
    assert len({one.cause for one in told}) <= 3
    assert sum('started anew' in one.getMessage() for one in caplog.records if one.levelno == logging.WARNING) == 8
    assert not looks(cable, watch, int((STARTS_S + WELL_S) / LOOK_S) + 2).key


def test_a_start_now_and_then_is_none():
    cable, watch = watched()
    looks(cable, watch)
    for _ in range(STARTS + 1):
        cable.rest(STARTS_S)
        cable.logic.guard.session += 1
        assert not looks(cable, watch).key


# -- on a real line ----------------------------------------------------------------------------------------------------


@pytest.fixture
def terminal():
    mine, theirs = pty.openpty()
    tty.setraw(theirs)
    yield os.ttyname(theirs)
    os.close(mine)
    os.close(theirs)


def test_a_port_that_another_program_has_is_busy_and_says_who_tells_its_name(terminal):
    with contextlib.closing(SerialPort(terminal, 115200)):
        with pytest.raises(MachineRefusesError, match='another program has the line') as caught:
            SerialPort(terminal, 115200)
        assert f'fuser -v {terminal}' in caught.value.remedy
        assert caught.value.key == 'interlock'
    SerialPort(terminal, 115200).close()


def test_so_is_one_that_somebody_holds_as_serial_programs_do(terminal):
    file = os.open(terminal, os.O_RDWR | os.O_NOCTTY)
    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    with pytest.raises(MachineRefusesError, match='another program'):
        SerialPort(terminal, 115200)
    os.close(file)


def test_one_that_is_opened_for_one_alone_is_busy_too(monkeypatch, terminal):
    def taken(*_):
        raise OSError(errno.EBUSY, os.strerror(errno.EBUSY))

    monkeypatch.setattr(os, 'open', taken)
    with pytest.raises(MachineRefusesError, match='another program'):
        SerialPort(terminal, 115200)


class Turning:
    """The clock, and a line over the terminal: each rest is some turns of the firmware, and nothing said is missed."""

    def __init__(self, bench):
        self.bench, self._now_s = bench, 0.0
        self._port = SerialPort(bench.device, 115200)

    def now_s(self):
        return self._now_s

    def rest(self, seconds):
        for _ in range(max(round(seconds * 500), 1)):
            self._now_s += 0.002
            self.bench.turn(ms=2)

    def read(self):
        return self.bench.read(self._port)

    def write(self, data):
        self.bench.write(data, self._port)

    def close(self):
        self._port.close()


def test_the_firmware_in_its_own_interpreter_is_looked_at_over_a_terminal(tmp_path):
    bench = Bench(tmp_path)
    board = Turning(bench)
    machine = load_machine()
    watch = Watch(
        bench.device,
        lambda: board,
        lambda line: PicoLink(line, MACHINERY, board),
        board,
        lambda build: firmware_of(build, machine),
    )
    assert not looks(board, watch).key
    assert watch.look() == Standing(firmware=f'firmware {bench.build:06d}, as here')
    bench.turn(ms=2, lid=0)
    told = looks(board, watch)
    assert (told.key, told.cause) == ('lid', f'{bench.device}: {in_words(guard.LID)[0]}')
    watch.give_back()
    SerialPort(bench.device, 115200).close()
    bench.close()
