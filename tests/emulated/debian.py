"""Debian's packages for an emulated computer: looked up and fetched with lists and a status of their own.

The computer's own packages are neither asked nor changed, and nothing needs rights. Kernels change their names with
every update, so the name is asked for.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
CACHE = ROOT / '.venv' / 'emulated'  # until the environment is thrown away
SUITE, SITE = 'bookworm', 'http://deb.debian.org/debian'
KEYS = Path('/usr/share/keyrings/debian-archive-keyring.gpg')
TOOLS = {'apt-get': 'apt', 'dpkg-deb': 'dpkg', 'tar': 'tar'}


class EmulationError(Exception):
    """It did not come so far; the text says why."""


def missing(tools: dict[str, str]) -> list[str]:
    """Debian packages without which nothing can be emulated; `tools`: command -> package."""
    packages = [package for command, package in {**TOOLS, **tools}.items() if shutil.which(command) is None]
    return packages if KEYS.exists() else [*packages, 'debian-archive-keyring']


def run(*words: Any, **how: Any) -> str:
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, check=False, **how)
    if done.returncode:
        raise EmulationError(f'{words[0]}: {(done.stderr or done.stdout).strip()[-500:]}')
    return done.stdout


def once(name: str, make: Callable[[Path], None], cache: Path = CACHE) -> Path:
    """The folder that `make` has filled, now or earlier; whole or not there."""
    folder = cache / name
    if not folder.exists():
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix='audioletter-', dir=cache) as place:
            part = Path(place) / name
            part.mkdir()
            make(part)
            try:
                part.rename(folder)
            except OSError:  # somebody beside us was quicker
                if not folder.is_dir():
                    raise
    return folder


class Debian:
    """Packages of one processor."""

    def __init__(self, processor: str, place: Path) -> None:
        self._place, self._processor = place, processor
        for each in ('lists/partial', 'cache/archives/partial'):
            (place / each).mkdir(parents=True)
        (place / 'status').touch()
        (place / 'sources').write_text(f'deb [arch={processor} signed-by={KEYS}] {SITE} {SUITE} main\n')
        settings = {
            'APT::Architecture': processor, 'APT::Architectures': processor, 'Acquire::Languages': 'none',
            'APT::Sandbox::User': '',  # or it would want the folder to belong to _apt
            'Dir::State::Lists': place / 'lists', 'Dir::State::status': place / 'status', 'Dir::Cache': place / 'cache',
            'Dir::Etc::sourcelist': place / 'sources', 'Dir::Etc::sourceparts': '-',
        }  # fmt: skip
        (place / 'apt.conf').write_text(''.join(f'{name} "{value}";\n' for name, value in settings.items()))
        self._how = {'cwd': place, 'env': {**os.environ, 'APT_CONFIG': str(place / 'apt.conf')}}
        run('apt-get', 'update', '-q', **self._how)

    def kernel(self) -> str:
        """The name of the one that is given out today, such as 6.1.0-50-arm64."""
        told = run('apt-cache', 'show', f'linux-image-{self._processor}', **self._how)
        wanted = re.search(rf'^Depends:.*?\blinux-image-([0-9][^ ,]*-{self._processor})\b', told, re.MULTILINE)
        if wanted is None:
            raise EmulationError(f'linux-image-{self._processor} names no kernel')
        return wanted[1]

    def fetch(self, package: str) -> Path:
        run('apt-get', 'download', '-q', package, **self._how)
        return next(self._place.glob(f'{package}_*.deb'))


def unpack(package: Path, into: Path, *patterns: str) -> None:
    """All of it, or what matches."""
    chosen = ('--wildcards', *patterns) if patterns else ()
    run('sh', '-c', 'dpkg-deb --fsys-tarfile "$0" | tar -x "$@"', package, '-C', into, *chosen)


def archive(files: dict[str, bytes]) -> bytes:
    """An initial file system: cpio's "newc" (kernel.org, Documentation/driver-api/early-userspace/buffer-format). A
    name that ends with a stroke is a folder."""
    out = bytearray()
    for number, (name, content) in enumerate([*files.items(), ('TRAILER!!!', b'')], 1):
        mode = 0o040755 if name.endswith('/') else 0o100755
        plain = name.rstrip('/').encode() + b'\0'
        fields = (number, mode, 0, 0, 1, 0, len(content), 0, 0, 0, 0, len(plain), 0)
        out += b'070701' + b''.join(b'%08X' % field for field in fields) + plain
        out += bytes(-len(out) % 4) + content
        out += bytes(-len(out) % 4)
    return bytes(out)
