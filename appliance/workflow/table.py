"""The one total table: what each event means in each state. Read it row by row; `ALWAYS` holds where no row says
otherwise, and an event that means nothing somewhere is `ignored` there, with the reason.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from appliance.workflow import attendant as a
from appliance.workflow import moves as m
from appliance.workflow import sides as side
from appliance.workflow.turn import CONDITIONS, Turn
from appliance.workflow.values import Kind, State

Rule = Callable[[Turn], None]
S, K = State, Kind


@dataclass(frozen=True, slots=True)
class Outcome:
    """What happens: a rule, or nothing and why not."""

    rule: Rule | None
    why: str = ''

    @property
    def name(self) -> str:
        return self.rule.__name__.lstrip('_') if self.rule else f'ignored: {self.why}'


def ignored(why: str) -> Outcome:
    return Outcome(None, why)


PRESS = (K.RECORD, K.LEFT, K.RIGHT)
LATE = ignored('an answer that nobody waits for')
NO_BUTTON = ignored('this control does nothing here')
NOT_RECORDING = ignored('nothing is being recorded')
NO_CUT = ignored('nothing is being cut')

# What holds in every state that has no row of its own for it.
ALWAYS: Mapping[Kind, Outcome] = {
    **dict.fromkeys(PRESS, NO_BUTTON),
    **{
        kind: Outcome(side.sense)
        for kind in (
            K.LID_OPENED, K.LID_CLOSED, K.STOP_RELEASED, K.BLANK_LAID, K.BLANK_TAKEN, K.MICROPHONE_LOST,
            K.MICROPHONE_FOUND, K.SPACE_LOW, K.SPACE_OK, K.OPEN, K.CLOSE, K.BLANKS_OUT, K.BLANKS_IN, K.SWARF_FULL,
            K.SWARF_EMPTIED, K.MENDED, K.MACHINE_OUT, K.MACHINE_IN, K.HOURS_OVER, K.HOURS_BEGIN, K.QUOTA_USED,
            K.QUOTA_FREE,
        )
    },
    K.SCRAP_CUT: Outcome(side.scrap_cut),
    K.STOP_PRESSED: Outcome(side.stop),
    K.FAULT: Outcome(side.machine_fault),
    K.TIME_UP: Outcome(m.home),
    K.LEVEL_GOOD: NOT_RECORDING,
    K.SILENCE: NOT_RECORDING,
    K.VOICE: NOT_RECORDING,
    K.TAKE_FULL: NOT_RECORDING,
    K.TAKE_HEARD: Outcome(m.take_heard),
    K.TAKE_EMPTY: Outcome(m.take_empty),
    K.PLAYED: LATE,
    K.KEPT: Outcome(m.kept),
    K.KEEP_FAILED: LATE,
    K.FORGOTTEN: ignored('the letter is gone, as was asked'),
    K.FITS: Outcome(m.fits),
    K.DOES_NOT_FIT: Outcome(m.does_not_fit),
    K.CUT_DONE: NO_CUT,
    K.CUT_STOPPED: NO_CUT,
    K.CUT_FAULT: NO_CUT,
    K.MAINTAIN: ignored('a visitor is being served; close the booth first'),
    K.RESUME: ignored('the booth is not in maintenance'),
    K.HOST_STOP: NO_CUT,
    K.RECOVERED: ignored('the booth has been up for a while'),
    **dict.fromkeys((K.AGAIN, K.NO_LETTER), ignored('somebody else is being served')),
    **dict.fromkeys((K.KNOCK, K.ATTEND), ignored('a visitor is being served')),
}  # fmt: skip

SENSORS = tuple(kind for kind, outcome in ALWAYS.items() if outcome.rule is side.sense)
NEEDS_MICROPHONE: Mapping[Kind, Outcome] = {K.MICROPHONE_LOST: Outcome(side.microphone_away)}
NEEDS_MACHINE: Mapping[Kind, Outcome] = {K.MACHINE_OUT: Outcome(side.machine_away)}  # or all that follows is in vain
THE_CUT: Mapping[Kind, Outcome] = {
    K.LID_OPENED: Outcome(side.stop),
    K.CUT_DONE: Outcome(m.cut_done),
    K.CUT_STOPPED: Outcome(m.cut_failed),
    K.CUT_FAULT: Outcome(m.cut_failed),
    K.HOST_STOP: Outcome(m.host_stop),
}


def rows(**rules: Rule) -> dict[Kind, Outcome]:
    """`rows(RECORD=rule, ...)`, by the names of the events."""
    return {K[name]: Outcome(rule) for name, rule in rules.items()}


CALM: Mapping[Kind, Outcome] = rows(KNOCK=a.knock, ATTEND=a.attend)  # nobody is disturbed
IDLE: Mapping[Kind, Outcome] = {**CALM, **rows(AGAIN=a.cut_again, MAINTAIN=side.maintain)}

ROWS: Mapping[State, Mapping[Kind, Outcome]] = {
    S.RECOVERING: rows(STOP_PRESSED=side.sense, FAULT=side.remember_fault, RECOVERED=side.recovered),
    S.ATTRACT: {
        **IDLE,
        **dict.fromkeys(SENSORS, Outcome(side.sense_at_home)),
        **rows(RECORD=m.greet, LEFT=m.greet, RIGHT=m.greet, TIME_UP=m.sleep),
    },
    S.LANGUAGE: {
        **NEEDS_MICROPHONE,
        **NEEDS_MACHINE,
        **CALM,
        **rows(RECORD=m.to_level, LEFT=m.previous_language, RIGHT=m.next_language, TIME_UP=m.ask_still_there),
    },
    S.LEVEL_CHECK: {
        **NEEDS_MICROPHONE,
        **NEEDS_MACHINE,
        **rows(RECORD=m.to_countdown, LEFT=m.leave, LEVEL_GOOD=m.level_good, VOICE=m.level_good,
               TIME_UP=m.ask_still_there),
    },
    S.COUNTDOWN: {**NEEDS_MICROPHONE, **NEEDS_MACHINE, **rows(LEFT=m.to_level, TIME_UP=m.begin_recording)},
    S.RECORDING: {
        **NEEDS_MICROPHONE,
        **rows(RECORD=m.end_recording, TAKE_FULL=m.end_recording, SILENCE=m.ask_in_silence, TIME_UP=m.recording_late),
        K.VOICE: ignored('as it should be'),
    },
    S.NOT_HEARD: {
        **NEEDS_MICROPHONE,
        **NEEDS_MACHINE,
        **rows(RECORD=m.speak_up, LEFT=m.leave, TIME_UP=m.ask_still_there),
    },
    S.LISTEN: rows(RECORD=m.keep, LEFT=m.ask_discard, RIGHT=m.hear_again, PLAYED=m.played, TIME_UP=m.ask_still_there),
    S.DISCARD: rows(LEFT=m.say_again, RIGHT=m.back_to_listen, RECORD=m.leave, TIME_UP=m.back_to_listen),
    S.SAVING: rows(KEEP_FAILED=m.keep_failed, TIME_UP=m.keep_late),
    S.LOAD_DISC: {
        **dict.fromkeys((K.LID_OPENED, K.LID_CLOSED, K.BLANK_LAID, K.BLANK_TAKEN), Outcome(side.sense_and_stay)),
        **dict.fromkeys((K.BLANKS_OUT, K.SWARF_FULL), Outcome(side.sense_while_loading)),
        **NEEDS_MACHINE,
        **rows(RECORD=m.cut, LEFT=m.leave, TIME_UP=m.ask_still_there),
    },
    S.DOES_NOT_FIT: rows(RECORD=m.shorter, LEFT=m.leave, TIME_UP=m.ask_still_there),
    S.CUTTING: {**THE_CUT, **rows(RIGHT=m.ask_cancel, TIME_UP=m.cut_late)},
    S.CANCEL: {
        **THE_CUT,
        **rows(RECORD=m.cancel, LEFT=m.go_on_cutting, RIGHT=m.go_on_cutting, TIME_UP=m.go_on_cutting),
    },
    S.TAKE_DISC: {**CALM, **rows(LEFT=m.ask_forget, BLANK_TAKEN=m.disc_taken, TIME_UP=m.call_for_disc)},
    S.FORGET: rows(RECORD=m.forget, LEFT=m.back_to_disc, RIGHT=m.back_to_disc, TIME_UP=m.back_to_disc),
    S.THANKS: rows(RECORD=m.home, LEFT=m.home, RIGHT=m.home),
    S.STILL_THERE: rows(RECORD=m.here, LEFT=m.here, RIGHT=m.here, VOICE=m.here, TAKE_FULL=m.nobody, TIME_UP=m.nobody,
                        MICROPHONE_LOST=side.microphone_away_if_needed, MACHINE_OUT=side.machine_away_if_needed),
    S.MAINTENANCE: rows(STOP_PRESSED=side.sense, FAULT=side.remember_fault, RESUME=m.home,
                        MAINTAIN=side.go_on_maintaining, AGAIN=a.cut_again),
    S.CODE: {
        **dict.fromkeys(PRESS, Outcome(a.key)),
        **rows(TIME_UP=a.leave_menu, ATTEND=a.attend, MAINTAIN=side.maintain),
        K.KNOCK: ignored('the sequence is waited for already'),
    },
    S.ATTENDANT: {
        **rows(LEFT=a.item_before, RIGHT=a.item_after, RECORD=a.do_item, TIME_UP=a.leave_menu, ATTEND=a.leave_menu,
               AGAIN=a.cut_again, NO_LETTER=a.no_letter, MAINTAIN=side.maintain),
        K.KNOCK: ignored('the menu is open already'),
    },
    **{
        state: {
            **dict.fromkeys(SENSORS, Outcome(side.sense_and_resume)),
            K.STOP_PRESSED: Outcome(side.sense if state is S.STOPPED else side.stop),
            K.FAULT: Outcome(side.machine_fault),
            **IDLE,
            **rows(RECORD=side.try_again, LEFT=side.give_up, TIME_UP=side.call_or_give_up),
        }
        for state in CONDITIONS - {S.MAINTENANCE, S.CODE, S.ATTENDANT}
    },
}  # fmt: skip

TABLE: Mapping[tuple[State, Kind], Outcome] = MappingProxyType(
    {(state, kind): ROWS[state].get(kind, ALWAYS[kind]) for state in State for kind in Kind}
)
