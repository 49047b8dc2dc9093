"""What systemd is told of the booth: that it is ready, that it lives, that it ends (sd_notify(3)).

Without systemd behind it nothing is told, and nothing here fails.
"""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import Mapping

LONGER_S = 30  # is asked for, again and again, by a booth that repairs what a crash has left
BEATS = 3  # in the time after which systemd takes the booth for dead


class Systemd:
    """One datagram for each thing there is to say."""

    def __init__(self, environ: Mapping[str, str] = os.environ) -> None:
        self._where = environ.get('NOTIFY_SOCKET', '')
        asked = environ.get('WATCHDOG_USEC', '')
        mine = environ.get('WATCHDOG_PID', '') in ('', str(os.getpid()))
        self._every_s = int(asked) / 1e6 / BEATS if self._where and asked.isdigit() and mine else 0.0
        self._due_s = self._longer_s = float('-inf')
        self._told = ''
        self._ready = False

    @property
    def watches(self) -> bool:
        """Whether it waits for signs of life."""
        return self._every_s > 0

    def stopping(self) -> None:
        self._say('STOPPING=1')

    def lives(self, now_s: float, stuck: str, state: str) -> None:
        """A sign of life when it is time for one, and none while a part is `stuck`: then systemd begins anew. Ready is
        a booth that has left the state in which it repairs what a crash has left; until then it asks for more time, or
        it would be ended, and begin the same again."""
        if not self._ready and state != 'recovering':
            self._ready = True
            self._say('READY=1')
        if not self._ready and not stuck and now_s >= self._longer_s:
            self._longer_s = now_s + LONGER_S / BEATS
            self._say(f'EXTEND_TIMEOUT_USEC={LONGER_S * 1_000_000}')
        status = f'{stuck} stands still' if stuck else state
        if status != self._told:
            self._told = status
            self._say(f'STATUS={status}')
        if self.watches and not stuck and now_s >= self._due_s:
            self._due_s = now_s + self._every_s
            self._say('WATCHDOG=1')

    def _say(self, text: str) -> None:
        """A name that begins with @ is an abstract one."""
        if not self._where:
            return
        name = '\0' + self._where[1:] if self._where.startswith('@') else self._where
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as to:
            to.setblocking(False)
            to.sendto(text.encode(), name)
