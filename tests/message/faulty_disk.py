"""A disk that fails on purpose: at one operation, for good from one on, or by losing what was never synced."""

import errno
import os
import shutil

from appliance.message.disk import Disk

CHANGES = ('create', 'change', 'write', 'reserve', 'shorten', 'sync', 'rename', 'folder', 'sync_folder', 'remove')


class PowerCutError(BaseException):
    """No program catches this: the machine is dark."""


class FaultyDisk(Disk):
    """Counts what changes the disk. `at`: the operation, from 0, that goes wrong; `kind`: an errno, or 'dark'."""

    def __init__(self, at=None, kind=errno.ENOSPC, only=CHANGES, lasting=False):
        self.at, self.kind, self.only, self.lasting = at, kind, only, lasting
        self.count = 0
        self.done = []

    def _step(self, name):
        if name in self.only:
            now, self.count = self.count, self.count + 1
            self.done.append(name)
            if self.at is not None and (now == self.at or (self.lasting and now > self.at)):
                if self.kind == 'dark':
                    raise PowerCutError
                raise OSError(self.kind, os.strerror(self.kind))


def _breakable(name):
    def call(self, *args):
        self._step(name)
        return getattr(Disk, name)(self, *args)

    return call


for _name in CHANGES:
    setattr(FaultyDisk, _name, _breakable(_name))


class ForgetfulDisk(FaultyDisk):
    """Knows what a power cut would leave: contents as they were at the last `sync` of the file, names as they were at
    the last `sync_folder`. `lose` makes it so."""

    def __init__(self, at=None):
        super().__init__(at, 'dark')
        self._synced = {}  # inode: content
        self._undo = []  # (folder, what takes the change of a name back)

    def create(self, path):
        new = not path.exists()
        file = super().create(path)
        self._synced[os.fstat(file).st_ino] = b''
        if new:
            self._undo.append((path.parent, lambda: path.unlink(missing_ok=True)))
        return file

    def sync(self, file):
        super().sync(file)
        self._synced[os.fstat(file).st_ino] = os.pread(file, os.fstat(file).st_size, 0)

    def folder(self, path):
        missing = [p for p in (path, *path.parents) if not p.exists()]
        for made in reversed(missing):
            self._undo.append((made.parent, lambda made=made: shutil.rmtree(made, ignore_errors=True)))
        super().folder(path)

    def rename(self, old, new):
        before = new.read_bytes() if new.exists() else None
        super().rename(old, new)

        def back():
            new.rename(old)
            if before is not None:
                new.write_bytes(before)

        self._undo.append((new.parent, back))

    def sync_folder(self, path):
        super().sync_folder(path)
        self._undo = [(folder, back) for folder, back in self._undo if folder != path]

    def lose(self, root):
        """What a power cut loses, under `root`."""
        for path in [p for p in root.rglob('*') if p.is_file()]:
            kept = self._synced.get(path.stat().st_ino)
            if kept is not None:
                path.write_bytes(kept)
        for _, back in reversed(self._undo):
            back()
