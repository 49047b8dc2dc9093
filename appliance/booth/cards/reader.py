"""A card reader that types as a keyboard does (most for RFID and NFC): its keys are taken for ourselves and read.

Nothing that it types reaches a console: the device is grabbed. It may be pulled out and put back at any time.
Sources: linux/input.h (struct input_event: two longs, two shorts, an int), linux/input-event-codes.h.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import stat
import struct
from collections.abc import Callable
from pathlib import Path

from appliance.clock import Clock

EVENT = struct.Struct('llHHi')
EVIOCGRAB = 0x40044590  # _IOW('E', 0x90, int)
EV_KEY, PRESSED = 1, 1
ENTER = (28, 96)  # KEY_ENTER, KEY_KPENTER
ROWS = ((2, '1234567890'), (16, 'qwertyuiop'), (30, 'asdfghjkl'), (44, 'zxcvbnm'))  # first code of each row of keys
KEYPAD = dict(zip((82, 79, 80, 81, 75, 76, 77, 71, 72, 73), '0123456789', strict=True))
KEYS = {code + place: char for code, row in ROWS for place, char in enumerate(row)} | KEYPAD
LONGEST = 64  # characters of a card
TYPED_S = 1.0  # a reader types a card at once: what was begun longer ago is none
AGAIN_S = 2.0  # between two attempts to open it
AT_ONCE = 64  # events a look


def grab(handle: int) -> None:
    """Nobody else hears of its keys; OSError where somebody else has done this."""
    fcntl.ioctl(handle, EVIOCGRAB, 1)


class CardReader:
    """`poll` often; never raises."""

    def __init__(self, device: Path, clock: Clock, take: Callable[[int], None] = grab) -> None:
        self._device, self._clock, self._take = device, clock, take
        self._handle: int | None = None
        self._again_s = 0.0
        self._typed = ''
        self._since_s = 0.0
        self.cause = ''

    def poll(self) -> tuple[str, ...]:
        """The cards shown since."""
        now_s = self._clock.now_s()
        if self._handle is None and now_s >= self._again_s:
            self._open(now_s)
        if self._handle is None:
            return ()
        try:
            data = os.read(self._handle, AT_ONCE * EVENT.size)
        except BlockingIOError:
            return ()
        except OSError as error:
            self._lose(error.strerror or str(error), now_s)
            return ()
        whole = len(data) - len(data) % EVENT.size
        return tuple(filter(None, (self._key(event, now_s) for event in EVENT.iter_unpack(data[:whole]))))

    def close(self) -> None:
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None

    def _open(self, now_s: float) -> None:
        self._typed = ''
        try:
            self._handle = os.open(self._device, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY)
            if stat.S_ISREG(os.fstat(self._handle).st_mode) or stat.S_ISDIR(os.fstat(self._handle).st_mode):
                self._lose('is no device', now_s)
                return
            self._take(self._handle)
        except OSError as error:
            self._lose(error.strerror or str(error), now_s)
        else:
            self.cause = ''

    def _lose(self, why: str, now_s: float) -> None:
        with contextlib.suppress(OSError):
            self.close()
        self.cause, self._again_s = f'{self._device}: {why}', now_s + AGAIN_S

    def _key(self, event: tuple[int, int, int, int, int], now_s: float) -> str:
        """The card, at its Enter; else nothing. What is longer than any card is none."""
        _, _, kind, code, value = event
        if (kind, value) != (EV_KEY, PRESSED):
            return ''
        if not self._typed or now_s - self._since_s > TYPED_S:
            self._typed, self._since_s = '', now_s
        if code in ENTER:
            card, self._typed = self._typed, ''
            return card if len(card) <= LONGEST else ''
        self._typed = (self._typed + KEYS.get(code, ''))[: LONGEST + 1]
        return ''
