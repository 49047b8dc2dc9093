"""A maintainer's hands on the virtual machine: what its Pi executed is counted here anew, edge by edge."""

import dataclasses
import threading

import numpy as np
import pytest

import appliance.compose.hands as hands_module
from appliance.clock import SteppedClock
from appliance.compose.bed import VirtualBed
from appliance.compose.hands import VirtualHand
from appliance.errors import CutFaultError, MachineRefusesError, OptionError
from appliance.hands.orders import Home, Jog, Moved, Setup, Spin
from appliance.virtual.carriage import VirtualCarriage
from appliance.virtual.interlock import VirtualInterlock

# As virtual.toml wires them.
ENABLE, BRIDGE, LIFT = 5, 17, 16
PLATTER_STEP, CARRIAGE_STEP, CARRIAGE_DIR = 22, 26, 27
MM_PER_STEP, STEPS_PER_TURN = 0.5 / (200 * 16), 200 * 32
FRAME_S = 5e-6


class Pins:
    """A trace, read by somebody who knows nothing of how it was made."""

    def __init__(self, path):
        with np.load(path) as trace:
            self.frame, self.gpio, self.level = trace['edge_frame'], trace['edge_gpio'], trace['edge_level']
            self.initial, self.frames = trace['initial_levels'], len(trace['pwm'])
            legs = trace['pwm'].astype(int) @ (1, -1)
            self.still = abs(legs).max() < 40 and abs(legs.mean()) < 0.1  # of 625 clocks: dither, and no sound

    def of(self, gpio):
        mine = self.gpio == gpio
        return self.frame[mine], self.level[mine]

    def last(self, gpio):
        _, level = self.of(gpio)
        return level[-1] if len(level) else self.initial[gpio]

    def rising(self, gpio):
        frame, level = self.of(gpio)
        return frame[level == 1]

    def inward_steps(self):
        """The carriage's, in order; +1 or -1 each."""
        turned, level = self.of(CARRIAGE_DIR)
        steps = self.rising(CARRIAGE_STEP)
        now = np.searchsorted(turned, steps, side='right') - 1
        high = np.where(now < 0, self.initial[CARRIAGE_DIR], level[np.maximum(now, 0)] if len(level) else 0)
        return np.where(high == 1, 1, -1)

    def safe(self):
        """Head up all the time, bridge never on, no sound; at the end no power."""
        down, on = self.of(LIFT)[1], self.of(BRIDGE)[1]
        never = self.initial[LIFT] == 0 and not down.any() and not on.any() and self.still
        return never and self.last(ENABLE) == 1

    def top_speed(self, gpio):
        """Steps a second, over the closest eleven."""
        steps = self.rising(gpio)
        return 10 / ((steps[10:] - steps[:-10]).min() * FRAME_S)


class Hands:
    """Orders carried out one after the other on one machine."""

    def __init__(self, machine, folder):
        self.bed, self.interlock, self.folder = VirtualBed(machine), VirtualInterlock(), folder
        self.said, self.hand, self.meddle, self.runs = [], None, lambda moving: None, 0

    def tell(self, moving):
        self.said.append(moving)
        self.meddle(moving)

    def do(self, make, *what, pace=None):
        self.runs += 1
        trace = self.folder / f'{self.runs}.npz'
        setup = Setup(pace=pace, trace=trace)
        self.hand = VirtualHand(self.bed, self.interlock, self.tell, setup, SteppedClock())
        try:
            return self.hand.carry_out(make(setup, *what))
        finally:
            self.pins = Pins(trace) if trace.exists() else None


@pytest.fixture
def hands(machine, tmp_path):
    return Hands(machine, tmp_path)


@pytest.fixture
def homed(hands):
    hands.do(Home, 'carriage')
    return hands


@pytest.mark.parametrize(('by', 'speed'), [(20, 5), (3.33, 0.7), (0.01, 1)])
def test_a_jog_goes_so_far_and_no_faster_and_back(homed, by, speed):
    began = homed.bed.carriage.radius_mm
    moved = homed.do(Jog, 'carriage', by, speed)
    pins = homed.pins
    assert pins.inward_steps().sum() * MM_PER_STEP == pytest.approx(by, abs=0.005)
    assert (moved.steps, moved.by) == (len(pins.inward_steps()), pytest.approx(pins.inward_steps().sum() * MM_PER_STEP))
    assert moved.carriage_mm == pytest.approx(130 - by, abs=0.005)
    assert began - homed.bed.carriage.radius_mm == pytest.approx(by, abs=0.005)  # where it really stands
    assert by < 1 or pins.top_speed(CARRIAGE_STEP) * MM_PER_STEP == pytest.approx(speed, rel=0.01)
    assert pins.safe()
    assert len(pins.rising(PLATTER_STEP)) == 0
    back = homed.do(Jog, 'carriage', -by, speed)
    assert homed.pins.inward_steps().sum() * MM_PER_STEP == pytest.approx(-by, abs=0.005)
    assert back.carriage_mm == pytest.approx(130)


def test_acceleration_stays_within_the_machine_files(homed):
    homed.do(Jog, 'carriage', 20, 5)
    frames = homed.pins.rising(CARRIAGE_STEP)
    at_s, mm = frames * FRAME_S, np.arange(len(frames)) * MM_PER_STEP
    every = np.arange(at_s[0], at_s[-1], 0.01)
    accel = np.diff(np.interp(every, at_s, mm), 2) / 0.01**2
    assert 30 < np.abs(accel).max() < 41  # max_accel_mm_s2 is 40


def test_a_carriage_of_which_nobody_knows_where_it_is_goes_slowly_and_not_far_until_it_is_homed(hands):
    hands.bed.carriage.radius_mm = 77.7
    with pytest.raises(OptionError, match='home it first'):
        hands.do(Jog, 'carriage', 20, 3)
    assert hands.pins is None  # nothing had power
    assert hands.do(Jog, 'carriage', 2, 1).carriage_mm is None
    assert hands.bed.carriage.radius_mm == pytest.approx(75.7, abs=0.01)
    home = hands.do(Home, 'carriage')
    assert home.carriage_mm == 130
    assert hands.bed.carriage.radius_mm == pytest.approx(130, abs=0.02)
    assert home.by == pytest.approx(75.7 - hands.bed.carriage.radius_mm, abs=0.02)
    assert all(said.what == 'carriage: home' for said in hands.said[-5:])
    assert hands.do(Jog, 'carriage', 20, 3).carriage_mm == pytest.approx(110)
    with pytest.raises(OptionError, match='past 130 mm'):
        hands.do(Jog, 'carriage', -21, 3)


def test_every_movement_of_homing_is_safe(hands, tmp_path):
    hands.bed.carriage.radius_mm = 127.3
    hands.do(Home, 'carriage')
    traces = [Pins(path) for path in tmp_path.glob('*.npz')]
    assert len(traces) > 5
    assert all(pins.safe() for pins in traces)
    gone = sum(pins.inward_steps().sum() for pins in traces) * MM_PER_STEP
    assert 127.3 - gone == pytest.approx(130, abs=0.02)


def test_a_switch_that_never_closes_is_named_and_nothing_has_power(hands, tmp_path):
    class Broken(VirtualCarriage):
        at_home = False

    hands.bed.carriage = Broken(hands.bed.machine)
    hands.bed.carriage.radius_mm = 45.0
    with pytest.raises(MachineRefusesError, match='home switch: did not close within'):
        hands.do(Home, 'carriage')
    assert hands.bed.carriage.stands_mm is None
    assert all(Pins(path).safe() for path in tmp_path.glob('*.npz'))


@pytest.mark.parametrize(('turns', 'rpm'), [(3, 78.26), (0.5, 10), (1, 90)])
def test_the_platter_turns_so_often(hands, turns, rpm):
    moved = hands.do(Jog, 'platter', turns, rpm)
    assert len(hands.pins.rising(PLATTER_STEP)) == moved.steps
    assert moved.steps / STEPS_PER_TURN == moved.by == pytest.approx(turns, abs=0.01)
    assert hands.pins.top_speed(PLATTER_STEP) / STEPS_PER_TURN * 60 <= rpm * 1.01
    assert hands.pins.safe()
    assert len(hands.pins.rising(CARRIAGE_STEP)) == 0


def test_the_platter_finds_its_index_from_anywhere(hands):
    for left_rad in (0.1, 3.0, 6.2):
        hands.bed.platter.angle_rad = left_rad
        hands.do(Home, 'platter')
        off = (hands.bed.platter.angle_rad + np.pi) % (2 * np.pi) - np.pi
        assert abs(np.degrees(off)) < 4.0  # half of the 7.2 degrees from rest to rest of the motor, and its lag


@pytest.mark.parametrize(('asked', 'true_gear'), [(78.26, 1.0), (33.333, 1.0), (78.26, 1.02), (45.0, 0.985)])
def test_a_spin_tells_speed_and_gear_by_the_index_alone(hands, asked, true_gear):
    hands.bed.platter.regear(true_gear)
    spun = hands.do(Spin, asked, 10)
    assert spun.turns == 10
    assert spun.rpm == pytest.approx(asked / true_gear, rel=2e-4)
    assert spun.gear == pytest.approx(true_gear, rel=5e-4)
    assert spun.gear_of_file == 1.0
    assert spun.drift_percent < 0.1
    assert hands.pins.safe()


def test_a_belt_that_is_off_is_a_stall(hands):
    hands.bed.platter.regear(40.0)
    with pytest.raises(CutFaultError, match='no index pulse') as failed:
        hands.do(Spin, 78.26, 10)
    assert failed.value.key == 'stall'
    assert not hands.hand.stopped
    assert hands.pins.safe()


def test_a_platter_that_is_held_is_a_stall(hands):
    hands.meddle = lambda moving: hands.hand.inject('stall')
    with pytest.raises(CutFaultError, match='stalled'):
        hands.do(Jog, 'platter', 100, 60, pace=20.0)
    assert hands.pins.safe()


DEEDS = {
    'stop': (lambda hands: hands.hand.stop('enough', 'visitor'), 'enough', 'visitor'),
    'lid': (lambda hands: setattr(hands.interlock, 'lid_closed', False), 'the lid is open', 'lid'),
    'button': (lambda hands: setattr(hands.interlock, 'stop_pressed', True), 'the stop button', 'stop'),
}
MOVES = {'carriage': (Jog, 'carriage', 60, 5), 'platter': (Jog, 'platter', 30, 60), 'home': (Home, 'carriage')}


@pytest.mark.parametrize('deed', DEEDS)
@pytest.mark.parametrize('move', MOVES)
def test_whatever_ends_a_movement_ramps_it_down_head_up_and_power_off(homed, tmp_path, move, deed):
    homed.bed.carriage.radius_mm = 130.0 if move == 'carriage' else 50.0
    do, words, key = DEEDS[deed]
    homed.meddle = lambda moving: do(homed)
    with pytest.raises(CutFaultError, match=words) as failed:
        homed.do(*MOVES[move], pace=50.0)
    assert (failed.value.key, homed.hand.stopped) == (key, True)
    pins = homed.pins
    assert pins.safe()
    assert len(pins.rising(CARRIAGE_STEP)) < 380_000  # of 384 000 for 60 mm
    assert homed.bed.carriage.stands_mm == (130 if move == 'platter' else None)
    if move == 'carriage':  # it came to rest before its power went
        off = pins.of(ENABLE)[0][-1]
        last = pins.rising(CARRIAGE_STEP)[-3:]
        assert last[-1] < off
        assert np.diff(last).min() * FRAME_S > 3 * MM_PER_STEP / 5
    homed.meddle = lambda moving: None
    homed.interlock.lid_closed, homed.interlock.stop_pressed = True, False
    assert homed.do(Home, 'carriage').carriage_mm == 130


@pytest.mark.parametrize('deed', ['lid', 'button'])
@pytest.mark.parametrize('move', MOVES)
def test_what_is_open_before_it_begins_is_refused(homed, move, deed):
    DEEDS[deed][0](homed)
    with pytest.raises(MachineRefusesError, match=DEEDS[deed][1]):
        homed.do(*MOVES[move])
    assert homed.pins is None


def test_what_is_stopped_before_it_begins_never_has_power(homed):
    hand = VirtualHand(homed.bed, homed.interlock, homed.tell, Setup())
    hand.stop('never mind')
    with pytest.raises(CutFaultError, match='never mind'):
        hand.carry_out(Jog(Setup(), 'carriage', 1, 1))
    assert homed.bed.carriage.stands_mm == 130


@pytest.mark.parametrize(('gpio', 'words'), [(16, 'the head went down'), (17, 'the head driver was on')])
def test_a_head_that_goes_down_in_a_jog_is_a_fault_whoever_planned_it(homed, monkeypatch, gpio, words):
    """The pins that were executed are asked: here a score that lies."""
    planned = hands_module.jog

    def lying(*asked):
        score = planned(*asked)
        more = np.array([(30_000, 1 << gpio, 0)], score.events.dtype)
        return dataclasses.replace(score, events=np.sort(np.concatenate([score.events, more]), order='frame'))

    monkeypatch.setattr(hands_module, 'jog', lying)
    with pytest.raises(CutFaultError, match=words):
        homed.do(Jog, 'carriage', 5, 5)


def test_a_real_machine_is_not_moved_in_virtue(machine, tmp_path):
    real = dataclasses.replace(machine, machine=dataclasses.replace(machine.machine, kind='real'))
    with pytest.raises(MachineRefusesError, match='a real machine cannot be moved by hand'):
        Hands(real, tmp_path).do(Home, 'carriage')


def test_a_hand_says_where_it_is(homed):
    homed.do(Jog, 'carriage', 60, 5, pace=50.0)
    here = [said.carriage_mm for said in homed.said if said.what == 'carriage: 60 mm inward']
    assert here == sorted(here, reverse=True)
    assert 70 <= here[-1] < here[0] <= 130
    assert threading.active_count() < 20


def test_moved_is_what_it_says(homed):
    assert homed.do(Jog, 'carriage', 1.0, 1.0) == Moved('carriage', 1.0, 129.0, 6400)
