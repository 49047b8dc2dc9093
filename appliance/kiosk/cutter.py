"""The cutter: a child process that masters, plans and cuts, so that sound and screen never wait for it.

What passes between are the values of `appliance.orders`. The child is started when it is first needed and kept
warm. If it dies, that is a `Fault` and the next order starts another; if this process dies, the child finds its pipe
closed, stops the cut with head up and power off, and ends.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Sequence
from multiprocessing import Pipe
from pathlib import Path
from typing import Any

from appliance.clock import monotonic_s
from appliance.message import Master
from appliance.orders import (
    Alive,
    Cut,
    EndErrand,
    Errand,
    Fault,
    Forget,
    Inject,
    Order,
    Ping,
    Prepare,
    Preview,
    Stop,
    Switch,
)
from appliance.pipe import PipeEnd
from appliance.urgency import give_way

CHILD = ('-m', 'appliance.compose.cutter_child')
DIED = 'cutter'
GONE_S = 10.0  # for a child to stop its cut and end


class Cutter:
    """The parent's side. No method waits, but `wait`, `answer` and `close`."""

    def __init__(
        self, child: Sequence[str] = CHILD, held: Sequence[int] = (), run: Path | None = None, real: str = ''
    ) -> None:
        """`child`: what the interpreter is to run; the number of its end of the pipe is added, and `run`, the folder
        where a real machine's cut leaves word of what outlives it, and `real`, that machine, so that whatever was left
        is ended as soon as the child starts. `held`: open files that the child holds as long as it lives, so that a
        lock outlasts a parent that was killed."""
        self._child, self._held = tuple(child), tuple(held)
        self._where = () if run is None else (str(run), *((real,) if real else ()))
        self._process: subprocess.Popen[bytes] | None = None
        self._pipe: PipeEnd | None = None
        self._switches: dict[str, bool] = {}
        self._heard: list[Any] = []  # and not asked for yet
        self.asked, self.pongs = False, 0  # whether it owes a sign of life, and how many it has given
        self.awake = False  # whether it has said anything since it was started

    @property
    def pid(self) -> int | None:
        """Of the child; None while there is none."""
        return None if self._process is None else self._process.pid

    def warm(self) -> None:
        """Start the child, so that the first order need not wait for it."""
        with contextlib.suppress(OSError):  # the first order says so
            self._warm()

    def prepare(self, wav: Path, order: Order, master: Master | None = None) -> None:
        """Answered by Facts or Refused."""
        self._tell(Prepare(wav, order, master))

    def preview(self, folder: Path) -> None:
        """Answered by Previewed or Refused; by nothing if another order comes first."""
        self._tell(Preview(folder))

    def cut(self, folder: Path, mark: str = '') -> None:
        """Answered by Progress, then Done and Finished, or Stopped, Refused or Fault; before Finished, by Mastered."""
        self._tell(Cut(folder, mark))

    def stop(self, cause: str, key: str = 'visitor') -> None:
        if self._pipe is not None:
            self._tell(Stop(cause, key))

    def inject(self, fault: str) -> None:
        if self._pipe is not None:
            self._tell(Inject(fault))

    def forget(self) -> None:
        if self._pipe is not None:
            self._tell(Forget())

    def errand(self, errand: Errand) -> None:
        """Answered by ErrandSaid."""
        self._tell(errand)

    def end_errand(self, number: int) -> None:
        if self._pipe is not None:
            self._tell(EndErrand(number))

    def ping(self) -> None:
        """Let the child show that it hears, if there is one; one question at a time."""
        if self._pipe is not None and not self.asked:
            self.asked = True
            self._tell(Ping(monotonic_s()))

    def poll(self) -> tuple[Any, ...]:
        """What the child has said since, in order."""
        self._hear()
        said, self._heard = self._heard, []
        return tuple(said)

    def _hear(self) -> None:
        messages, lives = self._pipe.take() if self._pipe else ([], True)
        for message in messages:
            self.awake = True
            if isinstance(message, Ping):
                self.asked, self.pongs = False, self.pongs + 1
            elif not isinstance(message, Alive):
                self._heard.append(message)
            elif self._pipe is not None:
                self._tell(message)
        if not lives and self._pipe is not None:
            self._bury()

    def wait(self, timeout_s: float) -> bool:
        """Until the child has said something; False if it has not by then. A sign of life wakes nobody: it is asked for
        again and again, and a clock that passes only while somebody waits would run ahead of the cut."""
        until_s = monotonic_s() + timeout_s
        while self._pipe is not None and not self._heard and self._pipe.wait(until_s - monotonic_s()):
            self._hear()
        return bool(self._heard)

    def answer(self, timeout_s: float) -> None:
        """Its question whether anybody is there, if it asks within that time; what it says otherwise is kept."""
        if self._pipe is not None and self._pipe.wait(timeout_s):
            self._hear()

    def give_up(self) -> None:
        """It owes an answer that does not come: it is ended, and that is a Fault."""
        if self._process is not None:
            self._process.kill()
            self._bury()

    def kill(self) -> None:
        """As a power cut would: nobody is told, nothing is tidied up."""
        if self._process is not None:
            self._process.kill()
        self.close()

    def close(self) -> None:
        """A cut that goes on is stopped; safe to call twice."""
        self._hang_up()
        self._end()

    def switch(self, name: str, on: bool) -> None:
        """See Switch. Each child that is started hears of it."""
        if self._switches.get(name) is not on:
            self._switches[name] = on
            if self._pipe is not None:
                self._tell(Switch(name, on))

    def _tell(self, order: Any) -> None:
        try:
            self._warm().send(order)
        except OSError:
            self._bury()

    def _warm(self) -> PipeEnd:
        if self._pipe is None:
            mine, theirs = Pipe()
            path = os.pathsep.join(filter(None, (str(Path(__file__).parents[2]), os.environ.get('PYTHONPATH', ''))))
            self._process = subprocess.Popen(
                (sys.executable, *self._child, str(theirs.fileno()), *self._where),
                pass_fds=(theirs.fileno(), *self._held),
                stdin=subprocess.DEVNULL,
                env=os.environ | {'PYTHONPATH': path},
            )
            give_way(self._process.pid)
            theirs.close()
            self._pipe, self.awake = PipeEnd(mine), False
            for name, on in self._switches.items():
                self._pipe.send(Switch(name, on))
        return self._pipe

    def _bury(self) -> None:
        """The child has died, or could not be started: what it was told is lost."""
        self._hang_up()
        self._heard.append(Fault(DIED, 'the program that cuts has ended by itself, or does not start'))
        self._end()

    def _hang_up(self) -> None:
        if self._pipe is not None:
            self._pipe.close()
            self._pipe, self.asked = None, False

    def _end(self) -> None:
        if self._process is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(GONE_S)
            if self._process.poll() is None:
                self._process.kill()
                self._process.wait()
            self._process = None
