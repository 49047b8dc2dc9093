"""TOML files become frozen values, every one checked where it is read: kind, range, and nothing that is not known.

Machines, discs and the host's settings are all read through here. An error names file, key, value and limit.
"""

from __future__ import annotations

import difflib
import math
import tomllib
from dataclasses import fields
from pathlib import Path
from types import UnionType
from typing import Any, Literal, TypeVar, cast, get_args, get_origin, get_type_hints

from appliance.errors import MachineFileError

Table = dict[str, Any]
Range = tuple[float, float]
Value = TypeVar('Value')
NAMES = tuple[str, ...]  # a list of words in the file
PLAIN = (str, int, float, bool, NAMES)
MAX_BYTES = 1 << 20  # of a settings file, which has 5000


def read_toml(path: Path) -> Table:
    """The tables of a TOML file; MachineFileError for what is no such file."""
    try:
        if path.exists() and not (path.is_file() or path.is_dir()):  # a pipe or a device might never end
            raise MachineFileError('this is not a plain file', where=str(path), remedy='name another')
        with path.open('rb') as file:
            content = file.read(MAX_BYTES + 1)
        if len(content) > MAX_BYTES:
            raise MachineFileError(f'longer than {MAX_BYTES} bytes', where=str(path), remedy='name another')
        return tomllib.loads(content.decode('utf-8-sig'))  # some editors mark UTF-8
    except MachineFileError:
        raise
    except OSError as error:
        raise MachineFileError(
            f'cannot read the file ({error.strerror})',
            where=str(path),
            remedy='name a file that can be read; audioletter machines lists the machines that come with the program',
        ) from error
    except (ValueError, RecursionError) as error:  # not TOML, not UTF-8, a number of 5000 digits, brackets without end
        raise MachineFileError(f'not valid TOML: {error}', where=str(path), remedy='mend the file there') from error


def refuse_unknown(found: set[str], known: set[str], where: str, section: str) -> None:
    """A typing mistake is named with what was probably meant."""
    for name in sorted(found - known):
        full = f'{section}.{name}' if section else f'[{name}]'
        near = difflib.get_close_matches(name, sorted(known), 1)
        remedy = f'did you mean {near[0]}?' if near else 'take it out'
        raise MachineFileError(f'unknown key {full}', where=where, remedy=remedy)


def build(kind: type[Value], table: Any, where: str, section: str, limits: dict[str, Range]) -> Value:
    """`kind` from a TOML table, every field checked; only a field that says `| None` may be missing."""
    if not isinstance(table, dict):
        raise MachineFileError(f'[{section}] must be a table, not {table!r}', where=where)
    hints = get_type_hints(kind)
    names = [field.name for field in fields(cast(Any, kind))]
    refuse_unknown(set(table), set(names), where, section)
    values: Table = {}
    for name in names:
        full = f'{section}.{name}' if section else name
        hint, optional = _without_none(hints[name])
        if name not in table and optional:
            continue
        if name not in table:
            raise MachineFileError(f'{full} is missing', where=where, remedy='add it (virtual.toml shows every key)')
        if hint in PLAIN or get_origin(hint) is Literal:
            values[name] = plain_value(hint, table[name], full, where, limits)
        elif isinstance(table[name], hint):
            values[name] = table[name]
        else:
            values[name] = build(hint, table[name], where, full, limits)
    return kind(**values)


def _without_none(hint: Any) -> tuple[Any, bool]:
    """What a section must be when it is there, and whether it may be left out (`Section | None`)."""
    kinds = [kind for kind in get_args(hint) if kind is not type(None)] if get_origin(hint) is UnionType else []
    return (kinds[0], True) if len(kinds) == 1 else (hint, False)


def plain_value(kind: Any, value: Any, key: str, where: str, limits: dict[str, Range]) -> Any:
    """One plain value of the right kind and within its range."""
    if get_origin(kind) is Literal:
        if value not in get_args(kind):
            raise MachineFileError(f'{key} is {value!r}; it must be one of {", ".join(get_args(kind))}', where=where)
        return value
    if kind == NAMES:
        if not isinstance(value, list) or not all(isinstance(word, str) for word in value):
            raise MachineFileError(f'{key} is {value!r}; it must be a list of texts in quotes', where=where)
        return tuple(value)
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    if type(value) is not kind:
        raise MachineFileError(f'{key} is {value!r}; it must be {_words(kind)}', where=where)
    if kind in (str, bool):
        return value
    low, high = limits[key]
    if not (math.isfinite(value) and low <= value <= high):
        raise MachineFileError(
            f'{key} is {value:g}; it must be between {low:g} and {high:g}',
            where=where,
            remedy='mind the unit, which is the end of its name' if '_' in key.rpartition('.')[2] else 'correct it',
        )
    return value


def _words(kind: type) -> str:
    return {int: 'a whole number', float: 'a number', str: 'text in quotes', bool: 'true or false'}[kind]
