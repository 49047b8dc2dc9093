"""Who stands beside the machine while it is tried for the first time: a maker at a terminal, the virtual machine's own
eyes and fingers, or nobody."""

from __future__ import annotations

import enum
from collections.abc import Callable
from typing import Protocol

from appliance.clock import Clock
from appliance.hands.wire import HAND
from appliance.virtual.harness.stand import StandIn

POLL_S = 0.005
VIRTUAL_S = 0.6  # for which a virtual finger works a contact, and lets it rest again
MAKER_S = 30.0  # for a real one to come
LEAST_RAD, LEAST_MM = 0.5, 0.5  # that an eye sees


class Eye(enum.Enum):
    """What only somebody who is there can say; its value is the question."""

    LAMP_BLINKS = 'Did the lamp of the button blink?'
    PATTERN = 'Does the LCD show all of it?'
    TONE = 'Did you hear the tone?'
    POWER_LAMP = 'Did the relay click, and was the power lamp lit?'
    PLATTER_TURNED = 'Did the platter turn?'
    CLOCKWISE = 'Did it turn clockwise, as seen from above?'
    CARRIAGE_MOVED = 'Did the carriage move?'
    OUTWARD = 'Did it go outward first?'
    HEAD_WENT_DOWN = 'Did the head go down, and up again?'
    HEAD_SOUNDED = 'Did you hear a rising whistle from the head?'


class Maker(Protocol):
    is_there: bool

    def sees(self, eye: Eye) -> bool | None:
        """None: nobody can say."""

    def works(self, contact: str, poll: Callable[[], bool]) -> bool:
        """Whether a hand has worked this contact of the panel; `poll` is called all the while, until it has seen enough
        or nobody comes."""

    def forget(self) -> None:
        """What moved so far is not asked about any more."""


class Nobody:
    """Implements `Maker`."""

    is_there = False

    def sees(self, eye: Eye) -> bool | None:
        return None

    def works(self, contact: str, poll: Callable[[], bool]) -> bool:
        return False

    def forget(self) -> None:
        """Nothing was looked at."""


class AtTerminal:
    """Implements `Maker`: somebody who reads, answers and works what is asked for."""

    is_there = True

    def __init__(self, ask: Callable[[str], bool], say: Callable[[str], None], clock: Clock) -> None:
        self._ask, self._say, self._clock = ask, say, clock

    def sees(self, eye: Eye) -> bool | None:
        return self._ask(eye.value)

    def works(self, contact: str, poll: Callable[[], bool]) -> bool:
        self._say(f'now {HAND[contact][1]} ({MAKER_S:g} s)')
        until_s = self._clock.now_s() + MAKER_S
        while not poll():
            if self._clock.now_s() >= until_s:
                return False
            self._clock.rest(POLL_S)
        return True

    def forget(self) -> None:
        """People look at what is asked about."""


class Virtual:
    """Implements `Maker`: what would be seen of a virtual machine, and a finger on its contacts."""

    is_there = True

    def __init__(self, stand: StandIn) -> None:
        self._stand = stand

    def sees(self, eye: Eye) -> bool | None:
        stand = self._stand
        lamp, lcd = stand.lamp_blinked, stand.shows_pattern
        answers = {
            Eye.LAMP_BLINKS: lamp,
            Eye.PATTERN: lcd,
            Eye.POWER_LAMP: stand.lamp_was_lit,
            Eye.PLATTER_TURNED: abs(stand.platter_rad) > LEAST_RAD,
            Eye.CLOCKWISE: stand.platter_rad > LEAST_RAD,
            Eye.CARRIAGE_MOVED: abs(stand.carriage_mm) > LEAST_MM,
            Eye.OUTWARD: stand.carriage_mm > LEAST_MM,
            Eye.HEAD_WENT_DOWN: stand.head_was_down,
            Eye.HEAD_SOUNDED: stand.head_was_driven,
        }
        return answers.get(eye)

    def works(self, contact: str, poll: Callable[[], bool]) -> bool:
        """At rest, worked, and at rest again."""
        over = poll()
        for key in (f'controls.{contact}', ''):
            self._stand.work(key)
            for _ in range(round(VIRTUAL_S / POLL_S / 10)):
                self._stand.rest(10 * POLL_S)
                over = poll()
        return over

    def forget(self) -> None:
        self._stand.forget()
