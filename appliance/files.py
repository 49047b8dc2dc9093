"""Signals too long for memory: float32 samples in a scratch file, read and written in blocks.

Every stage streams, so the memory of a cut does not depend on the length of the message. A scratch file is unlinked as
soon as it is open: nothing is left behind however the program ends.
"""

from __future__ import annotations

import contextlib
import copy
import fcntl
import os
import shutil
import tempfile
import weakref
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType

import numpy as np
from numpy.typing import NDArray

from appliance.errors import OptionError, StorageError

BLOCK = 1 << 16  # samples a stage works on at a time

Samples = NDArray[np.float32]


def write_fully(fileno: int, view: memoryview, offset: int, where: str) -> None:
    """Every byte of `view` (format B) at `offset` of an open file; StorageError naming `where` when it has no room."""
    try:
        while view:
            written = os.pwrite(fileno, view, offset)
            offset += written
            view = view[written:]
    except OSError as error:
        raise StorageError(
            f'cannot write scratch data ({error.strerror})', where=where, remedy='free some space and cut again'
        ) from error


@contextlib.contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Yields a part file beside `path` to be written; it takes the name `path` only when it is complete and on disk.

    Whatever goes wrong, no half-written file stays behind; OSError (a full disk) becomes StorageError naming `path`.
    A device or a pipe of that name is not replaced by a file.
    """
    if path.exists() and not path.is_file():
        raise OptionError('this is not a plain file', where=str(path), remedy='name another')
    part = path.with_name(f'{path.name}.part')
    try:
        yield part
        with part.open('rb') as file:
            os.fsync(file.fileno())
        part.replace(path)
    except StorageError:
        raise
    except OSError as error:
        what = f'cannot write the file ({error.strerror or error})'
        raise StorageError(what, where=str(path), remedy='free some space or choose another folder') from error
    finally:
        with contextlib.suppress(OSError):
            part.unlink()


class HeldFolder:
    """A new folder in `parent`, its name `prefix` and something random, that is gone when it is left.

    It is locked as long as its process lives. What a process that was killed has left is found by the prefix and by
    nobody holding it, and is removed when the next folder is made there.
    """

    def __init__(self, parent: Path, prefix: str) -> None:
        _sweep(parent, prefix)
        self._descriptor = -1
        while self._descriptor < 0:
            self.path = Path(tempfile.mkdtemp(prefix=prefix, dir=parent))
            self._descriptor = _hold(self.path)

    def close(self) -> None:
        """Remove the folder with all that is in it; safe to call twice."""
        shutil.rmtree(self.path, ignore_errors=True)
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def __enter__(self) -> HeldFolder:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()


def _hold(folder: Path) -> int:
    """A descriptor that locks `folder`; -1 if somebody else has it, or has just removed it."""
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except FileNotFoundError:
        return -1
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return -1
    except OSError:  # a file system without locks: nobody will sweep there either
        return descriptor
    if not folder.exists():
        os.close(descriptor)
        return -1
    return descriptor


def _sweep(parent: Path, prefix: str) -> None:
    """Remove folders of ours that nobody holds."""
    with contextlib.suppress(OSError):
        for entry in os.scandir(parent):
            if not entry.name.startswith(prefix) or not entry.is_dir(follow_symlinks=False):
                continue
            with contextlib.suppress(OSError):
                _remove_unheld(Path(entry.path))


def _remove_unheld(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.fstat(descriptor).st_uid == os.geteuid():
            shutil.rmtree(folder, ignore_errors=True)
    finally:
        os.close(descriptor)


class UnlinkedFile:
    """An open file without a name, closed at the latest when nobody holds it any more."""

    def __init__(self, folder: Path | None) -> None:
        file = tempfile.TemporaryFile(dir=folder, buffering=0)
        self.fileno = file.fileno
        self.close = weakref.finalize(self, file.close)


class Scratch:
    """One growing float32 signal on disk. Appending raises StorageError when the disk is full."""

    def __init__(self, folder: Path | None = None) -> None:
        self._file = UnlinkedFile(folder)
        self._folder = folder
        self._gain = np.float32(1.0)
        self.samples = 0

    def scaled(self, gain: float) -> Scratch:
        """The same signal, `gain` times as large, without a copy: both share one file, so append to neither any more;
        closing one closes both."""
        view = copy.copy(self)
        view._gain = np.float32(self._gain * gain)
        return view

    def append(self, block: NDArray[np.floating]) -> None:
        """Add `block` (any float type, 1-D) at the end."""
        data = np.ascontiguousarray(block, dtype=np.float32)
        where = str(self._folder or tempfile.gettempdir())
        if data.size:
            write_fully(self._file.fileno(), data.data.cast('B'), self.samples * 4, where)
        self.samples += len(data)

    def read(self, start: int, count: int) -> Samples:
        """`count` samples from `start`; what lies before the first or after the last sample reads as zero."""
        out = np.zeros(count, np.float32)
        first, last = max(start, 0), min(start + count, self.samples)
        if first < last:
            view = out[first - start : last - start].data.cast('B')
            offset = first * 4
            while view:
                got = os.preadv(self._file.fileno(), [view], offset)
                if not got:
                    break
                offset += got
                view = view[got:]
            if self._gain != 1.0:
                out *= self._gain
        return out

    def blocks(self, size: int = BLOCK) -> Iterator[Samples]:
        """The whole signal, in order, `size` samples at a time (the last may be shorter)."""
        for start in range(0, self.samples, size):
            yield self.read(start, min(size, self.samples - start))

    def close(self) -> None:
        self._file.close()
