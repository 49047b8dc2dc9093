"""The archivist: jobs in order in one thread of its own, failures as answers, nothing dropped."""

import threading
from concurrent.futures import CancelledError

import pytest

from appliance.errors import StorageError
from appliance.kiosk.archivist import Archivist, Job
from appliance.workflow.values import Event, Kind

WAIT_S = 60.0


@pytest.fixture
def stores():
    return []


@pytest.fixture
def archivist(stores):
    archivist = Archivist(lambda: stores)
    yield archivist
    archivist.close()


def test_jobs_are_done_in_order_in_one_other_thread_and_answered_in_ours(archivist, stores):
    answered_in = set()

    def done(result):
        answered_in.add(threading.get_ident())
        return [Event(Kind.KEPT, number=result)]

    for number in range(20):
        archivist.give(Job('note', lambda s, n=number: s.append((threading.get_ident(), n)) or n, done))
    assert archivist.busy
    assert archivist.wait(WAIT_S)
    assert [event.number for event in archivist.poll()] == list(range(20))
    assert not archivist.busy
    assert [number for _, number in stores] == list(range(20))
    assert {thread for thread, _ in stores}.isdisjoint(answered_in)
    assert answered_in == {threading.get_ident()}


@pytest.mark.parametrize(
    ('error', 'said'), [(StorageError('the disk is full'), 'full'), (OSError(30, 'Read-only file system'), 'Read-only')]
)
def test_a_failure_is_an_answer_and_the_next_job_is_done(archivist, stores, error, said):
    def fail(_):
        raise error

    told = []
    archivist.give(Job('keep the letter', fail, failed=lambda e: told.append(e) or [Event(Kind.KEEP_FAILED)]))
    archivist.give(Job('note', lambda s: s.append(1), lambda _: [Event(Kind.FORGOTTEN)]))
    assert archivist.wait(WAIT_S)
    assert [event.kind for event in archivist.poll()] == [Kind.KEEP_FAILED, Kind.FORGOTTEN]
    assert said in str(told[0])
    assert stores == [1]


def test_whoever_asked_hears_that_it_is_dropped(stores):
    archivist, begun, go_on = Archivist(lambda: stores), threading.Event(), threading.Event()
    first = archivist.ask('hold', lambda _: begun.set() or go_on.wait(WAIT_S))
    second = archivist.ask('note', lambda s: s.append(1))
    assert begun.wait(WAIT_S)
    dropping = threading.Thread(target=archivist.drop, daemon=True)
    dropping.start()
    while not archivist.ask('note', lambda s: s.append(2)).cancelled():  # until it has been told
        pass
    go_on.set()
    dropping.join(WAIT_S)
    assert first.result(WAIT_S)
    with pytest.raises(CancelledError):
        second.result(WAIT_S)
    assert stores == []


def test_stores_that_cannot_be_opened_fail_the_job_and_are_tried_again():
    tries = []

    def open_stores():
        tries.append(1)
        if len(tries) == 1:
            raise StorageError('cannot be written', where='/data')
        return 'open'

    archivist = Archivist(open_stores)
    for _ in range(2):
        archivist.give(Job('look', lambda s: s, lambda s: [Event(Kind.SPACE_OK, s)], lambda e: [Event(Kind.SPACE_LOW)]))
    assert archivist.wait(WAIT_S)
    assert [event.kind for event in archivist.poll()] == [Kind.SPACE_LOW, Kind.SPACE_OK]
    archivist.close()


def test_closing_finishes_what_was_given_and_closes_the_stores():
    class Stores(list):
        closed = False

        def close(self):
            self.closed = True

    stores = Stores()
    archivist = Archivist(lambda: stores)
    for number in range(5):
        archivist.give(Job('note', lambda s, n=number: s.append(n)))
    archivist.close()
    assert list(stores) == [0, 1, 2, 3, 4]
    assert stores.closed
