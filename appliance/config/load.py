"""Reads the host's settings: packaged defaults, then /etc/audioletter/*.toml, then a file that was named.

Each file holds only what differs. Every file is checked by itself, so that an error names the file it stands in.
"""

from __future__ import annotations

import copy
import os
from importlib import resources
from pathlib import Path

from appliance.config.model import Config
from appliance.errors import MachineFileError
from appliance.machine import disc_names
from appliance.sound.curves import curve_names
from appliance.tables import Range, Table, build, read_toml, refuse_unknown
from appliance.words.languages import NAMES

SYSTEM = Path('/etc/audioletter')
DEFAULTS = 'booth.toml'
SENDER_LINES, SENDER_CHARACTERS = 6, 60  # of the booth's own address

_WAIT: Range = (1, 3600)
LIMITS: dict[str, Range] = {
    'voice.volume_db': (-60, 0),
    'policy.retention_days': (1, 3650),
    'policy.retakes': (0, 10),
    'policy.replays': (0, 20),
    'policy.max_message_s': (5, 1200),
    'policy.blanks_low': (0, 1000),
    'timeouts.dark_s': (5, 86_400),
    'timeouts.countdown_s': (1, 10),
    'timeouts.cut_margin': (0.05, 2),
    **{
        f'timeouts.{name}_s': _WAIT
        for name in ('language', 'level', 'silence', 'still_there', 'listen', 'question', 'load_disc', 'take_disc',
                     'thanks', 'notice', 'maintenance')
    },
}  # fmt: skip


def load_config(named: Path | None = None, system: Path = SYSTEM) -> tuple[Config, dict[str, str]]:
    """The settings, and of each key the file it came from; MachineFileError naming file, key, value and limit."""
    packaged = Path(str(resources.files('appliance.config') / DEFAULTS))
    tables = read_toml(packaged)
    origin = {f'{section}.{key}': DEFAULTS for section, values in tables.items() for key in values}
    config = _checked(tables, packaged)
    for path in (*_files(system), *([named] if named else [])):
        for section, values in read_toml(path).items():
            refuse_unknown({section}, set(tables), str(path), '')
            if not isinstance(values, dict):
                raise MachineFileError(f'[{section}] must be a table, not {values!r}', where=str(path))
            tables[section] = {**tables[section], **values}
            origin.update({f'{section}.{key}': str(path) for key in values})
        config = _checked(tables, path)
    return config, origin


def _files(folder: Path) -> list[Path]:
    """None if there is no such folder; one that cannot be read is not passed over."""
    try:
        with os.scandir(folder) as entries:
            return sorted(Path(entry.path) for entry in entries if entry.name.endswith('.toml'))
    except FileNotFoundError:
        return []
    except OSError as error:
        what = f'cannot read the folder ({error.strerror})'
        raise MachineFileError(what, where=str(folder), remedy='check its rights') from error


def _checked(tables: Table, file: Path) -> Config:
    """All tables so far; what is wrong now came with `file`."""
    where = str(file)
    config = build(Config, copy.deepcopy(tables), where, '', LIMITS)
    names = config.voice.languages
    if not names or len(set(names)) < len(names):
        what = f'voice.languages is {list(names)!r}; it must name each language once, and at least one'
        raise MachineFileError(what, where=where)
    _one_of('voice.languages', names, tuple(NAMES), where)
    _one_of('policy.disc', (config.policy.disc,), tuple(disc_names()), where)
    _one_of('policy.curve', (config.policy.curve,), tuple(curve_names()), where)
    _printable('post.sender', config.post.sender, where)
    paths = {
        'places.data': config.places.data,
        'places.run': config.places.run,
        'voice.prompts_folder': config.voice.prompts_folder,
        'post.emblem': config.post.emblem,
        'post.font': config.post.font,
    }
    for key, path in paths.items():
        if path and not Path(path).is_absolute():
            what = f'{key} is {path!r}; it must be a path that begins at the root'
            raise MachineFileError(what, where=where)
    return config


def _one_of(key: str, values: tuple[str, ...], known: tuple[str, ...], where: str) -> None:
    for value in values:
        if value not in known:
            raise MachineFileError(f'{key} names {value!r}; known are {", ".join(known)}', where=where)


def _printable(key: str, lines: tuple[str, ...], where: str) -> None:
    """An address as it goes on a slip."""
    if len(lines) > SENDER_LINES:
        raise MachineFileError(f'{key} has {len(lines)} lines; it may have {SENDER_LINES}', where=where)
    for line in lines:
        if not line.strip() or not line.isprintable() or len(line) > SENDER_CHARACTERS:
            what = f'{key} has the line {line[:60]!r}; it must be text of 1 to {SENDER_CHARACTERS} characters'
            raise MachineFileError(what, where=where)
