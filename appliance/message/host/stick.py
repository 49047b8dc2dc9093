"""What is plugged in: found among the mounts under one folder, and written to only as long as it is the same one.

A mount point stays where it is when a stick is pulled out; what is written there then would land on the booth's own
card. So the device is looked at before anything is made, and a folder that is no mount point is no stick.
"""

from __future__ import annotations

import errno
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from appliance.config.places import MOUNTS, mounted
from appliance.errors import AudioLetterError, MachineRefusesError, OptionError, StorageError
from appliance.message.disk import Disk

HOME = 'audioletter'  # the folder on it that is ours
BLOCKS = Path('/sys/dev/block')  # what has blocks, by its number (Documentation/admin-guide/sysfs-rules)
FAT = ('vfat', 'msdos', 'fat')
FAT_BYTES = (1 << 32) - 1  # of one file
PULLED = (errno.ENODEV, errno.ENXIO, errno.ESTALE)
UNTIL = 'what was half written does not count; plug it in again and begin anew'


@dataclass(frozen=True, slots=True)
class Stick:
    """One that is plugged in. `device`: as the system numbers what is mounted there."""

    path: Path
    kind: str  # of its file system
    read_only: bool
    device: int
    size: int
    free: int
    block: Path | None = None  # the device in /sys, where the system shows one; gone as soon as it is pulled out

    @property
    def name(self) -> str:
        return self.path.name

    @property
    def home(self) -> Path:
        return self.path / HOME

    @property
    def there(self) -> bool:
        try:
            same = os.stat(self.path).st_dev == self.device
        except OSError:
            return False
        return same and (self.block is None or self.block.exists())

    def check(self, size: int) -> None:
        """OptionError for a file that its file system cannot hold."""
        if self.kind in FAT and size > FAT_BYTES:
            what = f'a file of {size / 1e9:.1f} GB is too long for {self.kind}, which ends at 4.3 GB'
            raise OptionError(what, where=self.name, remedy='use a stick formatted with exFAT or ext4')


def sticks(folder: Path, mounts: Path = MOUNTS) -> tuple[Stick, ...]:
    """In the order of their names; of several mounts on one point the last, which hides the others."""
    try:
        lines = mounts.read_text(encoding='utf-8', errors='surrogateescape').splitlines()
    except OSError:
        return ()
    found: dict[Path, Stick] = {}
    for mount in mounted(lines):
        if mount.point == folder or folder in mount.point.parents:
            try:
                told, device = os.statvfs(mount.point), os.stat(mount.point).st_dev
            except OSError:  # pulled out in this moment, or somebody else's
                continue
            size, free = (blocks * told.f_frsize for blocks in (told.f_blocks, told.f_bavail))
            block = BLOCKS / f'{os.major(device)}:{os.minor(device)}'
            found[mount.point] = Stick(
                mount.point, mount.kind, mount.read_only, device, size, free, block if block.exists() else None
            )
    return tuple(found[point] for point in sorted(found))


class StickDisk(Disk):
    """A disk that may be pulled out: OSError(ENODEV) then, and nothing is written where it was."""

    def __init__(self, stick: Stick) -> None:
        self._stick = stick

    def create(self, path: Path) -> int:
        self._look(path)
        return super().create(path)

    def folder(self, path: Path) -> None:
        self._look(path)
        super().folder(path)

    def rename(self, old: Path, new: Path) -> None:
        self._look(old)
        super().rename(old, new)

    def _look(self, path: Path) -> None:
        if not self._stick.there:
            raise OSError(errno.ENODEV, os.strerror(errno.ENODEV), str(path))


@contextmanager
def on(stick: Stick) -> Iterator[None]:
    """What goes wrong with a stick, in the words of somebody who holds it in the hand."""
    try:
        yield
    except AudioLetterError as error:
        if (told := _told(stick, _number(error), error)) is not None:
            raise told from error
        raise
    except OSError as error:
        told = _told(stick, error.errno or 0, error)
        what = f'the stick fails ({error.strerror or error})'
        raise told or StorageError(what, where=stick.name, remedy='use another one') from error


@contextmanager
def writing(stick: Stick) -> Iterator[None]:
    """As `on`, for one at a time: what another has begun there is not swept away. MachineRefusesError meanwhile."""
    with on(stick):
        handle = os.open(stick.path, os.O_RDONLY | os.O_DIRECTORY)
        try:
            _take(stick, handle)
            yield
        finally:
            os.close(handle)


def _take(stick: Stick, handle: int) -> None:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        what = 'a backup or a copy is being written to it'
        raise MachineRefusesError(what, where=stick.name, remedy='wait for its end; who tells whose it is') from error


def _told(stick: Stick, number: int, error: BaseException) -> StorageError | None:
    """None: it speaks for itself."""
    if not stick.there or number in PULLED:
        return StorageError('the stick was pulled out', where=stick.name, remedy=UNTIL)
    mine = str(stick.path) in str(error)
    if mine and number in (errno.ENOSPC, errno.EDQUOT):
        return StorageError('the stick is full', where=stick.name, remedy='use a larger one', cause='disk full')
    if mine and number in (errno.EROFS, errno.EACCES, errno.EPERM):
        remedy = 'push its switch, or let a computer check it; then plug it in again'
        return StorageError('the stick cannot be written', where=stick.name, remedy=remedy)
    if mine and number == errno.EFBIG:
        return StorageError('a file is too long for it', where=stick.name, remedy='use one with exFAT or ext4')
    if mine and number == errno.EIO:
        return StorageError('the stick fails (Input/output error)', where=stick.name, remedy='use another one')
    return None


def _number(error: BaseException | None) -> int:
    """Of the system's own error behind ours."""
    while error is not None:
        if isinstance(error, OSError) and error.errno:
            return error.errno
        error = error.__cause__
    return 0
