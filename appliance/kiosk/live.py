"""What the loop works with: the parts of the booth, and what is going on beside the workflow."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from math import tau

from appliance.booth.doors import Controls, Display, Heard, Microphone, Speaker
from appliance.clock import Clock, wall_is_trusted, wall_s
from appliance.config import Config
from appliance.config.changes import HostFile
from appliance.config.hours import week_of
from appliance.hands.orders import Moving
from appliance.kiosk.archivist import Archivist
from appliance.kiosk.cutter import Cutter
from appliance.kiosk.house.cards import Reader
from appliance.machine import Disc, load_disc
from appliance.message import Keeping, Letter, Master, Stores, Take
from appliance.orders import Facts, Order, Progress
from appliance.screens.view import Card
from appliance.workflow.values import Event

Point = tuple[float, float]  # angle_rad, radius_mm
SHOWN = 2400  # points of a groove that the LCD draws: forty turns of sixty


class Groove:
    """The groove as it grows: all of it, and as many whole turns as a small screen can show."""

    def __init__(self) -> None:
        self.points: list[Point] = []
        self._shown: list[Point] = []
        self._every = 1  # turns, of which one is shown

    def add(self, points: tuple[Point, ...]) -> None:
        self.points += points
        self._shown += filter(self._is_shown, points)
        while len(self._shown) > SHOWN:
            self._every *= 2
            self._shown = list(filter(self._is_shown, self._shown))

    @property
    def shown(self) -> tuple[Point, ...]:
        """The last point included: there the stylus is."""
        return (*self._shown, *self.points[-1:])

    def _is_shown(self, point: Point) -> bool:
        return int(point[0] / tau) % self._every == 0


@dataclass(frozen=True, slots=True)
class Parts:
    """All that the supervisor touches. Who made them, and of what, is `appliance.compose`'s affair."""

    controls: Controls
    display: Display
    microphone: Microphone
    speaker: Speaker
    cutter: Cutter
    archivist: Archivist[Stores]
    clock: Clock
    wall: Callable[[], float] = wall_s  # seconds since 1970, as the computer believes
    trusts: Callable[[], bool] = wall_is_trusted  # whether anybody has set that clock
    reader: Reader | None = None  # of cards


@dataclass(frozen=True, slots=True)
class Settings:
    """What the host has decided, and what follows from it."""

    config: Config
    disc: Disc
    order: Order
    bounce_s: float = 0.03
    threads: bool = True  # poll and draw beside the loop; without, all is done in its turn (scripts, tests)
    file: HostFile | None = None  # where changes are written that are to stay

    def with_config(self, config: Config) -> Settings:
        """What follows from other settings; what needs a start keeps what it had."""
        policy = config.policy
        order = replace(self.order, disc=policy.disc, speed=policy.speed, curve=policy.curve)
        places = replace(config.places, data=self.config.places.data, run=self.config.places.run)
        config = replace(config, places=places)
        return replace(self, config=config, disc=load_disc(policy.disc), order=order)

    @property
    def keeping(self) -> Keeping:
        return keeping_of(self.config)


def keeping_of(config: Config) -> Keeping:
    """What the stores go by. Their days are those of the door sign."""
    policy, zone = config.policy, week_of(config.hours, 'hours').zone
    quotas = (policy.copies_a_letter, policy.discs_a_day)
    return Keeping(policy.retention, policy.retention_days, policy.max_message_s, *quotas, zone)


@dataclass(slots=True)
class Live:
    """What is going on: read by the screens, written by the loop's thread alone."""

    heard: Heard = field(default_factory=lambda: Heard(present=True))
    take: Take | None = None
    master: Master | None = None  # of the letter that is to be cut once more
    facts: Facts | None = None
    progress: Progress | None = None
    groove: Groove = field(default_factory=Groove)  # of the disc that is being cut, or was cut last
    wants_disc: bool = False  # to hear the disc, which is not made yet
    playing: str = ''  # 'take' or 'disc'
    played_s: float = 0.0
    letters: tuple[Letter, ...] = ()
    again: Letter | None = None  # that was looked up to be cut again
    place: tuple[int, int, int] = (0, 0, 0)  # of several discs that the host wants: letter, which one, of how many
    opens: tuple[str, str] = ('', '')  # when the booth opens next: day and time, as the screens name them
    moving: Moving | None = None  # for the host
    card: Card = ''  # a test card that the host wants to see
    finished: int = 0  # number of the letter whose picture and sound were made last


Tell = Callable[[Event], None]  # whoever has something to say to the loop
