"""What an update is: one line `audioletter-update 1 M S`, then M bytes of manifest (JSON), S bytes of signature over it
by `ssh-keygen -Y sign` (namespace audioletter-update), then a tar of the program, whose SHA-256 the manifest holds.

Nothing of a bundle is believed before its signature is, and nothing of it is run.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from disk import Disk

HEAD = re.compile(rb'audioletter-update 1 ([0-9]{1,5}) ([0-9]{1,5})\n')
NAMESPACE = 'audioletter-update'
SIGNER = 'audioletter'
VERSION = re.compile(r'[0-9]{1,4}\.[0-9]{1,4}\.[0-9]{1,4}')
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


class Intake:
    """Takes one bundle into a folder of `versions`: `signature`, `payload`, and `tree`, the program."""

    def __init__(self, places: Places, disk: Disk, folder: Path) -> None:
        self._places, self._disk, self._folder = places, disk, folder

    def take(self, bundle: Path, now: str) -> str:
        """Its version, when it is newer than `now`; RefusedError."""
        manifest = self._checked(bundle, now)
        self._unpack(manifest)
        return str(manifest['version'])

    def _checked(self, bundle: Path, now: str) -> dict[str, Any]:
        """Its manifest, when it is signed, whole, made for this computer and newer; its payload is copied."""
        try:
            with bundle.open('rb', buffering=CHUNK) as file:
                manifest = self._signed(file)
                self._fits(manifest, now)
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
        self._disk.write(self._folder / 'signature', signature)
        words = ('ssh-keygen', '-Y', 'verify', '-f', str(self._places.signers), '-I', SIGNER, '-n', NAMESPACE,
                 '-s', str(self._folder / 'signature'))  # fmt: skip
        if subprocess.run(words, input=manifest, capture_output=True, check=False).returncode != 0:
            raise RefusedError('its signature is not one that this booth trusts')
        return dict(json.loads(manifest))

    def _fits(self, manifest: dict[str, Any], now: str) -> None:
        version = manifest['version']
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
        with (self._folder / 'payload').open('xb') as copy:
            while size >= 0 and (chunk := file.read(min(CHUNK, size + 1))):  # one byte more would be one too many
                digest.update(chunk)
                copy.write(chunk)
                size -= len(chunk)
        return digest.hexdigest()

    def _unpack(self, manifest: dict[str, Any]) -> None:
        tree = self._folder / 'tree'
        self._disk.make(tree)
        with tarfile.open(self._folder / 'payload', 'r:gz') as tar:
            for member in tar:
                self._extract(tar, member, tree)
        (tree / 'bin' / 'python').symlink_to('/usr/bin/python3')
        if version_of(tree) != manifest['version']:
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


def version_of(tree: Path) -> str:
    """Of a program that lies there; 0.0.0 where none does."""
    file = tree / 'VERSION'
    return file.read_text(encoding='ascii').strip() if file.exists() else '0.0.0'


def _number(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split('.'))
