"""A real machine has power only while whoever cuts hears of the supervisor again and again."""

import multiprocessing
import threading
from itertools import pairwise

import pytest

from appliance.compose import cutter_child
from appliance.compose.cutter_child import Child
from appliance.interlock.guard import LATE_MS
from appliance.interlock.pico import LIVES_S
from appliance.kiosk.cutter import DIED
from appliance.kiosk.loop import PING_S
from appliance.orders import ErrandSaid, Fault, Ping
from appliance.workflow.values import Event, Kind, State
from tests.compose.real_rig import OFF_S
from tests.kiosk.booth_rig import Rig

LINE_S = 0.005  # of a permit: 29 bytes at 115 200 baud, and what is before it
RELAY_S = 0.015  # a power relay of 10 A, until its contacts are open


class Pipe:
    def __init__(self):
        self.said = []

    def send(self, message):
        self.said.append(message)


def test_the_loop_gives_signs_of_life_as_long_as_a_disc_is_cut(tmp_path):
    rig, pings = Rig(tmp_path), []
    rig.cutter.ping = lambda: pings.append(rig.clock.now_s())
    rig.to_load_disc()
    assert not pings
    rig.cutter.answers = False
    rig.press()
    assert rig.cutter.orders('cut')
    pings.clear()
    rig.rest(1.0)
    assert all(after - before < 1.5 * PING_S for before, after in pairwise(pings))
    assert 1.0 / PING_S * 0.8 < len(pings) <= 1.0 / PING_S + 1
    rig.close()


def test_and_as_long_as_the_machine_moves_for_the_host(tmp_path):
    rig, pings = Rig(tmp_path), []
    rig.cutter.ping = lambda: pings.append(rig.clock.now_s())
    rig.kiosk.tell(Event(Kind.MAINTAIN))
    rig.until(State.MAINTENANCE)
    assert not pings
    rig.kiosk.errands.begin('home')
    rig.rest(1.0)
    assert 1.0 / PING_S * 0.8 < len(pings) <= 1.0 / PING_S + 1
    rig.close()


@pytest.mark.parametrize('last', [ErrandSaid(1, None, last=True), Fault(DIED, 'the program that cuts has ended')])
def test_and_until_it_has_come_to_rest_after_the_host_has_stopped_it(tmp_path, last):
    rig, pings = Rig(tmp_path), []
    rig.cutter.ping = lambda: pings.append(rig.clock.now_s())
    rig.kiosk.tell(Event(Kind.MAINTAIN))
    rig.until(State.MAINTENANCE)
    running = rig.kiosk.errands.begin('home')
    rig.rest(0.1)
    rig.kiosk.errands.end(running.result(0))
    rig.rest(0.1)
    assert rig.cutter.told[-1] == ('end errand', 1)
    pings.clear()
    rig.rest(1.0)  # it ramps down, and without power it would not know where it stands
    assert len(pings) > 1.0 / PING_S * 0.8
    rig.cutter.says.append(last)
    rig.rest(0.1)
    pings.clear()
    rig.rest(1.0)
    assert not pings
    rig.close()


def test_who_has_not_been_heard_of_for_a_while_is_believed_dead(monkeypatch):
    now_s = 100.0
    monkeypatch.setattr(cutter_child, 'monotonic_s', lambda: now_s)
    child = Child(Pipe())
    assert child.alive_s() < 0, 'nobody has been heard of yet'
    child.hear(Ping(now_s))
    assert child.alive_s() == pytest.approx(LIVES_S)
    now_s += LIVES_S - 0.01
    assert child.alive_s() == pytest.approx(0.01)
    now_s += 0.02
    assert child.alive_s() < 0
    child.hear(Ping(now_s))
    assert child.alive_s() > 0


def test_what_is_heard_late_tells_of_when_it_was_said_and_never_of_later(monkeypatch):
    monkeypatch.setattr(cutter_child, 'monotonic_s', lambda: 100.0)
    child = Child(Pipe())
    child.hear(Ping(99.9))
    assert child.alive_s() == pytest.approx(LIVES_S - 0.1)
    child.hear(Ping(900.0))
    assert child.alive_s() == pytest.approx(LIVES_S)


def test_a_sign_of_life_never_lies_within_what_the_work_is_just_saying():
    """What is long goes out in pieces; a supervisor that reads one thing inside another falls over it."""
    theirs, mine = multiprocessing.Pipe()
    child, many = Child(theirs), 200
    long = 'x' * 100_000
    worker = threading.Thread(target=lambda: [child.say(long) for _ in range(many)])
    ear = threading.Thread(target=lambda: [child.hear(Ping(1.0)) for _ in range(many)])
    for thread in (worker, ear):
        thread.start()
    said = [mine.recv() for _ in range(2 * many)]
    for thread in (worker, ear):
        thread.join()
    assert (said.count(long), said.count(Ping(1.0))) == (many, many)


def test_a_supervisor_that_is_frozen_is_without_power_soon_enough():
    """No permit reaches further than LIVES_S; then the line, the longest turn of the interlock, and its relay."""
    assert LIVES_S + LINE_S + LATE_MS / 1000 + RELAY_S <= OFF_S
    assert 8 * PING_S < LIVES_S
