"""Whoever looks after the booth, at its three controls: a knock, a sequence or a token, and a small menu.

The menu opens where nobody is disturbed. What a visitor still has there stays: leaving the menu goes on with it.
"""

from __future__ import annotations

from appliance.workflow.turn import CONDITIONS, Turn, condition
from appliance.workflow.values import Act, Held, Item, Kind, Plan, State

PADS = {'left': Kind.LEFT, 'right': Kind.RIGHT, 'record': Kind.RECORD}
ITEMS = tuple(Item)
LOUDER_DB = 3
BY_SEQUENCE = 'sequence'


def knock(turn: Turn) -> None:
    """Both pads held. Without a sequence, or after too many wrong ones, nobody is let in."""
    if not turn.rules.sequence:
        return
    if turn.now_s < turn.booth.locked_until_s:
        turn.do(Act.TONE, 'error')
        return
    _come_between(turn)
    turn.do(Act.TONE, 'tick')
    turn.change(keys=())
    turn.enter(State.CODE, turn.rules.code_s, say=False)


def key(turn: Turn) -> None:
    """One press of the sequence; it is judged when it is whole, so that no press tells how much of it was right."""
    keys = (*turn.booth.keys, turn.event.kind)
    turn.change(keys=keys)
    turn.wait(turn.rules.code_s)
    if len(keys) < len(turn.rules.sequence):
        turn.do(Act.TONE, 'tick')
    elif keys == tuple(PADS[name] for name in turn.rules.sequence):
        _open(turn, BY_SEQUENCE)
    else:
        _wrong(turn)


def _wrong(turn: Turn) -> None:
    wrong = turn.booth.wrong + 1
    locked = wrong >= turn.rules.tries
    turn.do(Act.TONE, 'error')
    turn.do(Act.DEED, 'somebody: wrong sequence' + (', locked for a while' if locked else ''))
    turn.change(wrong=0 if locked else wrong)
    if locked:
        turn.change(locked_until_s=turn.now_s + turn.rules.locked_s)
    leave_menu(turn)


def attend(turn: Turn) -> None:
    """A token that is known."""
    _come_between(turn)
    _open(turn, turn.event.text or 'token')


def _open(turn: Turn, who: str) -> None:
    turn.change(wrong=0, keys=(), attendant=who, item=ITEMS[0], done=False)
    turn.do(Act.TONE, 'chime')
    turn.do(Act.DEED, f'{who}: opened the menu')
    turn.enter(State.ATTENDANT, turn.rules.attendant_s, say=False)


def _come_between(turn: Turn) -> None:
    """Remember what is to go on afterwards: a visit that waits, never one that has only just been greeted."""
    before = turn.booth.state
    if before in CONDITIONS:
        return
    turn.do(Act.QUIET)
    if before is State.TAKE_DISC:
        turn.change(back=before, asked=0)
    else:  # the pads of the knock may have chosen a language on their way
        turn.change(back=None, asked=0, language=0)


def leave_menu(turn: Turn) -> None:
    turn.resume()


# -- the menu ------------------------------------------------------------------------------------------------------


def item_before(turn: Turn) -> None:
    _choose(turn, -1)


def item_after(turn: Turn) -> None:
    _choose(turn, 1)


def _choose(turn: Turn, by: int) -> None:
    turn.change(item=ITEMS[(ITEMS.index(turn.booth.item) + by) % len(ITEMS)], done=False)
    turn.do(Act.TONE, 'tick')
    turn.wait(turn.rules.attendant_s)


def do_item(turn: Turn) -> None:
    turn.wait(turn.rules.attendant_s)
    turn.change(done=False)
    DOES[turn.booth.item](turn)


def _done(turn: Turn, what: str) -> None:
    turn.do(Act.DEED, f'{turn.booth.attendant}: {what}')
    turn.do(Act.TONE, 'chime')
    turn.change(done=True)


def _refuse(turn: Turn) -> None:
    turn.do(Act.TONE, 'error')


def _ask_again(turn: Turn) -> None:
    """The letter that waits here, or else the last one; never in place of a take that nobody has answered for."""
    if turn.booth.held is Held.KEPT:
        _once_more(turn)
    elif turn.booth.held is Held.NOTHING and _machine_is_well(turn):
        turn.do(Act.FIND_LETTER)
    else:
        _refuse(turn)


def _next_blank(turn: Turn) -> None:
    """A new blank lies there; not while a visitor's disc still does."""
    if turn.booth.back is State.TAKE_DISC:
        _refuse(turn)
        return
    turn.do(Act.NEXT_BLANK)
    turn.sense(disc_is_cut=False)
    _done(turn, 'next blank')


def _close(turn: Turn) -> None:
    turn.sense(open=not turn.booth.ready.open)
    _done(turn, 'opened the booth' if turn.booth.ready.open else 'closed the booth')


def _quieter(turn: Turn) -> None:
    turn.do(Act.VOLUME, f'-{LOUDER_DB}')
    _done(turn, 'quieter')


def _louder(turn: Turn) -> None:
    turn.do(Act.VOLUME, f'+{LOUDER_DB}')
    _done(turn, 'louder')


def _call(turn: Turn) -> None:
    turn.change(called=not turn.booth.called)
    _done(turn, 'called the host' if turn.booth.called else 'took the call back')


DOES = {
    Item.CUT_AGAIN: _ask_again, Item.NEXT_BLANK: _next_blank, Item.CLOSE: _close, Item.QUIETER: _quieter,
    Item.LOUDER: _louder, Item.CALL: _call, Item.LEAVE: leave_menu,
}  # fmt: skip


# -- a letter once more ----------------------------------------------------------------------------------------------


def cut_again(turn: Turn) -> None:
    """A kept letter is to have another disc: as far as the blank, and then somebody must press for it as always."""
    if turn.booth.held is not Held.NOTHING or not _machine_is_well(turn):
        _refuse(turn)
        return
    if turn.booth.state is State.ATTENDANT:
        turn.do(Act.DEED, f'{turn.booth.attendant}: letter no. {turn.event.number} is to be cut again')
    copies = max(turn.event.copies, 1)
    turn.change(held=Held.KEPT, letter=turn.event.number, plan=Plan.PENDING, reason='', copies=copies)
    turn.do(Act.PREPARE)
    turn.load_disc()


def no_letter(turn: Turn) -> None:
    _refuse(turn)


def _once_more(turn: Turn) -> None:
    """The visitor's own: a disc that is no good is spoiled, not handed over."""
    if turn.booth.back is State.TAKE_DISC:
        turn.do(Act.SPOILED, 'attendant')
    turn.do(Act.DEED, f'{turn.booth.attendant}: letter no. {turn.booth.letter} is to be cut again')
    turn.change(back=State.LOAD_DISC)
    leave_menu(turn)


def _machine_is_well(turn: Turn) -> bool:
    return condition(turn.booth) not in (State.FAULT, State.STOPPED)
