"""Buttons, pads, sensors and the lamp on a Pi's pins, through anything that offers RPi.GPIO's functions.

Polled, never by edge detection, which fails on kernels from 6.6 on (field notes). What cannot be read is unsafe.
"""

from __future__ import annotations

import contextlib
import importlib
from dataclasses import dataclass, fields
from typing import Any, Literal

from appliance.booth.doors import Inputs
from appliance.errors import MachineFileError, MachineRefusesError
from appliance.machine.panel_checks import pulled_up

UNSAFE = Inputs(known=False)
FAILS = (OSError, RuntimeError, ValueError)


@dataclass(frozen=True, slots=True)
class Wire:
    """One pin (BCM number) and the level at which what it is named for is so: pressed, closed, laid, lit."""

    pin: int
    active: Literal['low', 'high']


@dataclass(frozen=True, slots=True)
class Wiring:
    """Every wire of the panel. A switch to ground (active low) gets a pull-up, one to 3.3 V a pull-down, so that a
    broken wire reads as not pressed, not closed and not laid; the stop is a normally closed contact, active when open.
    """

    record: Wire
    left: Wire
    right: Wire
    lid_closed: Wire
    blank: Wire
    stop_pressed: Wire
    lamp: Wire

    def __post_init__(self) -> None:
        pins = [getattr(self, field.name).pin for field in fields(self)]
        twice = sorted({pin for pin in pins if pins.count(pin) > 1})
        if twice:
            names = ', '.join(field.name for field in fields(self) if getattr(self, field.name).pin == twice[0])
            raise MachineFileError(f'GPIO {twice[0]} is given to {names}', where='controls', remedy='one wire a pin')


class GpioControls:
    """Implements `doors.Controls`."""

    def __init__(self, wiring: Wiring, gpio: Any) -> None:
        """Takes the pins; MachineRefusesError when they cannot be had."""
        self._gpio = gpio
        self._lamp = wiring.lamp
        self._inputs = {field.name: getattr(wiring, field.name) for field in fields(wiring) if field.name != 'lamp'}
        self.cause = ''  # why something cannot be read or lit; empty when all is well
        self._lamp_cause = ''
        try:
            gpio.setwarnings(False)
            gpio.setmode(gpio.BCM)
            for name, wire in self._inputs.items():
                gpio.setup(wire.pin, gpio.IN, pull_up_down=self._pull(name, wire))
            gpio.setup(wiring.lamp.pin, gpio.OUT, initial=self._level(wiring.lamp, on=False))
        except FAILS as error:
            self.close()
            raise MachineRefusesError(
                f'the pins of the panel cannot be used ({error})',
                where='controls',
                remedy='add the user to the group gpio, free the pins of overlays; a Pi 5 needs rpi-lgpio',
            ) from error

    def read(self) -> Inputs:
        try:
            readings = {name: self._gpio.input(wire.pin) == self._level(wire) for name, wire in self._inputs.items()}
        except FAILS as error:
            self.cause = str(error) or type(error).__name__
            return UNSAFE
        self.cause = self._lamp_cause
        return Inputs(**readings)

    def lamp(self, lit: bool) -> None:
        try:
            self._gpio.output(self._lamp.pin, self._level(self._lamp, on=lit))
        except FAILS as error:
            self._lamp_cause = self.cause = str(error) or type(error).__name__
        else:
            self._lamp_cause = ''

    def close(self) -> None:
        """The lamp goes out and only our own pins are given back: the lathe's stay as they are."""
        self.lamp(False)
        with contextlib.suppress(*FAILS):
            self._gpio.cleanup([wire.pin for wire in (*self._inputs.values(), self._lamp)])

    def _pull(self, name: str, wire: Wire) -> Any:
        """Towards what a broken wire must read as: pressed for the stop, not so for all others."""
        return self._gpio.PUD_UP if pulled_up(name, wire.active) else self._gpio.PUD_DOWN

    def _level(self, wire: Wire, *, on: bool = True) -> Any:
        return self._gpio.HIGH if (wire.active == 'high') is on else self._gpio.LOW


def pi_gpio() -> Any:
    """RPi.GPIO (or rpi-lgpio, which has its name); MachineRefusesError that says what is missing."""
    try:
        return importlib.import_module('RPi.GPIO')
    except ImportError as error:
        remedy = 'install RPi.GPIO (on a Pi 5: rpi-lgpio)'
        raise MachineRefusesError(f'there is no RPi.GPIO here ({error})', where='controls', remedy=remedy) from error
    except RuntimeError as error:  # what RPi.GPIO raises at import off a Pi
        remedy = 'run this part on a Raspberry Pi, or leave it virtual'
        raise MachineRefusesError(
            f'RPi.GPIO refuses this computer ({error})', where='controls', remedy=remedy
        ) from error
