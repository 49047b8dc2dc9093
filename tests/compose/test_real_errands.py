"""A maintainer's orders to the cutter's child, on a real machine without its parts: each is carried out there."""

import threading
from multiprocessing import Pipe

import pytest

from appliance import orders
from appliance.compose.cutter_child import Child
from appliance.errors import CutFaultError
from appliance.hands.orders import Home, Jog, Moved, PinLevels, ReadPins, Setup, Spin, Spun
from appliance.hands.speed import judge
from tests.compose.real_rig import Machine

REAL = Setup('real')
WAIT_S = 60.0


class Cutter:
    """The child, in a thread of its own, and a supervisor that is alive until it is told to die."""

    def __init__(self, folder):
        self.real = Machine(folder)
        self._pipe, theirs = Pipe()
        self.child = Child(theirs, self.real.site)
        self.dead = threading.Event()
        self.child.alive_s = lambda: float(not self.dead.is_set())  # the child would ask the computer's clock
        self._thread = threading.Thread(target=self.child.work)
        self._thread.start()

    def do(self, number, order, meddle=lambda: None):
        """Its last answer."""
        self.child.hear(orders.Errand(number, order))
        while self._pipe.poll(WAIT_S):
            said = self._pipe.recv()
            if not isinstance(said, orders.ErrandSaid):
                continue
            if said.last:
                return said.what
            meddle()
        raise AssertionError('nothing was answered')

    def close(self):
        self.dead.set()
        self.child.hear(None)
        self._thread.join()


@pytest.fixture
def cut(tmp_path):
    made = Cutter(tmp_path)
    yield made
    made.close()
    made.real.assert_still()


def test_the_axes_go_home_are_jogged_and_measured_and_pins_are_read(cut):
    home = cut.do(1, Home(REAL, 'carriage'))
    assert (home.carriage_mm, cut.real.carriage.at_home) == (130, True)
    assert cut.do(2, Jog(REAL, 'carriage', 10, 5)) == Moved('carriage', 10.0, 120.0, 64_000)
    assert cut.real.carriage.radius_mm == pytest.approx(120, abs=0.02)
    spun = cut.do(3, Spin(REAL, 78.26, 5))
    assert isinstance(spun, Spun)
    assert judge(spun).ok
    levels = cut.do(4, ReadPins(REAL))
    assert isinstance(levels, PinLevels)
    assert levels.levels[cut.real.machine.pins.enable] == 1


def test_a_stop_of_the_host_ends_a_jog_and_the_next_one_asks_for_home(cut):
    cut.do(1, Home(REAL, 'carriage'))
    ended = cut.do(2, Jog(REAL, 'carriage', 80, 5), lambda: cut.child.hear(orders.EndErrand(2)))
    assert isinstance(ended, CutFaultError)
    assert 'the host has stopped it' in str(ended)
    assert 'home it first' in str(cut.do(3, Jog(REAL, 'carriage', 20, 5)))


def test_a_supervisor_that_is_dead_takes_the_power_of_a_jog_with_it(cut):
    ended = cut.do(1, Jog(REAL, 'platter', 100, 60), cut.dead.set)
    assert isinstance(ended, CutFaultError)
    assert ended.key == 'interlock'
