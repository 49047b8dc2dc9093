"""The booth as systemd runs it: whether it serves, and whether a version is well."""

from __future__ import annotations

import re
import subprocess
import time
from collections.abc import Callable

START_S = 420.0  # at most, whatever the unit says: try.service has a quarter of an hour for all of this
ANSWER_S = 120.0  # from READY=1 until the shell answers
STEADY_S = 20.0  # and so long it must go on
LOOK_S = 1.0
ASK_S = 30.0  # one question of the shell
CURRENT = '/usr/lib/audioletter/current/bin/audioletter'


def run(words: tuple[str, ...], timeout_s: float | None = None) -> str | None:
    """What it said; None where it failed, or did not end."""
    try:
        done = subprocess.run(words, capture_output=True, text=True, timeout=timeout_s, check=False,
                              stdin=subprocess.DEVNULL)  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None


class System:
    """The booth's unit, and time."""

    unit = 'audioletter.service'

    def __init__(
        self,
        do: Callable[..., str | None] = run,
        now_s: Callable[[], float] = time.monotonic,
        rest: Callable[[float], None] = time.sleep,
    ) -> None:
        self._do, self._now_s, self._rest = do, now_s, rest

    def busy(self) -> str:
        """Why the booth cannot be stopped now; '' when it can. One that does not run serves nobody; of one that runs
        and does not answer nobody knows."""
        told = self._asked('status', '--json')
        if told is None:
            return 'the booth does not answer; try again' if self._state()[0] == 'active' else ''
        if re.search(r'"visitor": ?true', told):
            return 'a visitor is being served; try again when they have gone'
        return ''

    def stop(self) -> None:
        self._do(('systemctl', 'stop', self.unit))

    def start(self) -> None:
        """What a version that was not well has left is forgotten: failed, no start any more, degraded."""
        self._do(('systemctl', 'reset-failed', self.unit))
        self._do(('systemctl', 'start', '--no-block', self.unit))

    def well(self) -> bool:
        """Ready at its first start, the shell answers, and it goes on for a while as the same process."""
        life = self._started()
        if not life:
            return False
        end_s = self._now_s() + ANSWER_S
        while self._asked('status') is None:
            if self._now_s() > end_s or self._state() != life:
                return False
            self._rest(LOOK_S)
        self._rest(STEADY_S)
        return self._state() == life and self._asked('status') is not None

    def _started(self) -> tuple[str, ...]:
        """Its state once it is ready; () when it has ended instead, though systemd would begin it again and again. How
        long a start may take is its unit's to say (TimeoutStartSec, and what the booth asks for beyond that)."""
        end_s, began = self._now_s() + START_S, False
        while self._now_s() < end_s:
            state = self._state()
            if state[:2] == ('active', '0'):
                return state
            if state[1] != '0' or (began and state[0] != 'activating'):
                return ()
            began = began or state[0] == 'activating'
            self._rest(LOOK_S)
        return ()

    def _state(self) -> tuple[str, ...]:
        """ActiveState, how often systemd has begun it anew, and which of its lives it is."""
        names = ('ActiveState', 'NRestarts', 'InvocationID')
        words = ('systemctl', 'show', *(f'--property={name}' for name in names), self.unit)
        told = self._do(words) or self._do(words) or ''  # a system that is very busy may miss one question
        found = dict(line.split('=', 1) for line in told.splitlines() if '=' in line)
        return tuple(found.get(name, '') for name in names)

    def _asked(self, *words: str) -> str | None:
        return self._do((CURRENT, 'shell', '--run', '/run/audioletter', *words), ASK_S)
