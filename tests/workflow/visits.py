"""Random and exhaustive visits, and what must hold in each of their steps."""

from collections import deque
from dataclasses import replace

from appliance.workflow.reduce import step
from appliance.workflow.rules import Rules
from appliance.workflow.turn import CONDITIONS
from appliance.workflow.values import Act, Booth, Event, Held, Kind, Ready, State

CAUSES = {Kind.FAULT: 'lathe', Kind.CUT_FAULT: 'stall', Kind.DOES_NOT_FIT: 'too long', Kind.KEEP_FAILED: 'disk full'}
NUMBERS = {Kind.TAKE_HEARD: 9000, Kind.KEPT: 7, Kind.FITS: 60_000, Kind.AGAIN: 7}
SEQUENCE = ('left', 'left', 'right', 'record', 'right', 'left')
RULES = Rules(sequence=SEQUENCE)
WAY = {
    State.RECOVERING: [Kind.RECOVERED], State.ATTRACT: [Kind.RECORD], State.LANGUAGE: [Kind.RECORD],
    State.LEVEL_CHECK: [Kind.RECORD], State.COUNTDOWN: [Kind.TIME_UP], State.RECORDING: [Kind.RECORD, Kind.TAKE_HEARD],
    State.LISTEN: [Kind.RECORD, Kind.FITS], State.SAVING: [Kind.KEPT],
    State.LOAD_DISC: [Kind.BLANK_LAID, Kind.RECORD, Kind.FITS, Kind.LID_CLOSED],
    State.CUTTING: [Kind.CUT_DONE, Kind.RIGHT], State.CANCEL: [Kind.RECORD, Kind.LEFT],
    State.TAKE_DISC: [Kind.BLANK_TAKEN, Kind.LEFT], State.FORGET: [Kind.RECORD], State.THANKS: [Kind.TIME_UP],
    State.STOPPED: [Kind.STOP_RELEASED, Kind.LID_CLOSED], State.FAULT: [Kind.MENDED, Kind.RECORD, Kind.MACHINE_IN],
}  # fmt: skip
BAD = {Kind.LID_OPENED, Kind.STOP_PRESSED}
WELL = (Kind.STOP_RELEASED, Kind.LID_CLOSED, Kind.MENDED, Kind.MICROPHONE_FOUND, Kind.SPACE_OK, Kind.OPEN,
        Kind.BLANKS_IN, Kind.SWARF_EMPTIED, Kind.HOURS_BEGIN, Kind.QUOTA_FREE, Kind.MACHINE_IN)  # fmt: skip


def event(kind):
    return Event(kind, CAUSES.get(kind, ''), NUMBERS.get(kind, 0))


def acts(effects):
    return [effect.act for effect in effects]


class Visit:
    """A booth, a clock, and what came out."""

    def __init__(self, rules=RULES, **ready):
        self.rules = rules
        self.now_s = 0.0
        self.booth = Booth(ready=Ready(**ready))
        self.effects = []
        self.send(Kind.RECOVERED, number=0)

    def send(self, *kinds, number=None, text=None):
        for kind in kinds:
            happened = event(kind)
            if number is not None or text is not None:
                happened = Event(kind, text or '', number or 0)
            self.booth, effects = step(self.booth, happened, self.now_s, self.rules)
            self.effects.extend(effects)
        return self.booth.state

    def wait(self):
        self.now_s = self.booth.until_s
        return self.send(Kind.TIME_UP)

    def said(self):
        """Acts since it was asked last."""
        seen, self.effects = acts(self.effects), []
        return seen

    def to(self, state):
        """The straight way of a visitor who does everything right, as far as `state`."""
        way = {
            State.LANGUAGE: [Kind.RECORD], State.LEVEL_CHECK: [Kind.RECORD], State.COUNTDOWN: [Kind.RECORD],
            State.RECORDING: [Kind.TIME_UP], State.LISTEN: [Kind.RECORD, Kind.TAKE_HEARD], State.SAVING: [Kind.RECORD],
            State.LOAD_DISC: [Kind.KEPT, Kind.FITS, Kind.BLANK_LAID], State.CUTTING: [Kind.RECORD],
            State.TAKE_DISC: [Kind.CUT_DONE], State.THANKS: [Kind.BLANK_TAKEN], State.ATTRACT: [Kind.TIME_UP],
        }  # fmt: skip
        for reached, kinds in way.items():
            for kind in kinds:
                if kind is Kind.TIME_UP:
                    self.wait()
                else:
                    self.send(kind)
            assert self.booth.state is reached
            if reached is state:
                return self
        raise AssertionError(state)


class Witness:
    """Follows one visit from outside, by effects alone, and complains."""

    def __init__(self):
        self.unsaved = False  # a take that nobody has answered for
        self.kept = False
        self.cutting = False
        self.lid_closed = self.stop_out = True
        self.hearing = self.disc = False  # the microphone is open; a letter's disc waits for its owner

    def see(self, before, happened, after, effects):
        if happened.kind in (Kind.LID_OPENED, Kind.LID_CLOSED):
            self.lid_closed = happened.kind is Kind.LID_CLOSED
        if happened.kind in (Kind.STOP_PRESSED, Kind.STOP_RELEASED):
            self.stop_out = happened.kind is Kind.STOP_RELEASED
        if happened.kind is Kind.TAKE_HEARD and before.held is Held.ENDING:
            self.unsaved = True
        if happened.kind is Kind.KEPT and after.held is Held.KEPT and before.held is Held.UNSAVED:
            self.unsaved, self.kept = False, True
        if happened.kind is Kind.AGAIN and after.held is Held.KEPT and before.held is Held.NOTHING:
            self.kept = True  # the host's or the attendant's wish; the press is still the visitor's
        if happened.kind in BAD and before.state in (State.CUTTING, State.CANCEL):
            assert Act.STOP_CUT in acts(effects), 'lid and stop always win'
        if happened.kind in (Kind.CUT_DONE, Kind.CUT_FAULT, Kind.CUT_STOPPED):
            self.cutting = False
        if happened.kind is Kind.CUT_DONE and after.state is State.TAKE_DISC:
            self.disc = True
        if happened.kind is Kind.RECOVERED and before.state is State.RECOVERING:
            self.unsaved = happened.number > 0 and not happened.text
            self.kept = happened.text in ('cut', 'kept')
            self.disc = happened.text == 'done'
        for act in acts(effects):
            self.follow(act, before, happened)
        assert (after.held is Held.UNSAVED) == self.unsaved
        if after.state in CONDITIONS | {State.ATTRACT, State.THANKS, State.LISTEN}:
            assert not self.hearing, 'an open microphone that nobody needs'
        if after.state is State.RECORDING and after.held is Held.RECORDING:
            assert self.hearing
        if after.state in (State.ATTRACT, State.THANKS):
            assert not self.disc, 'a disc that was never handed over'
        assert after.until_s is not None
        assert after.language >= 0
        if self.cutting:
            assert after.state in (State.CUTTING, State.CANCEL), 'a cut that nobody watches'

    def follow(self, act, before, happened):
        if act in (Act.HEAR, Act.DEAFEN):
            assert self.hearing != (act is Act.HEAR), 'opened or closed twice'
            self.hearing = act is Act.HEAR
        elif act is Act.HANDED_OVER:
            assert self.disc, 'handed over twice, or what is not there'
            self.disc = False
        elif act is Act.SPOILED:
            self.disc = False  # the attendant took it for no good: it is nobody's
        elif act is Act.FIND_LETTER:
            assert before.held is Held.NOTHING, 'a letter looked for in place of the one that is here'
        elif act is Act.RECORD:
            assert before.ready.microphone, 'recorded without a microphone'
            assert not before.ready.machine, 'recorded for a machine that cuts nothing'
            assert not self.unsaved, 'recorded over an unsaved take'
        elif act is Act.CUT:
            assert before.state is State.LOAD_DISC, 'cut without being asked'
            assert happened.kind is Kind.RECORD, 'cut without consent'
            assert self.kept, 'cut what was not kept'
            assert not before.ready.machine, 'cut on a machine that is known to refuse'
            assert self.lid_closed
            assert self.stop_out
            assert not self.cutting
            self.cutting = True
        elif act is Act.STOP_CUT:
            self.cutting = False
        elif act in (Act.WIPE_TAKE, Act.HOLD_TAKE):
            self.unsaved = self.kept = False
        elif act in (Act.PLAY_TAKE, Act.PLAY_DISC):
            assert self.unsaved, 'played what is not there'


def way_home(booth, now_s, rules, witness):
    """Nobody presses anything any more and all that was wrong is mended: how many deadlines until the booth is free."""
    for kind in WELL:
        after, effects = step(booth, event(kind), now_s, rules)
        witness.see(booth, event(kind), after, effects)
        booth = after
    if booth.state is State.RECOVERING:
        booth, _ = step(booth, event(Kind.RECOVERED), now_s, rules)
    for deadlines in range(12):
        if booth.state is State.ATTRACT:
            assert booth.held is Held.NOTHING
            assert not witness.unsaved
            assert booth.back is None
            return deadlines
        if booth.held is Held.ENDING:
            happened = event(Kind.TAKE_HEARD)
            after, effects = step(booth, happened, now_s, rules)
            witness.see(booth, happened, after, effects)
            booth = after
        now_s = max(now_s, booth.until_s)
        after, effects = step(booth, Event(Kind.TIME_UP), now_s, rules)
        witness.see(booth, Event(Kind.TIME_UP), after, effects)
        booth = after
    raise AssertionError(f'no way home from {booth}')


def simplified(booth):
    """The booth without its clock readings and its count of takes."""
    return replace(booth, until_s=0.0, cut_until_s=0.0, take=0)


def reachable(rules, limit):
    """Every booth that can be reached, each with one event that was seen leading there, breadth first."""
    seen = {simplified(Booth())}
    waiting = deque(seen)
    while waiting and len(seen) < limit:
        booth = waiting.popleft()
        for kind in Kind:
            after, effects = step(booth, event(kind), 1.0, rules)
            yield booth, kind, after, effects
            known = simplified(after)
            if known not in seen:
                seen.add(known)
                waiting.append(known)
