"""Property calls of the VideoCore's firmware, through /dev/vcio (raspberrypi/firmware wiki, "Mailbox property").

A message is a row of 32-bit words: its size, 0, then the tag: number, room for values, request, the values; 0 ends it.
"""

from __future__ import annotations

import array
import fcntl
import os
import struct
from collections.abc import Callable
from pathlib import Path

from appliance.errors import MachineRefusesError

DEVICE = Path('/dev/vcio')
# _IOWR(100, 0, char *) of the kernel's vcio.c: the size of a pointer is part of the number.
PROPERTY = 0xC000_0000 | struct.calcsize('P') << 16 | 100 << 8
DONE = 0x8000_0000  # in word 1 of the answer; in word 4, beside the length of what was answered
ALLOCATE, LOCK, UNLOCK, RELEASE = 0x3000C, 0x3000D, 0x3000E, 0x3000F
Call = Callable[['array.array[int]'], None]


class Mailbox:
    """MachineRefusesError for whatever the firmware does not do. `call` changes a message into its answer."""

    def __init__(self, call: Call, where: str) -> None:
        self._call, self._where = call, where

    def allocate(self, size: int, alignment: int, flags: int) -> int:
        """Handle of so many bytes that the firmware owns."""
        return self._ask(ALLOCATE, 'give memory', size, alignment, flags)

    def lock(self, handle: int) -> int:
        """The bus address, alias included; it stays where it is from now on."""
        return self._ask(LOCK, 'lock memory', handle)

    def free(self, handle: int) -> None:
        """Nothing may use it any more."""
        for tag in (UNLOCK, RELEASE):
            if self._word(tag, handle) != 0:
                raise self._refused('take memory back')

    def _ask(self, tag: int, what: str, *values: int) -> int:
        answer = self._word(tag, *values)
        if not answer:
            raise self._refused(what)
        return answer

    def _word(self, tag: int, *values: int) -> int | None:
        """The first word of the answer; None if there is none."""
        body = [tag, 4 * max(len(values), 1), 4 * len(values), *values, 0]
        message = array.array('I', [4 * (len(body) + 2), 0, *body])
        try:
            self._call(message)
        except OSError as error:
            what = f'the firmware does not answer ({error.strerror})'
            raise MachineRefusesError(what, where=self._where, remedy='restart the Raspberry Pi') from error
        done = message[1] == DONE and message[4] & DONE and message[4] & ~DONE >= 4
        return int(message[5]) if done else None

    def _refused(self, what: str) -> MachineRefusesError:
        remedy = 'set gpu_mem=64 in config.txt and restart'
        return MachineRefusesError(f'the firmware does not {what}', where=self._where, remedy=remedy)


def open_mailbox(device: Path = DEVICE) -> tuple[Mailbox, Callable[[], None]]:
    """The firmware's, and how to close it; MachineRefusesError where there is none."""
    try:
        file = os.open(device, os.O_RDWR | os.O_CLOEXEC)
    except OSError as error:
        what = f'the mailbox of the firmware cannot be opened ({error.strerror})'
        remedy = (
            'take the device tree that tools/make_image makes, or modprobe vcio and let the cutter be of group video'
        )
        raise MachineRefusesError(what, where=str(device), remedy=remedy) from error

    def call(message: array.array[int]) -> None:
        fcntl.ioctl(file, PROPERTY, message, True)

    return Mailbox(call, str(device)), lambda: os.close(file)
