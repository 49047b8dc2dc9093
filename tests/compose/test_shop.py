"""A cut that somebody watches, stops or spoils: it ends at once, head up and power off, and says why."""

import threading
from itertools import pairwise

import numpy as np
import pytest
import soundfile

from appliance.clock import SteppedClock
from appliance.compose.machines import workshop
from appliance.compose.shop import Bench, Keeping
from appliance.compose.virtual.live import Pacer
from appliance.compose.virtual.rehearsal import rehearse
from appliance.cut import Quiet, Request, carry_out, prepare
from appliance.errors import CutFaultError
from appliance.lathe.homing import SLOW_MM, Rig, home, longest_s
from appliance.machine import bit
from appliance.virtual.carriage import CarriageFollower, VirtualCarriage
from appliance.virtual.lathe import VirtualLathe, initial_levels


@pytest.fixture(scope='module')
def prepared(tmp_path_factory, machine, disc):
    folder = tmp_path_factory.mktemp('take')
    soundfile.write(folder / 'a.wav', 0.2 * np.sin(np.arange(48_000) / 9), 16000)
    return prepare(Request(folder / 'a.wav', disc, machine), folder, Quiet())


STEP_S, LONGEST_S = 0.2, 60.0


class Meddler:
    """Does something once the cut has come to `part`."""

    def __init__(self, part, deed):
        self._part, self._deed = part, deed

    def stage(self, name):
        pass

    def part(self, done):
        if done >= self._part and self._deed:
            deed, self._deed = self._deed, None
            deed()


class GivenUpError(Exception):
    pass


class Impatient:
    """Gives up at its `most`-th look after the first that `begins`."""

    def __init__(self, begins, most):
        self.begins, self.most, self.looks, self.all = begins, most, 0, 0

    def stage(self, name):
        pass

    def part(self, done):
        self.all += 1
        self.looks += self.begins()
        if self.looks >= self.most:
            raise GivenUpError


@pytest.mark.parametrize('most', [1, 2])
def test_a_rehearsal_ends_at_the_look_that_gives_it_up(prepared, tmp_path, most):
    """While it cuts (a look every LOOK_S) and while it plays (a look every second of sound)."""
    cutting = Impatient(lambda: True, 1)
    with pytest.raises(GivenUpError):
        rehearse(prepared, tmp_path, cutting)
    assert cutting.all == 1
    assert not list(tmp_path.iterdir())
    playing = Impatient((tmp_path / 'groove.npz').exists, most)
    with pytest.raises(GivenUpError):
        rehearse(prepared, tmp_path, playing)
    assert [path.name for path in tmp_path.iterdir()] == ['groove.npz']


def all_off(machine, levels):
    pins = machine.pins
    return (
        levels[pins.head_lift] != bit(pins.lift_down)
        and levels[pins.enable] != bit(pins.enable_active)
        and levels[pins.bridge_enable] != bit(pins.bridge_enable_active)
    )


def shop_for(machine, disc, folder, pace=None):
    return workshop(machine, disc, folder, Keeping(), Bench(pace=pace))


def test_what_is_prepared_tells_the_whole_time(prepared):
    assert prepared.letter_s == pytest.approx(3.0, abs=0.2)
    marks = prepared.timeline.score.marks
    assert prepared.total_s > (marks.head_up_frame - marks.head_down_frame) * 5e-6 > prepared.letter_s


@pytest.mark.parametrize('part', [0.0, 0.3, 0.7])
def test_a_stop_ends_with_head_up_and_power_off(prepared, machine, disc, tmp_path, part):
    shop = shop_for(machine, disc, tmp_path, 20.0)
    with pytest.raises(CutFaultError, match='enough of this'):
        carry_out(prepared, shop, Meddler(part, lambda: shop.stop('enough of this')))
    assert shop.stopped
    assert all_off(machine, shop.findings.final_levels)
    assert shop.findings.frames < prepared.timeline.score.frames
    assert not list(tmp_path.iterdir())


def test_a_stop_before_the_beginning_is_not_forgotten(prepared, machine, disc, tmp_path):
    shop = shop_for(machine, disc, tmp_path)
    shop.stop('too late')
    with pytest.raises(CutFaultError, match='too late'):
        carry_out(prepared, shop, Quiet())


@pytest.mark.parametrize(
    ('fault', 'said', 'stopped'),
    [('stall', 'stands still', False), ('swarf', 'swarf', False), ('underrun', 'feeder died', False)],
)
def test_an_injected_fault_is_told_and_leaves_nothing_on(prepared, machine, disc, tmp_path, fault, said, stopped):
    shop = shop_for(machine, disc, tmp_path, 20.0)
    with pytest.raises(CutFaultError, match=said):
        carry_out(prepared, shop, Meddler(0.3, lambda: shop.inject(fault)))
    assert shop.stopped is stopped
    assert all_off(machine, shop.findings.final_levels)


def test_a_platter_that_is_held_stands_and_its_index_sensor_tells(prepared, machine, disc, tmp_path):
    """Found by what a real machine sees, at the pace of a real one: the angle stays while the steps go on."""
    shop = shop_for(machine, disc, tmp_path, 20.0)
    seen = []

    class Looker(Meddler):
        def part(self, done):
            super().part(done)
            seen.append(shop.look())

    with pytest.raises(CutFaultError, match='the platter stands still while its motor is stepped') as failed:
        carry_out(prepared, shop, Looker(0.4, lambda: shop.inject('stall')))
    assert (failed.value.key, shop.stopped) == ('stall', False)
    assert shop.findings.platter_max_lag_rad > np.pi
    turns = np.array([look.angle_rad for look in (*seen, shop.look())]) / (2 * np.pi)
    stepped = shop.findings.platter_steps / machine.platter.steps_per_turn
    assert 0.1 < stepped - turns[-1] < 1.2  # since the index was last passed 1.1, and no ramp: it has no power
    assert all_off(machine, shop.findings.final_levels)


def test_a_finger_that_only_brushes_the_platter_is_no_stall(prepared, machine, disc, tmp_path):
    shop = shop_for(machine, disc, tmp_path)
    carry_out(prepared, shop, Meddler(0.3, lambda: shop._lathe.hold(0.05 * machine.platter.holding_torque_nm)))


class Carriage(VirtualCarriage):
    """Its switch may never close."""

    broken = False

    @property
    def at_home(self):
        return not self.broken and super().at_home


def cut_with(carriage, prepared, disc, folder, meddle=None):
    bench = Bench(pace=1.0, carriage=carriage, clock=SteppedClock())
    shop = workshop(carriage.machine, disc, folder, Keeping(), bench)
    try:
        return carry_out(prepared, shop, Meddler(0.5, lambda: meddle(shop)) if meddle else Quiet())
    finally:
        assert shop.findings is None or all_off(carriage.machine, shop.findings.final_levels)


def test_after_a_stop_the_carriage_is_homed_before_it_cuts_again(prepared, machine, disc, tmp_path):
    carriage = Carriage(machine)
    park_mm = machine.carriage.park_radius_mm
    with pytest.raises(CutFaultError, match='enough'):
        cut_with(carriage, prepared, disc, tmp_path, lambda shop: shop.stop('enough'))
    assert carriage.radius_mm < park_mm - 5
    assert not carriage.parked
    report = cut_with(carriage, prepared, disc, tmp_path)
    assert report['radius_start_mm'] == pytest.approx(prepared.chosen.plan.radius_start_mm, abs=0.1)
    assert abs(carriage.radius_mm - park_mm) < SLOW_MM
    assert carriage.parked


def test_a_carriage_that_is_elsewhere_and_thought_at_home_is_a_fault(prepared, machine, disc, tmp_path):
    """What homing is for, and that the virtual machine would notice."""
    carriage = Carriage(machine)
    carriage.radius_mm, carriage.stands_mm = machine.carriage.min_radius_mm + 5, machine.carriage.park_radius_mm
    with pytest.raises(CutFaultError, match='the carriage went in to'):
        cut_with(carriage, prepared, disc, tmp_path)
    assert not carriage.parked


def test_a_home_switch_that_never_closes_is_a_fault_of_the_lathe(prepared, machine, disc, tmp_path):
    carriage = Carriage(machine)
    carriage.broken = True
    carriage.radius_mm -= 40
    with pytest.raises(CutFaultError, match='home switch: did not close') as failed:
        cut_with(carriage, prepared, disc, tmp_path)
    assert failed.value.key == 'lathe'
    assert not list(tmp_path.iterdir())


def test_homing_is_stopped_like_a_cut_and_goes_on_where_it_was(prepared, machine, disc, tmp_path):
    carriage = Carriage(machine)
    carriage.radius_mm -= 40
    shop = workshop(machine, disc, tmp_path, Keeping(), Bench(carriage=carriage))
    shop.stop('enough', 'timeout')
    with pytest.raises(CutFaultError, match='enough') as failed:
        carry_out(prepared, shop, Quiet())
    assert (failed.value.key, shop.stopped, shop.findings) == ('timeout', True, None)
    cut_with(carriage, prepared, disc, tmp_path)
    assert carriage.parked


def test_homing_takes_no_longer_than_said(machine):
    """From the inner end of its way, in the machine's own time: counted by a clock that only the pace moves."""
    carriage, clock = Carriage(machine), SteppedClock()
    carriage.radius_mm = machine.carriage.min_radius_mm
    levels, lathes = initial_levels(machine), []

    def new_lathe():
        lathes.append(VirtualLathe(machine, [CarriageFollower(carriage, levels), Pacer(1.0, clock, lambda: False)]))
        return lathes[-1]

    home(Rig(machine, new_lathe, lambda: carriage.at_home, lambda: lathes[-1].wait(LONGEST_S)))
    assert 0.8 * longest_s(machine) < clock.now_s() < longest_s(machine)


def test_the_lid_that_opens_stops_the_cut(prepared, machine, disc, tmp_path):
    bench = Bench(pace=20.0)
    shop = workshop(machine, disc, tmp_path, Keeping(), bench)
    with pytest.raises(CutFaultError, match='lid'):
        carry_out(prepared, shop, Meddler(0.3, lambda: setattr(bench.interlock, 'lid_closed', False)))
    assert shop.stopped
    assert all_off(machine, shop.findings.final_levels)


def test_the_groove_is_seen_as_it_is_cut_and_in_its_own_time(prepared, machine, disc, tmp_path):
    clock = SteppedClock()
    shop = workshop(machine, disc, tmp_path, Keeping(), Bench(pace=8.0, clock=clock))
    carry_out(prepared, shop, Quiet())
    assert clock.now_s() == pytest.approx(prepared.total_s / 8, rel=0.01)
    seen = shop.look()
    angle, radius = np.array(seen.points).T
    assert not seen.head_down
    assert seen.radius_mm == pytest.approx(machine.carriage.park_radius_mm, abs=0.05), 'it has gone home since'
    assert seen.rpm == pytest.approx(0, abs=0.1)
    assert np.all(np.diff(angle) > 0)
    assert np.diff(angle).max() < 2 * np.pi / 50
    assert radius[0] > prepared.chosen.plan.radius_start_mm > radius[-1] > disc.label_radius_mm
    assert shop.look().points == ()


class Looker:
    """What is seen at each look; a clock too, that passes by STEP_S from look to look, however slow the computer."""

    def __init__(self):
        self.look, self.seen = None, []
        self._now_s = self._due_s = 0.0
        self._looked = threading.Condition()

    def stage(self, name):
        pass

    def part(self, done):
        self.seen.append(self.look())
        with self._looked:
            self._due_s = self._now_s + STEP_S
            self._looked.notify_all()

    def now_s(self):
        return self._now_s

    def rest(self, seconds):
        with self._looked:
            assert self._looked.wait_for(lambda: self._now_s < self._due_s, LONGEST_S)
            self._now_s += seconds


def test_before_the_head_is_down_and_after_it_is_up_one_sees_the_carriage_go(prepared, machine, disc, tmp_path):
    """And the platter come to speed and to rest, although there is no groove."""
    looker = Looker()
    shop = workshop(machine, disc, tmp_path, Keeping(), Bench(pace=1.0, clock=looker))
    looker.look = shop.look
    shop.cut(prepared.timeline, prepared.facts, looker)
    plan, park_mm = prepared.chosen.plan, machine.carriage.park_radius_mm
    downs = [at for at, seen in enumerate(looker.seen) if seen.head_down]
    before, after = looker.seen[: downs[0]], looker.seen[downs[-1] + 1 :]
    assert {seen.points for seen in before} == {()}
    assert before[0].radius_mm == pytest.approx(park_mm, abs=0.05)
    assert min(seen.radius_mm for seen in before) < (park_mm + plan.radius_start_mm) / 2
    radii = [seen.radius_mm for seen in after]
    assert sum(after > before for before, after in pairwise(radii)) > 5, 'it goes home'
    assert max(radii) > (park_mm + plan.radius_start_mm) / 2
    assert any(1 < seen.rpm < 70 for seen in after) or after[-1].rpm == pytest.approx(0, abs=0.1)
