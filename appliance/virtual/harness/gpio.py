"""RPi.GPIO's functions over the registers of a virtual Pi, for all that hangs on its header beside the lathe."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import pairwise
from typing import Any

from appliance.machine.panel_checks import DRIVEN
from appliance.native import lib
from appliance.virtual.harness import Harness
from appliance.virtual.pi import PiMemory, PiSettings, VirtualPi
from appliance.wires.judge import Signal
from appliance.wires.table import LEVELS, Wire

GPFSEL, GPSET, GPCLR, GPLEV = lib.GPFSEL0, lib.GPSET0, lib.GPCLR0, lib.GPLEV0
GPPUD, GPPUDCLK, PULLS_2711 = lib.GPPUD, lib.GPPUDCLK0, lib.GPIO_PUP_PDN_CNTRL_REG0
NORMALLY_CLOSED = ('controls.stop_pressed',)
GIVE_BOTH = tuple(f'controls.{name}' for name in DRIVEN)
HELD = tuple(f'pins.{name}' for name in LEVELS)  # by a resistor at their far ends
SETTLE_US = 1  # 150 cycles (BCM2835 ARM Peripherals, GPPUDCLK)


class VirtualGpio:
    """Stands for RPi.GPIO's module. `moved` is called after each write of a pin."""

    BCM, IN, OUT, LOW, HIGH, PUD_DOWN, PUD_UP = 11, 1, 0, 0, 1, 21, 22

    def __init__(self, pi: VirtualPi, chip: str, moved: Callable[[], None]) -> None:
        self._pi, self._chip, self._moved = pi, chip, moved
        self._pulls: dict[int, int] = {}  # of a BCM2711, by register

    def setwarnings(self, on: bool) -> None:
        """There is nobody to be warned of."""

    def setmode(self, mode: int) -> None:
        """Pins are BCM numbers anyhow."""

    def setup(self, pin: int, direction: int, *, pull_up_down: int | None = None, initial: int | None = None) -> None:
        if direction == self.OUT:
            if initial is not None:
                self._level(pin, initial)
            self._select(pin, lib.FSEL_OUT)
            self._moved()
            return
        self._select(pin, lib.FSEL_IN)
        if pull_up_down is not None:
            self._pull(pin, pull_up_down == self.PUD_UP)

    def input(self, pin: int) -> int:
        return self.levels() >> pin & 1

    def output(self, pin: int, level: int) -> None:
        self._level(pin, level)
        self._moved()

    def cleanup(self, pins: Iterable[int] | int = ()) -> None:
        for pin in [pins] if isinstance(pins, int) else pins:
            self._select(pin, lib.FSEL_IN)

    def levels(self) -> int:
        """Of all pins, one bit each."""
        return self._read(GPLEV)

    def _level(self, pin: int, level: int) -> None:
        self._write(GPSET if level else GPCLR, 1 << pin)

    def _select(self, pin: int, function: int) -> None:
        register, shift = GPFSEL + 4 * (pin // 10), 3 * (pin % 10)
        self._write(register, self._read(register) & ~(7 << shift) | function << shift)

    def _pull(self, pin: int, up: bool) -> None:
        if self._chip == 'bcm2711':
            part, shift = pin // 16, 2 * (pin % 16)
            self._pulls[part] = self._pulls.get(part, 0) & ~(3 << shift) | (1 if up else 2) << shift
            self._write(PULLS_2711 + 4 * part, self._pulls[part])
            return
        for address, value in ((GPPUD, 2 if up else 1), (GPPUDCLK, 1 << pin), (GPPUD, 0), (GPPUDCLK, 0)):
            self._write(address, value)
            self._pi.pass_us(SETTLE_US)

    def _read(self, address: int) -> int:
        return int(self._pi.door.read(self._pi.door.self, address))

    def _write(self, address: int, value: int) -> None:
        self._pi.door.write(self._pi.door.self, address, value)


class Header:
    """A virtual Pi's header with a harness in it. Contacts are worked with `work`; outputs are noted as they change."""

    def __init__(self, harness: Harness, chip: Any, pi: VirtualPi | None = None) -> None:
        """`pi`: one that does more than this."""
        self._harness = harness
        self.pi = pi or VirtualPi(PiSettings(chip=chip), PiMemory(chain_words=64, frames=0, edges=0))
        self.gpio = VirtualGpio(self.pi, chip, self.note)
        self._contacts = {
            wire.key: wire for wire in harness.wires if wire.key.startswith('controls.') and wire.way == 'in'
        }
        self._outputs = {wire.key: wire for wire in harness.wires if wire.board == 'pi' and wire.way == 'out'}
        self._noted: dict[str, list[int]] = {key: [] for key in self._outputs}
        self._hold()
        self.work('')

    def work(self, key: str, closed: tuple[str, ...] = NORMALLY_CLOSED) -> None:
        """A finger on this contact alone; '' takes it away. One that is closed gives what its pin is not pulled to.
        `closed`: those that are so at rest."""
        for name, wire in self._contacts.items():
            driver = self._harness.driver(name)
            if driver is not None and driver.key in self._contacts:
                is_closed = (driver.key == key) is not (driver.key in closed)
                open_level = driver.rest if driver.key in GIVE_BOTH else None
                outside = 1 - driver.rest if is_closed else open_level
            else:
                outside = 0 if self._harness.is_grounded(name) else None
            self.pi.set_input(wire.gpio or 0, outside)

    def _hold(self) -> None:
        """What a pin of the lathe reads while the Pi does not drive it."""
        for name, wire in self._outputs.items():
            driver = self._harness.driver(name)
            held = driver.rest if driver is not None and driver.key in HELD else None
            self.pi.set_input(wire.gpio or 0, 0 if self._harness.is_grounded(name) else held)

    def note(self) -> None:
        """The levels of all outputs at this moment."""
        levels = self.gpio.levels()
        for key, wire in self._outputs.items():
            self._noted[key].append(levels >> (wire.gpio or 0) & 1)

    def driven(self, key: str) -> Signal:
        """What the Pi has given out of the pin of this wire since the beginning."""
        levels = self._noted[key]
        changes = sum(a != b for a, b in pairwise(levels))
        if not changes:
            return Signal(('still', levels[0] if levels else 0), 'nothing', levels[0] if levels else 0)
        return Signal(tuple(levels), told(changes))

    def close(self) -> None:
        self.pi.close()


def told(changes: int) -> str:
    """How often a level has changed."""
    return 'changes once' if changes == 1 else f'changes {changes} times'


class Bus:
    """Stands for spidev's device: what went over its three wires, and over how many transfers."""

    def __init__(self, moved: Callable[[], None]) -> None:
        self._moved = moved
        self.sent = b''
        self.transfers = 0

    def open(self, port: int, device: int) -> None:
        """Always there."""

    def close(self) -> None:
        """Nothing is held."""

    def writebytes(self, data: Any) -> None:
        self._moved()
        self.sent += bytes(data)
        self.transfers += 1

    def signals(self) -> dict[str, Signal]:
        """By the keys of the three wires."""
        if not self.sent:
            return {f'lcd.{name}': Signal(('still', 0), 'nothing', 0) for name in ('mosi', 'clock', 'select')}
        return {
            'lcd.mosi': Signal(('mosi', self.sent), f'{len(self.sent)} bytes'),
            'lcd.clock': Signal(('clock', 8 * len(self.sent)), f'{8 * len(self.sent)} clocks'),
            'lcd.select': Signal(('select', self.transfers), f'selected {self.transfers} times'),
        }


def arrived(harness: Harness, key: str, driven: dict[str, Signal]) -> Signal:
    """At the other end of an output's wire. A signal of something that was not tried meanwhile is none."""
    driver: Wire | None = harness.driver(key)
    level = harness.level(key)
    if driver is None or driver.key not in driven:
        return Signal(('still', level), 'nothing', level)
    return driven[driver.key]
