"""What the host changes while the booth runs: one file of our own beside the host's, with a history to go back in.

The file is written whole and only after everything together was found right; files of the host's own, and what stands
in them, are never touched. A key that a later file sets as well cannot be changed here, and that is said.
"""

from __future__ import annotations

import json
import os
import threading
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints

from appliance.config.load import SYSTEM, defaults, files_in, layered, settings_in, sources
from appliance.config.model import Config
from appliance.errors import MachineFileError, OptionError, StorageError
from appliance.files import whole_file
from appliance.tables import NAMES, Table, refuse_unknown

FILE = '90-shell.toml'
HISTORY = '90-shell.history'
KEPT = 100  # changes that can be undone
LONGEST = 4096  # characters of a value
BY_FILE_ONLY = ('places.updater', 'shell.system_shell')  # they would lead from the host's shell to any program
SECRET = ('attendant.sequence', 'attendant.tokens')  # in no support bundle, no list, and not noted in the ledger
HEAD = """# What the host has changed while the booth ran (config set, config undo, the attendant's menu).
# The booth writes this file anew at each change; put what is to stay as it is into a file of your own.
"""


@dataclass(frozen=True, slots=True)
class Change:
    """One key, as this file had it and has it; None: it is not there."""

    key: str
    before: Any
    after: Any
    who: str
    at_s: float  # as the clock believed


class HostFile:
    """`set`, `unset` and `undo` from any thread. What is wrong is a MachineFileError or OptionError, and changes
    nothing; what cannot be written is a StorageError."""

    def __init__(self, path: Path, folders: Iterable[Path], named: Path | None = None) -> None:
        """`path` in one of `folders`, which are read in their order, and `named` after them."""
        self.path = path
        self._folders, self._named = tuple(folders), named
        self._lock = threading.Lock()

    def load(self) -> tuple[Config, dict[str, str]]:
        """As `config.load_config`."""
        return layered(self._layers(None))

    def set(self, key: str, text: str, who: str, at_s: float) -> Change:
        """`text` as one types it, a list with commas between."""
        value = value_of(key, text)
        return self._change(key, value, who, at_s)

    def unset(self, key: str, who: str, at_s: float) -> Change:
        """As other files, or the program, have it."""
        kind_of(key)
        return self._change(key, None, who, at_s)

    def undo(self) -> Change:
        """The last change, taken back; what it was."""
        with self._lock:
            history = self.history()
            if not history:
                raise OptionError('nothing was changed here', where=str(self.path), remedy='config set changes a key')
            last = history[-1]
            self._write(self._with(last.key, last.before), history[:-1])
            return last

    def history(self) -> list[Change]:
        """Oldest first. Lines that are none are passed over: a history is no reason not to change anything."""
        try:
            text = self.path.with_name(HISTORY).read_text(encoding='utf-8')
        except (OSError, UnicodeDecodeError):
            return []
        found, known = [], set(keys())
        for line in text.splitlines():
            try:
                change = Change(**json.loads(line))
            except (ValueError, TypeError):
                continue
            if isinstance(change.key, str) and change.key in known:
                found.append(change)
        return found

    def origin(self, key: str) -> str:
        """The file it comes from."""
        kind_of(key)
        return self.load()[1][key]

    # -- how ---------------------------------------------------------------------------------------------------------

    def _change(self, key: str, value: Any, who: str, at_s: float) -> Change:
        if key in BY_FILE_ONLY:
            remedy = f'write it into a file of {SYSTEM}, as root'
            raise OptionError(f'{key} cannot be changed while the booth runs', where='config', remedy=remedy)
        with self._lock:
            section, name = key.split('.')
            before = self._own().get(section, {}).get(name)
            change = Change(key, before, value, who, at_s)
            self._write(self._with(key, value), [*self.history(), change][-KEPT:])
            return change

    def _own(self) -> Table:
        return settings_in(self.path) if self.path.exists() else {}

    def _with(self, key: str, value: Any) -> Table:
        """Our file with this change, found to be right and to have its effect."""
        section, name = key.split('.')
        own = self._own()
        values = {k: v for k, v in own.get(section, {}).items() if k != name}
        own = {**own, section: values if value is None else {**values, name: value}}
        own = {s: v for s, v in own.items() if v}
        _, origin = layered(self._layers(own))
        if value is not None and origin[key] != str(self.path):
            what = f'{key} is set in a file that is read later'
            raise OptionError(what, where=origin[key], remedy='change it there, or take it out there')
        return own

    def _layers(self, own: Table | None) -> Iterable[tuple[Path, Table]]:
        """All files in their order, with `own` in place of what stands in ours."""
        files = files_in(self._folders)
        if own is not None and self.path not in files:
            files = files_in_order([*files, self.path], self._folders)
        for path in (*files, *([self._named] if self._named else [])):
            yield path, own if own is not None and path == self.path else settings_in(path)

    def _write(self, own: Table, history: list[Change]) -> None:
        """The history first: a change that is only in it is undone by doing nothing."""
        try:
            self.path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
            lines = (json.dumps(asdict(change), ensure_ascii=False) + '\n' for change in history)
            for path, text in ((self.path.with_name(HISTORY), ''.join(lines)), (self.path, HEAD + toml(own))):
                with whole_file(path) as part:
                    part.touch(mode=0o640)
                    part.write_text(text, encoding='utf-8')
        except OSError as error:
            if isinstance(error, StorageError):
                raise
            what = f'the settings cannot be written ({error.strerror})'
            raise StorageError(what, where=str(self.path), remedy='give the booth the right to write there') from error


def host_file(named: Path | None = None, environ: Mapping[str, str] = os.environ, euid: int | None = None) -> HostFile:
    """Where this booth may write: the folder that was named; else the computer's, the service's or the user's own."""
    folders, file = sources(named, environ)
    system, *others = folders
    ours = (os.geteuid() if euid is None else euid) == 0 or os.access(system, os.W_OK | os.X_OK)
    usable = [folder for folder in others if os.access(folder, os.W_OK | os.X_OK)] or others
    return HostFile((system if ours or not usable else usable[0]) / FILE, folders, file)


def files_in_order(files: list[Path], folders: tuple[Path, ...]) -> list[Path]:
    return sorted(files, key=lambda path: (folders.index(path.parent), path.name))


def toml(tables: Table) -> str:
    """Flat tables as TOML: JSON's texts, numbers, lists and truths are TOML's too."""
    return ''.join(
        f'\n[{section}]\n' + ''.join(f'{key} = {toml_value(value)}\n' for key, value in values.items())
        for section, values in tables.items()
    )


def toml_value(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False).replace('\x7f', r'\u007f')


# -- keys ----------------------------------------------------------------------------------------------------------


def keys() -> tuple[str, ...]:
    """Every key, in the order of the file."""
    return tuple(f'{section}.{name}' for section, values in defaults().items() for name in values)


def kind_of(key: str) -> Any:
    """What its value must be; OptionError for a key that does not exist."""
    section, _, name = key.partition('.')
    sections = get_type_hints(Config)
    if section not in sections or name not in get_type_hints(sections[section]):
        try:
            refuse_unknown({key}, set(keys()), 'config', '')
        except MachineFileError as error:
            near = error.remedy if error.remedy.startswith('did you mean') else 'config show lists all'
            raise OptionError(f'there is no setting {key[:60]!r}', where='config', remedy=near) from error
    return get_type_hints(sections[section])[name]


def value_of(key: str, text: str) -> Any:
    """What somebody typed, as the kind of `key`; its range is looked at where all settings are."""
    kind = kind_of(key)
    if len(text) > LONGEST:
        raise OptionError(f'the value has {len(text)} characters; at most {LONGEST}', where=key)
    if any(ord(char) < 32 or 0xD800 <= ord(char) < 0xE000 for char in text):
        raise OptionError('the value has a character that cannot be printed', where=key, remedy='leave it out')
    if kind is str or (get_origin(kind) is not None and kind != NAMES):
        return text
    if kind == NAMES:
        return _list_of(key, text)
    try:
        return tomllib.loads(f'value = {text}')['value']
    except (tomllib.TOMLDecodeError, RecursionError):
        return text  # which is then told to be none of its kind


def _list_of(key: str, text: str) -> list[str]:
    """'en, de', or as TOML has it: '["en", "de"]'."""
    if text.lstrip().startswith('['):
        try:
            value = tomllib.loads(f'value = {text}')['value']
        except (tomllib.TOMLDecodeError, RecursionError) as error:
            remedy = 'write the texts with commas between'
            raise OptionError(f'{text[:60]!r} is no list', where=key, remedy=remedy) from error
        return value if isinstance(value, list) else [text]
    return [part.strip() for part in text.split(',') if part.strip()]


def choices(key: str) -> tuple[str, ...]:
    """What a value may be, where only some words may."""
    kind = kind_of(key)
    if kind is bool:
        return ('true', 'false')
    return tuple(str(choice) for choice in get_args(kind)) if get_origin(kind) is not None and kind != NAMES else ()
