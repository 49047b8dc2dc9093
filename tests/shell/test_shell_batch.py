"""One command, and a pipe of commands: what comes out, where, and with which exit code."""

import base64
import json
import os
import signal
import socket
import subprocess

import pytest
from commanded import COMMAND
from fake_booth import HELLO, FakeBooth


def told(done):
    """What it complained of, in one line."""
    (line,) = done.stderr.decode().splitlines()
    return line.removeprefix('audioletter: ')


def test_one_command_says_what_the_booth_says(booth, shell):
    done = shell('status')
    assert (done.returncode, done.stderr) == (0, b'')
    assert done.stdout.decode().splitlines() == [
        'state:    attract', 'visitor:  no', 'free, MB: 1234.57', 'cause:    -']  # fmt: skip
    assert booth.hellos == [{'protocol': 1, 'who': booth.hellos[0]['who'], 'width': 80, 'terminal': False}]
    assert booth.until('gone')


def test_a_table_comes_as_columns_and_moves_no_cursor(booth, shell):
    lines = shell('letters', 'list').stdout.decode().splitlines()
    assert lines[0] == 'number  when              state    seconds  disc     name on the label'
    assert lines[3] == '   219  2026-11-27 14:31  spoiled        -  pvc-25   \\x1b[2J\\x1b]0;mine\\x07'
    assert booth.asked == [['letters', 'list']]


@pytest.mark.parametrize('words', [('status', '--json'), ('--json', 'status')])
def test_json_is_what_the_booth_said_and_the_booth_is_told_of_it(booth, shell, words):
    done = shell(*words)
    assert json.loads(done.stdout) == {'state': 'attract', 'visitor': False, 'free, MB': 1234.5678, 'cause': None}
    assert booth.asked == [['status', '--json']]


def test_a_table_in_json_is_its_rows_by_name(booth, shell):
    rows = json.loads(shell('letters', '--json').stdout)
    assert [row['number'] for row in rows] == [217, 218, 219]
    assert rows[2]['name on the label'] == '\x1b[2J\x1b]0;mine\x07'


@pytest.mark.parametrize('code', [2, 3, 4])
def test_what_fails_is_one_line_with_the_exit_code_of_the_booth(booth, shell, code):
    done = shell('fail', str(code))
    assert (done.returncode, done.stdout) == (code, b'')
    assert told(done) == 'the \\x1b[31mlathe: it went wrong; look at it'
    fault = json.loads(shell('fail', str(code), '--json').stdout)['fault']
    assert (fault['exit_code'], fault['what'], fault['remedy']) == (code, 'it went wrong', 'look at it')


def test_words_reach_the_booth_as_they_are(booth, shell, tmp_path):
    words = ['echo', '; id', '$(id)', '`id`', '$HOME', '*', '--', '--json', 'Ünsinn 田中', '']
    assert shell(*words).stdout.decode() == f'{" ".join(words[1:])}\n'
    assert booth.asked == [words]


@pytest.mark.parametrize('word', ['a\nb', 'a\x1bb', 'x' * 100_000])
def test_words_that_are_none_never_reach_it(booth, shell, word):
    done = shell('echo', word)
    assert (done.returncode, booth.asked) == (2, [])
    assert told(done)


def test_a_pipe_is_a_command_a_line_until_one_fails(booth, shell):
    lines = b"# an evening\n\necho 'a  b' # c\r\nfail 3\necho never\n"
    done = shell(stdin=lines)
    assert (done.returncode, done.stdout) == (3, b'a  b # c\n')
    assert told(done) == 'line 4: the \\x1b[31mlathe: it went wrong; look at it'
    assert booth.asked == [['echo', 'a  b', '#', 'c'], ['fail', '3']]


def test_a_pipe_that_keeps_going_ends_with_the_first_failure(booth, shell):
    done = shell('--keep-going', stdin=b"fail 4\nit's\nfail 3\necho on\n--json status")
    assert done.returncode == 4
    assert done.stdout.decode().splitlines()[0] == 'on'
    assert json.loads(done.stdout.decode().splitlines()[1])['state'] == 'attract'
    assert [line.split(':')[1] for line in done.stderr.decode().splitlines()] == [' line 1', ' line 2', ' line 3']


@pytest.mark.parametrize(
    'garbage', [b'x' * (1 << 20), os.urandom(4096) * 256, b'\0' * (1 << 20)], ids=['x', 'any', '0']
)
def test_a_megabyte_of_garbage_is_refused(booth, shell, garbage):
    done = shell(stdin=garbage)
    assert done.returncode == 2
    assert told(done).startswith('line ')
    assert b'Traceback' not in done.stderr
    assert shell('status').returncode == 0


def test_a_question_is_not_answered_by_nobody(booth, shell):
    done = shell('forget', '217', stdin=b'y\n')
    assert (done.returncode, told(done)) == (3, 'forget: nothing was done; answer yes, or write --yes')
    assert shell(stdin=b'forget 217\ny\n').returncode == 3
    assert 'answer True' not in booth.events


def test_yes_before_the_words_answers_all_questions(booth, shell):
    assert shell('--yes', stdin=b'forget 1\nforget 2\n').stdout == b'forgotten\nforgotten\n'


def test_a_file_goes_to_stdout_and_what_is_said_with_it_does_not(booth, shell):
    done = shell('label', '217')
    assert (done.returncode, done.stdout) == (0, bytes(range(256)) * 300)
    assert done.stderr == b'a label of one page\n'
    lines = [json.loads(line) for line in shell('label', '217', '--json').stdout.splitlines()]
    data = b''.join(base64.b64decode(line['data']) for line in lines[:-1])
    assert (data, lines[-1]) == (bytes(range(256)) * 300, {'text': 'a label of one page'})


def test_a_file_for_a_command_comes_from_stdin(booth, shell):
    data = b'number;name\r\n' * 20_000
    assert shell('take', stdin=data).stdout.decode() == f"{len(data)} bytes, b'number;nam'\n"
    assert shell('take', stdin=b'').stdout == b"0 bytes, b''\n"
    assert told(shell('take', stdin=b'x' * (9 << 20))).startswith('more than 8 MiB')


def test_a_pipe_leads_to_no_system_shell(booth, shell):
    done = shell(stdin=b'system shell\nid\n')
    assert (done.returncode, done.stdout, booth.asked) == (2, b'', [])
    assert told(done) == 'line 1: system shell is no command for a pipe; type it at the prompt'
    done = shell('system', 'shell', stdin=b'id\n')  # no SSH session
    assert (done.returncode, done.stdout, booth.asked) == (2, b'', [])
    assert told(done) == 'system shell: you have come from one; exit leads back'


def test_in_a_pipe_the_next_commands_are_no_file(booth, shell):
    done = shell(stdin=b'take\necho on\n')
    assert done.stdout == b"0 bytes, b''\non\n"
    assert told(done).startswith('this command reads a file')


def test_where_no_booth_runs_is_said(shell, tmp_path):
    done = shell('status')
    assert done.returncode == 3
    assert told(done).startswith(f'{tmp_path}/shell.sock: no booth is running here; start one')
    with socket.socket(socket.AF_UNIX) as one_that_was_killed:
        one_that_was_killed.bind(str(tmp_path / 'shell.sock'))
    assert shell('status').returncode == 3
    assert shell(stdin=b'status\n').returncode == 3


@pytest.mark.parametrize(
    ('hello', 'said'),
    [
        ({**HELLO, 'protocol': 2}, 'the booth speaks protocol 2, this shell 1; restart the booth'),
        ({'error': 'eight shells are open already'}, 'eight shells are open already'),
        ({'hello': 'world', 'protocol': 1}, 'the booth speaks protocol 1'),
        ([1], 'the booth has hung up'),
    ],
)
def test_a_booth_that_cannot_be_talked_to_is_one_line(tmp_path, shell, hello, said):
    with FakeBooth(tmp_path, hello):
        done = shell('status')
    assert done.returncode == 3
    assert said in told(done)


@pytest.mark.parametrize('words', ['drop', 'odd'])
def test_a_booth_that_goes_or_talks_nonsense_is_a_fault(booth, shell, words):
    done = shell(words)
    assert done.returncode == 4
    assert told(done)


def as_from_a_terminal():
    """Whoever started the tests may have had these ignored (nohup, a job in the background): children inherit it."""
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


def started(tmp_path, *words, **streams):
    words = [*COMMAND, '--run', str(tmp_path), *words]
    return subprocess.Popen(words, stdin=subprocess.DEVNULL, preexec_fn=as_from_a_terminal, **streams)


def test_ctrl_c_stops_the_command_on_the_booth_and_waits_for_its_last_words(booth, tmp_path):
    process = started(tmp_path, 'jog', stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout.readline() == b'jogging\n'
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out, err) == (130, b'stopped at 12.5 mm\n', b'audioletter: stopped\n')
    assert 'cancel' in booth.events


@pytest.mark.parametrize('number', [signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_however_the_shell_ends_the_command_on_the_booth_ends_too(booth, tmp_path, number):
    with started(tmp_path, 'jog', stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        process.stdout.readline()
        process.send_signal(number)
        assert booth.until('jog stopped')


def test_a_reader_that_goes_ends_the_command_though_it_says_nothing(booth, tmp_path):
    with started(tmp_path, 'jog', stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        process.stdout.readline()
        process.stdout.close()
        assert booth.until('jog stopped')
    assert process.returncode == 0


def test_nothing_that_one_command_needs_not_is_imported(booth, shell):
    code = 'import sys; from appliance.commands import main; main(sys.argv[1:]); print(*sys.modules)'
    argv = [COMMAND[0], '-c', code, 'shell', '--run', str(booth.folder), 'letters']
    said = subprocess.run(argv, capture_output=True, text=True, check=True).stdout.splitlines()[-1].split()
    assert 'appliance.shell.batch' in said
    assert not {'prompt_toolkit', 'rich', 'numpy', 'asyncio', 'appliance.config', 'subprocess'} & set(said)
