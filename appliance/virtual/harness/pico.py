"""The virtual Pico on the harness: the interlock's own mind, its contacts and sensors, and its line to the supervisor.

It is the clock too: time passes only where somebody rests, and the run that the Pi has executed is played to it then.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from appliance.interlock.guard import Guard, Limits, Seen
from appliance.interlock.sensors import FULL, supply_mv, thermistor_dc
from appliance.interlock.wire import ABSENT, UNKNOWN, Lines, framed
from appliance.machine.model import FRAME_RATE_HZ, Interlock
from appliance.virtual.harness import Harness
from appliance.virtual.harness.gpio import told
from appliance.wires.judge import Signal

TURN_MS, TELL_MS = 2, 50  # of the firmware's loop
WARM = 0.85  # of what a thermistor gave: some ten degrees more
LOW = 0.9  # of the supply
REST_MA, WORKED_MA = 250, 750  # of what the current sensor is given
OUTPUTS = ('relay', 'lift', 'lamp')
CONTACTS = ('stop_closed', 'stop_open', 'lid', 'home')  # worked by hand
SENSORS = ('index', 'head_adc', 'driver_adc', 'supply_adc')
METER_MS = 10  # from one reading to the next
METER = 'sda'  # where there is one: what the current sensor says
CLOSED_AT_REST = ('stop_closed', 'lid')
SESSION, BUILD = 77, 0
Reading = int | None


@dataclass(frozen=True, slots=True)
class Played:
    """What came out of the ends of the wires from Pi and platter: frames of each edge."""

    beats: NDArray[np.int64]
    steps: NDArray[np.int64]
    turns: NDArray[np.int64]


class PicoBench:
    """Implements `pico.Port` and `clock.Clock`."""

    def __init__(self, harness: Harness, interlock: Interlock, supply_v: float) -> None:
        self._harness, self._interlock = harness, interlock
        self._supply = round(supply_v / interlock.supply_full_v * FULL)
        limits = (round(interlock.head_max_c * 10), round(interlock.driver_max_c * 10),
                  round(interlock.supply_min_v * 1000), round(interlock.supply_max_v * 1000),
                  round(interlock.supply_max_a * 1000))  # fmt: skip
        self.guard = Guard(Limits(*limits), SESSION, BUILD)
        meter = () if interlock.current_sensor == 'none' else (METER,)
        self.hand = (*CONTACTS, *SENSORS, *meter)  # what can be worked
        self.inputs = (*self.hand, 'relay_contact')
        self._lines, self._seen = Lines(), Seen()
        self._ms = self._quiet_ms = 0
        self._played: Played | None = None
        self._from_ms = 0
        self.worked: tuple[str, ...] = ()
        self.at_home = False  # the carriage stands at its switch, whether a hand works that or not
        self.draws_ma: int | None = None  # all that has power; None: nothing is there, and the meter is worked by hand
        self.senses: dict[str, int] = {}  # what sensors give; of those that are not named here: as at rest or worked
        self.due: deque[tuple[int, int, int]] = deque()  # heartbeats, steps and index pulses of each turn to come
        self.said, self.got = b'', b''  # by the Pico; by the Pi, of it
        self.told, self.heard = b'', b''  # by the Pi; by the Pico, of it
        self._waiting = b''
        self.levels: dict[str, list[int]] = {name: [0] for name in OUTPUTS}  # as driven
        self.changes: dict[str, list[int]] = {name: [] for name in OUTPUTS}  # when, in ms
        self.with_power: dict[str, int] | None = None  # what each input read when the relay had closed

    # -- the supervisor's side -----------------------------------------------------------------------------------

    def now_s(self) -> float:
        return self._ms / 1000

    def rest(self, seconds: float) -> None:
        for _ in range(max(round(seconds * 1000 / TURN_MS), 1)):
            self._turn()

    def read(self) -> bytes:
        data, self._waiting = self._waiting, b''
        return data

    def write(self, data: bytes) -> None:
        self.told += data
        if self._is_whole('rx'):
            self.heard += data
            for kind, numbers in self._lines.take(data):
                answer = self.guard.hear(kind, numbers)
                if answer:
                    self._say(answer)

    def play(self, played: Played) -> None:
        """From now on, in step with the clock."""
        self._played, self._from_ms = played, self._ms

    # -- the Pico's side -----------------------------------------------------------------------------------------

    def reads(self, name: str) -> int:
        """What the Pico has of one of its inputs now, 0 to FULL; a contact gives one end or the other."""
        key = f'interlock.{name}'
        driver = self._harness.driver(key)
        outside = None
        if driver is not None and driver.key.startswith('interlock.'):
            outside = self._gives(driver.key.removeprefix('interlock.'))
        if outside is None:
            return FULL * self._harness.level(key)
        return outside

    def _gives(self, name: str) -> Reading:
        """The contact or sensor at the other end of a wire; None: open."""
        if name in self.senses:
            return self.senses[name]
        worked = name in self.worked or (name == 'home' and self.at_home)
        if name in SENSORS:
            rests = {'index': 0, 'head_adc': FULL // 2, 'driver_adc': FULL // 2, 'supply_adc': self._supply}[name]
            works = {'index': FULL, 'supply_adc': round(LOW * rests)}.get(name, round(WARM * rests))
            return works if worked else rests
        if name == 'relay_contact':
            return 0 if self.reaches('relay') else None
        if name == METER and self.draws_ma is not None:
            return self.draws_ma if self.reaches('relay') else 0
        if name == METER:
            return WORKED_MA if worked else REST_MA
        if name in CONTACTS:
            return 0 if worked is not (name in CLOSED_AT_REST) else None
        return None

    def reaches(self, name: str) -> bool:
        """Whether the coil, transistor or lamp at the other end of an output is on."""
        driver = self._harness.driver(f'interlock.{name}')
        if driver is None:
            return bool(self._harness.level(f'interlock.{name}'))
        other = driver.key.removeprefix('interlock.')
        return bool(self.levels[other][-1]) if other in self.levels else False

    def _turn(self) -> None:
        self._ms += TURN_MS
        seen, interlock = self._seen, self._interlock
        closed, opened = not self._high('stop_closed'), not self._high('stop_open')
        seen.stop_out, seen.stop_agrees = closed, closed != opened
        seen.lid_closed, seen.at_home = not self._high('lid'), not self._high('home')
        seen.relay_closed = not self._high('relay_contact')
        if self.with_power is None and self.reaches('relay'):
            self.with_power = {name: self.reads(name) for name in self.inputs}
        thermistor = interlock.thermistor_pull_up_ohm, interlock.thermistor_ohm, interlock.thermistor_beta_k
        seen.head_dc = thermistor_dc(self.reads('head_adc'), *thermistor)
        seen.driver_dc = thermistor_dc(self.reads('driver_adc'), *thermistor)
        seen.supply_mv = supply_mv(self.reads('supply_adc'), round(interlock.supply_full_v * 1000))
        seen.current_ma = self._current_ma()
        seen.beats, seen.steps, seen.turns = self._count()
        self.guard.step(TURN_MS, seen)
        for name, level in zip(OUTPUTS, (self.guard.power, self.guard.head, self.guard.power), strict=True):
            if self.levels[name][-1] != level:
                self.levels[name].append(int(level))
                self.changes[name].append(self._ms)
        self._quiet_ms += TURN_MS
        if self._quiet_ms >= TELL_MS:
            self._quiet_ms = 0
            self._say(framed(self.guard.status(seen)))

    def _current_ma(self) -> int:
        """An answer needs both wires of the bus; whatever else is on the data wire is none."""
        if self._interlock.current_sensor == 'none':
            return ABSENT
        return self.reads(METER) if self._is_whole(METER) and self._is_whole('scl') else UNKNOWN

    def _high(self, name: str) -> bool:
        return self.reads(name) > FULL // 2

    def _count(self) -> tuple[int, int, int]:
        """Edges and pulses of the last turn of the loop."""
        if self.due:
            return self.due.popleft()
        if self._played is None:
            return 0, 0, 0
        span = [(self._ms - self._from_ms - back) * FRAME_RATE_HZ // 1000 for back in (TURN_MS, 0)]
        beats, steps, turns = (
            int(np.diff(np.searchsorted(frames, span))[0])
            for frames in (self._played.beats, self._played.steps, self._played.turns)
        )
        return beats, steps, turns

    def _say(self, data: bytes) -> None:
        self.said += data
        if self._is_whole('tx'):
            self.got += data
            self._waiting = (self._waiting + data)[-4096:]

    def _is_whole(self, name: str) -> bool:
        driver = self._harness.driver(f'interlock.{name}')
        return driver is not None and driver.key == f'interlock.{name}'

    # -- what it was for -----------------------------------------------------------------------------------------

    def driven(self) -> dict[str, Signal]:
        """Its outputs and both lines, as they left their ends."""
        found = {f'interlock.{name}': _levels(self.levels[name], self.changes[name]) for name in OUTPUTS}
        if METER in self.inputs:
            found['interlock.scl'] = Signal(('clock', self._ms), f'{self._ms // METER_MS} readings')
        return found | {'interlock.tx': _bytes(self.said), 'interlock.rx': _bytes(self.told)}


def _levels(levels: list[int], changes: list[int]) -> Signal:
    if len(levels) == 1:
        return Signal(('still', levels[0]), 'nothing', levels[0])
    return Signal((*levels, *changes), told(len(levels) - 1))


def _bytes(data: bytes) -> Signal:
    return Signal(('line', data), f'{len(data)} bytes') if data else Signal(('still', 1), 'nothing', 1)
