"""The mind of the interlock: whether motors and head may have power, and whether the head may go down.

This file runs on the interlock's microcontroller under MicroPython as it is, and under CPython in the virtual machine
and in the tests; it touches no hardware and knows no clock but the milliseconds that it is told have passed.

    SAFE ──arm, then permits, every input good──▶ ARMED ──heartbeats──▶ CUTTING ──off, or an end that was told──▶ SAFE
                                                    └──────anything else──────┴──▶ TRIPPED ──seen to, all well──▶ SAFE

Power is on in ARMED and CUTTING alone, the head may be down in CUTTING alone: once the rate of the heartbeats was
measured, and where the platter is to turn only for as long as it must not stand. Anything unknown, late or inconsistent
trips; the first cause stays until the supervisor names that very trip, and nothing ever arms itself.
"""

from appliance.interlock.wire import ABSENT, NEXT, SEQUENCE, UNKNOWN, VERSION, ahead, body, line

SAFE, ARMED, CUTTING, TRIPPED = 0, 1, 2, 3

# Causes, by number on the wire; the words of each stand in `appliance/interlock/causes.py`.
WELL, STOP, STOP_WIRES, LID, HEAD_HOT, HEAD_SENSOR, DRIVER_HOT, DRIVER_SENSOR, SUPPLY_LOW, SUPPLY_HIGH, SUPPLY_SENSOR, \
    RELAY, PERMIT_LATE, NO_BEAT, BEAT_LOST, BEAT_WILD, STALL, INDEX, SEQUENCE_BROKEN, SESSION, GARBLED, LOOP_LATE, \
    BAD_ORDER, CURRENT_HIGH, CURRENT_SENSOR, NO_STEP, STRAY_STEP = range(27)  # fmt: skip

# Bits of `inputs` in a status line: what is good.
STOP_OUT, LID_CLOSED, HEAD_COOL, DRIVER_COOL, SUPPLY_GOOD, RELAY_OBEYS, CURRENT_GOOD = 1, 2, 4, 8, 16, 32, 64
ALL_GOOD = 127
AT_HOME = 128  # neither good nor bad: where the carriage stands
BREAK_CLOSED, MAKE_CLOSED = 256, 512  # nor these: the stop's two contacts, as each of them reads

# What may cease from now on, as a permit says, and no permit takes it back: nothing; the steps of the platter, for the
# head is up for good; the heartbeats too.
NOTHING, STEPS, BEATS = 0, 1, 2

BAD_MS, BAD_LOOKS = 5, 2  # a contact that is bad for so long, and was seen so twice, trips: a spark does not
LEAK = 8  # times as long it must be good for that to be forgotten: what is bad again and again trips too
GOOD_MS = 50  # and it must be good for so long before anything is armed
LONGEST_PERMIT_MS = 250
FIRST_PERMIT_MS = 120  # that an order to arm is good for, until the first permit: whoever dies between them gives none
ARMED_MS = 3000  # for the first heartbeat
BEAT_LOST_MS = 20
WINDOW_MS = 40  # in which heartbeats are counted; the first such window is over before the head may go down
LATE_MS = 40  # between two steps of the guard: more is a program that hangs. By so much it may be late with an off
RELAY_MS = 60  # for the relay's contacts to follow
OVER_MS = 50  # too much current for so long trips; filling the capacitors behind the relay is over much sooner
GARBLED_LINES = 5  # in a row
SLACK = 10  # parts of a turn, by one of which steps and index may differ. The load angle of the motor is a tenth of it
MOST_STEPS = 200_000  # for one turn: the most that the chain can give out at 33 1/3 rpm is 180 000
SHORTEST_US, LONGEST_US = 500, 10_000  # between two heartbeats; the machine file knows 1 to 5 ms
LONGEST_STEP_MS = 5000  # between two steps of a platter that turns, whatever was said when it was armed
BEATS_OFF = 4  # tenths by which the rate of heartbeats may be wrong, and one heartbeat more


class Limits:
    """What the sensors may say while there is power. Millivolts, milliamperes, tenths of a degree Celsius."""

    def __init__(self, head_dc: int, driver_dc: int, low_mv: int, high_mv: int, most_ma: int) -> None:
        self.head_dc = head_dc
        self.driver_dc = driver_dc
        self.low_mv = low_mv
        self.high_mv = high_mv
        self.most_ma = most_ma
        self.cooler_dc = 50  # than the limit before anything is armed again


class Seen:
    """What the inputs say now. One is made and used over and over: nothing is allocated in the loop."""

    def __init__(self) -> None:
        self.stop_out = False  # both contacts agree that it is not pressed
        self.stop_agrees = False
        self.lid_closed = False
        self.head_dc = UNKNOWN
        self.driver_dc = UNKNOWN
        self.supply_mv = UNKNOWN
        self.current_ma = UNKNOWN  # of all that has power; ABSENT: nothing measures it
        self.relay_closed = False  # its own auxiliary contact
        self.at_home = False  # the carriage, at its switch; told on, for homing
        self.beats = 0  # edges of the heartbeat since the last look
        self.steps = 0  # step pulses of the platter
        self.turns = 0  # index pulses of the platter


class Guard:
    """`hear` takes what was said, `step` what is seen; `power` and `head` are what may be."""

    def __init__(self, limits: Limits, session: int, build: int) -> None:
        self.limits = limits
        self.session = session
        self.build = build
        self.state = SAFE
        self.cause = WELL
        self.trips = 0  # counted, so that a trip is seen to by its number
        self.inputs = 0
        self.beats = 0
        self.steps = 0
        self.turns = 0
        self.index_at = 0  # steps, when the index was passed last
        self.ack = 0  # the last line of the supervisor that was heeded
        self._heard = False  # any line of this session
        self._order: tuple[str, tuple[int, ...]] = ('', ())  # that was heeded last
        self._said = 0
        self._garbled = 0
        self._good_ms = 0
        self._bad = 0  # how long inputs were bad, in parts of a millisecond: LEAK make one
        self._bad_looks = 0
        self._relay = 0  # how long the relay did not do what it should, in the same
        self._over_ms = 0  # that the current was too high
        self._permit_ms = 0
        self._armed_ms = 0
        self._ceases = NOTHING
        self._new = False  # armed since the last step: what was counted in it is of the movement before
        self._steps_per_turn = 0
        self._beat_us = 0
        self._step_ms = 0  # between two steps at most; 0: the platter is to stand
        self._still_ms = 0  # since the last one
        self._since_index = 0  # step pulses
        self._indexed = False  # since it was armed
        self._beat_ms = 0  # since the last heartbeat
        self._beating = False  # there have been heartbeats
        self._window_ms = 0
        self._window_beats = 0

    @property
    def power(self) -> bool:
        return self.state == ARMED or self.state == CUTTING

    @property
    def head(self) -> bool:
        return self.state == CUTTING and not (self._step_ms and self._ceases)

    # -- what is said --------------------------------------------------------------------------------------------

    def hear(self, kind: str, numbers: 'tuple[int, ...]') -> 'bytes | None':
        """A line of the supervisor; the answer to it, if it wants one."""
        if kind == 'H':
            return line('H', VERSION, self.session, self.build)
        self._garbled = 0
        if kind not in 'APOR' or len(numbers) != {'A': 5, 'P': 4, 'O': 2, 'R': 3}[kind]:
            self._refuse(BAD_ORDER)
        elif numbers[0] != self.session:
            self._refuse(SESSION)
        elif self._is_next(numbers[1], (kind, numbers)):
            self._heed(kind, numbers)
        return None

    def hear_garbage(self) -> None:
        """Something came that is no line."""
        self._garbled += 1
        if self._garbled >= GARBLED_LINES:
            self._refuse(GARBLED)

    def _is_next(self, seq: int, order: 'tuple[str, tuple[int, ...]]') -> bool:
        """The first line of a session begins the count. One that was heard before is not heeded: it may be an echo.
        Other words under its number are of a second supervisor, whose "off" would not be heard."""
        jump = ahead(seq, self.ack)
        if self._heard and order == self._order:
            return False
        if not 0 <= seq < SEQUENCE or (self._heard and not 0 < jump <= NEXT):
            self._refuse(SEQUENCE_BROKEN)
            return False
        self._heard, self._order, self.ack = True, order, seq
        return True

    def _refuse(self, cause: int) -> None:
        if self.power:
            self._trip(cause)

    def _heed(self, kind: str, numbers: 'tuple[int, ...]') -> None:
        if kind == 'O':
            self._off()
        elif kind == 'A':
            self._arm(numbers[2], numbers[3], numbers[4])
        elif kind == 'P':
            self._permit(numbers[2], numbers[3])
        elif self.state == TRIPPED and numbers[2] == self.trips and self._good_ms >= GOOD_MS:
            self.state, self.cause = SAFE, WELL

    def _off(self) -> None:
        if self.power:
            self.state, self.cause, self._relay, self._good_ms = SAFE, WELL, 0, 0

    def _arm(self, steps_per_turn: int, beat_us: int, step_ms: int) -> None:
        """Only from SAFE, with every input good and the relay seen open; otherwise nothing happens, and the status says
        why. Figures of no lathe trip, for with them a platter that stands would never be found."""
        sensible = 0 < steps_per_turn <= MOST_STEPS and SHORTEST_US <= beat_us <= LONGEST_US
        sensible = sensible and 0 <= step_ms <= LONGEST_STEP_MS
        if self.power or (self.state == SAFE and not sensible):
            self._trip(BAD_ORDER)
        elif self.state == SAFE and self._good_ms >= GOOD_MS and not self._relay:
            self.state, self.cause, self._relay = ARMED, WELL, 0
            self._steps_per_turn, self._beat_us, self._step_ms = steps_per_turn, beat_us, step_ms
            self._permit_ms, self._armed_ms, self._ceases = FIRST_PERMIT_MS, 0, NOTHING
            self._since_index, self._indexed, self._new = 0, False, True
            self._beating, self._still_ms = False, 0
            self._beat_ms = self._window_ms = self._window_beats = 0

    def _permit(self, for_ms: int, ceases: int) -> None:
        if not self.power:
            return
        if not 0 < for_ms <= LONGEST_PERMIT_MS or not self._ceases <= ceases <= BEATS:
            self._trip(BAD_ORDER)
            return
        self._permit_ms, self._ceases = for_ms, ceases

    # -- what is seen --------------------------------------------------------------------------------------------

    def step(self, elapsed_ms: int, seen: Seen) -> None:
        """`elapsed_ms` since the last step."""
        self.beats = (self.beats + seen.beats) % SEQUENCE
        self.steps = (self.steps + seen.steps) % SEQUENCE
        self.turns = (self.turns + seen.turns) % SEQUENCE
        if seen.turns:
            self.index_at = self.steps
        cause = self._look(elapsed_ms, seen)
        if cause != WELL:
            self._good_ms = 0
            self._bad = min(self._bad + LEAK * max(elapsed_ms, 0), LEAK * BAD_MS)
            self._bad_looks = min(self._bad_looks + 1, BAD_LOOKS)
        elif self._good_ms < GOOD_MS:
            # A clock that jumps back trips, and costs no hour afterwards; a look after a pause knows nothing of it.
            passed_ms = min(max(elapsed_ms, 0), LATE_MS)
            self._good_ms = min(self._good_ms + passed_ms, GOOD_MS)
            self._bad = max(self._bad - passed_ms, 0)
            if not self._bad:
                self._bad_looks = 0
        if not self.power:
            if self.state == SAFE:
                self.cause = cause
            return
        if not 0 <= elapsed_ms <= LATE_MS:
            self._trip(LOOP_LATE)
        elif cause != WELL and self._bad >= LEAK * BAD_MS and self._bad_looks >= BAD_LOOKS:
            self._trip(cause)
        else:
            self._time(elapsed_ms)
            if not self._new and self.power:
                self._beat(elapsed_ms, seen.beats)
                if self.power:
                    self._turn(elapsed_ms, seen.steps, seen.turns)
            self._new = False

    def _trip(self, cause: int) -> None:
        self.state, self.cause, self._relay, self._good_ms = TRIPPED, cause, 0, 0
        self.trips = self.trips % (SEQUENCE - 1) + 1

    def _look(self, elapsed_ms: int, seen: Seen) -> int:
        """The first thing that is not good; `inputs` are told of all of them."""
        limits, power = self.limits, self.power
        cooler_dc = 0 if power else limits.cooler_dc
        obeys = (seen.relay_closed == power and not self._relay) or self._obeys(elapsed_ms, seen.relay_closed == power)
        head = seen.head_dc != UNKNOWN and seen.head_dc < limits.head_dc - cooler_dc
        driver = seen.driver_dc != UNKNOWN and seen.driver_dc < limits.driver_dc - cooler_dc
        supply = limits.low_mv <= seen.supply_mv <= limits.high_mv
        current = self._current(elapsed_ms, seen.current_ma)
        stop_out = seen.stop_out and seen.stop_agrees
        self.inputs = (
            STOP_OUT * stop_out + LID_CLOSED * seen.lid_closed + HEAD_COOL * head + DRIVER_COOL * driver
            + SUPPLY_GOOD * supply + RELAY_OBEYS * obeys + CURRENT_GOOD * (current == WELL) + AT_HOME * seen.at_home
            + BREAK_CLOSED * seen.stop_out + MAKE_CLOSED * (seen.stop_out != seen.stop_agrees)
        )  # fmt: skip
        if not seen.stop_agrees:
            return STOP_WIRES
        if not seen.stop_out:
            return STOP
        if not seen.lid_closed:
            return LID
        if not head:
            return HEAD_SENSOR if seen.head_dc == UNKNOWN else HEAD_HOT
        if not driver:
            return DRIVER_SENSOR if seen.driver_dc == UNKNOWN else DRIVER_HOT
        if not supply:
            if seen.supply_mv == UNKNOWN:
                return SUPPLY_SENSOR
            return SUPPLY_LOW if seen.supply_mv < limits.low_mv else SUPPLY_HIGH
        return current if current != WELL else WELL if obeys else RELAY

    def _obeys(self, elapsed_ms: int, now: bool) -> bool:
        """The relay's contacts need time to follow, and then they stay."""
        passed_ms = max(elapsed_ms, 0)
        if now:
            self._relay = max(self._relay - passed_ms, 0)
        else:
            self._relay = min(self._relay + LEAK * passed_ms, LEAK * RELAY_MS)
        return self._relay < LEAK * RELAY_MS

    def _current(self, elapsed_ms: int, current_ma: int) -> int:
        """Motor drivers limit their own current, and a head that is driven too hard is warm before it is dead: too much
        for long is a short behind the relay. A shunt the wrong way round counts the same."""
        over = current_ma != ABSENT and current_ma != UNKNOWN and abs(current_ma) > self.limits.most_ma
        self._over_ms = self._over_ms + max(elapsed_ms, 0) if over else 0
        if current_ma == UNKNOWN:
            return CURRENT_SENSOR
        return CURRENT_HIGH if self._over_ms >= OVER_MS else WELL

    def _time(self, elapsed_ms: int) -> None:
        """Permits run out; a machine that is armed and does not begin is disarmed."""
        self._permit_ms -= elapsed_ms
        if self._permit_ms <= 0:
            self._trip(PERMIT_LATE)
        elif self.state == ARMED:
            self._armed_ms += elapsed_ms
            if self._armed_ms > ARMED_MS:
                self._trip(NO_BEAT)

    def _beat(self, elapsed_ms: int, beats: int) -> None:
        """Heartbeats come from the chain itself: without them nothing knows what the pins do."""
        self._beat_ms = 0 if beats else self._beat_ms + elapsed_ms
        if not self._beating and not beats:
            return
        self._beating = True
        if self._beat_ms > BEAT_LOST_MS:
            self._beat_is_over()
            return
        self._window_ms += elapsed_ms
        self._window_beats += beats
        if self._window_ms >= WINDOW_MS:
            window_us, beat_us = self._window_ms * 1000, self._beat_us
            off = 10 * abs(self._window_beats * beat_us - window_us) > BEATS_OFF * window_us + 10 * beat_us
            self._window_ms = self._window_beats = 0
            if not off:
                self.state = CUTTING
            elif self._ceases < BEATS:
                self._trip(BEAT_WILD)

    def _beat_is_over(self) -> None:
        if self._ceases == BEATS:
            self._off()
        else:
            self._trip(BEAT_LOST)

    def _turn(self, elapsed_ms: int, steps: int, turns: int) -> None:
        """One index pulse for each turn of steps: more steps without one is a platter that stands, fewer is one that is
        turned by something else, or a sensor that dreams. The first pulse after arming comes whenever it comes. And the
        steps themselves: as soon as anything moves they come, if the platter is to turn, and else never."""
        self._since_index += steps
        self._still_ms = 0 if steps or not self._beating else self._still_ms + elapsed_ms
        if self._step_ms and not self._ceases and self._still_ms > self._step_ms:
            self._trip(NO_STEP)
            return
        if not self._step_ms and SLACK * self._since_index > self._steps_per_turn:
            self._trip(STRAY_STEP)
            return
        if turns:
            few = SLACK * self._since_index < (SLACK * turns - 1) * self._steps_per_turn
            if self._indexed and few:
                self._trip(INDEX)
                return
            self._indexed = True
            self._since_index = 0
        elif SLACK * self._since_index > (SLACK + 1) * self._steps_per_turn:
            self._trip(STALL)

    # -- what is told --------------------------------------------------------------------------------------------

    def status(self, seen: Seen) -> bytes:
        """What tells the supervisor everything, for `wire.framed`."""
        self._said = (self._said + 1) % SEQUENCE
        return body('S', self.session, self._said, self.state, self.cause, self.trips, self.inputs, seen.head_dc,
                    seen.driver_dc, seen.supply_mv, seen.current_ma, self.beats, self.steps, self.turns,
                    self.index_at, self.ack)  # fmt: skip
