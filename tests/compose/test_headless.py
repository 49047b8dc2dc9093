"""Whole visits from a script, through every real part of the program: loop, stores, cutter and virtual lathe."""

import json
from dataclasses import replace

import pytest
import soundfile

from appliance.clock import SteppedClock
from appliance.compose.booth import Choice, Plan
from appliance.compose.handles import demonstration
from appliance.compose.headless import play
from appliance.compose.script import parse
from appliance.config import load_config
from appliance.config.places import Folders
from appliance.errors import CutFaultError, MachineRefusesError, OptionError
from appliance.machine import load_machine

TO_RECORDING = """
wait attract
press record
wait language
press record
wait level check
press record
wait recording
"""


@pytest.fixture
def plan(tmp_path):
    config, _ = load_config(system=tmp_path)
    folders = Folders(tmp_path / 'data', tmp_path / 'run')
    for folder in (folders.data, folders.run):
        folder.mkdir()
    return Plan(config, load_machine(), 'virtual', folders, Choice(pace=None, clock=SteppedClock(), threads=False))


def run(plan, script, said=None):
    play(plan, parse(script, 'visit.txt'), (said if said is not None else []).append)


def test_the_demonstration_gives_a_letter_a_disc_and_nothing_else_stays(plan, tmp_path):
    run(plan, f'{demonstration()}\nresults {tmp_path}/results\nscreen {tmp_path}/lcd.png')
    report = json.loads((tmp_path / 'results' / 'report.json').read_text())
    assert 20 < report['letter_s'] < 27
    letter = soundfile.info(tmp_path / 'results' / 'letter.wav')
    assert (letter.samplerate, letter.channels, letter.subtype) == (48_000, 1, 'PCM_24')
    assert soundfile.info(tmp_path / 'results' / 'playback.wav').samplerate == 48_000
    assert [entry.name for entry in plan.folders.run.iterdir()] == []
    assert (tmp_path / 'lcd.png').is_file()


def test_a_visitor_who_says_nothing_is_told_so_and_nothing_is_kept(plan):
    run(plan, f'{TO_RECORDING}pause 2\npress record\nwait not heard\npress left\nwait attract')
    assert not list((plan.folders.data / 'letters').iterdir())


def test_a_visitor_who_walks_away_while_recording_leaves_nothing(plan):
    timeouts = replace(plan.config.timeouts, silence_s=3.0, still_there_s=4.0, listen_s=5.0, question_s=4.0)
    script = f'{TO_RECORDING}speak sample\npause 6\nsilence\nwait still there 60\nwait listen 60\nwait attract 400'
    run(replace(plan, config=replace(plan.config, timeouts=timeouts)), script)
    assert not list((plan.folders.data / 'letters').iterdir())
    assert not list(plan.folders.run.iterdir())


def test_the_lid_stops_the_cut_and_the_letter_is_cut_on_the_next_blank(plan):
    script = f"""{TO_RECORDING}
speak sample
pause 8
press record
wait listen
press record
wait load disc
lay blank
wait ready
press record
wait cutting
open lid
wait stopped 5
close lid
wait load disc 5
take disc
pause 1
lay blank
wait ready
press record
wait cutting
wait take disc 120
"""
    run(plan, script)
    assert len(list((plan.folders.data / 'letters').iterdir())) == 1


def test_a_microphone_that_is_pulled_out_has_a_named_screen_within_two_seconds_and_comes_back(plan):
    run(
        plan,
        f'{TO_RECORDING}speak sample\npause 5\nfault microphone\nwait no microphone 2\nmend microphone\nwait listen 2',
    )


@pytest.mark.timeout(1200)
def test_an_interlock_that_is_taken_away_is_a_state_of_the_booth_until_it_is_back(plan):
    """Nobody is asked to speak; the cutter's child, which finds it gone, is a process of its own."""
    script = 'wait attract\nfault interlock missing\nwait fault 600\npress record\npause 1\nexpect fault\n'
    run(plan, f'{script}mend interlock missing\nwait attract 600')


def test_a_full_disk_keeps_the_take_until_there_is_room(plan):
    script = f"""{TO_RECORDING}
speak sample
pause 8
press record
wait listen
fault full disk
press record
wait no space 5
mend full disk
press record
wait load disc 5
"""
    run(plan, script)
    assert len(list((plan.folders.data / 'letters').iterdir())) == 1


def test_a_booth_that_is_not_where_the_script_wants_it_fails_with_the_line(plan):
    with pytest.raises(CutFaultError, match='line 2'):
        run(plan, 'wait attract\nexpect cutting')


@pytest.mark.parametrize('first', ['wait attract', 'press record', 'lay blank'])
def test_a_booth_where_no_visit_begins_is_told_at_once_with_cause_and_action(plan, first):
    plan.folders.data.rmdir()
    plan.folders.data.write_text('no folder')
    with pytest.raises(MachineRefusesError) as refused:
        run(plan, f'{first}\nwait attract')
    where, what, do = str(refused.value).replace('; ', ': ').split(': ')
    assert where == "the booth is in 'no space', and a visit begins in 'attract'"
    assert what == 'The data folder cannot be written'
    assert do == 'Check the card and the rights of the data folder, or name fresh folders with --data and --run'
    assert plan.choice.clock.now_s() < 5


def test_a_closed_booth_is_opened_by_a_script_or_by_nobody(plan):
    closed = replace(plan.config, hours=replace(plan.config.hours, closed=('2000-01-01..2099-12-31',)))
    plan = replace(plan, config=closed, choice=replace(plan.choice, trusts=lambda: True))
    with pytest.raises(MachineRefusesError, match='begin the script with host open'):
        run(plan, 'wait attract')


def test_a_screen_that_cannot_be_saved_is_said(plan, tmp_path):
    with pytest.raises(OptionError, match=r'screen\.foo.*name a \.png'):
        run(plan, f'wait attract\nscreen {tmp_path}/screen.foo')
    with pytest.raises(OptionError, match='nowhere'):
        run(plan, f'wait attract\nscreen {tmp_path}/nowhere/screen.png')
