"""The wires as text: for a terminal, for a program, and for the guide."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from appliance.machine.header import PI, PICO, pi_pin
from appliance.machine.model import Machine
from appliance.machine.panel_checks import SPI_LINES
from appliance.wires.table import Wire, wires_of
from appliance.words import powerup

COLUMNS = ('wire', 'GPIO', 'pin', 'GP', 'pin', 'colour', 'way', 'goes to')
BEGIN, END = '<!-- wiring of virtual.toml: written by tools/make_guide -->', '<!-- end of the wiring -->'
STEPS_BEGIN = '<!-- steps of appliance/words/powerup.py: written by tools/make_guide -->'
STEPS_END = '<!-- end of the steps -->'


def rows(machine: Machine) -> list[tuple[str, ...]]:
    """By COLUMNS, in the order of the machine file."""
    return [
        (
            ' = '.join(wire.keys),
            _number(wire.gpio),
            _number(wire.pin),
            _number(wire.pico),
            _number(wire.pico_pin),
            wire.colour,
            _way(wire),
            wire.to,
        )
        for wire in wires_of(machine)
    ]


def lines(machine: Machine) -> list[str]:
    """A table for a terminal, and the pins of both headers that carry no signal."""
    table = [COLUMNS, *rows(machine)]
    wide = [max(len(row[column]) for row in table) for column in range(len(COLUMNS))]
    out = ['  '.join(cell.ljust(width) for cell, width in zip(row, wide, strict=True)).rstrip() for row in table]
    return [*out, '', *_foot(machine)]


def markdown(machine: Machine) -> list[str]:
    """The same, for the guide."""
    table = [COLUMNS, ('---',) * len(COLUMNS), *rows(machine)]
    return [*('| ' + ' | '.join(row) + ' |' for row in table), '', *_foot(machine)]


def in_guide(text: str, machine: Machine) -> str:
    """The guide with this wiring, and the steps of a first power-up, between their marks."""
    wired = _between(text, BEGIN, END, ['', *markdown(machine), ''])
    return _between(wired, STEPS_BEGIN, STEPS_END, ['', *powerup.markdown(), ''])


def _between(text: str, begin: str, end: str, lines: list[str]) -> str:
    before, _, rest = text.partition(begin)
    _, _, after = rest.partition(end)
    return '\n'.join([before + begin, *lines, end]) + after


def told(machine: Machine) -> list[dict[str, Any]]:
    """For programs."""
    return [asdict(wire) | {'pin': wire.pin, 'pico_pin': wire.pico_pin} for wire in wires_of(machine)]


def _foot(machine: Machine) -> list[str]:
    header = [f'Header of the Pi: {_pins(PI, kind)} are {kind}.' for kind in ('3.3 V', '5 V', 'ground')]
    if machine.interlock is not None:
        header.append(f'Header of the Pico: {_pins(PICO, "ground")} are ground; both grounds are joined.')
    if machine.lcd is not None:
        free = SPI_LINES[machine.lcd.spi_port][0]
        header.append(f"GPIO {free} (pin {pi_pin(free)}) is the data line back from the LCD's SPI: it stays free.")
    if machine.sound is not None:
        header.append('Sound: on USB, no pin of the header.')
    return header


def _pins(header: tuple[str, ...], kind: str) -> str:
    return ', '.join(str(place) for place, name in enumerate(header, 1) if name == kind)


def _way(wire: Wire) -> str:
    return wire.way if wire.board == 'pi' else f'{wire.way} of the Pico'


def _number(value: int | None) -> str:
    return '' if value is None else str(value)
