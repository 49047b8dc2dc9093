"""Reads `vectors.txt` and plays it on whatever has `turn` and `hear`."""

from pathlib import Path

from appliance.interlock import guard
from appliance.interlock.wire import line

VECTORS = Path(__file__).parent / 'vectors.txt'
TURN_MS = 2
BEAT_US, STEPS = 2500, 6400  # a heartbeat every 2.5 ms, step pulses for one turn
STEP_HZ = STEPS * 78.26 / 60
STATES = {'safe': guard.SAFE, 'armed': guard.ARMED, 'cutting': guard.CUTTING, 'tripped': guard.TRIPPED}
ADC = ('head_adc', 'driver_adc', 'supply_adc')


def scenarios():
    """Name -> [(number of the line, words, what must hold)]."""
    found = {}
    for number, text in enumerate(VECTORS.read_text(encoding='utf-8').splitlines(), 1):
        if text.startswith('#') or not text.strip():
            continue
        if not text.startswith(' '):
            steps = found[text.strip()] = []
            continue
        do, _, holds = text.partition('->')
        steps.append((number, do.split(), holds.split()))
    return found


class Play:
    """One scenario. `hand` has `turn(**inputs)` -> (power, head), `hear(bytes)` for the next turn, `set(**inputs)`,
    `session`, and `seen()` -> (state, cause, trips) of the guard."""

    def __init__(self, hand):
        self.hand, self.seq, self.last = hand, 100, b''
        self.beat_us = self.steps = 0.0
        self.since_index = 0
        self.stuck = None
        self.outputs = (False, False)

    def play(self, steps):
        for number, words, holds in steps:
            getattr(self, words[0])(*words[1:])
            if holds:
                self.check(number, holds)

    def check(self, number, holds):
        assert self.outputs == ('POWER' in holds, 'HEAD' in holds), f'line {number}: the outputs are {self.outputs}'
        state, cause, _ = self.hand.seen()
        assert state == STATES[holds[0]], f'line {number}: state {state}, cause {cause}'
        named = next((word for word in holds[1:] if word.islower()), None)
        assert named is None or cause == getattr(guard, named.upper()), f'line {number}: cause {cause}'

    def _turn(self, ms=TURN_MS, beats=0, steps=0, turns=0):
        contact = self.outputs[0] if self.stuck is None else self.stuck
        self.outputs = self.hand.turn(ms=ms, beats=beats, steps=steps, turns=turns, relay_contact=int(contact))

    def _pass(self, ms, beat=0.0, step=0.0, index=True):
        """`beat`, `step`: how many times as fast as they should."""
        for _ in range(int(ms) // TURN_MS):
            self.beat_us += beat * TURN_MS * 1000
            beats, self.beat_us = int(self.beat_us // BEAT_US), self.beat_us % BEAT_US
            self.steps += step * STEP_HZ * TURN_MS / 1000
            steps, self.steps = int(self.steps), self.steps % 1
            self.since_index += steps
            turns = int(index and self.since_index >= STEPS)
            self.since_index -= STEPS * turns
            self._turn(beats=beats, steps=steps, turns=turns)

    def _say(self, kind, *numbers):
        self.seq += 1
        self.last = line(kind, self.hand.session, self.seq, *numbers)
        self._tell(self.last)

    def _tell(self, data, beats=0):
        self.hand.hear(data)
        self._turn(beats=beats)

    def run(self, ms, what=''):
        beat = {'beats': 1.0, 'double': 2.0, 'half': 0.5, '': 0.0}[what]
        self._pass(ms, beat)

    def permits(self, ms):
        for _ in range(int(ms) // 100):
            self._say('P', 250, 0)
            self._pass(98)

    def cut(self, ms):
        self._cuts(ms)

    def stand(self, ms):
        self._cuts(ms, index=False)

    def parked(self, ms):
        self._cuts(ms, ceases=guard.STEPS, index=False)

    def _cuts(self, ms, ceases=guard.NOTHING, index=True):
        for _ in range(int(ms) // 100):
            self._say('P', 250, ceases)
            self._pass(100, beat=1.0, step=1.0, index=index)

    def flicker(self, count, what):
        name, _, number = what.partition('=')
        for _ in range(int(count)):
            self.hand.set(**{name: int(number)})
            self._pass(TURN_MS, beat=1.0)
            self.hand.set(**{name: 1 - int(number)})
            self._pass(TURN_MS, beat=1.0)

    def chatter(self, ms):
        for at in range(int(ms) // TURN_MS):
            self.stuck = bool(at % 2)
            self._pass(TURN_MS, beat=1.0)
        self.stuck = None

    def pulse(self):
        self._turn(beats=1, turns=1)

    def beat(self):
        self._turn(beats=1)

    def hang(self, ms):
        self._turn(ms=int(ms))

    def set(self, *words):
        self.hand.set(**{name: int(number) for name, number in (word.split('=') for word in words)})

    def weld(self):
        self.stuck = True

    def dead(self):
        self.stuck = False

    def arm(self, *how):
        told = {name: int(number) for name, _, number in (word.partition('=') for word in how) if number}
        self.seq += 1
        numbers = told.get('steps', STEPS), told.get('beat_us', BEAT_US), told.get('step_ms', 0)
        self.last = line('A', self.hand.session, self.seq, *numbers)
        self._tell(self.last, beats=int('beats' in how))

    def permit(self, ms='250', ceases=''):
        self._say('P', int(ms), {'': guard.NOTHING, 'parking': guard.STEPS, 'ending': guard.BEATS}[ceases])

    def off(self):
        self._say('O')

    def reset(self, number=''):
        self._say('R', int(number) if number else 1)

    def again(self):
        self._tell(self.last)

    def skip(self, count):
        self.seq += int(count)

    def garble(self, count):
        for _ in range(int(count)):
            self._tell(b'$P,1,2,3*0000\n')

    def wrong(self, what):
        if what == 'session':
            self._tell(line('P', self.hand.session + 1, self.seq + 1, 250, 0))
        elif what == 'number':
            self._tell(line('P', self.hand.session, self.seq - 5, 250, 0))
        elif what == 'twin':
            self._tell(line('O', self.hand.session, self.seq))
        else:
            self._say('P', 250)
