"""What the cutter's child says of the interlock between its orders, and whose line it is meanwhile."""

import queue

from appliance.compose.machines import Around, watch_over
from appliance.compose.real.standby import Standby
from appliance.errors import MachineRefusesError
from appliance.hands.orders import Home, Setup
from appliance.interlock.link import Standing
from appliance.interlock.watch import LOOK_S, WELL_S
from appliance.orders import Cut, Errand, Forget
from appliance.virtual.interlock import VirtualInterlock
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


def standing_by(machine, site, said, now_s=lambda: 0.0):
    return Standby(lambda: watch_over(machine, Around(VirtualInterlock(), site=site)), said.append, now_s)


def begun(tmp_path, *orders):
    real, said = Wired(tmp_path), []
    return real, Orders(real, *orders), standing_by('real', real.site, said), said


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


def test_a_letter_that_is_mastered_for_minutes_hides_nothing(tmp_path):
    """The line is nobody else's meanwhile; a look each half second is enough."""
    real, said, looked = Wired(tmp_path), [], []
    now_s = real.site.clock.now_s
    standby = standing_by('real', real.site, said, now_s)
    for part in range(40):
        if part == 20:
            real.cable_cut = True
        before_s = now_s()
        standby.glance()
        looked.append(now_s() > before_s)
        real.rest(0.1)
    assert [one.key for one in said] == ['', 'interlock']
    assert sum(looked) < 20, 'and not at each stroke of the work'


def test_a_machine_file_that_is_gone_is_told(tmp_path):
    said = []
    standby = standing_by(str(tmp_path / 'none.toml'), Machine(tmp_path).site, said)
    assert isinstance(said[0], Standing)
    assert said[0].key
    standby.glance()
    assert len(said) == 1


class Now:
    """A queue that is empty once, and then has an order."""

    def __init__(self):
        self.empty = True

    def get(self, timeout=None):
        self.empty = not self.empty
        if self.empty:
            return 'order'
        raise queue.Empty


def test_a_virtual_interlock_has_nothing_to_tell_until_somebody_takes_it_away():
    interlock, said = VirtualInterlock(), []
    standby = Standby(lambda: watch_over('', Around(interlock)), said.append, lambda: 0.0)
    orders = Now()
    assert standby.next(orders) == 'order'
    assert not said
    interlock.missing = True
    standby.next(orders)
    standby.next(orders)
    assert [one.key for one in said] == ['interlock']
    assert 'the interlock does not answer' in said[0].cause
    interlock.missing = False
    standby.next(orders)
    standby.next(orders)
    assert said[1:] == [Standing()]
    interlock.lid_closed = False
    standby.next(orders)
    assert said[-1].key == 'lid', 'as of a real one: what it is worth is for the panel to say'
