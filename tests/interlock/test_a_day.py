"""A day of cuts with random faults, and a judge who does not know how the guard thinks."""

import random

from appliance.interlock.guard import ARMED, SAFE, TRIPPED, Guard, Limits, Seen
from appliance.interlock.wire import UNKNOWN, line, parse

HOUR_MS = 3600 * 1000
HEAD_DC, DRIVER_DC, LOW_MV, HIGH_MV, MOST_MA = 800, 850, 21_000, 27_000, 5000
BAD = (
    'stop',
    'wires',
    'lid',
    'head',
    'head sensor',
    'driver',
    'driver sensor',
    'low',
    'high',
    'no supply',
    'no current',
)
FAULTS = (
    *BAD,
    'silence',
    'garbage',
    'replay',
    'short',
    'session',
    'no beats',
    'wild beats',
    'stall',
    'stands',
    'flicker',
    'late',
    'reset',
    'nothing',
)


class Judge:
    """Power may be on only if, within the last moments, everything that must be so was seen to be so."""

    def __init__(self):
        self.bad_ms = self.permit_ms = self.beatless_ms = self.stepless_ms = self.over_ms = self.flicker_ms = 0
        self.powered_ms = 0

    def look(self, ms, guard, good, permitted, beats, steps, fault):
        self.over_ms = self.over_ms + ms if fault == 'short' else 0
        self.flicker_ms = self.flicker_ms + ms if fault == 'flicker' else 0
        self.stepless_ms = 0 if steps else self.stepless_ms + ms
        self.bad_ms = 0 if good else self.bad_ms + ms
        self.permit_ms = 0 if permitted else self.permit_ms + ms
        self.beatless_ms = 0 if beats else self.beatless_ms + ms
        if guard.power:
            self.powered_ms += ms
            assert self.bad_ms <= 8, 'power although an input is bad'
            assert self.permit_ms <= 254, 'power although nobody permits it'
            assert self.over_ms <= 58, 'power although something burns'
            assert self.flicker_ms <= 60, 'power although a contact is good and bad in turns'
            assert ms <= 40, 'power although the loop hangs'
        if guard.head:
            assert guard.power, 'the head is held by power'
            assert self.beatless_ms <= 24, 'the head is down and nothing beats'
            assert self.stepless_ms <= 304, 'the head is down and nothing turns'


class Day:
    """Visits, one after the other, each with a fault somewhere in it."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.judge, self.seen = Judge(), Seen()
        self.now_ms = self.trips = self.sessions = self.looks = 0
        self.last = b''
        self.new_guard()

    def new_guard(self):
        """Power-up, or a reset."""
        self.sessions += 1
        self.guard, self.seq = Guard(Limits(HEAD_DC, DRIVER_DC, LOW_MV, HIGH_MV, MOST_MA), self.sessions, 1), 0

    def say(self, kind, *numbers, session=None):
        self.seq += 1
        self.last = line(kind, session or self.guard.session, self.seq, *numbers)
        self.guard.hear(*parse(self.last[:-1]))

    def step(self, ms, fault='', beats=0, steps=0, turns=0, permitted=False):
        seen, dice = self.seen, self.random
        seen.stop_out, seen.stop_agrees = fault not in ('stop', 'wires'), fault != 'wires'
        self.looks += 1
        seen.lid_closed = not (fault == 'lid' or (fault == 'flicker' and self.looks % 2))
        seen.head_dc = {'head': 900, 'head sensor': UNKNOWN}.get(fault, dice.randrange(200, 740))
        seen.driver_dc = {'driver': 900, 'driver sensor': UNKNOWN}.get(fault, dice.randrange(200, 790))
        seen.supply_mv = {'low': 20_000, 'high': 28_000, 'no supply': UNKNOWN}.get(fault, 24_000)
        seen.current_ma = {'short': 5001, 'no current': UNKNOWN}.get(fault, dice.randrange(-5, 5001))
        seen.relay_closed = self.guard.power
        seen.beats, seen.steps, seen.turns = beats, steps, turns
        self.guard.step(ms, seen)
        good = fault not in BAD and seen.lid_closed
        self.judge.look(ms, self.guard, good, permitted, beats, steps, fault)
        self.now_ms += ms

    def visit(self):
        """Rest, arm, cut, with a fault from some moment on; afterwards whatever tripped is seen to."""
        fault, strikes_ms = self.random.choice(FAULTS), self.random.randrange(1, 4000)
        self.now_ms += self.random.randrange(20_000, 200_000)
        for _ in range(6):
            self.step(10)
        self.say('A', 6400, 2500, 300)
        assert self.guard.state == ARMED
        self.judge.permit_ms = self.judge.stepless_ms = 0
        into_ms = permit_ms = index = 0
        while into_ms < 4200 and self.guard.power:
            ms = self.random.choice((1, 2, 2, 3, 5))
            into_ms, permit_ms = into_ms + ms, permit_ms + ms
            now = fault if into_ms >= strikes_ms else ''
            permitted = permit_ms >= 80 and now not in ('silence', 'garbage', 'replay', 'session')
            if permitted:
                permit_ms = 0
                self.say('P', 250, 0)
            self.disturb(now, permit_ms)
            steps = 0 if now == 'stands' else 8 * ms
            index += steps
            turns, index = (1, index - 6400) if index >= 6400 and now != 'stall' else (0, index)
            beats = {'no beats': 0, 'wild beats': 3 * ms}.get(
                now, self.random.choice((0, 1)) if ms < 3 else round(ms / 2.5)
            )
            self.step(45 if now == 'late' else ms, now, beats, steps, turns, permitted)
        self.end()

    def disturb(self, now, permit_ms):
        if now == 'reset':
            self.new_guard()
            assert not self.guard.power
        elif now == 'garbage':
            self.guard.hear_garbage()
        elif now == 'replay' and self.last:
            self.guard.hear(*parse(self.last[:-1]))
        elif now == 'session':
            self.say('P', 250, 0, session=self.guard.session + 1)

    def end(self):
        self.trips += self.guard.state == TRIPPED
        self.say('O')
        for _ in range(12):
            self.step(10)
        if self.guard.state == TRIPPED:
            self.say('R', self.guard.trips)
        assert self.guard.state == SAFE, 'once all is well, a trip that is seen to is over'


def test_a_day_of_random_faults_without_an_unsafe_output(lot):
    day, hours = Day(1946), lot(6, 24)
    while day.now_ms < hours * HOUR_MS:
        day.visit()
    assert day.trips > 300 * hours / 24
    assert day.judge.powered_ms > 600_000 * hours / 24
