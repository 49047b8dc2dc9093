"""A whole visit from a script, on a clock that passes only as far as nobody has to wait for a computer."""

from __future__ import annotations

from collections.abc import Callable

from appliance.clock import Clock
from appliance.compose.booth import Plan
from appliance.compose.handles import VirtualBooth, sample_file
from appliance.compose.script import Player, Step
from appliance.errors import CutFaultError, MachineRefusesError
from appliance.kiosk.loop import TURN_S
from appliance.words.reasons import reason_for
from appliance.workflow.turn import troubles
from appliance.workflow.values import Booth, State

WORK_S = 0.05  # a look at what the archivist and the cutter are doing
SETTLED_S = 1.0  # in which a booth that is well is where visits begin
LONGEST_S = 86_400.0  # a script that takes longer has lost its way


def play(plan: Plan, steps: tuple[Step, ...], say: Callable[[str], None]) -> None:
    """Play `steps`; CutFaultError when the booth is not where the script wants it, MachineRefusesError when it does not
    even come to where visits begin.

    While mastering, planning or cutting goes on, time passes as it does outside; else it leaps.
    """
    booth = VirtualBooth(plan)
    kiosk, clock = booth.kiosk, plan.choice.clock
    player = Player(steps, booth, say, sample_file())

    def turn() -> Booth:
        kiosk.turn()
        if kiosk.waits:
            kiosk.wait(WORK_S)
        clock.rest(WORK_S if kiosk.waits else TURN_S)
        if clock.now_s() > LONGEST_S:
            raise CutFaultError('the script takes longer than a day', remedy='shorten its pauses')
        return kiosk.booth

    kiosk.start()
    try:
        if _begins_with_a_visit(steps):
            _to_attract(turn, clock)
        while not player.over:
            player.turn(clock.now_s(), turn().state)
    finally:
        kiosk.close()


def _begins_with_a_visit(steps: tuple[Step, ...]) -> bool:
    """Unless it begins with something of the host's, or waits for something else first."""
    first = steps[0] if steps else Step(0, 'pause')
    return first.verb not in ('host', 'pause', 'say') and (
        first.verb not in ('wait', 'expect') or first.word == State.ATTRACT.value
    )


def _to_attract(turn: Callable[[], Booth], clock: Clock) -> None:
    """MachineRefusesError, saying why, where it is plain that the booth will not come there, or stay, by itself."""
    while (booth := turn()).state is State.RECOVERING:
        continue
    until_s = clock.now_s() + SETTLED_S
    while clock.now_s() < until_s:  # what is the matter with it may take a moment to be seen
        booth = turn()
    if booth.state is not State.ATTRACT:
        raise _no_visit(booth)


def _no_visit(booth: Booth) -> MachineRefusesError:
    where = f'the booth is in {booth.state.value!r}, and a visit begins in {State.ATTRACT.value!r}'
    told = remedy = ''
    if keys := troubles(booth):
        reason = reason_for(keys[0])
        told, remedy = reason.host.rstrip('.'), reason.host_action.rstrip('.')
    if booth.state is State.CLOSED:
        remedy = 'begin the script with host open'
    what = f'{where}: {told}' if told else where
    others = 'name fresh folders with --data and --run'
    return MachineRefusesError(what, remedy=f'{remedy}, or {others}' if remedy else others)
