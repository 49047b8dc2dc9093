"""What sensors, the machine, the host and a restart mean: rules over a `Turn`, beside those of the visit."""

from __future__ import annotations

from typing import Any

from appliance.workflow.turn import Turn, condition, hears, out_of_order
from appliance.workflow.values import Act, Held, Kind, Plan, State

SENSED: dict[Kind, dict[str, Any]] = {
    Kind.LID_OPENED: {'lid_closed': False}, Kind.LID_CLOSED: {'lid_closed': True},
    Kind.STOP_PRESSED: {'stop_out': False}, Kind.STOP_RELEASED: {'stop_out': True},
    Kind.BLANK_LAID: {'blank': True}, Kind.BLANK_TAKEN: {'blank': False, 'disc_is_cut': False},
    Kind.MICROPHONE_LOST: {'microphone': False}, Kind.MICROPHONE_FOUND: {'microphone': True},
    Kind.SPACE_LOW: {'space': False}, Kind.SPACE_OK: {'space': True},
    Kind.OPEN: {'open': True}, Kind.CLOSE: {'open': False},
    Kind.HOURS_BEGIN: {'hours': True}, Kind.HOURS_OVER: {'hours': False},
    Kind.QUOTA_FREE: {'quota': True}, Kind.QUOTA_USED: {'quota': False},
    Kind.BLANKS_OUT: {'blanks': False}, Kind.BLANKS_IN: {'blanks': True},
    Kind.SWARF_FULL: {'swarf': False}, Kind.SWARF_EMPTIED: {'swarf': True}, Kind.MENDED: {'fault': ''},
    Kind.MACHINE_OUT: {}, Kind.MACHINE_IN: {'machine': ''},
}  # fmt: skip
CLEARED_BY = {
    State.STOPPED: (Kind.STOP_RELEASED, Kind.LID_CLOSED), State.FAULT: (Kind.MENDED, Kind.MACHINE_IN),
    State.NO_MICROPHONE: (Kind.MICROPHONE_FOUND,), State.NO_SPACE: (Kind.SPACE_OK,),
    State.CLOSED: (Kind.OPEN, Kind.HOURS_BEGIN, Kind.QUOTA_FREE),
    State.OUT_OF_BLANKS: (Kind.BLANKS_IN,), State.SWARF_FULL: (Kind.SWARF_EMPTIED,),
}  # fmt: skip


def sense(turn: Turn) -> None:
    """Remember it; the visit goes on."""
    turn.sense(**SENSED[turn.event.kind])
    if turn.event.kind in (Kind.SPACE_LOW, Kind.SPACE_OK):
        turn.sense(no_space='' if turn.booth.ready.space else turn.event.text or 'disk full')
    elif turn.event.kind is Kind.MACHINE_OUT:
        turn.sense(machine=turn.event.text or 'lathe')


def scrap_cut(turn: Turn) -> None:
    """Whoever comes next is asked to take it out first."""
    turn.sense(disc_is_cut=turn.booth.ready.blank)


def sense_and_stay(turn: Turn) -> None:
    """Somebody is doing something at the machine: there is time."""
    sense(turn)
    turn.wait(turn.rules.load_disc_s)


def sense_while_loading(turn: Turn) -> None:
    """Without a blank, or with a full bin, there is nothing to wait for here; the letter is kept."""
    sense(turn)
    if not turn.booth.ready.blanks or not turn.booth.ready.swarf:
        turn.load_disc()


def sense_at_home(turn: Turn) -> None:
    """No visitor: what holds now is shown now."""
    sense(turn)
    if condition(turn.booth) is not turn.booth.state or turn.booth.state in (State.FAULT, State.STOPPED):
        turn.home()


def sense_and_resume(turn: Turn) -> None:
    """What held us up may be over: then go on. Anything else is remembered; without a visitor it is also shown."""
    sense(turn)
    state = turn.booth.state
    if state is State.STOPPED and (not turn.booth.ready.stop_out or _lid_is_the_matter(turn)):
        return
    if turn.event.kind in CLEARED_BY[state]:
        turn.resume()
    elif turn.booth.back is None and turn.booth.held is Held.NOTHING and condition(turn.booth) is not state:
        turn.home()
    elif state is State.NO_SPACE and turn.event.kind is Kind.SPACE_LOW:
        turn.change(reason=turn.booth.ready.no_space)  # full a moment ago, out of reach now, or the other way round
    elif state is State.FAULT and turn.event.kind is Kind.MACHINE_OUT:
        turn.change(reason=turn.booth.reason if turn.booth.ready.fault else turn.booth.ready.machine)


def stop(turn: Turn) -> None:
    """Lid or stop, at once and without a question."""
    sense(turn)
    turn.do(Act.TONE, 'error')
    turn.interrupt(State.STOPPED, 'lid' if turn.event.kind is Kind.LID_OPENED else 'stop')


def microphone_away(turn: Turn) -> None:
    sense(turn)
    turn.interrupt(State.NO_MICROPHONE, 'microphone')


def microphone_away_if_needed(turn: Turn) -> None:
    """Asked whether somebody is there: it matters only if the question came between hearing and hearing."""
    if hears(turn.booth):
        microphone_away(turn)
    else:
        sense(turn)


def machine_away(turn: Turn) -> None:
    """Nobody is to speak, or to lay a blank, for a machine that cuts nothing now; what was said is safe."""
    sense(turn)
    turn.interrupt(State.FAULT, turn.booth.ready.machine)


def machine_away_if_needed(turn: Turn) -> None:
    """As with the microphone."""
    if hears(turn.booth) and turn.booth.held is not Held.RECORDING:
        machine_away(turn)
    else:
        sense(turn)


def machine_fault(turn: Turn) -> None:
    turn.sense(fault=turn.event.text or 'unknown')
    turn.do(Act.TONE, 'error')
    turn.interrupt(State.FAULT, turn.booth.ready.fault)


def remember_fault(turn: Turn) -> None:
    turn.sense(fault=turn.event.text or 'unknown')


def try_again(turn: Turn) -> None:
    """A press on a side screen: on with the visit if nothing is the matter any more."""
    turn.change(asked=0)
    if turn.booth.state is State.NO_SPACE and turn.booth.back is not None:
        turn.go_on_with(turn.booth.back)
    elif turn.booth.state is State.STOPPED and (not turn.booth.ready.stop_out or _lid_is_the_matter(turn)):
        turn.wait(turn.rules.notice_s)
    elif turn.booth.back is not None:
        turn.resume()


def _lid_is_the_matter(turn: Turn) -> bool:
    return turn.booth.reason == 'lid' and not turn.booth.ready.lid_closed


def call_or_give_up(turn: Turn) -> None:
    """Whoever still waits here for what was said is called once before the visit ends."""
    if turn.booth.asked or turn.booth.back in (None, State.TAKE_DISC) or turn.booth.held is Held.NOTHING:
        give_up(turn)
        return
    turn.change(asked=1)
    turn.do(Act.TONE, 'still')
    turn.do(Act.SAY, State.STILL_THERE.value)
    turn.wait(turn.rules.notice_s)


def give_up(turn: Turn) -> None:
    """Nobody waits for it: the visit ends, the condition stays on show as long as it lasts."""
    if turn.booth.back is not None or turn.booth.held is not Held.NOTHING:
        turn.do(Act.NOTE, f'walked away at {turn.booth.state.value}')
    turn.home()


def maintain(turn: Turn) -> None:
    turn.home()
    turn.change(called=False)
    turn.enter(State.MAINTENANCE, turn.rules.maintenance_s, say=False)


def go_on_maintaining(turn: Turn) -> None:
    """The host is at work: there is time."""
    turn.wait(turn.rules.maintenance_s)


def recovered(turn: Turn) -> None:
    """After a crash: a take that was not kept can still be answered for, a broken cut can be made good, a finished disc
    is still its owner's."""
    text, number = turn.event.text, turn.event.number
    if text == 'cut':
        _again(turn, number, turn.event.copies)
        turn.change(back=State.LOAD_DISC, reason='power')
        turn.sense(disc_is_cut=turn.booth.ready.blank)
        turn.do(Act.SPOILED, 'power')
        turn.enter(State.FAULT, turn.rules.notice_s)
    elif text == 'kept':
        _again(turn, number, turn.event.copies)
        turn.change(back=State.LOAD_DISC)
        turn.resume()
    elif text == 'done' and turn.booth.ready.blank:
        turn.change(held=Held.KEPT, letter=number, copies=turn.event.copies)
        turn.sense(disc_is_cut=True)
        _come_back(turn, State.TAKE_DISC, turn.rules.take_disc_s)
    elif text == 'done':
        turn.change(letter=number)
        turn.do(Act.HANDED_OVER)
        turn.home()
    elif number > 0:
        turn.change(held=Held.UNSAVED, plan=Plan.PENDING)
        turn.do(Act.PREPARE)
        _come_back(turn, State.LISTEN, turn.rules.listen_s)
    else:
        turn.home()


def _again(turn: Turn, letter: int, copies: int = 0) -> None:
    """A letter that is safe and is to be cut."""
    turn.change(held=Held.KEPT, letter=letter, plan=Plan.PENDING, copies=copies)
    turn.do(Act.PREPARE)


def _come_back(turn: Turn, state: State, seconds: float) -> None:
    """On with the visit, unless the machine itself is not well."""
    still = condition(turn.booth)
    if still in (State.FAULT, State.STOPPED):
        turn.change(back=state, reason=out_of_order(turn.booth.ready) if still is State.FAULT else 'stop')
        turn.enter(still, turn.rules.notice_s)
    else:
        turn.enter(state, seconds)
