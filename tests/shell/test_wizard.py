"""The wizard: what it asks, what it runs, and when it says that the booth is set up."""

import pytest
from commanded import COMMAND
from fake_booth import WAYS

from appliance.errors import StorageError
from appliance.maintenance import commands
from appliance.shell.errand import Ending
from appliance.shell.setup.wizard import STEPS, Wizard

QUESTIONS = len(STEPS)


class Evening:
    """A host who types these answers, and a booth that does what it is asked but for `failing`."""

    def __init__(self, answers, mark=None, failing=(), leaves=EOFError):
        self.answers, self.asked, self.ran, self.said, self.failing = iter(answers), [], [], [], set(failing)
        self.leaves = leaves
        self.wizard = Wizard(self.ask, self.run, self.said.append, mark)

    def ask(self, question):
        self.asked.append(question)
        for answer in self.answers:
            return answer
        raise self.leaves

    def run(self, words):
        self.ran.append(' '.join(words))
        return Ending(2, 'no') if self.ran[-1] in self.failing else Ending(0)


@pytest.mark.parametrize('leaves', [EOFError, KeyboardInterrupt])
def test_whoever_leaves_in_the_middle_gives_the_booth_back_to_its_visitors(tmp_path, leaves):
    evening = Evening(['', 'y', 'y'], tmp_path / 'set-up', leaves=leaves)
    assert not evening.wizard.whole()
    assert evening.ran[-1] == 'resume'
    assert evening.wizard.wanted


def test_an_evening_that_goes_well(tmp_path):
    evening = Evening(['de, en fr', 'y', 'yes', 'Y', 'y', 'y'], tmp_path / 'set-up')
    assert evening.wizard.wanted
    assert evening.wizard.whole()
    assert evening.ran == [
        'config get voice.languages', 'config set voice.languages de en fr', 'doctor', 'maintain', 'calibrate touch',
        'pins', 'calibrate microphone', 'calibrate speaker', 'resume',
    ]  # fmt: skip
    assert not evening.wizard.wanted
    assert evening.said[-1] == 'It is set up.'


def test_enter_keeps_the_languages():
    evening = Evening(['', *['y'] * 5])
    assert evening.wizard.whole()
    assert 'config get voice.languages' in evening.ran
    assert not [words for words in evening.ran if words.startswith('config set')]


def test_a_language_that_is_none_is_asked_for_again():
    evening = Evening(['xx', 'de', *['y'] * 5], failing=['config set voice.languages xx'])
    assert evening.wizard.whole()
    assert evening.ran[1:3] == ['config set voice.languages xx', 'config set voice.languages de']


@pytest.mark.parametrize('step', range(1, QUESTIONS))
@pytest.mark.parametrize('answer', ['n', 'No'])
def test_what_was_not_seen_ends_it_with_what_to_do_and_it_begins_again(tmp_path, step, answer):
    """And the booth is its visitors' again, if it was shut by then."""
    evening = Evening(['', *['y'] * (step - 1), answer], tmp_path / 'set-up')
    assert not evening.wizard.whole()
    assert STEPS[step].otherwise in evening.said
    assert (evening.ran[-1] == 'resume') is ('maintain' in evening.ran)
    assert evening.wizard.wanted


@pytest.mark.parametrize('slip', ['', 't', 'perhaps', 'yn'])
def test_a_slip_of_the_finger_is_no_answer(slip):
    """Else all that was seen before would have to be gone through again."""
    evening = Evening(['', 'y', slip, slip, *['y'] * 4])
    assert evening.wizard.whole()
    assert evening.said.count('y or n; Ctrl-D leaves') == 2


def test_ctrl_d_leaves_it_at_each_question(tmp_path):
    for answers in range(QUESTIONS):
        evening = Evening(['', *['y'] * 5][:answers], tmp_path / 'set-up')
        assert not evening.wizard.whole()
        assert (evening.ran[-1] == 'resume') is (answers > 1)
        assert evening.wizard.wanted


def test_without_a_mark_it_never_begins_by_itself():
    assert not Evening([]).wizard.wanted


def test_a_mark_that_cannot_be_written_is_said(tmp_path):
    evening = Evening(['', *['y'] * 5], tmp_path / 'none' / 'set-up')
    with pytest.raises(StorageError, match='cannot be written'):
        evening.wizard.whole()


def test_it_runs_only_commands_that_there_are():
    names = {command.name for command in commands()}
    for step in STEPS:
        for words in step.runs:
            assert any(words == name or words.startswith(f'{name} ') for name in names), words


def test_a_terminal_lands_in_it_until_it_is_done(booth, tmp_path):
    terminal_of = pytest.importorskip('terminal', reason='needs pyte').Terminal
    mark = tmp_path / 'set-up'
    for words in ('config', 'doctor', 'maintain', 'calibrate', 'pins', 'resume'):
        WAYS.setdefault(words, lambda peer, number, words: peer.end(number))
    with terminal_of([*COMMAND, '--run', str(tmp_path), '--setup', str(mark)], 100, 40) as terminal:
        terminal.until('Languages in the order')
        for question in ('Is it well', 'Was each', 'Does each', 'Was your voice', 'Was it heard'):
            terminal.type('\r' if question == 'Is it well' else 'y\r')
            terminal.until(question)
        terminal.type('y\r')
        terminal.until('It is set up.')
        assert mark.exists()
        assert booth.asked[-1] == ['resume']
    with terminal_of([*COMMAND, '--run', str(tmp_path), '--setup', str(mark)], 100, 40) as terminal:
        terminal.until('attract>')
        assert not [line for line in terminal.lines if 'Languages' in line]
        terminal.type('setup\r')
        terminal.until('Languages in the order')
        terminal.type('\x04')
        terminal.until('It is not set up yet')
        terminal.until(lambda lines: lines[-1] == 'attract>')
