"""The reducer: a booth and an event make a booth and effects. Pure and total; nothing is raised, nothing waits."""

from __future__ import annotations

from appliance.workflow.rules import Rules
from appliance.workflow.table import TABLE
from appliance.workflow.turn import CONDITIONS, Turn
from appliance.workflow.values import Booth, Effect, Event, Kind, State

WITH_RIGHT = 'with right'  # text of LEFT, touched while the right pad was
WAITS = CONDITIONS - {State.CODE, State.ATTENDANT} | {State.TAKE_DISC}


def step(booth: Booth, event: Event, now_s: float, rules: Rules) -> tuple[Booth, tuple[Effect, ...]]:
    """What follows from `event` at `now_s` (seconds on any clock that never goes back).

    TIME_UP before the deadline and answers for a take that has been let go answer questions that nobody asks any more:
    nothing follows from them. Nor from a left pad touched as well as the right one where it would send a visitor
    away: an attendant may be knocking.
    """
    if event.kind is Kind.TIME_UP and (booth.until_s is None or now_s < booth.until_s):
        return booth, ()
    if event.take not in (0, booth.take):
        return booth, ()
    if event.text == WITH_RIGHT and event.kind is Kind.LEFT and rules.sequence and booth.state in WAITS:
        return booth, ()
    rule = TABLE[booth.state, event.kind].rule
    if rule is None:
        return booth, ()
    turn = Turn(booth, event, now_s, rules)
    rule(turn)
    return turn.booth, tuple(turn.effects)
