"""What one tab has not seen yet, as messages of its socket. A tab that is slow misses moments, never the present.

Binary messages, little-endian:
    1  u16 first row, u16 rows, then those rows of the LCD, RGB, zlib (RFC 1950)
    2  speaker: 16-bit mono PCM at 48 kHz
    3  u8 1 if a new disc has begun, u32 points before these, then pairs of float32: angle_rad, radius_mm
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import numpy as np

from appliance.booth.doors import SOUND_RATE_HZ
from appliance.panel.hall import Hall
from appliance.panel.handles import Disc

SCREEN, SOUND, GROOVE = 1, 2, 3
POINTS = 20_000  # of the groove in one message
MOST_SOUND = SOUND_RATE_HZ  # bytes: half a second; a tab that is further behind goes on with the newest


class News:
    """The memory of one tab."""

    def __init__(self, hall: Hall) -> None:
        self.hears = False  # the tab plays the speaker
        self.switched = 0  # how often it switched something: its page tells older news from newer by that
        self._hall = hall
        self._texts: dict[str, str] = {}
        self._frame = (-1, b'')
        self._heard: int | None = None
        self._disc: object = None
        self._cut = 0  # points of its groove that were told

    def messages(self, tab: object) -> Iterator[str | bytes]:
        """All that has changed since it was asked last; each is worked out when it is taken."""
        yield from self._text('facts', self._facts(tab))
        yield from self._screen()
        yield from self._sound()
        yield from self._groove()
        yield from self._text('platter', _rounded(asdict(self._hall.booth.platter())))

    def letters(self) -> Iterator[str]:
        """The list of letters, if it has changed."""
        yield from self._text('letters', [_letter(disc) for disc in self._hall.booth.letters()])

    def _text(self, kind: str, value: Any) -> Iterator[str]:
        text = json.dumps({'t': kind, 'is': value}, ensure_ascii=False, separators=(',', ':'))
        if self._texts.get(kind) != text:
            self._texts[kind] = text
            yield text

    def _facts(self, tab: object) -> dict[str, Any]:
        booth = self._hall.booth
        return {
            'state': booth.state(),
            'words': booth.words(),
            'lamp': booth.lamp(),
            'lit': booth.lit(),
            'inputs': asdict(booth.inputs()),
            'switched': self.switched,
            'faults': booth.faults(),
            'showing': booth.showing(),
            'voice': None if self._hall.voice is None else self._hall.voice is tab,  # null: no page is heard
        }

    def _screen(self) -> Iterator[bytes]:
        now = self._hall.booth.screen()
        if now[0] == self._frame[0]:
            return
        first, count, packed = self._hall.rows(self._frame, now)
        self._frame = now
        if count:
            yield struct.pack('<BHH', SCREEN, first, count) + packed

    def _sound(self) -> Iterator[bytes]:
        if not self.hears:
            self._heard = None
            return
        if self._heard is None:  # begin with the present
            self._heard, _ = self._hall.booth.heard(0)
        self._heard, pcm = self._hall.booth.heard(self._heard)
        pcm = pcm[-MOST_SOUND:]
        if pcm.count(0) != len(pcm):  # digital silence need not travel
            yield bytes([SOUND]) + pcm

    def _groove(self) -> Iterator[bytes]:
        disc, count, points = self._hall.booth.groove(self._disc, self._cut)
        new = disc is not self._disc
        if not new and not points:
            return
        before = count - len(points)
        self._disc, self._cut = disc, count
        for first in range(0, max(len(points), 1), POINTS):
            some = np.asarray(points[first : first + POINTS], '<f4')
            yield struct.pack('<BBI', GROOVE, new and first == 0, before + first) + some.tobytes()


def _rounded(values: dict[str, float | bool]) -> dict[str, float | bool]:
    """Enough digits for a drawing."""
    return {name: round(value, 4) if isinstance(value, float) else value for name, value in values.items()}


def _letter(disc: Disc) -> dict[str, Any]:
    return {
        'number': disc.number,
        'seconds': round(disc.seconds, 1),
        'speed_rpm': round(disc.speed_rpm, 2),
        'has': [part for part in ('sound', 'clean', 'picture', 'groove', 'report') if getattr(disc, part) is not None],
    }
