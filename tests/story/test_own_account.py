"""The booth's own account on a computer of its own: who comes by key gets the host's shell and no way out of it, but
for the keys that root has named."""

import re
import sys

import pytest

from tests.story.computer import NEEDED, Computer, can_mount

pytest.importorskip('pyte', reason='needs pyte')
from tests.shell.terminal import Terminal

pytestmark = [
    pytest.mark.skipif(bool(NEEDED), reason=f'needs {" and ".join(NEEDED)}'),
    pytest.mark.skipif(not can_mount(), reason='needs root, and the right to mount'),
    pytest.mark.timeout(600),
]
WHO = b'id -un; readlink /proc/self/exe; echo "$HOME"; exit 7\n'
RUN, DATA, SETTINGS = '/run/audioletter', '/var/lib/audioletter', '/etc/audioletter'


@pytest.fixture(scope='module')
def computer(tmp_path_factory):
    folder = tmp_path_factory.mktemp('computer')
    for place in (folder.parent.parent, folder.parent, folder):  # pytest's are for nobody else
        place.chmod(0o755)
    with Computer(folder) as computer:
        yield computer


def deeds(computer):
    done = computer.run('deeds', '--json', '--lines', '100', key='bob')
    assert done.returncode == 0, done.stderr
    return re.findall(r'"who": "(.*?)", "what": "(.*?)", "how it ended": "(.*?)"', done.stdout.decode())


def test_it_runs_without_root_and_its_folders_are_for_nobody_else(computer):
    script = f'stat -c "%U %A %n" {RUN} {RUN}/shell.sock {DATA} {SETTINGS} {SETTINGS}/keys; grep Cap /proc/self/status'
    done = computer.run('system', 'shell', stdin=script.encode())
    owners = {line.split()[2]: line.split()[:2] for line in done.stdout.decode().splitlines() if '/' in line}
    assert owners == {
        RUN: ['audioletter', 'drwx------'],
        f'{RUN}/shell.sock': ['audioletter', 'srw-rw----'],
        DATA: ['audioletter', 'drwx------'],
        SETTINGS: ['root', 'drwxr-xr-x'],
        f'{SETTINGS}/keys': ['root', '-rw-r--r--'],
    }
    assert re.findall(r'CapEff:\s+(\w+)', done.stdout.decode()) == ['0' * 16]


def test_a_key_comes_in_and_a_command_is_noted_under_its_name(computer):
    done = computer.run('blanks', 'set', '40', key='bob')
    assert (done.returncode, done.stderr) == (0, b'')
    assert ('bob', 'blanks set 40', 'done') in deeds(computer)
    for options in (['-l', 'root'], ['-l', 'nobody']):
        assert computer.run('status', options=options).returncode == 255
    assert computer.run('status', key='stranger').returncode == 255


def test_a_key_that_root_has_named_goes_out_and_another_does_not_and_both_are_noted(computer):
    assert ('the settings', 'a system shell is for', 'anna') in deeds(computer)
    done = computer.run('system', 'shell', stdin=WHO)
    assert done.returncode == 7, done.stderr
    assert done.stdout.decode().split()[0] == 'audioletter'
    assert done.stdout.decode().split()[-1] == DATA
    computer.await_log(": system shell for the key 'anna'")
    done = computer.run('system', 'shell', stdin=WHO, key='bob')
    assert (done.returncode, done.stdout) == (3, b'')
    computer.await_log("no system shell for the key 'bob'")
    assert deeds(computer)[:2] == [
        ('bob', 'system shell --refused', 'the key is not named for it'), ('anna', 'system shell', 'done')]  # fmt: skip


def test_a_name_that_is_taken_away_leads_out_no_more_not_even_from_a_shell_that_is_open(computer):
    with Terminal(computer.client(options=['-tt']), 100) as terminal:
        terminal.prompt()
        computer.root(f"printf '[shell]\\nsystem_shell = []\\n' >{SETTINGS}/10-host.toml")
        try:
            terminal.type('system shell\r')
            terminal.until('no system shell for anna')
            terminal.prompt()
        finally:
            computer.root(f'printf \'[shell]\\nsystem_shell = ["anna"]\\n\' >{SETTINGS}/10-host.toml')
        terminal.type('system shell\r')
        terminal.until('$')
        terminal.type('id -un\r')
        terminal.until(lambda lines: 'audioletter' in lines)
        terminal.type('exit 0\r')
        assert terminal.end() == 0


@pytest.mark.parametrize('place', [f'{DATA}/.config/audioletter', f'{DATA}/settings', f'{DATA}/.ssh'])
def test_what_lies_in_the_accounts_own_folders_opens_nothing(computer, place):
    """Whoever could write there, with a stick or through a mistake, has still no way out, and runs nothing."""
    files = {
        '90.toml': '[shell]\nsystem_shell = ["bob"]\n', 'rc': f'touch {DATA}/ran\n', 'authorized_keys': '',
        'environment': f'LD_PRELOAD={DATA}/evil.so\nBASH_ENV={DATA}/evil\nENV={DATA}/evil\nPYTHONPATH={DATA}\n',
    }  # fmt: skip
    files['authorized_keys'] = (computer.folder / 'stranger.pub').read_text()
    for name, text in files.items():
        computer.root(f'mkdir -p {place}; cat >{place}/{name}', text)
    for name in ('evil', '.profile', '.bashrc'):
        computer.root(f'cat >{DATA}/{name}', f'touch {DATA}/ran\n')
    for name in ('sitecustomize.py', 'appliance.py'):
        computer.root(f'cat >{DATA}/{name}', '1 / 0\n')
    computer.root(f'chown -R audioletter {DATA}')
    try:
        assert computer.run('status', key='bob').returncode == 0
        assert computer.run('status', key='stranger').returncode == 255
        assert computer.run('system', 'shell', stdin=WHO, key='bob').returncode == 3
        assert computer.root(f'ls {DATA}/ran 2>/dev/null || true') == ''
    finally:
        computer.root(
            f'cd {DATA}; rm -rf .config settings .ssh .profile .bashrc evil sitecustomize.py appliance.py ran'
        )


WORDS = ('system shell now', 'system shell ; id', '--yes system shell -c id', 'SYSTEM SHELL', 'sh', '/bin/sh', '-c id',
         'exec sh', 'internal-sftp', 'scp -t /tmp')  # fmt: skip


@pytest.mark.parametrize('words', WORDS)
def test_no_words_lead_out(computer, words):
    tty = '-tt' if 'system' in words else '-T'
    done = computer.run(*words.split(), stdin=WHO, options=[tty], key='bob')
    assert done.returncode in (2, 3)
    assert DATA not in done.stdout.decode()


def test_no_variable_comes_along_not_even_into_a_system_shell(computer):
    names = ('LD_PRELOAD', 'ENV', 'BASH_ENV', 'PATH', 'HOME', 'SSH_USER_AUTH', 'SSH_ORIGINAL_COMMAND', 'LOCPATH',
             'PYTHONSTARTUP', 'PYTHONINSPECT', 'EDITOR', 'TERMINFO')  # fmt: skip
    options = ['-o', f'SetEnv={" ".join(f"{name}={DATA}/evil" for name in names)}']
    assert computer.run('status', options=options, key='bob').returncode == 0
    done = computer.run('system', 'shell', stdin=b'env\n', options=options)
    assert done.returncode == 0
    assert f'{DATA}/evil' not in done.stdout.decode()


@pytest.mark.parametrize('environ', [{'LANG': '../../../../var/lib/audioletter'}, {'LC_ALL': '\udcff/x'}, {'LANG': 'C'},
                                     {'LC_ALL': 'POSIX'}, {'TERM': '../../x'}, {'TERM': 'x' * 5000}])  # fmt: skip
def test_an_odd_terminal_or_language_is_no_way_out_and_no_traceback(computer, environ):
    done = computer.run('letters', 'list', environ=environ, options=['-o', 'SendEnv=LANG LC_ALL', '-tt'], key='bob')
    assert done.returncode == 0, done.stderr
    assert b'Traceback' not in done.stdout + done.stderr


KEYS = {'system prompt': '\x1b!', 'editor': '\x18\x05', 'suspend': '\x1a', 'vi': '\x1b:!sh\r', 'quoted': '\x16\x1a',
        'quit': '\x1c', 'search': '\x12sh\r', 'shell words': '!sh\r', 'pager': 'help | sh\r', 'help': 'help !sh\r',
        'macro': '\x18(id\x18)\x18e', 'record': '\x1b1\x1bx'}  # fmt: skip


@pytest.mark.parametrize('how', list(KEYS))
def test_no_key_starts_a_program(computer, how):
    with Terminal(computer.client(options=['-tt', '-e', 'none'], key='bob'), 80) as terminal:
        terminal.prompt()
        before = computer.programs()
        terminal.type(KEYS[how])
        terminal.type('\x03\x15who\r')
        terminal.until('doing')  # a column of its table
        assert computer.programs() == before
        terminal.prompt()
        terminal.type('\x04')
        assert terminal.end() == 0


def test_what_was_typed_is_kept_for_the_account_alone(computer):
    with Terminal(computer.client(options=['-tt'], key='bob'), 80) as terminal:
        terminal.prompt()
        terminal.type('status\r')
        terminal.until('version')
        terminal.prompt()
        terminal.type('\x04')
        terminal.end()
    assert computer.root(f'stat -c "%U %a %n" {RUN}/history-*').split() == ['audioletter', '600', f'{RUN}/history-bob']


@pytest.mark.parametrize(
    'options',
    [['-A'], ['-X'], ['-Y'], ['-L', '0:127.0.0.1:1', '-o', 'ExitOnForwardFailure=yes'], ['-s', 'sftp'],
     ['-o', 'PermitLocalCommand=yes'], ['-o', 'StreamLocalBindUnlink=yes', '-R', '/run/x.sock:127.0.0.1:1']],
    ids=lambda options: options[-1],
)  # fmt: skip
def test_what_ssh_can_carry_beside_is_not_there(computer, options):
    done = computer.run('system', 'shell', stdin=b'env; ls /tmp/ssh-* /run/x.sock; id -un\n', options=options)
    told = done.stdout.decode()
    assert not re.search('SSH_AUTH_SOCK|DISPLAY|XAUTH', told)
    assert '/tmp/ssh-' not in told
    assert '/run/x.sock' not in told


def test_another_account_of_the_computer_does_not_reach_the_booth(computer):
    asked = (
        f'cd /; setpriv --reuid nobody --clear-groups {sys.executable} -I -m appliance shell --run {RUN} status 2>&1'
    )
    assert "another account's" in computer.root(f'{asked} || true')
