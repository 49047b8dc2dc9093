#!/usr/bin/python3 -I
"""Installs an update of the booth's program: whole or not at all, whatever ends it, and back again if it is not well.

    updater look FILE      is it ours, whole, newer? Then it is unpacked beside what runs, and tried
    updater try            the booth begins anew with it; if it is not well, with what was there before
    updater settle         at each start: what a power cut has left is ended, always on a version that was well

It stands on the read-only root and uses nothing of what it replaces. A version is a folder of `versions`; `current` is
a link to the one that runs, and switched by one rename. A file `trying` stands there from before the switch until the
new version is known to be well: whoever finds it at a start goes back.

A bundle is one line `audioletter-update 1 M S`, then M bytes of manifest (JSON), S bytes of signature over it by
`ssh-keygen -Y sign` (namespace audioletter-update), then a tar of the program, whose SHA-256 the manifest holds.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import platform
import re
import shutil
import sqlite3
import subprocess
import sys
import tarfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

HEAD = re.compile(rb'audioletter-update 1 ([0-9]{1,5}) ([0-9]{1,5})\n')
NAMESPACE = 'audioletter-update'
SIGNER = 'audioletter'
VERSION = re.compile(r'[0-9]{1,4}\.[0-9]{1,4}\.[0-9]{1,4}')
LEDGER = ('ledger.sqlite', 'ledger.sqlite-wal', 'ledger.sqlite-shm')
READY_S = 120.0  # until systemd has heard READY=1 and the shell answers
STEADY_S = 20.0  # and so long it must go on
LOOK_S = 1.0
CHUNK = 1 << 20


class RefusedError(Exception):
    """One line: what is wrong with the bundle, or why it is not now."""


@dataclass(frozen=True, slots=True)
class Places:
    """Where things are on a booth."""

    versions: Path = Path('/usr/lib/audioletter/versions')
    factory: Path = Path('/usr/lib/audioletter/factory')  # what the image came with
    signers: Path = Path('/usr/lib/audioletter/update-signers')  # allowed signers, ssh-keygen(1)
    data: Path = Path('/var/lib/audioletter')
    machine: str = platform.machine()
    python: str = f'{sys.version_info[0]}.{sys.version_info[1]}'


class Disk:
    """Every change of the disk: each is there, or not, when the power goes."""

    def make(self, folder: Path) -> None:
        folder.mkdir(mode=0o755)

    def write(self, path: Path, data: bytes, mode: int = 0o644) -> None:
        with path.open('xb') as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        path.chmod(mode)

    def copy(self, source: Path, target: Path) -> None:
        shutil.copy2(source, target)
        with target.open('rb') as file:
            os.fsync(file.fileno())

    def link(self, to: str, path: Path) -> None:
        path.symlink_to(to)

    def rename(self, old: Path, new: Path) -> None:
        old.rename(new)
        self._settled(new.parent)

    def remove(self, path: Path) -> None:
        if path.is_symlink() or not path.is_dir():
            path.unlink(missing_ok=True)
        else:
            shutil.rmtree(path)
        self._settled(path.parent)

    def all_settled(self) -> None:
        os.sync()

    def _settled(self, folder: Path) -> None:
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


class System:
    """The booth's unit, and time."""

    unit = 'audioletter.service'

    def serves(self) -> bool:
        """Whether a visitor is there; a booth that does not answer serves nobody."""
        told = self._asked('status', '--json')
        return told is not None and bool(re.search(r'"visitor": ?true', told))

    def stop(self) -> None:
        subprocess.run(('systemctl', 'stop', self.unit), check=False)

    def start(self) -> None:
        subprocess.run(('systemctl', 'reset-failed', self.unit), check=False)
        subprocess.run(('systemctl', 'start', '--no-block', self.unit), check=False)

    def well(self) -> bool:
        """Ready within its time, the shell answers, and it goes on for a while as the same process."""
        end_s = time.monotonic() + READY_S
        while not (self._state()[0] == 'active' and self._asked('status') is not None):
            if time.monotonic() > end_s:
                return False
            time.sleep(LOOK_S)
        before = self._state()
        time.sleep(STEADY_S)
        return self._state() == before and self._asked('status') is not None

    def _state(self) -> tuple[str, ...]:
        words = ('systemctl', 'show', '--value', '-p', 'ActiveState', '-p', 'InvocationID', self.unit)
        return tuple(subprocess.run(words, capture_output=True, text=True, check=False).stdout.split())

    def _asked(self, *words: str) -> str | None:
        program = ('/usr/lib/audioletter/current/bin/audioletter', 'shell', '--run', '/run/audioletter', *words)
        try:
            done = subprocess.run(program, capture_output=True, text=True, timeout=30, check=False,
                                  stdin=subprocess.DEVNULL)  # fmt: skip
        except (OSError, subprocess.TimeoutExpired):
            return None
        return done.stdout if done.returncode == 0 else None


class Updater:
    """One booth's versions."""

    def __init__(self, places: Places, disk: Disk, system: System) -> None:
        self._places, self._disk, self._system = places, disk, system
        self._current = places.versions / 'current'
        self._incoming = places.versions / '.incoming'
        self._next = places.versions / 'next'  # unpacked, and to be tried
        self._trying = places.versions / 'trying'  # holds what `current` led to before
        self._ledger = places.versions / '.ledger'

    # -- look ----------------------------------------------------------------------------------------------------------

    def look(self, bundle: Path) -> str:
        """The version that is to be tried now; RefusedError."""
        if self._system.serves():
            raise RefusedError('a visitor is being served; try again when they have gone')
        if self._trying.exists():
            raise RefusedError('another update is being tried')
        self._clear(self._incoming, self._next)
        self._disk.make(self._incoming)
        try:
            manifest = self._checked(bundle)
            version = manifest['version']
            self._unpack(manifest)
            self._take_in(version)
        except BaseException:
            with contextlib.suppress(OSError):
                self._clear(self._incoming)
            raise
        return str(version)

    def _take_in(self, version: str) -> None:
        """From here on it is a version like others, only that none leads to it yet."""
        home = self._places.versions / version
        self._clear(home)
        self._disk.all_settled()
        self._disk.rename(self._incoming / 'tree', home)
        self._clear(self._incoming)
        self._put(self._next, version.encode())

    def _checked(self, bundle: Path) -> dict[str, Any]:
        """Its manifest, when it is signed, whole, made for this computer and newer; the payload is in `.incoming`."""
        try:
            with bundle.open('rb', buffering=CHUNK) as file:
                manifest = self._signed(file)
                self._fits(manifest)
                digest = self._copied(file, manifest['bytes'])
        except OSError as error:
            raise RefusedError(f'it cannot be read ({error.strerror})') from error
        if digest != manifest['sha256']:
            raise RefusedError('it is damaged or cut short')
        return manifest

    def _signed(self, file: BinaryIO) -> dict[str, Any]:
        head = HEAD.fullmatch(file.readline(64))
        if head is None:
            raise RefusedError('it is no update of a booth')
        manifest, signature = file.read(int(head[1])), file.read(int(head[2]))
        self._disk.write(self._incoming / 'signature', signature)
        words = ('ssh-keygen', '-Y', 'verify', '-f', str(self._places.signers), '-I', SIGNER, '-n', NAMESPACE,
                 '-s', str(self._incoming / 'signature'))  # fmt: skip
        if subprocess.run(words, input=manifest, capture_output=True, check=False).returncode != 0:
            raise RefusedError('its signature is not one that this booth trusts')
        return dict(json.loads(manifest))

    def _fits(self, manifest: dict[str, Any]) -> None:
        version, now = manifest['version'], self._version(self._current.resolve())
        if not VERSION.fullmatch(version):
            raise RefusedError('its version is no version')
        for name, ours in (('machine', self._places.machine), ('python', self._places.python)):
            if manifest[name] != ours:
                raise RefusedError(f'it is for {name} {manifest[name]}; this booth has {ours}')
        if _number(version) <= _number(now):
            raise RefusedError(f'it holds version {version}; this booth has {now}, which is not older')
        free = shutil.disk_usage(self._places.versions).free
        if free < 1.2 * (manifest['bytes'] + manifest['unpacked']):
            raise RefusedError(f'there is no room for it ({free / 1e6:.0f} MB are free)')

    def _copied(self, file: BinaryIO, size: int) -> str:
        """A copy of our own, so that nobody changes it after it was looked at; its SHA-256."""
        digest = hashlib.sha256()
        with (self._incoming / 'payload').open('xb') as copy:
            while size >= 0 and (chunk := file.read(min(CHUNK, size + 1))):  # one byte more would be one too many
                digest.update(chunk)
                copy.write(chunk)
                size -= len(chunk)
        return digest.hexdigest()

    def _unpack(self, manifest: dict[str, Any]) -> None:
        tree = self._incoming / 'tree'
        self._disk.make(tree)
        with tarfile.open(self._incoming / 'payload', 'r:gz') as tar:
            for member in tar:
                self._extract(tar, member, tree)
        (tree / 'bin' / 'python').symlink_to('/usr/bin/python3')
        if self._version(tree) != manifest['version']:
            raise RefusedError('it does not hold the version that it says')

    def _extract(self, tar: tarfile.TarFile, member: tarfile.TarInfo, tree: Path) -> None:
        """Plain files and folders below `tree`, of ours."""
        path = Path(member.name)
        if path.is_absolute() or '..' in path.parts or not (member.isreg() or member.isdir()):
            raise RefusedError(f'it holds what none may: {member.name}')
        if member.isdir():
            (tree / path).mkdir(parents=True, exist_ok=True)
            return
        (tree / path).parent.mkdir(parents=True, exist_ok=True)
        source = tar.extractfile(member)
        assert source is not None
        with source, (tree / path).open('xb') as target:
            shutil.copyfileobj(source, target, CHUNK)
        (tree / path).chmod(0o755 if member.mode & 0o100 else 0o644)
        os.utime(tree / path, (member.mtime, member.mtime))

    # -- try -----------------------------------------------------------------------------------------------------------

    def attempt(self) -> bool:
        """Whether the booth now runs the version that `look` has left; else it runs what it ran before."""
        if not self._next.exists():
            return False
        new, old = self._next.read_text(), os.readlink(self._current)
        self._clear(self._next)
        self._system.stop()
        self._keep_ledger()
        self._put(self._trying, old.encode())
        self._lead_to(new)
        self._system.start()
        if self._system.well():
            self._clear(self._trying)
            self._tidy(keep={new, old})
            return True
        self._system.stop()
        self._back()
        self._system.start()
        return False

    def _keep_ledger(self) -> None:
        """A newer program may write the ledger in a way that an older one refuses: then it goes back with it."""
        self._clear(self._ledger)
        self._disk.make(self._ledger)
        for name in LEDGER:
            if (self._places.data / name).exists():
                self._disk.copy(self._places.data / name, self._ledger / name)

    def _back(self) -> None:
        """To what `trying` names. Each step may be done twice: the last one ends it."""
        self._lead_to(self._trying.read_text())
        if (self._ledger / LEDGER[0]).exists() and _layout(self._places.data) != _layout(self._ledger):
            self._ledger_back()
        self._clear(self._trying)
        self._clear(self._ledger)

    def _ledger_back(self) -> None:
        """One file by now: what has asked for the layouts has brought in what was still beside them."""
        there = self._places.data / LEDGER[0]
        new, owner = there.with_name('.ledger.back'), self._places.data.stat()
        self._clear(new, *(self._places.data / name for name in LEDGER[1:]))
        self._disk.copy(self._ledger / LEDGER[0], new)
        os.chown(new, owner.st_uid, owner.st_gid)
        self._disk.rename(new, there)

    # -- settle --------------------------------------------------------------------------------------------------------

    def settle(self) -> str:
        """Before the booth starts: `current` leads to a whole version that was well. What was done, or ''."""
        done = ''
        if self._trying.exists():
            self._back()
            done = 'the power went while an update was tried; the booth goes on with what it had'
        self._clear(self._next, *self._places.versions.glob('.*'))
        if not (self._current / 'VERSION').exists():
            self._lead_to(os.path.relpath(self._places.factory, self._places.versions))
            done = done or f'the booth runs what its image came with ({self._version(self._places.factory)})'
        return done

    # -- small things --------------------------------------------------------------------------------------------------

    def _lead_to(self, where: str) -> None:
        self._clear(self._places.versions / '.current')
        self._disk.link(where, self._places.versions / '.current')
        self._disk.rename(self._places.versions / '.current', self._current)

    def _put(self, path: Path, data: bytes) -> None:
        new = path.with_name(f'.{path.name}')
        self._clear(new)
        self._disk.write(new, data)
        self._disk.rename(new, path)

    def _clear(self, *paths: Path) -> None:
        for path in paths:
            if os.path.lexists(path):
                self._disk.remove(path)

    def _tidy(self, keep: set[str]) -> None:
        self._clear(self._ledger)
        for path in self._places.versions.iterdir():
            if VERSION.fullmatch(path.name) and path.name not in keep:
                self._disk.remove(path)

    def _version(self, tree: Path) -> str:
        file = tree / 'VERSION'
        return file.read_text(encoding='ascii').strip() if file.exists() else '0.0.0'


def _number(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split('.'))


def _layout(folder: Path) -> int | None:
    """Of the ledger there, whose log is brought in; None where there is none that can be read."""
    if not (folder / LEDGER[0]).exists():
        return None
    with contextlib.suppress(sqlite3.Error), contextlib.closing(sqlite3.connect(folder / LEDGER[0])) as ledger:
        return int(ledger.execute('PRAGMA user_version').fetchone()[0])
    return None


@contextlib.contextmanager
def _alone(places: Places) -> Iterator[None]:
    handle = os.open(places.versions, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def main(words: list[str]) -> int:
    places = Places()
    updater = Updater(places, Disk(), System())
    try:
        with _alone(places):
            match words:
                case ['look', file]:
                    print(f'version {updater.look(Path(file))} is whole and signed; the booth begins anew with it')
                case ['try']:
                    well = updater.attempt()
                    print('the new version is well' if well else 'the booth runs what it ran before')
                    return 0 if well else 1
                case ['settle']:
                    print(updater.settle() or 'nothing was left over')
                case _:
                    print(__doc__)
                    return 2
    except RefusedError as error:
        print(f'refused: {error}')
        return 3
    except (OSError, sqlite3.Error, ValueError, KeyError, TypeError, tarfile.TarError, EOFError) as error:
        print(f'failed: {error}')
        return 4
    return 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
