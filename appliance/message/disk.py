"""The one door between messages and the file system, so that a test can stand in it with a full or dying disk.

Links are never followed, everything is ours alone (0700, 0600), and nothing counts as written before `sync`.
"""

from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path

TRIES = 100  # of removing a folder in which somebody else is at work


class Disk:
    """Every method may raise OSError; a `file` is an open descriptor."""

    def create(self, path: Path) -> int:
        """A new file to be written; one that lies there is replaced, a link is not followed."""
        return os.open(path, os.O_CREAT | os.O_TRUNC | os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)

    def change(self, path: Path) -> int:
        """An existing file, to be read and written."""
        return os.open(path, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)

    def write(self, file: int, data: bytes, at: int) -> None:
        """All of `data` at offset `at`."""
        view = memoryview(data)
        while view:
            done = os.pwrite(file, view, at)
            view, at = view[done:], at + done

    def reserve(self, file: int, size: int) -> None:
        """Room for `size` bytes that nobody else can take."""
        if hasattr(os, 'posix_fallocate'):
            os.posix_fallocate(file, 0, max(size, 1))
        else:  # a system without: zeros do the same
            self.write(file, bytes(size), 0)

    def shorten(self, file: int, size: int) -> None:
        os.ftruncate(file, size)

    def sync(self, file: int) -> None:
        os.fsync(file)

    def close(self, file: int) -> None:
        os.close(file)

    def rename(self, old: Path, new: Path) -> None:
        os.rename(old, new)

    def folder(self, path: Path) -> None:
        """There is such a folder afterwards; a link in its place is an error."""
        missing = [folder for folder in (path, *path.parents) if not folder.exists()]
        for folder in reversed(missing):  # each ours alone, and on the disk before anything lies in it
            folder.mkdir(mode=0o700, exist_ok=True)
            self.sync_folder(folder.parent)
        if path.is_symlink() or not path.is_dir():
            raise NotADirectoryError(20, 'something else stands where a folder should be', str(path))

    def sync_folder(self, path: Path) -> None:
        """Names made or removed in it last from now on."""
        file = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(file)
        finally:
            os.close(file)

    def remove(self, path: Path) -> None:
        """File or folder with all that is in it; nothing there is fine. Somebody may still write or remove there: the
        cutter, which has been told to forget it in the same moment."""
        if path.is_symlink() or path.is_file():
            path.unlink(missing_ok=True)
            return
        for left in reversed(range(TRIES)):
            try:
                if path.exists():
                    shutil.rmtree(path)
                return
            except OSError as error:
                if error.errno not in (errno.ENOENT, errno.ENOTEMPTY) or not left:
                    raise

    def free_bytes(self, path: Path) -> int:
        """For us; OSError where nothing can be written at all."""
        told = os.statvfs(path)
        if told.f_flag & os.ST_RDONLY or not os.access(path, os.W_OK | os.X_OK):
            raise OSError(errno.EROFS, os.strerror(errno.EROFS), str(path))
        return told.f_bavail * told.f_frsize


def cause_of(error: OSError) -> str:
    """The key of words/reasons."""
    return 'disk full' if error.errno in (errno.ENOSPC, errno.EDQUOT) else 'storage'
