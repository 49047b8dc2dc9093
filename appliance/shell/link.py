"""The line to the booth: one Unix socket, lines of JSON both ways (`appliance.desk` says which).

One thread and no waiting that cannot be ended: `next` returns when a line has come, when Ctrl-C was pressed, when
whoever reads our output has gone, or when its time is over.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import socket
from collections import deque
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any

from appliance.clock import monotonic_s
from appliance.errors import CutFaultError, MachineRefusesError

# As the desk has them, whose room takes a second to import on a desk computer; a test holds them equal.
SOCKET = 'shell.sock'
PROTOCOL = 1
MAX_BYTES = 64 * 1024  # of a line with its end
HELLO_S = 5.0
SEND_S = 30.0  # a booth that takes nothing for so long is not well
BITE = 64 * 1024

Line = dict[str, Any]


class Pressed:
    """What `Link.next` returns when Ctrl-C was pressed."""


PRESSED = Pressed()


class Interrupts:
    """While this is entered, Ctrl-C wakes whoever polls `handle`, and does nothing else."""

    def __init__(self) -> None:
        self.handle, self._end = os.pipe()
        os.set_blocking(self._end, False)
        os.set_blocking(self.handle, False)
        self._before: Any = None

    def __enter__(self) -> Interrupts:
        self._before = signal.signal(signal.SIGINT, self._wake)
        return self

    def _wake(self, number: int, frame: FrameType | None) -> None:
        with contextlib.suppress(BlockingIOError):  # full of earlier ones
            os.write(self._end, b'c')

    def taken(self) -> bool:
        """Whether it was pressed since this was last asked."""
        with contextlib.suppress(BlockingIOError):
            return bool(os.read(self.handle, BITE))
        return False

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        signal.signal(signal.SIGINT, self._before)
        os.close(self.handle)
        os.close(self._end)


class GoneError(CutFaultError):
    """The booth has hung up, or cannot be reached any more (exit 4)."""


class ReaderGoneError(BrokenPipeError):
    """Whoever read our output, an SSH connection say, is there no more."""


class Link:
    """A connection that the booth has greeted. Use as a context."""

    def __init__(self, folder: Path, who: str, width: int, terminal: bool) -> None:
        self.where = str(folder / SOCKET)
        self._came = b''
        self._lines: deque[Line] = deque()
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            self._connect()
            hello = self._greeting()
            self.version = str(hello.get('version', ''))
            if hello.get('hello') != 'audioletter' or hello.get('protocol') != PROTOCOL:
                self._strange(hello)
            self.send({'protocol': PROTOCOL, 'who': who, 'width': width, 'terminal': terminal})
            self._width = width
        except BaseException:
            self.close()
            raise

    def _connect(self) -> None:
        try:
            self._socket.settimeout(SEND_S)
            self._socket.connect(self.where)
        except PermissionError:
            remedy = 'ask as the account that it runs under'
            raise MachineRefusesError("this booth is another account's", where=self.where, remedy=remedy) from None
        except OSError as error:
            remedy = 'start one with audioletter kiosk; one that starts by itself needs a minute'
            raise MachineRefusesError('no booth is running here', where=self.where, remedy=remedy) from error

    def _greeting(self) -> Line:
        until_s = monotonic_s() + HELLO_S
        try:
            came = self.next(until_s)
        except GoneError as error:
            raise MachineRefusesError('the booth has hung up', where=self.where, remedy='try again') from error
        if not isinstance(came, dict):
            raise MachineRefusesError('the booth does not answer', where=self.where, remedy='try again, or restart it')
        return came

    def _strange(self, hello: Line) -> None:
        if 'error' in hello:
            raise MachineRefusesError(str(hello['error']), where=self.where)
        what = f'the booth speaks protocol {hello.get("protocol")!r}, this shell {PROTOCOL}'
        raise MachineRefusesError(what, where=self.where, remedy='restart the booth: it runs another version')

    def send(self, line: Mapping[str, Any]) -> None:
        """GoneError when the booth takes it no more."""
        try:
            self._socket.sendall(json.dumps(line, ensure_ascii=False).encode() + b'\n')
        except OSError as error:
            raise GoneError('the booth has hung up', where=self.where) from error

    def is_wide(self, width: int) -> None:
        """So many columns the terminal has now; the booth is told when they are others than before."""
        if width != self._width:
            self.send({'width': width})
            self._width = width

    def fileno(self) -> int:
        """To poll: readable when a line may have come."""
        return self._socket.fileno()

    def answered(self, number: int) -> bool:
        """To be asked when there is something to read: whether a line of that command has come. Takes none away."""
        self._take()
        return any(line.get('id') == number for line in self._lines)

    def waiting(self) -> Iterator[Line]:
        """The lines that are there already; none is waited for."""
        while True:
            came = self.next(0.0)
            if not isinstance(came, dict):
                return
            yield came

    def next(self, until_s: float | None = None, interrupts: Interrupts | None = None, out: int = -1,
             ) -> Line | Pressed | None:  # fmt: skip
        """The next line; PRESSED for Ctrl-C; None when it is later than `until_s`.

        GoneError when the booth has hung up, ReaderGoneError when nobody reads `out` any more.
        """
        poll = select.poll()
        poll.register(self._socket, select.POLLIN)
        if interrupts is not None:
            poll.register(interrupts.handle, select.POLLIN)
        if out >= 0:
            poll.register(out, 0)  # a hang-up is told without being asked for
        while True:
            if interrupts is not None and interrupts.taken():
                return PRESSED
            if self._lines:
                return self._lines.popleft()
            left_ms = None if until_s is None else max(until_s - monotonic_s(), 0.0) * 1000
            ready = dict(poll.poll(left_ms))
            if out in ready:
                raise ReaderGoneError
            if self._socket.fileno() in ready:
                self._take()
            elif not ready:
                return None

    def _take(self) -> None:
        try:
            came = self._socket.recv(BITE)
        except OSError as error:
            raise GoneError('the booth has hung up', where=self.where) from error
        if not came:
            raise GoneError('the booth has hung up', where=self.where, remedy='it may be starting again')
        *whole, self._came = (self._came + came).split(b'\n')
        if len(self._came) > MAX_BYTES:
            raise GoneError('the booth says more than a line holds', where=self.where)
        for text in whole:
            try:
                line = json.loads(text)
            except ValueError:
                line = None
            if not isinstance(line, dict):
                raise GoneError('the booth says what is no line of the protocol', where=self.where)
            self._lines.append(line)

    def close(self) -> None:
        self._socket.close()

    def __enter__(self) -> Link:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()
