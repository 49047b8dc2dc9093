"""What an update is: one line `audioletter-update 2 M S`, then M bytes of manifest (JSON), S bytes of signature over it
by `ssh-keygen -Y sign` (namespace audioletter-update), then a packed tar of the program, in blocks, whose SHA-256 the
manifest holds.

Nothing of a bundle is believed before its signature is, and nothing of it is run. Each block is read once, and
unpacked only when it is the one that was signed: so nobody can change it after it was looked at, and a card need not
keep a copy of it.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import platform
import re
import shutil
import stat
import subprocess
import sys
import tarfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from disk import Disk

HEAD = re.compile(rb'audioletter-update 2 ([0-9]{1,5}) ([0-9]{1,5})\n')
NAMESPACE = 'audioletter-update'
SIGNER = 'audioletter'
VERSION = re.compile(r'[0-9]{1,4}\.[0-9]{1,4}\.[0-9]{1,4}')
CHUNK = 1 << 20  # of memory for one file that is written
PIECE = 1 << 16  # is handed to tarfile, which moves what is left of it at each header
MOST = 1 << 22  # is unpacked at once
BLOCK = 1 << 24  # of a bundle, at most: each is held in memory
HEADERS = 1 << 26  # what the tar may have beside the files
PYTHON = Path('bin', 'python')  # made here: it is of this computer
# Answers of a disk that can come of nothing but a name in the bundle: the folder it is unpacked into is new, and ours.
OF_NAMES = (errno.EEXIST, errno.ENOTDIR, errno.EISDIR, errno.ENAMETOOLONG, errno.EINVAL, errno.EILSEQ)


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


@dataclass(frozen=True, slots=True)
class Manifest:
    """What the signer says of a bundle. RefusedError where it is not what this program can read."""

    version: str
    machine: str
    python: str
    bytes: int  # packed
    unpacked: int
    block: int
    blocks: list[str]

    @classmethod
    def read(cls, text: bytes) -> Manifest:
        try:
            told = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise RefusedError('its manifest is no JSON') from error
        found = {}
        for name, fits in FITS.items():
            found[name] = told.get(name) if isinstance(told, dict) else None
            if not fits(found[name]):
                raise RefusedError(f'its manifest has no {name} that this booth can read')
        return cls(**found)


def _is_word(value: object) -> bool:
    return isinstance(value, str) and re.fullmatch(r'[\w.-]{1,20}', value, re.ASCII) is not None


def _is_count(value: object) -> bool:
    return type(value) is int and value > 0


FITS: dict[str, Callable[[Any], bool]] = {
    'version': lambda value: _is_word(value) and VERSION.fullmatch(value) is not None,
    'machine': _is_word,
    'python': _is_word,
    'bytes': _is_count,
    'unpacked': _is_count,
    'block': lambda value: _is_count(value) and value <= BLOCK,
    'blocks': lambda value: isinstance(value, list) and all(isinstance(each, str) for each in value),
}


class Payload:
    """What the blocks hold, unpacked, for tarfile to read on and on; RefusedError at the first that was not signed."""

    def __init__(self, file: BinaryIO, manifest: Manifest) -> None:
        self._file, self._left, self._room = file, manifest.bytes, manifest.unpacked + HEADERS
        self._block, self._digests = manifest.block, iter(manifest.blocks)
        self._gzip = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
        self._plain = memoryview(b'')

    def read(self, size: int) -> bytes:
        while not self._plain and not self._gzip.eof and (packed := self._gzip.unconsumed_tail or self._next()):
            self._plain = memoryview(self._gzip.decompress(packed, MOST))
            self._room -= len(self._plain)
            if self._room < 0:
                raise RefusedError('it holds more than it says')
        some, self._plain = self._plain[:size], self._plain[size:]
        return bytes(some)

    def end(self) -> None:
        """All of it has been read, and it was all there; RefusedError."""
        while self._left > 0:
            self._next()
        if next(self._digests, None) is not None or _read(self._file, 1):
            raise RefusedError('it is damaged or cut short')

    def _next(self) -> bytes:
        """The next block; nothing behind the last."""
        if self._left <= 0:
            return b''
        block = _read(self._file, min(self._block, self._left))
        if hashlib.sha256(block).hexdigest() != next(self._digests, None):
            raise RefusedError('it is damaged or cut short')
        self._left -= len(block)
        return block


class Intake:
    """Takes one bundle into a folder of `versions`: `signature`, and `tree`, the program."""

    def __init__(self, places: Places, disk: Disk, folder: Path) -> None:
        self._places, self._disk, self._folder = places, disk, folder

    def take(self, bundle: Path, now: str) -> str:
        """Its version, when it is signed, whole, made for this computer and newer than `now`; RefusedError."""
        with _opened(bundle) as file:
            manifest = self._signed(file)
            self._fits(manifest, now)
            payload = Payload(file, manifest)
            self._unpack(payload, manifest.version)
            payload.end()
        return manifest.version

    def _signed(self, file: BinaryIO) -> Manifest:
        head = HEAD.fullmatch(_read(file, None))
        if head is None:
            raise RefusedError('it is no update of a booth')
        manifest, signature = _read(file, int(head[1])), _read(file, int(head[2]))
        self._disk.write(self._folder / 'signature', signature)
        words = ('ssh-keygen', '-Y', 'verify', '-f', str(self._places.signers), '-I', SIGNER, '-n', NAMESPACE,
                 '-s', str(self._folder / 'signature'))  # fmt: skip
        if subprocess.run(words, input=manifest, capture_output=True, check=False).returncode != 0:
            raise RefusedError('its signature is not one that this booth trusts')
        return Manifest.read(manifest)

    def _fits(self, manifest: Manifest, now: str) -> None:
        for name, told, ours in (
            ('machine', manifest.machine, self._places.machine),
            ('python', manifest.python, self._places.python),
        ):
            if told != ours:
                raise RefusedError(f'it is for {name} {told}; this booth has {ours}')
        if _number(manifest.version) <= _number(now):
            raise RefusedError(f'it holds version {manifest.version}; this booth has {now}, which is not older')
        free = shutil.disk_usage(self._places.versions).free
        if free < 1.2 * (manifest.bytes + manifest.unpacked):
            raise RefusedError(f'there is no room for it ({free / 1e6:.0f} MB are free)')

    def _unpack(self, payload: Payload, version: str) -> None:
        """What is signed may still be made badly: that is told as such, and nothing of this computer has failed."""
        tree = self._folder / 'tree'
        self._disk.make(tree)
        try:
            self._extract_all(payload, tree)
        except (tarfile.TarError, zlib.error, ValueError) as error:
            raise RefusedError(f'it cannot be unpacked ({error})') from error
        if not (tree / 'bin' / 'audioletter').is_file():
            raise RefusedError('it holds no program (bin/audioletter)')
        if version_of(tree) != version:
            raise RefusedError('it does not hold the version that it says')
        (tree / PYTHON).symlink_to('/usr/bin/python3')

    def _extract_all(self, payload: Payload, tree: Path) -> None:
        made = {tree}
        with tarfile.open(fileobj=payload, mode='r|', bufsize=PIECE) as tar:
            for member in tar:
                path = Path(member.name)
                plain = member.isdir() or (member.isreg() and not member.issparse())  # holes are bytes nobody has said
                if path.is_absolute() or '..' in path.parts or path == PYTHON or not plain:
                    raise RefusedError(f'it holds what none may: {_shown(member.name)}')
                try:
                    self._extract(tar, member, tree / path, made)
                except OSError as error:
                    if error.errno not in OF_NAMES:
                        raise
                    raise RefusedError(f'it holds what cannot be: {_shown(member.name)} ({error.strerror})') from error

    def _extract(self, tar: tarfile.TarFile, member: tarfile.TarInfo, target: Path, made: set[Path]) -> None:
        """A plain file or folder, of ours; `made`: the folders that are there."""
        folder = target if member.isdir() else target.parent
        if folder not in made:
            folder.mkdir(parents=True, exist_ok=True)
            made.add(folder)
        if member.isdir():
            return
        source = tar.extractfile(member)
        assert source is not None
        mode = 0o755 if member.mode & 0o100 else 0o644
        with open(target, 'xb', buffering=0, opener=lambda name, flags: os.open(name, flags, mode)) as file:
            while some := source.read(CHUNK):
                file.write(some)


def version_of(tree: Path) -> str:
    """Of a program that lies there; 0.0.0 where none does, or nobody can read which it is."""
    file = tree / 'VERSION'
    told = file.read_text(encoding='ascii', errors='replace').strip() if file.is_file() else ''
    return told if VERSION.fullmatch(told) else '0.0.0'


def _opened(bundle: Path) -> BinaryIO:
    """A plain file: a pipe would be waited for."""
    try:
        handle = os.open(bundle, os.O_RDONLY | os.O_NONBLOCK)
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            os.close(handle)
            raise RefusedError('it cannot be read (it is no file)')
        return os.fdopen(handle, 'rb')
    except OSError as error:
        raise RefusedError(f'it cannot be read ({error.strerror})') from error


def _read(file: BinaryIO, size: int | None) -> bytes:
    """So many bytes, or the first line; RefusedError where the stick is gone, say: nothing of the booth has failed."""
    try:
        return file.readline(64) if size is None else file.read(size)
    except OSError as error:
        raise RefusedError(f'it cannot be read ({error.strerror})') from error


def _shown(name: str) -> str:
    """A name of the bundle's, on one line of a terminal."""
    return name if name.isascii() and name.isprintable() and len(name) <= 80 else ascii(name[:80])


def _number(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split('.'))
