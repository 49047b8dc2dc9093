"""The Broadcast Wave file of a letter: EBU Tech 3285 version 2 (2011), written to the byte.

A RIFF file with a `bext` chunk of 602 bytes and a coding history before the sound. Loudness fields hold 0x7FFF where
nothing was measured, as the standard asks.
"""

from __future__ import annotations

import datetime
import struct
from dataclasses import dataclass

from appliance.sound.voice import SOUND_RATE_HZ

BITS = 24
FRAME_BYTES = BITS // 8
ORIGINATOR = 'Audio Letters'
UNMEASURED = 0x7FFF
FLOAT, PCM = 3, 1  # format tags
FLOAT_HEADER = 44
NO_DATE = '1970-01-01', '00:00:00'


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a letter comes from."""

    number: int
    reference: str  # of the take: 32 hexadecimal digits, and never a name
    at_s: float  # as the clock believed
    zone: datetime.tzinfo | None = None  # of the booth; None: that of the computer


def bext(origin: Origin) -> bytes:
    """The chunk with its header. Date and time are local, as the standard has them: those of the booth."""
    try:
        moment = datetime.datetime.fromtimestamp(origin.at_s, origin.zone)
        date, time = moment.strftime('%Y-%m-%d'), moment.strftime('%H:%M:%S')
    except (OverflowError, ValueError, OSError):  # a clock that is far out
        date, time = NO_DATE
    history = f'A=PCM,F={SOUND_RATE_HZ},W={BITS},M=mono,T={ORIGINATOR}\r\n'.encode('ascii')
    body = struct.pack(
        '<256s32s32s10s8sQH64s5H180s',
        f'Audio letter no. {origin.number}'.encode('ascii'),
        ORIGINATOR.encode('ascii'),
        origin.reference.encode('ascii'),
        date.encode('ascii'),
        time.encode('ascii'),
        0,
        2,
        bytes(64),
        *[UNMEASURED] * 5,
        bytes(180),
    )
    return _chunk(b'bext', body + history)


def letter_header(origin: Origin, samples: int) -> bytes:
    """Everything before the first sample of a 24-bit mono file."""
    size = samples * FRAME_BYTES
    form = struct.pack('<HHIIHH', PCM, 1, SOUND_RATE_HZ, SOUND_RATE_HZ * FRAME_BYTES, FRAME_BYTES, BITS)
    chunks = bext(origin) + _chunk(b'fmt ', form)
    whole = 4 + len(chunks) + 8 + size + size % 2
    return struct.pack('<4sI4s', b'RIFF', whole, b'WAVE') + chunks + struct.pack('<4sI', b'data', size)


def float_header(samples: int) -> bytes:
    """The 44 bytes before the first sample of a take: 32-bit float, mono."""
    size = samples * 4
    form = struct.pack('<HHIIHH', FLOAT, 1, SOUND_RATE_HZ, SOUND_RATE_HZ * 4, 4, 32)
    return (
        struct.pack('<4sI4s', b'RIFF', 36 + size, b'WAVE') + _chunk(b'fmt ', form) + struct.pack('<4sI', b'data', size)
    )


def reference_of(head: bytes) -> str:
    """The reference in the first bytes of a letter's file; '' where there is none."""
    at = head.find(b'bext')
    raw = head[at + 8 + 288 : at + 8 + 320] if at >= 0 else b''
    return raw.split(b'\0')[0].decode('ascii', 'replace')


def _chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack('<4sI', name, len(body)) + body + b'\0' * (len(body) % 2)
