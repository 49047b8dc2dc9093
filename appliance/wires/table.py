"""The wires of one machine: every pin of [pins], [controls], [lcd] and [interlock], each once, with both its ends."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from appliance.machine.header import pi_pin, pico_pin
from appliance.machine.model import Controls, Interlock, LcdPanel, Machine, Pins, bit
from appliance.machine.panel_checks import INPUTS, SPI_LINES, SPI_SELECT, UART, pulled_up

# Red is for 3.3 V and 5 V, black for ground; neighbours on a header never have the same.
COLOURS = ('brown', 'orange', 'yellow', 'green', 'blue', 'violet', 'grey', 'white', 'pink', 'turquoise')
NEAR = 3  # pins
LATHE = {
    'leg_a': 'head amplifier, input A',
    'leg_b': 'head amplifier, input B',
    'bridge_enable': 'head amplifier, enable',
    'enable': 'both motor drivers, enable',
    'head_lift': "head lift, its transistor's gate",
    'platter_step': 'platter driver, step',
    'platter_dir': 'platter driver, direction',
    'carriage_step': 'carriage driver, step',
    'carriage_dir': 'carriage driver, direction',
    'heartbeat': 'Pico, heartbeat',
}
# Of what must be off before anything says so: 10 k at the far end of the wire hold it there.
LEVELS = {'bridge_enable': 'bridge_enable_active', 'enable': 'enable_active', 'head_lift': 'lift_down'}
PANEL = {
    'record': 'record button, {to}',
    'left': 'left touch pad, its output',
    'right': 'right touch pad, its output',
    'lid_closed': 'lid switch, {to}',
    'blank': 'blank sensor, its output',
    'stop_pressed': "stop button's third contact, {to}",
    'lamp': 'lamp of the record button, through a transistor',
}
LCD = {'dc': 'D/C', 'reset': 'RESET', 'backlight': 'LED (backlight)'}
SPI = {'mosi': 'SDI (MOSI)', 'clock': 'SCK', 'select': 'CS'}
PICO_OUT = {'relay': "power relay, its transistor's gate", 'lift': 'second transistor of the lift, in series',
            'lamp': '"power is on" lamp'}  # fmt: skip
PICO_IN = {
    'stop_closed': "stop button's normally closed contact, to ground",
    'stop_open': "stop button's normally open contact, to ground",
    'lid': "lid switch's second contact, to ground",
    'relay_contact': "relay's auxiliary contact, to ground",
    'home': 'home switch of the carriage, to ground',
    'index': 'index sensor of the platter',
}
PICO_ADC = {'head_adc': 'thermistor on the head, to ground', 'driver_adc': 'thermistor on the drivers, to ground',
            'supply_adc': "divider at the motors' supply"}  # fmt: skip
PICO_BUS = {'sda': 'current sensor, SDA', 'scl': 'current sensor, SCL'}


@dataclass(frozen=True, slots=True)
class Wire:
    """One wire. `board`: the header whose pins it may be confused on; `way`: as that board sees it.

    `rest`: what its listener reads when the wire is off, by a resistor or a pull of its own.
    """

    key: str  # section and key of the machine file
    board: Literal['pi', 'pico']
    way: Literal['out', 'in']
    to: str
    rest: int
    gpio: int | None = None  # on the Pi
    pico: int | None = None  # GP, on the Pico
    also: str = ''  # the key of its other end, where the file has one
    colour: str = ''

    @property
    def pin(self) -> int | None:
        """On the Pi's header."""
        return None if self.gpio is None else pi_pin(self.gpio)

    @property
    def pico_pin(self) -> int | None:
        return None if self.pico is None else pico_pin(self.pico)

    @property
    def keys(self) -> tuple[str, ...]:
        return (self.key, self.also) if self.also else (self.key,)

    @property
    def place(self) -> str:
        """Both its ends on headers, for a sentence."""
        ends = [] if self.gpio is None else [f'GPIO {self.gpio}, header pin {self.pin}']
        if self.pico is not None:
            ends.append(f'Pico GP {self.pico}, pin {self.pico_pin}')
        return '; '.join(ends)


def wires_of(machine: Machine) -> tuple[Wire, ...]:
    """In the order of the machine file, coloured."""
    found = _lathe(machine.pins, machine.interlock)
    if machine.controls is not None:
        found += _panel(machine.controls)
    if machine.lcd is not None:
        found += _lcd(machine.lcd)
    if machine.interlock is not None:
        found += _interlock(machine.interlock, machine.pins)
    return _coloured(found)


def neighbour(wires: tuple[Wire, ...], wire: Wire) -> Wire:
    """The wire with which it is most easily confused: the next on its header, or the one before the last."""
    row = on_board(wires, wire.board)
    place = row.index(wire)
    return row[place + 1] if place + 1 < len(row) else row[place - 1]


def on_board(wires: tuple[Wire, ...], board: str) -> list[Wire]:
    """By their pins on that header."""
    row = [wire for wire in wires if wire.board == board]
    return sorted(row, key=lambda wire: (wire.pin if board == 'pi' else wire.pico_pin) or 0)


def _lathe(pins: Pins, interlock: Interlock | None) -> list[Wire]:
    rows = []
    for name, to in LATHE.items():
        rest = 1 - bit(getattr(pins, LEVELS[name])) if name in LEVELS else 0
        wire = Wire(f'pins.{name}', 'pi', 'out', to, rest, getattr(pins, name))
        if name == 'heartbeat' and interlock is not None:
            wire = replace(wire, pico=interlock.heartbeat, also='interlock.heartbeat')
        rows.append(wire)
    return rows


def _panel(controls: Controls) -> list[Wire]:
    rows = []
    for name in INPUTS:
        active = getattr(controls, f'{name}_active')
        up = pulled_up(name, active)
        to = PANEL[name].format(to='to ground' if up else 'to 3.3 V')
        rows.append(Wire(f'controls.{name}', 'pi', 'in', to, int(up), getattr(controls, name)))
    dark = 1 - bit(controls.lamp_active)
    return [*rows, Wire('controls.lamp', 'pi', 'out', PANEL['lamp'], dark, controls.lamp)]


def _lcd(lcd: LcdPanel) -> list[Wire]:
    _, mosi, clock = SPI_LINES[lcd.spi_port]
    lines = {'mosi': mosi, 'clock': clock, 'select': SPI_SELECT[lcd.spi_port][lcd.spi_device]}
    rests = {'dc': 0, 'reset': 1, 'backlight': int(lcd.backlight_active_low), 'mosi': 0, 'clock': 0, 'select': 1}
    gpios = {name: getattr(lcd, name) for name in LCD} | lines
    return [
        Wire(f'lcd.{name}', 'pi', 'out', f'LCD, {to}', rests[name], gpios[name]) for name, to in (LCD | SPI).items()
    ]


def _interlock(interlock: Interlock, pins: Pins) -> list[Wire]:
    txd, rxd = UART
    rows = [
        Wire('interlock.tx', 'pi', 'in', 'Pico, TX', 1, rxd, interlock.tx),
        Wire('interlock.rx', 'pi', 'out', 'Pico, RX', 1, txd, interlock.rx),
        Wire('interlock.step', 'pico', 'in', 'Pico, a second wire from the step pin of the platter', 0,
             pins.platter_step, interlock.step),
    ]  # fmt: skip
    for name, to in PICO_OUT.items():
        rows.append(Wire(f'interlock.{name}', 'pico', 'out', to, 0, pico=getattr(interlock, name)))
    for name, to in PICO_IN.items():
        rest = 0 if name == 'index' else 1
        rows.append(Wire(f'interlock.{name}', 'pico', 'in', to, rest, pico=getattr(interlock, name)))
    for name, to in PICO_ADC.items():
        rest = 0 if name == 'supply_adc' else 1
        rows.append(Wire(f'interlock.{name}', 'pico', 'in', to, rest, pico=getattr(interlock, name)))
    if interlock.current_sensor != 'none':
        for name, to in PICO_BUS.items():
            way: Literal['out', 'in'] = 'in' if name == 'sda' else 'out'
            rows.append(Wire(f'interlock.{name}', 'pico', way, to, 1, pico=getattr(interlock, name)))
    return rows


def _coloured(wires: list[Wire]) -> tuple[Wire, ...]:
    """In turn, as they stand on the headers; one that a near pin of either header has already is passed over."""
    colour: dict[str, str] = {}
    turn = 0
    for wire in [*on_board(tuple(wires), 'pi'), *on_board(tuple(wires), 'pico')]:
        near = {colour[other.key] for other in wires if other.key in colour and _is_near(wire, other)}
        while COLOURS[turn % len(COLOURS)] in near:
            turn += 1
        colour[wire.key] = COLOURS[turn % len(COLOURS)]
        turn += 1
    return tuple(replace(wire, colour=colour[wire.key]) for wire in wires)


def _is_near(one: Wire, other: Wire) -> bool:
    """On either header, by number: what is opposite is near too."""
    ends = ((one.pin, other.pin), (one.pico_pin, other.pico_pin))
    return any(a is not None and b is not None and abs(a - b) <= NEAR for a, b in ends)
