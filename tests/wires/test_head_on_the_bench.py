"""The head of the machine on the bench: which way its stylus goes, how warm it gets, and how far it may be pushed."""

import dataclasses

import pytest

from appliance.compose.doctor.bench import virtual_bench
from appliance.compose.doctor.people import Eye
from appliance.compose.doctor.powerup import done
from appliance.compose.doctor.scores import PUSH_S, PUSHES, push_level
from appliance.interlock.sensors import thermistor_dc
from appliance.machine import load_machine
from appliance.virtual.harness import Break
from appliance.virtual.harness.head import FINGER_C, ROOM_C, Warmth, thermistor_raw
from appliance.words.powerup import STEPS
from tests.wires.test_power_up import real_bench

MACHINE = load_machine()
STEP = {step.name: step for step in STEPS}


def wrong(found):
    return [one for one in found.found if one.ok is False]


def test_exchanged_legs_are_told_by_the_way_of_the_stylus_alone():
    (one,) = wrong(done(virtual_bench(MACHINE, (Break('pins.leg_a', 'swap'),)), STEP['head']))
    assert set(one.wires) == {'pins.leg_a', 'pins.leg_b'}
    assert 'exchange the two legs, or the two wires at the head' in one.remedy


def test_exchanged_thermistors_are_told_by_the_hand_that_holds_one():
    (one,) = wrong(done(virtual_bench(MACHINE, (Break('interlock.head_adc', 'swap'),)), STEP['interlock']))
    assert set(one.wires) == {'interlock.head_adc', 'interlock.driver_adc'}
    assert one.saw == 'the thermistor of the head held: head +0.0 C, drivers +2.0 C'
    assert one.remedy == 'exchange the two'


def test_a_real_machine_is_pushed_outward_by_leg_a(tmp_path):
    """Nothing of its program takes the other leg for it: A is above B in the mean while it is pushed."""
    real, bench = real_bench(tmp_path, Yes())
    assert done(bench, STEP['head']).ok
    means = [mean for most, mean in real.swing if most]
    assert max(means) > 0.9 * push_level(real.machine) * real.machine.pwm.range
    assert min(means) > -0.2 * max(means), 'the sweep alone goes both ways'
    real.assert_still()


class Yes:
    """Sees all that it should."""

    is_there = True

    def prepares(self, step):
        pass

    def looks(self):
        pass

    def sees(self, eye):
        return True

    def works(self, contact, poll):
        return True

    def warms(self, poll):
        return False

    def forget(self):
        pass


def test_a_hand_that_never_comes_is_told(tmp_path):
    _, bench = real_bench(tmp_path, Yes())
    found = done(bench, STEP['interlock'])
    (one,) = [one for one in wrong(found) if 'thermistor' in one.saw]
    assert one.wires == ('interlock.head_adc',)
    assert 'is it on the head?' in one.remedy


@pytest.mark.parametrize(('head', 'limit'), [
    ({}, 'travel'), ({'max_heat_w': 0.2}, 'heat'), ({'max_heat_w': 0.2, 'heat_time_s': 0.5}, 'heat'),
    ({'max_current_a': 0.5}, 'current'), ({'f0_hz': 60.0, 'mass_kg': 5e-3}, 'travel'),
])  # fmt: skip
def test_a_push_stays_within_half_of_what_the_head_may(head, limit):
    machine = dataclasses.replace(MACHINE, head=dataclasses.replace(MACHINE.head, **head))
    told, head = push_level(machine), machine.head
    current_a = told * machine.bridge.supply_v / head.r_ohm
    stiffness = head.mass_kg * (2 * 3.14159265 * head.f0_hz) ** 2
    shares = {
        'travel': 1e6 * head.bl_n_per_a * current_a / stiffness / head.max_travel_um,
        'current': current_a / head.max_current_a,
        'heat': current_a**2 * head.r_ohm * min(PUSHES * PUSH_S, head.heat_time_s) / head.heat_time_s / head.max_heat_w,
    }
    assert max(shares.values()) <= 0.5 + 1e-6
    assert shares[limit] == pytest.approx(0.5, abs=0.02)


def test_a_thermistor_reads_back_as_warm_as_it_is():
    interlock = MACHINE.interlock
    values = interlock.thermistor_pull_up_ohm, interlock.thermistor_ohm, interlock.thermistor_beta_k
    for celsius in (-10.0, ROOM_C, FINGER_C, 80.0):
        assert thermistor_dc(thermistor_raw(celsius, interlock), *values) == pytest.approx(10 * celsius, abs=1)


def test_what_warms_a_head_warms_it_whatever_the_steps():
    once, often = Warmth(), Warmth()
    once.pass_s(3.0, 2.0, held=True)
    for _ in range(300):
        often.pass_s(0.01, 2.0, held=True)
    assert once.celsius == pytest.approx(often.celsius, abs=1e-6)
    once.pass_s(1e6, 0.0, held=False)
    assert once.celsius == pytest.approx(ROOM_C)


def test_a_head_without_power_does_not_move():
    bench = virtual_bench(MACHINE, (Break('interlock.relay', 'open'),))
    done(bench, STEP['head'])
    assert not bench.maker.sees(Eye.HEAD_SOUNDED)
    assert not bench.maker.sees(Eye.STYLUS_OUTWARD)
