"""One connection at the socket: bytes in and out, and how long and how much of either is borne."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from appliance.clock import monotonic_s
from appliance.desk.lines import LONGEST, FromClient, FromServer, Greeting, LineError, Note, Wrong
from appliance.desk.reading import from_client
from appliance.desk.session import GoneError, Session
from appliance.desk.writing import written

BITE = 65_536
WAIT_S = 0.1  # between two looks whether whoever waits still wants to say it


@dataclass(frozen=True, slots=True)
class Limits:
    """What one client may cost."""

    sessions: int = 8
    strangers: int = 8  # who have not said hello
    hello_s: float = 5.0
    unread_s: float = 15.0  # output that nobody reads
    unread_bytes: int = 1_000_000
    lines_a_second: int = 500


class Wire:
    """`send` and `note` from any thread; the rest belongs to the server's."""

    def __init__(
        self, connection: socket.socket, peer: str, uid: int, limits: Limits, wake: Callable[[], None]
    ) -> None:
        self.connection, self.peer, self.uid = connection, peer, uid
        self.session: Session | None = None
        self.gone = False
        self.hanging = False  # it is told why, and then hung up on
        self._limits, self._wake = limits, wake
        self._in = bytearray()
        self._out = bytearray()
        self._change = threading.Condition()
        self._hello_by_s = 0.0
        self._unread_since_s: float | None = None
        self._second, self._lines = 0, 0
        self.events = 0  # what the selector looks for

    # -- any thread ------------------------------------------------------------------------------------------------

    def send(self, message: FromServer, unless: threading.Event | None) -> None:
        """Waits for a client that is slow to read, until `unless` is set; GoneError when it is there no more."""
        for line in written(message):
            with self._change:
                while len(self._out) > self._limits.unread_bytes and not self.gone:
                    if unless is not None and unless.is_set():
                        return
                    self._change.wait(WAIT_S)
                if self.gone or self.hanging:
                    raise GoneError
                self._add(line)
            self._wake()

    def note(self, text: str) -> None:
        """Never waits: whoever reads nothing misses it."""
        with self._change:
            if len(self._out) <= self._limits.unread_bytes and not self.gone and not self.hanging:
                for line in written(Note(text)):
                    self._add(line)
        self._wake()

    def _add(self, line: bytes) -> None:
        if not self._out:
            self._unread_since_s = monotonic_s()
        self._out += line

    # -- the server's thread ---------------------------------------------------------------------------------------

    def greet(self, version: str, now_s: float) -> None:
        self._hello_by_s = now_s + self._limits.hello_s
        self.put_now(Greeting(version))

    def put_now(self, message: FromServer) -> None:
        with self._change:
            for line in written(message):
                self._add(line)

    def hang_up(self, why: Wrong) -> None:
        """Told why, nothing after it, and whatever it has running is cancelled."""
        with self._change:
            self.hanging = True
        self.put_now(why)
        if self.session is not None:
            self.session.gone()

    @property
    def full(self) -> bool:
        """There is something to send."""
        return bool(self._out)

    def flush(self) -> None:
        """As much as the kernel takes now."""
        with self._change:
            if not self._out:
                return
            try:
                count = self.connection.send(self._out[:BITE])
            except BlockingIOError:
                return
            except OSError:
                self.gone = True
                count = 0
            del self._out[:count]
            if count:
                self._unread_since_s = monotonic_s()
            self._change.notify_all()

    def lines(self, now_s: float) -> Iterator[bytes]:
        """What has come and is whole, as many as a second may have; the rest waits for the next one."""
        try:
            came = self.connection.recv(BITE)
            self.gone = not came
        except BlockingIOError:
            came = b''
        except OSError:
            self.gone, came = True, b''
        self._in += came
        while not self.gone and not self._rests(now_s) and (end := self._in.find(b'\n')) >= 0:
            line = bytes(self._in[: end + 1])
            del self._in[: end + 1]
            self._lines += 1
            yield line
        if len(self._in) >= LONGEST + BITE or (len(self._in) >= LONGEST and b'\n' not in self._in):
            raise LineError('longer than a line may be')

    def _rests(self, now_s: float) -> bool:
        """It has said as much as one may in a second."""
        if int(now_s) != self._second:
            self._second, self._lines = int(now_s), 0
        return self._lines >= self._limits.lines_a_second

    def resting(self, now_s: float) -> bool:
        """Nothing is read from it before the next second."""
        return self.session is not None and self._rests(now_s)

    @property
    def waiting(self) -> bool:
        """There is a whole line that has not been heard yet."""
        return b'\n' in self._in

    def read(self, line: bytes) -> FromClient:
        return from_client(line)

    def late(self, now_s: float) -> bool:
        """It has not said hello, or does not read what it is told."""
        if self.session is None and not self.hanging and now_s > self._hello_by_s:
            return True
        since_s = self._unread_since_s
        return bool(self._out) and since_s is not None and now_s - since_s > self._limits.unread_s

    def close(self) -> None:
        with self._change:
            self.gone = True
            self._out.clear()
            self._change.notify_all()
        with contextlib.suppress(OSError):
            self.connection.close()
