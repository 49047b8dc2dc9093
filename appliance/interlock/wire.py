"""What supervisor and interlock say to each other: short lines of numbers, each with a check.

This file runs on both ends: under CPython here, and as it is under MicroPython on the interlock's microcontroller. So
it uses nothing that MicroPython lacks, and nothing that allocates without bound.

    $KIND,NUMBER,NUMBER,...*CRC\\n        ASCII; CRC-16/CCITT-FALSE of what stands between $ and *, four hex digits

    from the supervisor                                   from the interlock
    H version                who are you?                 H version session build
    A session seq steps beat arm: step pulses for one     S session seq state cause trip inputs head_dc driver_dc
      step                   turn of the platter, us        supply_mv current_ma beats steps turns at
                             between two heartbeats, ms     ack
                             between two steps at most;
                             0: the platter is to stand
    P session seq ms ceases  permit: power may stay on
                             so long; 1: the platter may
                             stand now, 2: the chain may
                             end now
    O session seq            off
    R session seq trip       that trip has been seen to

`session` is drawn when the interlock starts: whoever talks to one that has started anew is not heard. `seq` counts the
lines of each side, modulo 65536, and so are heartbeats, steps and turns; `at` is how many steps had been counted when
the index was passed last. Temperatures are tenths of a degree Celsius; -9999 is unknown, as for supply and
current; a current of -9998 is that of a machine that has no sensor for it.
"""

from array import array

VERSION = 3
LONGEST = 120  # bytes of a line, with everything
UNKNOWN = -9999
ABSENT = -9998
SEQUENCE = 65536
NEXT = 16  # a line may be this many ahead of the last one: those between were lost


def _table() -> 'array[int]':
    """What eight steps of the division make of each byte: one by one they take a microcontroller 10 ms for a line."""
    table = array('H', bytes(512))
    for byte in range(256):
        crc = byte << 8
        for _ in range(8):
            crc = ((crc << 1) ^ 0x1021 if crc & 0x8000 else crc << 1) & 0xFFFF
        table[byte] = crc
    return table


_TABLE = _table()


def crc16(data: bytes) -> int:
    """CRC-16/CCITT-FALSE: polynomial 0x1021, begun with 0xFFFF; of b'123456789' it is 0x29B1 (the published check)."""
    table, crc = _TABLE, 0xFFFF
    for byte in data:
        crc = (crc << 8 & 0xFFFF) ^ table[crc >> 8 ^ byte]
    return crc


def body(kind: str, *numbers: int) -> bytes:
    """What a line says."""
    return (kind + ''.join([f',{number}' for number in numbers])).encode()


def framed(said: bytes) -> bytes:
    """The whole line."""
    return b'$' + said + b'*%04X\n' % crc16(said)


def line(kind: str, *numbers: int) -> bytes:
    """One whole line."""
    return framed(body(kind, *numbers))


def parse(raw: bytes) -> 'tuple[str, tuple[int, ...]] | None':
    """Kind and numbers of a line without its newline; None for anything that is not one to the letter."""
    if not 7 <= len(raw) < LONGEST or raw[:1] != b'$' or raw[-5:-4] != b'*':
        return None
    body = bytes(raw[1:-5])
    if raw[-4:] != b'%04X' % crc16(body):
        return None
    words = body.split(b',')
    if len(words[0]) != 1 or not b'A' <= words[0] <= b'Z':
        return None
    numbers = []
    for word in words[1:]:
        digits = word[1:] if word[:1] == b'-' else word
        if not 1 <= len(digits) <= 9 or not digits.isdigit():
            return None
        numbers.append(int(word))
    return words[0].decode(), tuple(numbers)


def ahead(seq: int, last: int) -> int:
    """How many lines `seq` is ahead of `last`: 1 is the next, 0 the same again, anything over NEXT is out of order."""
    return (seq - last) % SEQUENCE


class Lines:
    """Bytes in, lines out. Whatever is no line is counted, and so is what is longer than a line may be."""

    def __init__(self) -> None:
        self.bad = 0
        self._held = b''

    def take(self, data: bytes) -> 'list[tuple[str, tuple[int, ...]]]':
        """The lines that `data` completes."""
        found = []
        parts = (self._held + data).split(b'\n')
        for raw in parts[:-1]:
            told = parse(raw)
            if told is None:
                self.bad += 1
            else:
                found.append(told)
        self._held = parts[-1]
        if len(self._held) >= LONGEST:
            self._held = b''
            self.bad += 1
        return found
