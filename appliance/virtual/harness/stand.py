"""A whole machine on a bench: a virtual Pi, a virtual Pico, motors, head and switches, and a harness between them.

Registers, line and clock are those that a real machine has (`compose.real.site.Site`), so whatever drives a real one
drives this too; and whatever is broken in the harness is felt as there. Time passes where the engine rests, and where
somebody waits.
"""

from __future__ import annotations

import threading
from typing import Any

import numpy as np

from appliance.errors import MachineRefusesError
from appliance.lathe.settings import memory_words
from appliance.machine.model import Machine, bit
from appliance.virtual.carriage import CarriageFollower, VirtualCarriage
from appliance.virtual.executed import Executed
from appliance.virtual.harness import Break, Harness
from appliance.virtual.harness.bench import Ends
from appliance.virtual.harness.gpio import Bus, Header, arrived
from appliance.virtual.harness.head import Stylus, Warmth, thermistor_raw
from appliance.virtual.harness.pico import TURN_MS, PicoBench
from appliance.virtual.harness.supply import SupplyCurrent
from appliance.virtual.lathe import initial_levels, pi_settings
from appliance.virtual.pi import PiMemory, VirtualPi
from appliance.virtual.platter import PlatterFollower, VirtualPlatter
from appliance.wires.table import wires_of

US = 1000  # in a ms
LEFT_MM = 3.0  # inward of its switch: where somebody has left the carriage
PULSE_INPUTS = ('interlock.heartbeat', 'interlock.step', 'interlock.index')
# What a hand on the panel works at the Pico too: one button, several contacts.
STOP, LID = 'controls.stop_pressed', 'controls.lid_closed'
ALSO = {STOP: ('stop_closed', 'stop_open')}


class StandIn:
    """Implements `pico.Port` and `clock.Clock`."""

    def __init__(self, machine: Machine, broken: tuple[Break, ...] = ()) -> None:
        if machine.interlock is None:
            raise MachineRefusesError(
                'it has no [interlock]', where=machine.machine.name, remedy='virtual.toml shows one'
            )
        self.machine, self.harness = machine, Harness(wires_of(machine), broken)
        memory = PiMemory(chain_words=memory_words(machine), frames=1 << 19, edges=1 << 17)
        self.pi = VirtualPi(pi_settings(machine), memory)
        self.header = Header(self.harness, machine.machine.chip, self.pi)
        self.bus = Bus(self.header.note)
        self.pico = PicoBench(self.harness, machine.interlock, machine.bridge.supply_v)
        self._ends = Ends(self.harness, initial_levels(machine))
        self._at_ends = self._ends.levels.copy()
        self.carriage, self.platter = VirtualCarriage(machine), VirtualPlatter(machine)
        self.carriage.radius_mm -= LEFT_MM
        self._carries = CarriageFollower(self.carriage, self._ends.levels)
        self._turns = PlatterFollower(self.platter, self._ends.levels)
        self._supply = SupplyCurrent(machine, self._ends.levels)
        self._stylus, self._warmth, self._held = Stylus(machine, self._ends.levels), Warmth(), False
        self._waiting: dict[str, list[int]] = {key: [] for key in PULSE_INPUTS}
        self._from_frame = self._to_frame = self._ms = self._rested_us = 0
        self._lock = threading.RLock()
        self.lid_open = False
        self.work('')
        self.forget()
        self.rest(0.2)

    # -- what anybody sees who stands beside it ----------------------------------------------------------------------

    def forget(self) -> None:
        """What was seen so far."""
        self._began_rad, self._began_mm = self.turned_rad, self.carriage.radius_mm
        self._least_mm = self._most_mm = self._began_mm
        self._stylus.forget()
        self.head_was_down = self.lamp_was_lit = False

    @property
    def turned_rad(self) -> float:
        return self._turns._last_rad

    @property
    def platter_rad(self) -> float:
        """How far it has turned, forward above 0."""
        return self.turned_rad - self._began_rad

    @property
    def carriage_mm(self) -> float:
        """How far it has gone at most, outward above 0."""
        outward, inward = self._most_mm - self._began_mm, self._began_mm - self._least_mm
        return outward if outward >= inward else -inward

    @property
    def stylus_um(self) -> float:
        """The same of the stylus."""
        outward, inward = self._stylus.most_um, -self._stylus.least_um
        return outward if outward >= inward else -inward

    @property
    def stylus_swing_um(self) -> float:
        """From one end of where it has been to the other."""
        return self._stylus.most_um - self._stylus.least_um

    @property
    def lamp_blinked(self) -> bool:
        """That of the button."""
        sent = {'controls.lamp': self.header.driven('controls.lamp')}
        return arrived(self.harness, 'controls.lamp', sent).level is None

    @property
    def shows_pattern(self) -> bool:
        """Whether all that was sent to the LCD has come there."""
        sent = {f'lcd.{name}': self.header.driven(f'lcd.{name}') for name in ('dc', 'reset', 'backlight')}
        sent |= self.bus.signals()
        return all(arrived(self.harness, key, sent).content == signal.content for key, signal in sent.items())

    def work(self, key: str) -> None:
        """A finger on one contact of the panel, and on what belongs to it at the Pico; or on the thermistor of the
        head. '' takes it away."""
        with self._lock:
            self._held = key == 'interlock.head_adc'
            closed = self.lid_open is (key == LID)
            self.header.work(key, (STOP,) if self.lid_open else (STOP, LID))
            self.pico.worked = ALSO.get(key, ()) + (() if closed else ('lid',))

    # -- line and clock ----------------------------------------------------------------------------------------------

    def read(self) -> bytes:
        with self._lock:
            self._catch_up()
            return self.pico.read()

    def write(self, data: bytes) -> None:
        with self._lock:
            self.pico.write(data)

    def close(self) -> None:
        """The line is given back; the machine stands there still."""

    def now_s(self) -> float:
        with self._lock:
            return (self._board_us() + self._rested_us) / 1e6

    def rest(self, seconds: float) -> None:
        with self._lock:
            self._rested_us += round(seconds * 1e6)
            self._catch_up()

    def _board_us(self) -> int:
        return int(self.pi.door.now_us(self.pi.door.self))

    def _catch_up(self) -> None:
        """What the board has done since, then as many turns of the Pico as that took."""
        while (block := self.pi.drain(timeout_ms=0)) is not None and (len(block.pwm) or len(block.edge_frame)):
            self._take(block)
        turns = (self._board_us() + self._rested_us - self._ms * US) // (TURN_MS * US)
        if turns <= 0:
            return
        ends = np.linspace(self._from_frame, max(self._to_frame, self._from_frame + 1), turns + 1)
        counts = [np.histogram(np.clip(self._waiting[key], ends[0], ends[-1]), ends)[0] for key in PULSE_INPUTS]
        self._from_frame, self._waiting = self._to_frame, {key: [] for key in PULSE_INPUTS}
        self.pico.due.extend(zip(*(count.tolist() for count in counts), strict=True))
        self._ms += turns * TURN_MS
        self._warm(turns * TURN_MS / 1000)
        self.pico.at_home, self.pico.draws_ma = self.carriage.at_home, round(self._supply.ma)
        self.pico.rest(turns * TURN_MS / 1000)
        self._look()

    def _warm(self, seconds: float) -> None:
        assert self.machine.interlock is not None
        coil_w = self._supply.head_ma / 1000 * self.machine.bridge.supply_v
        self._warmth.pass_s(seconds, coil_w, held=self._held)
        self.pico.senses['head_adc'] = thermistor_raw(self._warmth.celsius, self.machine.interlock)

    def _take(self, block: Executed) -> None:
        pins, there = self.machine.pins, self._ends.through(block)
        self._carries.take(there)
        self._carries.finish()
        passed = len(self._turns.pulses)
        self._turns.take(there)
        self._turns.finish()
        self._supply.take(there)
        self._stylus.take(there, powered=self.pico.reaches('relay'))
        self._at_ends[there.edge_gpio] = there.edge_level
        self._least_mm = min(self._least_mm, self.carriage.radius_mm)
        self._most_mm = max(self._most_mm, self.carriage.radius_mm)
        self._to_frame = block.end_frame
        rising = block.edge_level == 1
        heard: dict[str, Any] = {
            'interlock.heartbeat': block.edge_frame[block.edge_gpio == pins.heartbeat],
            'interlock.step': block.edge_frame[(block.edge_gpio == pins.platter_step) & rising],
            'interlock.index': np.array([pulse.frame for pulse in self._turns.pulses[passed:]], np.int64),
        }
        for key, frames in heard.items():
            driver = self.harness.driver(key)
            if driver is not None and key in driver.keys:
                self._waiting[key] += frames.tolist()

    def _look(self) -> None:
        pins = self.machine.pins
        down = self._at_ends[pins.head_lift] == bit(pins.lift_down)
        self.head_was_down |= bool(down and self.pico.reaches('lift') and self.pico.reaches('relay'))
        self.lamp_was_lit |= self.pico.reaches('lamp')
