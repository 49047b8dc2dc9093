"""The socket in the run folder, and one thread for all that comes and goes there. It never waits for a client.

Whatever a client does costs a bounded amount of memory and of this thread's time: so many connections, so long a line,
so many lines a second, so long until it has said who it is, so much output that it does not read. Beyond that it is
hung up on. Who it is, the kernel says (SO_PEERCRED, unix(7)); a name of its own is believed from our own account and
from root, under which the shells run that know whose SSH key was used.
"""

from __future__ import annotations

import contextlib
import logging
import os
import pwd
import selectors
import socket
import stat
import struct
import threading
from dataclasses import dataclass
from pathlib import Path

from appliance.clock import monotonic_s
from appliance.desk.lines import Hello, LineError, Wrong
from appliance.desk.session import Room, Session
from appliance.desk.wire import Limits, Wire
from appliance.errors import StorageError
from appliance.workflow.values import Event, Kind, State

SOCKET = 'shell.sock'
MODE = 0o660
TICK_S = 1.0  # between two looks at who is late
JOIN_S = 3.0
BACKLOG = 64
log = logging.getLogger('audioletter')


@dataclass(frozen=True, slots=True)
class Peer:
    """Who the kernel says is at the other end."""

    uid: int
    account: str


class Server:
    """Listens from `start` to `close`."""

    def __init__(self, folder: Path, room: Room, limits: Limits | None = None) -> None:
        self._path, self._room, self._limits = folder / SOCKET, room, limits or Limits()
        self._selector: selectors.BaseSelector
        self._listener: socket.socket | None = None  # as soon as it has started
        self._awake: socket.socket
        self._wake: socket.socket
        self._wires: list[Wire] = []
        self._over = threading.Event()
        self._listening = True
        self._maintain_s = 0.0
        self._before: State | None = None
        self._thread = threading.Thread(target=self._run, name='desk', daemon=True)

    def start(self) -> None:
        """StorageError where there cannot be a socket."""
        self._listener = _listen(self._path)
        self._awake, self._wake = socket.socketpair()
        for end in (self._awake, self._wake):
            end.setblocking(False)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._listener, selectors.EVENT_READ, None)
        self._selector.register(self._awake, selectors.EVENT_READ, None)
        self._thread.start()
        log.info('shell: served at %s', self._path)

    def close(self) -> None:
        """Everybody is hung up on, and what they have running is cancelled."""
        if self._listener is None:
            return
        self._over.set()
        self.wake()
        self._thread.join()
        with contextlib.suppress(OSError):
            self._path.unlink()
        self._selector.close()
        for end in (self._listener, self._awake, self._wake):
            end.close()
        self._listener = None

    def wake(self) -> None:
        """From any thread: there is something to send."""
        with contextlib.suppress(OSError):
            self._wake.send(b'.')

    # -- the thread ------------------------------------------------------------------------------------------------

    def _run(self) -> None:
        try:
            while not self._over.is_set():
                self._turn()
        except Exception:  # of whatever kind: visitors are served on, and the host reads here why no shell comes in
            log.exception('the desk has ended: no shell can be served until the booth is started anew')
        sessions = [wire.session for wire in self._wires if wire.session is not None]
        for wire in list(self._wires):
            wire.put_now(Wrong('the booth is being closed'))
            wire.flush()
            self._drop(wire)
        for session in sessions:
            session.join(JOIN_S)

    def _turn(self) -> None:
        for key, mask in self._selector.select(TICK_S if self._wires or not self._listening else None):
            if key.fileobj is self._listener:
                self._accept()
            elif key.fileobj is self._awake:
                with contextlib.suppress(OSError):
                    self._awake.recv(4096)
            else:
                self._serve(key.data, mask)
        now_s = monotonic_s()
        self._look_at_the_booth(now_s)
        for wire in list(self._wires):
            if wire.late(now_s):
                self._drop(wire)
                continue
            if wire.waiting and not wire.resting(now_s) and not wire.hanging:
                self._serve(wire, selectors.EVENT_READ)
            self._expect(wire, now_s)
        self._listen_again()

    def _serve(self, wire: Wire, mask: int) -> None:
        """A mistake in what concerns one client costs that client only."""
        try:
            if mask & selectors.EVENT_WRITE:
                wire.flush()
            if mask & selectors.EVENT_READ:
                for line in wire.lines(monotonic_s()):
                    self._hear(wire, line)
        except LineError as error:
            log.warning('shell: hung up on %s: %s', wire.peer, error)
            wire.hang_up(Wrong(str(error)))
        except Exception:
            log.exception('shell: hung up on %s', wire.peer)
            wire.gone = True
        if wire.gone:
            self._drop(wire)

    def _hear(self, wire: Wire, line: bytes) -> None:
        message = wire.read(line)
        if wire.session is not None:
            wire.session.heard(message)
        elif isinstance(message, Hello):
            wire.session = self._seat(wire, message)
        else:
            raise LineError('say hello first')

    def _seat(self, wire: Wire, hello: Hello) -> Session:
        if sum(other.session is not None for other in self._wires) >= self._limits.sessions:
            raise LineError(f'{self._limits.sessions} are at the desk already')
        who = _who(wire.uid, wire.peer, hello.who)
        log.log(logging.INFO if hello.terminal else logging.DEBUG, 'shell: %s has come', who)
        wire.peer = who
        session = Session(self._room, hello, who, wire.send, wire.note)
        if how := session.how():
            wire.put_now(how)
        return session

    def _accept(self) -> None:
        if self._listener is None:
            return
        try:
            connection, _ = self._listener.accept()
        except BlockingIOError:
            return
        except OSError as error:  # no more open files, say: those who wait are looked at again with the next tick
            log.warning('shell: nobody can come in (%s)', error.strerror)
            self._selector.unregister(self._listener)
            self._listening = False
            return
        connection.setblocking(False)
        peer = _peer(connection)
        wire = Wire(connection, peer.account, peer.uid, self._limits, self.wake)
        if len(self._wires) >= self._limits.sessions + self._limits.strangers:
            wire.put_now(Wrong('too many are at the door'))
            wire.flush()
            connection.close()
            return
        self._wires.append(wire)
        wire.greet(self._room.version, monotonic_s())
        self._expect(wire, monotonic_s())

    def _listen_again(self) -> None:
        if not self._listening and self._listener is not None:
            self._selector.register(self._listener, selectors.EVENT_READ, None)
            self._listening = True

    def _expect(self, wire: Wire, now_s: float) -> None:
        """To be read, unless it is hung up on or has said enough for now; to be written to, if there is something."""
        mask = selectors.EVENT_WRITE if wire.full else 0
        if wire.hanging and not mask:
            self._drop(wire)
        if wire not in self._wires:
            return
        if not wire.hanging and not wire.resting(now_s):
            mask |= selectors.EVENT_READ
        if mask == wire.events:
            return
        if wire.events:
            self._selector.unregister(wire.connection)
        if mask:
            self._selector.register(wire.connection, mask, wire)
        wire.events = mask

    def _drop(self, wire: Wire) -> None:
        if wire not in self._wires:
            return
        self._wires.remove(wire)
        if wire.events:
            self._selector.unregister(wire.connection)
        wire.close()
        if wire.session is not None:
            log.debug('shell: %s has gone', wire.peer)
            wire.session.gone()

    def _look_at_the_booth(self, now_s: float) -> None:
        """What goes on in maintenance keeps it up; its end, and how the booth is, is told to all that are here."""
        if not self._wires or now_s < self._maintain_s:
            return
        self._maintain_s = now_s + TICK_S
        state = self._room.desk.look().booth.state
        if self._before is State.MAINTENANCE and state is not State.MAINTENANCE:
            self._room.office.tell_all('maintenance has ended')
        self._before = state
        for wire in self._wires:
            if wire.session is not None and not wire.hanging and (how := wire.session.how()):
                wire.put_now(how)
        if state is State.MAINTENANCE and any(wire.session and wire.session.maintains for wire in self._wires):
            self._room.desk.tell(Event(Kind.MAINTAIN))


def _who(uid: int, account: str, said: str) -> str:
    """A name is believed from those that could take any."""
    if uid in (0, os.geteuid()):
        return said or account
    return f'{account} ({said})' if said and said != account else account


def _peer(connection: socket.socket) -> Peer:
    if hasattr(socket, 'SO_PEERCRED'):
        _, uid, _ = struct.unpack('3i', connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
    else:  # macOS: the folder is ours alone
        uid = os.geteuid()
    try:
        return Peer(uid, pwd.getpwuid(uid).pw_name)
    except KeyError:
        return Peer(uid, f'user {uid}')


def _listen(path: Path) -> socket.socket:
    """Under its name only when it listens; what a booth that was killed has left there is replaced."""
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    made = path.with_name(f'.{path.name}.new')
    try:
        if os.path.lexists(path) and not stat.S_ISSOCK(os.lstat(path).st_mode):
            raise StorageError('is in the way of the socket for the shell', where=str(path), remedy='remove it')
        with contextlib.suppress(FileNotFoundError):
            made.unlink()
        os.fchmod(listener.fileno(), MODE)  # the file gets it too (unix(7)), so that it is never open to more
        listener.bind(str(made))
        os.chmod(made, MODE)
        listener.listen(BACKLOG)
        listener.setblocking(False)
        os.rename(made, path)
    except OSError as error:
        listener.close()
        if isinstance(error, StorageError):
            raise
        what = f'the shell cannot be served ({error.strerror or error})'
        raise StorageError(what, where=str(path), remedy='name a shorter folder in memory in places.run') from error
    return listener
