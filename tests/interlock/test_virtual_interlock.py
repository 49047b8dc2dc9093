"""The booth's own interlock: the table of the firmware, played on it to the byte; calm turns are turns; what its relay
lets through."""

from dataclasses import replace

import numpy as np
import pytest
from play_vectors import Play, scenarios
from test_vectors import Logic

from appliance.interlock.guard import CUTTING, Guard, Limits
from appliance.virtual.interlock import VirtualInterlock
from appliance.virtual.power.quick import QuickGuard
from appliance.virtual.power.relay import Let, Relay
from tests.virtual.cuts import LEVELS, MACHINE, PINS, blocks

SCENARIOS = scenarios()
SHUNT = {'shunt': 1000}  # as the bench of the firmware has it


class Hand:
    """The Pico of a virtual interlock, worked turn by turn."""

    def __init__(self):
        self.interlock = VirtualInterlock()
        self.pico = self.interlock.pico
        self.pico.set(supply_adc=43330, head_adc=32767, driver_adc=32767, **SHUNT)
        self.session = self.pico.session

    def set(self, **inputs):
        self.pico.set(**inputs)

    def hear(self, data):
        self.pico.hear(data)

    def turn(self, ms, beats, steps, turns, relay_contact):
        self.pico.contact = bool(relay_contact)
        self.pico.turn(ms, beats, steps, turns)
        return self.pico.power, self.pico.head

    def seen(self):
        guard = self.pico.guard
        return guard.state, guard.cause, guard.trips


class Both:
    """The same turns on the firmware's logic."""

    def __init__(self):
        self.hand, self.logic = Hand(), Logic()
        self.session = self.hand.session

    def set(self, **inputs):
        self.hand.set(**inputs)
        self.logic.set(**inputs)

    def hear(self, data):
        self.hand.hear(data)
        self.logic.hear(data)

    def turn(self, **order):
        driven = self.hand.turn(**order)
        assert driven == self.logic.turn(**order)
        return driven

    def seen(self):
        return self.hand.seen()


@pytest.mark.parametrize('name', SCENARIOS)
def test_it_does_what_the_table_says_to_the_byte(name):
    both = Both()
    Play(both).play(SCENARIOS[name])
    assert both.hand.pico.said == both.logic.wrote


def cutting(kind, step_ms):
    """A guard in the middle of a cut, and what it sees."""
    logic = Logic()
    seen = logic._seen
    guard = kind(Limits(800, 850, 21_000, 27_000, 5000), 77, 0)
    order = {'ms': 2, 'beats': 1, 'steps': 16, 'turns': 0, 'relay_contact': 0}
    for number in range(70):
        logic.order = order | {'relay_contact': int(guard.power)}
        logic.look(seen)
        if number == 40:
            guard.hear('A', (77, 1, 6400, 2500, step_ms))
        if number == 45:
            guard.hear('P', (77, 2, 250, 0))
        guard.step(2, seen)
    assert guard.state == CUTTING
    return guard, seen


def state(guard):
    return {name: value for name, value in vars(guard).items() if name != 'limits'}


@pytest.mark.parametrize('seed', range(40))
def test_calm_turns_leave_it_as_steps_do(seed):
    """Random counts, some of which a cut has and some of which end it."""
    dice = np.random.default_rng(seed)
    beats = dice.choice([0, 1, 1, 1, 1, 2] if seed % 2 else [0, 0, 0, 1], 130)
    steps = dice.integers(0, 60 if seed % 3 else 200, 130)
    steps[seed : seed + seed % 4 * 10] = 0
    step_ms = 0 if seed % 5 == 0 else 20
    counts = [(int(b), int(s), int(dice.random() < 0.01)) for b, s in zip(beats, steps, strict=True)]
    quick, _ = cutting(QuickGuard, step_ms)
    plain, seen = cutting(Guard, step_ms)
    at = 0
    while at < len(counts):
        then = quick.calm(2, counts, at, len(counts))
        for seen.beats, seen.steps, seen.turns in counts[at:then]:
            seen.relay_closed = plain.power
            plain.step(2, seen)
        assert state(quick) == state(plain), f'after calm turns {at} to {then}'
        if then < len(counts):
            seen.beats, seen.steps, seen.turns = counts[then]
            seen.relay_closed = plain.power
            plain.step(2, seen)
            quick.step(2, seen)
            then += 1
        at = then


def through(edges, lets, cuts=()):
    relay = Relay(MACHINE, LEVELS)
    for let in lets:
        relay.let(let)
    found = []
    for block in blocks(edges, np.zeros((1000, 2), np.uint16), cuts):
        shown = relay.shows(block)
        relay.take(block)
        rows = (shown.edge_frame.tolist(), shown.edge_gpio.tolist(), shown.edge_level.tolist())
        found += zip(*rows, strict=True)
    return found


ON = [(100, PINS.enable, 0), (110, PINS.bridge_enable, 1), (300, PINS.head_lift, 1), (301, PINS.platter_step, 1)]


@pytest.mark.parametrize('cuts', [(), (100, 500), (499, 501)])
def test_what_the_relay_lets_through(cuts):
    always = [Let(0, power=True, head=True)]
    assert through(ON, always, cuts) == ON
    assert through(ON, [], cuts) == [ON[-1]], 'pins move nothing without it'
    no_head = [Let(0, power=True, head=False), Let(400, power=True, head=True)]
    assert through(ON, no_head, cuts) == [*ON[:2], ON[3], (400, PINS.head_lift, 1)]
    off = {(500, PINS.enable, 1), (500, PINS.bridge_enable, 0), (500, PINS.head_lift, 0)}
    gone = through([*ON, (700, PINS.enable, 1)], [*always, Let(500, power=False, head=False)], cuts)
    assert gone[:4] == ON
    assert set(gone[4:]) == off, 'what the pins say later is nothing new'


def test_a_lid_is_seen_while_nothing_moves():
    interlock = VirtualInterlock()
    assert interlock.status().closed
    interlock.lid_closed = False
    assert (interlock.status().cause, interlock.status().key) == ('the lid is open; close it', 'lid')
    assert not interlock.permit().closed
    assert not interlock.permitted
    interlock.lid_closed, interlock.stop_pressed = True, True
    assert interlock.status().key == 'stop'
    interlock.stop_pressed = False
    assert interlock.permit().closed
    assert interlock.permitted
    interlock.revoke()
    assert not interlock.permitted


def test_what_nobody_renews_is_over_in_a_quarter_of_a_second():
    interlock = VirtualInterlock()
    interlock.permit()
    interlock.rest(0.26)
    assert not interlock.permitted


@pytest.mark.parametrize('deed', ['missing', 'interlock reset'])
def test_the_relay_hears_of_an_interlock_that_is_gone_between_two_looks(deed):
    interlock = VirtualInterlock()
    assert interlock.permit().closed
    interlock.begin()
    assert interlock.let.power
    if deed == 'missing':
        interlock.missing = True
    else:
        interlock.befall(deed)
    lets = interlock.live(0, [(0, 0, 0)] * 10)
    assert [(let.power, let.head) for let in lets] == [(False, False)]
    assert lets[0].frame <= 5000, 'in the first turn, and the relay takes its time'


def test_an_interlock_that_is_missing_stays_so_on_another_machine_and_after_a_run():
    interlock = VirtualInterlock()
    interlock.missing = True
    interlock.fit(replace(MACHINE, machine=replace(MACHINE.machine, seed=1)))
    interlock.begin()
    interlock.end()
    assert 'does not answer' in interlock.status().cause
    assert not interlock.permit().closed
    interlock.missing = False
    assert interlock.status().closed
    assert interlock.permit().closed
