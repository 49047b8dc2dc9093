"""Where letters are kept and where takes live until then: by the settings, the service, or the user's own folders.

A take that is not kept must vanish with the power: its folder is in memory (tmpfs), ours alone, and no link to
elsewhere. Whatever does not hold is an error with its remedy; nothing ever falls back to a disk. A data folder that
cannot be written is no error here: the booth starts, and says so.

Sources: proc_pid_mountinfo(5); XDG Base Directory Specification 0.8; systemd.exec(5).
"""

from __future__ import annotations

import errno
import fcntl
import logging
import os
import pwd
import re
import stat
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from appliance.clock import Clock, RealClock
from appliance.config.model import Config
from appliance.errors import OptionError

NAME = 'audioletter'
SYSTEM_DATA = Path('/var/lib', NAME)
SYSTEM_RUN = Path('/run', NAME)
SHARED_MEMORY = Path('/dev/shm')
MOUNTS = Path('/proc/self/mountinfo')
IN_MEMORY = {'tmpfs', 'ramfs'}
KEY = 'places.run'
LOOK_S = 0.1  # between two attempts at a lock
log = logging.getLogger('audioletter')


@dataclass(frozen=True, slots=True)
class Folders:
    """Absolute paths, not made yet."""

    data: Path  # letters and ledger
    run: Path  # takes that are not kept


@dataclass(frozen=True, slots=True)
class Computer:
    """What is asked of the operating system; tests give their own."""

    platform: str = sys.platform
    mounts: Path = MOUNTS
    system_data: Path = SYSTEM_DATA
    system_run: Path = SYSTEM_RUN
    shared_memory: Path = SHARED_MEMORY


HERE = Computer()


class Lock:
    """Held until it is closed, or until its process and all that inherited it are gone."""

    def __init__(self, handles: list[int]) -> None:
        self._handles = handles

    @property
    def handles(self) -> tuple[int, ...]:
        """Open files for a child to inherit: then it holds the lock too."""
        return tuple(self._handles)

    def close(self) -> None:
        while self._handles:
            os.close(self._handles.pop())


def folders(config: Config, environ: Mapping[str, str], euid: int, computer: Computer = HERE) -> Folders:
    """Where this booth keeps its things; OptionError when nothing in memory can be had. Makes nothing."""
    return Folders(_data(config, environ, euid, computer), _run(config, environ, euid, computer))


def make(places: Folders, euid: int | None = None) -> str:
    """Make both folders, for nobody else to read. Returns why the data folder cannot be written, or an empty text;
    OptionError for a run folder that is not ours.
    """
    _make_run(places.run, os.geteuid() if euid is None else euid)
    try:
        places.data.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=places.data) as file:
            file.write(b'\0')
            file.flush()
    except OSError as error:
        return f'{places.data}: {error.strerror or error}'
    return ''


def lock(places: Folders, wait_s: float = 0.0, clock: Clock | None = None) -> Lock:
    """One booth for a data folder and one for a run folder: OptionError when another has either for so long.

    What a booth that was killed has left running (a cutter that stops its cut) is waited for.
    """
    clock = clock or RealClock()
    until_s, told = clock.now_s() + wait_s, False
    while True:
        try:
            return _locked(places)
        except _HeldError as error:
            if wait_s and not told:
                log.info('another booth has %s: its end is waited for, for %g s at most', error, wait_s)
                told = True
            if clock.now_s() >= until_s:
                remedy = 'stop it, or name other places in the settings'
                raise OptionError('another booth is running here', where=str(error), remedy=remedy) from error
            clock.rest(LOOK_S)


def is_held(places: Folders) -> bool:
    """Whether a booth runs here; one that nobody here may look at does not count."""
    try:
        _locked(places).close()
    except _HeldError:
        return True
    except OptionError:
        return False
    return False


class _HeldError(Exception):
    """Somebody else has the folder."""


def _locked(places: Folders) -> Lock:
    handles: list[int] = []
    for folder in (places.run, places.data):
        try:
            handles.append(os.open(folder, os.O_RDONLY | os.O_DIRECTORY))
            fcntl.flock(handles[-1], fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            Lock(handles).close()
            raise _HeldError(folder) from error
        except OSError as error:
            if folder == places.run:
                Lock(handles).close()
                raise OptionError(f'cannot be locked ({error.strerror})', where=str(folder), remedy=_REMEDY) from error
    return Lock(handles)


_REMEDY = f'set {KEY} to a folder of your own in memory'


def _data(config: Config, environ: Mapping[str, str], euid: int, computer: Computer) -> Path:
    if config.places.data:
        return Path(config.places.data)
    if state := _first_absolute(environ.get('STATE_DIRECTORY', '').split(':')):
        return state
    if euid == 0 or os.path.exists(computer.system_data):
        return computer.system_data
    if own := _first_absolute([environ.get('XDG_DATA_HOME', '')]):
        return own / NAME
    home = _first_absolute([environ.get('HOME', ''), _home(euid)])
    return home / '.local' / 'share' / NAME if home else computer.system_data


def _run(config: Config, environ: Mapping[str, str], euid: int, computer: Computer) -> Path:
    """What is named must hold; of what is only usual, the first that is in memory."""
    if config.places.run:
        named = Path(config.places.run)
        if computer.platform == 'darwin':  # no mountinfo to check by, and its RAM disks are like any disk
            return _plain(named)
        return _checked(named, f'{KEY} names', computer)
    if service := _first_absolute(environ.get('RUNTIME_DIRECTORY', '').split(':')):
        return _checked(service, 'RuntimeDirectory= of the service names', computer)
    if computer.platform == 'darwin':
        raise OptionError(
            'macOS has no folder in memory, and a take that is not kept must not reach a disk',
            where=KEY,
            remedy='make a RAM disk (hdiutil attach -nomount ram://524288, then diskutil) and name a folder on it',
        )
    own = _first_absolute([environ.get('XDG_RUNTIME_DIR', '')])
    usual = [
        *([computer.system_run] if euid == 0 or _open_to_us(computer.system_run) else []),
        *([own / NAME] if own and _open_to_us(own) else []),  # after `su` it may be somebody else's
        computer.shared_memory / f'{NAME}-{euid}',
    ]
    for path in usual:
        if in_memory(path, computer):
            return _plain(path)
    tried = ', '.join(map(str, usual))
    what = 'no folder in memory (tmpfs), and a take that is not kept must not reach a disk'
    raise OptionError(what, where=tried, remedy=_REMEDY)


def in_memory(path: Path, computer: Computer = HERE) -> bool:
    """Whether what is written there would be in memory; where that cannot be told, it is not."""
    real = Path(os.path.realpath(path))
    try:
        lines = computer.mounts.read_text(encoding='utf-8', errors='surrogateescape').splitlines()
    except OSError:
        return False
    return _kind(real, lines) in IN_MEMORY


def _kind(real: Path, lines: Iterable[str]) -> str:
    """File system of the mount that holds `real`: the deepest, and of those on one point the last, which hides them."""
    deepest, kind = -1, ''
    for mount in mounted(lines):
        if real.is_relative_to(mount.point) and len(mount.point.parts) >= deepest:
            deepest, kind = len(mount.point.parts), mount.kind
    return kind


@dataclass(frozen=True, slots=True)
class Mount:
    """A file system, and where it is."""

    point: Path
    kind: str
    read_only: bool


def mounted(lines: Iterable[str]) -> Iterator[Mount]:
    """What /proc/self/mountinfo tells (proc_pid_mountinfo(5)), in its order."""
    for line in lines:
        before, _, after = line.partition(' - ')
        words, kinds = before.split(' '), after.split(' ')
        if len(words) < 6 or not after:
            continue
        point = Path(re.sub(r'\\([0-7]{3})', lambda octal: chr(int(octal[1], 8)), words[4]))
        options = {*words[5].split(','), *kinds[-1].split(',')}
        yield Mount(point, kinds[0], 'ro' in options)


def _checked(path: Path, said: str, computer: Computer) -> Path:
    if not in_memory(path, computer):
        what = f'{said} a folder that is not in memory (tmpfs), and a take that is not kept must not reach a disk'
        raise OptionError(what, where=str(path), remedy=_REMEDY)
    return _plain(path)


def _plain(path: Path) -> Path:
    if os.path.islink(path):
        raise OptionError('is a link; takes go only where they are meant to', where=str(path), remedy='remove it')
    return path


def _make_run(run: Path, euid: int) -> None:
    """There, a folder, ours, closed to others: looked at through one handle, so that nobody changes it in between."""
    try:
        run.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
        run.mkdir(mode=0o700, exist_ok=True)
        handle = os.open(run, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError as error:
        what = 'is a link or no folder' if error.errno in (errno.ELOOP, errno.ENOTDIR, errno.EEXIST) else error.strerror
        raise OptionError(f'takes cannot be held there: {what}', where=str(run), remedy=_REMEDY) from error
    try:
        found = os.fstat(handle)
        if found.st_uid != euid:
            what = f'belongs to user {found.st_uid}, not to us ({euid})'
            raise OptionError(what, where=str(run), remedy=f'remove it, or {_REMEDY}')
        if stat.S_IMODE(found.st_mode) != 0o700:
            os.fchmod(handle, 0o700)
    finally:
        os.close(handle)


def _open_to_us(folder: Path) -> bool:
    return os.access(folder, os.W_OK | os.X_OK)


def _first_absolute(values: list[str]) -> Path | None:
    """XDG and systemd alike: a path that does not begin at the root is to be ignored."""
    return next((Path(value) for value in values if value.startswith('/')), None)


def _home(euid: int) -> str:
    try:
        return pwd.getpwuid(euid).pw_dir
    except KeyError:
        return ''
