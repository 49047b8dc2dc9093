"""The virtual interlock: the supervisor's own link, and at the other end of its line the virtual Pico, in model time.

    PicoLink ──$P,77,12,120,0*....──▶ line ──▶ VirtualPico (loop, guard) ──▶ relay: power, head
             ◀──$S,77,40,2,0,....──── line ◀──

While something moves, time is what the virtual Pi has executed: a computer that is late, or quick, makes no difference,
and it stands still for a supervisor that is late (`power.signs`). While nothing moves, it passes when somebody asks. A
lid, a stop button and ACCIDENTS are there to be worked.
"""

from __future__ import annotations

import math
import threading
from collections import deque
from collections.abc import Mapping

from appliance.interlock.link import Standing, Status
from appliance.interlock.pico import FRESH_S, PERMIT_MS, Machinery, PicoLink
from appliance.interlock.sensors import FULL
from appliance.machine import load_machine
from appliance.machine.model import FRAME_RATE_HZ, Machine
from appliance.virtual.power.pico import CLOSED, OPEN, TURN_MS, VirtualPico
from appliance.virtual.power.quick import Counts
from appliance.virtual.power.relay import Let
from appliance.virtual.power.signs import Signs

FRAMES_PER_MS = FRAME_RATE_HZ // 1000
TURN_FRAMES = TURN_MS * FRAMES_PER_MS
RELAY_FRAMES = 5 * FRAMES_PER_MS  # until its contacts have opened, or closed
LATER_MS = round(FRESH_S * 1000) + TURN_MS  # between two questions while nothing moves: what was told is old
NOISE = b'\x55\xaa\x00\n'  # what a motor's cable makes of a line beside it
HOT, LOW, SHORT_MA = FULL // 12, 0.8, 1e5  # of a thermistor that is far too warm; part of the supply; a short
# What may befall the interlock; each lasts until the movement that it ended is over.
ACCIDENTS = ('permits', 'line cut', 'line noise', 'interlock reset', 'interlock silent', 'supply low',
             'head hot', 'short')  # fmt: skip
DEEDS = ('lid', 'stop', *ACCIDENTS)


class VirtualInterlock:
    """Implements `link.Link`, and for the link itself `pico.Port` and `clock.Clock`. Any thread may work its lid, its
    stop button and `befall`; all else belongs to whoever moves the machine.

    Starts closed. `happens`: at which frames of a run one of DEEDS is done, unlike by a finger the same every time.
    `signs`: of life of whoever watches over the machine; None: somebody always does.
    """

    def __init__(self, happens: Mapping[int, str] | None = None, signs: Signs | None = None) -> None:
        self._happens, self._signs = deque(sorted((happens or {}).items())), signs
        self._lid_closed, self._stop_pressed = True, False
        self._missing = self._was_missing = False
        self._let = (False, False)  # power and head, as told last
        self._machine: Machine | None = None
        self._lock = threading.RLock()  # of the time and the line
        self._now_ms = 0.0  # the supervisor's
        self._pico_ms = 0  # up to which the Pico has lived
        self._from_ms: int | None = None  # frame 0 of what moves now
        self._line: deque[tuple[float, bytes]] = deque()  # said by the supervisor, and when
        self._silent = self._cut = self._noisy = self._short = False
        self.fit(load_machine())

    def fit(self, machine: Machine) -> None:
        """To another machine another Pico belongs."""
        if machine == self._machine:
            return
        interlock = machine.interlock or load_machine().interlock
        assert interlock is not None
        self._machine = machine
        self.pico = VirtualPico(interlock, machine.bridge.supply_v)
        self.pico.miss(self._missing)
        machinery = Machinery(round(machine.platter.steps_per_turn), round(machine.cut.heartbeat_ms * 1000))
        self._link = PicoLink(self, machinery, self, self._alive_s)
        self._work_contacts()

    # -- worked from outside -----------------------------------------------------------------------------------------

    @property
    def lid_closed(self) -> bool:
        return self._lid_closed

    @lid_closed.setter
    def lid_closed(self, closed: bool) -> None:
        self._lid_closed = closed
        self._work_contacts()

    @property
    def stop_pressed(self) -> bool:
        return self._stop_pressed

    @stop_pressed.setter
    def stop_pressed(self, pressed: bool) -> None:
        self._stop_pressed = pressed
        self._work_contacts()

    @property
    def missing(self) -> bool:
        """Its plug is out, until it is put back in."""
        return self._missing

    @missing.setter
    def missing(self, missing: bool) -> None:
        with self._lock:
            self._missing, self._was_missing = missing, self._was_missing or missing
            self.pico.miss(missing)

    def _work_contacts(self) -> None:
        pressed = self._stop_pressed
        self.pico.set(
            lid=CLOSED if self._lid_closed else OPEN,
            stop_closed=OPEN if pressed else CLOSED,
            stop_open=CLOSED if pressed else OPEN,
        )

    def befall(self, deed: str) -> None:
        """One of DEEDS, now."""
        with self._lock:
            if deed == 'lid':
                self.lid_closed = False
            elif deed == 'stop':
                self.stop_pressed = True
            elif deed == 'permits':
                self._silent = True
            elif deed == 'line cut':
                self._cut = True
            elif deed == 'line noise':
                self._noisy = True
            elif deed == 'interlock reset':
                self.pico.reset()
            elif deed == 'interlock silent':
                self.pico.hang()
            elif deed == 'supply low':
                self.pico.weaken(LOW)
            elif deed == 'head hot':
                self.pico.set(head_adc=HOT)
            elif deed == 'short':
                self._short = True
                self.draw(SHORT_MA)

    def mend(self) -> None:
        """Whatever has befallen it is over; lid and stop button stay as they are."""
        with self._lock:
            self._silent = self._cut = self._noisy = self._short = False
            self.pico.mend()
            self._work_contacts()

    # -- the link ----------------------------------------------------------------------------------------------------

    @property
    def permitted(self) -> bool:
        """Whether motors and head have power, by the Pico itself."""
        return self.pico.power

    @property
    def current_ma(self) -> int | None:
        """Of motors and head, as it has told."""
        return self._link.current_ma

    def draw(self, current_ma: float) -> None:
        """Motors and head take so much, from now on."""
        self.pico.draw(SHORT_MA if self._short else current_ma)

    @property
    def let(self) -> Let:
        """What it lets be now."""
        return Let(0, self.pico.power, self.pico.head)

    def status(self) -> Status:
        if self._from_ms is None:
            self._pass(LATER_MS)
        return self._link.status()

    def look(self) -> Standing | None:
        """As `interlock.watch` looks at a real one while nothing moves. One that was never missing has nothing to tell:
        whatever a hand does to it is known from the panel."""
        if not self._was_missing:
            return None
        status = self.status()
        return Standing() if status.closed else Standing(status.key, status.cause)

    def give_back(self) -> None:
        """Nobody else wants its line."""

    def permit(self, step_ms: int = 0) -> Status:
        if self._from_ms is None:
            self._pass(LATER_MS)
            if self._signs is not None:
                self._signs.wait_anew(self._now_ms)
        return self._link.permit(step_ms)

    def parking(self) -> None:
        self._link.parking()

    def ending(self) -> None:
        self._link.ending()

    def revoke(self) -> None:
        self._link.revoke()
        if self._from_ms is None:
            self._pass(TURN_MS)

    # -- time --------------------------------------------------------------------------------------------------------

    def begin(self) -> None:
        """Frame 0 of a run is now."""
        with self._lock:
            self._from_ms = self._pico_ms
            self._let = self.pico.power, self.pico.head

    def come_to(self, frame: int) -> None:
        """So many frames of the run have begun: that is now for the supervisor."""
        with self._lock:
            if self._from_ms is not None:
                self._now_ms = self._from_ms + frame / FRAMES_PER_MS

    def hold_time(self) -> None:
        """As long as whoever watches over the machine is late: so no permit is ever shorter for it. Without the lock,
        so that lid, stop button and accidents can be worked meanwhile."""
        if self._signs is not None:
            self._signs.wait_for(self._now_ms, PERMIT_MS / 1000)

    def _alive_s(self) -> float:
        if self._silent:
            return 0.0
        return math.inf if self._signs is None else self._signs.left_s(self._now_ms)

    def live(self, first: int, counts: Counts) -> list[Let]:
        """Turns of the Pico from frame `first` of the run on: heartbeats, steps and turns of the platter in each. What
        it lets be from then on, as the relay follows, for each turn in which that has changed."""
        found = []
        with self._lock:
            pico, at = self.pico, 0
            while at < len(counts):
                if not (self._line or self._noisy or self._happens):
                    quick = pico.calm(counts, at)
                    self._pico_ms += (quick - at) * TURN_MS
                    at = quick
                    if at == len(counts):
                        break
                at += 1
                while self._happens and self._happens[0][0] < first + at * TURN_FRAMES:
                    self.befall(self._happens.popleft()[1])
                self._turn(*counts[at - 1])
                if (pico.power, pico.head) != self._let:
                    self._let = pico.power, pico.head
                    found.append(Let(first + at * TURN_FRAMES + RELAY_FRAMES, pico.power, pico.head))
        return found

    def end(self) -> None:
        """The run is over, its board has no power, and whatever had befallen it is mended."""
        with self._lock:
            self._from_ms = None
            self._now_ms = self._pico_ms = max(self._pico_ms, int(self._now_ms))
            self.mend()
            self.draw(0.0)
            self._pass(TURN_MS)

    def _turn(self, beats: int = 0, steps: int = 0, turns: int = 0) -> None:
        self._pico_ms += TURN_MS
        while self._line and self._line[0][0] <= self._pico_ms:
            self.pico.hear(self._line.popleft()[1])
        if self._noisy:
            self.pico.hear(NOISE)
        self.pico.turn(TURN_MS, beats, steps, turns)

    def _pass(self, ms: float) -> None:
        """While nothing moves."""
        with self._lock:
            self._now_ms += ms
            while self._pico_ms < self._now_ms:
                self._turn()

    def now_s(self) -> float:
        return self._now_ms / 1000

    def rest(self, seconds: float) -> None:
        """Of whoever waits for an answer. While something moves, the Pico lives with what moves, not with who waits."""
        if self._from_ms is None:
            self._pass(seconds * 1000)
        else:
            self._now_ms += seconds * 1000

    # -- the line ----------------------------------------------------------------------------------------------------

    def read(self) -> bytes:
        with self._lock:
            said, self.pico.said = self.pico.said, b''
        return b'' if self._cut else said

    def write(self, data: bytes) -> None:
        if not self._cut:
            with self._lock:
                self._line.append((self._now_ms, bytes(255 - byte for byte in data) if self._noisy else data))
