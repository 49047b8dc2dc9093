"""What a check finds, and the round of checks it belongs to."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Literal

from appliance.desk.book import Call, Said
from appliance.errors import AudioLetterError, MachineRefusesError
from appliance.words.checks import CHECKS, HANDS
from appliance.words.reasons import REASONS, reason_for
from appliance.workflow.values import Event, Kind, State

Result = Literal['ok', 'look', 'bad', 'not tried']
RESULTS: tuple[Result, ...] = ('ok', 'look', 'bad', 'not tried')
LOOK_S = 0.05  # between two looks at what a hand does


@dataclass(frozen=True, slots=True)
class Finding:
    """`saw`: one reason. `action`: one; of what is well there is none."""

    result: Result
    saw: str
    action: str = ''


@dataclass(frozen=True, slots=True)
class Wishes:
    """Who is there to help: `ask`, somebody who looks and hears; `hands`, somebody at the booth; `scrap`: a disc that
    may be cut lies on the platter."""

    ask: bool = False
    hands: bool = False
    scrap: bool = False


@dataclass(slots=True)
class Round:
    """One run of the checklist; later checks know what earlier ones have found."""

    call: Call
    wishes: Wishes
    found: dict[str, Finding] = field(default_factory=dict)
    refused: str = ''  # why the interlock gave no power, a key of `words.reasons`

    def well(self, *names: str) -> bool:
        return all(name in self.found and self.found[name].result == 'ok' for name in names)

    def held_back(self) -> str:
        """Why nothing may move; '' if it may."""
        for name in ('stop', 'lid'):
            if not self.well(name):
                return f'not without a {name} that is well'
        return ''

    def until(self, holds: Callable[[], bool], seconds: float) -> bool:
        """Whether it came to hold within so many of the booth's seconds."""
        until_s = self.call.desk.now_s() + seconds
        while not holds():
            if self.call.desk.now_s() >= until_s or not self.call.pause(LOOK_S):
                return False
        return True

    def stay(self) -> None:
        """In maintenance, whose time-out begins anew; MachineRefusesError if somebody has ended it."""
        if self.call.cancelled.is_set():
            raise MachineRefusesError('it was stopped', where='checklist')
        if self.call.desk.look().booth.state is not State.MAINTENANCE:
            raise MachineRefusesError('maintenance has ended, and the checklist with it', where='checklist')
        self.call.desk.tell(Event(Kind.MAINTAIN))


Step = Iterator[Said | Finding]  # what it says on its way, then what it found
Check = Callable[[Round], Step]


def ok(saw: str) -> Finding:
    return Finding('ok', saw)


def look(name: str, saw: str) -> Finding:
    """It works, but somebody should see to it."""
    return Finding('look', saw, _action(name))


def bad(name: str, saw: str, fault: str = '') -> Finding:
    """`fault`: the entry of `words.reasons`, where it is one of those."""
    return Finding('bad', saw, reason_for(fault).host_action if fault else _action(name))


def not_tried(why: str) -> Finding:
    return Finding('not tried', why)


def failed(name: str, error: AudioLetterError) -> Finding:
    """The part's own words; what it is a fault of says what to do."""
    saw = f'{error.where}: {error.what}' if error.where else error.what
    known = error.key in REASONS and error.key not in ('lathe', 'plan', 'cutter')
    return Finding('bad', saw, error.remedy or (reason_for(error.key).host_action if known else _action(name)))


def _action(name: str) -> str:
    return CHECKS[name].action if name in CHECKS else HANDS[name][1]
