"""Every combination of inputs, in every state, against a table written by hand from the requirement: power only while
each input is known to be good; of several causes the one that a hand at the machine would name first.
"""

import itertools

import pytest

from appliance.interlock import guard
from appliance.interlock.guard import Guard, Limits, Seen
from appliance.interlock.wire import ABSENT, UNKNOWN, line, parse

# Each input: what it may be, and the cause that it gives; None is good. In the order in which causes are named.
STOP = {'out': (True, True, None), 'pressed': (False, True, guard.STOP), 'wires': (False, False, guard.STOP_WIRES),
        'short': (True, False, guard.STOP_WIRES)}  # fmt: skip
LID = {'closed': (True, None), 'open': (False, guard.LID)}
HEAD = {250: None, 850: guard.HEAD_HOT, UNKNOWN: guard.HEAD_SENSOR}
DRIVER = {250: None, 900: guard.DRIVER_HOT, UNKNOWN: guard.DRIVER_SENSOR}
SUPPLY = {24_000: None, 20_999: guard.SUPPLY_LOW, 27_001: guard.SUPPLY_HIGH, UNKNOWN: guard.SUPPLY_SENSOR}
CURRENT = {750: None, ABSENT: None, 5001: guard.CURRENT_HIGH, UNKNOWN: guard.CURRENT_SENSOR, -5001: guard.CURRENT_HIGH}
RELAY = {'follows': None, 'does not': guard.RELAY}
COMBINATIONS = list(itertools.product(STOP, LID, HEAD, DRIVER, SUPPLY, CURRENT, RELAY))
SETTLED_MS, TURN_MS = 100, 2


class Machine:
    """A guard that was brought into a state, and inputs to be made bad."""

    def __init__(self, state):
        self.guard, self.seen, self.seq = Guard(Limits(800, 850, 21_000, 27_000, 5000), 5, 1), Seen(), 0
        self.relay = 'follows'
        self.inputs('out', 'closed', 250, 250, 24_000, 750)
        self.run(60)
        if state in (guard.ARMED, guard.CUTTING):
            self.say('A', 6400, 2000, 0)
            self.say('P', 250, 0)
            self.run(50, beats=state is guard.CUTTING)
        elif state is guard.TRIPPED:
            self.say('A', 6400, 2000, 0)
            self.say('A', 6400, 2000, 0)
        assert self.guard.state == state

    def inputs(self, stop, lid, *numbers):
        seen = self.seen
        seen.stop_out, seen.stop_agrees, _ = STOP[stop]
        seen.lid_closed, _ = LID[lid]
        seen.head_dc, seen.driver_dc, seen.supply_mv, seen.current_ma = numbers

    def say(self, kind, *numbers):
        self.seq += 1
        self.guard.hear(*parse(line(kind, 5, self.seq, *numbers)[:-1]))

    def run(self, ms, beats=False):
        for _ in range(ms // TURN_MS):
            self.seen.relay_closed = self.guard.power is (self.relay == 'follows')
            self.seen.beats = int(beats)
            self.guard.step(TURN_MS, self.seen)


def expected(combination):
    """The first cause in the order of the tables; None: all is well."""
    stop, lid, head, driver, supply, current, relay = combination
    causes = (STOP[stop][2], LID[lid][1], HEAD[head], DRIVER[driver], SUPPLY[supply], CURRENT[current], RELAY[relay])
    return next((cause for cause in causes if cause is not None), None)


@pytest.mark.parametrize('state', [guard.SAFE, guard.ARMED, guard.CUTTING, guard.TRIPPED])
def test_every_combination_of_inputs_in_every_state(state):
    for combination in COMBINATIONS:
        machine = Machine(state)
        *inputs, machine.relay = combination
        machine.inputs(*inputs)
        cause, powered = expected(combination), state in (guard.ARMED, guard.CUTTING)
        machine.run(SETTLED_MS, beats=state == guard.CUTTING)
        assert machine.guard.power is (powered and cause is None), combination
        assert machine.guard.head is (state == guard.CUTTING and cause is None), combination
        if powered and cause is not None:
            assert (machine.guard.state, machine.guard.cause) == (guard.TRIPPED, cause), combination
        if state == guard.SAFE:
            assert machine.guard.cause == (cause or guard.WELL), combination
            machine.say('A', 6400, 2000, 0)
            assert machine.guard.power is (cause is None), combination
        if state == guard.TRIPPED:
            machine.say('R', machine.guard.trips)
            assert (machine.guard.state == guard.SAFE) is (cause is None), combination


def test_a_bad_input_takes_the_power_within_six_milliseconds():
    """But for the relay itself, whose contacts need time to follow, and a current that may be high for a while."""
    for combination in COMBINATIONS:
        if expected(combination) in (None, guard.RELAY, guard.CURRENT_HIGH):
            continue
        machine = Machine(guard.CUTTING)
        machine.inputs(*combination[:-1])
        machine.run(6, beats=True)
        assert not machine.guard.power, combination


@pytest.mark.parametrize(('said', 'allowed'), [
    (('A', 0, 2500, 0), False), (('A', 6400, 0, 0), False), (('A', -1, 2500, 0), False), (('A', 6400), False),
    (('A', 100_000_000, 2500, 0), False), (('A', 6400, 100_000_000, 0), False), (('A', 6400, 2500, -1), False),
    (('A', 6400, 2500, 100_000_000), False), (('A', 6400, 2500, 0), True), (('A', 6400, 2500, 300), True),
    (('Q', 1), False), (('A', 6400, 2500), False), (('A', 6400, 2500, 0, 1), False),
])  # fmt: skip
def test_only_an_order_that_makes_sense_arms(said, allowed):
    machine = Machine(guard.SAFE)
    machine.say(*said)
    assert machine.guard.power is allowed


def test_nothing_that_is_said_arms_a_machine_that_tripped():
    for kind, numbers in (('A', (6400, 2500, 0)), ('P', (250, 0)), ('O', ()), ('R', (0,)), ('R', (2,))):
        machine = Machine(guard.TRIPPED)
        machine.run(100)
        machine.say(kind, *numbers)
        assert machine.guard.state == guard.TRIPPED, kind


def test_one_good_look_after_a_long_pause_arms_nothing():
    machine = Machine(guard.SAFE)
    machine.inputs('out', 'open', 250, 250, 24_000, 750)
    machine.run(10)
    machine.inputs('out', 'closed', 250, 250, 24_000, 750)
    machine.guard.step(1000, machine.seen)
    machine.say('A', 6400, 2500, 0)
    assert not machine.guard.power
    machine.run(10)
    machine.say('A', 6400, 2500, 0)
    assert machine.guard.power
