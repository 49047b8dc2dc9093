"""A cut on a real machine, as far as a computer without one can tell: all above the registers is what would run."""

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import soundfile

from appliance.compose.machines import workshop
from appliance.compose.real.shop import look_over
from appliance.compose.real.site import Site, tidy_up
from appliance.compose.shop import GROOVE, PICTURE, POINTS_A_TURN, SOUND, Bench, Keeping
from appliance.cut import Quiet, Request, carry_out, prepare
from appliance.errors import CutFaultError, MachineRefusesError, OptionError
from appliance.interlock.firmware import build_of, files
from appliance.machine import FRAME_RATE_HZ, load_machine
from appliance.native import ffi, lib
from tests.compose.real_rig import OFF_S, Machine
from tests.pi.boards import board

MASK = 'proc/device-tree/soc/dma-controller@7e007000/brcm,dma-channel-mask'


@pytest.fixture(scope='module')
def prepared(tmp_path_factory, disc):
    folder = tmp_path_factory.mktemp('take')
    soundfile.write(folder / 'a.wav', 0.2 * np.sin(np.arange(24_000) / 9), 16000)
    return prepare(Request(folder / 'a.wav', disc, load_machine('real')), folder, Quiet())


GROOVE_BEGUN = 0.1  # of the whole cut: the head is down and the letter not yet begun


class Watching:
    """Notes what is seen at each look; does something once the cut has come to `part`."""

    def __init__(self, shop, part=2.0, deed=None):
        self.seen, self._shop, self._part, self._deed = [], shop, part, deed

    def stage(self, name):
        pass

    def part(self, done):
        self.seen.append(self._shop.look())
        if done >= self._part and self._deed:
            deed, self._deed = self._deed, None
            deed()


class Unprivileged:
    """The core, to which the kernel gives nothing."""

    def __getattr__(self, name):
        return getattr(lib, name)

    def engine_go_realtime(self):
        return ffi.new('char[]', b'the feeder gets no real-time priority (CAP_SYS_NICE)')


def begun(tmp_path, disc, carriage_mm=None, **how):
    real = Machine(tmp_path, carriage_mm=carriage_mm)
    folder = tmp_path / 'out'
    folder.mkdir()
    return real, real.shop(disc, folder, **how)


def test_a_letter_is_cut_from_home_to_report(tmp_path, prepared, disc):
    """From where somebody has pushed it, the carriage goes home first; every step of the score is given out."""
    real, shop = begun(tmp_path, disc, 128.6, results=True)
    folder = shop.scratch
    seen = []
    real.beside = lambda: seen.append(shop.look())
    report = carry_out(prepared, shop, Quiet())
    real.assert_still()
    assert report['foretold'] == ['groove', 'picture', 'sound', 'measurements']
    assert (report['machine'], report['underruns']) == ('real', 0)
    assert report['frames'] == prepared.timeline.score.frames
    assert report['steps']['platter'] == prepared.timeline.platter_steps == real.rises(real.machine.pins.platter_step)
    assert all((folder / name).exists() for name in (GROOVE, PICTURE, SOUND))
    assert real.belief.parked
    assert real.carriage.at_home
    assert not real.pi.faults()
    points = [point for look in seen for point in look.points]
    marks = prepared.timeline.score.marks
    turns = (marks.head_up_frame - marks.head_down_frame) / FRAME_RATE_HZ * report['speed_rpm'] / 60
    assert len(points) == pytest.approx(turns * POINTS_A_TURN, rel=0.02), 'all of the groove was seen'
    assert [angle for angle, _ in points] == sorted(angle for angle, _ in points)
    assert all(disc.label_radius_mm < radius < disc.diameter_mm / 2 for _, radius in points)
    assert not list(real.run.glob('*')), 'no record of memory is left'


@pytest.mark.parametrize(('stands_mm', 'least', 'most'), [(None, 1, 1), (129.0, 4, 99)], ids=['home', 'pushed'])
def test_a_carriage_is_homed_again_only_if_its_switch_does_not_agree(tmp_path, prepared, disc, stands_mm, least, most):
    """Each movement of its way home has power once, and so has the cut."""
    real, shop = begun(tmp_path, disc, stands_mm)
    real.belief.stands_mm = real.machine.carriage.park_radius_mm
    with pytest.raises(CutFaultError):
        shop.cut(prepared.timeline, prepared.facts, Watching(shop, 0.01, lambda: shop.stop('seen enough')))
    powered = [power for _, power, _ in real.switched]
    assert least <= sum(now and not before for before, now in pairwise([False, *powered])) <= most


@pytest.mark.parametrize(('deed', 'key', 'stopped'), [
    (lambda real, shop: real.logic.set(lid=0), 'lid', True),
    (lambda real, shop: real.logic.set(stop_closed=0, stop_open=1), 'stop', True),
    (lambda real, shop: shop.stop('that will do'), 'visitor', True),
    (lambda real, shop: setattr(real, 'cable_cut', True), 'interlock', False),
    (lambda real, shop: real.logic.set(head_adc=6000), 'hot', False),
    (lambda real, shop: real.turns.hold(10.0), 'stall', False),
], ids=['lid', 'stop', 'visitor', 'cable', 'hot', 'held'])  # fmt: skip
def test_whatever_comes_between_ends_it_with_power_off_and_head_up(tmp_path, prepared, disc, deed, key, stopped):
    real, shop = begun(tmp_path, disc)
    with pytest.raises(CutFaultError) as caught:
        shop.cut(prepared.timeline, prepared.facts, Watching(shop, GROOVE_BEGUN, lambda: deed(real, shop)))
    assert (caught.value.key, shop.stopped) == (key, stopped)
    real.assert_still()
    assert not real.belief.parked, 'the next cut goes home first'


@pytest.mark.parametrize('is_old', [True, False])
def test_an_interlock_with_another_firmware_is_told_in_the_log_and_cuts(tmp_path, prepared, disc, caplog, is_old):
    real, shop = begun(tmp_path, disc)
    here = build_of(files(shop._machine, 'here'))
    real.logic.guard.build = 7 if is_old else here
    with pytest.raises(CutFaultError):
        shop.cut(prepared.timeline, prepared.facts, Watching(shop, 0.01, lambda: shop.stop('it cuts')))
    assert (f'firmware 000007, which is not that of this machine file ({here:06d})' in caplog.text) is is_old


def test_a_supervisor_that_lives_no_more_takes_the_power_with_it(tmp_path, prepared, disc):
    living, died_s = [True], []

    def dies():
        living[0] = False
        died_s.append(real.now_s())

    real, shop = begun(tmp_path, disc, alive_s=lambda: float(living[0]))
    with pytest.raises(CutFaultError):
        shop.cut(prepared.timeline, prepared.facts, Watching(shop, GROOVE_BEGUN, dies))
    assert real.off_after_s(died_s[0]) <= OFF_S
    assert not shop.stopped
    real.assert_still()


def test_what_is_not_well_before_it_begins_is_refused_and_nothing_moves(tmp_path, prepared, disc):
    real, shop = begun(tmp_path, disc)
    real.logic.set(lid=0)
    with pytest.raises(MachineRefusesError, match='lid is open') as caught:
        shop.cut(prepared.timeline, prepared.facts, Quiet())
    assert caught.value.key == 'lid'
    assert not real.edges
    real.assert_still()


def test_faults_are_no_play(tmp_path, disc):
    _, shop = begun(tmp_path, disc)
    with pytest.raises(OptionError, match='no stall at will'):
        shop.inject('stall')


def test_a_machine_is_looked_over_without_a_movement(tmp_path):
    real = Machine(tmp_path)
    said = look_over(real.machine, real.site)
    assert said.startswith('Raspberry Pi 3 Model B')
    assert 'nothing was moved' in said
    assert 'interlock with firmware 000000, which is not that of this machine file' in said
    assert not real.edges
    assert not any(power for _, power, _ in real.switched)


def test_what_could_spoil_a_cut_later_is_in_the_log(tmp_path, prepared, disc, caplog, monkeypatch):
    """A DMA channel that the kernel may take, and no real-time priority."""
    monkeypatch.setattr('appliance.lathe.engine.lib', Unprivileged())
    real, shop = begun(tmp_path, disc)
    (real.root / MASK).write_bytes(b'\0\0\x7f\x35')
    real.realtime, real.belief.stands_mm = True, real.machine.carriage.park_radius_mm
    shop = real.shop(disc, tmp_path / 'out')
    with pytest.raises(CutFaultError):
        shop.cut(prepared.timeline, prepared.facts, Watching(shop, 0.0, lambda: shop.stop('seen enough')))
    assert 'not withheld' in caplog.text
    assert 'no real-time priority' in caplog.text


def test_a_computer_that_cannot_is_refused_before_anything_is_prepared(tmp_path, disc):
    machine = load_machine('real')

    def refused(site, lathe=machine):
        with pytest.raises(MachineRefusesError) as caught:
            workshop(lathe, disc, tmp_path, Keeping(), Bench(site=site))
        return caught.value.line

    assert 'no Raspberry Pi' in refused(None)
    assert "set it to 'bcm2711'" in refused(Site(board(tmp_path / 'four', '4')))
    assert 'RP1' in refused(Site(board(tmp_path / 'five', '5')))


def test_a_machine_without_an_interlock_gets_no_power(tmp_path, prepared, disc):
    real = Machine(tmp_path)
    bare = replace(real.machine, interlock=None)
    with pytest.raises(MachineRefusesError, match='nothing else may switch its power'):
        workshop(bare, disc, tmp_path, Keeping(), Bench(site=real.site)).cut(prepared.timeline, {}, Quiet())
    assert not Path(real.run / 'chain.json').exists()


@pytest.mark.parametrize(
    ('found', 'words'),
    [
        (True, ['a cutter that was killed had left its chain behind; it was ended, with power off and head up']),
        (False, []),
        (MachineRefusesError('the DMA channel does not stop', where='DMA', remedy='restart'), ['not known', 'restart']),
    ],
)
def test_what_an_earlier_cut_has_left_is_told_when_the_booth_starts(caplog, found, words):
    def recover(machine, run, root):
        assert machine == load_machine('real')
        if isinstance(found, Exception):
            raise found
        return found

    tidy_up('real', Site(recover=recover))
    assert [word for word in words if word not in caplog.text] == []
    assert len(caplog.records) == bool(words)
