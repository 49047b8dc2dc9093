"""The supervisor's end of the line, with the firmware's loop at the other; time passes only where somebody rests."""

import errno
import math
import os

import pytest
from pico_rig import Bench
from test_vectors import Logic

from appliance.errors import MachineRefusesError
from appliance.interlock.pico import Machinery, PicoLink
from appliance.interlock.port import SerialPort
from appliance.interlock.wire import body, line

MACHINERY = Machinery(6400, 2500)
OFF_S = 0.3  # within which power must be off, whatever happens
TURN_MS = 2


class Cable:
    """The clock, the line and the microcontroller at its other end, which goes on with its loop while time passes."""

    def __init__(self, logic=None):
        self.logic = logic or Logic()
        self.power = self.head = False
        self.beating = self.turning = self.cut = self.broken = False
        self.deaf = False  # nothing of the interlock arrives any more
        self.from_pico = b''
        self._ms = self._beat_us = 0
        self.last_power_s = 0.0
        self.takes_ms, self._on_its_way = 0, []  # of a line to the Pico
        self.rest(0.2)

    def now_s(self):
        return self._ms / 1000

    def rest(self, seconds):
        for _ in range(max(round(seconds * 1000 / TURN_MS), 1)):
            self._ms += TURN_MS
            self._arrive()
            self._beat_us += 1000 * TURN_MS * self.beating
            beats, self._beat_us = divmod(self._beat_us, 2500)
            order = {
                'ms': TURN_MS,
                'beats': beats,
                'steps': int(self.turning),
                'turns': 0,
                'relay_contact': int(self.power),
            }
            self.power, self.head = self.logic.turn(**order)
            self.last_power_s = self.now_s() if self.power else self.last_power_s
            self.from_pico, self.logic.wrote = (self.from_pico + self.logic.wrote)[-4096:], b''

    def read(self):
        if self.broken:
            raise OSError(errno.EIO, 'Input/output error')
        data, self.from_pico = self.from_pico, b''
        return b'' if self.cut or self.deaf else data

    def write(self, data):
        if self.broken:
            raise OSError(errno.EIO, 'Input/output error')
        if not self.cut:
            self._on_its_way.append((self._ms + self.takes_ms, data))
            self._arrive()

    def _arrive(self):
        while self._on_its_way and self._on_its_way[0][0] <= self._ms:
            self.logic.hear(self._on_its_way.pop(0)[1])

    def off_after_s(self, link=None):
        """How long the power stays on, while the link is looked at every 20 ms or not at all."""
        begun = self.now_s()
        while self.power and self.now_s() - begun < 5:
            self.rest(0.02)
            if link is not None:
                link.status()
        return self.now_s() - begun


def cutting(alive_s=lambda: math.inf):
    """A link that has power, and a head that may be down."""
    cable = Cable()
    link = PicoLink(cable, MACHINERY, cable, alive_s)
    assert link.permit().closed
    assert cable.power
    cable.beating = True
    for _ in range(20):
        cable.rest(0.02)
        assert link.status().closed
    assert cable.head
    return cable, link


def test_a_good_machine_is_closed_and_has_power_when_it_is_asked_for():
    cable = Cable()
    link = PicoLink(cable, MACHINERY, cable)
    assert link.status().closed
    assert not cable.power
    assert link.permit().closed
    assert cable.power


def test_it_cuts_for_a_minute_and_ends_well():
    cable, link = cutting()
    for _ in range(3000):
        cable.rest(0.02)
        assert link.status().closed
    link.ending()
    cable.rest(0.02)
    cable.beating = False
    cable.rest(0.1)
    assert not cable.power
    assert link.status().closed, 'an end that was told is no fault'
    link.revoke()
    assert link.permit().closed


def test_a_supervisor_that_is_killed_or_frozen_takes_the_power_with_it():
    cable, _ = cutting()
    assert cable.off_after_s() <= OFF_S


def test_so_does_a_part_of_it_that_lives_no_more():
    living = [True]
    cable, link = cutting(lambda: float(living[0]))
    living[0] = False
    assert cable.off_after_s(link) <= OFF_S
    cable.rest(0.05)
    assert link.status().key == 'interlock'


def test_nobody_is_given_power_for_a_supervisor_that_lives_no_more():
    cable = Cable()
    link = PicoLink(cable, MACHINERY, cable, lambda: 0.0)
    status = link.permit()
    assert (status.closed, status.key) == (False, 'interlock')
    assert 'sign of life' in status.cause
    cable.rest(0.1)
    assert not cable.power


@pytest.mark.parametrize('how', ['cut', 'broken'])
def test_a_line_that_is_cut(how):
    cable, link = cutting()
    setattr(cable, how, True)
    assert cable.off_after_s(link) <= OFF_S
    cable.rest(0.1)
    status = link.status()
    assert not status.closed
    assert status.key == 'interlock'
    assert 'line' in status.cause
    setattr(cable, how, False)
    link.revoke()
    cable.rest(0.1)
    assert link.status().closed, 'mended, it goes on'


def test_an_interlock_that_is_not_heard_is_asked_for_nothing():
    cable, link = cutting()
    cable.deaf = True
    assert cable.off_after_s(link) <= OFF_S


@pytest.mark.parametrize('after_s', [0.01, 0.1, 0.12, 0.14, 0.19])
def test_nor_is_it_armed(after_s):
    """Between two movements of the way home, when the last status is still fresh."""
    cable, link = cutting()
    cable.beating = False
    link.revoke()
    cable.rest(0.1)
    assert link.status().closed
    cable.deaf = True
    begun_s = cable.now_s()
    cable.rest(after_s)
    link.permit()
    cable.rest(0.5)
    assert cable.last_power_s - begun_s <= OFF_S


@pytest.mark.parametrize('phase_ms', range(0, 50, 2))
def test_a_status_of_before_it_was_asked_for_is_no_switching_off(phase_ms):
    """Between two movements of the way home: what the interlock says in between arrives when it is armed already."""
    cable, link = cutting()
    cable.takes_ms = 6
    cable.rest(0.001 * phase_ms)
    link.status()
    link.revoke()
    cable.rest(0.002)
    assert link.permit().closed
    for _ in range(10):
        cable.rest(0.01)
        assert link.status().closed


def test_whoever_dies_while_power_is_asked_for_is_given_none():
    """Not for as long as the order alone is good for, which is longer than a permit."""
    cable, asked = Cable(), []
    link = PicoLink(cable, MACHINERY, cable, lambda: float(not asked.append(cable.now_s()) and len(asked) < 2))
    begun_s = cable.now_s()
    assert not link.permit().closed
    cable.rest(0.5)
    assert cable.last_power_s - begun_s <= 0.1


def test_an_interlock_that_is_reset_gives_no_power_until_it_is_asked_anew():
    cable, link = cutting()
    cable.logic = Logic(session=78)
    cable.rest(0.02)
    assert not cable.power
    cable.beating = False
    for _ in range(10):
        cable.rest(0.02)
        status = link.status()
        assert not cable.power
    assert 'started anew' in status.cause
    link.revoke()
    cable.rest(0.1)
    assert link.permit().closed


def test_a_heartbeat_that_stops_is_told_as_an_underrun():
    cable, link = cutting()
    cable.beating = False
    cable.rest(0.05)
    assert not cable.power
    cable.rest(0.05)
    assert link.status().key == 'underrun'


@pytest.mark.parametrize(('inputs', 'key', 'words'), [
    ({'lid': 0}, 'lid', 'lid is open'), ({'stop_closed': 0, 'stop_open': 1}, 'stop', 'stop button'),
    ({'stop_open': 1}, 'interlock', 'out, interlock.stop_open is shorted'),
    ({'stop_closed': 0}, 'interlock', 'out, interlock.stop_closed is broken'),
    ({'head_adc': 6000}, 'hot', 'head is too hot'), ({'supply_adc': 30000}, 'supply', 'too low'),
])  # fmt: skip
def test_what_is_wrong_is_told_in_words_and_goes_when_it_is_mended(inputs, key, words):
    cable, link = cutting()
    cable.logic.set(**inputs)
    assert cable.off_after_s(link) <= 0.04
    cable.rest(0.1)
    status = link.status()
    assert (status.closed, status.key) == (False, key)
    assert words in status.cause
    link.revoke()
    assert not link.permit().closed
    cable.logic.set(lid=1, stop_closed=1, stop_open=0, head_adc=32767, supply_adc=43330)
    cable.rest(0.1)
    assert link.status().closed
    assert not cable.power, 'nothing arms itself'
    assert link.permit().closed


def test_where_the_carriage_stands_is_told_and_means_nothing_for_the_power():
    cable = Cable()
    link = PicoLink(cable, MACHINERY, cable)
    assert link.status().closed
    assert not link.at_home
    cable.logic.set(home=1)
    cable.rest(0.1)
    assert link.status().closed
    assert link.at_home
    cable.rest(1)
    assert not link.at_home, 'what was said a second ago is not believed'


def test_what_was_said_long_ago_is_not_believed():
    cable, link = cutting()
    link.revoke()
    cable.beating = False
    cable.rest(0.1)
    assert link.status().closed
    cable.rest(30)
    cable.cut = True
    cable.from_pico = line('S', 77, 9, 0, 0, 0, 127, 250, 250, 24000, 0, 0, 0, 0, 0, 9)
    assert not link.status().closed


def test_an_interlock_of_another_version_is_named():
    cable = Cable()
    hear = cable.logic.guard.hear
    cable.logic.guard.hear = lambda kind, numbers: line('H', 1, 77, 1) if kind == 'H' else hear(kind, numbers)
    link = PicoLink(cable, MACHINERY, cable)
    status = link.status()
    assert not status.closed
    assert 'version 1' in status.cause
    assert 'flash' in status.cause


def test_a_refusal_without_a_cause_is_one_all_the_same():
    """Of firmware that contradicts itself: a status that is closed nowhere must never read as well."""
    cable = Cable()
    cable.logic.guard.status = lambda seen: body('S', 77, 1, 3, 0, 1, 0, 250, 250, 24000, 0, 0, 0, 0, 0, 0)
    status = PicoLink(cable, MACHINERY, cable).status()
    assert (status.closed, status.key) == (False, 'interlock')
    assert 'gives no cause' in status.cause


def test_a_relay_that_does_not_close_is_found():
    cable = Cable()
    link = PicoLink(cable, MACHINERY, cable)
    link.permit()
    turn = cable.logic.turn
    cable.logic.turn = lambda **order: turn(**order | {'relay_contact': 0})
    assert cable.off_after_s(link) <= OFF_S
    cable.rest(0.06)
    assert 'relay' in link.status().cause


def test_a_line_that_is_not_there_is_one_sentence(tmp_path):
    with pytest.raises(MachineRefusesError, match='cannot be opened'):
        SerialPort(str(tmp_path / 'tty'), 115_200)
    with pytest.raises(MachineRefusesError, match='no line has 12345 baud'):
        SerialPort('/dev/null', 12_345)
    with pytest.raises(MachineRefusesError, match='cannot be opened'):
        SerialPort('/dev/null', 115_200)


def test_what_is_no_line_is_told_in_words_and_not_left_open():
    """Whoever tries again every few seconds would have no file left by the evening."""
    before = len(os.listdir('/proc/self/fd'))
    for _ in range(3):
        with pytest.raises(MachineRefusesError, match=r'opened \(Inappropriate ioctl for device\)'):
            SerialPort('/dev/null', 115_200)
    assert len(os.listdir('/proc/self/fd')) == before


class Terminal:
    """Time passes in the firmware on its bench; what is said through the port has arrived before the next turn."""

    def __init__(self, bench):
        self.bench, self.beating = bench, False
        self.port = SerialPort(bench.device, 115_200)
        self._ms = self._beat_us = 0

    def read(self):
        return self.bench.read(self.port)

    def write(self, data):
        self.bench.write(data, self.port)

    def now_s(self):
        return self._ms / 1000

    def rest(self, seconds):
        for _ in range(max(round(seconds * 1000 / TURN_MS), 1)):
            self._ms += TURN_MS
            self._beat_us += 1000 * TURN_MS * self.beating
            beats, self._beat_us = divmod(self._beat_us, 2500)
            self.bench.turn(ms=TURN_MS, beats=beats, relay_contact=self.bench.outputs['relay'])


def test_the_same_code_talks_to_a_real_micropython_over_a_terminal(tmp_path):
    """Power comes when it is asked for and stays while it is; frozen, it is gone within 300 ms of model time."""
    bench = Bench(tmp_path)
    clock = Terminal(bench)
    link = PicoLink(clock, MACHINERY, clock)
    clock.rest(0.2)
    assert link.permit().closed
    clock.beating = True
    for _ in range(30):
        clock.rest(0.02)
        assert link.status().closed
    assert (bench.outputs['relay'], bench.outputs['lift']) == (1, 1)
    assert link.build == bench.build
    clock.rest(OFF_S)
    assert (bench.outputs['relay'], bench.outputs['lift']) == (0, 0)
    assert not link.status().closed
    clock.port.close()
    assert bench.close()['relay'] == 0
