"""A computer of the booth's own, as README has it installed: its account, its folders, its sshd; in namespaces of its
own (unshare(1)) over the one that runs the tests, on which nothing is changed. Needs root.

Shipped files stand where they belong, unchanged; only the port is a free one, and the virtual booth is slower to start
than a systemd unit would be. What the computer logs is in `syslog`.
"""

import contextlib
import os
import queue
import shutil
import signal
import socket
import subprocess
import sys
import threading

from tests.shell.sshd import MISSING, QUIET, ROOT, SSHD, free_port, keygen

NEEDED = [*MISSING, *(name for name in ('unshare', 'mount', 'useradd', 'setpriv') if shutil.which(name) is None)]
WAIT_S = 150.0  # for whatever is slow on a busy computer
STARTS = r"""
set -eu
folder=$1 root=$2 environment=$3 interpreter=$4 port=$5 sshd=$6
hidden() { [ "$1" != / ] || return 0  # from an account that is not root's: an empty folder stands there instead
    hidden "$(dirname "$1")"
    case $(stat -c %A "$1" 2>/dev/null) in d????????[xt]|'') ;; *) mount -t tmpfs -o mode=755 tmpfs "$1" ;; esac; }
mount -t tmpfs -o mode=755 tmpfs /mnt
for place in etc opt usr/lib var; do
    mkdir -p "/mnt/up/$place" "/mnt/spare/$place"
    mount -t overlay -o "lowerdir=/$place,upperdir=/mnt/up/$place,workdir=/mnt/spare/$place" overlay "/$place"
done
mkdir /mnt/dev
for device in null zero full random urandom tty; do
    touch /mnt/dev/$device
    mount --bind /dev/$device /mnt/dev/$device
done
mkdir /mnt/dev/pts /mnt/dev/shm
mount -t devpts -o newinstance,ptmxmode=0666,mode=0620 devpts /mnt/dev/pts
mount -t tmpfs -o mode=1777 tmpfs /mnt/dev/shm
ln -s pts/ptmx /mnt/dev/ptmx
ln -s /proc/self/fd /mnt/dev/fd
touch /mnt/dev/log  # no link: another account may not be let through to $folder
mount --bind "$folder/log" /mnt/dev/log
mount --rbind /mnt/dev /dev
mount -t tmpfs -o mode=755 tmpfs /run
for place in root interpreter; do
    eval "there=\$$place"
    mkdir -p /mnt/kept/$place
    mount --bind "$there" /mnt/kept/$place
done
mkdir -p /opt/audioletter
mount --bind "$environment" /opt/audioletter
hidden "$root"
hidden "$interpreter"
for place in root interpreter; do
    eval "there=\$$place"
    [ -n "$(ls -A "$there" 2>/dev/null)" ] || { mkdir -p "$there"; mount --bind /mnt/kept/$place "$there"; }
done
rm -rf /var/lib/audioletter /etc/audioletter /usr/lib/audioletter
mkdir -p /run/sshd /etc/audioletter /usr/lib/audioletter
useradd -r -m -s /bin/sh -p '*' -d /var/lib/audioletter audioletter
cp "$root/boot/ssh/sshd_config" /etc/ssh/sshd_config
install -m 755 "$root/boot/ssh/shell" /usr/lib/audioletter/shell
cp "$folder/keys" /etc/audioletter/keys
cp "$folder/host" /etc/ssh/ssh_host_ed25519_key
chmod 600 /etc/ssh/ssh_host_ed25519_key
printf '[shell]\nsystem_shell = ["anna"]\n' >/etc/audioletter/10-host.toml
install -d -o audioletter -g audioletter -m 750 /run/audioletter
chmod 700 /var/lib/audioletter
cd /run/audioletter
env -i PATH=/usr/bin:/bin HOME=/var/lib/audioletter STATE_DIRECTORY=/var/lib/audioletter \
    RUNTIME_DIRECTORY=/run/audioletter \
    setpriv --reuid audioletter --regid audioletter --clear-groups --no-new-privs \
    /opt/audioletter/bin/python -I -m appliance kiosk --no-page >"$folder/booth.log" 2>&1 &
exec "$sshd" -D -e -p "$port"
"""


def can_mount():
    """Whether there can be a computer over this one."""
    if os.geteuid() != 0:
        return False
    over = 'mount -t overlay -o lowerdir=/opt,upperdir=/mnt/a,workdir=/mnt/b overlay /opt'
    tries = f'mount -t tmpfs tmpfs /mnt && mkdir /mnt/a /mnt/b && {over}'
    return subprocess.run(('unshare', '--mount', 'sh', '-c', tries), capture_output=True, check=False).returncode == 0


class Computer:
    """Use as a context."""

    def __init__(self, folder):
        self.folder, self.port = folder, free_port()
        folder.chmod(0o755)
        self.keys = {name: keygen(folder / name, name) for name in ('anna', 'bob', 'stranger')}
        public = [self.keys[name].with_suffix('.pub').read_text() for name in ('anna', 'bob')]
        (folder / 'keys').write_text(''.join(public))
        host = keygen(folder / 'host', 'host')
        (folder / 'known').write_text(f'[127.0.0.1]:{self.port} {host.with_suffix(".pub").read_text()}')

    def __enter__(self):
        self.syslog = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.syslog.bind(str(self.folder / 'log'))
        (self.folder / 'log').chmod(0o666)
        self._logged, self._listener = queue.Queue(), threading.Thread(target=self._listen, daemon=True)
        self._listener.start()
        apart = ('unshare', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc', '--propagation', 'private')
        argv = (*apart, 'sh', '-c', STARTS, 'computer', self.folder, ROOT, sys.prefix, sys.base_prefix)
        argv = (*argv, str(self.port), SSHD)
        with (self.folder / 'sshd.log').open('wb') as log:
            self.process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self.until('sshd.log', 'Server listening')
        self.until('booth.log', '-> attract')
        return self

    def __exit__(self, *error):
        self.process.send_signal(signal.SIGKILL)  # --kill-child: all that is in there ends with it
        self.process.wait(WAIT_S)
        self.syslog.shutdown(socket.SHUT_RDWR)
        self._listener.join()
        self.syslog.close()

    def log(self, name):
        with contextlib.suppress(FileNotFoundError):
            return (self.folder / name).read_text(errors='replace')
        return ''

    def until(self, name, text):
        """Reads along while it is written; ends with the computer, or after WAIT_S."""
        follow = ('timeout', str(WAIT_S), 'tail', '-n', '+1', '-F', f'--pid={self.process.pid}', self.folder / name)
        with subprocess.Popen(follow, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as tail:
            told = any(text in line for line in tail.stdout)
            tail.terminate()
        assert told, f'{name} never said {text!r}: {self.log(name)} {self.log("sshd.log")}'

    def root(self, script, text=''):
        """What root of that computer says to it."""
        first = subprocess.run(('pgrep', '-P', str(self.process.pid)), capture_output=True, text=True, check=True)
        enter = (
            'nsenter',
            '--target',
            first.stdout.split()[0],
            '--mount',
            '--pid',
            '--root',
            '--wd=/',
            'sh',
            '-c',
            script,
        )
        done = subprocess.run(enter, input=text, capture_output=True, text=True, timeout=WAIT_S, check=True)
        return done.stdout

    def programs(self):
        """All that run there now, by name; those of ssh come and go."""
        names = self.root('for one in /proc/[0-9]*; do readlink $one/exe || true; done').split()
        return sorted(name for name in names if not name.endswith(('readlink', 'sshd', 'dash', 'sh')))

    def _listen(self):
        """The system's log holds ten lines: whoever has another to tell would wait for ever."""
        while line := self.syslog.recv(4096):
            self._logged.put(line.decode())

    def await_log(self, text):
        """Until a program has told the system's log this; queue.Empty if none does."""
        while text not in self._logged.get(timeout=WAIT_S):
            pass

    def client(self, *words, key='anna', options=()):
        known = ['-o', f'UserKnownHostsFile={self.folder}/known', '-i', str(self.keys[key])]
        there = ['-p', str(self.port), *options, 'audioletter@127.0.0.1']
        return ['ssh', *QUIET, *known, *there, *(['--', *words] if words else [])]

    def run(self, *words, stdin=b'', environ=None, **how):
        env = {**os.environ, **(environ or {})}
        argv = self.client(*words, **how)
        return subprocess.run(argv, input=stdin, capture_output=True, timeout=WAIT_S, env=env, check=False)
