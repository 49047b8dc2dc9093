"""Finding home: the carriage goes outward until its switch closes, at the park radius, then knows where it is.

    fast outward ──▶ closed ──▶ back off inward ──▶ open ──▶ slowly outward ──▶ closed: home

Every movement is a small score of its own, run to its end through the one interface every lathe has, and the switch is
read only at rest between them: nothing here needs to be quick. The travel of each part is limited, so a switch that
never closes, or never opens, ends in a sentence and not at the end of the screw.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from appliance.errors import CutFaultError, MachineRefusesError
from appliance.lathe.api import Lathe, State
from appliance.machine.model import FRAME_RATE_HZ, Machine
from appliance.timeline.jog import jog

FAST_MM = 1.0  # between two looks at the switch; the carriage may overrun it by as much
BACK_MM = 0.25
SLOW_MM = 0.02  # how finely home is found
SLOW_MM_S = 0.5
OVERRUN_MM = 2.0  # beyond its whole way, before the switch is given up
RELEASE_MM = 5.0  # way inward within which a closed switch must open
MOVING = (State.READY, State.CUTTING, State.STOPPING)
WHERE = 'home switch'


@dataclass(frozen=True, slots=True)
class Rig:
    """What homing works with: a new lathe for each movement, the switch, and a way to let a little time pass."""

    machine: Machine
    new_lathe: Callable[[], Lathe]
    switch_closed: Callable[[], bool]
    pause: Callable[[], None]


@dataclass(frozen=True, slots=True)
class Homed:
    """The carriage stands at `radius_mm`, having come `outward_mm` (net) from where it was."""

    radius_mm: float
    outward_mm: float


@dataclass(frozen=True, slots=True)
class Search:
    """Moves of `inward_mm` (negative: outward) each, until the switch is as wanted or the way is used up."""

    inward_mm: float
    speed_mm_s: float
    closed: bool
    way_mm: float
    failure: str
    remedy: str


def run(rig: Rig, inward_mm: float, speed_mm_s: float) -> None:
    """One movement to its end; CutFaultError with the lathe's own cause if it ends otherwise."""
    lathe = rig.new_lathe()
    try:
        lathe.start(jog(rig.machine, inward_mm, speed_mm_s))
        while (progress := lathe.progress()).state in MOVING:
            rig.pause()
    finally:
        lathe.close()
    if progress.state is not State.DONE:
        raise CutFaultError(
            f'homing ended: {progress.cause or progress.state.value}',
            where='carriage',
            remedy='home again',
            key=progress.key,
        )


def search(rig: Rig, part: Search) -> float:
    """The way gone inward, in mm; MachineRefusesError if the switch is not as wanted at its end."""
    gone_mm = 0.0
    while rig.switch_closed() is not part.closed:
        if abs(gone_mm) + abs(part.inward_mm) > part.way_mm:
            raise MachineRefusesError(part.failure, where=WHERE, remedy=part.remedy)
        run(rig, part.inward_mm, part.speed_mm_s)
        gone_mm += part.inward_mm
    return gone_mm


def longest_s(machine: Machine) -> float:
    """How long homing takes at most where nothing is wrong: from the inner end of the carriage's way."""
    carriage = machine.carriage
    way_mm = carriage.park_radius_mm - carriage.min_radius_mm + FAST_MM
    parts = (
        (way_mm, FAST_MM, carriage.max_speed_mm_s),
        (FAST_MM + BACK_MM, BACK_MM, carriage.max_speed_mm_s),
        (2 * BACK_MM, SLOW_MM, SLOW_MM_S),
    )
    return sum(math.ceil(way / each) * jog(machine, each, speed).frames for way, each, speed in parts) / FRAME_RATE_HZ


def home(rig: Rig) -> Homed:
    """Bring the carriage to its switch; raises MachineRefusesError naming the switch's fault."""
    carriage = rig.machine.carriage
    whole_mm = carriage.park_radius_mm - carriage.min_radius_mm + OVERRUN_MM
    never = f'did not close within {whole_mm:g} mm of travel outward'
    stuck = f'stays closed {RELEASE_MM:g} mm inward of where it closed'
    wiring = 'check its wiring, and that the carriage moves'
    release = Search(BACK_MM, carriage.max_speed_mm_s, False, RELEASE_MM, stuck, wiring)
    fast = Search(-FAST_MM, carriage.max_speed_mm_s, True, whole_mm, never, wiring)
    slow = Search(-SLOW_MM, SLOW_MM_S, True, RELEASE_MM, f'did not close again within {RELEASE_MM:g} mm', wiring)
    gone_mm = sum(search(rig, part) for part in (fast, release, slow))
    return Homed(carriage.park_radius_mm, -gone_mm)
