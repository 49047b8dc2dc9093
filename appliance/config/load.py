"""Reads the host's settings: packaged defaults, then *.toml of the usual folders, then a file that was named.

Each file holds only what differs. Every file is checked by itself, so that an error names the file it stands in.
"""

from __future__ import annotations

import copy
import os
from collections.abc import Iterable, Mapping
from importlib import resources
from pathlib import Path

from appliance.config.hours import week_of
from appliance.config.model import Config
from appliance.config.tokens import check_attendant
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
    'voice.microphone_gain_db': (-24, 36),
    'policy.retention_days': (1, 3650),
    'policy.retakes': (0, 10),
    'policy.replays': (0, 20),
    'policy.max_message_s': (5, 1200),
    'policy.blanks_low': (0, 1000),
    'policy.discs_a_day': (0, 1000),
    'policy.copies_a_letter': (0, 1000),
    'policy.stylus_hours': (0.1, 1000),
    'policy.swarf_discs': (0, 10_000),
    'timeouts.dark_s': (5, 86_400),
    'timeouts.countdown_s': (1, 10),
    'timeouts.cut_margin': (0.05, 2),
    **{
        f'timeouts.{name}_s': _WAIT
        for name in ('language', 'level', 'silence', 'still_there', 'listen', 'question', 'load_disc', 'take_disc',
                     'thanks', 'notice', 'maintenance', 'attendant')
    },
}  # fmt: skip


def usual_folders(environ: Mapping[str, str] = os.environ) -> tuple[Path, ...]:
    """Where a booth here looks for its settings, in this order: the computer's, the service's, the user's own."""
    named = environ.get('CONFIGURATION_DIRECTORY', '').split(':')[0]  # systemd.exec(5)
    system = Path(named) if named.startswith('/') else SYSTEM
    state = environ.get('STATE_DIRECTORY', '').split(':')[0]
    home = environ.get('HOME', '')
    own = environ.get('XDG_CONFIG_HOME', '') or (f'{home}/.config' if home.startswith('/') else '')
    service = Path(state) / 'settings' if state.startswith('/') else None
    users = Path(own) / 'audioletter' if own.startswith('/') else None
    return (system, *(folder for folder in (service, users) if folder is not None))


def files_in(folders: Iterable[Path]) -> list[Path]:
    """The settings files there, in the order in which they are read."""
    return [path for folder in folders for path in _files(folder)]


def sources(named: Path | None, environ: Mapping[str, str] = os.environ) -> tuple[tuple[Path, ...], Path | None]:
    """Folders to look into, and a file that is read after theirs. What was named is that file, or the only folder."""
    if named is not None and named.is_dir():
        return (named.absolute(),), None
    return usual_folders(environ), named


def load_config(named: Path | None = None, system: Path | None = None) -> tuple[Config, dict[str, str]]:
    """The settings, and of each key the file it came from; MachineFileError naming file, key, value and limit.

    `named`: see `sources`. `system`: the one folder to look into, in place of the usual ones.
    """
    folders, file = sources(named) if system is None else ((system,), named)
    return layered((path, settings_in(path)) for path in (*files_in(folders), *([file] if file else [])))


def defaults() -> Table:
    """The packaged ones."""
    return read_toml(Path(str(resources.files('appliance.config') / DEFAULTS)))


def settings_in(path: Path) -> Table:
    """A file of settings: tables, and nothing outside of them."""
    tables = read_toml(path)
    for section, values in tables.items():
        if not isinstance(values, dict):
            raise MachineFileError(f'[{section}] must be a table, not {values!r}', where=str(path))
    return tables


def layered(layers: Iterable[tuple[Path, Table]]) -> tuple[Config, dict[str, str]]:
    """The packaged defaults and what each file changes of them, checked after each."""
    tables = defaults()
    origin = {f'{section}.{key}': DEFAULTS for section, values in tables.items() for key in values}
    config = checked(tables, DEFAULTS)
    for path, content in layers:
        for section, values in content.items():
            refuse_unknown({section}, set(tables), str(path), '')
            tables[section] = {**tables[section], **values}
            origin.update({f'{section}.{key}': str(path) for key in values})
        config = checked(tables, str(path))
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


def checked(tables: Table, where: str) -> Config:
    """All tables so far; what is wrong now came with `where`."""
    config = build(Config, copy.deepcopy(tables), where, '', LIMITS)
    names = config.voice.languages
    if not names or len(set(names)) < len(names):
        what = f'voice.languages is {list(names)!r}; it must name each language once, and at least one'
        raise MachineFileError(what, where=where)
    _one_of('voice.languages', names, tuple(NAMES), where)
    _one_of('policy.disc', (config.policy.disc,), tuple(disc_names()), where)
    _one_of('policy.curve', (config.policy.curve,), tuple(curve_names()), where)
    _printable('post.sender', config.post.sender, where)
    _key_names('shell.system_shell', config.shell.system_shell, where)
    paths = {
        'places.data': config.places.data,
        'places.run': config.places.run,
        'places.stick': config.places.stick,
        'places.updater': config.places.updater,
        'voice.prompts_folder': config.voice.prompts_folder,
        'attendant.reader': config.attendant.reader,
        'post.emblem': config.post.emblem,
        'post.font': config.post.font,
    }
    for key, path in paths.items():
        if path and not Path(path).is_absolute():
            what = f'{key} is {path!r}; it must be a path that begins at the root'
            raise MachineFileError(what, where=where)
    week_of(config.hours, where)
    check_attendant(config.attendant, where)
    return config


def _one_of(key: str, values: tuple[str, ...], known: tuple[str, ...], where: str) -> None:
    for value in values:
        if value not in known:
            raise MachineFileError(f'{key} names {value!r}; known are {", ".join(known)}', where=where)


def _key_names(key: str, names: tuple[str, ...], where: str) -> None:
    for name in names:
        if not name.strip() or not name.isprintable():
            what = f'{key} names {name!r}; the name of an SSH key is the comment behind it in the file of keys'
            raise MachineFileError(what, where=where)


def _printable(key: str, lines: tuple[str, ...], where: str) -> None:
    """An address as it goes on a slip."""
    if len(lines) > SENDER_LINES:
        raise MachineFileError(f'{key} has {len(lines)} lines; it may have {SENDER_LINES}', where=where)
    for line in lines:
        if not line.strip() or not line.isprintable() or len(line) > SENDER_CHARACTERS:
            what = f'{key} has the line {line[:60]!r}; it must be text of 1 to {SENDER_CHARACTERS} characters'
            raise MachineFileError(what, where=where)
