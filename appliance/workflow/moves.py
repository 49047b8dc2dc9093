"""What follows from an event, as small named rules over a `Turn`; `table` says which holds where."""

from __future__ import annotations

from appliance.workflow.turn import Turn, can_cut
from appliance.workflow.values import Act, Held, Plan, State

# -- attract, language, level --------------------------------------------------------------------------------------


def greet(turn: Turn) -> None:
    """The first press; on a dark screen it only wakes."""
    if turn.booth.dark:
        turn.change(dark=False)
        turn.wait(turn.rules.dark_s)
    elif turn.rules.languages > 1:
        turn.enter(State.LANGUAGE, turn.rules.language_s)
    else:
        to_level(turn)


def sleep(turn: Turn) -> None:
    turn.change(dark=True)
    turn.wait(turn.rules.dark_s)


def previous_language(turn: Turn) -> None:
    _language(turn, -1)


def next_language(turn: Turn) -> None:
    _language(turn, 1)


def _language(turn: Turn, by: int) -> None:
    turn.change(language=(turn.booth.language + by) % turn.rules.languages)
    turn.wait(turn.rules.language_s)
    turn.do(Act.QUIET)
    turn.do(Act.SAY, State.LANGUAGE.value)


def home(turn: Turn) -> None:
    turn.home()


def to_level(turn: Turn) -> None:
    turn.change(asked=0)
    turn.enter_to_hear(State.LEVEL_CHECK, turn.rules.level_s)


def level_good(turn: Turn) -> None:
    """Somebody speaks: there is time."""
    turn.wait(turn.rules.level_s)


def to_countdown(turn: Turn) -> None:
    turn.change(asked=0)
    turn.do(Act.QUIET)
    turn.enter_to_hear(State.COUNTDOWN, turn.rules.countdown_s, say=False)


# -- recording -----------------------------------------------------------------------------------------------------


def begin_recording(turn: Turn) -> None:
    turn.do(Act.TONE, 'record')
    turn.enter(State.RECORDING, turn.rules.max_message_s + turn.rules.answer_s, say=False)
    turn.do(Act.RECORD)
    turn.change(held=Held.RECORDING)


def end_recording(turn: Turn) -> None:
    """Once: a second press while the take is being closed changes nothing."""
    if turn.booth.held is not Held.RECORDING:
        return
    turn.do(Act.END_RECORDING)
    turn.change(held=Held.ENDING, back=None)
    turn.enter(State.RECORDING, turn.rules.answer_s, say=False)


def recording_late(turn: Turn) -> None:
    """The recorder does not answer: no take, no visit."""
    if turn.booth.held is Held.RECORDING:
        end_recording(turn)
    else:
        turn.home()


def ask_in_silence(turn: Turn) -> None:
    if turn.booth.held is Held.RECORDING:
        turn.change(back=State.RECORDING)
        turn.enter(State.STILL_THERE, turn.rules.still_there_s, say=False)
        turn.do(Act.TONE, 'still')


def take_heard(turn: Turn) -> None:
    """The take is whole: it can be listened to, and it is mastered and planned meanwhile."""
    if turn.booth.held is not Held.ENDING:
        return
    turn.change(held=Held.UNSAVED, plan=Plan.PENDING, replays=0)
    turn.do(Act.PREPARE)
    if turn.booth.state is State.RECORDING:
        turn.enter(State.LISTEN, turn.rules.max_message_s + turn.rules.listen_s)
        turn.do(Act.PLAY_TAKE)


def take_empty(turn: Turn) -> None:
    if turn.booth.held is not Held.ENDING:
        return
    turn.wipe()
    if turn.booth.state is State.RECORDING and not turn.booth.ready.space:
        turn.no_room()  # nothing could be recorded: it was not the visitor
    elif turn.booth.state is State.RECORDING:
        turn.enter(State.NOT_HEARD, turn.rules.notice_s)


# -- review --------------------------------------------------------------------------------------------------------


def hear_again(turn: Turn) -> None:
    """As the disc will sound, and as it was spoken, in turn."""
    if turn.booth.replays >= turn.rules.replays:
        return
    turn.change(replays=turn.booth.replays + 1)
    turn.do(Act.QUIET)
    turn.do(Act.PLAY_DISC if turn.booth.replays % 2 else Act.PLAY_TAKE)
    turn.wait(turn.rules.max_message_s + turn.rules.listen_s)


def played(turn: Turn) -> None:
    turn.wait(turn.rules.listen_s)


def ask_discard(turn: Turn) -> None:
    turn.enter(State.DISCARD, turn.rules.question_s)


def back_to_listen(turn: Turn) -> None:
    turn.change(asked=0)
    turn.listen()


def say_again(turn: Turn) -> None:
    """Thrown away on purpose, then once more; not for ever, others are waiting."""
    if turn.booth.retakes >= turn.rules.retakes:
        return
    turn.wipe()
    turn.change(retakes=turn.booth.retakes + 1)
    to_countdown(turn)


def speak_up(turn: Turn) -> None:
    """Nothing was heard: once more, as often as a letter may be said again."""
    if turn.booth.retakes >= turn.rules.retakes:
        leave(turn)
        return
    turn.change(retakes=turn.booth.retakes + 1)
    to_level(turn)


def leave(turn: Turn) -> None:
    """Forget what is not kept, and go."""
    if turn.booth.held is Held.UNSAVED:
        turn.wipe()
    turn.do(Act.NOTE, f'left at {turn.booth.state.value}')
    turn.home()


def keep(turn: Turn) -> None:
    turn.do(Act.KEEP)
    turn.change(asked=0)
    turn.enter(State.SAVING, turn.rules.answer_s, say=False)


def kept(turn: Turn) -> None:
    """The letter is on disk. Whoever has meanwhile gone has left it to the host."""
    if turn.booth.held is not Held.UNSAVED or State.SAVING not in (turn.booth.state, turn.booth.back):
        return
    turn.change(held=Held.KEPT, letter=turn.event.number)
    if turn.booth.state in (State.SAVING, State.NO_SPACE):
        turn.load_disc()


def keep_failed(turn: Turn) -> None:
    """Still in memory: nothing is lost, and it can be tried again."""
    if turn.booth.held is Held.UNSAVED and turn.booth.state is State.SAVING:
        turn.change(back=State.SAVING, reason=turn.event.text)
        turn.enter(State.NO_SPACE, turn.rules.notice_s)


def keep_late(turn: Turn) -> None:
    turn.change(back=State.SAVING)
    turn.enter(State.NO_SPACE, turn.rules.notice_s)


def fits(turn: Turn) -> None:
    """Said once more after a cut that was broken off: the next takes longer, for the carriage must go home first."""
    if turn.booth.plan in (Plan.PENDING, Plan.FITS):
        turn.change(plan=Plan.FITS, cut_ms=turn.event.number)


def does_not_fit(turn: Turn) -> None:
    """Told as soon as it is known, before anything is kept or spent."""
    if turn.booth.plan is not Plan.PENDING:
        return
    turn.change(plan=Plan.REFUSED, reason=turn.event.text)
    if turn.booth.state in (State.LISTEN, State.LOAD_DISC):
        turn.enter(State.DOES_NOT_FIT, turn.rules.notice_s)


def shorter(turn: Turn) -> None:
    """Say it again: what does not fit is let go (a letter already kept stays with the host)."""
    if turn.booth.retakes >= turn.rules.retakes:
        leave(turn)
        return
    if turn.booth.held is Held.UNSAVED:
        turn.wipe()
    turn.let_go()
    turn.change(reason='', retakes=turn.booth.retakes + 1)
    to_countdown(turn)


# -- disc and cut --------------------------------------------------------------------------------------------------


def cut(turn: Turn) -> None:
    """The press that spends a blank; when something is missing it says so once more instead."""
    if not can_cut(turn.booth):
        turn.wait(turn.rules.load_disc_s)
        turn.do(Act.QUIET)
        turn.do(Act.SAY, State.LOAD_DISC.value)
        return
    rules = turn.rules
    turn.do(Act.CUT)
    expected_s = turn.booth.cut_ms / 1000 * (1 + rules.cut_margin) + rules.cut_grace_s
    turn.enter(State.CUTTING, expected_s)
    turn.change(cut_until_s=turn.booth.until_s)


def ask_cancel(turn: Turn) -> None:
    turn.enter(State.CANCEL, turn.rules.question_s, say=False)


def go_on_cutting(turn: Turn) -> None:
    """The cut never stopped; neither did its own deadline."""
    turn.enter(State.CUTTING, 0.0, say=False)
    turn.change(until_s=turn.booth.cut_until_s)


def cancel(turn: Turn) -> None:
    turn.spoil('visitor')
    turn.load_disc()


def cut_done(turn: Turn) -> None:
    turn.sense(disc_is_cut=turn.booth.ready.blank)
    turn.change(asked=0)
    turn.do(Act.TONE, 'chime')
    turn.enter(State.TAKE_DISC, turn.rules.take_disc_s)


def cut_failed(turn: Turn) -> None:
    _void(turn, turn.event.text or 'unknown', spoils=not turn.event.number)


def cut_late(turn: Turn) -> None:
    _void(turn, 'timeout')


def host_stop(turn: Turn) -> None:
    _void(turn, 'host')


def _void(turn: Turn, reason: str, *, spoils: bool = True) -> None:
    turn.do(Act.TONE, 'error')
    turn.interrupt(State.FAULT, reason, spoils=spoils)


# -- end of the visit ----------------------------------------------------------------------------------------------


def disc_taken(turn: Turn) -> None:
    turn.sense(blank=False, disc_is_cut=False)
    turn.disc_is_gone()


def call_for_disc(turn: Turn) -> None:
    """A chime and a little more time, then the booth is free; the disc stays announced."""
    if turn.booth.asked:
        turn.home()
        return
    turn.change(asked=1)
    turn.do(Act.TONE, 'chime')
    turn.do(Act.SAY, State.TAKE_DISC.value)
    turn.wait(turn.rules.take_disc_s)


def ask_forget(turn: Turn) -> None:
    turn.enter(State.FORGET, turn.rules.question_s)


def forget(turn: Turn) -> None:
    turn.do(Act.FORGET_LETTER)
    turn.do(Act.HANDED_OVER)
    turn.enter(State.THANKS, turn.rules.thanks_s)


def back_to_disc(turn: Turn) -> None:
    turn.take_disc()


# -- still there? --------------------------------------------------------------------------------------------------


def ask_still_there(turn: Turn) -> None:
    turn.change(back=turn.booth.state)
    turn.enter(State.STILL_THERE, turn.rules.still_there_s)


def here(turn: Turn) -> None:
    """Whoever presses is there."""
    back = turn.booth.back
    turn.change(back=None)
    if back is State.RECORDING and turn.booth.held is Held.RECORDING:
        turn.enter(State.RECORDING, turn.rules.max_message_s + turn.rules.answer_s, say=False)
    elif back is None:
        turn.home()
    else:
        turn.go_on_with(back)


def nobody(turn: Turn) -> None:
    """What was being said is ended and can be listened to; anything else goes by policy."""
    if turn.booth.back is State.RECORDING:
        end_recording(turn)
    else:
        turn.do(Act.NOTE, f'walked away at {turn.booth.back.value if turn.booth.back else "?"}')
        turn.home()
