"""A real sshd with the shipped configuration: who has a key gets the host's shell, and nobody gets anything else."""

import os
import socket
import struct
import subprocess
from contextlib import ExitStack
from pathlib import Path

import pytest
from fake_booth import FakeBooth
from sshd import ACCOUNT, MISSING, Sshd

pytest.importorskip('pyte', reason='needs pyte')
from terminal import Terminal

from appliance.shell.who import LONGEST, fingerprint

pytestmark = pytest.mark.skipif(bool(MISSING), reason=f'needs {" and ".join(MISSING)}')
CTRL_C, CTRL_D = '\x03', '\x04'
HARMLESS = {'PATH', 'HOME', 'USER', 'LOGNAME', 'LANG', 'LC_ALL', 'LC_CTYPE', 'TERM', 'SSH_USER_AUTH', 'SSH_CONNECTION',
            'SSH_TTY', 'SSH_ORIGINAL_COMMAND'}  # fmt: skip


@pytest.fixture(scope='module')
def place(tmp_path_factory):
    return tmp_path_factory.mktemp('ssh')


@pytest.fixture(scope='module')
def sshd(place):
    with Sshd(place, place) as sshd:
        yield sshd


@pytest.fixture
def booth(place):
    with FakeBooth(place) as booth:
        yield booth


@pytest.fixture
def undisturbed(sshd, booth):
    """After it, the booth has heard of nothing, and the next who comes is served."""
    yield
    assert booth.asked == []
    assert sshd.run('echo', 'well').stdout == b'well\n'


def environment(booth):
    """Of the program that talks to the booth, as the kernel has it."""
    peer = booth.peers[-1].connection
    pid, _, _ = struct.unpack('3i', peer.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
    text = Path(f'/proc/{pid}/environ').read_text()
    return dict(entry.split('=', 1) for entry in text.split('\0') if entry)


def test_one_command_and_its_exit_code(sshd, booth):
    done = sshd.run('status', '--json')
    assert (done.returncode, done.stdout[:19], done.stderr) == (0, b'{"state": "attract"', b'')
    assert booth.hellos[0]['who'] == 'anna'
    for code in (2, 3, 4):
        done = sshd.run('fail', str(code))
        assert (done.returncode, done.stdout) == (code, b'')
        assert done.stderr == b'audioletter: the \\x1b[31mlathe: it went wrong; look at it\n'
    assert sshd.run('label', '217').stdout == bytes(range(256)) * 300


def test_a_key_without_a_name_is_called_by_its_fingerprint(sshd, booth):
    assert sshd.run('status', key='nameless').returncode == 0
    key = sshd.keys['nameless'].with_suffix('.pub').read_text().split()[1]
    assert booth.hellos[0]['who'] == fingerprint(key)[:LONGEST]


def test_commands_in_a_pipe(sshd, booth):
    done = sshd.run(stdin=b'echo one\nfail 3\necho two\n')
    assert (done.returncode, done.stdout) == (3, b'one\n')
    done = sshd.run('--keep-going', '--yes', stdin=b'forget 1\nfail 3\necho two\n')
    assert (done.returncode, done.stdout) == (3, b'forgotten\ntwo\n')
    assert sshd.run('take', stdin=b'a;b\n' * 10_000).stdout == b"40000 bytes, b'a;b\\na;b\\na;'\n"


@pytest.mark.parametrize('columns', [40, 80])
def test_a_session_at_a_terminal(sshd, booth, columns):
    with Terminal(sshd.client(options=['-t']), columns, 40) as terminal:
        terminal.prompt()
        terminal.type('let\t\t')
        terminal.until(lambda lines: lines[-2:] == ['show   list   forget', 'attract> letters'])  # it takes keys again
        terminal.type('list\r')
        terminal.until('219')
        terminal.prompt()
        assert ('number:            217' if columns == 40 else '   217  2026-11-27 14:03') in ' '.join(terminal.lines)
        terminal.type('jog\r')
        terminal.until('jogging')
        terminal.type(CTRL_C)
        terminal.until('stopped at 12.5 mm')
        terminal.prompt()
        terminal.type('\x1b[A\x1b[A')
        terminal.prompt('attract> letters list')
        terminal.type('\x15')
        terminal.resize(120 - columns, 40)
        terminal.type('letters show\r')
        terminal.until(lambda lines: lines[-1] == 'attract>' and 'attract> letters show' in lines)
        last = terminal.lines[-12:]
        assert any('   217  2026-11-27 14:03' in line for line in last) == (columns == 40)
        terminal.type(CTRL_C + CTRL_D)
        assert terminal.end() == 0
    assert booth.until('gone')


def test_ctrl_c_while_it_begins_shows_no_page_of_python(sshd):
    """On a small Pi that takes seconds."""
    for moment in range(15):
        with Terminal([str(sshd.folder / 'shell')]) as terminal:
            terminal.rest(0.02 + 0.03 * moment)
            terminal.type(CTRL_C)
            terminal.rest(5.0)
            assert b'Traceback' not in terminal.raw


@pytest.mark.parametrize('options', [[], ['-tt']])
def test_a_connection_that_is_lost_stops_what_it_had_running(sshd, booth, options):
    process = subprocess.Popen(sshd.client('jog', options=options), stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    with process:
        assert process.stdout.readline().strip() == b'jogging'
        process.kill()
        assert booth.until('jog stopped')


def test_a_connection_that_is_only_silent_is_lost_too(place, tmp_path, booth):
    """A phone that left the room: no end of the connection ever comes."""
    with Sshd(tmp_path, place, ClientAliveInterval=1) as sshd:
        process = subprocess.Popen(sshd.client('jog'), stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        with process:
            assert process.stdout.readline().strip() == b'jogging'
            process.send_signal(19)  # SIGSTOP
            assert booth.until('jog stopped', 30)
            process.kill()
        sshd.told('Timeout, client not responding')


@pytest.mark.parametrize(
    ('how', 'said'),
    [
        ({'key': 'stranger'}, 'Connection closed by authenticating user'),
        ({'options': ['-o', 'PreferredAuthentications=password', '-o', 'BatchMode=no']}, 'Connection closed by'),
        ({'options': ['-o', 'PreferredAuthentications=keyboard-interactive']}, 'Connection closed by'),
        ({'options': ['-o', 'PreferredAuthentications=hostbased,gssapi-with-mic']}, 'Connection closed by'),
        ({'options': ['-l', 'nobody']}, 'User nobody from 127.0.0.1 not allowed'),
    ],
)
def test_who_has_no_key_does_not_come_in(sshd, booth, undisturbed, how, said):
    before = len(sshd.log)
    done = sshd.run('status', environ={'SSH_ASKPASS': '/bin/true', 'SSH_ASKPASS_REQUIRE': 'force'}, **how)
    assert (done.returncode, done.stdout) == (255, b'')
    assert b'Permission denied (publickey)' in done.stderr
    sshd.told(said, before)


@pytest.mark.parametrize('words', [['sftp'], ['scp'], ['scp', '-O']])
def test_no_file_goes_in_or_out(sshd, booth, tmp_path, words):
    program, *options = words
    (tmp_path / 'sent').write_text('x')
    there = f'{ACCOUNT}@127.0.0.1:{tmp_path}/got'
    argv = ['-b', '-', f'{ACCOUNT}@127.0.0.1'] if program == 'sftp' else [tmp_path / 'sent', there]
    before = len(sshd.log)
    if program == 'sftp':
        done = sshd.run(f'{ACCOUNT}@127.0.0.1', stdin=b'pwd\n', program=program, options=['-b', '-'])
    else:
        done = sshd.run(*map(str, argv), program=program, options=options)
    assert done.returncode not in (0, None)
    assert not (tmp_path / 'got').exists()
    if '-O' in words:
        assert [asked[:2] for asked in booth.asked] == [['scp', '-t']]  # a command that is none
    else:
        sshd.told('subsystem request for sftp', before)
        assert booth.asked == []
    assert sshd.run('echo', 'well').stdout == b'well\n'


@pytest.mark.parametrize('way', ['-L', '-D', '-W'])
def test_nothing_passes_through_to_elsewhere(sshd, booth, undisturbed, way):
    with socket.create_server(('127.0.0.1', 0)) as elsewhere:
        elsewhere.settimeout(0.5)
        target = elsewhere.getsockname()[1]
        before = len(sshd.log)
        if way == '-W':
            done = sshd.run(options=['-W', f'127.0.0.1:{target}'])
            assert done.returncode == 255
            assert b'administratively prohibited' in done.stderr
        else:
            through(sshd, way, target)
        with pytest.raises(TimeoutError):
            elsewhere.accept()
    sshd.told('refused', before)


def through(sshd, way, target):
    """Try a tunnel that stands until it is used."""
    here = free()
    told = f'{here}:127.0.0.1:{target}' if way == '-L' else str(here)
    argv = sshd.client(options=[way, told, '-N', '-v'])
    process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    with process, ExitStack() as stack:
        stack.callback(process.terminate)  # also if the tunnel stands, which it must not
        for line in process.stderr:
            if 'Entering interactive session' in line:
                break
        with socket.create_connection(('127.0.0.1', here), 10) as tunnel:
            tunnel.settimeout(10)
            if way == '-D':
                tunnel.sendall(b'\x05\x01\x00')  # RFC 1928
                assert tunnel.recv(2) == b'\x05\x00'
                tunnel.sendall(b'\x05\x01\x00\x01\x7f\x00\x00\x01' + struct.pack('>H', target))
            ended(tunnel)
        process.terminate()
        told = process.stderr.read()
        assert 'administratively prohibited' in told


def ended(tunnel):
    """It is closed from the other side, with or without ceremony."""
    try:
        while tunnel.recv(100):
            continue
    except ConnectionResetError:
        return


def free():
    with socket.socket() as one:
        one.bind(('127.0.0.1', 0))
        return one.getsockname()[1]


@pytest.mark.parametrize(
    'options',
    [['-R', '0:127.0.0.1:22'], ['-R', '/tmp/audioletter-no:127.0.0.1:22'], ['-w', '0:0']],
    ids=['port', 'socket', 'tunnel'],
)
def test_nothing_passes_through_from_elsewhere(sshd, booth, undisturbed, options):
    done = sshd.run(options=[*options, '-N', '-o', 'ExitOnForwardFailure=yes'])
    assert done.returncode == 255
    assert any(word in done.stderr for word in (b'forwarding failed', b'device', b'Tunnel', b'tunnel')), done.stderr


def test_neither_agent_nor_display_nor_any_variable_comes_along(sshd, booth, tmp_path):
    evil = tmp_path / 'evil'
    evil.write_text(f'touch {tmp_path}/ran\n')
    sent = {'BASH_ENV': evil, 'ENV': evil, 'LD_PRELOAD': evil, 'PYTHONPATH': tmp_path, 'PYTHONSTARTUP': evil,
            'PROMPT_TOOLKIT_SHELL': evil, 'LC_MONETARY': 'x', 'LANG': 'de_DE.UTF-8'}  # fmt: skip
    agent = f'ForwardAgent={tmp_path}/agent'
    options = [
        '-o',
        'IdentityAgent=none',
        '-o',
        agent,
        '-X',
        '-o',
        f'SetEnv={" ".join(f"{name}={value}" for name, value in sent.items())}',
    ]
    with ExitStack() as stack:
        listener = stack.enter_context(socket.socket(socket.AF_UNIX))
        listener.bind(str(tmp_path / 'agent'))
        listener.listen(1)
        environ = {**os.environ, 'DISPLAY': ':77'}
        process = stack.enter_context(
            subprocess.Popen(
                sshd.client('jog', options=options), env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE
            )
        )
        assert process.stdout.readline() == b'jogging\n'
        found = environment(booth)
        process.kill()
    assert set(found) <= HARMLESS, set(found) - HARMLESS
    assert found['LANG'] == 'de_DE.UTF-8'
    assert found['PATH'] == '/usr/bin:/bin'
    assert not (tmp_path / 'ran').exists()


@pytest.mark.parametrize(
    'command',
    ['echo x; touch {0}', 'echo x && touch {0}', 'echo $(touch {0})', 'echo `touch {0}`', 'echo x | tee {0}',
     'echo > {0}', '! touch {0}', '-c "touch {0}"', '/bin/sh -c "touch {0}"', 'sh',
     'bash -i', "echo '\\'' ; touch {0}"],
)  # fmt: skip
def test_what_a_shell_would_obey_is_a_word_like_any_other(sshd, booth, tmp_path, command):
    done = sshd.run(command.format(tmp_path / 'made'))
    assert not (tmp_path / 'made').exists()
    assert list(tmp_path.iterdir()) == []
    if command.startswith('echo') and '\\' not in command:
        assert done.stdout.decode().split() == command.format(tmp_path / 'made').split()[1:]
    else:
        assert done.returncode == 2
        assert done.stderr.startswith(b'audioletter: ')
    assert b'Traceback' not in done.stderr


@pytest.mark.parametrize('command', ['status\nstatus', 'status\r', 'status \x1b[2J', "it's", 'echo \udcff\udcfe'])
def test_what_is_no_line_is_refused(sshd, booth, undisturbed, command):
    done = sshd.run(os.fsencode(command))
    assert (done.returncode, done.stdout) == (2, b'')
    (line,) = done.stderr.decode().splitlines()
    assert line.startswith('audioletter: ')


@pytest.mark.parametrize(('words', 'size'), [(1, 100_000), (10, 20_000), (50, 20_000)])
def test_a_command_that_is_too_long_is_refused(sshd, booth, undisturbed, words, size):
    """Of 100 kB by us, of 200 kB by the kernel (execve(2), limits of one text), of 1 MB by sshd."""
    done = sshd.run(*['x' * size] * words)
    assert (done.returncode != 0, done.stdout) == (True, b'')
    assert b'Traceback' not in done.stderr


@pytest.mark.parametrize(
    'garbage', [b'\0' * (1 << 20), b'status ' * 150_000, os.urandom(1 << 20)], ids=['0', 'x', 'any']
)
def test_a_megabyte_of_garbage_on_stdin_is_refused(sshd, booth, undisturbed, garbage):
    done = sshd.run(stdin=garbage)
    assert (done.returncode, done.stdout) == (2, b'')
    assert done.stderr.splitlines()[-1].startswith(b'audioletter: line 1: ')


@pytest.mark.parametrize(
    ('begun', 'said'),
    [(b'', 'banner exchange'), (b'SSH-2.0-x\r\n', 'Bad packet length')],
    ids=['from the start', 'behind a greeting'],
)
def test_a_megabyte_of_garbage_at_the_port_is_refused(sshd, booth, undisturbed, begun, said):
    before = len(sshd.log)
    with socket.create_connection(('127.0.0.1', sshd.port), 20) as one:
        try:
            one.sendall(begun + os.urandom(1 << 20))
            while one.recv(4096):
                continue
        except (ConnectionResetError, BrokenPipeError):
            pass
    sshd.told(said, before)


def test_connections_that_say_nothing_keep_nobody_out_and_are_ended(place, tmp_path, booth):
    with Sshd(tmp_path, place, LoginGraceTime=3) as sshd, ExitStack() as stack:
        half = [stack.enter_context(socket.create_connection(('127.0.0.1', sshd.port))) for _ in range(30)]
        done = sshd.run('echo', 'well', options=['-b', '127.0.0.2'])  # somebody else
        assert done.stdout == b'well\n', done.stderr
        for one in half:
            one.settimeout(60)  # by itself sshd would wait for two minutes
            ended(one)
        assert sshd.run('echo', 'well').stdout == b'well\n'
        sshd.told('drop connection')


def test_there_is_no_system_shell_for_a_key_that_is_not_named(sshd, booth):
    done = sshd.run('system', 'shell', stdin=b'id\n')
    assert (done.returncode, done.stdout) == (3, b'')
    assert done.stderr.startswith(b'audioletter: shell.system_shell: no system shell for anna; ')
    assert booth.asked == [['system', 'shell', '--refused']]  # for its ledger
