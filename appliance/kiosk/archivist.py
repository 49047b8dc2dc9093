"""The archivist: one thread that owns letters, ledger and disk, so that the loop never waits for any of them.

A job is a function of the stores. What it returns, or the error it raised, goes to a function that the loop calls at
its next turn and that says what has happened. Jobs are done in the order they were given; none is ever dropped. What
fails is told to the host once; a mistake of the program is raised where the answer is taken, so that the booth ends
rather than waits for ever.
"""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from typing import Any, Generic, TypeVar

from appliance.errors import AudioLetterError, StorageError
from appliance.message.disk import cause_of
from appliance.workflow.values import Event

Stores = TypeVar('Stores')
Events = Iterable[Event]
log = logging.getLogger('audioletter')


def why(error: AudioLetterError) -> str:
    """The key of words/reasons of what the stores could not do."""
    return error.cause if isinstance(error, StorageError) else StorageError.usual_key


def _nothing(result: Any) -> Events:
    return ()


def _raise(error: Exception) -> Events:
    raise error


@dataclass(frozen=True, slots=True)
class Job(Generic[Stores]):
    """What to do, and what its result or its failure means for the booth."""

    name: str
    do: Callable[[Stores], Any]
    done: Callable[[Any], Events] = _nothing
    failed: Callable[[AudioLetterError], Events] = _nothing


@dataclass(frozen=True, slots=True)
class _Question(Generic[Stores]):
    """A job of somebody else's than the loop's."""

    job: Job[Stores]
    answer: Future[Any]


class Archivist(Generic[Stores]):
    """Opens the stores in its own thread (a database connection belongs to one) and does what it is given."""

    def __init__(self, open_stores: Callable[[], Stores]) -> None:
        self._open = open_stores
        self._stores: Stores | None = None
        self._jobs: queue.Queue[Job[Stores] | _Question[Stores] | None] = queue.Queue()
        self._answers: queue.Queue[Callable[[], Events]] = queue.Queue()
        self._dropped = False
        self.done = 0  # jobs, counted
        self._asking = threading.Lock()
        self._ended = False  # nobody can be asked any more
        self._told = ''  # of the last failure, so that one that comes again every few seconds is told once
        self._waiting = 0  # jobs not answered yet; counted by the loop's thread alone
        self._idle = threading.Event()
        self._idle.set()
        self._thread = threading.Thread(target=self._work, name='archivist', daemon=True)
        self._thread.start()

    @property
    def busy(self) -> bool:
        return self._waiting > 0

    def give(self, job: Job[Stores]) -> None:
        self._waiting += 1
        with self._asking:
            self._idle.clear()
            self._jobs.put(job)

    def ask(self, name: str, do: Callable[[Stores], Any]) -> Future[Any]:
        """For whoever is not the loop, from any thread: done in its turn, and no event follows from it. What it raises
        is the asker's affair, mistakes of the program included; cancelled where it is never done."""
        answer: Future[Any] = Future()
        with self._asking:
            if self._ended:
                answer.cancel()
            else:
                self._jobs.put(_Question(Job(name, do), answer))
        return answer

    def poll(self) -> list[Event]:
        """What has been done since, in order."""
        events: list[Event] = []
        while True:
            try:
                answer = self._answers.get_nowait()
            except queue.Empty:
                return events
            self._waiting -= 1
            events.extend(answer())

    def wait(self, timeout_s: float) -> bool:
        """Until everything given is done (its answers then wait for `poll`); False if it is not by then."""
        return self._idle.wait(timeout_s)

    def drop(self) -> None:
        """What has not been begun is never done: as if the power had gone. The stores are left as they are."""
        self._dropped = True
        self._end()

    def close(self) -> None:
        """Everything given is done first."""
        self._end()

    def _end(self) -> None:
        with self._asking:
            self._ended = True
            self._jobs.put(None)
        self._thread.join()
        while not self._jobs.empty():
            if isinstance(left := self._jobs.get(), _Question):
                left.answer.cancel()

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            if self._dropped:
                self._jobs.put(job)  # whoever waits for its answer is told with all others
                break
            if isinstance(job, _Question):
                self._reply(job)
            else:
                self._answers.put(self._answer(job))
            self.done += 1
            with self._asking:
                if self._jobs.empty():
                    self._idle.set()
        close = getattr(self._stores, 'close', None)
        if close is not None and not self._dropped:
            close()

    def _answer(self, job: Job[Stores]) -> Callable[[], Events]:
        try:
            result = self._do(job)
        except AudioLetterError as error:
            return self._failed(job, error)
        except Exception as error:  # a mistake of the program: raised in the loop, which ends the booth
            return partial(_raise, error)
        return partial(job.done, result)

    def _reply(self, question: _Question[Stores]) -> None:
        if not question.answer.set_running_or_notify_cancel():
            return
        try:
            result = self._do(question.job)
        except Exception as error:  # whatever it is, it is the asker's
            question.answer.set_exception(error)
        else:
            question.answer.set_result(result)

    def _do(self, job: Job[Stores]) -> Any:
        try:
            if self._stores is None:
                self._stores = self._open()
            return job.do(self._stores)
        except AudioLetterError:
            raise
        except OSError as error:  # a disk that says so in its own words
            what, where = f'cannot {job.name} ({error.strerror or error})', str(error.filename or 'disk')
            raise StorageError(what, where=where, cause=cause_of(error)) from error

    def _failed(self, job: Job[Stores], error: AudioLetterError) -> Callable[[], Events]:
        if error.line != self._told:
            self._told = error.line
            log.warning('%s: %s', job.name, error.line)
        return partial(job.failed, error)
