"""What is known before a blank is spent: the message mastered, planned and timed, and whether it fits at all."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from appliance.clock import monotonic_s
from appliance.cut.choice import Chosen, choose_programme
from appliance.cut.facts import facts
from appliance.cut.values import Request, Watch
from appliance.machine import check_pair
from appliance.machine.model import FRAME_RATE_HZ
from appliance.sound.curves import find_curve
from appliance.sound.reading import Take, read
from appliance.timeline.build import Timeline, build


@dataclass(slots=True)
class Stopwatch:
    """Seconds spent in each stage."""

    watch: Watch
    spent_s: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        self.watch.stage(name)
        began_s = monotonic_s()
        yield
        self.spent_s[name] = round(monotonic_s() - began_s, 3)


@dataclass(frozen=True, slots=True)
class Prepared:
    """A message that fits, ready to be cut any number of times. `facts` travel with its groove."""

    request: Request
    take: Take
    chosen: Chosen
    timeline: Timeline
    facts: dict[str, Any]
    spent_s: dict[str, float]
    master: str = ''  # digest of the kept master that this is, or has become
    anew: str = ''  # why it is not the one that was kept for the disc before

    @property
    def letter_s(self) -> float:
        return self.chosen.programme.letter_s

    @property
    def total_s(self) -> float:
        """The whole cut: power, run-up, travel, lead-in, message, run-out and the way home."""
        return self.timeline.score.frames / FRAME_RATE_HZ

    @property
    def speed_rpm(self) -> float:
        return self.chosen.plan.speed_rpm

    @property
    def level_db(self) -> float:
        """Re 5 cm/s."""
        return self.chosen.programme.level_db

    @property
    def why(self) -> str:
        return self.chosen.why


def prepare(request: Request, folder: Path, watch: Watch) -> Prepared:
    """Read, master, choose and time, with scratch files in `folder`; nothing moves.

    Raises an AudioLetterError if the recording, the message or the machine will not do.
    """
    check_pair(request.machine, request.disc)
    find_curve(request.curve)  # refused before anything is read
    clock = Stopwatch(watch)
    with clock.stage('read'):
        take = read(request.file, folder)
    return prepare_take(request, take, folder, clock)


def prepare_take(request: Request, take: Take, folder: Path, clock: Stopwatch) -> Prepared:
    """As `prepare`, for a recording that has been read."""
    with clock.stage('master and plan'):
        chosen = choose_programme(request, take, find_curve(request.curve), folder)
    with clock.stage('time'):
        timeline = build(chosen.plan, request.machine, chosen.programme.drive, chosen.programme.lead)
        told = facts(request.machine, request.disc, chosen, timeline.score, take.seconds)
    return Prepared(request, take, chosen, timeline, told, clock.spent_s)
