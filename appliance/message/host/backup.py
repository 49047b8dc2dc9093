"""A copy of all letters and of the ledger in a folder somewhere else (a stick, say), whole or told to be none.

    NAME.part/                 while it is written; what is found under such a name was broken off
    NAME/ledger.sqlite         as it was at one moment: SQLite's own backup, one file
    NAME/letters/000217/...    sound, master and discs of each letter that there was then
    NAME/backup.json           written last: length and SHA-256 of every other file, and its own in a second line

Letters are copied while the booth goes on: each file of a letter appears whole and is never changed. The ledger is
copied last; what came meanwhile is copied after it, what was forgotten meanwhile is taken out again.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from appliance.errors import MachineRefusesError, OptionError, StorageError
from appliance.message.disk import Disk, cause_of
from appliance.message.ledger import FILE, MIGRATIONS, is_whole
from appliance.message.shelf import FOLDER, PART

if TYPE_CHECKING:
    from appliance.message.stores import Stores

LIST, VERSION = 'backup.json', 1
NAMES = re.compile(r'ledger\.sqlite|letters/[0-9]{6,9}/(disc-[0-9]{1,9}/)?[A-Za-z0-9_-][A-Za-z0-9_.-]{0,80}')
BLOCK, SPARE_BYTES, LONGEST = 1 << 20, 5_000_000, 64 << 20
Ask = Callable[[str, Callable[['Stores'], Any]], Any]  # `desk.Desk.stores`: done in the archivist's thread
Told = Callable[[int, int], bool]  # bytes done, of how many; False: it is to end


@dataclass(frozen=True, slots=True)
class Backup:
    """What lies in a folder, as its list has it."""

    folder: Path
    ledger: int  # version
    at_s: float  # as the clock believed
    lived_s: float  # of the booth
    files: dict[str, tuple[int, str]]  # name: bytes, SHA-256

    @property
    def size(self) -> int:
        return sum(size for size, _ in self.files.values())

    @property
    def numbers(self) -> tuple[int, ...]:
        """Of the letters whose sound is in it."""
        return tuple(sorted({int(name.split('/')[1]) for name in self.files if name.endswith('/letter.wav')}))


def quiet(done: int, whole: int) -> bool:
    """Nobody looks on."""
    return True


def back_up(ask: Ask, data: Path, target: Path, told: Told = quiet, disk: Disk | None = None) -> Backup:
    """Everything, into the new folder `target`; read back and compared before it has this name. StorageError or
    OptionError says why not, and nothing is left then but what can be told to be broken off."""
    disk, part = disk or Disk(), target.with_name(target.name + PART)
    if target.exists() or target.is_symlink():
        raise OptionError('there is something already', where=str(target), remedy='name another folder')
    with in_words('write the backup', target):
        disk.remove(part)  # of one that was broken off
        disk.folder(part)
        try:
            made = _made(ask, _Copying(data, part, disk, told))
            _verify(made, told)
            disk.rename(part, target)
        except BaseException:
            with contextlib.suppress(OSError):  # what can be: the room it takes is wanted
                disk.remove(part)
            raise
        disk.sync_folder(target.parent)
    return Backup(target, made.ledger, made.at_s, made.lived_s, made.files)


def _made(ask: Ask, work: _Copying) -> Backup:
    """All of it, and its list, as yet without a name."""
    part, disk = work.part, work.disk
    work.letters(work.listed())
    at_s, lived_s, gone = ask('copy the ledger', lambda stores: _ledger(stores, part / FILE, disk))
    work.letters(work.listed())
    work.without(gone)
    work.note(part / FILE, FILE)
    made = Backup(part, len(MIGRATIONS), at_s, lived_s, work.files)
    _write_list(made, disk)
    return made


class _Copying:
    """Files into the backup, each with its digest."""

    def __init__(self, data: Path, part: Path, disk: Disk, told: Told) -> None:
        self._data, self.part, self.disk, self._told = data, part, disk, told
        self.files: dict[str, tuple[int, str]] = {}
        self._done = 0

    def listed(self) -> dict[str, Path]:
        """What is not copied yet."""
        found = {}
        for path in sorted((self._data / FOLDER).rglob('*')):
            name = path.relative_to(self._data).as_posix()
            if path.is_file() and not path.is_symlink() and NAMES.fullmatch(name) and not name.endswith(PART):
                found[name] = path
        return {name: path for name, path in found.items() if name not in self.files}

    def letters(self, names: dict[str, Path]) -> None:
        sizes = {}
        for name, path in names.items():
            with contextlib.suppress(FileNotFoundError):  # forgotten meanwhile
                sizes[name] = path.stat().st_size
        self._require_room(sum(sizes.values()))
        whole = self._done + sum(sizes.values())
        for name, size in sizes.items():
            with contextlib.suppress(FileNotFoundError):
                self.files[name] = copied(self.disk, names[name], self.part / name)
            self._done += size
            if not self._told(self._done, whole):
                raise MachineRefusesError('it was stopped', where=str(self.part), remedy='begin it again')

    def without(self, numbers: list[int]) -> None:
        """Forgotten while they were copied."""
        gone = {f'{FOLDER}/{number:06d}' for number in numbers}
        for inside in sorted({_folder_of(name) for name in self.files} & gone):
            self.disk.remove(self.part / inside)
        self.files = {name: file for name, file in self.files.items() if _folder_of(name) not in gone}

    def note(self, path: Path, name: str) -> None:
        self.files[name] = (path.stat().st_size, digest(path))

    def _require_room(self, size: int) -> None:
        free = self.disk.free_bytes(self.part)
        if free < size + SPARE_BYTES:
            what = f'{(size + SPARE_BYTES) / 1e6:.0f} MB are needed, {free / 1e6:.0f} MB are free'
            raise StorageError(what, where=str(self.part), remedy='use a larger one', cause='disk full')


def _folder_of(name: str) -> str:
    """letters/000217 of any file of that letter."""
    return '/'.join(name.split('/')[:2])


def _ledger(stores: Stores, path: Path, disk: Disk) -> tuple[float, float, list[int]]:
    """As it is now, in one file; when that was; and whose letters are not there (any more)."""
    stores.ledger.copy_to(path)
    file = disk.change(path)
    try:
        disk.sync(file)
    finally:
        disk.close(file)
    rows = stores.ledger.rows("SELECT number FROM letter WHERE state IN ('forgotten', 'forgetting')")
    return stores.wall_s(), stores.life.lived_s(), [row['number'] for row in rows]


def verify(folder: Path, told: Told = quiet) -> Backup:
    """Read every byte of a backup. StorageError names the first file that is not as it was written; OptionError where
    there is none, or one of a newer program."""
    found = read_list(folder)
    _verify(found, told)
    return found


def _verify(found: Backup, told: Told) -> None:
    folder, done = found.folder, 0
    for name, (size, wanted) in found.files.items():
        path = folder / name
        if path.is_symlink() or not path.is_file():
            raise damaged(path, 'is not there')
        with in_words('read the backup', path):
            if path.stat().st_size != size or digest(path) != wanted:
                raise damaged(path, 'is not what was written')
        done += size
        if not told(done, found.size):
            raise MachineRefusesError('it was stopped', where=str(folder), remedy='begin it again')
    place = (folder / FILE).absolute().as_uri()  # a stick may be called USB#1
    try:
        with contextlib.closing(sqlite3.connect(f'{place}?mode=ro&immutable=1', uri=True)) as db:
            whole = is_whole(db)
    except sqlite3.OperationalError as error:
        raise _failed(folder / FILE, 'read the backup', str(error), 'storage') from error
    if not whole:
        raise damaged(folder / FILE, 'is not whole')


def read_list(folder: Path) -> Backup:
    """What should be in the folder; nothing of it is looked at."""
    path = folder / LIST
    if not path.is_file() or folder.name.endswith(PART):
        begun = (folder / FILE).exists() or (folder / FOLDER).exists()
        what = 'this backup was broken off' if begun else 'there is no backup'
        raise OptionError(what, where=str(folder), remedy='make one again' if begun else 'name its folder')
    with in_words('read the backup', path):
        text = path.read_bytes() if path.stat().st_size <= LONGEST else b''
    body, _, told = text.partition(b'\n')
    if hashlib.sha256(body).hexdigest().encode() != told.strip():
        raise damaged(path, 'is not what was written')
    try:
        known = json.loads(body)
        made = Backup(
            folder,
            int(known['ledger']),
            float(known['at_s']),
            float(known['lived_s']),
            {str(name): (int(size), str(told)) for name, (size, told) in known['files'].items()},
        )
        version = int(known['version'])
    except (ValueError, KeyError, TypeError, AttributeError):  # sound, and not of ours
        raise damaged(path, 'is not what was written') from None
    if version > VERSION or made.ledger > len(MIGRATIONS):
        what = f'this backup is of version {version}.{made.ledger}'
        remedy = f'this program knows {VERSION}.{len(MIGRATIONS)}: install a newer one'
        raise OptionError(what, where=str(folder), remedy=remedy)
    if FILE not in made.files or not all(NAMES.fullmatch(name) for name in made.files):
        raise damaged(path, 'names what is no part of a backup')
    return made


def _write_list(made: Backup, disk: Disk) -> None:
    told = {'version': VERSION, 'ledger': made.ledger, 'at_s': made.at_s, 'lived_s': made.lived_s, 'files': made.files}
    body = json.dumps(told, sort_keys=True).encode()
    file = disk.create(made.folder / LIST)
    try:
        disk.write(file, body + b'\n' + hashlib.sha256(body).hexdigest().encode() + b'\n', 0)
        disk.sync(file)
    finally:
        disk.close(file)
    disk.sync_folder(made.folder)


def copied(disk: Disk, source: Path, target: Path) -> tuple[int, str]:
    """One file, on the disk before this returns: its length and digest."""
    descriptor = os.open(source, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    with open(descriptor, 'rb') as file:
        disk.folder(target.parent)
        out, at, told = disk.create(target), 0, hashlib.sha256()
        try:
            while block := file.read(BLOCK):
                disk.write(out, block, at)
                told.update(block)
                at += len(block)
            disk.sync(out)
        finally:
            disk.close(out)
    disk.sync_folder(target.parent)
    return at, told.hexdigest()


def digest(path: Path) -> str:
    """SHA-256 of a file."""
    with path.open('rb') as file:
        return hashlib.file_digest(file, 'sha256').hexdigest()


def damaged(path: Path, what: str) -> StorageError:
    """Of a backup."""
    return StorageError(f'the backup is damaged: {path.name} {what}', where=str(path), remedy='use another one')


@contextlib.contextmanager
def in_words(what: str, where: Path) -> Iterator[None]:
    """A disk's own words in ours."""
    try:
        yield
    except OSError as error:
        if isinstance(error, StorageError):
            raise
        raise _failed(where, what, error.strerror or str(error), cause_of(error)) from error


def _failed(where: Path, what: str, why: str, cause: str) -> StorageError:
    return StorageError(f'cannot {what} ({why})', where=str(where), remedy='see to the disk', cause=cause)
