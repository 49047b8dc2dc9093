"""A whole booth on a stepped clock, all real but the cutter: what it is told is noted, what it says is put in."""

from __future__ import annotations

import contextlib
import io
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import soundfile

from appliance.clock import SteppedClock, wall_s
from appliance.compose.booth import Choice, Plan
from appliance.config import load_config
from appliance.config.places import Folders
from appliance.kiosk.archivist import Job
from appliance.kiosk.cutter import DIED
from appliance.kiosk.loop import TURN_S, Kiosk
from appliance.machine import load_machine
from appliance.orders import Done, Facts, Fault, Finished, Mastered
from appliance.workflow.values import State

RATE_HZ = 48_000
WAIT_S = 60.0  # for the archivist, on the computer's own clock


class ToldCutter:
    """Implements `kiosk.cutter.Cutter`; as long as `answers`, every letter fits and every cut is done at once."""

    def __init__(self):
        self.told, self.says, self.answers, self.marks = [], [], True, []

    def warm(self): ...

    asked, pongs, awake, pid = False, 0, True, 1

    def ping(self): ...

    def close(self): ...

    def switch(self, name, on): ...

    def inject(self, fault): ...

    def wait(self, timeout_s):
        return bool(self.says)

    def poll(self):
        said, self.says = tuple(self.says), []
        return said

    def kill(self):
        self.told.append(('kill',))

    def prepare(self, wav, order, master=None):
        self.told.append(('prepare', wav) if master is None else ('prepare', wav, master.digest))
        if self.answers:
            self.says.append(Facts(5.0, 20.0, 78.26, 0.0, 'it fits', 110.0, 100.0, 'xray-25', order.take))

    def preview(self, folder):
        self.told.append(('preview', folder))

    def cut(self, folder, mark=''):
        self.told.append(('cut', folder))
        if self.answers:
            folder.mkdir()
            self.marks.append(mark)
            self.says += [Done(folder, {'letter_s': 5.0}), Mastered('ab12'), Finished(folder)]

    def stop(self, cause, key='visitor'):
        self.told.append(('stop', cause))

    def give_up(self):
        """As one that is killed says."""
        self.told.append(('give up',))
        self.says.append(Fault(DIED, 'it was killed'))

    def forget(self):
        self.told.append(('forget',))

    def errand(self, errand):
        self.told.append(('errand', errand.number, errand.order))

    def end_errand(self, number):
        self.told.append(('end errand', number))

    def orders(self, name):
        return [told for told in self.told if told[0] == name]


@cache
def spoken() -> bytes:
    """Half a minute as a file, loud enough, and up and down as speech is; the same for every booth."""
    t = np.arange(30 * RATE_HZ) / RATE_HZ
    tones = sum(np.sin(2 * np.pi * 130 * k * t) / k for k in range(1, 9))
    file = io.BytesIO()
    sound = 0.2 * tones * (0.6 + 0.4 * np.sin(2 * np.pi * 4 * t))
    soundfile.write(file, sound, RATE_HZ, 'PCM_16', format='WAV')
    return file.getvalue()


class Rig:
    """A visitor's hands, and time that passes only as far as they say."""

    def __init__(self, folder: Path, begin_s: float = 0.0, **policy: object) -> None:
        """`begin_s`: of the wall clock, in seconds since 1970; 0: the computer's own."""
        self.folders = Folders(folder / 'data', folder / 'run')
        for place in (self.folders.data, self.folders.run):
            place.mkdir(exist_ok=True)
        config, _ = load_config(system=folder)
        config = replace(config, policy=replace(config.policy, **policy))
        self.clock, self.disk_is_slow = SteppedClock(), False
        self.wall_s, self.trusted = begin_s, True
        choice = Choice(pace=None, clock=self.clock, threads=False, wall=self._wall, trusts=lambda: self.trusted)
        plan = Plan(config, load_machine(), 'virtual', self.folders, choice)
        self.virtual = plan.virtual()
        self.kiosk: Kiosk = plan.kiosk(self.virtual)
        self.cutter = ToldCutter()
        self.kiosk.parts = replace(self.kiosk.parts, cutter=self.cutter)
        self.kiosk._doer.parts = self.kiosk.parts
        self.kiosk.errands.cutter = self.kiosk._standby.cutter = self.cutter
        self.voice = folder / 'voice.wav'
        if not self.voice.exists():
            self.voice.write_bytes(spoken())
        self.kiosk.start()
        self.until(State.ATTRACT)
        self.rest(0.2)

    def _wall(self) -> float:
        return self.wall_s + self.clock.now_s() if self.wall_s else wall_s()

    def turn(self) -> State:
        """One turn, and whatever the archivist still had to do, unless the disk is slow."""
        self.kiosk.turn()
        assert self.disk_is_slow or self.kiosk.parts.archivist.wait(WAIT_S)
        self.clock.rest(TURN_S)
        return self.kiosk.booth.state

    def rest(self, seconds: float) -> None:
        end_s = self.clock.now_s() + seconds
        while self.clock.now_s() < end_s:
            self.turn()

    def until(self, state: State, seconds: float = 60.0) -> None:
        end_s = self.clock.now_s() + seconds
        while self.turn() is not state:
            assert self.clock.now_s() < end_s, f'{self.kiosk.booth.state}, not {state}'

    def press(self, name: str = 'record') -> None:
        for on in (True, False):
            self.virtual.controls.set(name, on)
            self.rest(0.2)

    def set(self, name: str, on: bool) -> None:
        self.virtual.controls.set(name, on)
        self.rest(0.1)

    def to_level(self) -> None:
        self.press()
        self.press()
        self.until(State.LEVEL_CHECK)

    def to_recording(self) -> None:
        """From attract; somebody speaks."""
        self.to_level()
        self.virtual.microphone.speak(self.voice)
        self.rest(0.5)
        self.press()
        self.until(State.RECORDING)

    def to_listen(self, seconds: float = 3.0) -> None:
        self.to_recording()
        self.rest(seconds)
        self.press()
        self.until(State.LISTEN)

    def to_load_disc(self) -> None:
        self.to_listen()
        self.press()
        self.until(State.LOAD_DISC)
        self.set('blank', True)

    @contextmanager
    def slow_disk(self) -> Iterator[None]:
        """The archivist does nothing meanwhile."""
        go_on = threading.Event()
        self.kiosk.parts.archivist.give(Job('wait', lambda stores: go_on.wait()))
        self.disk_is_slow = True
        try:
            yield
        finally:
            self.disk_is_slow = False
            go_on.set()

    def row(self, sql: str) -> tuple[object, ...]:
        """Of the ledger."""
        with contextlib.closing(sqlite3.connect(self.folders.data / 'ledger.sqlite')) as ledger:
            return tuple(ledger.execute(sql).fetchone() or ())

    def close(self) -> None:
        self.kiosk.close()
