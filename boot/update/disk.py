"""Every change of the booth's disk: whole, or not at all."""

from __future__ import annotations

import os
import shutil
from pathlib import Path


class Disk:
    """Every change of the disk: each is there, or not, when the power goes."""

    def make(self, folder: Path) -> None:
        folder.mkdir(mode=0o755)

    def write(self, path: Path, data: bytes, mode: int = 0o644) -> None:
        with path.open('xb') as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        path.chmod(mode)

    def copy(self, source: Path, target: Path) -> None:
        shutil.copy2(source, target)
        with target.open('rb') as file:
            os.fsync(file.fileno())

    def link(self, to: str, path: Path) -> None:
        path.symlink_to(to)

    def rename(self, old: Path, new: Path) -> None:
        old.rename(new)
        self._settled(new.parent)

    def remove(self, path: Path) -> None:
        if path.is_symlink() or not path.is_dir():
            path.unlink(missing_ok=True)
        else:
            shutil.rmtree(path)
        self._settled(path.parent)

    def all_settled(self) -> None:
        os.sync()

    def _settled(self, folder: Path) -> None:
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
