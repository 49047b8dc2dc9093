"""The ILI9341 panel, 320 x 240, over SPI: luma.lcd drives it, only what changed is sent.

A panel that does not answer is a state: the booth goes on without it, and it is tried again.
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from PIL import Image

from appliance.errors import MachineFileError, MachineRefusesError
from appliance.machine.panel_checks import LCD_SPEEDS_HZ, LCD_TURNS
from appliance.screens.view import HEIGHT, WIDTH

# The picture is compared in 64 parts of 40 x 30; each that changed is sent as the box of its changes. More parts cost
# more commands (11 bytes a box), fewer send what stands between two changes (`audioletter bench --only screens`).
PARTS = 64
# Between two tries of a panel that does not answer: setting it up takes 0.12 s (its datasheet's waits) of the loop.
RETRY_S = 10.0


@dataclass(frozen=True, slots=True)
class LcdWiring:
    """How the panel hangs on the Pi. Pins are BCM numbers."""

    spi_port: int = 0
    spi_device: int = 0
    bus_speed_hz: int = 32_000_000
    dc: int = 24
    reset: int = 25
    backlight: int = 4
    backlight_active_low: bool = False
    rotate: int = 0  # quarter turns; the picture is wide, so 0 or 2

    def __post_init__(self) -> None:
        if self.bus_speed_hz not in LCD_SPEEDS_HZ:
            known = ', '.join(f'{speed / 1e6:g}' for speed in LCD_SPEEDS_HZ)
            what = f'lcd.bus_speed_hz is {self.bus_speed_hz}; it must be one of {known} million'
            raise MachineFileError(what, where='lcd')
        if self.rotate not in LCD_TURNS:
            raise MachineFileError(f'lcd.rotate is {self.rotate}; it must be 0 or 2 quarter turns', where='lcd')


def needs_luma() -> None:
    """MachineRefusesError that says what to install when the panel's driver is not here."""
    if importlib.util.find_spec('luma') is None or importlib.util.find_spec('luma.lcd') is None:
        raise MachineRefusesError('there is no luma.lcd here', where='lcd', remedy='install luma.lcd')


def pi_spi() -> Any:
    """spidev's device; MachineRefusesError that says what is missing."""
    try:
        return importlib.import_module('spidev').SpiDev()
    except ImportError as error:
        remedy = 'install spidev, or leave this part virtual'
        raise MachineRefusesError(f'there is no spidev here ({error})', where='lcd', remedy=remedy) from error


class Lcd:
    """Implements `doors.Display`; `spi` and `gpio` are spidev's device and RPi.GPIO's module, or their likes."""

    def __init__(self, wiring: LcdWiring, spi: Any, gpio: Any, now_s: Callable[[], float]) -> None:
        self._wiring = wiring
        self._spi = spi
        self._gpio = gpio
        self._now_s = now_s
        self._device: Any = None
        self._again_s = float('-inf')
        self._lit = True
        self.cause = ''  # why nothing is shown; empty when all is well

    def show(self, image: Image.Image) -> None:
        """Bring the panel to `image` (RGB, 320 x 240)."""
        if self._ready():
            self._safely(lambda: self._device.display(image))

    def light(self, lit: bool) -> None:
        self._lit = lit
        if self._ready():
            self._safely(lambda: self._device.backlight(lit))

    def close(self) -> None:
        if self._device is not None:
            self._safely(self._device.cleanup)
            self._device = None

    def _ready(self) -> bool:
        """Whether there is a panel; one that failed is set up again from the start, its memory is unknown."""
        if self._device is None and self._now_s() >= self._again_s:
            self._safely(self._open)
        return self._device is not None

    def _open(self) -> None:
        from luma.core.framebuffer import diff_to_previous
        from luma.core.interface.serial import spi
        from luma.lcd.device import ili9341

        wiring = self._wiring
        line = spi(
            spi=self._spi,
            gpio=self._gpio,
            port=wiring.spi_port,
            device=wiring.spi_device,
            bus_speed_hz=wiring.bus_speed_hz,
            gpio_DC=wiring.dc,
            gpio_RST=wiring.reset,
        )
        device = ili9341(
            line,
            width=WIDTH,
            height=HEIGHT,
            rotate=wiring.rotate,
            framebuffer=diff_to_previous(num_segments=PARTS),
            gpio=self._gpio,
            gpio_LIGHT=wiring.backlight,
            active_low=wiring.backlight_active_low,
        )
        device.backlight(self._lit)
        self._device, self.cause = device, ''

    def _safely(self, act: Callable[[], None]) -> None:
        from luma.core.error import Error

        try:
            act()
        except (OSError, RuntimeError, Error) as error:
            self.cause = str(error) or type(error).__name__
            self._device = None
            with contextlib.suppress(OSError, RuntimeError):
                self._spi.close()
            self._again_s = self._now_s() + RETRY_S
