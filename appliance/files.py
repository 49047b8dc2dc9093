"""Signals too long for memory: float32 samples in a scratch file, read and written in blocks.

Every stage streams, so the memory of a cut does not depend on the length of the message. A scratch file is unlinked as
soon as it is open: nothing is left behind however the program ends.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from appliance.errors import StorageError

BLOCK = 1 << 16  # samples a stage works on at a time

Samples = NDArray[np.float32]


class Scratch:
    """One growing float32 signal on disk. Appending raises StorageError when the disk is full."""

    def __init__(self, folder: Path | None = None) -> None:
        self._file = tempfile.TemporaryFile(dir=folder, buffering=0)
        self._folder = folder
        self.samples = 0

    def append(self, block: NDArray[np.floating]) -> None:
        """Add `block` (any float type, 1-D) at the end."""
        data = np.ascontiguousarray(block, dtype=np.float32)
        view = memoryview(data).cast('B')
        offset = self.samples * 4
        try:
            while view:
                written = os.pwrite(self._file.fileno(), view, offset)
                offset += written
                view = view[written:]
        except OSError as error:
            where = str(self._folder or tempfile.gettempdir())
            raise StorageError(
                f'cannot write scratch data ({error.strerror})', where=where, remedy='free some space and cut again'
            ) from error
        self.samples += len(data)

    def read(self, start: int, count: int) -> Samples:
        """`count` samples from `start`; what lies before the first or after the last sample reads as zero."""
        out = np.zeros(count, np.float32)
        first, last = max(start, 0), min(start + count, self.samples)
        if first < last:
            view = memoryview(out[first - start : last - start]).cast('B')
            offset = first * 4
            while view:
                got = os.preadv(self._file.fileno(), [view], offset)
                if not got:
                    break
                offset += got
                view = view[got:]
        return out

    def blocks(self, size: int = BLOCK) -> Iterator[Samples]:
        """The whole signal, in order, `size` samples at a time (the last may be shorter)."""
        for start in range(0, self.samples, size):
            yield self.read(start, min(size, self.samples - start))

    def close(self) -> None:
        self._file.close()
