"""The link to the real interlock: a microcontroller at the other end of a serial line.

It lets power through while it is asked to, again and again; so whoever asks must be alive, and so must be whoever
that one answers for (`alive_s`). A supervisor that is killed, frozen or cut off says nothing, and that is an off.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from appliance.clock import Clock
from appliance.interlock import guard
from appliance.interlock.causes import in_words
from appliance.interlock.link import Status
from appliance.interlock.wire import ABSENT, NEXT, SEQUENCE, UNKNOWN, VERSION, Lines, ahead, line

# For so long after a sign of life whoever watches over the machine is believed to be alive, and no permit reaches
# further. Of 0.3 s that leaves 5 ms for the line, a turn of the interlock (`guard.LATE_MS`) and 15 ms for its relay.
LIVES_S = 0.23
PERMIT_MS = 120  # what each permit is good for at most: no further than the last sign of life and the last status reach
RENEW_S = 0.035  # by which the next one must be good for longer: 40 ms for a lathe that looks every 20; one may be lost
FRESH_S = 0.2  # older than this, a status says nothing: it comes twenty times a second. Nor is anything asked for
CLOSING_S = 0.5  # for the power to come after it was asked for
UNHEARD_S = 0.1  # a status that comes so long after power was asked for, and knows nothing of it: that line was lost
ASK_S = 0.01  # between two looks at the line while somebody waits for it
FIELDS = 15  # of a status
MUTE = 'the interlock does not answer; check its supply and its line (interlock.tx, interlock.rx)'
FLASH = 'tools/flash_interlock'
SILENT = 'the interlock does not switch on; look at its lamp'
ALONE = 'the supervisor gives no sign of life, and without it nothing gets power; look into the log'


class Port(Protocol):
    """A serial line that never waits."""

    def read(self) -> bytes:
        """What has come; OSError when the line is gone."""

    def write(self, data: bytes) -> None: ...


class Line(Port, Protocol):
    """One that can be given back."""

    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Told:
    """A status line (see `wire`)."""

    session: int
    seq: int
    state: int
    cause: int
    trip: int
    inputs: int
    head_dc: int
    driver_dc: int
    supply_mv: int
    current_ma: int
    beats: int
    steps: int
    turns: int
    index_at: int
    ack: int


@dataclass(frozen=True, slots=True)
class Machinery:
    """What the interlock must know of the machine: step pulses for one turn, microseconds between two heartbeats."""

    steps_per_turn: int
    beat_us: int


class PicoLink:
    """Implements `link.Link`. Any thread may call it."""

    def __init__(
        self, port: Port, machinery: Machinery, clock: Clock, alive_s: Callable[[], float] = lambda: math.inf
    ) -> None:
        """`alive_s`: how long the rest of the supervisor is still believed to be alive; asked before every permit."""
        self._port, self._machinery, self._clock, self._alive_s = port, machinery, clock, alive_s
        self._lines = Lines()
        self._lock = threading.Lock()
        self._told: Told | None = None
        self._told_s = self._looked_s = self._asked_s = -math.inf
        self._permitted_s = -math.inf  # until when
        self._version = self._build = -1
        self._answered = False  # who it is, since it was asked last
        self._noise = 0  # of `_lines.bad`, up to the last line that was one
        self._session = -1  # that was asked for power
        self._seq = self._armed_seq = 0
        self._wanted, self._ceases, self._step_ms = False, guard.NOTHING, 0
        self._failure = ''

    @property
    def build(self) -> int:
        """Of the firmware that answered; -1: none has."""
        return self._build

    @property
    def is_gone(self) -> bool:
        """Whether the line itself has failed: it must be opened anew."""
        return bool(self._failure)

    @property
    def noise(self) -> int:
        """What came since the last line that was one, and was none."""
        return self._lines.bad - self._noise

    @property
    def told(self) -> Told | None:
        """What was said last, however long ago."""
        return self._told

    @property
    def at_home(self) -> bool:
        """Whether the carriage stands at its home switch, as the last status said; unknown is not."""
        told = self._told
        return told is not None and self._is_fresh() and bool(told.inputs & guard.AT_HOME)

    @property
    def measures_current(self) -> bool:
        """Whether a sensor for it is fitted, as the last status said."""
        return self._told is not None and self._told.current_ma != ABSENT

    @property
    def current_ma(self) -> int | None:
        """Of all that has power: motor drivers and head. None: not fitted (see `measures_current`), or unknown now."""
        told = self._told
        known = told is not None and self._is_fresh() and told.current_ma not in (ABSENT, UNKNOWN)
        return told.current_ma if told is not None and known else None

    @property
    def turns(self) -> int:
        """Index pulses of the platter, modulo 65536."""
        return 0 if self._told is None else self._told.turns

    def status(self) -> Status:
        with self._lock:
            self._be_up_to_date()
            self._renew()
            return self._judge()

    def permit(self, step_ms: int = 0) -> Status:
        """Power on, and the words for it when it does not come within CLOSING_S."""
        with self._lock:
            if not self._is_alive_soon():  # power that is asked for is good for longer than a permit
                return Status(False, ALONE, 'interlock')
            self._be_up_to_date()
            status = self._judge()
            if not status.closed or self._told is None:
                return status
            self._session, self._wanted, self._ceases = self._told.session, True, guard.NOTHING
            self._step_ms = step_ms
            self._arm()
            by_s = self._clock.now_s() + CLOSING_S
            while self._clock.now_s() < by_s and not self._has_power() and self._alive_s() > 0:
                self._renew()
                self._clock.rest(ASK_S)
                self._hear()
                if self._is_unheard():
                    self._arm()
            if self._has_power() and self._alive_s() > 0:
                return self._judge()
            self._off()
            status = self._judge()
            return Status(False, SILENT, 'interlock') if status.closed else status

    def parking(self) -> None:
        self._may_cease(guard.STEPS)

    def ending(self) -> None:
        """The chain is about to end, or to be stopped: from here on its heartbeat may cease."""
        self._may_cease(guard.BEATS)

    def revoke(self) -> None:
        with self._lock:
            self._off()

    def _is_alive_soon(self) -> bool:
        """Whoever has just been asked to cut may not have heard of the supervisor yet."""
        by_s = self._clock.now_s() + FRESH_S
        while self._alive_s() <= 0:
            if self._clock.now_s() >= by_s:
                return False
            self._clock.rest(ASK_S)
        return True

    def _may_cease(self, what: int) -> None:
        """Told at once."""
        with self._lock:
            if self._wanted and self._ceases < what:
                self._ceases, self._permitted_s = what, -math.inf
                self._renew()

    # -- the line --------------------------------------------------------------------------------------------------

    def _off(self) -> None:
        if self._wanted:
            self._say('O')
        self._wanted, self._ceases = False, guard.NOTHING

    def _say(self, kind: str, *numbers: int) -> None:
        self._seq = (self._seq + 1) % SEQUENCE
        self._write(line(kind, self._session, self._seq, *numbers))

    def _write(self, data: bytes) -> None:
        try:
            self._port.write(data)
        except OSError as error:
            self._failure = error.strerror or str(error)

    def _arm(self) -> None:
        self._say('A', self._machinery.steps_per_turn, self._machinery.beat_us, self._step_ms)
        self._armed_seq, self._asked_s, self._permitted_s = self._seq, self._clock.now_s(), -math.inf

    def _renew(self) -> None:
        """A permit reaches no further than what it rests on. So all of it together is over when that is, and whoever is
        heard of late, but not too late, has lost nothing."""
        now_s = self._clock.now_s()
        good_s = min(PERMIT_MS / 1000, self._alive_s(), self._told_s + FRESH_S - now_s)
        if self._wanted and good_s >= 0.001 and now_s + good_s - self._permitted_s >= RENEW_S:
            self._permitted_s = now_s + good_s
            self._say('P', int(good_s * 1000), self._ceases)

    def _be_up_to_date(self) -> None:
        """What waits in the line since somebody last looked is old: then it is thrown away and waited for anew. A trip
        that was told before power was asked for again, and whose cause is gone, is seen to."""
        stale = self._clock.now_s() - self._looked_s > FRESH_S
        if stale:
            self._read()
            self._told_s, self._answered = -math.inf, False
            self._write(line('H', VERSION))
        self._hear()
        by_s = self._clock.now_s() + FRESH_S
        while (stale and not self._is_fresh()) or self._is_to_be_seen_to():
            if self._clock.now_s() >= by_s:
                return
            self._clock.rest(ASK_S)
            self._hear()

    def _read(self) -> list[tuple[str, tuple[int, ...]]]:
        self._looked_s = self._clock.now_s()
        try:
            data = self._port.read()
            self._failure = ''
        except OSError as error:
            self._failure, data = error.strerror or str(error), b''
        return self._lines.take(data)

    def _hear(self) -> None:
        before = self._told
        for kind, numbers in self._read():
            if kind == 'H' and numbers:  # of another version all else may differ
                self._version, self._answered = numbers[0], True
                self._build = numbers[2] if len(numbers) == 3 else -1
            elif kind == 'S' and len(numbers) == FIELDS:
                self._told, self._told_s = Told(*numbers), self._looked_s
            self._noise = self._lines.bad
        if self._told is not None and self._told is not before:
            self._keep_count(self._told)

    def _keep_count(self, told: Told) -> None:
        """Of our lines, as the interlock has heard them: anew for a new session, for lines that are not ours, and after
        many that were lost. It leaps over what may still be on its way, for no number is heeded twice."""
        if self._wanted:
            return
        if told.session != self._session or ahead(self._seq, told.ack) >= NEXT:
            self._session, self._seq = told.session, (told.ack + NEXT // 2) % SEQUENCE
        if self._is_to_be_seen_to():
            self._say('R', told.trip)

    def _is_to_be_seen_to(self) -> bool:
        told = self._told
        return (
            not self._wanted
            and told is not None
            and (told.state, told.inputs & guard.ALL_GOOD) == (guard.TRIPPED, guard.ALL_GOOD)
        )

    # -- what it means ---------------------------------------------------------------------------------------------

    def _is_fresh(self) -> bool:
        return self._version >= 0 and self._clock.now_s() - self._told_s <= FRESH_S

    def _has_power(self) -> bool:
        told = self._told
        powered = told is not None and told.state in (guard.ARMED, guard.CUTTING)
        return powered and self._is_fresh() and self._has_heard()

    def _has_heard(self) -> bool:
        """Whether what was told last was told after power was asked for: what is still on its way is of before that."""
        told = self._told
        return told is not None and ahead(told.ack, self._armed_seq) < SEQUENCE // 2

    def _is_unheard(self) -> bool:
        """It still says that it is safe and well: the line was lost. It is asked again, and never while it might be
        armed: twice is nonsense."""
        told = self._told
        if told is None or self._told_s < self._asked_s + UNHEARD_S:
            return False
        return (told.state, told.inputs & guard.ALL_GOOD) == (guard.SAFE, guard.ALL_GOOD)

    def _judge(self) -> Status:
        """The first thing that is not well."""
        told_now = self._told
        if self._failure:
            return Status(False, f'the line to the interlock is gone ({self._failure}); check its wires', 'interlock')
        if self._version not in (-1, VERSION) and (self._answered or self._is_fresh()):
            what = f'the interlock speaks version {self._version}, this program {VERSION}; flash it anew ({FLASH})'
            return Status(False, what, 'interlock')
        if told_now is None or not self._is_fresh():
            return Status(False, MUTE, 'interlock')
        if self._wanted and told_now.session != self._session:
            return Status(False, *in_words(guard.SESSION))
        if told_now.state == guard.TRIPPED or (
            told_now.state == guard.SAFE and told_now.inputs & guard.ALL_GOOD != guard.ALL_GOOD
        ):
            return Status(False, *in_words(told_now.cause, told_now.inputs))
        if self._wanted and told_now.state == guard.SAFE and self._has_heard() and self._ceases < guard.BEATS:
            return Status(False, 'the interlock has switched off by itself; look into the log', 'interlock')
        return Status(True)
