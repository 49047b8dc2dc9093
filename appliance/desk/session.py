"""One client at the desk: what it asks is done one after another in a thread of its own, and can be cancelled always.

`heard` and `gone` are called by the server's thread and never wait. What the thread says goes out through `send`, which
waits for a client that is slow to read, but not for one whose command has been cancelled.
"""

from __future__ import annotations

import contextlib
import logging
import queue
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from appliance.desk.book import Call, Command, Desk
from appliance.desk.catalogue import Catalogue, run, syntax
from appliance.desk.lines import (
    Answer,
    Ask,
    Cancel,
    Choices,
    Complete,
    Do,
    End,
    FromClient,
    FromServer,
    Hello,
    How,
    Input,
    LineError,
    Say,
    Want,
    Width,
)  # fmt: skip
from appliance.desk.office import Office, Place
from appliance.errors import AudioLetterError, MachineRefusesError, OptionError, StorageError
from appliance.workflow.values import Event, Kind, State

PENDING = 4  # what a client may ask before it is answered
URGENT = 2  # urgent ones at once
INPUT_BYTES = 16_000_000  # of what a client sends after a command
CANCELLED = 130
NOTED = 400  # characters of a deed
MISTAKE = 70  # exit code of a mistake in the program (sysexits.h, EX_SOFTWARE)
log = logging.getLogger('audioletter')


class GoneError(Exception):
    """The client is there no more."""


Send = Callable[[FromServer, threading.Event | None], None]  # waits unless the event is set; GoneError


@dataclass(frozen=True, slots=True)
class Room:
    """What all sessions share."""

    desk: Desk
    catalogue: Catalogue
    office: Office
    version: str = ''


@dataclass(slots=True)
class Running:
    """One command from the moment it was asked for."""

    id: int
    cancelled: threading.Event = field(default_factory=threading.Event)
    answers: queue.SimpleQueue[bool] = field(default_factory=queue.SimpleQueue)
    asked: bool = False
    wants: bool = False
    parts: deque[bytes] = field(default_factory=deque)
    size: int = 0
    whole: threading.Event = field(default_factory=threading.Event)  # all of its input is there, or it was cancelled
    maintains: bool = False
    afterwards: list[Callable[[], None]] = field(default_factory=list)
    begun: bool = False  # its words made sense and it was allowed

    def cancel(self) -> None:
        self.cancelled.set()
        self.answers.put(False)
        self.whole.set()


class Seated:
    """Implements `book.Sessions` for the calls of one session."""

    def __init__(self, office: Office, place: Place) -> None:
        self._office, self._place = office, place
        self.seats = office.seats

    def take_over(self) -> str:
        return self._office.take_over(self._place)

    def stop(self) -> int:
        return self._office.stop(self._place)


class Session:
    """From a client's hello to its end."""

    def __init__(self, room: Room, hello: Hello, who: str, send: Send, note: Callable[[str], None]) -> None:
        self._room, self._hello, self._send = room, hello, send
        self.place = Place(who, room.desk.wall_s(), note)
        self._runs: dict[int, Running] = {}
        self._told: How | None = None
        self._lock = threading.Lock()
        self._asked: queue.SimpleQueue[Do | Complete | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, name=f'session of {who}', daemon=True)
        room.office.sit(self.place)
        self._thread.start()

    # -- the server's thread -----------------------------------------------------------------------------------------

    def heard(self, message: FromClient) -> None:
        """One line of the client; LineError for one that may not come now."""
        match message:
            case Do():
                self._begin(message)
            case Complete():
                self._queue(message)
            case Cancel():
                if (running := self._running(message.id)) is not None:
                    running.cancel()
            case Answer():
                running = self._running(message.id)
                if running is not None and running.asked:
                    running.asked = False
                    running.answers.put(message.yes)
            case Input():
                self._input(message)
            case Width():
                self._hello = replace(self._hello, width=message.width)
            case Hello():
                raise LineError('one hello is enough')

    def gone(self) -> None:
        """Everything it asked for is cancelled, and its place is free."""
        self._room.office.leave(self.place)
        with self._lock:
            runs = list(self._runs.values())
        for running in runs:
            running.cancel()
        self._asked.put(None)

    def how(self) -> How | None:
        """For the prompt of a terminal: how things are, if that is not what it was told last. From any thread."""
        if not self._hello.terminal:
            return None
        state = self._room.desk.look().booth.state.value
        how = How(state, *self._room.office.command_for(self.place))
        with self._lock:
            if how == self._told:
                return None
            self._told = how
        return how

    def join(self, timeout_s: float) -> None:
        self._thread.join(timeout_s)

    @property
    def maintains(self) -> bool:
        """It does something in maintenance, and does not wait for somebody to answer."""
        with self._lock:
            return any(running.maintains and not running.asked for running in self._runs.values())

    def _running(self, id_: int) -> Running | None:
        with self._lock:
            return self._runs.get(id_)

    def _queue(self, message: Do | Complete) -> None:
        with self._lock:
            if len(self._runs) >= PENDING + URGENT or message.id in self._runs:
                raise LineError('too much at once')
            self._runs[message.id] = Running(message.id)
        self._asked.put(message)

    def _begin(self, do: Do) -> None:
        """What is urgent does not wait for what is being done."""
        with contextlib.suppress(AudioLetterError):
            if self._room.catalogue.find(list(do.words))[0].urgent:
                with self._lock:
                    if len(self._runs) >= PENDING + URGENT or do.id in self._runs:
                        raise LineError('too much at once')
                    self._runs[do.id] = Running(do.id)
                threading.Thread(target=self._do, args=(do,), name='urgent', daemon=True).start()
                return
        self._queue(do)

    def _input(self, message: Input) -> None:
        running = self._running(message.id)
        if running is None or running.cancelled.is_set():
            return
        if not running.wants:
            raise LineError('nothing is wanted')
        running.size += len(message.data)
        if running.size <= INPUT_BYTES:
            running.parts.append(message.data)
        if not message.more:
            running.wants = False
            running.whole.set()

    # -- its own thread ----------------------------------------------------------------------------------------------

    def _work(self) -> None:
        while (asked := self._asked.get()) is not None:
            if isinstance(asked, Do):
                self._do(asked)
            else:
                self._complete(asked)

    def _complete(self, asked: Complete) -> None:
        choices: tuple[str, ...] = ()
        try:
            choices = self._room.catalogue.complete(asked.text, self._room.desk)
        except AudioLetterError:
            pass  # nothing can be offered now; whoever asks for it will hear why
        except Exception:  # a mistake in what is offered for a key ends no session
            log.exception('cannot complete')
        self._over(asked.id, Choices(asked.id, choices))

    def _do(self, do: Do) -> None:
        running = self._running(do.id)
        if running is None:
            return
        end, command = End(do.id), None
        try:
            command, rest = self._room.catalogue.find(list(do.words))
            if not running.cancelled.is_set():
                self._run(command, rest, running)
        except GoneError:
            running.cancel()
        except AudioLetterError as error:
            end = End(do.id, error.exit_code, error.what, error.where, error.remedy)
        except OSError as error:  # a disk's own words
            what, where = error.strerror or str(error), str(error.filename or '')
            log.warning('%s: %s', command.name if command else 'a command', error)
            end = End(do.id, StorageError.exit_code, what, where, 'see to the disk')
        except Exception as error:  # it is told to whoever has asked, and ends this command alone
            log.exception('a mistake in %s', command.name if command else 'a command')
            end = End(do.id, MISTAKE, f'a mistake of the program: {type(error).__name__}', remedy='the log has it')
        if running.cancelled.is_set():
            end = End(do.id, CANCELLED)
        if command is not None:
            end = replace(end, private=command.private)
            if running.begun and (command.changes or command.urgent or command.noted):
                self._note(command, do, end)
        self._over(do.id, end)
        if end.code == 0:
            self._afterwards(running)

    def _afterwards(self, running: Running) -> None:
        for do in running.afterwards:
            try:
                do()
            except AudioLetterError as error:
                log.warning('%s', error.line)
                self.place.note(error.line)

    def _run(self, command: Command, rest: list[str], running: Running) -> None:
        office, place = self._room.office, self.place
        bound = syntax(command).bind(rest)
        if command.changes:
            office.claim(place)
        running.begun = True
        self._stay_in_maintenance()
        running.maintains = command.maintenance
        touches = (command.changes or command.maintenance) and not command.urgent
        office.begin(place, running.id, command.name, running.cancel if touches else None)
        try:
            call = Call(
                self._room.desk,
                place.who,
                json=bound.json,
                width=self._hello.width,
                cancelled=running.cancelled,
                ask=lambda question: self._ask(running, question, command),
                read=lambda: self._read(running),
                sessions=Seated(office, place),
                afterwards=running.afterwards,
            )
            with contextlib.closing(run(command, call, bound)) as said:
                for one in said:
                    if running.cancelled.is_set():
                        break
                    self._send(Say(running.id, one), running.cancelled)
        finally:
            office.end(place, running.id)

    def _ask(self, running: Running, question: str, command: Command) -> bool:
        """Somebody may have taken over while it was thought about."""
        running.asked = True
        self._send(Ask(running.id, question), running.cancelled)
        yes = running.answers.get() and not running.cancelled.is_set()
        if yes and command.changes:
            self._room.office.claim(self.place)
        self._stay_in_maintenance()
        return yes

    def _read(self, running: Running) -> bytes:
        """All of it, or none: half a list is another list."""
        running.wants = True
        self._send(Want(running.id), running.cancelled)
        running.whole.wait()
        if running.cancelled.is_set():
            raise MachineRefusesError('it was stopped', where='input')
        if running.size > INPUT_BYTES:
            raise OptionError(f'more than {INPUT_BYTES / 1e6:.0f} MB', where='input', remedy='send less at once')
        return b''.join(running.parts)

    def _stay_in_maintenance(self) -> None:
        """Its time-out runs from the last command."""
        if self._room.desk.look().booth.state is State.MAINTENANCE:
            self._room.desk.tell(Event(Kind.MAINTAIN))

    def _over(self, id_: int, last: FromServer) -> None:
        """The id is free before the client hears so, and asks again."""
        with self._lock:
            self._runs.pop(id_, None)
        with contextlib.suppress(GoneError):
            if how := self.how():
                self._send(how, None)
            self._send(last, None)

    def _note(self, command: Command, do: Do, end: End) -> None:
        """Whoever changes something is in the ledger; the log says that it was done, and no word more."""
        brief = {0: 'done', CANCELLED: 'cancelled'}.get(end.code, f'failed, code {end.code}')
        log.info('%s: %s: %s', self.place.who, command.name, brief)
        if command.private:
            words, how = command.name, brief
        else:
            words, how = ' '.join(do.words), brief if end.code in (0, CANCELLED) else end.what
        try:
            self._room.desk.deed(self.place.who, words[:NOTED], how[:NOTED])
        except AudioLetterError as error:
            log.warning('a deed is not noted: %s', error.line)
