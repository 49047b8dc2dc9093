"""What the host wants of the machine and of the loop: done in its turn, ended with maintenance, never a danger."""

import threading

import pytest

from appliance.desk.book import Program
from appliance.desk.journal import Journal
from appliance.desk.running import Around, KioskDesk
from appliance.errors import CutFaultError, MachineRefusesError
from appliance.kiosk.cutter import DIED
from appliance.orders import ErrandSaid, Fault, Refused
from appliance.workflow.values import Event, Kind, State
from tests.kiosk.booth_rig import Rig


def desk_of(rig):
    return KioskDesk(lambda: rig.kiosk, Around(rig.folders, lambda: 0.0, None, Program(), Journal()))


class Host:
    """At the desk of a booth; what the machine says is collected in a thread, as a session would."""

    def __init__(self, rig):
        self.rig, self.cancelled = rig, threading.Event()
        self.desk = desk_of(rig)
        self.heard, self.failed = [], []

    def begin(self, order):
        def work():
            try:
                self.heard.extend(self.desk.lathe(order, self.cancelled))
            except Exception as error:
                self.failed.append(error)

        self.thread = threading.Thread(target=work, daemon=True)
        self.thread.start()

    def turn_until(self, done):
        for _ in range(10_000):
            self.rig.turn()
            self.thread.join(0.001)
            if done():
                return
        raise AssertionError('it does not happen')

    def over(self):
        self.turn_until(lambda: not self.thread.is_alive())
        return self.heard, self.failed


@pytest.fixture
def rig(tmp_path):
    booth = Rig(tmp_path)
    yield booth
    booth.close()


def maintained(rig):
    rig.kiosk.tell(Event(Kind.MAINTAIN))
    rig.until(State.MAINTENANCE)
    return Host(rig)


def sent(rig):
    return rig.cutter.orders('errand')


def test_an_errand_says_what_it_does_until_it_is_done(rig):
    host = maintained(rig)
    host.begin('home')
    host.turn_until(lambda: sent(rig))
    assert sent(rig) == [('errand', 1, 'home')]
    rig.cutter.says += [ErrandSaid(1, 'half'), ErrandSaid(7, 'of another'), ErrandSaid(1, 'home', last=True)]
    assert host.over() == (['half', 'home'], [])


def test_an_errand_waits_for_maintenance_and_for_no_visitor(rig):
    host = Host(rig)
    host.begin('home')
    _, (error,) = host.over()
    assert isinstance(error, MachineRefusesError)
    assert 'maintenance' in error.what
    assert not sent(rig)


def test_two_errands_are_one_too_many(rig):
    first, second = maintained(rig), Host(rig)
    first.begin('home')
    first.turn_until(lambda: sent(rig))
    second.begin('jog')
    _, (error,) = second.over()
    assert 'another errand' in error.what


@pytest.mark.parametrize('ends', [Kind.RESUME, Kind.HOST_STOP])
def test_an_errand_ends_with_maintenance_and_with_the_hosts_stop(rig, ends):
    host = maintained(rig)
    host.begin('jog')
    host.turn_until(lambda: sent(rig))
    rig.kiosk.tell(Event(ends))
    rig.turn()
    assert rig.cutter.orders('end errand') == [('end errand', 1)], 'at the first turn'
    _, (error,) = host.over()
    assert isinstance(error, MachineRefusesError)


def test_whoever_is_gone_stops_the_machine(rig):
    host = maintained(rig)
    host.begin('jog')
    host.turn_until(lambda: sent(rig))
    host.cancelled.set()
    assert host.over() == ([], [])
    rig.turn()
    assert rig.cutter.orders('end errand') == [('end errand', 1)]


def test_a_machine_that_dies_or_refuses_says_so(rig):
    host = maintained(rig)
    host.begin('jog')
    host.turn_until(lambda: sent(rig))
    rig.cutter.says.append(Fault(DIED, 'it was killed'))
    _, (error,) = host.over()
    assert isinstance(error, CutFaultError)
    again = Host(rig)
    again.begin('jog')
    again.turn_until(lambda: len(sent(rig)) == 2)
    rig.cutter.says.append(ErrandSaid(2, Refused('lid', 'the lid is open'), last=True))
    _, (error,) = again.over()
    assert isinstance(error, MachineRefusesError)
    assert error.key == 'lid'


def test_a_power_cut_ends_what_was_asked(rig):
    host = maintained(rig)
    host.begin('jog')
    host.turn_until(lambda: sent(rig))
    rig.kiosk.drop()
    host.thread.join(60)
    assert isinstance(host.failed[0], MachineRefusesError)
    with pytest.raises(MachineRefusesError, match='ended'):
        host.desk.stores('list', lambda stores: stores.letters())
    with pytest.raises(MachineRefusesError, match='ended'):
        host.desk.play(())


def test_a_mistake_of_whoever_asks_is_not_the_booths(rig):
    desk = desk_of(rig)
    with pytest.raises(ZeroDivisionError):
        desk.stores('divide', lambda stores: 1 / 0)
    wrong = rig.kiosk.errands.ask(lambda: 1 / 0)
    rig.rest(0.5)
    assert isinstance(wrong.exception(), ZeroDivisionError)
    assert rig.kiosk.booth.state is State.ATTRACT


def test_maintenance_lasts_from_the_last_command(rig):
    maintained(rig)
    rest_s = rig.kiosk.rules.maintenance_s - 5
    rig.rest(rest_s)
    rig.kiosk.tell(Event(Kind.MAINTAIN))
    rig.rest(rest_s)
    assert rig.kiosk.booth.state is State.MAINTENANCE
    rig.rest(10)
    assert rig.kiosk.booth.state is State.ATTRACT


def test_the_host_stops_a_visitors_cut(rig):
    rig.cutter.answers = True
    rig.to_load_disc()
    rig.cutter.answers = False
    rig.press()
    rig.until(State.CUTTING)
    rig.kiosk.tell(Event(Kind.HOST_STOP))
    rig.turn()
    assert rig.cutter.orders('stop') == [('stop', 'host')]
    assert (rig.kiosk.booth.state, rig.kiosk.booth.reason) == (State.FAULT, 'host')
    rig.press()
    rig.until(State.LOAD_DISC)
