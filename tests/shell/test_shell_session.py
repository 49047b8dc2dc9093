"""A person at a terminal, through a terminal emulator: what stands on the screen after which keys."""

import os
import signal

import pytest
from commanded import COMMAND
from fake_booth import FakeBooth

pytest.importorskip('pyte', reason='needs pyte')
from terminal import Terminal

CTRL_C, CTRL_D, UP = '\x03', '\x04', '\x1b[A'


@pytest.fixture
def opened(tmp_path):
    """Opens a terminal with the shell in it."""
    terminals = []

    def opened(columns=80, rows=24, **environ):
        terminals.append(Terminal([*COMMAND, '--run', str(tmp_path)], columns, rows, environ))
        terminals[-1].__enter__()
        return terminals[-1]

    yield opened
    for terminal in terminals:
        terminal.__exit__()


def ran(terminal, line, prompt='attract>'):
    """Type a line; what it said, once the prompt is there again."""
    terminal.type(f'{line}\r')
    asked = f'{prompt} {line}'
    lines = terminal.until(lambda lines: asked in lines and lines[-1] == prompt)
    return lines[len(lines) - lines[::-1].index(asked) : -1]


def test_it_says_how_the_booth_is_and_leaves_at_ctrl_d(booth, opened):
    terminal = opened()
    terminal.prompt()
    assert terminal.lines[0].startswith('help lists the commands')
    assert ran(terminal, 'status') == ['state:    attract', 'visitor:  no', 'free, MB: 1234.57', 'cause:    -']
    assert booth.hellos[0]['terminal'] is True
    terminal.type(CTRL_D)
    assert terminal.end() == 0
    assert booth.until('gone')


@pytest.mark.parametrize('word', ['exit', 'quit', 'logout'])
def test_it_leaves_at_a_word(booth, opened, word):
    terminal = opened()
    terminal.prompt()
    terminal.type(f'{word}\r')
    assert terminal.end() == 0
    assert booth.asked == []


def test_tab_completes_what_the_booth_knows(booth, opened):
    terminal = opened()
    terminal.prompt()
    terminal.type('let\t')
    terminal.prompt('attract> letters')
    terminal.type('\t')
    terminal.until('show')
    terminal.type('fo\t217')  # while the choices are still being printed: it is for the prompt below them
    terminal.prompt('attract> letters forget 217')
    assert 'show   list   forget' in terminal.lines
    assert [event for event in booth.events if event.startswith('complete')] == [
        'complete let', 'complete letters ', 'complete letters fo']  # fmt: skip


def test_keys_that_come_all_at_once_do_what_they_do_one_by_one(booth, opened):
    """A phone sends them so; also those that were pressed while a command ran."""
    terminal = opened()
    terminal.prompt()
    terminal.type(f'jog\rlet\tli\t217\r{CTRL_D}')
    assert booth.until('do jog')
    terminal.type(CTRL_C)
    assert terminal.end() == 0
    assert booth.asked == [['jog'], ['letters', 'list', '217']]


def test_what_was_typed_is_there_again_also_next_time(booth, opened):
    terminal = opened()
    terminal.prompt()
    for line in ('echo one', ' echo not kept', 'secret address', 'echo two'):
        ran(terminal, line)
    terminal.type(UP + UP)
    terminal.prompt('attract> secret address')
    terminal.type(CTRL_C + CTRL_D)
    terminal.end()
    terminal = opened()
    terminal.prompt()
    terminal.type(UP)
    terminal.prompt('attract> echo two')
    terminal.type(UP)
    terminal.prompt('attract> echo one')
    (kept,) = booth.folder.glob('history-*')
    assert kept.read_text() == 'echo one\necho two\n'
    assert kept.stat().st_mode & 0o777 == 0o600


def test_ctrl_c_ends_what_runs_and_never_the_shell(booth, opened):
    terminal = opened()
    terminal.prompt()
    terminal.type('jog\r')
    terminal.until('jogging')
    terminal.type(CTRL_C)
    terminal.until('stopped at 12.5 mm')
    terminal.prompt()
    terminal.type(f'half a word{CTRL_C}')
    terminal.until(lambda lines: lines[-2:] == ['attract> half a word', 'attract>'])
    os.kill(terminal.pid, signal.SIGINT)
    os.kill(terminal.pid, signal.SIGINT)
    terminal.type(CTRL_C + CTRL_C)
    assert ran(terminal, 'echo still here') == ['still here']


def test_neither_ctrl_z_nor_a_quit_nor_an_editor_leads_anywhere(booth, opened):
    terminal = opened(EDITOR='touch', VISUAL='touch', PAGER='touch')
    terminal.prompt()
    terminal.type('\x1a\x1c\x18\x05\x1b!')  # Ctrl-Z, Ctrl-\, Ctrl-X Ctrl-E, Meta-!
    terminal.type('\x15')  # whatever they left on the line is taken away
    assert ran(terminal, 'echo still here') == ['still here']
    terminal.type('jog\r')
    terminal.until('jogging')
    terminal.type('\x1a\x1c')
    terminal.type(CTRL_C)
    terminal.until('stopped at')
    terminal.prompt()
    assert ran(terminal, '! id') == ["there is no command '!'; help lists all commands"]


def test_a_question_is_answered_by_what_is_typed_after_it(booth, opened):
    terminal = opened()
    terminal.prompt()
    terminal.type('forget 217\ry\r')  # the y came before the question
    terminal.until('Forget letter no. 217 for good? [y/N]')
    terminal.type('n\r')
    terminal.until('nothing was done')
    terminal.prompt()
    for answer, done in (('y\r', 'answer True'), (CTRL_C, 'answer False'), (CTRL_D, 'answer False')):
        booth.events.clear()
        terminal.type('forget 217\r')
        terminal.until(lambda lines: lines[-1].endswith('[y/N]'))
        terminal.type(answer)
        assert booth.until(done)
        terminal.prompt()


def test_a_file_can_be_pasted(booth, opened):
    terminal = opened()
    terminal.prompt()
    terminal.type('take\r')
    terminal.until('Ctrl-D on an empty line')
    terminal.type(f'a;b\n1;2\n{CTRL_D}')
    terminal.until("8 bytes, b'a;b")


def test_a_file_that_was_not_pasted_to_its_end_is_not_sent(booth, opened):
    terminal = opened()
    terminal.prompt()
    terminal.type('take\r')
    terminal.until('Ctrl-D on an empty line')
    terminal.type('a;b\n1;2\n')
    terminal.until('1;2')
    os.kill(terminal.pid, signal.SIGINT)
    terminal.until('stopped')
    terminal.prompt()
    assert not any(' bytes, ' in line for line in terminal.lines)


def test_a_file_for_which_a_terminal_is_no_place_is_explained(booth, opened):
    terminal = opened()
    terminal.prompt()
    said = ran(terminal, 'label 217')
    assert '    audioletter shell label 217 > label-217.pdf' in said


def test_the_prompt_says_who_has_the_command_and_notes_stand_above_it(booth, opened):
    terminal = opened()
    terminal.prompt()
    terminal.type('half')
    terminal.prompt('attract> half')
    booth.note('a letter is stuck')
    terminal.until(lambda lines: lines[-2:] == ['a letter is stuck', 'attract> half'])
    booth.state('maintenance', 'anna')
    terminal.prompt('maintenance (anna)> half')
    booth.state('maintenance', 'me', yours=True)
    terminal.prompt('maintenance (yours)> half')
    terminal.type('\x15note\r')
    terminal.until('anna has taken the command of the booth')
    terminal.prompt('maintenance (anna)>')


@pytest.mark.parametrize('columns', [40, 80])
def test_everything_can_be_read_at_any_width(booth, opened, columns):
    terminal = opened(columns, 40)
    terminal.prompt()
    said = ran(terminal, 'letters list')
    if columns == 80:
        assert said[0].split() == ['number', 'when', 'state', 'seconds', 'disc', 'name', 'on', 'the', 'label']
        assert said[1].endswith('Anna Sergejewna Petrowa,')
    else:
        assert said[:2] == ['number:            217', 'when:              2026-11-27 14:03']
        assert '                   Petrowa, Leningrad' in said
    assert '\\x1b[2J' in ' '.join(said)
    assert '\x1b]0;mine' not in terminal.raw.decode()


def test_a_terminal_that_changes_its_size_is_followed(booth, opened):
    terminal = opened(80)
    terminal.prompt()
    assert ran(terminal, 'letters list')[0].startswith('number  when')
    terminal.resize(40, 40)
    assert ran(terminal, 'letters show')[0] == 'number:            217'
    assert booth.until('width 40')


def test_a_booth_that_goes_is_found_again(opened, tmp_path):
    with FakeBooth(tmp_path):
        terminal = opened()
        terminal.prompt()
    terminal.until('it may be starting again')
    terminal.prompt('no booth>')
    assert 'no booth is running here' in ' '.join(ran(terminal, 'status', 'no booth>'))
    with FakeBooth(tmp_path):
        terminal.type('status\r')
        terminal.until('1234.57')
        terminal.prompt('attract>')


def test_a_terminal_that_is_gone_ends_the_command_on_the_booth(booth, opened):
    terminal = opened()
    terminal.prompt()
    terminal.type('jog\r')
    terminal.until('jogging')
    os.close(terminal.handle)
    assert booth.until('jog stopped')
    terminal.handle = os.open(os.devnull, os.O_RDONLY)


def test_a_booth_that_does_not_stop_is_hung_up_on(booth, opened):
    terminal = opened()
    terminal.prompt()
    terminal.type('deaf\r')
    terminal.until('on and on')
    terminal.type(CTRL_C)
    terminal.until('the booth did not stop it within 10 s', wait_s=30)
    terminal.type('echo again\r')
    terminal.prompt('attract>')


def test_a_dumb_terminal_will_do(booth, opened):
    terminal = opened(TERM='dumb')
    terminal.prompt()
    terminal.type('echo hello\r')
    terminal.until('hello')
