"""A data disk that is full at a switch; everything else is the real one."""

from __future__ import annotations

import errno
import os
from pathlib import Path

from appliance.message.disk import Disk


class FillingDisk(Disk):
    """While `full` is set, nothing more can be written, as on a card without a free block."""

    def __init__(self) -> None:
        self.full = False

    def create(self, path: Path) -> int:
        self._refuse(path)
        return super().create(path)

    def write(self, file: int, data: bytes, at: int) -> None:
        self._refuse()
        super().write(file, data, at)

    def reserve(self, file: int, size: int) -> None:
        self._refuse()
        super().reserve(file, size)

    def free_bytes(self, path: Path) -> int:
        return 0 if self.full else super().free_bytes(path)

    def _refuse(self, path: Path | None = None) -> None:
        if self.full:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), None if path is None else str(path))
