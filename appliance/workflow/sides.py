"""What sensors, the machine, the host and a restart mean: rules over a `Turn`, beside those of the visit."""

from __future__ import annotations

from typing import Any

from appliance.workflow.turn import Turn, condition, hears
from appliance.workflow.values import Act, Held, Plan, State

SENSED: dict[str, dict[str, Any]] = {
    'lid opened': {'lid_closed': False}, 'lid closed': {'lid_closed': True}, 'stop pressed': {'stop_out': False},
    'stop released': {'stop_out': True}, 'blank laid': {'blank': True},
    'blank taken': {'blank': False, 'disc_is_cut': False}, 'microphone lost': {'microphone': False},
    'microphone found': {'microphone': True}, 'space low': {'space': False}, 'space ok': {'space': True},
    'open': {'open': True}, 'close': {'open': False}, 'blanks out': {'blanks': False}, 'blanks in': {'blanks': True},
    'swarf bin full': {'swarf': False}, 'swarf bin emptied': {'swarf': True}, 'mended': {'fault': ''},
}  # fmt: skip


def sense(turn: Turn) -> None:
    """Remember it; the visit goes on."""
    turn.sense(**SENSED[turn.event.kind.value])


def sense_and_stay(turn: Turn) -> None:
    """Somebody is doing something at the machine: there is time."""
    sense(turn)
    turn.wait(turn.rules.load_disc_s)


def sense_at_home(turn: Turn) -> None:
    """No visitor: what holds now is shown now."""
    sense(turn)
    if condition(turn.booth) is not turn.booth.state or turn.booth.state in (State.FAULT, State.STOPPED):
        turn.home()


CLEARED_BY = {
    State.STOPPED: ('stop released', 'lid closed'), State.FAULT: ('mended',),
    State.NO_MICROPHONE: ('microphone found',),
    State.NO_SPACE: ('space ok',), State.CLOSED: ('open',), State.OUT_OF_BLANKS: ('blanks in',),
    State.SWARF_FULL: ('swarf bin emptied',),
}  # fmt: skip


def sense_and_resume(turn: Turn) -> None:
    """What held us up may be over: then go on. Anything else is remembered; without a visitor it is also shown."""
    sense(turn)
    state = turn.booth.state
    if state is State.STOPPED and (not turn.booth.ready.stop_out or _lid_is_the_matter(turn)):
        return
    if turn.event.kind.value in CLEARED_BY[state]:
        turn.resume()
    elif turn.booth.back is None and turn.booth.held is Held.NOTHING and condition(turn.booth) is not state:
        turn.home()


def stop(turn: Turn) -> None:
    sense(turn)
    turn.do(Act.TONE, 'error')
    turn.interrupt(State.STOPPED, 'stop')


def microphone_away(turn: Turn) -> None:
    sense(turn)
    turn.interrupt(State.NO_MICROPHONE, 'microphone')


def microphone_away_if_needed(turn: Turn) -> None:
    """Asked whether somebody is there: it matters only if the question came between hearing and hearing."""
    if hears(turn.booth):
        microphone_away(turn)
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
    if turn.booth.state is State.NO_SPACE and turn.booth.back is not None:
        turn.go_on_with(turn.booth.back)
    elif turn.booth.state is State.STOPPED and (not turn.booth.ready.stop_out or _lid_is_the_matter(turn)):
        turn.wait(turn.rules.notice_s)
    elif turn.booth.back is not None:
        turn.resume()


def _lid_is_the_matter(turn: Turn) -> bool:
    return turn.booth.reason == 'lid' and not turn.booth.ready.lid_closed


def give_up(turn: Turn) -> None:
    """Nobody waits for it: the visit ends, the condition stays on show as long as it lasts."""
    if turn.booth.back is not None or turn.booth.held is not Held.NOTHING:
        turn.do(Act.NOTE, f'walked away at {turn.booth.state.value}')
    turn.home()


def maintain(turn: Turn) -> None:
    turn.home()
    turn.enter(State.MAINTENANCE, turn.rules.maintenance_s, say=False)


def recovered(turn: Turn) -> None:
    """After a crash: a take that was not kept can still be answered for, a broken cut can be made good."""
    if turn.event.text == 'cut':
        turn.change(held=Held.KEPT, letter=turn.event.number, plan=Plan.PENDING, back=State.LOAD_DISC, reason='power')
        turn.sense(disc_is_cut=True)
        turn.do(Act.SPOILED, 'power')
        turn.do(Act.PREPARE)
        turn.enter(State.FAULT, turn.rules.notice_s)
    elif turn.event.number > 0:
        turn.change(held=Held.UNSAVED, plan=Plan.PENDING)
        turn.do(Act.PREPARE)
        turn.enter(State.LISTEN, turn.rules.listen_s)
    else:
        turn.home()
