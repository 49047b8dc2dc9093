"""The table for people: every row as a line of text, and the ways between states as a picture.

Where a rule leads is not written down a second time: the rules are run, in every booth that can be reached from the
start, and the picture shows what was seen.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import replace

from appliance.workflow.reduce import step
from appliance.workflow.rules import Rules
from appliance.workflow.table import TABLE
from appliance.workflow.turn import CONDITIONS
from appliance.workflow.values import Booth, Event, Kind, State

SMALL = Rules(
    languages=2, retakes=1, replays=1, countdown_s=1.0, sequence=('left',)
)  # leads everywhere that larger numbers lead
# Events that bring a visit on or break it; all others are tried in each booth these lead to, but not followed.
FOLLOWED = (
    Kind.RECORD, Kind.LEFT, Kind.RIGHT, Kind.TIME_UP, Kind.SILENCE, Kind.TAKE_HEARD, Kind.TAKE_EMPTY, Kind.KEPT,
    Kind.KEEP_FAILED, Kind.FITS, Kind.DOES_NOT_FIT, Kind.CUT_DONE, Kind.BLANK_LAID, Kind.LID_OPENED, Kind.STOP_PRESSED,
    Kind.MICROPHONE_LOST, Kind.FAULT, Kind.RECOVERED,
)  # fmt: skip
# A visitor who does everything right; what lies around each step is then looked at, nearest first.
STRAIGHT = (
    Kind.RECOVERED, Kind.RECORD, Kind.RECORD, Kind.RECORD, Kind.TIME_UP, Kind.RECORD, Kind.TAKE_HEARD, Kind.FITS,
    Kind.RECORD, Kind.KEPT, Kind.BLANK_LAID, Kind.RECORD, Kind.CUT_DONE, Kind.BLANK_TAKEN,
)  # fmt: skip
CONDITIONED = (
    Kind.CLOSE,
    Kind.BLANKS_OUT,
    Kind.SWARF_FULL,
    Kind.SPACE_LOW,
    Kind.MAINTAIN,
    Kind.KNOCK,
    Kind.ATTEND,
)  # seen from attract
ENOUGH = 900  # booths looked at
BACK = 'where one was'
HOME = 'home'  # what a visit ends in: attract, or whatever keeps the booth from it
CAUSED = {Kind.FAULT: 'lathe', Kind.CUT_FAULT: 'stall', Kind.KEEP_FAILED: 'disk full', Kind.DOES_NOT_FIT: 'too long'}
COUNTED = {Kind.TAKE_HEARD: 1000, Kind.KEPT: 1, Kind.FITS: 1000, Kind.AGAIN: 1}


def lines() -> Iterator[str]:
    """One line for each pair of state and event: what happens, or why nothing does."""
    ways = ways_between()
    for (state, kind), outcome in TABLE.items():
        leads = ', '.join(
            sorted(after.value for before, after in ways if before is state and kind in ways[before, after])
        )
        to = f' -> {leads}' if leads else ''
        yield f'{state.value:<15} {kind.value:<18} {outcome.name.replace("_", " ")}{to}'


def ways_between(limit: int = ENOUGH) -> dict[tuple[State, State], set[Kind]]:
    """Which events lead from one state to another, over all booths that can be reached."""
    ways: dict[tuple[State, State], set[Kind]] = {}
    seen = _along_the_way()
    waiting = deque(seen)
    while waiting:
        booth = waiting.popleft()
        for kind in Kind:
            after = _after(booth, kind)
            if after.state is not booth.state:
                ways.setdefault((booth.state, after.state), set()).add(kind)
            if kind in FOLLOWED and after not in seen and len(seen) < limit:
                seen[after] = None
                waiting.append(after)
    return ways


def _along_the_way() -> dict[Booth, None]:
    booth, seen = Booth(), {Booth(): None}
    for kind in STRAIGHT:
        booth = _after(booth, kind)
        seen[booth] = None
        if booth.state is State.ATTRACT:
            seen.update(dict.fromkeys(_after(booth, other) for other in CONDITIONED))
    return seen


def _after(booth: Booth, kind: Kind) -> Booth:
    """The booth after `kind`, without clock readings; every deadline may have passed."""
    event = Event(kind, CAUSED.get(kind, ''), COUNTED.get(kind, 0))
    after, _ = step(replace(booth, until_s=0.0), event, 1.0, SMALL)
    return replace(after, until_s=0.0, cut_until_s=0.0, take=1)


def targets(ways: dict[tuple[State, State], set[Kind]], state: State, kind: Kind) -> list[str]:
    """Where `kind` leads from `state`; all that a visit may end in as one, and what an interruption returns to."""
    found = {after for (before, after), kinds in ways.items() if before is state and kind in kinds}
    ends = found & ({State.ATTRACT} | CONDITIONS)
    if State.ATTRACT not in ends or len(ends) == 1:
        ends = set()
    others = sorted(after.value for after in found - ends)
    return ([HOME] if ends else []) + (others if len(others) < 3 else [BACK])
