"""Installs an update of the booth's program: whole or not at all, whatever ends it, and back again if it is not well.

    updater look FILE      is it ours, whole, newer? Then it is unpacked beside what runs, and tried
    updater try            the booth begins anew with it; if it is not well, with what was there before
    updater settle         at each start: what a power cut has left is ended, always on a version that was well

It stands on the read-only root as one file (zipapp) and uses nothing of what it replaces.

    bundle   what an update is: signed, whole, newer, or not at all
    disk     changes that are there, or not, when the power goes
    unit     the booth as systemd runs it
    updater  the versions: look, try, back, settle
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import sqlite3
import sys
import tarfile
import zlib
from collections.abc import Iterator
from pathlib import Path

from bundle import Places, RefusedError
from disk import Disk
from unit import System
from updater import Updater

REFUSED, FAILED, WENT_BACK = 3, 4, 5  # units and programs of the image know them (boot/image)


@contextlib.contextmanager
def _alone(places: Places) -> Iterator[None]:
    handle = os.open(places.versions, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def main(words: list[str]) -> int:
    if words[:1] not in (['look'], ['try'], ['settle']):
        print(__doc__)
        return 2
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
                    return 0 if well else WENT_BACK
                case ['settle']:
                    print(updater.settle() or 'nothing was left over')
                case _:
                    print(__doc__)
                    return 2
    except RefusedError as error:
        print(f'refused: {error}')
        return REFUSED
    except (OSError, sqlite3.Error, ValueError, KeyError, TypeError, tarfile.TarError, EOFError, zlib.error) as error:
        print(f'failed: {error}')
        return FAILED
    return 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
