"""What the cutter is told and what it answers, when one of them is late, lost, or about something else."""

from dataclasses import replace

import numpy as np
import pytest
import soundfile

from appliance.kiosk.cutter import DIED
from appliance.orders import Done, Fault, Finished, Previewed, Progress, Refused, Stopped
from appliance.workflow.values import State
from tests.kiosk.booth_rig import RATE_HZ, Rig

REPORT = {'letter_s': 5.0}


@pytest.fixture
def rig(tmp_path):
    rig = Rig(tmp_path)
    rig.to_load_disc()
    yield rig
    rig.close()


def cutting(rig):
    """A cut that goes on until the test says how it ends."""
    rig.cutter.answers = False
    rig.press()
    rig.until(State.CUTTING)
    rig.rest(0.2)


def cancel(rig):
    rig.press('right')
    rig.press()
    rig.until(State.LOAD_DISC)


def new_blank(rig):
    rig.set('blank', False)
    rig.set('blank', True)


def test_a_cut_that_was_cancelled_before_it_could_begin_never_begins(rig):
    with rig.slow_disk():
        rig.press()
        rig.until(State.CUTTING)
        cancel(rig)
    rig.rest(1.0)
    assert rig.cutter.orders('cut') == []
    assert rig.row('SELECT state FROM cut') == ('stopped',)
    assert rig.row('SELECT state FROM letter') == ('kept',)
    new_blank(rig)
    rig.press()
    rig.until(State.TAKE_DISC)


def test_a_cut_that_waited_for_the_one_before_and_was_cancelled_never_begins(rig):
    cutting(rig)
    cancel(rig)
    new_blank(rig)
    rig.press()
    rig.until(State.CUTTING)
    cancel(rig)
    rig.cutter.says.append(Stopped('visitor', 'visitor'))
    rig.rest(1.0)
    assert len(rig.cutter.orders('cut')) == 1
    assert rig.kiosk.booth.state is State.LOAD_DISC


def test_a_cut_that_waited_for_the_one_before_begins_when_that_has_ended(rig):
    cutting(rig)
    cancel(rig)
    new_blank(rig)
    rig.press()
    rig.cutter.says.append(Stopped('visitor', 'visitor'))
    rig.rest(0.2)
    assert len(rig.cutter.orders('cut')) == 2
    assert rig.kiosk.booth.state is State.CUTTING


def test_a_disc_that_was_done_before_the_stop_came_is_stopped_in_the_ledger_too(rig):
    cutting(rig)
    folder = rig.cutter.orders('cut')[0][1]
    cancel(rig)
    rig.cutter.says += [Done(folder, REPORT), Finished(folder)]
    rig.rest(0.5)
    assert rig.row('SELECT state FROM cut') == ('stopped',)
    assert rig.row('SELECT state FROM letter') == ('kept',)


def test_a_preview_that_is_refused_is_no_refusal_of_the_cut(rig):
    cutting(rig)
    rig.cutter.says.append(Refused('disk full', 'no room for the preview', rig.kiosk.booth.take))
    rig.rest(0.2)
    assert rig.kiosk.booth.state is State.CUTTING


def test_a_cutter_that_does_not_say_how_a_stopped_cut_ended_is_ended_and_the_next_cut_begins(rig):
    cutting(rig)
    cancel(rig)
    new_blank(rig)
    rig.press()
    rig.rest(5.0)
    assert rig.cutter.orders('give up') == []
    rig.rest(20.0)
    assert len(rig.cutter.orders('give up')) == 1
    assert len(rig.cutter.orders('cut')) == 2


def test_results_that_are_never_made_do_not_keep_the_booth_from_the_next_letter(rig):
    cutting(rig)
    folder = rig.cutter.orders('cut')[0][1]
    folder.mkdir()
    rig.cutter.says.append(Done(folder, REPORT))
    rig.until(State.TAKE_DISC)
    rig.set('blank', False)
    rig.until(State.ATTRACT)
    rig.rest(700.0)
    assert len(rig.cutter.orders('give up')) == 1
    assert rig.row('SELECT state FROM letter') == ('handed over',)


def test_a_cutter_that_dies_while_nobody_cuts_is_given_the_letter_again(rig):
    rig.cutter.says.append(Fault(DIED, 'it has ended'))
    rig.rest(0.2)
    assert len(rig.cutter.orders('prepare')) == 2
    rig.press()
    rig.until(State.TAKE_DISC)


def test_a_cutter_that_dies_again_and_again_is_not_started_for_ever(rig):
    rig.cutter.answers = False
    for _ in range(5):
        rig.cutter.says.append(Fault(DIED, 'it has ended'))
        rig.rest(0.2)
    assert len(rig.cutter.orders('prepare')) == 2


def test_a_letter_whose_disc_cannot_be_heard_is_heard_as_it_was_spoken(tmp_path):
    rig = Rig(tmp_path)
    rig.to_listen()
    rig.press('right')
    assert rig.kiosk.live.playing == ''
    rig.cutter.says.append(Refused('disk full', 'no room for the preview', rig.kiosk.booth.take))
    rig.rest(0.2)
    assert rig.kiosk.live.playing == 'take'
    rig.close()


def test_who_waits_to_hear_the_disc_is_told_so_until_it_is_heard(tmp_path):
    rig = Rig(tmp_path)
    rig.to_listen()
    rig.press('right')
    assert (rig.kiosk.view.making, rig.kiosk.view.playing) == (True, '')
    preview = rig.kiosk.live.take.path.with_name('preview.wav')
    soundfile.write(preview, np.zeros(RATE_HZ), RATE_HZ)
    rig.cutter.says.append(Previewed(preview))
    rig.rest(0.3)
    assert (rig.kiosk.view.making, rig.kiosk.view.playing) == (False, 'disc')
    rig.close()


def test_a_letter_that_is_cut_again_has_the_time_that_homing_takes(rig):
    cutting(rig)
    first_ms = rig.kiosk.booth.cut_ms
    cancel(rig)
    facts = replace(rig.kiosk.live.facts, homing_s=40.0)
    rig.cutter.says += [Stopped('visitor', 'visitor'), facts]
    new_blank(rig)
    rig.press()
    rig.until(State.CUTTING)
    rig.rest(first_ms / 1000 + 35.0)
    assert rig.kiosk.booth.state is State.CUTTING


def test_a_disc_that_was_broken_off_has_worn_the_stylus_as_far_as_it_came(rig):
    cutting(rig)
    rig.cutter.says.append(Progress(0.4, 12.0, 1.0, 110.0, 78.26, True, ((0.0, 112.0),)))
    rig.rest(0.1)
    rig.cutter.says.append(Stopped('lid', 'lid'))
    rig.rest(0.2)
    assert rig.row('SELECT state, stylus_s FROM cut') == ('stopped', 2.0)
