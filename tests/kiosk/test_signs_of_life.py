"""A real machine has power only while whoever cuts hears of the supervisor again and again."""

import multiprocessing
import threading
from itertools import pairwise

import pytest

from appliance.compose import cutter_child
from appliance.compose.cutter_child import LIVES_S, Child
from appliance.interlock.pico import PERMIT_MS
from appliance.kiosk.cutter import Ping
from appliance.kiosk.loop import PING_S
from appliance.workflow.values import Event, Kind, State
from tests.compose.real_rig import OFF_S
from tests.kiosk.booth_rig import Rig


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


def test_who_has_not_been_heard_of_for_a_while_is_believed_dead(monkeypatch):
    now_s = 100.0
    monkeypatch.setattr(cutter_child, 'monotonic_s', lambda: now_s)
    child = Child(Pipe())
    assert not child.lives(), 'nobody has been heard of yet'
    child.hear(Ping())
    assert child.lives()
    now_s += LIVES_S - 0.01
    assert child.lives()
    now_s += 0.02
    assert not child.lives()
    child.hear(Ping())
    assert child.lives()


def test_a_sign_of_life_never_lies_within_what_the_work_is_just_saying():
    """What is long goes out in pieces; a supervisor that reads one thing inside another falls over it."""
    theirs, mine = multiprocessing.Pipe()
    child, many = Child(theirs), 200
    long = 'x' * 100_000
    worker = threading.Thread(target=lambda: [child.say(long) for _ in range(many)])
    ear = threading.Thread(target=lambda: [child.hear(Ping()) for _ in range(many)])
    for thread in (worker, ear):
        thread.start()
    said = [mine.recv() for _ in range(2 * many)]
    for thread in (worker, ear):
        thread.join()
    assert (said.count(long), said.count(Ping())) == (many, many)


def test_a_supervisor_that_is_frozen_is_without_power_soon_enough():
    """The last permit is given when it is last believed alive; two pings may be late before a disc is lost."""
    assert pytest.approx(OFF_S, abs=0.02) == LIVES_S + PERMIT_MS / 1000
    assert LIVES_S + PERMIT_MS / 1000 < OFF_S
    assert 3 * PING_S < LIVES_S
