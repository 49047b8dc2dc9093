"""The look at the interlock while nothing moves: what would refuse the next cut is known before anybody speaks for it.

    no line, line busy, line cut, no answer, noise, another version, tripped at rest, starts again and again
                                              │
        one look ──▶ key and cause ──▶ bad twice? well for a while? ──▶ Standing

A line has one owner. Whoever is to move the machine takes it; so it is given back before, and opened anew by the next
look. What a look finds is told only once it holds, or a screen would flap with every loose contact.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable

from appliance.clock import Clock
from appliance.errors import MachineRefusesError
from appliance.interlock.firmware import Firmware
from appliance.interlock.link import Standing
from appliance.interlock.pico import MUTE, Line, PicoLink

LOOK_S = 0.5  # between two looks
BAD_LOOKS = 2  # in a row: one alone may be a computer that was busy for FRESH_S
WELL_S = 3.0  # for so long before it is believed again: a microcontroller that starts is up in one
STARTS, STARTS_S = 3, 60.0  # so many starts in such a time are no accident
NOISY = 3  # lines that are none, and not one that is
AGAIN = (
    'the interlock starts again and again; look at its supply and its plug, then flash it anew (tools/flash_interlock)'
)
NOISE = (
    'what comes over the line is no word of an interlock: no other program may use it (a login: serial-getty), '
    'and interlock.baud must be that of the firmware'
)
log = logging.getLogger('audioletter')


class Watch:
    """Belongs to one thread. `device`: as the host knows it; `open_line` raises MachineRefusesError."""

    def __init__(
        self,
        device: str,
        open_line: Callable[[], Line],
        to_link: Callable[[Line], PicoLink],
        clock: Clock,
        is_what: Callable[[int], Firmware],
    ) -> None:
        self._device, self._open_line, self._to_link = device, open_line, to_link
        self._clock, self._is_what = clock, is_what
        self._line: Line | None = None
        self._link: PicoLink | None = None
        self._told: tuple[str, str] | None = None  # key and cause; None: not known yet
        self._found, self._looks, self._bad, self._well_s = ('', ''), 0, 0, 0.0
        self._session = -1
        self._starts: deque[float] = deque(maxlen=STARTS)
        self._build, self._firmware = -1, Firmware('', True)

    def look(self) -> Standing | None:
        """Once; takes as long as the interlock needs to answer, FRESH_S at the most. None: nothing is sure yet."""
        self._weigh(self._look())
        if self._told is None:
            return None
        return Standing(*self._told, self._firmware.says, self._firmware.as_here)

    def give_back(self) -> None:
        """The line is somebody else's now; safe to call twice."""
        if self._line is not None:
            self._line.close()
        self._line = self._link = None

    def _look(self) -> tuple[str, str]:
        """Key and cause of the first thing that is not well, now."""
        try:
            if self._link is None:
                self._line = self._open_line()
                self._link = self._to_link(self._line)
        except MachineRefusesError as error:
            return error.key, error.line
        link = self._link
        status = link.status()
        self._learn(link)
        if link.is_gone:
            self.give_back()
        if self._starts_again():
            return 'interlock', f'{self._device}: {AGAIN}'
        cause = NOISE if status.cause == MUTE and link.noise >= NOISY else status.cause
        return ('', '') if status.closed else (status.key, f'{self._device}: {cause}')

    def _learn(self, link: PicoLink) -> None:
        """Who it is: a session is drawn whenever it starts."""
        if link.told is not None and link.told.session != self._session:
            if self._session >= 0:
                log.warning('the interlock has started anew')
                self._starts.append(self._clock.now_s())
            self._session = link.told.session
        if link.build not in (-1, self._build):
            self._build, self._firmware = link.build, self._is_what(link.build)

    def _starts_again(self) -> bool:
        return len(self._starts) == STARTS and self._clock.now_s() - self._starts[0] <= STARTS_S

    def _weigh(self, found: tuple[str, str]) -> None:
        """Well at once if nothing was told yet; bad on a second look, whatever it finds; well again after a while."""
        now_s = self._clock.now_s()
        self._looks = self._looks + 1 if found == self._found else 1
        self._found = found
        if found[0]:
            self._bad, self._well_s = self._bad + 1, now_s + WELL_S
            is_new = not self._told or not self._told[0]
            if (self._bad if is_new else self._looks) >= BAD_LOOKS:
                self._told = found
        else:
            self._bad = 0
            if self._told is None or now_s >= self._well_s:
                self._told = found
