"""A terminal emulator with a program in it: what is on its screen, and keys that are pressed."""

import fcntl
import os
import pty
import select
import signal
import struct
import termios
import time

import pyte

WAIT_S = 60.0  # a busy machine


class Terminal:
    """Use as a context."""

    def __init__(self, argv, columns=80, rows=24, environ=None):
        self.screen = pyte.HistoryScreen(columns, rows, history=1000)
        self.stream = pyte.ByteStream(self.screen)
        self.raw = b''
        self.code = None
        self.pid, self.handle = pty.fork()
        if self.pid == 0:
            os.execvpe(argv[0], argv, {**os.environ, 'TERM': 'xterm-256color', **(environ or {})})
        self.resize(columns, rows)

    def __enter__(self):
        return self

    def __exit__(self, *error):
        if self.code is None:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        os.close(self.handle)

    def resize(self, columns, rows=24):
        self.screen.resize(rows, columns)
        fcntl.ioctl(self.handle, termios.TIOCSWINSZ, struct.pack('HHHH', rows, columns, 0, 0))

    def type(self, text):
        os.write(self.handle, text.encode() if isinstance(text, str) else text)

    @property
    def lines(self):
        """What is on the screen, without the space to the right of it."""
        return [line.rstrip() for line in self.screen.display if line.strip()]

    @property
    def last(self):
        return self.lines[-1] if self.lines else ''

    def until(self, holds, wait_s=WAIT_S):
        """Until the screen holds a text, or a condition is true of the lines on it."""
        wanted = holds if callable(holds) else lambda lines: any(holds in line for line in lines)
        until_s = time.monotonic() + wait_s
        while not wanted(self.lines):
            left_s = until_s - time.monotonic()
            shown = '\n'.join(self.lines)
            assert left_s > 0, f'{holds} never came; the screen:\n{shown}'
            if not self._take(left_s):
                shown = '\n'.join(self.lines)
                raise AssertionError(f'it ended before {holds} came; the screen:\n{shown}')
        return self.lines

    def rest(self, wait_s):
        """What comes within that time; False when it has ended."""
        until_s = time.monotonic() + wait_s
        while (left_s := until_s - time.monotonic()) > 0:
            if not self._take(left_s):
                return False
        return True

    def prompt(self, text='attract>'):
        """Until the cursor stands behind the prompt."""
        self.until(lambda lines: bool(lines) and lines[-1] == text)

    def end(self, wait_s=WAIT_S):
        """Its exit code, when it has ended."""
        until_s = time.monotonic() + wait_s
        while self._take(max(until_s - time.monotonic(), 0.0)):
            assert time.monotonic() < until_s, 'it does not end'
        self.code = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        return self.code

    def _take(self, wait_s):
        """What has come within that time goes to the screen; False at the end."""
        if select.select([self.handle], [], [], wait_s)[0]:
            try:
                came = os.read(self.handle, 65536)
            except OSError:
                return False
            if not came:
                return False
            self.raw += came
            self.stream.feed(came)
        return True
