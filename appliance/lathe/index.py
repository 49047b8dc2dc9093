"""Whether the platter turns: its index sensor gives one pulse a turn, and the steps say how many there should be.

A motor that is held does not tell: the driver goes on stepping its currents. So the steps given out since the last
pulse are watched; after more than SLACK_TURNS of them without one the platter stands, or slips.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from appliance.errors import CutFaultError, MachineRefusesError
from appliance.machine.model import FRAME_RATE_HZ

SLACK_TURNS = 1.25  # load angle and the time between two looks are far less than a quarter of a turn
LEAST_TURNS = 2  # between pulses: two turns can differ, one cannot


@dataclass(frozen=True, slots=True)
class Pulse:
    """The index was passed at this frame, when so many steps had been given out."""

    frame: int
    steps: int


@dataclass(frozen=True, slots=True)
class Turned:
    """What the index says of a number of whole turns at one speed. `drift_percent`: how far the slowest and the
    quickest turn lie apart."""

    turns: int
    rpm: float
    drift_percent: float
    steps_per_turn: float  # that the motor really made for one turn of the platter


def turned(pulses: Sequence[Pulse]) -> Turned:
    """Between the first pulse and the last; MachineRefusesError if there are too few to say."""
    turns = len(pulses) - 1
    if turns < LEAST_TURNS:
        raise MachineRefusesError(
            f'{len(pulses)} index pulses were seen, at least {LEAST_TURNS + 1} are needed',
            where='index sensor',
            remedy='see that it is passed once a turn, that the belt is on, and let it turn for longer',
        )
    each = [after.frame - before.frame for before, after in pairwise(pulses)]
    mean = sum(each) / turns
    return Turned(
        turns,
        60 * FRAME_RATE_HZ / mean,
        100 * (max(each) - min(each)) / mean,
        (pulses[-1].steps - pulses[0].steps) / turns,
    )


class IndexWatch:
    """`steps_per_turn`: step pulses for one turn of the platter, gear included."""

    def __init__(self, steps_per_turn: float) -> None:
        self._per_turn = steps_per_turn
        self._pulses = 0
        self._steps = 0  # when the last pulse came

    def look(self, steps: int, pulses: int) -> None:
        """Both counted since power-up, the steps as executed; CutFaultError (stall) if the platter does not follow."""
        if pulses != self._pulses:
            self._pulses, self._steps = pulses, steps
        turns = (steps - self._steps) / self._per_turn
        if turns > SLACK_TURNS:
            raise CutFaultError(
                f'the platter has stalled: no index pulse in {turns:.2f} turns of its motor',
                where='index sensor',
                remedy='see that nothing holds the platter',
                key='stall',
            )
