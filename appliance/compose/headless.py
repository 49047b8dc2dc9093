"""A whole visit from a script, on a clock that passes only as far as nobody has to wait for a computer."""

from __future__ import annotations

from collections.abc import Callable

from appliance.compose.booth import Plan
from appliance.compose.handles import VirtualBooth, sample_file
from appliance.compose.script import Player, Step
from appliance.errors import CutFaultError
from appliance.kiosk.loop import TURN_S

WORK_S = 0.05  # a look at what the archivist and the cutter are doing
LONGEST_S = 86_400.0  # a script that takes longer has lost its way


def play(plan: Plan, steps: tuple[Step, ...], say: Callable[[str], None]) -> None:
    """Play `steps`; CutFaultError when the booth is not where the script wants it.

    While mastering, planning or cutting goes on, time passes as it does outside; else it leaps.
    """
    booth = VirtualBooth(plan)
    kiosk, clock = booth.kiosk, plan.choice.clock
    player = Player(steps, booth, say, sample_file())
    kiosk.start()
    try:
        while not player.over:
            kiosk.turn()
            if kiosk.waits:
                kiosk.wait(WORK_S)
            player.turn(clock.now_s(), kiosk.booth.state)
            clock.rest(WORK_S if kiosk.waits else TURN_S)
            if clock.now_s() > LONGEST_S:
                raise CutFaultError('the script takes longer than a day', remedy='shorten its pauses')
    finally:
        kiosk.close()
