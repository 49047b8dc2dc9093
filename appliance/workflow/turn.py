"""One turn of the workflow while it is worked out: the booth as it changes, and the effects in their order."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from appliance.workflow.rules import Rules
from appliance.workflow.values import Act, Booth, Effect, Event, Held, Item, Plan, Ready, State

# States in which a visitor is being served; all others are home, or stand for a condition of the booth.
SERVED = frozenset({
    State.LANGUAGE, State.LEVEL_CHECK, State.COUNTDOWN, State.RECORDING, State.NOT_HEARD, State.LISTEN, State.DISCARD,
    State.SAVING, State.LOAD_DISC, State.DOES_NOT_FIT, State.CUTTING, State.CANCEL, State.TAKE_DISC, State.FORGET,
    State.THANKS, State.STILL_THERE,
})  # fmt: skip
HEARING = frozenset({State.LEVEL_CHECK, State.COUNTDOWN, State.RECORDING})  # the microphone is open
CONDITIONS = frozenset({
    State.CLOSED, State.OUT_OF_BLANKS, State.SWARF_FULL, State.NO_MICROPHONE, State.NO_SPACE, State.FAULT,
    State.STOPPED, State.MAINTENANCE, State.CODE, State.ATTENDANT,
})  # fmt: skip
# Where an interruption returns to: what was begun with the microphone begins again.
RETURNS = {
    State.COUNTDOWN: State.LEVEL_CHECK, State.RECORDING: State.LISTEN, State.CUTTING: State.LOAD_DISC,
    State.CANCEL: State.LOAD_DISC, State.DISCARD: State.LISTEN, State.FORGET: State.TAKE_DISC,
}  # fmt: skip

# What they offer is counted: the next retake, or (where the visitor listens) the next replay.
SPENDING = frozenset({State.LISTEN, State.NOT_HEARD, State.DISCARD, State.DOES_NOT_FIT})


class Turn:
    """Works on copies: the booth it was given stays as it was."""

    def __init__(self, booth: Booth, event: Event, now_s: float, rules: Rules) -> None:
        self.booth = booth
        self.event = event
        self.now_s = now_s
        self.rules = rules
        self.effects: list[Effect] = []
        self.hearing = hears(booth)

    def do(self, act: Act, text: str = '') -> None:
        self.effects.append(Effect(act, text))

    def change(self, **fields: Any) -> None:
        self.booth = replace(self.booth, **fields)

    def sense(self, **fields: Any) -> None:
        self.change(ready=replace(self.booth.ready, **fields))

    def wait(self, seconds: float) -> None:
        """The state's deadline from now."""
        self.change(until_s=self.now_s + seconds)

    def enter(self, state: State, seconds: float, *, say: bool = True) -> None:
        """Change the state: what the old one held open is closed, what the new one needs is opened."""
        if self.booth.state in (State.LISTEN, State.RECOVERING) or say:
            self.do(Act.QUIET)
        self.change(state=state, until_s=self.now_s + seconds, dark=False)
        if state not in (State.CODE, State.ATTENDANT):
            self.change(keys=(), attendant='', item=Item.CUT_AGAIN, done=False)
        if hears(self.booth) != self.hearing:
            self.hearing = not self.hearing
            self.do(Act.HEAR if self.hearing else Act.DEAFEN)
        if say:
            self.do(Act.SAY, prompt(state, self.booth, self.rules))

    def enter_to_hear(self, state: State, seconds: float, *, say: bool = True) -> None:
        """Enter a state that leads to a take: microphone or room may have gone while nobody needed them."""
        if not self.booth.ready.microphone:
            self.change(back=State.LEVEL_CHECK, reason='microphone')
            self.enter(State.NO_MICROPHONE, self.rules.notice_s)
        elif not self.booth.ready.space:
            self.no_room()
        elif self.booth.ready.machine:
            self.no_machine(State.LEVEL_CHECK)
        else:
            self.enter(state, seconds, say=say)

    def no_room(self) -> None:
        """Nobody is to speak for nothing."""
        self.change(back=State.LEVEL_CHECK, reason=self.booth.ready.no_space)
        self.enter(State.NO_SPACE, self.rules.notice_s)

    def no_machine(self, back: State) -> None:
        """It would refuse the cut; nobody is to speak or wait for it in vain."""
        self.change(back=back, reason=self.booth.ready.machine)
        self.enter(State.FAULT, self.rules.notice_s)

    # -- what is held -------------------------------------------------------------------------------------------

    def let_go(self) -> None:
        """The visitor's voice leaves the booth: by the host's policy if nobody said otherwise, never silently."""
        held = self.booth.held
        if held in (Held.RECORDING, Held.ENDING):
            self.do(Act.END_RECORDING)
            self.do(Act.WIPE_TAKE)
        elif held is Held.UNSAVED:
            self.do(Act.HOLD_TAKE if self.rules.unanswered == 'hold' else Act.WIPE_TAKE)
        elif held is Held.KEPT:
            self.do(Act.WIPE_TAKE)  # the copy in memory; the letter is safe
        self.change(held=Held.NOTHING, plan=Plan.NONE, letter=0, cut_ms=0, take=self.booth.take + 1)

    def wipe(self) -> None:
        """The visitor threw it away."""
        self.do(Act.WIPE_TAKE)
        self.change(held=Held.NOTHING, plan=Plan.NONE, cut_ms=0, letter=0, take=self.booth.take + 1)

    # -- ways -------------------------------------------------------------------------------------------------

    def home(self) -> None:
        """The end of a visit, whatever it was: nothing of the visitor stays, the booth waits or says why it cannot."""
        if self.booth.state in (State.CUTTING, State.CANCEL):
            self.spoil('left')
        if State.TAKE_DISC in (self.booth.state, self.booth.back):
            self.do(Act.HANDED_OVER)  # left to its owner, however the visit ends
        self.let_go()
        self.change(back=None, language=0, retakes=0, replays=0, asked=0, reason='', copies=0)
        state = condition(self.booth)
        if state in (State.FAULT, State.NO_SPACE):
            self.change(reason=out_of_order(self.booth.ready) if state is State.FAULT else self.booth.ready.no_space)
        if state is State.ATTRACT:
            self.enter(State.ATTRACT, self.rules.dark_s, say=False)
        else:
            self.enter(state, self.rules.notice_s, say=False)

    def spoil(self, cause: str) -> None:
        """The cut ends now and the disc is lost; the letter is not."""
        self.do(Act.STOP_CUT, cause)
        self.do(Act.SPOILED, cause)
        self.sense(disc_is_cut=self.booth.ready.blank)

    def interrupt(self, state: State, reason: str = '', *, spoils: bool = True) -> None:
        """Something came between: remember where to go on, close what cannot stay open, show why."""
        before = self.booth.state
        back = self.booth.back if before in CONDITIONS or before is State.STILL_THERE else before
        if before is State.STILL_THERE and back is State.RECORDING:
            before = State.RECORDING
        if self.booth.held is Held.RECORDING:
            self.do(Act.END_RECORDING)
            self.change(held=Held.ENDING)
        if before in (State.CUTTING, State.CANCEL) and spoils:
            self.spoil(reason)
        if back is not None:
            back = RETURNS.get(back, back)
        if back not in SERVED or back is State.LANGUAGE:
            back = None
        self.change(back=back, reason=reason)
        self.enter(state, self.rules.notice_s)

    def resume(self) -> None:
        """Back to where the interruption came from, unless something else is the matter now."""
        back, still = self.booth.back, condition(self.booth)
        if back is None:
            self.home()
            return
        if still in (State.FAULT, State.STOPPED) or (still is State.NO_MICROPHONE and back is State.LEVEL_CHECK):
            self.change(reason={State.FAULT: out_of_order(self.booth.ready), State.STOPPED: 'stop'}.get(still, ''))
            self.enter(still, self.rules.notice_s)
            return
        self.change(back=None, reason='', asked=0)
        self.go_on_with(back)

    def go_on_with(self, state: State) -> None:
        """Enter a state of the visit again, as far as what it needs is still there."""
        held = self.booth.held
        if state is State.LISTEN and held is Held.ENDING:
            self.enter(State.RECORDING, self.rules.answer_s, say=False)
        elif state is State.LISTEN and held is Held.UNSAVED:
            self.listen(say=False)
        elif state in (State.LOAD_DISC, State.SAVING, State.STILL_THERE) and held is Held.KEPT:
            self.load_disc()
        elif state is State.TAKE_DISC:
            self.take_disc()
        elif state is State.DOES_NOT_FIT and held in (Held.UNSAVED, Held.KEPT):
            self.enter(state, self.rules.notice_s)
        elif state is State.SAVING and held is Held.UNSAVED:
            self.do(Act.KEEP)
            self.enter(State.SAVING, self.rules.answer_s)
        elif state is State.LANGUAGE:
            self.enter(State.LANGUAGE, self.rules.language_s)
        elif held is Held.NOTHING and state in (State.LEVEL_CHECK, State.NOT_HEARD, State.LISTEN):
            self.enter_to_hear(State.LEVEL_CHECK, self.rules.level_s)
        else:
            self.home()

    def listen(self, *, say: bool = True) -> None:
        """Back to the take; or to why it cannot be cut, if that became known while something else was asked."""
        if self.booth.plan is Plan.REFUSED:
            self.enter(State.DOES_NOT_FIT, self.rules.notice_s)
        else:
            self.enter(State.LISTEN, self.rules.listen_s, say=say)

    def take_disc(self) -> None:
        """Back to the finished disc, if it was not taken while something else was on the screen."""
        if self.booth.ready.disc_is_cut:
            self.enter(State.TAKE_DISC, self.rules.take_disc_s)
        else:
            self.disc_is_gone()

    def disc_is_gone(self) -> None:
        """Into its owner's hands. Of an edition the next one follows, as soon as there is a blank for it."""
        if self.booth.copies > 1:
            self.do(Act.HANDED_OVER, 'more')
            self.change(copies=self.booth.copies - 1)
            if self.booth.plan is Plan.NONE:  # a crash came between: the disc was made by the program before
                self.do(Act.PREPARE)
            self.change(plan=Plan.PENDING)  # the machine may be at the picture of the disc before; then it FITS again
            self.load_disc()
        else:
            self.do(Act.HANDED_OVER)
            self.enter(State.THANKS, self.rules.thanks_s)

    def load_disc(self) -> None:
        """The letter is safe; now the blank. Says why not if this cannot be."""
        ready = self.booth.ready
        self.change(back=None, asked=0)
        if self.booth.plan is Plan.REFUSED:
            self.enter(State.DOES_NOT_FIT, self.rules.notice_s)
        elif not ready.blanks or not ready.swarf:
            self.change(back=State.LOAD_DISC)
            self.enter(State.SWARF_FULL if ready.blanks else State.OUT_OF_BLANKS, self.rules.notice_s)
        elif ready.machine:
            self.no_machine(State.LOAD_DISC)
        else:
            self.enter(State.LOAD_DISC, self.rules.load_disc_s)


def prompt(state: State, booth: Booth, rules: Rules) -> str:
    """What is said on entering a state: it offers nothing that cannot be done there any more."""
    spent = booth.replays >= rules.replays if state is State.LISTEN else booth.retakes >= rules.retakes
    name = state.value
    if state is State.DOES_NOT_FIT and booth.reason not in ('', 'too long'):
        name = 'no plan'
    return f'{name} last' if spent and state in SPENDING else name


def hears(booth: Booth) -> bool:
    """Whether the microphone is open: while it is needed, and while a question interrupts that."""
    return booth.state in HEARING or (booth.state is State.STILL_THERE and booth.back in HEARING)


def condition(booth: Booth) -> State:
    """Where a booth without a visitor stands."""
    ready = booth.ready
    for bad, state in (
        (bool(ready.fault), State.FAULT),
        (not ready.stop_out, State.STOPPED),
        (bool(closed_by(ready)), State.CLOSED),
        (bool(ready.machine), State.FAULT),
        (not ready.swarf, State.SWARF_FULL),
        (not ready.blanks, State.OUT_OF_BLANKS),
        (not ready.space, State.NO_SPACE),
        (not ready.microphone, State.NO_MICROPHONE),
    ):
        if bad:
            return state
    return State.ATTRACT


def troubles(booth: Booth) -> list[str]:
    """What is the matter with it: keys of `words.reasons`, most urgent first."""
    ready, state = booth.ready, booth.state
    keys = [
        ('stop', not ready.stop_out),
        (ready.fault, bool(ready.fault)),
        (ready.machine, bool(ready.machine)),
        (booth.reason, state in (State.FAULT, State.STOPPED, State.NO_SPACE) and bool(booth.reason)),
        ('microphone', not ready.microphone),
        (ready.no_space or 'disk full', not ready.space),
        ('swarf full', not ready.swarf),
        ('blanks', not ready.blanks),
        ('called', booth.called),
    ]
    return [key for key, holds in keys if holds]


def out_of_order(ready: Ready) -> str:
    """Of FAULT: what the host must mend comes first."""
    return ready.fault or ready.machine


def closed_by(ready: Ready) -> str:
    """Why there are no letters now: 'host', 'hours' or 'quota'; empty when there are."""
    reasons = (('host', ready.open), ('hours', ready.hours), ('quota', ready.quota))
    return next((name for name, well in reasons if not well), '')


def can_cut(booth: Booth) -> bool:
    """Whether a press at LOAD_DISC may spend the blank that lies there."""
    ready = booth.ready
    return (
        booth.state is State.LOAD_DISC
        and booth.held is Held.KEPT
        and booth.plan is Plan.FITS
        and ready.lid_closed
        and ready.stop_out
        and ready.blank
        and not ready.disc_is_cut
        and ready.blanks
        and ready.swarf
        and not out_of_order(ready)
    )
