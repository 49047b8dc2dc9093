"""The workflow: total, and safe whatever is pressed, pulled or waited for."""

from dataclasses import replace

import numpy as np
import pytest

from appliance.workflow.reduce import step
from appliance.workflow.rules import Rules
from appliance.workflow.table import TABLE
from appliance.workflow.turn import hears
from appliance.workflow.values import Act, Booth, Effect, Held, Kind, State
from appliance.workflow.ways import lines, targets, ways_between
from tests.workflow.visits import RULES, SEQUENCE, WAY, Visit, Witness, acts, event, reachable, way_home


def test_every_event_in_every_state_has_an_outcome_and_a_reason_if_none():
    assert len(TABLE) == len(State) * len(Kind)
    assert all(outcome.rule or len(outcome.why) > 8 for outcome in TABLE.values())


def test_a_whole_visit_gives_a_disc_and_ends_where_it_began():
    visit = Visit().to(State.ATTRACT)
    did = visit.said()
    for act in (
        Act.HEAR,
        Act.RECORD,
        Act.END_RECORDING,
        Act.PREPARE,
        Act.PLAY_TAKE,
        Act.KEEP,
        Act.CUT,
        Act.HANDED_OVER,
    ):
        assert did.count(act) == 1, act
    assert did.index(Act.KEEP) < did.index(Act.CUT)
    assert Act.SPOILED not in did
    assert visit.booth == replace(Booth(), state=State.ATTRACT, until_s=visit.booth.until_s,
                                  cut_until_s=visit.booth.cut_until_s,
                                  take=visit.booth.take)  # fmt: skip


def test_reachable_booths_hold_all_promises():
    """Exhaustive: each booth that any sequence of events leads to, each event in it, then the way home."""
    rules = Rules(languages=2, retakes=1, replays=1)
    pairs = homes = 0
    for before, kind, after, effects in reachable(rules, 2100):
        pairs += 1
        if Act.CUT in acts(effects):
            assert before.state is State.LOAD_DISC
            assert kind is Kind.RECORD
            assert before.held is Held.KEPT
            assert before.ready.lid_closed
            assert before.ready.stop_out
            assert before.ready.blank
            assert not before.ready.disc_is_cut
        if Act.RECORD in acts(effects):
            assert before.held is not Held.UNSAVED or Act.WIPE_TAKE in acts(effects)
        if before.state in (State.CUTTING, State.CANCEL) and kind in (Kind.LID_OPENED, Kind.STOP_PRESSED):
            assert Act.STOP_CUT in acts(effects)
        if before.held is Held.UNSAVED and after.held is Held.NOTHING:
            assert {Act.WIPE_TAKE, Act.HOLD_TAKE} & set(acts(effects))
        if pairs % 97 == 0:
            witness = Witness()
            witness.unsaved, witness.kept = after.held is Held.UNSAVED, after.held is Held.KEPT
            witness.cutting = after.state in (State.CUTTING, State.CANCEL)
            witness.hearing = hears(after)
            witness.disc = after.state in (State.TAKE_DISC, State.FORGET) or after.back is State.TAKE_DISC
            way_home(after, 1.0, rules, witness)
            homes += 1
    assert pairs > 28_000
    assert homes > 280


@pytest.mark.parametrize('policy', ['discard', 'hold'])
def test_random_visits_hold_all_promises(policy, lot):
    rules = Rules(languages=3, unanswered=policy, sequence=SEQUENCE)
    chance = np.random.default_rng(1946)
    kinds = list(Kind)
    been = set()
    for _ in range(lot(1000, 5000)):
        booth, now_s, witness = Booth(), 0.0, Witness()
        for index in chance.integers(0, len(kinds), chance.integers(5, 32)):
            now_s += chance.choice([0.0, 0.01, 1.0, 20.0])
            # half of what happens brings a visit on, the rest is anything
            forward = WAY.get(booth.state) if chance.random() < 0.7 else None
            happened = event(forward[index % len(forward)] if forward else kinds[index])
            if happened.kind is Kind.TIME_UP and booth.until_s is not None:
                now_s = max(now_s, booth.until_s)
            after, effects = step(booth, happened, now_s, rules)
            if after.until_s is not None:
                witness.see(booth, happened, after, effects)
            booth = after
            been.add(booth.state)
        if booth.until_s is not None:
            way_home(booth, now_s, rules, witness)
    assert been == set(State)


@pytest.mark.parametrize('state', [s for s in State if s not in (State.RECOVERING, State.MAINTENANCE)])
def test_a_pressed_stop_is_seen_everywhere(state):
    booth, effects = step(replace(Booth(), state=state, until_s=9.0), event(Kind.STOP_PRESSED), 1.0, RULES)
    assert booth.state is State.STOPPED
    assert not booth.ready.stop_out
    assert (Act.STOP_CUT in acts(effects)) == (state in (State.CUTTING, State.CANCEL))


def test_the_first_touch_on_a_dark_screen_only_wakes():
    visit = Visit()
    assert visit.wait() is State.ATTRACT
    assert visit.booth.dark
    assert visit.send(Kind.LEFT) is State.ATTRACT
    assert not visit.booth.dark
    assert visit.send(Kind.LEFT) is State.LANGUAGE


def test_a_review_that_nobody_answers_is_never_cut_and_goes_by_policy():
    for policy, act in (('discard', Act.WIPE_TAKE), ('hold', Act.HOLD_TAKE)):
        visit = Visit(Rules(unanswered=policy)).to(State.LISTEN)
        visit.said()
        assert visit.wait() is State.STILL_THERE
        assert visit.wait() is State.ATTRACT
        did = visit.said()
        assert act in did
        assert Act.CUT not in did


def test_silence_while_recording_asks_and_a_voice_answers():
    visit = Visit().to(State.RECORDING)
    assert visit.send(Kind.SILENCE) is State.STILL_THERE
    assert visit.send(Kind.VOICE) is State.RECORDING
    assert visit.send(Kind.SILENCE) is State.STILL_THERE
    assert visit.wait() is State.RECORDING
    assert visit.send(Kind.TAKE_HEARD) is State.LISTEN


def test_a_silent_take_is_not_cut():
    visit = Visit().to(State.RECORDING)
    visit.send(Kind.RECORD)
    assert visit.send(Kind.TAKE_EMPTY) is State.NOT_HEARD
    assert visit.booth.held is Held.NOTHING


def test_retakes_are_limited_and_asked_for():
    visit = Visit(Rules(retakes=1)).to(State.LISTEN)
    assert visit.send(Kind.LEFT) is State.DISCARD
    visit.said()
    assert visit.send(Kind.LEFT) is State.COUNTDOWN
    assert Act.WIPE_TAKE in visit.said()
    visit.wait()
    visit.send(Kind.RECORD, Kind.TAKE_HEARD, Kind.LEFT)
    assert Effect(Act.SAY, 'discard last') in visit.effects  # it offers no other
    assert visit.send(Kind.LEFT) is State.DISCARD


@pytest.mark.parametrize('missing', [{Kind.LID_OPENED}, {Kind.BLANK_TAKEN}, {Kind.STOP_PRESSED}])
def test_nothing_is_cut_while_something_is_missing(missing):
    visit = Visit().to(State.LOAD_DISC)
    visit.send(*missing)
    visit.send(Kind.RECORD)
    assert Act.CUT not in visit.said()


def test_an_opened_lid_spoils_the_disc_and_the_letter_can_be_cut_on_a_new_blank():
    visit = Visit().to(State.CUTTING)
    assert visit.send(Kind.LID_OPENED) is State.STOPPED
    did = visit.said()
    assert did.index(Act.STOP_CUT) < did.index(Act.SPOILED)
    assert visit.send(Kind.LID_CLOSED) is State.LOAD_DISC
    visit.send(Kind.RECORD)
    assert Act.CUT not in visit.said(), 'the spoiled disc is still there'
    visit.send(Kind.BLANK_TAKEN, Kind.BLANK_LAID)
    assert visit.send(Kind.RECORD) is State.CUTTING
    assert Act.CUT in visit.said()


def test_stopping_a_cut_is_asked_and_the_cut_goes_on_meanwhile():
    visit = Visit().to(State.CUTTING)
    deadline_s = visit.booth.until_s
    assert visit.send(Kind.RIGHT) is State.CANCEL
    assert Act.STOP_CUT not in visit.said()
    assert visit.send(Kind.LEFT) is State.CUTTING
    assert visit.booth.until_s == deadline_s
    visit.send(Kind.RIGHT)
    assert visit.send(Kind.RECORD) is State.LOAD_DISC
    assert Act.STOP_CUT in visit.said()


def test_a_cut_that_takes_too_long_is_ended():
    visit = Visit().to(State.CUTTING)
    assert 60 * 1.15 <= visit.booth.until_s - visit.now_s <= 60 * 1.15 + 10
    assert visit.wait() is State.FAULT
    assert Act.STOP_CUT in visit.said()
    assert visit.booth.reason == 'timeout'
    assert visit.send(Kind.RECORD) is State.LOAD_DISC


def test_a_disc_that_is_not_taken_is_announced_and_cannot_be_cut_again():
    visit = Visit().to(State.TAKE_DISC)
    assert visit.wait() is State.TAKE_DISC
    assert visit.wait() is State.ATTRACT
    assert visit.booth.ready.disc_is_cut
    visit.to_again = visit.send(Kind.RECORD, Kind.RECORD, Kind.RECORD)
    visit.wait()
    visit.send(Kind.RECORD, Kind.TAKE_HEARD, Kind.RECORD, Kind.KEPT, Kind.FITS)
    visit.said()
    assert visit.send(Kind.RECORD) is State.LOAD_DISC
    assert Act.CUT not in visit.said()


def test_a_full_disk_keeps_the_take_in_memory_until_it_can_be_kept():
    visit = Visit().to(State.SAVING)
    assert visit.send(Kind.KEEP_FAILED) is State.NO_SPACE
    assert visit.booth.held is Held.UNSAVED
    visit.said()
    assert visit.send(Kind.RECORD) is State.SAVING
    assert Act.KEEP in visit.said()
    assert visit.send(Kind.KEPT) is State.LOAD_DISC


@pytest.mark.parametrize('state', [State.LANGUAGE, State.LEVEL_CHECK, State.COUNTDOWN, State.RECORDING])
def test_a_lost_microphone_has_its_screen_where_it_is_needed(state):
    visit = Visit().to(state)
    assert visit.send(Kind.MICROPHONE_LOST) is State.NO_MICROPHONE
    if state is State.RECORDING:
        visit.send(Kind.TAKE_HEARD)
        assert visit.send(Kind.MICROPHONE_FOUND) is State.LISTEN
    else:
        assert visit.send(Kind.MICROPHONE_FOUND) in (State.LEVEL_CHECK, State.ATTRACT)


@pytest.mark.parametrize('state', [State.LISTEN, State.LOAD_DISC, State.CUTTING, State.TAKE_DISC])
def test_a_lost_microphone_does_not_end_what_does_not_need_it(state):
    visit = Visit().to(state)
    assert visit.send(Kind.MICROPHONE_LOST) is state
    assert not visit.booth.ready.microphone


def test_a_closed_booth_finishes_the_visit_first():
    visit = Visit().to(State.LISTEN)
    assert visit.send(Kind.CLOSE) is State.LISTEN
    visit.send(Kind.LEFT)
    assert visit.send(Kind.RECORD) is State.CLOSED
    assert visit.send(Kind.OPEN) is State.ATTRACT


def test_a_message_that_does_not_fit_is_told_before_a_blank_is_spent():
    visit = Visit().to(State.LISTEN)
    assert visit.send(Kind.DOES_NOT_FIT) is State.DOES_NOT_FIT
    assert visit.send(Kind.RECORD) is State.COUNTDOWN
    assert Act.KEEP not in visit.said()


def test_forgetting_is_asked_and_done():
    visit = Visit().to(State.TAKE_DISC)
    assert visit.send(Kind.LEFT) is State.FORGET
    assert visit.send(Kind.LEFT) is State.TAKE_DISC
    visit.send(Kind.LEFT)
    assert visit.send(Kind.RECORD) is State.THANKS
    assert Act.FORGET_LETTER in visit.said()


def test_an_unrelated_event_does_not_end_a_side_screen():
    visit = Visit().to(State.SAVING)
    visit.send(Kind.KEEP_FAILED)
    visit.said()
    for kind in (Kind.LID_OPENED, Kind.LID_CLOSED, Kind.BLANK_LAID, Kind.CLOSE, Kind.MICROPHONE_FOUND):
        assert visit.send(kind) is State.NO_SPACE, kind
    assert visit.said() == []
    assert visit.send(Kind.SPACE_OK) is State.SAVING


def test_the_printed_table_has_every_pair_and_says_where_it_leads():
    printed = list(lines())
    assert len(printed) == len(State) * len(Kind)
    assert any(line.split() == ['level', 'check', 'record', 'pressed', 'to', 'countdown', '->', 'countdown']
               for line in printed)  # fmt: skip
    assert any('cutting' in line and 'lid opened' in line and '-> stopped' in line for line in printed)


def test_every_state_can_be_entered_and_left_in_the_diagram():
    ways = ways_between()
    assert {after for _, after in ways} | {State.RECOVERING} == set(State)
    assert {before for before, _ in ways} == set(State)
    assert targets(ways, State.TAKE_DISC, Kind.BLANK_TAKEN) == ['thanks']


def test_a_retake_without_a_microphone_is_not_begun():
    visit = Visit().to(State.LISTEN)
    visit.send(Kind.MICROPHONE_LOST, Kind.LEFT)
    assert visit.send(Kind.LEFT) is State.NO_MICROPHONE
    assert visit.send(Kind.MICROPHONE_FOUND) is State.LEVEL_CHECK


def test_a_microphone_lost_while_asked_if_anybody_is_there_ends_the_recording():
    visit = Visit().to(State.RECORDING)
    visit.send(Kind.SILENCE)
    visit.said()
    assert visit.send(Kind.MICROPHONE_LOST) is State.NO_MICROPHONE
    assert visit.said()[:1] == [Act.END_RECORDING]
    visit.send(Kind.TAKE_HEARD)
    assert visit.send(Kind.MICROPHONE_FOUND) is State.LISTEN


def test_the_microphone_is_closed_when_nobody_answers_the_level_check():
    visit = Visit().to(State.LEVEL_CHECK)
    assert visit.wait() is State.STILL_THERE
    assert Act.DEAFEN not in visit.said()
    assert visit.wait() is State.ATTRACT
    assert Act.DEAFEN in visit.said()


def test_a_disc_whose_owner_leaves_during_a_fault_counts_as_handed_over():
    visit = Visit().to(State.TAKE_DISC)
    assert visit.send(Kind.FAULT) is State.FAULT
    visit.said()
    visit.wait()
    assert visit.said().count(Act.HANDED_OVER) == 1


def test_a_disc_taken_while_forgetting_is_asked_is_taken():
    visit = Visit().to(State.TAKE_DISC)
    visit.send(Kind.LEFT, Kind.BLANK_TAKEN)
    assert visit.send(Kind.RIGHT) is State.THANKS
