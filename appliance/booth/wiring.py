"""The machine file's [controls] and [lcd] as the wiring that the real parts take.

Only a real part asks, and only then must its section be there: a virtual booth, and a cut, need none.
"""

from __future__ import annotations

from dataclasses import asdict, fields
from typing import TypeVar

from appliance.booth.controls import Wire, Wiring
from appliance.booth.lcd import LcdWiring
from appliance.errors import MachineFileError
from appliance.machine.model import Machine, SoundCard

Section = TypeVar('Section')
BOUNCE_S = 0.02  # of the contacts of a machine file that does not say
CARD = SoundCard(input='', output='', latency_ms=50.0)


def controls_wiring(machine: Machine) -> Wiring:
    """MachineFileError when the file has no [controls]."""
    section = _section(machine, 'controls', machine.controls)
    wires = {
        field.name: Wire(getattr(section, field.name), getattr(section, f'{field.name}_active'))
        for field in fields(Wiring)
    }
    return Wiring(**wires)


def lcd_wiring(machine: Machine) -> LcdWiring:
    """MachineFileError when the file has no [lcd]."""
    return LcdWiring(**asdict(_section(machine, 'lcd', machine.lcd)))


def bounce_s(machine: Machine) -> float:
    """How long a contact must rest before it counts; virtual contacts too."""
    return BOUNCE_S if machine.controls is None else machine.controls.bounce_ms / 1000


def sound_card(machine: Machine) -> SoundCard:
    """The card of the file; the computer's own where it has no [sound]."""
    return machine.sound or CARD


def _section(machine: Machine, name: str, section: Section | None) -> Section:
    if section is None:
        raise MachineFileError(
            f'[{name}] is missing, and a real booth needs it',
            where=f'the file of machine {machine.machine.name!r}',
            remedy='add it (virtual.toml shows every key); what a base says does not count once pins are moved onto it',
        )
    return section
