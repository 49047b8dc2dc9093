"""A real sshd on loopback, with the configuration and the launcher that are shipped.

Changed is only what a test cannot have: port, host key, paths, and the account, which is the present one. `-o` on the
command line comes before the file (sshd(8)): for each key the first value holds.
"""

import os
import pwd
import re
import shutil
import socket
import subprocess
import sys
import threading
from pathlib import Path

ROOT = Path(__file__).parents[2]
SHIPPED = ROOT / 'boot' / 'ssh'
SSHD = shutil.which('sshd', path=f'{os.environ.get("PATH", "")}:/usr/sbin')
TOOLS = ('ssh', 'ssh-keygen', 'sftp', 'scp')
MISSING = [] if SSHD and all(map(shutil.which, TOOLS)) else ['openssh-server', 'openssh-client']
ACCOUNT = pwd.getpwuid(os.geteuid()).pw_name
QUIET = ('-F', 'none', '-o', 'BatchMode=yes', '-o', 'IdentitiesOnly=yes', '-o', 'StrictHostKeyChecking=yes')


def keygen(file, comment):
    subprocess.run(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-C', comment, '-f', file], check=True)
    return file


def free_port():
    with socket.socket() as one:
        one.bind(('127.0.0.1', 0))
        return one.getsockname()[1]


class Sshd:
    """Use as a context. `run` is where the booth's socket is."""

    def __init__(self, folder, run, **options):
        self.folder, self.port = folder, free_port()
        self.log, self._news = [], threading.Condition()
        self.keys = {name: keygen(folder / name, name) for name in ('anna', 'stranger')}
        self.keys['nameless'] = keygen(folder / 'nameless', '')
        public = [self.keys[name].with_suffix('.pub').read_text() for name in ('anna', 'nameless')]
        (folder / 'keys').write_text('# who may come in\n' + ''.join(public))
        host = keygen(folder / 'host', 'host')
        (folder / 'known').write_text(f'[127.0.0.1]:{self.port} {host.with_suffix(".pub").read_text()}')
        own = {
            'ListenAddress': f'127.0.0.1:{self.port}',
            'HostKey': host,
            'PidFile': 'none',
            'AuthorizedKeysFile': folder / 'keys',
            'StrictModes': 'no',  # pytest's folders lie in one that all may write to
            'ForceCommand': self._launcher(run),
            'AllowUsers': ACCOUNT,
            **({'PermitRootLogin': 'prohibit-password'} if os.geteuid() == 0 else {}),
            **options,
        }
        words = [word for key, value in own.items() for word in ('-o', f'{key}={value}')]
        self.argv = [SSHD, '-D', '-p', str(self.port), '-e', '-f', SHIPPED / 'sshd_config', *words]

    def _launcher(self, run):
        """The shipped one, where the three places that its comment names are those of this computer."""
        text = (SHIPPED / 'shell').read_text()
        for name, place in (('python', sys.executable), ('keys', self.folder / 'keys'), ('run', run)):
            text, changed = re.subn(rf'^{name}=.*$', f'{name}={place}', text, flags=re.M)
            assert changed == 1
        file = self.folder / 'shell'
        file.write_text(text)
        file.chmod(0o755)
        return file

    def __enter__(self):
        if os.geteuid() == 0:
            Path('/run/sshd').mkdir(exist_ok=True)  # where sshd wants to be alone (sshd(8), FILES)
        self.process = subprocess.Popen(self.argv, stderr=subprocess.PIPE, text=True, errors='replace')
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        try:
            self.told('Server listening')
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *error):
        self.process.terminate()
        self.process.wait(60)
        self._reader.join(30)  # the last connection's process has ended too
        self.process.stderr.close()

    def _read(self):
        for line in self.process.stderr:
            with self._news:
                self.log.append(line.rstrip())
                self._news.notify_all()

    def told(self, text, since=0, wait_s=90):
        """Until sshd has logged it; one line from `since` on."""

        def found():
            return next((line for line in self.log[since:] if text in line), '')

        with self._news:
            assert self._news.wait_for(found, wait_s), f'sshd never said {text!r}:\n' + '\n'.join(self.log[since:])
            return found()

    def client(self, *words, key='anna', program='ssh', options=()):
        """What somebody types elsewhere."""
        known = ['-o', f'UserKnownHostsFile={self.folder}/known', '-i', str(self.keys[key])]
        if program == 'ssh':
            return [
                program,
                *QUIET,
                *known,
                '-p',
                str(self.port),
                *options,
                f'{ACCOUNT}@127.0.0.1',
                *(['--', *words] if words else []),
            ]
        return [program, *QUIET, *known, '-P', str(self.port), *options, *words]

    def run(self, *words, stdin=b'', environ=None, **how):
        env = {**os.environ, **(environ or {})}
        argv = self.client(*words, **how)
        return subprocess.run(argv, input=stdin, capture_output=True, timeout=110, env=env, check=False)
