"""A panel on recorded wires: one 40-pin header for all, contacts that bounce, an LCD that decodes its bytes.

The real drivers (`GpioControls`, `Lcd`) are wired by a machine file and cannot tell it from a Pi; a visitor's hands are
`set`, and what can be seen is `frame`, `lit` and `lamp`.
"""

import random

import numpy as np

from appliance.booth.controls import GpioControls
from appliance.booth.lcd import Lcd
from appliance.booth.wiring import controls_wiring, lcd_wiring
from appliance.clock import SteppedClock
from appliance.machine import load_machine
from tests.booth.fake_gpio import FakeGpio
from tests.booth.panel import Panel

AT_REST = {'record': False, 'left': False, 'right': False, 'lid_closed': True, 'blank': False, 'stop_pressed': False}
POWERLESS = 77  # what the glass holds after a reset: anything


class Header(FakeGpio):
    """RPi.GPIO of one Pi: a pin has one use, its own pull, and a contact that chatters after each change."""

    def __init__(self, clock, seed, chatter_s):
        super().__init__()
        self._clock, self._random, self._chatter_s = clock, random.Random(seed), chatter_s
        self._edges = {}  # pin: [(from when, level)], in order
        self.watchers = []  # told of each output: (pin, level)

    def setup(self, pin, direction, pull_up_down=None, initial=None):
        used = self.outputs if direction == self.IN else self.pulls
        assert pin not in used, f'GPIO {pin} is in and out at once'
        super().setup(pin, direction, pull_up_down, initial)

    def output(self, pin, level):
        super().output(pin, level)
        for watcher in self.watchers:
            watcher(pin, level)

    def input(self, pin):
        for since_s, level in self._edges.get(pin, ()):
            if since_s <= self._clock.now_s():
                self.driven[pin] = level
        return super().input(pin)

    def drive(self, pin, level):
        """From now on, after some chatter."""
        now_s = self._clock.now_s()
        count = 2 * self._random.randrange(0, 12)
        times = sorted(now_s + self._random.uniform(0, self._chatter_s) for _ in range(count))
        chatter = [(at_s, level if k % 2 else 1 - level) for k, at_s in enumerate(times)]
        self._edges[pin] = [(now_s, level), *chatter]

    def let_go(self, pin):
        """The wire has come off: only the pull speaks."""
        self._edges.pop(pin, None)
        self.driven.pop(pin, None)

    def cleanup(self, pins=None):
        assert pins is not None, 'the pins of the lathe would be given back too'
        super().cleanup([pins] if isinstance(pins, int) else pins)


class Bus:
    """spidev's device, with the panel at its end."""

    def __init__(self, header, wiring):
        self._header, self._wiring = header, wiring
        self._sent, self._panel = [], Panel()
        self.opened, self.broken, self.bytes = None, False, 0
        header.watchers.append(self._watch)

    def open(self, port, device):
        self.opened = (port, device)

    def close(self):
        self.opened = None

    def writebytes(self, data):
        if self.broken:
            raise OSError(5, 'Input/output error')
        assert self.opened == (self._wiring.spi_port, self._wiring.spi_device), 'nobody hangs there'
        assert len(data) <= 4096, 'more than spidev takes at once'
        is_data = self._header.outputs[self._wiring.dc] == self._header.HIGH
        if not is_data:  # what came before is whole
            self.settle()
        self.bytes += len(data)
        self._sent.append((is_data, bytes(data)))

    def settle(self):
        self._panel.take(self._sent)
        self._sent.clear()

    @property
    def frame(self):
        """What the glass shows, 240 x 320 x 3; six bits of each colour are its own."""
        self.settle()
        return self._panel.memory

    def _watch(self, pin, level):
        if pin == self._wiring.reset and level == self._header.LOW:
            self.settle()
            self._panel.memory[:] = POWERLESS


class Rig:
    """Drivers, wires, and what a visitor does and sees. `chatter_s`: how long a contact bounces at most."""

    def __init__(self, machine=None, clock=None, seed=0, chatter_s=0.015):
        machine = machine or load_machine()
        self.clock = clock or SteppedClock()
        self._wires, self._lcd_wires = controls_wiring(machine), lcd_wiring(machine)
        self.header = Header(self.clock, seed, chatter_s)
        self.bus = Bus(self.header, self._lcd_wires)
        for name, on in AT_REST.items():
            self._level(name, on, settled=True)
        self.controls = GpioControls(self._wires, self.header)
        self.lcd = Lcd(self._lcd_wires, self.bus, self.header, self.clock.now_s)

    def set(self, name, on):
        """A control or sensor of `doors.Inputs`."""
        self._level(name, on)

    def cut(self, name):
        """Its wire breaks."""
        self.header.let_go(getattr(self._wires, name).pin)

    def lamp(self):
        return self.header.outputs[self._wires.lamp.pin] == (self._wires.lamp.active == 'high')

    def lit(self):
        return self.header.outputs[self._lcd_wires.backlight] == (not self._lcd_wires.backlight_active_low)

    def shows(self, image):
        """Whether the glass shows this very image, as far as its six bits go."""
        seen = np.rot90(self.bus.frame, self._lcd_wires.rotate)
        return np.array_equal(seen >> 2, np.asarray(image) >> 2)

    def _level(self, name, on, settled=False):
        wire = getattr(self._wires, name)
        level = int((wire.active == 'high') is on)
        if settled:
            self.header.driven[wire.pin] = level
        else:
            self.header.drive(wire.pin, level)
