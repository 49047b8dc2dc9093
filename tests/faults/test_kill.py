"""`kill -9` at random instants of visits: what was promised is there, and the booth comes back to the right screen."""

import contextlib
import multiprocessing
import os
import random
import re
import shutil
import signal
import sqlite3
import tempfile
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from zipfile import ZipFile

import pytest
import soundfile

from appliance.clock import monotonic_s
from appliance.compose import booth as put_together
from appliance.compose.handles import VirtualBooth
from appliance.config.places import lock
from appliance.kiosk.cutter import Cutter
from appliance.workflow.values import State
from tests.faults import killed
from tests.faults.promised import UNKNOWN, Promises, handed_over

ROOT = Path(__file__).parents[2]
VOICE = ROOT / 'appliance' / 'words' / 'spoken' / 'en' / 'listen.ogg'
LINES, WAIT_S = 120, 0.6  # of a visit
KILLS, REAL_KILLS = (11, 57), (7, 30)  # of a chain; the second with all tests
TURNS = 5  # of a booth that has come back, until it has looked after its letters too
STATES = {'days': {'kept', 'cut', 'handed over', 'forgotten', 'keeping'}}
STATES |= {'keep': STATES['days'] | {'held'}, 'handover': STATES['days'] - {'handed over'}}
HEADER = 44  # bytes before the first sample of a take
ALONE_S = 60.0  # for a cutter whose parent was killed
POLICIES = [('days', 'discard'), ('handover', 'discard'), ('keep', 'hold')]


@dataclass(frozen=True)
class Task:
    """One life of a booth."""

    data: Path
    run: Path
    letter: Path
    policy: tuple[str, str]  # retention, unanswered
    sensors: dict[str, bool]
    seed: int
    quick: bool
    alone: bool  # its cutter outlives it for a while; else both are killed at once, as by a power cut or systemd
    last: int  # line of the log at which it dies; 0: from outside


@pytest.fixture(scope='module')
def nursery():
    """Forks processes that have everything imported already."""
    before = os.environ.get('PYTHONPATH')
    os.environ['PYTHONPATH'] = os.pathsep.join(filter(None, (str(ROOT), before)))
    context = multiprocessing.get_context('forkserver')
    context.set_forkserver_preload(['tests.faults.killed', 'appliance.kiosk.painter', 'soundfile'])
    yield context
    if before is None:
        del os.environ['PYTHONPATH']
    else:
        os.environ['PYTHONPATH'] = before


@pytest.fixture
def memory():
    """A run folder, in memory where there is one."""
    folder = Path(tempfile.mkdtemp(prefix='audioletter-test-', dir='/dev/shm' if Path('/dev/shm').is_dir() else None))
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope='module')
def letter(tmp_path_factory):
    """Two seconds of somebody speaking."""
    samples, rate = soundfile.read(VOICE)
    path = tmp_path_factory.mktemp('voice') / 'letter.wav'
    soundfile.write(path, samples[: 2 * rate], rate)
    return path


def live_and_die(nursery, task, wait_s, promises):
    """Run the task until it dies, at a line of its log or killed after a while."""
    mine, theirs = nursery.Pipe(duplex=False)
    process = nursery.Process(target=killed.live, args=(theirs, task), daemon=True)
    process.start()
    theirs.close()
    due_s = None
    while True:
        if due_s is not None and not mine.poll(max(due_s - monotonic_s(), 0.0)):
            (process.kill if task.alone else lambda: os.killpg(process.pid, signal.SIGKILL))()
            due_s = None
        try:
            line = mine.recv_bytes().decode()
        except EOFError:
            break
        promises.hear(line)
        if wait_s and due_s is None and process.is_alive():
            due_s, wait_s = monotonic_s() + wait_s, 0.0
    process.join()
    assert process.exitcode == -signal.SIGKILL


def come_back(task):
    """A fresh supervisor on what is left: its screen, and why it shows it."""
    plan = killed.plan_of(task.data, task.run, *task.policy)
    booth = VirtualBooth(plan)
    for name, on in task.sensors.items():
        booth.set(name, on)
    kiosk = booth.kiosk
    kiosk.start()
    turns = 0
    while turns < TURNS or kiosk.parts.archivist.busy:
        killed.turn(booth, plan.choice.clock)
        turns += kiosk.booth.state is not State.RECOVERING
    kiosk.drop()
    return kiosk.booth


@contextlib.contextmanager
def at_rest(task):
    """Nobody is at work in the folders any more: a cutter that is left alone has ended, with a disc or without."""
    held = lock(killed.plan_of(task.data, task.run, *task.policy).folders, ALONE_S)
    try:
        yield
    finally:
        held.close()


def left(task, world, disc):
    """What lies there after the kill, before anything is repaired: sound of a take, and whether the disc was made."""
    takes = [path for path in task.run.glob('take-*/take.wav') if path.stat().st_size > HEADER]
    return bool(takes), bool(disc) and (letter_folder(task, world.cut) / disc).is_dir()


def letter_folder(task, number):
    return task.data / 'letters' / f'{number:06d}'


def screen(world, task, sound, made):
    """Where the booth has to come back to, in `world`; and the world that it then is."""
    world = world._replace(take=world.take and sound and not world.kept)
    if world.cut:
        world = world._replace(done=world.cut) if made else world._replace(broken=world.cut)
        world = world._replace(cut=0, waits=world.cut)
    if world.broken:
        return (State.FAULT, 'power'), world
    if world.done:
        if task.sensors.get('blank', False):
            return (State.TAKE_DISC, ''), world
        return (State.ATTRACT, ''), handed_over(world, world.done, task.policy[0])  # it was taken meanwhile
    if world.waits:
        return (State.LOAD_DISC, ''), world
    return (State.LISTEN if world.take else State.ATTRACT, ''), world


def is_there(task, world):
    """Whether just those letters lie there that should in this world; one that was being kept may, or may not."""
    return all(letter_folder(task, number).exists() for number in world.letters - {UNKNOWN}) and not any(
        letter_folder(task, number).exists() for number in world.gone
    )


def check_letters(task, world):
    """Every letter that was promised is a whole sound file; the ledger is whole and says the same."""
    with contextlib.closing(sqlite3.connect(task.data / 'ledger.sqlite')) as db:
        assert db.execute('PRAGMA integrity_check').fetchall() == [('ok',)]
        states = dict(db.execute('SELECT number, state FROM letter'))
        lengths = dict(db.execute('SELECT number, seconds FROM letter'))
        cuts = dict(db.execute("SELECT id, letter FROM cut WHERE state = 'cutting'"))
    assert set(states.values()) <= STATES[task.policy[0]], states
    for number in world.letters:
        sound, rate = soundfile.read(letter_folder(task, number) / 'letter.wav')
        assert rate == 48_000
        assert len(sound) > 0, number  # of a take that a kill cut short perhaps a syllable
        assert len(sound) / rate == pytest.approx(lengths[number], abs=0.02)
        assert states[number] in ('kept', 'held', 'cut', 'handed over', 'cutting')
    for number in world.gone:
        assert not letter_folder(task, number).exists()
        assert states[number] == 'forgotten'
    there = {int(path.name) for path in (task.data / 'letters').iterdir()}
    assert there == {number for number, state in states.items() if state not in ('forgotten', 'keeping')}
    assert len(cuts) <= 1


def check_folders(task, in_hand):
    """Nothing half-made, no take that nobody knows of; the letter `in_hand` is being planned."""
    assert not [path for path in task.data.rglob('*') if path.name.endswith('.part')]
    for folder in set((task.data / 'letters').iterdir()) - {letter_folder(task, in_hand)}:
        assert all(re.fullmatch(r'letter\.wav|master\.npz|disc-\d+', path.name) for path in folder.iterdir())
        assert all(ZipFile(path).testzip() is None for path in folder.glob('master.npz')), 'half a master'
    assert not list(task.data.glob('*damaged*'))
    takes = list(task.run.iterdir())
    assert len(takes) <= 1
    assert all(path.name.startswith('take-') for path in takes)


def kill_once(nursery, task, wait_s, promises):
    """One life and one death, and what has come back."""
    live_and_die(nursery, task, wait_s, promises)
    task = replace(task, sensors=dict(promises.sensors))
    worlds = promises.worlds()
    with at_rest(task):
        seen_before = [left(task, world, promises.disc) for world in worlds]
        booth = come_back(task)
    there = (booth.state, booth.reason)
    may = [screen(world, task, *seen) for world, seen in zip(worlds, seen_before, strict=True)]
    fitting = [world for where, world in may if where == there]
    assert fitting, f'came back to {there}, not {[where for where, _ in may]}; killed in {promises.doing()!r}'
    there = [world for world in fitting if is_there(task, world)]
    promises.found((there or fitting)[0], booth.letter)
    check_letters(task, promises.world)
    check_folders(task, booth.letter)
    return task, booth.state


@pytest.mark.timeout(900)  # many lives, each of a second, with all tests
@pytest.mark.parametrize(('chain', 'quick'), [(0, True), (1, True), (2, True), (3, False)])
def test_whatever_instant_it_is_killed_at_everything_promised_is_there(
    nursery, memory, letter, tmp_path, monkeypatch, request, lot, chain, quick
):
    kills = lot(*(KILLS if quick else REAL_KILLS))
    if quick:
        monkeypatch.setattr(put_together, 'Cutter', lambda **how: Cutter(killed.QUICK, **how))
    lots = random.Random(chain + 100 + 1000 * request.config.getoption('--lots'))
    (tmp_path / 'data').mkdir()
    task = Task(tmp_path / 'data', memory, letter, POLICIES[chain % len(POLICIES)], {}, 0, quick, True, 0)
    promises, screens = Promises(task.policy[0]), Counter()
    for kill in range(kills):
        outside = lots.random() < 0.5
        last, wait_s = (0, lots.uniform(0, WAIT_S)) if outside else (lots.randint(1, LINES), 0.0)
        task = replace(task, seed=lots.getrandbits(32), last=last, alone=lots.random() < 0.5)
        try:
            task, state = kill_once(nursery, task, wait_s, promises)
        except (AssertionError, OSError, RuntimeError) as error:
            error.add_note(f'log: {list(promises.tail)}')
            error.add_note(f'kill {kill} of chain {chain}: line {last}, {wait_s:.3f} s; {promises.world}')
            raise
        screens[state] += 1
    if kills == (KILLS if quick else REAL_KILLS)[1]:
        assert len(screens) >= 3, screens  # it was killed all along the way
