"""A machine that would refuse to cut: known before anybody speaks for it, and over by itself."""

import pytest

from appliance.workflow.turn import troubles
from appliance.workflow.values import Act, Held, Kind, Plan, State
from tests.workflow.visits import Visit, acts


def out(visit, why='interlock'):
    return visit.send(Kind.MACHINE_OUT, text=why)


def test_a_booth_that_waits_says_so_and_heals_without_a_hand():
    visit = Visit()
    assert out(visit) is State.FAULT
    assert (visit.booth.reason, troubles(visit.booth)) == ('interlock', ['interlock'] * 2)
    assert visit.send(Kind.RECORD) is State.FAULT
    assert visit.wait() is State.FAULT
    assert out(visit, 'hot') is State.FAULT
    assert visit.booth.reason == 'hot', 'what is the matter now'
    assert visit.send(Kind.MACHINE_IN) is State.ATTRACT
    assert not troubles(visit.booth)


def test_one_that_starts_so_never_asks_anybody_in():
    visit = Visit(machine='interlock')
    assert visit.booth.state is State.FAULT
    assert visit.booth.reason == 'interlock'


@pytest.mark.parametrize('state', [State.LANGUAGE, State.LEVEL_CHECK, State.COUNTDOWN])
def test_nobody_speaks_in_vain(state):
    """Whoever was about to is told, and goes on where the microphone opens as soon as the machine is back."""
    visit = Visit().to(state)
    assert out(visit) is State.FAULT
    assert visit.send(Kind.RECORD) is State.FAULT, 'a press does not lead past it'
    assert Act.RECORD not in acts(visit.effects)
    back = visit.send(Kind.MACHINE_IN)
    assert back is (State.ATTRACT if state is State.LANGUAGE else State.LEVEL_CHECK)


def test_whoever_speaks_already_loses_no_word_and_is_told_before_a_blank_is_laid():
    visit = Visit().to(State.RECORDING)
    assert out(visit) is State.RECORDING
    visit.send(Kind.RECORD, Kind.TAKE_HEARD, Kind.FITS)
    assert visit.booth.state is State.LISTEN
    visit.send(Kind.RECORD)
    assert visit.send(Kind.KEPT) is State.FAULT
    assert (visit.booth.back, visit.booth.held, visit.booth.plan) == (State.LOAD_DISC, Held.KEPT, Plan.FITS)
    assert visit.send(Kind.MACHINE_IN) is State.LOAD_DISC


def test_a_kept_letter_waits_with_its_visitor_and_is_the_hosts_after_that():
    visit = Visit().to(State.LOAD_DISC)
    assert out(visit) is State.FAULT
    visit.said()
    assert visit.wait() is State.FAULT, 'called once'
    assert visit.wait() is State.FAULT
    assert visit.booth.held is Held.NOTHING, 'gone, and the letter is safe'
    assert Act.CUT not in visit.said()
    assert visit.send(Kind.MACHINE_IN) is State.ATTRACT


def test_a_question_whether_somebody_is_there_gives_way_where_the_microphone_is_open():
    visit = Visit().to(State.LEVEL_CHECK)
    assert visit.wait() is State.STILL_THERE
    assert out(visit) is State.FAULT
    assert visit.send(Kind.MACHINE_IN) is State.LEVEL_CHECK


def test_a_door_sign_goes_before_and_a_pressed_stop_too():
    """Whoever stands before a closed booth need not know."""
    visit = Visit()
    visit.send(Kind.CLOSE)
    assert out(visit) is State.CLOSED
    assert troubles(visit.booth) == ['interlock']
    assert visit.send(Kind.OPEN) is State.FAULT
    assert visit.send(Kind.STOP_PRESSED) is State.STOPPED
    assert visit.send(Kind.STOP_RELEASED) is State.FAULT


def test_a_fault_that_the_host_must_mend_does_not_heal_by_itself():
    visit = Visit()
    visit.send(Kind.FAULT)
    out(visit)
    assert visit.booth.reason == 'lathe'
    assert visit.send(Kind.MACHINE_IN) is State.FAULT
    assert visit.send(Kind.MENDED) is State.ATTRACT
