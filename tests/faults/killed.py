"""A booth that lives to be killed: visits without end, and an outside log of what was promised, line by line.

The log goes through a pipe and so survives the process. A line `> what` stands before a thing is done, `< what` after.
"""

import os
import random
import signal
import threading
from dataclasses import replace

from appliance.clock import SteppedClock
from appliance.compose import booth as put_together
from appliance.compose.booth import Choice, Plan
from appliance.compose.handles import VirtualBooth, sample_file
from appliance.compose.script import Player, parse
from appliance.config import load_config
from appliance.config.places import Folders, lock
from appliance.kiosk import loop
from appliance.kiosk.cutter import Cutter
from appliance.kiosk.loop import TURN_S
from appliance.machine import load_machine
from appliance.message import Disk, Stores
from appliance.virtual.booth.disk import FillingDisk
from appliance.workflow.values import State

QUICK = ('-m', 'tests.faults.quick_cutter')
WORK_S = 0.05
OPERATIONS = (
    'recover', 'begin_take', 'discard', 'keep', 'hold', 'begin_cut', 'cut_done', 'cut_ended', 'handed_over', 'forget',
)  # fmt: skip
ON_DISK = ('create', 'write', 'sync', 'rename', 'sync_folder', 'remove')
# What a visitor does on each screen; which of these is drawn by lot.
WAYS = {
    State.ATTRACT: ['press record'],
    State.LANGUAGE: ['press record'],
    State.LEVEL_CHECK: ['speak {letter}\npress record'],
    State.RECORDING: ['pause 2\npress record'] * 5 + ['pause 1\nsilence\npause 20'],
    State.NOT_HEARD: ['press left'],
    State.LISTEN: ['press record'] * 6 + ['press right\npause 1', 'press left', 'pause 20'],
    State.DISCARD: ['press left', 'press right', 'press record'],
    State.LOAD_DISC: ['open lid\ntake disc\npause 0.3\nlay blank\nclose lid\npause 0.5\npress record'] * 6
    + ['press left', 'pause 20'],
    State.DOES_NOT_FIT: ['press left'],
    State.CUTTING: ['pause 0.3'] * 8 + ['open lid\npause 0.5\nclose lid', 'press right'],
    State.CANCEL: ['press record', 'press left'],
    State.TAKE_DISC: ['open lid\ntake disc\nclose lid'] * 4 + ['press left', 'pause 20'],
    State.FORGET: ['press record', 'press left'],
    State.THANKS: ['press record'],
    State.STILL_THERE: ['press record', 'pause 20'],
    State.STOPPED: ['close lid\npause 0.5\npress record'] * 3 + ['press left'],
    State.FAULT: ['take disc\npause 0.5\npress record'] * 3 + ['press left'],
}


class Log:
    """Lines to whoever watches from outside; at line `last` the process is killed, on the spot."""

    def __init__(self, pipe, task):
        self._pipe, self._left, self._alone = pipe, task.last, task.alone
        self._lock = threading.Lock()

    def say(self, line):
        with self._lock:
            self._pipe.send_bytes(line.encode())
            self._left -= 1
            if self._left == 0:
                (os.kill if self._alone else os.killpg)(os.getpid(), signal.SIGKILL)


def watched_stores(log):
    """Stores that tell what they are asked and what they have answered."""

    def watched(name):
        def do(self, *words, **named):
            number = words[0] if words and isinstance(words[0], int) else ''
            log.say(f'> {name} {number}')
            result = getattr(Stores, name)(self, *words, **named)
            number = getattr(result, 'number', number)
            if name == 'begin_cut':
                log.say(f'folder {result.name}')
            log.say(f'< {name} {number}')
            return result

        return do

    return type('WatchedStores', (Stores,), {name: watched(name) for name in OPERATIONS})


def watched_disk(log, kind, names):
    """A disk that tells what it is about to do: each line is an instant to be killed at."""

    def watched(name):
        def do(self, *words, **named):
            log.say(f'disk {name}')
            return getattr(kind, name)(self, *words, **named)

        return do

    return type('WatchedDisk', (kind,), {name: watched(name) for name in names})


class Visitor:
    """Visits without end, on a `SteppedClock`."""

    def __init__(self, hands, letter, lots):
        self._hands, self._letter, self._lots = hands, letter, lots
        self._player = None

    def turn(self, now_s, state):
        if self._player is None or self._player.over:
            way = self._lots.choice(WAYS.get(state, ['pause 0.3'])).format(letter=self._letter)
            self._player = Player(parse(way, state.value), self._hands, lambda text: None, sample_file())
        self._player.turn(now_s, state)


class WatchedBooth(VirtualBooth):
    """Tells where fingers, lid and disc are."""

    log = None

    def set(self, name, on):
        self.log.say(f'set {name} {int(on)}')
        super().set(name, on)


def plan_of(data, run, retention, unanswered):
    """A booth that waits no longer than it must for whoever has walked away."""
    config, _ = load_config(system=data.parent)
    waits = dict.fromkeys(('language_s', 'level_s', 'listen_s', 'question_s', 'load_disc_s', 'take_disc_s'), 6.0)
    waits |= {'silence_s': 4.0, 'still_there_s': 4.0, 'notice_s': 6.0, 'countdown_s': 1.0, 'thanks_s': 1.0}
    config = replace(
        config,
        voice=replace(config.voice, prompts=False),
        policy=replace(config.policy, retention=retention, unanswered=unanswered, max_message_s=10.0),
        timeouts=replace(config.timeouts, **waits),
    )
    choice = Choice(pace=None, clock=SteppedClock(), threads=False)
    return Plan(config, load_machine(), 'virtual', Folders(data, run), choice)


def turn(booth, clock, visitor=None):
    """One turn of the supervisor; the clock passes as in `compose.headless`."""
    kiosk = booth.kiosk
    kiosk.turn()
    if kiosk.waits:
        kiosk.wait(WORK_S)
    if visitor is not None:
        visitor.turn(clock.now_s(), kiosk.booth.state)
    clock.rest(WORK_S if kiosk.waits else TURN_S)


def live(pipe, task):
    """The process that is killed. `task`: see `test_kill.Task`."""
    os.setsid()  # so that its cutter can be killed with it
    log = Log(pipe, task)
    put_together.Stores = watched_stores(log)
    put_together.FillingDisk = watched_disk(log, FillingDisk, ON_DISK)
    put_together.Disk = watched_disk(log, Disk, ('create', 'remove'))
    if task.quick:
        put_together.Cutter = lambda **how: Cutter(QUICK, **how)
    loop.FRAME_S = 2.0  # who draws all pictures in time is asked elsewhere
    plan = plan_of(task.data, task.run, *task.policy)
    held = lock(plan.folders)
    plan = replace(plan, held=held.handles)
    WatchedBooth.log = log
    booth = WatchedBooth(plan)
    for name, on in task.sensors.items():
        VirtualBooth.set(booth, name, on)
    visitor = Visitor(booth, task.letter, random.Random(task.seed))
    kiosk, state = booth.kiosk, None
    kiosk.start()
    while held:
        turn(booth, plan.choice.clock, visitor)
        if kiosk.booth.state is not state:
            state = kiosk.booth.state
            log.say(f'state {state.value}')
