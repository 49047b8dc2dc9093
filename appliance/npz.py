"""NumPy archives (.npz) written and read as streams: the trace and the groove, too long for memory.

Format: a zip file of stored (not compressed) .npy members, NumPy Enhancement Proposal 1, readable by `numpy.load`
without pickle. Equal members give equal bytes: time stamps and system fields are fixed. Members past 2 GiB get the
zip64 form.
"""

from __future__ import annotations

import math
import os
import struct
import tempfile
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import ArrayLike, DTypeLike, NDArray

from appliance.errors import GrooveFileError
from appliance.files import BLOCK, UnlinkedFile, whole_file, write_fully

Array = NDArray[Any]

ZIP64_FROM = 1 << 31
EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest a zip can hold
LOCAL_HEADER = struct.Struct('<4s5H3I2H')  # PKWARE APPNOTE 4.3.7
ZIP_STORED = zipfile.ZIP_STORED


@dataclass(frozen=True, slots=True)
class Streamed:
    """A member given in blocks along the first axis, which together are `shape`."""

    dtype: DTypeLike
    shape: tuple[int, ...]
    blocks: Iterable[Array]


class Column:
    """A growing array on disk, to become a member: rows of `width` values (None: plain values) of one type.

    Appending raises StorageError when the disk is full. The file is unlinked as soon as it is open.
    """

    def __init__(self, dtype: DTypeLike, width: int | None = None, folder: Path | None = None) -> None:
        self.dtype = np.dtype(dtype)
        self.rows = 0
        self._tail = () if width is None else (width,)
        self._row_bytes = self.dtype.itemsize * (width or 1)
        self._folder = folder
        self._file = UnlinkedFile(folder)

    def append(self, block: ArrayLike) -> None:
        data = np.ascontiguousarray(block, dtype=self.dtype)
        if data.shape[1:] != self._tail:
            raise ValueError(f'rows of shape {data.shape[1:]} in a column of {self._tail}')
        where = str(self._folder or tempfile.gettempdir())
        if data.size:
            write_fully(self._file.fileno(), data.data.cast('B'), self.rows * self._row_bytes, where)
        self.rows += len(data)

    def read(self, start: int, count: int) -> Array:
        """Rows from `start`, fewer than `count` where the column ends."""
        start = max(start, 0)
        count = max(min(count, self.rows - start), 0)
        data = _read_fully(self._file.fileno(), start * self._row_bytes, count * self._row_bytes)
        return np.frombuffer(data, self.dtype).reshape((count, *self._tail))

    def streamed(self) -> Streamed:
        """The column as a member of an archive."""
        blocks = (self.read(start, BLOCK) for start in range(0, self.rows, BLOCK))
        return Streamed(self.dtype, (self.rows, *self._tail), blocks)

    def close(self) -> None:
        self._file.close()


def write_npz(path: Path, members: Mapping[str, ArrayLike | Streamed]) -> None:
    """Write `members` as one archive that appears whole or not at all; StorageError if the disk is full."""
    with whole_file(path) as part, zipfile.ZipFile(part, 'w', ZIP_STORED) as archive:
        for name, member in members.items():
            _write_member(archive, name, member)


def _write_member(archive: zipfile.ZipFile, name: str, member: ArrayLike | Streamed) -> None:
    if not isinstance(member, Streamed):
        value = np.asarray(member)
        # NumPy makes a 0-d array 1-d when asked for contiguity, so the shape is kept apart.
        member = Streamed(value.dtype, value.shape, [value.reshape(-1)])
    dtype = np.dtype(member.dtype)
    if dtype.hasobject:
        raise ValueError(f'member {name} holds Python objects')
    size = math.prod(member.shape) * dtype.itemsize
    info = zipfile.ZipInfo(f'{name}.npy', EPOCH)
    info.create_system = 3  # Unix, whatever this runs on
    info.external_attr = 0o644 << 16
    with archive.open(info, 'w', force_zip64=size >= ZIP64_FROM) as out:
        out.write(_npy_header(dtype, member.shape))
        for block in member.blocks:
            data = np.ascontiguousarray(block, dtype=dtype)
            size -= data.nbytes
            out.write(data.data.cast('B') if data.size else b'')
    if size:
        raise ValueError(f'member {name} is {abs(size)} bytes {"short" if size > 0 else "too long"}')


def _npy_header(dtype: np.dtype[Any], shape: tuple[int, ...]) -> bytes:
    out = BytesIO()
    fields = {'descr': npy.dtype_to_descr(dtype), 'fortran_order': False, 'shape': shape}
    npy.write_array_header_1_0(out, fields)
    return out.getvalue()


@dataclass(frozen=True, slots=True)
class _Member:
    dtype: np.dtype[Any]
    shape: tuple[int, ...]
    offset: int  # of the first value, from the start of the file

    @property
    def row_bytes(self) -> int:
        return self.dtype.itemsize * math.prod(self.shape[1:])


class NpzReader:
    """Reads members of a stored archive, whole or in part, without loading the rest.

    Anything that is not right raises GrooveFileError: no such file, not an archive, compressed, cut short, a member
    missing or of Python objects.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            if path.exists() and not path.is_file():  # a pipe or a device might never end
                raise self._wrong('is not a plain file')
            self._file = path.open('rb')
        except OSError as error:
            raise self._wrong(f'cannot be opened ({error.strerror})') from error
        try:
            with zipfile.ZipFile(self._file) as archive:
                infos = archive.infolist()
            self._members = {info.filename.removesuffix('.npy'): self._find(info) for info in infos}
        except Exception as error:  # broken bytes make zipfile, numpy and ast raise a dozen kinds
            self._file.close()
            if isinstance(error, GrooveFileError):
                raise
            raise self._wrong(f'is not a groove or trace archive ({error})') from error

    def _wrong(self, what: str) -> GrooveFileError:
        return GrooveFileError(what, where=str(self.path), remedy='cut the message again')

    def _find(self, info: zipfile.ZipInfo) -> _Member:
        if info.compress_type != ZIP_STORED:
            raise self._wrong(f'{info.filename} is compressed, which these files never are')
        self._file.seek(info.header_offset)
        local = LOCAL_HEADER.unpack(self._file.read(LOCAL_HEADER.size))
        start = info.header_offset + LOCAL_HEADER.size + int(local[9]) + int(local[10])
        self._file.seek(start)
        version = npy.read_magic(self._file)
        read = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
        shape, fortran, dtype = read(self._file)
        member = _Member(dtype, shape, self._file.tell())
        if dtype.hasobject or (fortran and len(shape) > 1):
            raise self._wrong(f'{info.filename} holds values this program never writes')
        end = member.offset + dtype.itemsize * math.prod(shape)
        if end != start + info.file_size or end > os.fstat(self._file.fileno()).st_size or min(shape, default=0) < 0:
            raise self._wrong(f'{info.filename} is not as long as it says')
        return member

    def __contains__(self, name: object) -> bool:
        return name in self._members

    @property
    def names(self) -> list[str]:
        return list(self._members)

    def _member(self, name: str) -> _Member:
        if name not in self._members:
            raise self._wrong(f'has no {name}')
        return self._members[name]

    def shape(self, name: str) -> tuple[int, ...]:
        return self._member(name).shape

    def dtype(self, name: str) -> np.dtype[Any]:
        return self._member(name).dtype

    def array(self, name: str) -> Array:
        """The whole member."""
        member = self._member(name)
        data = self._bytes(name, member.offset, member.dtype.itemsize * math.prod(member.shape))
        return np.frombuffer(data, member.dtype).reshape(member.shape)

    def read(self, name: str, start: int, count: int) -> Array:
        """Rows along the first axis from `start`, fewer than `count` where the member ends."""
        member = self._member(name)
        if not member.shape:
            raise self._wrong(f'{name} is a single value, not a row of them')
        start = max(start, 0)
        count = max(min(count, member.shape[0] - start), 0)
        data = self._bytes(name, member.offset + start * member.row_bytes, count * member.row_bytes)
        return np.frombuffer(data, member.dtype).reshape((count, *member.shape[1:]))

    def blocks(self, name: str, size: int = BLOCK) -> Iterator[Array]:
        """The whole member in order, `size` rows at a time (the last may be shorter)."""
        for start in range(0, self.shape(name)[0], size):
            yield self.read(name, start, size)

    def _bytes(self, name: str, offset: int, size: int) -> bytearray:
        data = _read_fully(self._file.fileno(), offset, size)
        if len(data) < size:
            raise self._wrong(f'{name} is cut short')
        return data

    def close(self) -> None:
        self._file.close()


def _read_fully(fileno: int, offset: int, size: int) -> bytearray:
    """`size` bytes from `offset`, fewer only where the file ends."""
    data = bytearray(size)
    view = memoryview(data)
    filled = 0
    while filled < size:
        got = os.preadv(fileno, [view[filled:]], offset + filled)
        if not got:
            break
        filled += got
    view.release()
    del data[filled:]
    return data
