"""A digital copy of one letter for whoever spoke it: sound, how the disc sounds, its picture, and a text beside them.

It appears whole, read back and compared, or not at all.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from appliance.errors import MachineRefusesError, OptionError, StorageError
from appliance.message.disk import Disk
from appliance.message.host.backup import SPARE_BYTES, Told, copied, digest, in_words, quiet
from appliance.message.shelf import PART


def copy_out(files: Mapping[str, Path], text: tuple[str, bytes], target: Path, disk: Disk, told: Told = quiet) -> int:
    """`files` under their new names, and `text` (a name, and what stands in it) into the new folder `target`; bytes.
    OptionError, StorageError or MachineRefusesError says why not, and there is no such folder then."""
    if target.exists() or target.is_symlink():
        raise OptionError('there is a copy already', where=str(target), remedy='remove it first if it is not whole')
    part = target.with_name(target.name + PART)
    with in_words('write the copy', target):
        disk.remove(part)
        disk.folder(part)
        try:
            done = _written(files, text, part, disk, told)
            disk.rename(part, target)
        except BaseException:
            _take_back(part, disk)
            raise
        disk.sync_folder(target.parent)
    return done


def _written(files: Mapping[str, Path], text: tuple[str, bytes], part: Path, disk: Disk, told: Told) -> int:
    sizes = {name: path.stat().st_size for name, path in files.items()}
    whole, done = sum(sizes.values()) + len(text[1]), 0
    if disk.free_bytes(part) < whole + SPARE_BYTES:
        what = f'{(whole + SPARE_BYTES) / 1e6:.0f} MB are needed'
        raise StorageError(what, where=str(part), remedy='use a larger one', cause='disk full')
    for name, path in files.items():
        size, wanted = copied(disk, path, part / name)
        if digest(part / name) != wanted:
            raise StorageError(f'{name} is not what was written', where=str(part), remedy='use another stick')
        done += size
        if not told(done, whole):
            raise MachineRefusesError('it was stopped', where=str(part), remedy='begin it again')
    file = disk.create(part / text[0])
    try:
        disk.write(file, text[1], 0)
        disk.sync(file)
    finally:
        disk.close(file)
    disk.sync_folder(part)
    return whole


def _take_back(part: Path, disk: Disk) -> None:
    """As far as that can be: a stick that was pulled out keeps a folder that is called a part."""
    try:
        disk.remove(part)
    except OSError:
        return
