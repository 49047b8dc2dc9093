"""The attendant's menu: let in by a sequence or a token, in nobody's way, and never a cut without a press."""

from dataclasses import replace

import numpy as np
import pytest

from appliance.workflow.attendant import ITEMS
from appliance.workflow.reduce import step
from appliance.workflow.rules import Rules
from appliance.workflow.turn import SERVED, closed_by
from appliance.workflow.values import Act, Held, Item, Kind, Plan, Ready, State
from tests.workflow.visits import RULES, SEQUENCE, WAY, Visit, Witness, acts, event, way_home

PADS = {'left': Kind.LEFT, 'right': Kind.RIGHT, 'record': Kind.RECORD}
KEYS = [PADS[name] for name in SEQUENCE]
CALM = (State.ATTRACT, State.LANGUAGE, State.TAKE_DISC)


def inside(visit, item=Item.CUT_AGAIN):
    """The menu, with `item` chosen."""
    visit.send(Kind.KNOCK, *KEYS)
    assert visit.booth.state is State.ATTENDANT
    visit.send(*[Kind.RIGHT] * ITEMS.index(item))
    assert visit.booth.item is item
    visit.effects = []
    return visit


def texts(visit, act):
    return [effect.text for effect in visit.effects if effect.act is act]


# -- letting in ----------------------------------------------------------------------------------------------------


def test_a_knock_and_the_sequence_open_the_menu_and_it_is_noted():
    visit = Visit()
    assert visit.send(Kind.KNOCK) is State.CODE
    assert visit.send(*KEYS[:-1]) is State.CODE
    assert visit.send(KEYS[-1]) is State.ATTENDANT
    assert texts(visit, Act.DEED) == ['sequence: opened the menu']


def test_the_pads_of_a_knock_choose_no_language_for_the_menu():
    """They wake the booth and walk through its languages before both have been held for long enough."""
    visit = Visit()
    visit.send(Kind.RIGHT, Kind.LEFT, Kind.KNOCK)
    assert (visit.booth.state, visit.booth.language) == (State.CODE, 0)


@pytest.mark.parametrize('place', range(len(KEYS)))
def test_one_wrong_press_anywhere_is_told_only_at_the_end(place):
    keys = list(KEYS)
    keys[place] = Kind.RIGHT if keys[place] is not Kind.RIGHT else Kind.LEFT
    visit = Visit()
    visit.send(Kind.KNOCK)
    assert visit.send(*keys[:-1]) is State.CODE
    visit.effects = []
    assert visit.send(keys[-1]) is State.ATTRACT
    assert 'error' in texts(visit, Act.TONE)


def test_after_three_wrong_sequences_nobody_is_let_in_for_a_while():
    visit = Visit()
    wrong = [Kind.LEFT] * len(KEYS)
    for _ in range(RULES.tries):
        visit.send(Kind.KNOCK, *wrong)
    assert texts(visit, Act.DEED)[-1] == 'somebody: wrong sequence, locked for a while'
    assert visit.send(Kind.KNOCK) is State.ATTRACT
    visit.now_s += RULES.locked_s - 0.1
    assert visit.send(Kind.KNOCK) is State.ATTRACT
    visit.now_s += 0.2
    assert visit.send(Kind.KNOCK, *KEYS) is State.ATTENDANT


def test_a_right_sequence_makes_the_wrong_ones_before_it_forgotten():
    visit = Visit()
    for _ in range(5):
        visit.send(Kind.KNOCK, *[Kind.LEFT] * len(KEYS), Kind.KNOCK, *[Kind.LEFT] * len(KEYS))
        assert visit.send(Kind.KNOCK, *KEYS, Kind.LEFT, Kind.RECORD) is State.ATTRACT


def test_half_a_sequence_is_forgotten_in_time():
    visit = Visit()
    visit.send(Kind.KNOCK, *KEYS[:3])
    assert visit.wait() is State.ATTRACT
    visit.send(Kind.KNOCK)
    assert visit.booth.keys == ()


def test_without_a_sequence_a_knock_does_nothing_and_a_token_still_opens():
    visit = Visit(Rules())
    visit.effects = []
    assert visit.send(Kind.KNOCK) is State.ATTRACT
    assert visit.said() == []
    assert visit.send(Kind.ATTEND, text='anna') is State.ATTENDANT
    assert visit.booth.attendant == 'anna'
    assert visit.send(Kind.ATTEND, text='anna') is State.ATTRACT, 'shown again, the token closes it'
    assert visit.booth.attendant == ''


@pytest.mark.parametrize('state', sorted(SERVED - set(CALM), key=lambda state: state.value))
def test_a_visitor_who_is_being_served_is_not_disturbed(state):
    booth = replace(Visit().booth, state=state)
    for kind in (Kind.KNOCK, Kind.ATTEND):
        assert step(booth, event(kind), 1.0, RULES) == (booth, ())


# -- what it does ----------------------------------------------------------------------------------------------------


def test_the_pads_go_round_and_the_button_leaves_at_the_last():
    visit = inside(Visit())
    assert visit.send(Kind.LEFT) is State.ATTENDANT
    assert visit.booth.item is Item.LEAVE
    assert visit.send(Kind.RIGHT) is State.ATTENDANT
    assert visit.booth.item is Item.CUT_AGAIN
    assert visit.send(Kind.LEFT, Kind.RECORD) is State.ATTRACT


def test_the_menu_closes_by_itself():
    visit = inside(Visit())
    assert visit.wait() is State.ATTRACT


def test_quieter_and_louder_are_heard_at_once():
    visit = inside(Visit(), Item.QUIETER)
    visit.send(Kind.RECORD)
    assert visit.said() == [Act.VOLUME, Act.DEED, Act.TONE]
    assert visit.booth.done
    visit.send(Kind.RIGHT)
    assert not visit.booth.done
    visit.effects = []
    visit.send(Kind.RECORD)
    assert texts(visit, Act.VOLUME) == ['+3']
    assert texts(visit, Act.DEED) == ['sequence: louder']


def test_the_booth_is_closed_and_opened():
    visit = inside(Visit(), Item.CLOSE)
    visit.send(Kind.RECORD)
    assert texts(visit, Act.DEED) == ['sequence: closed the booth']
    assert visit.wait() is State.CLOSED
    visit = inside(visit, Item.CLOSE)
    visit.send(Kind.RECORD)
    assert visit.wait() is State.ATTRACT


def test_the_host_is_called_until_somebody_comes():
    visit = inside(Visit(), Item.CALL)
    visit.send(Kind.RECORD)
    assert visit.booth.called
    visit.send(Kind.RECORD)
    assert not visit.booth.called
    visit.send(Kind.RECORD)
    assert visit.wait() is State.ATTRACT
    assert visit.booth.called
    visit.send(Kind.MAINTAIN)
    assert not visit.booth.called


def test_a_new_blank_is_believed_and_counted():
    visit = Visit(blank=True, disc_is_cut=True)
    inside(visit, Item.NEXT_BLANK).send(Kind.RECORD)
    assert not visit.booth.ready.disc_is_cut
    assert visit.said() == [Act.NEXT_BLANK, Act.DEED, Act.TONE]


def test_a_visitors_disc_is_not_taken_for_a_new_blank():
    visit = inside(Visit().to(State.TAKE_DISC), Item.NEXT_BLANK)
    visit.send(Kind.RECORD)
    assert visit.booth.ready.disc_is_cut
    assert visit.said() == [Act.TONE]
    assert visit.wait() is State.TAKE_DISC


# -- a letter once more ------------------------------------------------------------------------------------------------


def test_the_last_letter_goes_as_far_as_the_blank_and_is_cut_by_a_press():
    visit = inside(Visit(blank=True))
    visit.send(Kind.RECORD)
    assert visit.said() == [Act.FIND_LETTER]
    assert visit.send(Kind.AGAIN) is State.LOAD_DISC
    assert (visit.booth.held, visit.booth.letter, visit.booth.plan) == (Held.KEPT, 7, Plan.PENDING)
    assert visit.send(Kind.RECORD) is State.LOAD_DISC, 'not before it is planned'
    assert Act.CUT not in visit.said()
    visit.send(Kind.FITS)
    assert visit.send(Kind.RECORD) is State.CUTTING
    assert visit.send(Kind.CUT_DONE, Kind.BLANK_TAKEN) is State.THANKS


def test_where_no_letter_is_left_it_says_so():
    visit = inside(Visit())
    visit.send(Kind.RECORD, Kind.NO_LETTER)
    assert visit.booth.state is State.ATTENDANT
    assert texts(visit, Act.TONE) == ['error']


def test_a_disc_that_is_no_good_is_spoiled_and_cut_again_not_handed_over():
    visit = inside(Visit().to(State.TAKE_DISC))
    visit.send(Kind.RECORD)
    assert visit.booth.state is State.LOAD_DISC
    did = visit.said()
    assert Act.SPOILED in did
    assert Act.HANDED_OVER not in did
    assert Act.FIND_LETTER not in did
    visit.send(Kind.RECORD)
    assert Act.CUT not in visit.said(), 'the bad disc lies there still'
    visit.send(Kind.BLANK_TAKEN, Kind.BLANK_LAID)
    assert visit.send(Kind.RECORD) is State.CUTTING


def test_after_a_fault_the_menu_goes_on_with_the_visitors_letter():
    visit = Visit().to(State.CUTTING)
    visit.send(Kind.CUT_FAULT)
    assert inside(visit).wait() is State.LOAD_DISC
    assert visit.booth.held is Held.KEPT
    visit.send(Kind.FAULT)
    inside(visit, Item.LEAVE)
    assert visit.send(Kind.RECORD) is State.FAULT, 'what is the matter is said again'
    assert visit.send(Kind.MENDED) is State.LOAD_DISC


def test_a_take_that_nobody_has_answered_for_is_safe_behind_the_menu():
    visit = Visit().to(State.SAVING)
    visit.send(Kind.KEEP_FAILED)
    inside(visit)
    visit.send(Kind.RECORD, Kind.AGAIN)
    assert visit.booth.held is Held.UNSAVED
    assert Act.FIND_LETTER not in visit.said()
    assert visit.wait() is State.SAVING


def test_lid_and_stop_are_shown_over_the_menu():
    visit = inside(Visit())
    assert visit.send(Kind.STOP_PRESSED) is State.STOPPED
    assert visit.booth.attendant == ''
    assert visit.send(Kind.STOP_RELEASED) is State.ATTRACT


@pytest.mark.parametrize('ready', [{'fault': 'lathe'}, {'stop_out': False}])
def test_nothing_is_cut_again_on_a_machine_that_is_not_well(ready):
    visit = Visit(**ready)
    state = visit.booth.state
    assert visit.send(Kind.AGAIN) is state
    assert visit.booth.held is Held.NOTHING


@pytest.mark.parametrize('kind', [Kind.MAINTAIN, Kind.CLOSE])
def test_the_host_may_have_a_letter_cut_in_maintenance_and_in_a_closed_booth(kind):
    visit = Visit()
    visit.send(kind)
    assert visit.send(Kind.AGAIN) is State.LOAD_DISC


# -- hours and quota ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ('over', 'begin', 'why'),
    [(Kind.HOURS_OVER, Kind.HOURS_BEGIN, 'hours'), (Kind.QUOTA_USED, Kind.QUOTA_FREE, 'quota')],
)
def test_hours_and_quota_close_after_the_visit_and_open_again(over, begin, why):
    visit = Visit().to(State.LISTEN)
    assert visit.send(over) is State.LISTEN
    visit.send(Kind.LEFT)
    assert visit.send(Kind.RECORD) is State.CLOSED
    assert closed_by(visit.booth.ready) == why
    assert visit.send(Kind.RECORD) is State.CLOSED
    assert visit.send(Kind.CLOSE) is State.CLOSED
    assert closed_by(visit.booth.ready) == 'host'
    assert visit.send(begin) is State.CLOSED, 'the host has closed it as well'
    assert visit.send(Kind.OPEN) is State.ATTRACT
    assert closed_by(Ready()) == ''


# -- everything at once --------------------------------------------------------------------------------------------


def test_random_visits_with_an_attendant_hold_all_promises(lot):
    """Half of the presses go on with the visit, the others knock, enter the sequence, choose and do."""
    chance = np.random.default_rng(54)
    kinds = list(Kind)
    menus = again = cuts = 0
    way = {**WAY, State.CODE: KEYS, State.ATTENDANT: [Kind.RECORD, Kind.RIGHT, Kind.AGAIN]}
    calls = [Kind.KNOCK, Kind.ATTEND, Kind.AGAIN, Kind.HOURS_OVER, Kind.QUOTA_USED]
    for _ in range(lot(500, 1500)):
        visit, witness, now_s = Visit(), Witness(), 0.0
        booth = visit.booth
        for index in chance.integers(0, len(kinds), 60):
            where = chance.random()
            forward = way.get(booth.state) if where < 0.75 else calls if where < 0.85 else None
            if booth.state is State.CODE and where < 0.75:
                forward = [KEYS[len(booth.keys)]]
            happened = event(forward[index % len(forward)] if forward else kinds[index])
            now_s = max(now_s, booth.until_s) if happened.kind is Kind.TIME_UP else now_s + 1.0
            after, effects = step(booth, happened, now_s, RULES)
            witness.see(booth, happened, after, effects)
            menus += after.state is State.ATTENDANT is not booth.state
            again += booth.state is State.ATTENDANT and after.state is State.LOAD_DISC
            cuts += Act.CUT in acts(effects)
            booth = after
        way_home(booth, now_s, RULES, witness)
    assert min(menus, again, cuts) > lot(15, 50), (menus, again, cuts)
