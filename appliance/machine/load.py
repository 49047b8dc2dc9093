"""Reads machine and disc files (TOML) and checks every value where it is read.

An error names file, key, value and limit, and an unknown key is refused with the nearest known name, so that a typing
mistake can never silently leave a default in force. A machine file may say `base = "virtual"` in `[machine]` and then
hold only what differs.
"""

from __future__ import annotations

import difflib
from importlib import resources
from pathlib import Path

from appliance.errors import MachineFileError, OptionError
from appliance.machine.checks import check_disc, check_machine
from appliance.machine.header import PI, PICO, meant
from appliance.machine.limits import DISC_LIMITS, GPIO_KEYS, MACHINE_LIMITS, PICO_KEYS
from appliance.machine.model import Disc, GrooveKind, Machine
from appliance.tables import Table, build, read_toml, refuse_unknown

FILES = resources.files('appliance.machine')
FINE = '-fine'


def machine_names() -> list[str]:
    """Names of the machines that come with the program."""
    return _names('machines')


def disc_names() -> list[str]:
    """Names of all discs, each in coarse and fine groove."""
    return [name + suffix for name in _names('discs') for suffix in ('', FINE)]


def machine_path(name: str) -> Path:
    """The file of a shipped machine."""
    return Path(str(FILES / 'machines' / f'{name}.toml'))


def load_machine(name_or_path: str | Path = 'virtual') -> Machine:
    """A shipped machine by name, or any machine file by path; raises MachineFileError."""
    path = machine_path(str(name_or_path)) if str(name_or_path) in machine_names() else Path(name_or_path)
    table = _with_base(path, read_toml(path))
    _refuse_counted(table, str(path))
    machine = build(Machine, table, str(path), '', MACHINE_LIMITS)
    check_machine(machine, str(path))
    return machine


def load_disc(name: str) -> Disc:
    """A disc by its name, e.g. `xray-25` or `xray-25-fine`; raises OptionError for an unknown name."""
    if name not in disc_names():
        near = difflib.get_close_matches(name, disc_names(), 1)
        hint = f'did you mean {near[0]}?' if near else 'audioletter discs lists them'
        raise OptionError(f'there is no disc named {name!r}', where='--disc', remedy=hint)
    path = Path(str(FILES / 'discs' / f'{name.removesuffix(FINE)}.toml'))
    table = read_toml(path)
    kinds = {kind: table.pop(kind, {}) for kind in ('coarse', 'fine')}
    refuse_unknown(set(table), {'disc'}, str(path), '')
    kind = 'fine' if name.endswith(FINE) else 'coarse'
    groove = build(GrooveKind, kinds[kind], str(path), kind, DISC_LIMITS)
    body: Table = {**table.get('disc', {}), 'groove': groove, 'name': name}
    disc = build(Disc, body, str(path), 'disc', DISC_LIMITS)
    check_disc(disc, str(path))
    return disc


def _names(folder: str) -> list[str]:
    return sorted(
        entry.name.removesuffix('.toml') for entry in (FILES / folder).iterdir() if entry.name.endswith('.toml')
    )


def _refuse_counted(table: Table, where: str) -> None:
    """Whoever has counted pins of a header is told the number that is meant."""
    for section, values in table.items():
        for key, value in values.items() if isinstance(values, dict) else ():
            name = f'{section}.{key}'
            if name in GPIO_KEYS:
                remedy = meant(value, 'GPIO', PI) if type(value) is int else ''
            elif name in PICO_KEYS:
                remedy = meant(value, 'GP', PICO) if type(value) is int else ''
            else:
                continue
            low, high = MACHINE_LIMITS[name]
            if remedy and not low <= value <= high:
                raise MachineFileError(
                    f'{name} is {value}; it must be between {low:g} and {high:g}', where=where, remedy=remedy
                )


def _with_base(path: Path, table: Table) -> Table:
    """The table laid over its base, if it names one."""
    identity = table.get('machine')
    if not isinstance(identity, dict) or 'base' not in identity:
        return table
    base = identity.pop('base')
    if base not in machine_names():
        raise MachineFileError(
            f'machine.base is {base!r}; it must be one of {", ".join(machine_names())}', where=str(path)
        )
    merged = _with_base(machine_path(base), read_toml(machine_path(base)))
    for section, values in table.items():
        if isinstance(values, dict) and isinstance(merged.get(section), dict):
            merged[section] = {**merged[section], **values}
        else:
            merged[section] = values
    return merged


__all__ = ['disc_names', 'load_disc', 'load_machine', 'machine_names', 'machine_path']
