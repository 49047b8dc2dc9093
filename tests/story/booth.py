"""A virtual booth that stands open while a test does odd things to it: hands, eyes, and time that only passes here."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext, suppress
from typing import Any
from unittest.mock import patch

from appliance.clock import SteppedClock
from appliance.compose import booth as put_together
from appliance.compose.booth import Choice, Plan
from appliance.compose.handles import VirtualBooth, sample_file
from appliance.compose.script import Player, parse
from appliance.config import load_config
from appliance.config.places import Folders
from appliance.errors import CutFaultError
from appliance.kiosk.cutter import Cutter
from appliance.kiosk.loop import TURN_S
from appliance.machine import load_machine
from appliance.screens.wording import wording

WORK_S = 0.05
QUICK = ('-m', 'tests.faults.quick_cutter')
# Each line brings a booth from the state above it to the next one; the visitor speaks well and does everything right.
WAY = {
    'attract': '',
    'language': 'press record',
    'level check': 'speak sample\npress record',
    'countdown': 'press record',
    'recording': 'wait recording',
    'listen': 'pause 8\npress record',
    'saving': 'press record',
    'load disc': 'wait load disc',
    'cutting': 'lay blank\npause 1\npress record',
    'take disc': 'wait take disc 200',
    'thanks': 'take disc',
}
STATES = tuple(WAY)


def plan_at(folder: Any, wall: Callable[[], float] | None = None, **policy: Any) -> Plan:
    """A booth whose data and run folders lie in `folder`."""
    from dataclasses import replace

    config, _ = load_config(system=folder)
    config = replace(config, policy=replace(config.policy, **policy))
    folders = Folders(folder / 'data', folder / 'run')
    for each in (folders.data, folders.run):
        if not each.exists():
            each.mkdir()
    clocks: dict[str, Any] = {} if wall is None else {'wall': wall}
    choice = Choice(pace=None, clock=SteppedClock(), threads=False, **clocks)
    return Plan(config, load_machine(), 'virtual', folders, choice)


class Story:
    """Use as a context; `play` takes lines of a script."""

    def __init__(self, plan: Plan, quick: bool = False) -> None:
        """`quick`: with a cutter that only makes the files of a disc, where it matters to nobody how it is cut."""
        self.plan = plan
        with patch.object(put_together, 'Cutter', lambda **how: Cutter(QUICK, **how)) if quick else nullcontext():
            self.booth = VirtualBooth(plan)
        self.kiosk = self.booth.kiosk
        self.clock: Any = plan.choice.clock
        self.parts = self.booth._parts
        self.seen: list[str] = []  # every state, in order

    def __enter__(self) -> Story:
        self.kiosk.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.kiosk.close()

    def play(self, script: str, until: str = '') -> None:
        """Lines of a script; no further than to the state `until`, some of which are over in a moment.

        Between two presses of a script lies a moment, as between those of a finger.
        """
        player = Player(parse(f'pause 0.3\n{script}', 'story'), self.booth, lambda text: None, sample_file())
        while not player.over and (not until or self.state != until):
            self.turn()
            player.turn(self.clock.now_s(), self.kiosk.booth.state)
        for button in ('record', 'left', 'right'):
            self.booth.set(button, False)

    def turn(self) -> None:
        waits = self.kiosk.waits
        self.kiosk.turn()
        if waits:
            self.kiosk.wait(WORK_S)
        self.clock.rest(TURN_S)  # however busy this computer is with other things, planning takes no visitor's time
        if not self.seen or self.seen[-1] != self.state:
            self.seen.append(self.state)

    def to(self, state: str) -> None:
        """From power-up, as a visitor who does everything right."""
        for name, steps in WAY.items():
            self._go(name, steps, state)
            if name == state:
                return
        raise AssertionError(f'no way leads to {state}')

    def _go(self, name: str, steps: str, target: str) -> None:
        """One state further; saving may be over before anybody looks."""
        passing = name == 'saving' and target != name
        self.play(steps if passing else f'{steps}\nwait {name}', until=name)

    def on_to(self, state: str) -> None:
        """From where the booth is."""
        names = list(WAY)
        for name in names[names.index(self.state) + 1 :]:
            self._go(name, WAY[name], state)
            if name == state:
                return

    def pause(self, seconds: float) -> None:
        self.play(f'pause {seconds}')

    def came_to(self, *states: str, within_s: float = 60.0) -> str:
        """The first of `states` that the booth is in; fails when it is in none of them in time."""
        until_s = self.clock.now_s() + within_s
        while self.state not in states:
            self.turn()
            assert self.clock.now_s() < until_s, f'{self.state} ({self.reason}), not {states}; seen {self.seen}'
        self.kiosk._show(self.clock.now_s())
        return self.state

    @property
    def state(self) -> str:
        return self.kiosk.booth.state.value

    @property
    def reason(self) -> str:
        return self.kiosk.view.reason

    @property
    def texts(self) -> tuple[str, ...]:
        """All that the LCD says now."""
        texts = wording(self.kiosk.view)
        return tuple(text for text in (texts.title, texts.line, texts.left, texts.go, texts.right) if text)

    @property
    def letters(self) -> list[Any]:
        folder = self.plan.folders.data / 'letters'
        return sorted(folder.glob('*/letter.wav')) if folder.is_dir() else []

    def quietly(self, script: str) -> None:
        """Play what may not come out."""
        with suppress(CutFaultError):
            self.play(script)
