"""Every pin of a machine file: its name, its GPIO, the level it has now and what that means. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from appliance.booth.doors import Inputs
from appliance.machine.model import Level, Machine, bit
from appliance.machine.panel_checks import INPUTS, LCD_PINS, SPI_LINES, SPI_SELECT, UART

# Of an input: what it is called, and what it means active and not.
MEANINGS = {
    'record': ('record button', 'pressed', 'not pressed'),
    'left': ('left pad', 'touched', 'not touched'),
    'right': ('right pad', 'touched', 'not touched'),
    'lid_closed': ('lid', 'closed', 'open'),
    'blank': ('blank', 'laid', 'none'),
    'stop_pressed': ('stop', 'pressed', 'not pressed'),
}
# Of an output of the lathe: the key of its active level (none: a pulse or a wave has none), and what it means.
LATHE = {
    'leg_a': ('', 'one leg of the bridge, PWM', ''),
    'leg_b': ('', 'the other leg of the bridge, PWM', ''),
    'bridge_enable': ('bridge_enable_active', 'head driver: on', 'head driver: off'),
    'enable': ('enable_active', 'motors: have power', 'motors: no power'),
    'head_lift': ('lift_down', 'head: down', 'head: up'),
    'platter_step': ('', 'platter motor, steps', ''),
    'platter_dir': ('platter_forward', 'platter: forward', 'platter: backward'),
    'carriage_step': ('', 'carriage motor, steps', ''),
    'carriage_dir': ('carriage_inward', 'carriage: inward', 'carriage: outward'),
    'heartbeat': ('', 'heartbeat for the interlock', ''),
}
CHAIN = 'driven by the chain'
UNKNOWN = 'cannot be read'


@dataclass(frozen=True, slots=True)
class Pin:
    """`level`: 'high', 'low', or '' where nobody can say."""

    name: str
    gpio: int
    way: str  # 'in', 'out', 'bus'
    level: str
    means: str


def pins_of(machine: Machine, inputs: Inputs, lit: bool | None, levels: Mapping[int, int] | None) -> tuple[Pin, ...]:
    """In the order of the machine file. `lit`: the lamp; `levels`: of the lathe's pins by GPIO while nothing moves,
    None while the chain drives them."""
    return (*_lathe(machine, levels), *_panel(machine, inputs, lit), *_busses(machine))


def _lathe(machine: Machine, levels: Mapping[int, int] | None) -> list[Pin]:
    rows = []
    for name, (key, active, other) in LATHE.items():
        gpio = getattr(machine.pins, name)
        if levels is None or gpio not in levels:
            rows.append(Pin(name, gpio, 'out', '', CHAIN if not key else f'{CHAIN}: {active.split(":")[0]}'))
            continue
        means = active if not key or levels[gpio] == bit(getattr(machine.pins, key)) else other
        rows.append(Pin(name, gpio, 'out', _word(levels[gpio]), means))
    return rows


def _panel(machine: Machine, inputs: Inputs, lit: bool | None) -> list[Pin]:
    controls = machine.controls
    if controls is None:
        return []
    rows = []
    for name in INPUTS:
        what, on, off = MEANINGS[name]
        gpio, active = getattr(controls, name), getattr(controls, f'{name}_active')
        reading = bool(getattr(inputs, name))
        level, means = (_level(active, reading), on if reading else off) if inputs.known else ('', UNKNOWN)
        rows.append(Pin(name, gpio, 'in', level, f'{what}: {means}'))
    level = '' if lit is None else _level(controls.lamp_active, lit)
    rows.append(
        Pin('lamp', controls.lamp, 'out', level, f'lamp: {UNKNOWN if lit is None else "lit" if lit else "dark"}')
    )
    return rows


def _busses(machine: Machine) -> list[Pin]:
    rows = [Pin(name, gpio, 'bus', '', 'interlock link') for name, gpio in zip(('txd', 'rxd'), UART, strict=True)]
    if machine.lcd is not None:
        lcd = machine.lcd
        rows += [Pin(f'lcd_{name}', getattr(lcd, name), 'out', '', 'driven by the LCD') for name in LCD_PINS]
        lines = zip(('miso', 'mosi', 'clock'), SPI_LINES[lcd.spi_port], strict=True)
        rows += [Pin(f'spi_{name}', gpio, 'bus', '', 'SPI of the LCD') for name, gpio in lines]
        rows.append(Pin('spi_select', SPI_SELECT[lcd.spi_port][lcd.spi_device], 'bus', '', 'SPI of the LCD'))
    return rows


def _level(active: Level, on: bool) -> str:
    return active if on else 'low' if active == 'high' else 'high'


def _word(level: int) -> str:
    return 'high' if level else 'low'
