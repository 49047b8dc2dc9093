"""A cut that somebody watches, stops or spoils: it ends at once, head up and power off, and says why."""

import numpy as np
import pytest
import soundfile

from appliance.clock import SteppedClock
from appliance.compose import Bench, Keeping, workshop
from appliance.compose.shop import rehearse
from appliance.cut import Quiet, Request, carry_out, prepare
from appliance.errors import CutFaultError
from appliance.machine import bit


@pytest.fixture(scope='module')
def prepared(tmp_path_factory, machine, disc):
    folder = tmp_path_factory.mktemp('take')
    soundfile.write(folder / 'a.wav', 0.2 * np.sin(np.arange(48_000) / 9), 16000)
    return prepare(Request(folder / 'a.wav', disc, machine), folder, Quiet())


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
    [('stall', 'stalled', False), ('swarf', 'swarf', False), ('underrun', 'feeder died', False)],
)
def test_an_injected_fault_is_told_and_leaves_nothing_on(prepared, machine, disc, tmp_path, fault, said, stopped):
    shop = shop_for(machine, disc, tmp_path, 20.0)
    with pytest.raises(CutFaultError, match=said):
        carry_out(prepared, shop, Meddler(0.3, lambda: shop.inject(fault)))
    assert shop.stopped is stopped
    assert all_off(machine, shop.findings.final_levels)


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
    assert np.all(np.diff(angle) > 0)
    assert np.diff(angle).max() < 2 * np.pi / 50
    assert radius[0] > prepared.chosen.plan.radius_start_mm > radius[-1] > disc.label_radius_mm
    assert shop.look().points == ()
