"""The interlock's hardware: a Raspberry Pi Pico (RP2040 datasheet; MicroPython's `machine` and `rp2`).

`wiring.py` beside this file is made from the machine file by the tool that flashes the Pico, and holds nothing but
numbers. Relay and lift have a resistor to ground each: a Pico that resets, or hangs and is reset by its watchdog,
gives no power.
"""

import gc
import time
from array import array
from os import urandom

import rp2
import wiring
from machine import ADC, I2C, UART, WDT, Pin, mem32

from appliance.interlock.ammeter import Ammeter
from appliance.interlock.guard import Guard, Limits, Seen
from appliance.interlock.sensors import Thermistor, supply_mv
from appliance.interlock.wire import ABSENT

try:
    from typing import TYPE_CHECKING
except ImportError:
    TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from rp2.asm_pio import *

WATCHDOG_MS = 150
# RP2040 datasheet 4.7.6 and 2.1.2: writing to the register's third alias clears bits.
WATCHDOG_CTRL, WATCHDOG_ENABLE, CLEAR = 0x40058000, 1 << 30, 0x3000
TURN_MS = 2  # of the loop
TAKE = 64  # bytes of the line in one turn: 115 200 baud bring 23 in two milliseconds
TIDY_MS = 250  # in which about 15 kB are used up, of 90
TRIES = 20  # to read a counter
HALF = 1 << 16  # of a counter's word
BUS_HZ = 400_000
BUS_US = 1000  # for one transfer of at most five bytes, which takes 125


# Two counters in programmable I/O, so that no pulse is lost whatever the loop does. X counts down: JMP X-- leads to the
# same place whether X was zero or not. That place must lie within the program: a label behind its last instruction is
# not where it wraps, but where another program begins (RP2040 datasheet 3.4.2, 3.5.2). X is read by an instruction that
# is put between, which does not disturb a WAIT (3.5.7).
@rp2.asm_pio(autopush=True, push_thresh=32)
def rising() -> None:
    wrap_target()
    label('again')
    wait(0, pin, 0)
    wait(1, pin, 0)
    jmp(x_dec, 'again')
    wrap()


@rp2.asm_pio(autopush=True, push_thresh=32)
def both_edges() -> None:
    wrap_target()
    label('again')
    wait(1, pin, 0)
    jmp(x_dec, 'fall')
    label('fall')
    wait(0, pin, 0)
    jmp(x_dec, 'again')
    wrap()


class Counter:
    """Pulses since it was asked last. Of X the lower half is enough, and it needs no memory: a whole X is too long for
    MicroPython's small numbers."""

    def __init__(self, number: int, program: 'Any', pin: int) -> None:
        self._machine = rp2.StateMachine(number, program, in_base=Pin(pin, Pin.IN, Pin.PULL_DOWN))
        self._machine.active(1)
        # Assembled once: a string would be compiled anew at each look.
        self._ask = rp2.asm_pio_encode('in_(x, 32)', 0)
        self._x = array('H', [0])
        self._last = self._now()

    def take(self) -> int:
        last = self._last
        self._last = self._now()
        return (last - self._last) % HALF

    def _now(self) -> int:
        """A counter that does not answer has counted nothing, which the guard takes for a platter that stands."""
        self._machine.exec(self._ask)
        for _ in range(TRIES):
            if self._machine.rx_fifo():
                self._machine.get(self._x)
                break
        return self._x[0]


class Board:
    """What the loop touches. Nothing here waits: not for the line, not for a counter."""

    def __init__(self) -> None:
        self._relay = Pin(wiring.RELAY, Pin.OUT, value=0)
        self._lift = Pin(wiring.LIFT, Pin.OUT, value=0)
        self._lamp = Pin(wiring.LAMP, Pin.OUT, value=0)
        # Each contact is to ground and pulled up: a broken wire reads as open.
        self._stop_closed = Pin(wiring.STOP_CLOSED, Pin.IN, Pin.PULL_UP)  # opens when the button is pressed
        self._stop_open = Pin(wiring.STOP_OPEN, Pin.IN, Pin.PULL_UP)  # closes when it is pressed
        self._lid = Pin(wiring.LID, Pin.IN, Pin.PULL_UP)
        self._home = Pin(wiring.HOME, Pin.IN, Pin.PULL_UP)
        self._relay_contact = Pin(wiring.RELAY_CONTACT, Pin.IN, Pin.PULL_UP)
        self._head = ADC(wiring.HEAD_ADC)
        self._driver = ADC(wiring.DRIVER_ADC)
        self._supply = ADC(wiring.SUPPLY_ADC)
        self._thermistor = Thermistor(wiring.PULL_UP_OHM, wiring.NOMINAL_OHM, wiring.BETA_K)
        self._beats = Counter(0, both_edges, wiring.HEARTBEAT)
        self._steps = Counter(1, rising, wiring.STEP)
        self._turns = Counter(2, rising, wiring.INDEX)
        self._line = UART(0, baudrate=wiring.BAUD, tx=Pin(wiring.TX), rx=Pin(wiring.RX), rxbuf=256, txbuf=256)
        self._ammeter: Ammeter | None = None
        if wiring.SHUNT_MOHM:
            bus = I2C(wiring.I2C, sda=Pin(wiring.SDA), scl=Pin(wiring.SCL), freq=BUS_HZ, timeout=BUS_US)
            self._ammeter = Ammeter(bus, wiring.SHUNT_MOHM)
        self._looked = self._tidied = time.ticks_ms()
        self._watchdog = WDT(timeout=WATCHDOG_MS)

    def guard(self) -> Guard:
        """A new one, with a session of its own."""
        limits = Limits(wiring.HEAD_DC, wiring.DRIVER_DC, wiring.LOW_MV, wiring.HIGH_MV, wiring.MOST_MA)
        return Guard(limits, int.from_bytes(urandom(3), 'big'), wiring.BUILD)

    def look(self, seen: Seen) -> int:
        """All inputs into `seen`; the milliseconds since the last look."""
        closed, opened = not self._stop_closed.value(), not self._stop_open.value()
        seen.stop_out = closed
        seen.stop_agrees = closed != opened
        seen.lid_closed = not self._lid.value()
        seen.relay_closed = not self._relay_contact.value()
        seen.at_home = not self._home.value()
        seen.head_dc = self._thermistor.dc(self._head.read_u16())
        seen.driver_dc = self._thermistor.dc(self._driver.read_u16())
        seen.supply_mv = supply_mv(self._supply.read_u16(), wiring.SUPPLY_FULL_MV)
        seen.beats = self._beats.take()
        seen.steps = self._steps.take()
        seen.turns = self._turns.take()
        now = time.ticks_ms()
        elapsed_ms = time.ticks_diff(now, self._looked)
        self._looked = now
        seen.current_ma = self._ammeter.take(elapsed_ms) if self._ammeter else ABSENT
        return elapsed_ms

    def drive(self, power: bool, head: bool) -> None:
        """The head before the power, when both go."""
        self._lift.value(1 if head else 0)
        self._relay.value(1 if power else 0)
        self._lamp.value(1 if power else 0)

    def read(self) -> 'bytes | None':
        """What has come, if anything. Whoever asks for more than that waits for it, and 2 ms after it for more."""
        come = self._line.any()
        return self._line.read(min(come, TAKE)) if come else None

    def write(self, data: bytes) -> bool:
        """Only while nothing of what was said before waits: a full line never holds up the loop. Whether it went."""
        if not self._line.txdone():
            return False
        self._line.write(data)
        return True

    def tidy(self) -> None:
        """Now and then what lies about is thrown away, in a turn that has nothing else to do: it takes 4 ms, and left
        to itself it happens in the midst of the longest turn."""
        if time.ticks_diff(self._looked, self._tidied) >= TIDY_MS:
            self._tidied = self._looked
            gc.collect()

    def rest(self) -> None:
        """The watchdog is fed here alone: whoever does not come round is reset, and has no power."""
        self._watchdog.feed()
        time.sleep_ms(TURN_MS)

    def lay_down(self) -> None:
        """No watchdog any more, for whoever has stopped the loop by hand: its resets would take the board away before a
        new firmware is on it."""
        mem32[WATCHDOG_CTRL + CLEAR] = WATCHDOG_ENABLE
