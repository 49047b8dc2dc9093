"""What a sound file's own header promises, against what is there.

libsndfile quietly reads a WAV, AIFF, Ogg or AU file as far as it goes; a message that was cut short on its way must be
noticed before it is cut on a disc. Chunks: "Multimedia Programming Interface and Data Specifications 1.0" (RIFF), EBU
Tech 3306 (RF64), "Audio Interchange File Format" 1.3; pages: RFC 3533, section 6 (Ogg).
"""

from __future__ import annotations

import os
import struct
from pathlib import Path
from typing import BinaryIO

_UNKNOWN_FROM = 0x7FFF_0000  # what programs that write to a pipe put where a length belongs
_MAX_CHUNKS = 10_000
_OGG_PAGE = 65_307  # bytes at most: 27 of header, 255 of lacing, 255 x 255


def promised_share(path: Path) -> float | None:
    """How much of the promised sound is there, 0 to 1; None when the header makes no promise that can be read."""
    with path.open('rb') as file:
        size = os.fstat(file.fileno()).st_size
        form = file.read(12)
        if form[:4] in (b'RIFF', b'RF64') and form[8:] == b'WAVE':
            order, wanted, before = '<', b'data', 0
        elif form[:4] == b'RIFX' and form[8:] == b'WAVE':
            order, wanted, before = '>', b'data', 0
        elif form[:4] == b'FORM' and form[8:] in (b'AIFF', b'AIFC'):
            order, wanted, before = '>', b'SSND', 8
        elif form[:4] == b'OggS':
            return _ogg_share(file, size)
        elif form[:4] == b'.snd':
            start, length = struct.unpack('>II', form[4:])
            return _share(length, None, size - start, 0)
        else:
            return None
        long_length = None
        for _ in range(_MAX_CHUNKS):
            head = file.read(8)
            if len(head) < 8:
                return None
            name, length = struct.unpack(f'{order}4sI', head)
            at = file.tell()
            if name == b'ds64' and length >= 16:
                long_length = struct.unpack('<QQ', file.read(16))[1]
            if name == wanted:
                return _share(length, long_length, size - at, before)
            file.seek(at + length + length % 2)
        return None


def _share(length: int, long_length: int | None, there: int, before: int) -> float | None:
    """`before` bytes of the chunk come before the sound itself."""
    if length == 0xFFFF_FFFF and long_length is not None:
        length = long_length
    elif length >= _UNKNOWN_FROM:
        return None
    if length <= before:
        return None
    return min(1.0, max(0, there - before) / (length - before))


def _ogg_share(file: BinaryIO, size: int) -> float | None:
    """0 for a file that ends within a page: how much there should be, it does not say. A recorded stream may lack
    the mark of its last page, so that is not asked for."""
    file.seek(max(0, size - 2 * _OGG_PAGE))
    tail = file.read()
    at = tail.rfind(b'OggS')
    lacing = tail[at + 27 : at + 27 + tail[at + 26]] if 0 <= at < len(tail) - 26 else b''
    return None if lacing and at + 27 + len(lacing) + sum(lacing) <= len(tail) else 0.0
