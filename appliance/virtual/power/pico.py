"""The virtual Pico: the loop and the mind of the real one, over contacts and sensors that can be worked.

It knows no time but the milliseconds that it is told have passed, and counts what it is given: heartbeats and steps of
what the virtual Pi has executed, pulses of the virtual platter.
"""

from __future__ import annotations

import errno

from appliance.interlock import loop
from appliance.interlock.ammeter import MAKER, NV_BIT, TEXAS, Ammeter
from appliance.interlock.guard import Limits, Seen
from appliance.interlock.sensors import FULL, Thermistor, supply_mv
from appliance.interlock.wire import ABSENT
from appliance.machine.model import Interlock
from appliance.virtual.power.quick import Counts, QuickGuard

TURN_MS = 2  # of the firmware's loop
WATCHDOG_MS = 150  # `boot/interlock/board.py`
BOOT_MS = 100  # from a reset until it sees and says anything; its outputs are off as long
SESSION, BUILD = 77, 0
WARM = FULL // 2  # of a thermistor at 25 degrees Celsius
CLOSED, OPEN = 1, 0


class Meter:
    """The current sensor at the other end of its bus, as far as `ammeter` asks it."""

    def __init__(self) -> None:
        self.raw, self.answers = 0, True

    def readfrom_mem_into(self, _address: int, register: int, into: bytearray) -> None:
        self._answer()
        into[:] = TEXAS if register == MAKER else (self.raw & 0xFFFF).to_bytes(2, 'big')

    def writeto_mem(self, _address: int, _register: int, _data: bytes) -> None:
        self._answer()

    def _answer(self) -> None:
        if not self.answers:
            raise OSError(errno.EIO, 'no answer')


class VirtualPico:
    """One microcontroller. `set` works its inputs, by the names of [interlock]; `turn` lets it live."""

    def __init__(self, interlock: Interlock, supply_v: float) -> None:
        self._interlock = interlock
        self._limits = Limits(
            round(interlock.head_max_c * 10),
            round(interlock.driver_max_c * 10),
            round(interlock.supply_min_v * 1000),
            round(interlock.supply_max_v * 1000),
            round(interlock.supply_max_a * 1000),
        )
        self._thermistor = Thermistor(
            interlock.thermistor_pull_up_ohm, interlock.thermistor_ohm, interlock.thermistor_beta_k
        )
        self._meter = Meter()
        self._ammeter = Ammeter(self._meter, interlock.shunt_mohm) if interlock.current_sensor == 'ina226' else None
        self.session = SESSION
        self.guard = QuickGuard(self._limits, self.session, BUILD)
        self._rest = {
            'head_adc': WARM, 'driver_adc': WARM, 'supply_adc': round(supply_v / interlock.supply_full_v * FULL)
        }  # fmt: skip
        self._now = {
            'stop_closed': CLOSED,
            'stop_open': OPEN,
            'lid': CLOSED,
            'home': OPEN,
            'shunt': 0,
            'bus': 1,
            **self._rest,
        }
        self._worked = True  # since the last look
        self.contact: bool | None = None  # of the relay, where it sticks; None: it follows
        self.power = self.head = False  # relay and lift, as driven
        self.said = b''  # and not fetched yet
        self._heard = b''
        self._voice, self._seen = loop.Voice(), Seen()
        self._elapsed_ms = 0
        self._away_ms = 0  # until it has started anew
        self._hung_ms: int | None = None
        self._missing = False

    def set(self, **inputs: int) -> None:
        """From the next turn on; any thread may say so."""
        self._now.update(inputs)
        self._worked = True

    def hear(self, data: bytes) -> None:
        """What its line brings before the next turn."""
        self._heard += data

    def turn(self, ms: int = TURN_MS, beats: int = 0, steps: int = 0, turns: int = 0) -> None:
        """Once round its loop, in which so many edges and pulses came."""
        if self._is_away(ms):
            self._heard = b''
            return
        seen = self._seen
        seen.beats, seen.steps, seen.turns, self._elapsed_ms = beats, steps, turns, ms
        loop.turn(self, self.guard, self._voice, seen)

    def calm(self, counts: Counts, first: int) -> int:
        """As so many turns from `first` on as there is nothing to hear, to tell or to decide in."""
        idle = not self._worked and not self._heard and not self._voice.waits and self.contact is None and self.power
        if not idle or self._away_ms or self._hung_ms is not None or not self._draws_well():
            return first
        untold = (loop.TELL_MS - self._voice.quiet_ms - 1) // TURN_MS
        at = self.guard.calm(TURN_MS, counts, first, min(first + untold, len(counts)))
        self._voice.quiet_ms += (at - first) * TURN_MS
        if self._ammeter:
            for _ in range(first, at):
                self._seen.current_ma = self._ammeter.take(TURN_MS)
        return at

    def _draws_well(self) -> bool:
        """Whether what the sensor says, and will say, is neither unknown nor too much."""
        if self._ammeter is None:
            return True
        ma = self._meter.raw * NV_BIT / (1000 * self._interlock.shunt_mohm)
        return self._meter.answers and max(abs(ma), abs(self._seen.current_ma)) < self._limits.most_ma

    def reset(self) -> None:
        """Its supply was gone for a moment: it starts anew, with a session of its own."""
        self.drive(False, False)
        self.session += 1
        self.guard = QuickGuard(self._limits, self.session, BUILD)
        self._voice, self._seen, self._worked = loop.Voice(), Seen(), True
        self._away_ms, self._hung_ms = BOOT_MS, None

    def miss(self, missing: bool) -> None:
        """Its plug is out: no power, not a word. Back in, it starts anew."""
        if missing != self._missing:
            self._missing = missing
            self.reset()

    def hang(self) -> None:
        """Its loop comes round no more: what is on stays on until the watchdog resets it, again and again."""
        self._hung_ms = 0

    def draw(self, current_ma: float) -> None:
        """So much flows through the shunt."""
        raw = round(current_ma * self._interlock.shunt_mohm * 1000 / NV_BIT)
        if raw != self._now['shunt']:
            self.set(shunt=min(raw, 0x7FFF))

    def weaken(self, part: float) -> None:
        """The motors' supply falls to so much of what it was."""
        self.set(supply_adc=round(part * self._rest['supply_adc']))

    def mend(self) -> None:
        """Warm sensors, a good supply, and a loop that comes round."""
        self.set(**self._rest)
        if self._hung_ms is not None or self._away_ms:
            self.reset()
            self._away_ms = 0

    def _is_away(self, ms: int) -> bool:
        if self._missing:
            return True
        if self._hung_ms is not None:
            self._hung_ms += ms
            if self._hung_ms >= WATCHDOG_MS:
                self.drive(False, False)
            return True
        away = self._away_ms > 0
        self._away_ms = max(self._away_ms - ms, 0)
        return away

    # -- the board of `loop` -----------------------------------------------------------------------------------------

    def look(self, seen: Seen) -> int:
        if self._worked:
            self._worked = False
            self._read(seen)
        seen.relay_closed = self.power if self.contact is None else self.contact
        seen.current_ma = self._ammeter.take(self._elapsed_ms) if self._ammeter else ABSENT
        return self._elapsed_ms

    def _read(self, seen: Seen) -> None:
        now, interlock = self._now, self._interlock
        seen.stop_out, seen.stop_agrees = now['stop_closed'] == CLOSED, now['stop_closed'] != now['stop_open']
        seen.lid_closed, seen.at_home = now['lid'] == CLOSED, now['home'] == CLOSED
        seen.head_dc = self._thermistor.dc(now['head_adc'])
        seen.driver_dc = self._thermistor.dc(now['driver_adc'])
        seen.supply_mv = supply_mv(now['supply_adc'], round(interlock.supply_full_v * 1000))
        self._meter.raw, self._meter.answers = now['shunt'], bool(now['bus'])

    def read(self) -> bytes | None:
        heard, self._heard = self._heard, b''
        return heard or None

    def write(self, data: bytes) -> bool:
        self.said += data
        return True

    def drive(self, power: bool, head: bool) -> None:
        self.power, self.head = power, head
