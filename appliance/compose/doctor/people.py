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
LOUPE_UM = 20.0  # that it sees with a loupe
AUDIBLE_UM = 1.0  # of a stylus in the air
WARM_S = 15.0  # for which a virtual finger stays where it warms
# Contacts of the panel; and what the interlock hears of two of them, with the lid closed before and afterwards.
DEEDS = {name: deed for name, (_, deed) in HAND.items()} | {'lid': 'open the lid, and close it again'}
PARTS = {'lid': 'lid_closed'}  # of the panel
LOOK = 'Do you look at the stylus, with the loupe? It is pushed three times, at once'
WARM_IT = 'take the thermistor of the head between two fingers'


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
    STYLUS_OUTWARD = 'Did the stylus move outward, away from the spindle, with each push?'


class Maker(Protocol):
    is_there: bool

    def prepares(self, step: str) -> None:
        """All is as the text of this step wants it."""

    def looks(self) -> None:
        """At the stylus, before it moves too little and too briefly for whoever looks elsewhere."""

    def sees(self, eye: Eye) -> bool | None:
        """None: nobody can say."""

    def works(self, contact: str, poll: Callable[[], bool]) -> bool:
        """Whether a hand has worked this contact, by its name in DEEDS; `poll` is called all the while, until it has
        seen enough or nobody comes."""

    def warms(self, poll: Callable[[], bool]) -> bool:
        """Whether somebody has held the thermistor of the head until `poll` has seen enough."""

    def forget(self) -> None:
        """What moved so far is not asked about any more."""


class Nobody:
    """Implements `Maker`."""

    is_there = False

    def prepares(self, step: str) -> None:
        """Nobody does."""

    def looks(self) -> None:
        """Nor this."""

    def sees(self, eye: Eye) -> bool | None:
        return None

    def works(self, contact: str, poll: Callable[[], bool]) -> bool:
        return False

    def warms(self, poll: Callable[[], bool]) -> bool:
        return False

    def forget(self) -> None:
        """Nothing was looked at."""


class AtTerminal:
    """Implements `Maker`: somebody who reads, answers and works what is asked for."""

    is_there = True

    def __init__(self, ask: Callable[[str], bool], say: Callable[[str], None], clock: Clock) -> None:
        self._ask, self._say, self._clock = ask, say, clock

    def prepares(self, step: str) -> None:
        """People have read it, and pressed Enter."""

    def looks(self) -> None:
        while not self._ask(LOOK):
            self._say('it waits')

    def sees(self, eye: Eye) -> bool | None:
        return self._ask(eye.value)

    def works(self, contact: str, poll: Callable[[], bool]) -> bool:
        return self._until(DEEDS[contact], poll)

    def warms(self, poll: Callable[[], bool]) -> bool:
        return self._until(WARM_IT, poll)

    def _until(self, deed: str, poll: Callable[[], bool]) -> bool:
        self._say(f'now {deed} ({MAKER_S:g} s)')
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

    def prepares(self, step: str) -> None:
        self._stand.lid_open = step == 'panel'
        self._stand.work('')

    def looks(self) -> None:
        """It misses nothing."""

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
            Eye.HEAD_SOUNDED: stand.stylus_swing_um > AUDIBLE_UM,
            Eye.STYLUS_OUTWARD: stand.stylus_um > LOUPE_UM,
        }
        return answers.get(eye)

    def works(self, contact: str, poll: Callable[[], bool]) -> bool:
        """At rest, worked, and at rest again."""
        over = poll()
        for key in (f'controls.{PARTS.get(contact, contact)}', ''):
            self._stand.work(key)
            for _ in range(round(VIRTUAL_S / POLL_S / 10)):
                self._stand.rest(10 * POLL_S)
                over = poll()
        return over

    def warms(self, poll: Callable[[], bool]) -> bool:
        self._stand.work('interlock.head_adc')
        over = poll()
        for _ in range(round(WARM_S / POLL_S / 10)):
            if not over:
                self._stand.rest(10 * POLL_S)
                over = poll()
        self._stand.work('')
        return over

    def forget(self) -> None:
        self._stand.forget()
