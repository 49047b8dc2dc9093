"""A maintainer's hands on the virtual machine and on a real one without its parts: the same promises, and what the Pi
executed is counted here anew, edge by edge."""

import dataclasses
import itertools
import threading

import numpy as np
import pytest

import appliance.compose.hands as hands_module
from appliance.compose.real.bed import RealBed
from appliance.errors import CutFaultError, MachineRefusesError, OptionError
from appliance.hands.orders import Home, Jog, Moved, ReadPins, Setup, Spin
from appliance.hands.speed import judge
from tests.compose.hands_rig import (
    BRIDGE,
    CARRIAGE_STEP,
    ENABLE,
    FRAME_S,
    LIFT,
    MM_PER_STEP,
    PLATTER_STEP,
    STEPS_PER_TURN,
    RealHands,
    VirtualHands,
)

WITH_ALL = pytest.mark.with_all


@pytest.fixture(params=['virtual', 'real'])
def hands(request, machine, tmp_path):
    return VirtualHands(machine, tmp_path) if request.param == 'virtual' else RealHands(tmp_path)


@pytest.fixture
def homed(hands):
    hands.do(Home, 'carriage')
    return hands


@pytest.mark.parametrize(('by', 'speed'), [(20, 5), (3.33, 0.7), (0.01, 1)])
def test_a_jog_goes_so_far_and_no_faster_and_back(homed, by, speed):
    began = homed.stands_mm
    moved = homed.do(Jog, 'carriage', by, speed)
    pins = homed.pins
    assert pins.inward_steps().sum() * MM_PER_STEP == pytest.approx(by, abs=0.005)
    assert (moved.steps, moved.by) == (len(pins.inward_steps()), pytest.approx(pins.inward_steps().sum() * MM_PER_STEP))
    assert moved.carriage_mm == pytest.approx(130 - by, abs=0.005)
    assert began - homed.stands_mm == pytest.approx(by, abs=0.005)  # where it really stands
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
    hands.push(77.7)
    with pytest.raises(OptionError, match='home it first'):
        hands.do(Jog, 'carriage', 20, 3)
    assert hands.pins is None  # nothing had power
    assert hands.do(Jog, 'carriage', 2, 1).carriage_mm is None
    assert hands.stands_mm == pytest.approx(75.7, abs=0.01)
    home = hands.do(Home, 'carriage')
    assert home.carriage_mm == 130
    assert hands.stands_mm == pytest.approx(130, abs=0.02)
    assert home.by == pytest.approx(75.7 - hands.stands_mm, abs=0.02)
    assert all(said.what == 'carriage: home' for said in hands.said[-5:])
    assert hands.do(Jog, 'carriage', 20, 3).carriage_mm == pytest.approx(110)
    with pytest.raises(OptionError, match='past 130 mm'):
        hands.do(Jog, 'carriage', -21, 3)


def test_every_movement_of_homing_is_safe(hands):
    hands.push(127.3)
    hands.do(Home, 'carriage')
    assert all(pins.safe() for pins in hands.every)
    assert sum(len(pins.rising(ENABLE)) for pins in hands.every) > 5
    gone = sum(pins.inward_steps().sum() for pins in hands.every) * MM_PER_STEP
    assert 127.3 - gone == pytest.approx(130, abs=0.02)


def test_a_switch_that_never_closes_is_named_and_nothing_has_power(hands):
    hands.break_home_switch()
    hands.push(45.0)
    with pytest.raises(MachineRefusesError, match='home switch: did not close within'):
        hands.do(Home, 'carriage')
    assert hands.bed.carriage.stands_mm is None
    assert all(pins.safe() for pins in hands.every)


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
        hands.leave_platter(left_rad)
        hands.do(Home, 'platter')
        off = (hands.platter.angle_rad + np.pi) % (2 * np.pi) - np.pi
        assert abs(np.degrees(off)) < 4.0  # half of the 7.2 degrees from rest to rest of the motor, and its lag


@pytest.mark.parametrize(('asked', 'true_gear'), [
    (78.26, 1.0), (45.0, 0.985), pytest.param(33.333, 1.0, marks=WITH_ALL), pytest.param(78.26, 1.02, marks=WITH_ALL),
])  # fmt: skip
def test_a_spin_tells_speed_and_gear_by_the_index_alone(hands, asked, true_gear):
    hands.regear(true_gear)
    spun = hands.do(Spin, asked, 10)
    assert spun.turns == 10
    assert spun.rpm == pytest.approx(asked / true_gear, rel=5e-4)
    assert spun.gear == pytest.approx(true_gear, rel=5e-4)
    assert spun.gear_of_file == 1.0
    assert spun.drift_percent < 0.1 + spun.unsure_percent
    assert spun.unsure_percent < 0.6
    assert judge(spun).gear == (None if true_gear == 1.0 else pytest.approx(true_gear, rel=5e-4))
    assert hands.pins.safe()


def test_a_belt_that_is_off_is_a_stall(hands):
    hands.regear(40.0)
    with pytest.raises(CutFaultError, match=r'no index pulse|stands still') as failed:
        hands.do(Spin, 78.26, 10)
    assert failed.value.key == 'stall'
    assert not hands.hand.stopped
    assert hands.pins.safe()


def test_a_platter_that_is_held_is_a_stall(hands):
    hands.meddle = lambda moving: hands.hold_platter()
    with pytest.raises(CutFaultError, match=r'stalled|stands still'):
        hands.do(Jog, 'platter', 100, 60, pace=20.0)
    assert hands.pins.safe()


DEEDS = {
    'stop': (lambda hands: hands.hand.stop('enough', 'visitor'), 'enough', 'visitor'),
    'lid': (lambda hands: hands.open_lid(), 'the lid is open', 'lid'),
    'button': (lambda hands: hands.press_stop(), 'the stop button', 'stop'),
}
MOVES = {'carriage': (Jog, 'carriage', 60, 5), 'platter': (Jog, 'platter', 30, 60), 'home': (Home, 'carriage')}
EACH_ONCE = [('carriage', 'stop'), ('platter', 'lid'), ('home', 'button')]
ALSO = [pytest.param(*pair, marks=WITH_ALL) for pair in itertools.product(MOVES, DEEDS) if pair not in EACH_ONCE]


@pytest.mark.parametrize(('move', 'deed'), [*EACH_ONCE, *ALSO])
def test_whatever_ends_a_movement_leaves_the_head_up_and_power_off(homed, move, deed):
    homed.push(130.0 if move == 'carriage' else 50.0)
    do, words, key = DEEDS[deed]
    looks = []

    def meddle(moving):
        looks.append(moving)
        if len(looks) > 2 or move != 'home':  # which is many short movements: at the first look nothing has moved yet
            do(homed)

    homed.meddle = meddle
    with pytest.raises((CutFaultError, MachineRefusesError), match=words) as failed:  # refused: between two movements
        homed.do(*MOVES[move], pace=50.0)
    assert (failed.value.key, homed.hand.stopped) == (key, True)
    pins = homed.pins
    assert pins.safe()
    assert len(pins.rising(CARRIAGE_STEP)) < 380_000  # of 384 000 for 60 mm
    assert homed.bed.carriage.stands_mm == (130 if move == 'platter' else None)
    if (move, deed) == ('carriage', 'stop'):  # at rest before its power went; the interlock waits for nothing
        off = pins.of(ENABLE)[0][-1]
        last = pins.rising(CARRIAGE_STEP)[-3:]
        assert last[-1] < off
        assert np.diff(last).min() * FRAME_S > 3 * MM_PER_STEP / 5
    homed.meddle = lambda moving: None
    homed.open_lid(False)
    homed.press_stop(False)
    assert homed_again(homed).carriage_mm == 130


def homed_again(hands):
    """The interlock tells every few milliseconds how its contacts are: a hand is slower, and a test is not."""
    while True:
        try:
            return hands.do(Home, 'carriage')
        except MachineRefusesError as error:
            if error.key not in ('stop', 'lid'):
                raise


@pytest.mark.parametrize('deed', ['lid', 'button'])
@pytest.mark.parametrize('move', MOVES)
def test_what_is_open_before_it_begins_is_refused(homed, move, deed):
    DEEDS[deed][0](homed)
    with pytest.raises(MachineRefusesError, match=DEEDS[deed][1]):
        homed.do(*MOVES[move])
    assert homed.pins is None


def test_what_is_stopped_before_it_begins_never_has_power(homed):
    hand = homed.hand_of(Setup())
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


def test_whoever_types_ctrl_c_leaves_no_power(homed):
    def interrupt(moving):
        raise KeyboardInterrupt

    homed.meddle = interrupt
    with pytest.raises(KeyboardInterrupt):
        homed.do(Jog, 'carriage', 60, 5, pace=50.0)
    assert homed.pins.safe()
    assert homed.bed.carriage.stands_mm is None


def test_a_hand_says_where_it_is(homed):
    homed.do(Jog, 'carriage', 60, 5, pace=50.0)
    here = [said.carriage_mm for said in homed.said if said.what == 'carriage: 60 mm inward']
    assert here == sorted(here, reverse=True)
    assert 70 <= here[-1] < here[0] <= 130
    assert threading.active_count() < 20


def test_moved_is_what_it_says(homed):
    assert homed.do(Jog, 'carriage', 1.0, 1.0) == Moved('carriage', 1.0, 129.0, 6400)


def test_pins_are_read_while_nothing_moves(hands):
    levels = hands.do(ReadPins).levels
    assert len(levels) == 54
    assert [levels[gpio] for gpio in (LIFT, BRIDGE, ENABLE)] == [0, 0, 1]
    assert hands.pins is None


def test_a_real_pin_is_read_as_it_is_whoever_drives_it(tmp_path):
    hands = RealHands(tmp_path)
    hands.real.pi.set_input(PLATTER_STEP, 1)
    assert hands.do(ReadPins).levels[PLATTER_STEP] == 1
    hands.real.pi.set_input(PLATTER_STEP, 0)
    assert hands.do(ReadPins).levels[PLATTER_STEP] == 0


def test_a_supervisor_that_lives_no_more_takes_the_power_of_a_movement_with_it(tmp_path):
    hands, living = RealHands(tmp_path), [True]
    hands.bed = RealBed(hands.real.machine, lambda: living[0], hands.real.site)
    hands.meddle = lambda moving: living.clear() or living.append(False)
    with pytest.raises(CutFaultError) as failed:
        hands.do(Jog, 'platter', 100, 60)
    assert failed.value.key == 'interlock'
    assert not hands.hand.stopped
    assert hands.pins.safe()


def test_a_head_that_is_down_before_it_begins_is_refused(tmp_path):
    hands = RealHands(tmp_path)
    hands.real.pi.set_input(LIFT, 1)
    with pytest.raises(MachineRefusesError, match='the head is down'):
        hands.do(Home, 'carriage')


def test_a_real_machine_has_no_faults_at_will(tmp_path):
    hands = RealHands(tmp_path)
    hands.meddle = lambda moving: hands.hand.inject('stall')
    with pytest.raises(OptionError, match='no stall at will'):
        hands.do(Jog, 'platter', 3, 60)
