"""One booth's versions: a folder each, and a link to the one that runs, which is switched by one rename.

A file `trying` stands beside them from before the switch until the new version is known to be well: whoever finds it at
a start goes back.
"""

from __future__ import annotations

import contextlib
import errno
import os
import sqlite3
from pathlib import Path

from bundle import VERSION, Intake, Places, RefusedError, version_of
from disk import Disk
from unit import System

FULL = (errno.ENOSPC, errno.EDQUOT)
LEDGER = ('ledger.sqlite', 'ledger.sqlite-wal', 'ledger.sqlite-shm')


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
        if busy := self._system.busy():
            raise RefusedError(busy)
        if self._trying.exists():
            raise RefusedError('another update is being tried')
        try:
            self._clear(self._incoming, self._next)
            self._disk.make(self._incoming)
            version = Intake(self._places, self._disk, self._incoming).take(bundle, version_of(self._current.resolve()))
            self._take_in(version)
        except BaseException as error:
            with contextlib.suppress(OSError):
                self._clear(self._incoming)
            if isinstance(error, OSError) and error.errno in FULL:  # nothing has failed but to find room
                raise RefusedError('there is no room for it (the disk is full)') from error
            raise
        return version

    def _take_in(self, version: str) -> None:
        """From here on it is a version like others, only that none leads to it yet."""
        home = self._places.versions / version
        self._clear(home)
        self._disk.all_settled()
        self._disk.rename(self._incoming / 'tree', home)
        self._clear(self._incoming)
        self._put(self._next, version.encode())

    # -- try -----------------------------------------------------------------------------------------------------------

    def attempt(self) -> bool:
        """Whether the booth now runs the version that `look` has left; else it runs what it ran before. RefusedError
        where somebody has opened the booth meanwhile, and a visitor has come."""
        if not self._next.exists():
            return False
        new, old = self._next.read_text(), os.readlink(self._current)
        self._clear(self._next)
        if busy := self._system.busy():
            raise RefusedError(busy)
        self._system.stop()
        try:
            well = self._is_well(new, old)
        except Exception:  # a full card, say: the booth is open again all the same
            self._return()
            raise
        if well:
            self._tidy(keep={new, old})
        else:
            self._return()
        return well

    def _is_well(self, new: str, old: str) -> bool:
        self._keep_ledger()
        self._put(self._trying, old.encode())
        self._lead_to(new)
        self._system.start()
        if well := self._system.well():
            self._clear(self._trying)
        return well

    def _return(self) -> None:
        """To what was there before; what the disk refuses of that is done at the next start."""
        self._system.stop()
        try:
            if self._trying.exists():
                self._back()
        finally:
            self._system.start()

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
            done = done or f'the booth runs what its image came with ({version_of(self._places.factory)})'
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


def _layout(folder: Path) -> int | None:
    """Of the ledger there, whose log is brought in; None where there is none that can be read."""
    if not (folder / LEDGER[0]).exists():
        return None
    with contextlib.suppress(sqlite3.Error), contextlib.closing(sqlite3.connect(folder / LEDGER[0])) as ledger:
        return int(ledger.execute('PRAGMA user_version').fetchone()[0])
    return None
