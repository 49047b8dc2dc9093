"""Discs that the host wants of a kept letter: one after another, each with a blank laid and a press."""

from dataclasses import replace

import pytest

from appliance.workflow.reduce import step
from appliance.workflow.turn import can_cut
from appliance.workflow.values import Act, Effect, Event, Held, Kind, State
from tests.workflow.visits import Visit


def ordered(copies, **ready):
    visit = Visit(**ready)
    visit.said()
    visit.booth, effects = step(visit.booth, Event(Kind.AGAIN, number=7, copies=copies), 0.0, visit.rules)
    visit.effects += effects
    return visit


def test_one_after_another_each_with_a_blank_and_a_press():
    visit = ordered(3)
    assert visit.booth.state is State.LOAD_DISC
    for left in (3, 2, 1):
        assert visit.booth.copies == left
        visit.said()
        assert not can_cut(replace(visit.booth, ready=replace(visit.booth.ready, blank=True))), 'the machine is busy'
        visit.send(Kind.FITS)
        assert visit.send(Kind.RECORD) is State.LOAD_DISC, 'cut without a blank'
        assert Act.CUT not in visit.said()
        assert visit.send(Kind.BLANK_LAID) is State.LOAD_DISC, 'cut without a press'
        assert visit.send(Kind.RECORD) is State.CUTTING
        assert visit.send(Kind.CUT_DONE) is State.TAKE_DISC
        visit.effects = []
        visit.send(Kind.BLANK_TAKEN)
        more = Effect(Act.HANDED_OVER, 'more' if left > 1 else '')
        assert more in visit.effects
    assert visit.booth.state is State.THANKS
    assert Act.WIPE_TAKE not in visit.said(), 'let go between two discs'
    visit.wait()
    assert (visit.booth.state, visit.booth.copies, visit.booth.held) == (State.ATTRACT, 0, Held.NOTHING)


def test_a_spoiled_one_is_cut_again_and_does_not_count():
    visit = ordered(2)
    visit.send(Kind.FITS, Kind.BLANK_LAID, Kind.RECORD, Kind.LID_OPENED, Kind.LID_CLOSED)
    assert (visit.booth.state, visit.booth.copies) == (State.LOAD_DISC, 2)
    assert visit.send(Kind.RECORD) is State.LOAD_DISC, 'cut on the spoiled disc'
    visit.send(Kind.BLANK_TAKEN, Kind.BLANK_LAID, Kind.RECORD, Kind.CUT_DONE, Kind.BLANK_TAKEN)
    assert (visit.booth.state, visit.booth.copies) == (State.LOAD_DISC, 1)


def test_whoever_goes_away_ends_it_and_the_next_visitor_is_alone():
    visit = ordered(5)
    visit.send(Kind.FITS)
    visit.wait()
    visit.wait()
    assert (visit.booth.state, visit.booth.copies) == (State.ATTRACT, 0)
    visit.to(State.LISTEN)
    assert visit.booth.copies == 0


def test_blanks_that_run_out_between_two_discs_are_waited_for():
    visit = ordered(2)
    visit.send(Kind.FITS, Kind.BLANK_LAID, Kind.RECORD, Kind.CUT_DONE, Kind.BLANKS_OUT, Kind.BLANK_TAKEN)
    assert visit.booth.state is State.OUT_OF_BLANKS
    visit.send(Kind.BLANKS_IN)
    assert (visit.booth.state, visit.booth.copies, visit.booth.letter) == (State.LOAD_DISC, 1, 7)


@pytest.mark.parametrize('state', [State.LANGUAGE, State.RECORDING, State.LISTEN, State.LOAD_DISC, State.CUTTING])
def test_never_while_a_visitor_is_served(state):
    visit = Visit().to(state)
    before = visit.booth
    after, effects = step(before, Event(Kind.AGAIN, number=7, copies=3), 0.0, visit.rules)
    assert (replace(after, until_s=before.until_s), effects) == (before, ())
