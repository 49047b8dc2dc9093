"""The cutter's child as it is, but for its doors: registers, time, the firmware's mailbox and the end of each write to
the line are the world's. Chain memory is the board's own, a file that is mapped as /dev/mem would be."""

import os
import queue
import sys
import threading
from pathlib import Path

from appliance.compose import cutter_child
from appliance.compose import shop as shops
from appliance.compose.real import bed, shop, site
from appliance.interlock import pico
from appliance.interlock.port import SerialPort
from appliance.lathe import engine
from appliance.lathe.settings import Knobs
from appliance.native import ffi, lib
from appliance.pi import real
from appliance.pi.mailbox import Mailbox
from tests.through.wire import (
    EAR,
    FEEDER,
    GONE,
    HEARD,
    HERE,
    IDLE,
    JOINS,
    MAILBOX,
    MARKS,
    NOW,
    READ,
    SAID,
    SLEEP,
    WATCHER,
    WORKER,
    WRITE,
    ModelClock,
    Outside,
)

OUTSIDE = Outside(os.environ['THROUGH_SOCKET'])
CLOCK = ModelClock(OUTSIDE)
SLICE_US = 20_000  # between two looks of whoever waits for something until a time


class ModelLock:
    """A lock whose owner may be asleep until time passes: who waits for it does not hold up time."""

    def __init__(self):
        self._lock = threading.Lock()

    def __enter__(self):
        if not self._lock.acquire(blocking=False):
            OUTSIDE.ask(JOINS)
            self._lock.acquire()
            OUTSIDE.ask(HERE, -1)

    def __exit__(self, *_):
        self._lock.release()


class ModelEvent(threading.Event):
    def wait(self, timeout=None):
        left_us = None if timeout is None else round(timeout * 1e6)
        while not self.is_set():
            slice_us = SLICE_US if left_us is None else min(left_us, SLICE_US)
            if slice_us <= 0:
                return False
            OUTSIDE.ask(SLEEP, slice_us)
            left_us = None if left_us is None else left_us - slice_us
        return True


class Threading:
    """The module, with locks that know of model time."""

    Lock = ModelLock

    def __getattr__(self, name):
        return getattr(threading, name)


class ModelLathe(engine.EngineLathe):
    """Its threads are the engine's own; each tells the world when it comes and when it goes."""

    def __init__(self, *parts):
        super().__init__(*parts)
        self._over = ModelEvent()
        self._there = [threading.Event(), threading.Event()]

    def start(self, score):
        marks = score.marks
        OUTSIDE.ask(MARKS, marks.head_down_frame, marks.head_up_frame,
                    b'%d %d %d' % (marks.message_frame, marks.message_end_frame, score.frames))  # fmt: skip
        super().start(score)
        for there in self._there:
            there.wait()

    def _feed(self):
        self._as(FEEDER, super()._feed)

    def _watch(self):
        self._as(WATCHER, super()._watch)

    def _as(self, role, work):
        OUTSIDE.ask(HERE, role)
        self._there[role != FEEDER].set()
        try:
            work()
        finally:
            OUTSIDE.leave()

    def close(self):
        OUTSIDE.ask(JOINS)
        super().close()
        OUTSIDE.ask(HERE, -1)


class Orders(queue.Queue):
    def get(self, timeout=None):
        """Whoever waits for an order looks at nothing meanwhile: those looks are asked after elsewhere."""
        OUTSIDE.ask(IDLE)
        return super().get()


class ToldChild(cutter_child.Child):
    def __init__(self, *parts):
        super().__init__(*parts)
        self._orders, self._works = Orders(), threading.Event()
        OUTSIDE.ask(HERE, EAR)

    def work(self):
        OUTSIDE.ask(HERE, WORKER)
        self._works.set()
        super().work()

    def hear(self, order):
        self._works.wait()
        super().hear(order)
        OUTSIDE.ask(GONE if order is None else HEARD, isinstance(order, cutter_child.Order))


class ToldPort(SerialPort):
    def write(self, data):
        super().write(data)
        OUTSIDE.ask(SAID, len(data))


@ffi.callback('uint32_t(void *, uint32_t)')
def read(_, address):
    return OUTSIDE.number(READ, address)


@ffi.callback('void(void *, uint32_t, uint32_t)')
def write(_, address, value):
    OUTSIDE.ask(WRITE, address, value)


@ffi.callback('int64_t(void *)')
def now_us(_):
    return OUTSIDE.number(NOW)


@ffi.callback('void(void *, int64_t)')
def sleep_us(_, us):
    OUTSIDE.ask(SLEEP, us)


class Core:
    """The core; what it maps as registers is asked of the world."""

    def __getattr__(self, name):
        return getattr(lib, name)

    def rpi_open(self, pi, path, base):
        wrong = lib.rpi_open(pi, path, base)
        if wrong == ffi.NULL:
            pi.door.read, pi.door.write, pi.door.now_us, pi.door.sleep_us = read, write, now_us, sleep_us
        return wrong


def mailbox():
    def call(message):
        message[:] = type(message)('I', OUTSIDE.ask(MAILBOX, more=message.tobytes())[1])

    return Mailbox(call, 'mailbox'), lambda: None


def here(run):
    """The usual site, of another computer."""

    def board(machine, folder, root):
        return real.real_pi(machine, folder, root, mailbox)

    knobs = Knobs(wait_for_input=True, realtime=False)

    def recover(machine, folder, root):
        return real.recover(machine, folder, root, mailbox)

    return site.Site(Path(os.environ['THROUGH_ROOT']), run, board, ToldPort, CLOCK, knobs, recover)


if __name__ == '__main__':
    for room in (cutter_child, shops, shop, bed, pico, engine):
        room.threading = Threading()
    real.lib, shop.EngineLathe, bed.EngineLathe = Core(), ModelLathe, ModelLathe
    cutter_child.Child, cutter_child.Site, cutter_child.monotonic_s = ToldChild, here, CLOCK.now_s
    cutter_child.main(int(sys.argv[1]), *sys.argv[2:])
