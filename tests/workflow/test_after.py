"""What comes afterwards: a restart, an answer that is late, a host who must be called, a visitor who is slow."""

import numpy as np
import pytest

from appliance.workflow.reduce import step
from appliance.workflow.rules import Rules
from appliance.workflow.values import Act, Booth, Event, Held, Kind, Plan, Ready, State
from tests.workflow.visits import RULES, WAY, Visit, Witness, event, way_home

CRASHES = [('', 0), ('', 8000), ('cut', 12), ('done', 12), ('kept', 12)]


def crashed(text, number, rules=RULES, **ready):
    """A visit as it is taken up after the program has ended by itself; sensors are told first."""
    visit = Visit(rules, **ready)
    visit.booth, visit.effects = Booth(ready=Ready(**ready)), []
    visit.send(Kind.RECOVERED, text=text, number=number)
    return visit


# -- after a crash -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize('ready', [{'microphone': False}, {'open': False}])
def test_a_take_can_be_answered_for_without_microphone_and_in_a_closed_booth(ready):
    assert crashed('', 8000, **ready).booth.state is State.LISTEN


def test_an_empty_platter_after_a_broken_cut_takes_the_next_blank():
    visit = crashed('cut', 12)
    visit.send(Kind.RECORD, Kind.FITS, Kind.BLANK_LAID)
    assert visit.send(Kind.RECORD) is State.CUTTING


def test_a_kept_letter_goes_on_to_its_blank_after_a_crash():
    visit = crashed('kept', 12)
    assert visit.booth.state is State.LOAD_DISC
    assert visit.said().count(Act.PREPARE) == 1
    visit.send(Kind.FITS, Kind.BLANK_LAID)
    assert visit.send(Kind.RECORD) is State.CUTTING
    assert crashed('kept', 12, blanks=False).booth.state is State.OUT_OF_BLANKS


@pytest.mark.parametrize(('text', 'number'), CRASHES)
def test_random_visits_after_a_crash_hold_all_promises(text, number):
    chance = np.random.default_rng(number + len(text))
    kinds = list(Kind)
    for _ in range(600):
        booth, now_s, witness = Booth(), 0.0, Witness()
        before = [kinds[k] for k in chance.integers(0, len(kinds), 3)]
        happening = [event(k) for k in before if k is not Kind.RECOVERED]
        for happened in [*happening, Event(Kind.RECOVERED, text, number)]:
            after, effects = step(booth, happened, now_s, RULES)
            if after.until_s is not None:
                witness.see(booth, happened, after, effects)
            else:
                witness.lid_closed, witness.stop_out = after.ready.lid_closed, after.ready.stop_out
            booth = after
        for index in chance.integers(0, len(kinds), 20):
            forward = WAY.get(booth.state) if chance.random() < 0.7 else None
            happened = event(forward[index % len(forward)] if forward else kinds[index])
            now_s = max(now_s, booth.until_s) if happened.kind is Kind.TIME_UP else now_s + 1.0
            after, effects = step(booth, happened, now_s, RULES)
            witness.see(booth, happened, after, effects)
            booth = after
        way_home(booth, now_s, RULES, witness)


# -- late answers --------------------------------------------------------------------------------------------------


class SlowKiosk:
    """Answers what it was asked, later; each answer with the take it was asked about."""

    def __init__(self):
        self.recorded = 0
        self.late = []  # what is still to be told

    def perform(self, effects, booth):
        for effect in effects:
            if effect.act is Act.RECORD:
                self.recorded += 1
            kind = {Act.KEEP: Kind.KEPT, Act.PREPARE: Kind.FITS}.get(effect.act)
            if kind:
                self.late.append(Event(kind, '', self.recorded, booth.take))
            if effect.act is Act.CUT:
                self.late += [
                    Event(kind, str(self.recorded), 0, booth.take) for kind in (Kind.CUT_DONE, Kind.CUT_FAULT)
                ]


def test_an_answer_about_an_earlier_take_is_never_taken_for_the_present_one():
    """Letters, plans and cuts are numbered by their recording here: none may be mistaken for another."""
    chance = np.random.default_rng(33)
    kinds = [
        k for k in Kind if k not in (Kind.KEPT, Kind.FITS, Kind.CUT_DONE, Kind.CUT_FAULT, Kind.CUT_STOPPED, Kind.AGAIN)
    ]
    letters = discs = stale = 0
    for _ in range(400):
        booth, now_s, kiosk = Booth(), 0.0, SlowKiosk()
        for index in chance.integers(0, len(kinds), 120):
            forward = [k for k in WAY.get(booth.state, []) if k in kinds] if chance.random() < 0.8 else []
            happened = event(forward[index % len(forward)] if forward else kinds[index])
            if kiosk.late and chance.random() < 0.25:
                happened = kiosk.late.pop(chance.integers(0, len(kiosk.late)))
            now_s = max(now_s, booth.until_s or 0.0) if happened.kind is Kind.TIME_UP else now_s + 1.0
            after, effects = step(booth, happened, now_s, RULES)
            if happened.take and happened.take != booth.take:
                stale += 1
            if after.held is Held.KEPT:
                assert after.letter == kiosk.recorded, 'the letter of an earlier visitor'
                letters += 1
            if happened.kind is Kind.CUT_DONE and after.state is State.TAKE_DISC is not booth.state:
                assert happened.text == str(kiosk.recorded), 'the end of an earlier cut'
                discs += 1
            if after.plan is Plan.FITS:
                assert after.cut_ms == kiosk.recorded, 'the plan of an earlier take'
            kiosk.perform(effects, after)
            booth = after
    assert min(letters, discs, stale) > 50


# -- called hosts and slow visitors --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ('bad', 'shown', 'mended'),
    [(Kind.BLANKS_OUT, State.OUT_OF_BLANKS, Kind.BLANKS_IN), (Kind.SWARF_FULL, State.SWARF_FULL, Kind.SWARF_EMPTIED)],
)
def test_the_last_blank_and_a_full_bin_are_told_while_the_blank_is_waited_for(bad, shown, mended):
    visit = Visit().to(State.LOAD_DISC)
    assert visit.send(bad) is shown
    assert visit.booth.held is Held.KEPT
    assert visit.send(Kind.RECORD) is shown
    assert visit.send(mended) is State.LOAD_DISC
    assert visit.send(Kind.RECORD) is State.CUTTING


def test_saying_it_shorter_or_louder_counts_as_saying_it_again():
    visit = Visit(Rules(retakes=2)).to(State.RECORDING)
    visit.send(Kind.RECORD, Kind.TAKE_EMPTY)
    assert visit.send(Kind.RECORD) is State.LEVEL_CHECK
    visit.send(Kind.RECORD)
    visit.wait()
    visit.send(Kind.RECORD, Kind.TAKE_HEARD)
    assert visit.send(Kind.DOES_NOT_FIT) is State.DOES_NOT_FIT
    assert visit.send(Kind.RECORD) is State.COUNTDOWN
    assert visit.booth.retakes == 2
    visit.wait()
    visit.send(Kind.RECORD, Kind.TAKE_HEARD, Kind.DOES_NOT_FIT)
    visit.said()
    assert visit.send(Kind.RECORD) is State.ATTRACT
    assert Act.WIPE_TAKE in visit.said()


def test_a_silent_take_after_the_last_retake_leads_home():
    visit = Visit(Rules(retakes=0)).to(State.RECORDING)
    visit.send(Kind.RECORD, Kind.TAKE_EMPTY)
    assert visit.send(Kind.RECORD) is State.ATTRACT


def test_a_recording_that_loses_its_microphone_is_shown_at_once_and_can_be_listened_to():
    visit = Visit().to(State.RECORDING)
    assert visit.send(Kind.MICROPHONE_LOST) is State.NO_MICROPHONE
    assert visit.send(Kind.TAKE_HEARD) is State.NO_MICROPHONE
    assert visit.send(Kind.RECORD) is State.LISTEN, 'nothing more is needed from the microphone'
    assert visit.send(Kind.RECORD) is State.SAVING


def test_what_does_not_fit_is_told_when_an_interruption_is_over():
    visit = Visit().to(State.LISTEN)
    visit.send(Kind.FAULT, Kind.DOES_NOT_FIT)
    assert visit.send(Kind.MENDED) is State.DOES_NOT_FIT


@pytest.mark.parametrize('state', [State.LANGUAGE, State.LEVEL_CHECK, State.LISTEN, State.LOAD_DISC])
def test_a_slow_visitor_is_called_before_the_visit_ends_and_any_key_gives_more_time(state):
    for key in (Kind.RECORD, Kind.LEFT, Kind.RIGHT):
        visit = Visit().to(state)
        assert visit.wait() is State.STILL_THERE
        assert Act.SAY in visit.said()
        assert visit.send(key) is state
        assert visit.booth.until_s > visit.now_s + 10


def test_whoever_waits_for_blanks_a_second_time_is_called_a_second_time():
    visit = Visit().to(State.LOAD_DISC)
    for _ in range(2):
        visit.send(Kind.BLANKS_OUT)
        visit.said()
        assert visit.wait() is State.OUT_OF_BLANKS
        assert Act.SAY in visit.said()
        assert visit.send(Kind.BLANKS_IN) is State.LOAD_DISC


def test_a_take_is_not_forgotten_behind_a_fault_without_a_call():
    visit = Visit().to(State.LISTEN)
    visit.send(Kind.FAULT)
    visit.said()
    assert visit.wait() is State.FAULT
    assert visit.said() == [Act.TONE, Act.SAY]
    assert visit.booth.held is Held.UNSAVED
    visit.wait()
    assert visit.booth.held is Held.NOTHING
