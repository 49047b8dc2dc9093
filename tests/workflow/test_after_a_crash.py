"""What a crash leaves behind is taken up again, and what belongs to an earlier visitor moves nothing."""

from dataclasses import replace

import pytest

from appliance.workflow.reduce import step
from appliance.workflow.values import Act, Booth, Event, Held, Kind, Plan, Ready, State
from tests.workflow.visits import RULES, Visit, event

WELL = Ready(blank=True)


def recovered(text='', number=0, ready=WELL):
    visit = Visit()
    visit.booth, visit.effects = Booth(ready=ready), []
    visit.send(Kind.RECOVERED, text=text, number=number)
    return visit


def test_a_take_that_nobody_answered_for_is_asked_about():
    visit = recovered(number=8000)
    assert visit.booth.state is State.LISTEN
    assert visit.booth.held is Held.UNSAVED
    assert Act.PREPARE in visit.said()


def test_a_broken_cut_is_told_and_can_be_made_good():
    visit = recovered('cut', 12)
    assert visit.booth.state is State.FAULT
    assert visit.booth.reason == 'power'
    assert {Act.SPOILED, Act.PREPARE} <= set(visit.said())
    assert visit.send(Kind.RECORD) is State.LOAD_DISC
    assert visit.booth.letter == 12
    assert visit.booth.ready.disc_is_cut
    visit.send(Kind.FITS, Kind.RECORD)
    assert visit.booth.state is State.LOAD_DISC, 'cut on the spoiled disc'
    assert visit.send(Kind.BLANK_TAKEN, Kind.BLANK_LAID, Kind.RECORD) is State.CUTTING


def test_a_letter_without_a_disc_goes_on_to_the_blank():
    visit = recovered('kept', 3)
    assert visit.booth.state is State.LOAD_DISC
    assert Act.PREPARE in visit.said()
    assert visit.send(Kind.FITS, Kind.RECORD) is State.CUTTING


def test_a_finished_disc_is_still_handed_over_and_its_letter_can_be_forgotten():
    visit = recovered('done', 5)
    assert visit.booth.state is State.TAKE_DISC
    assert visit.send(Kind.LEFT, Kind.RECORD) is State.THANKS
    assert {Act.FORGET_LETTER, Act.HANDED_OVER} <= set(visit.said())


def test_a_finished_disc_that_was_taken_meanwhile_is_handed_over():
    visit = recovered('done', 5, Ready(blank=False))
    assert visit.booth.state is State.ATTRACT
    assert Act.HANDED_OVER in visit.said()


@pytest.mark.parametrize(('text', 'number', 'back'), [('', 8000, State.LISTEN), ('kept', 3, State.LOAD_DISC),
                                                      ('done', 3, State.TAKE_DISC)])  # fmt: skip
@pytest.mark.parametrize(('ready', 'state', 'mended'), [
    (replace(WELL, stop_out=False), State.STOPPED, Kind.STOP_RELEASED),
    (replace(WELL, fault='lathe'), State.FAULT, Kind.MENDED),
])  # fmt: skip
def test_what_is_the_matter_now_is_said_first_and_then_it_goes_on(text, number, back, ready, state, mended):
    visit = recovered(text, number, ready)
    assert visit.booth.state is state
    assert visit.send(mended) is back


ANSWERS = [Kind.TAKE_HEARD, Kind.TAKE_EMPTY, Kind.FITS, Kind.DOES_NOT_FIT, Kind.KEPT, Kind.KEEP_FAILED]


@pytest.mark.parametrize('kind', ANSWERS)
def test_an_answer_for_the_visitor_before_moves_nothing(kind):
    for state in (State.RECORDING, State.LISTEN, State.SAVING):
        visit = Visit().to(state)
        visit.send(Kind.RECORD if state is not State.SAVING else Kind.LEFT)
        late = replace(event(kind), take=visit.booth.take - 1)
        assert step(visit.booth, late, 1.0, RULES) == (visit.booth, ())


def test_each_take_has_its_own_number():
    visit = Visit().to(State.LISTEN)
    first = visit.booth.take
    visit.send(Kind.LEFT, Kind.LEFT)
    assert visit.booth.state is State.COUNTDOWN
    again = visit.booth.take
    visit.wait()
    visit.send(Kind.RECORD, Kind.TAKE_HEARD, Kind.LEFT, Kind.RECORD)
    assert visit.booth.state is State.ATTRACT
    assert first < again < visit.booth.take


def test_an_answer_for_the_take_that_is_held_is_heard():
    visit = Visit().to(State.LISTEN)
    booth, _ = step(visit.booth, Event(Kind.FITS, number=5000, take=visit.booth.take), 1.0, RULES)
    assert booth.plan is Plan.FITS


def test_an_edition_that_a_crash_broke_off_goes_on_with_its_next_disc():
    visit = Visit()
    for text, state in (('kept', State.LOAD_DISC), ('done', State.TAKE_DISC), ('cut', State.FAULT)):
        visit.booth, visit.effects = Booth(ready=WELL), []
        visit.booth, effects = step(visit.booth, Event(Kind.RECOVERED, text, 4, copies=2), 0.0, RULES)
        assert (visit.booth.state, visit.booth.copies, visit.booth.letter) == (state, 2, 4)
    visit.booth, effects = step(Booth(ready=WELL), Event(Kind.RECOVERED, 'done', 4, copies=2), 0.0, RULES)
    assert Act.PREPARE not in [effect.act for effect in effects]
    visit.booth, effects = step(visit.booth, Event(Kind.BLANK_TAKEN), 1.0, RULES)
    assert (visit.booth.state, visit.booth.copies, visit.booth.plan) == (State.LOAD_DISC, 1, Plan.PENDING)
    assert Act.PREPARE in [effect.act for effect in effects]
