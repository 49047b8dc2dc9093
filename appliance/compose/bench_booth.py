"""A whole visit in real time, measured: how soon a press is seen, how often the LCD changes, what is lost of the voice.

Once with the computer to itself, once with a process at full load on each core. The LCD is the real driver on a bus
that takes its time, the microphone the real one on a card that holds 40 ms, and the cutter works in its own process.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from appliance.booth.decode import decoded
from appliance.booth.lcd import Lcd
from appliance.booth.microphone import SounddeviceMicrophone
from appliance.booth.sound_system import SoundSystem
from appliance.booth.wiring import lcd_wiring
from appliance.clock import RealClock
from appliance.compose.booth import Choice, Plan, Runner
from appliance.compose.handles import sample_file
from appliance.compose.instruments import PacedLibrary, SlowWires, WatchedDisplay, memory_mb, spent_s
from appliance.config import Config
from appliance.config.places import Folders
from appliance.errors import CutFaultError
from appliance.kiosk.loop import Kiosk
from appliance.machine import Machine
from appliance.urgency import come_first, give_way
from appliance.virtual.booth.controls import VirtualControls
from appliance.workflow.values import State

CASES = {'alone': 0, 'full_load': os.cpu_count() or 1}  # processes at full load beside it
IDLE_S = 5.0
PRESSES = 12  # at each place where a visitor can press back and forth
SEEN_S = 5.0  # a press that is not seen by then never will be
DOWN_S = 0.12  # how long a finger stays
LONG_S = 240.0  # for the slowest step on a busy computer
# A virtual lathe that is computed late is no machine that is stuck, and how long it takes is not what is measured.
CUT_MARGIN = 10.0
BURNER = (  # of usual priority, whatever it has inherited
    'import os\nos.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))\n'
    'os.setpriority(os.PRIO_PROCESS, 0, 0)\nwhile True: pass'
)


@dataclass(slots=True)
class Figures:
    """What one visit has shown."""

    press_s: list[float] = field(default_factory=list)
    turn_s: list[float] = field(default_factory=list)  # from the end of a turn to the end of the next
    spans: dict[str, dict[str, float]] = field(default_factory=dict)  # of idle, recording and cutting
    lost_blocks: int = 0
    recorded_s: float = 0.0
    memory_mb: dict[str, dict[str, float]] = field(default_factory=dict)

    def told(self) -> dict[str, Any]:
        """For a person or a program."""
        press_ms, turn_ms = 1000 * np.array(self.press_s), 1000 * np.array(self.turn_s)
        return {
            'presses': len(self.press_s),
            'press_to_screen_ms': {
                'median': round(float(np.median(press_ms)), 1),
                'p95': round(float(np.percentile(press_ms, 95)), 1),
                'max': round(float(press_ms.max()), 1),
            },
            **self.spans,
            'recorded_s': round(self.recorded_s, 1),
            'lost_blocks': self.lost_blocks,
            'turn_every_ms': {
                'median': round(float(np.median(turn_ms)), 1),
                'p99': round(float(np.percentile(turn_ms, 99)), 1),
                'max': round(float(turn_ms.max()), 1),
            },
            'memory_mb': self.memory_mb,
        }


def measure_booth(config: Config, machine: Machine, record_s: float) -> dict[str, Any]:
    """A visit with a take of `record_s`: alone, and beside one process at full load on each core."""
    out: dict[str, Any] = {'cores': os.cpu_count() or 1, 'priority': come_first()}
    config = replace(config, timeouts=replace(config.timeouts, cut_margin=CUT_MARGIN))
    try:
        return out | {name: _visit(config, machine, record_s, burners) for name, burners in CASES.items()}
    finally:
        give_way(0, nice=0)


def _visit(config: Config, machine: Machine, record_s: float, burners: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix='audioletter-') as folder:
        booth = MeasuredBooth(config, machine, Path(folder))
        try:
            return booth.visit(record_s, burners).told()
        finally:
            booth.close()


@contextmanager
def burning(count: int) -> Iterator[None]:
    """So many processes that compute without end."""
    burners = [subprocess.Popen([sys.executable, '-c', BURNER]) for _ in range(count)]
    try:
        yield
    finally:
        for burner in burners:
            burner.kill()
            burner.wait()


class MeasuredBooth:
    """A booth with its supervisor in a thread, and a visitor who presses at random moments."""

    def __init__(self, config: Config, machine: Machine, folder: Path) -> None:
        folders = Folders(folder / 'data', folder / 'run')
        for place in (folders.data, folders.run):
            place.mkdir()
        self._clock = RealClock()
        self._chance = np.random.default_rng(1)
        plan = Plan(config, machine, 'virtual', folders, Choice(clock=self._clock))
        virtual = plan.virtual()
        wiring = lcd_wiring(machine)
        wires = SlowWires(self._clock, wiring.bus_speed_hz)
        self._screen = WatchedDisplay(Lcd(wiring, wires, wires, self._clock.now_s), self._clock)
        self._library = PacedLibrary(self._clock, np.concatenate(list(decoded(sample_file()))))
        self._sound = SoundSystem(lambda: self._library, lambda: '', self._clock.now_s)
        microphone = SounddeviceMicrophone(self._sound)
        self._controls = VirtualControls()
        parts = replace(plan.parts(virtual), display=self._screen, microphone=microphone, controls=self._controls)
        self._kiosk = plan.supervisor(parts)
        self._figures = Figures()
        self._turned_s: float | None = None
        self._runner = Runner(self._kiosk, self._turned, lambda: None)

    def close(self) -> None:
        self._runner.stop()
        self._kiosk.close()
        self._sound.close()

    def visit(self, record_s: float, burners: int) -> Figures:
        """From attract to a disc."""
        self._runner.start()
        self._until(State.ATTRACT)
        self._pause(2.0)  # until everything is imported and drawn once
        self._figures.turn_s.clear()
        with self._span('idle'):
            self._pause(IDLE_S)
        with burning(burners):
            self._speak(record_s)
            self._cut()
            child = self._kiosk.parts.cutter.pid
            self._figures.memory_mb = {'supervisor': memory_mb()} | ({'cutter': memory_mb(child)} if child else {})
        return self._figures

    def _speak(self, record_s: float) -> None:
        self._press('record', State.LANGUAGE)
        for number in range(PRESSES):
            self._press('left' if number % 2 else 'right', State.LANGUAGE)
        self._press('record', State.LEVEL_CHECK)
        self._press('record', State.COUNTDOWN)
        self._until(State.RECORDING)
        lost = self._library.lost_blocks
        with self._span('recording'):
            self._pause(record_s)
        self._figures.recorded_s = self._kiosk.live.heard.recorded_s
        self._press('record', State.LISTEN)
        self._figures.lost_blocks = self._library.lost_blocks - lost

    def _cut(self) -> None:
        self._press('record', State.LOAD_DISC)
        self._controls.set('blank', True)
        self._wait(lambda: bool(self._kiosk.view.blank and not self._kiosk.view.planning), 'the letter is not planned')
        self._pause(0.5)
        self._press('record', State.CUTTING)
        with self._span('cutting'):
            for number in range(PRESSES):
                self._press('left' if number % 2 else 'right', State.CUTTING if number % 2 else State.CANCEL)
        self._until(State.TAKE_DISC)

    # -- the visitor ---------------------------------------------------------------------------------------------------

    def _press(self, name: str, leads_to: State) -> None:
        """At any moment; noted when another title stands on the LCD."""
        self._pause(self._chance.uniform(0.3, 0.9))
        title, began_s = self._screen.title, self._clock.now_s()
        self._controls.set(name, True)
        seen_s = self._screen.wait_for_another(title, SEEN_S)
        if seen_s is None:
            raise self._lost(f'a press of {name!r} was not seen within {SEEN_S:g} s')
        self._figures.press_s.append(seen_s - began_s)
        self._pause(DOWN_S)
        self._controls.set(name, False)
        self._until(leads_to)

    def _until(self, state: State) -> None:
        self._wait(lambda: self._kiosk.booth.state is state, f'it is not in {state.value!r} but in ')

    def _wait(self, reached: Any, complaint: str) -> None:
        end_s = self._clock.now_s() + LONG_S
        while not reached():
            self._pause(0.01)
            if self._clock.now_s() > end_s:
                raise self._lost(complaint)

    def _lost(self, what: str) -> CutFaultError:
        state = self._kiosk.booth.state.value
        return CutFaultError(f'{what} (in state {state!r})', where='bench', remedy='see what the booth says')

    def _pause(self, seconds: float) -> None:
        self._clock.rest(seconds)
        if self._runner.failure is not None:
            raise self._runner.failure

    # -- the instruments -----------------------------------------------------------------------------------------------

    def _turned(self, kiosk: Kiosk) -> None:
        now_s = self._clock.now_s()
        if self._turned_s is not None:
            self._figures.turn_s.append(now_s - self._turned_s)
        self._turned_s = now_s

    @contextmanager
    def _span(self, name: str) -> Iterator[None]:
        """Frames a second, and the share of one core that supervisor and cutter take meanwhile."""
        cutter = self._kiosk.parts.cutter
        began_s, mine_s = self._clock.now_s(), spent_s()
        childs_s = spent_s(cutter.pid) if cutter.pid else 0.0
        yield
        spent = {'supervisor': spent_s() - mine_s}
        if cutter.pid:
            spent['cutter'] = spent_s(cutter.pid) - childs_s
        now_s = self._clock.now_s()
        took_s = now_s - began_s
        self._figures.spans[name] = {'frames_a_second': round(self._screen.frames(began_s, now_s) / took_s, 1)} | {
            f'{who}_percent_of_a_core': round(100 * seconds / took_s, 1) for who, seconds in spent.items()
        }
