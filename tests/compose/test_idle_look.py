"""What the cutter's child says of the interlock between its orders, and whose line it is meanwhile."""

import queue

from appliance.compose.machines import watch_over
from appliance.compose.real.standby import Standby
from appliance.errors import MachineRefusesError
from appliance.hands.orders import Home, Setup
from appliance.interlock.link import Standing
from appliance.interlock.watch import LOOK_S, WELL_S
from appliance.orders import Cut, Errand, Forget
from tests.compose.real_rig import Machine


class Orders:
    """A queue that is empty for so many looks at it, and passes the time of a machine meanwhile."""

    def __init__(self, real, *orders):
        self.real, self.orders, self.empty = real, list(orders), 0
        self.held = []  # whether the line was, whenever somebody looked for an order

    def get(self, timeout=None):
        self.held.append(self.real.held)
        assert timeout == LOOK_S, 'a real machine is looked at'
        if self.empty:
            self.empty -= 1
            self.real.rest(timeout)
            raise queue.Empty
        return self.orders.pop(0)


class Wired(Machine):
    """Knows whether somebody has its line."""

    held = missing = False

    @property
    def site(self):
        site = super().site

        def line(device, baud):
            if self.missing:
                raise MachineRefusesError('no such line', where=device, key='interlock')
            assert not self.held, 'two have it'
            self.held = True
            return self

        object.__setattr__(site, 'line', line)
        return site

    def close(self):
        self.held = False


def begun(tmp_path, *orders):
    real, said = Wired(tmp_path), []
    return real, Orders(real, *orders), Standby(lambda: watch_over('real', real.site), said.append), said


def passed(standby, orders, looks):
    orders.empty = looks
    return standby.next(orders)


def test_the_booth_hears_how_the_interlock_stands_once_for_each_change(tmp_path):
    real, orders, standby, said = begun(tmp_path, *(Forget(),) * 4)
    passed(standby, orders, 5)
    assert [one.key for one in said] == ['']
    assert said[0].firmware.startswith('firmware 000000, which is not that')
    assert not said[0].as_here
    real.cable_cut = True
    passed(standby, orders, 5)
    assert (said[-1].key, len(said)) == ('interlock', 2)
    assert said[-1].cause.startswith(real.machine.interlock.device)
    real.cable_cut = False
    passed(standby, orders, int(WELL_S / LOOK_S) + 3)
    assert (said[-1].key, len(said)) == ('', 3)


def test_a_line_that_is_not_there_at_the_start_is_the_first_thing_it_says(tmp_path):
    real, orders, standby, said = begun(tmp_path, Forget())
    real.missing = True
    passed(standby, orders, 3)
    assert [one.key for one in said] == ['interlock']


def test_whoever_moves_the_machine_has_the_line_for_himself(tmp_path):
    """Looked at again as soon as he is done; an order that moves nothing leaves the line where it is."""
    for moves in (Cut(tmp_path), Errand(1, Home(Setup('real'), 'carriage')), None):
        folder = tmp_path / type(moves).__name__
        folder.mkdir()
        real, orders, standby, _ = begun(folder, Forget(), moves, Forget())
        passed(standby, orders, 2)
        assert real.held
        assert passed(standby, orders, 2) is moves
        assert not real.held
        passed(standby, orders, 2)
        assert real.held


def test_a_machine_file_that_is_gone_is_told_and_a_virtual_machine_is_not_looked_at(tmp_path):
    said = []
    site = Machine(tmp_path).site
    Standby(lambda: watch_over(str(tmp_path / 'none.toml'), site), said.append)
    assert isinstance(said[0], Standing)
    assert said[0].key
    orders = queue.Queue()
    orders.put('order')
    assert Standby(lambda: watch_over('', site), said.append).next(orders) == 'order'
