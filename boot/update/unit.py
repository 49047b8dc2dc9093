"""The booth as systemd runs it: whether it serves, and whether a version is well."""

from __future__ import annotations

import re
import subprocess
import time

READY_S = 120.0  # until systemd has heard READY=1 and the shell answers
STEADY_S = 20.0  # and so long it must go on
LOOK_S = 1.0


class System:
    """The booth's unit, and time."""

    unit = 'audioletter.service'

    def serves(self) -> bool:
        """Whether a visitor is there; a booth that does not answer serves nobody."""
        told = self._asked('status', '--json')
        return told is not None and bool(re.search(r'"visitor": ?true', told))

    def stop(self) -> None:
        subprocess.run(('systemctl', 'stop', self.unit), check=False)

    def start(self) -> None:
        subprocess.run(('systemctl', 'reset-failed', self.unit), check=False)
        subprocess.run(('systemctl', 'start', '--no-block', self.unit), check=False)

    def well(self) -> bool:
        """Ready within its time, the shell answers, and it goes on for a while as the same process."""
        end_s = time.monotonic() + READY_S
        while not (self._state()[0] == 'active' and self._asked('status') is not None):
            if time.monotonic() > end_s:
                return False
            time.sleep(LOOK_S)
        before = self._state()
        time.sleep(STEADY_S)
        return self._state() == before and self._asked('status') is not None

    def _state(self) -> tuple[str, ...]:
        words = ('systemctl', 'show', '--value', '-p', 'ActiveState', '-p', 'InvocationID', self.unit)
        return tuple(subprocess.run(words, capture_output=True, text=True, check=False).stdout.split())

    def _asked(self, *words: str) -> str | None:
        program = ('/usr/lib/audioletter/current/bin/audioletter', 'shell', '--run', '/run/audioletter', *words)
        try:
            done = subprocess.run(program, capture_output=True, text=True, timeout=30, check=False,
                                  stdin=subprocess.DEVNULL)  # fmt: skip
        except (OSError, subprocess.TimeoutExpired):
            return None
        return done.stdout if done.returncode == 0 else None
