"""Whether the platter turns: its index sensor gives one pulse a turn, and the steps say how many there should be.

A motor that is held does not tell: the driver goes on stepping its currents. So the steps given out since the last
pulse are watched; after more than SLACK_TURNS of them without one the platter stands, or slips.
"""

from __future__ import annotations

from appliance.errors import CutFaultError

SLACK_TURNS = 1.25  # load angle and the time between two looks are far less than a quarter of a turn


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
