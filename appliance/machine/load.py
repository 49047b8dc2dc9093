"""Reads machine and disc files (TOML) and checks every value where it is read.

An error names file, key, value and limit, and an unknown key is refused with the nearest known name, so that a typing
mistake can never silently leave a default in force. A machine file may say `base = "virtual"` in `[machine]` and then
hold only what differs.
"""

from __future__ import annotations

import difflib
import math
import tomllib
from dataclasses import fields
from importlib import resources
from pathlib import Path
from typing import Any, Literal, TypeVar, cast, get_args, get_origin, get_type_hints

from appliance.errors import MachineFileError, OptionError
from appliance.machine.checks import check_disc, check_machine
from appliance.machine.limits import DISC_LIMITS, MACHINE_LIMITS, Range
from appliance.machine.model import Disc, GrooveKind, Machine

Table = dict[str, Any]
FILES = resources.files('appliance.machine')
FINE = '-fine'
MAX_BYTES = 1 << 20  # of a machine file, which has 5000
Value = TypeVar('Value')


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
    table = _with_base(path, _read(path))
    machine = _build(Machine, table, str(path), '', MACHINE_LIMITS)
    check_machine(machine, str(path))
    return machine


def load_disc(name: str) -> Disc:
    """A disc by its name, e.g. `xray-25` or `xray-25-fine`; raises OptionError for an unknown name."""
    if name not in disc_names():
        near = difflib.get_close_matches(name, disc_names(), 1)
        hint = f'did you mean {near[0]}?' if near else 'audioletter discs lists them'
        raise OptionError(f'there is no disc named {name!r}', where='--disc', remedy=hint)
    path = Path(str(FILES / 'discs' / f'{name.removesuffix(FINE)}.toml'))
    table = _read(path)
    kinds = {kind: table.pop(kind, {}) for kind in ('coarse', 'fine')}
    _refuse_unknown(set(table), {'disc'}, str(path), '')
    kind = 'fine' if name.endswith(FINE) else 'coarse'
    groove = _build(GrooveKind, kinds[kind], str(path), kind, DISC_LIMITS)
    body: Table = {**table.get('disc', {}), 'groove': groove, 'name': name}
    disc = _build(Disc, body, str(path), 'disc', DISC_LIMITS)
    check_disc(disc, str(path))
    return disc


def _names(folder: str) -> list[str]:
    return sorted(
        entry.name.removesuffix('.toml') for entry in (FILES / folder).iterdir() if entry.name.endswith('.toml')
    )


def _read(path: Path) -> Table:
    try:
        if path.exists() and not (path.is_file() or path.is_dir()):  # a pipe or a device might never end
            raise MachineFileError('this is not a plain file', where=str(path), remedy='name a machine file')
        with path.open('rb') as file:
            content = file.read(MAX_BYTES + 1)
        if len(content) > MAX_BYTES:
            raise MachineFileError(f'longer than {MAX_BYTES} bytes', where=str(path), remedy='name a machine file')
        return tomllib.loads(content.decode('utf-8'))
    except MachineFileError:
        raise
    except OSError as error:
        raise MachineFileError(
            f'cannot read the file ({error.strerror})',
            where=str(path),
            remedy='audioletter machines lists those that come with the program',
        ) from error
    except (ValueError, RecursionError) as error:  # not TOML, not UTF-8, a number of 5000 digits, brackets without end
        raise MachineFileError(f'not valid TOML: {error}', where=str(path), remedy='mend the file there') from error


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
    merged = _read(machine_path(base))
    for section, values in table.items():
        if isinstance(values, dict) and isinstance(merged.get(section), dict):
            merged[section] = {**merged[section], **values}
        else:
            merged[section] = values
    return merged


def _refuse_unknown(found: set[str], known: set[str], where: str, section: str) -> None:
    for name in sorted(found - known):
        full = f'{section}.{name}' if section else f'[{name}]'
        near = difflib.get_close_matches(name, sorted(known), 1)
        remedy = f'did you mean {near[0]}?' if near else 'take it out'
        raise MachineFileError(f'unknown key {full}', where=where, remedy=remedy)


def _build(kind: type[Value], table: Any, where: str, section: str, limits: dict[str, Range]) -> Value:
    """`kind` from a TOML table, every field checked."""
    if not isinstance(table, dict):
        raise MachineFileError(f'[{section}] must be a table, not {table!r}', where=where)
    hints = get_type_hints(kind)
    names = [field.name for field in fields(cast(Any, kind))]
    _refuse_unknown(set(table), set(names), where, section)
    values: Table = {}
    for name in names:
        full = f'{section}.{name}' if section else name
        if name not in table:
            raise MachineFileError(f'{full} is missing', where=where, remedy='add it (virtual.toml shows every key)')
        if hints[name] in (str, int, float) or get_origin(hints[name]) is Literal:
            values[name] = _value(hints[name], table[name], full, where, limits)
        elif isinstance(table[name], hints[name]):
            values[name] = table[name]
        else:
            values[name] = _build(hints[name], table[name], where, full, limits)
    return kind(**values)


def _value(kind: Any, value: Any, key: str, where: str, limits: dict[str, Range]) -> Any:
    """One plain value of the right kind and within its range."""
    if get_origin(kind) is Literal:
        if value not in get_args(kind):
            raise MachineFileError(f'{key} is {value!r}; it must be one of {", ".join(get_args(kind))}', where=where)
        return value
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    if type(value) is not kind:
        raise MachineFileError(f'{key} is {value!r}; it must be {_words(kind)}', where=where)
    if kind is str:
        return value
    low, high = limits[key]
    if not (math.isfinite(value) and low <= value <= high):
        raise MachineFileError(f'{key} is {value:g}; it must be between {low:g} and {high:g}', where=where)
    return value


def _words(kind: type) -> str:
    return {int: 'a whole number', float: 'a number', str: 'text in quotes'}[kind]


__all__ = ['disc_names', 'load_disc', 'load_machine', 'machine_names', 'machine_path']
