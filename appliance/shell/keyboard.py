"""What whoever sits at stdin says while a command runs: the answer to a question, or a file.

A question is put at a terminal only, and what was typed before it stood there does not answer it. Without a terminal
nobody is asked, and the answer is no. A file is what comes on stdin to its end.
"""

from __future__ import annotations

import base64
import contextlib
import os
import select
import sys
import termios
from collections.abc import Iterator

from appliance.shell.layout import harmless, wrapped
from appliance.shell.link import Interrupts, Line, Link
from appliance.shell.printing import complain, is_terminal, width_now

CHUNK = 32 * 1024  # bytes of a file in one line
MAX_FILE = 8 << 20
BITE = 64 * 1024


@contextlib.contextmanager
def typed_lines(shown: bool) -> Iterator[None]:
    """What is typed meanwhile is shown, and comes in lines that can be mended; or it is not, and stays for whoever
    reads next, each key as it was. Ctrl-C remains what it is. Does nothing where stdin is no terminal."""
    if not is_terminal(0):
        yield
        return
    before = termios.tcgetattr(0)
    now = termios.tcgetattr(0)
    lines = termios.ICANON | termios.ECHO
    now[3] = now[3] | lines if shown else now[3] & ~lines
    termios.tcsetattr(0, termios.TCSADRAIN, now)
    try:
        yield
    finally:
        termios.tcsetattr(0, termios.TCSADRAIN, before)


class Keyboard:
    """Of one command: nothing more is waited for when a line of its number has come, or Ctrl-C."""

    def __init__(self, link: Link, number: int, interrupts: Interrupts, piped: bool) -> None:
        self._link = link
        self._number = number
        self._interrupts = interrupts
        self._piped = piped  # stdin is where the commands come from

    def asked(self, question: str) -> bool:
        """Whoever presses Ctrl-C or Ctrl-D has not said yes."""
        if self._piped or not (is_terminal(0) and (is_terminal(1) or is_terminal(2))):
            return False
        out = sys.stdout if is_terminal(1) else sys.stderr
        with typed_lines(True):
            with contextlib.suppress(termios.error):
                termios.tcflush(0, termios.TCIFLUSH)
            lines = wrapped(f'{harmless(question)} [y/N]', width_now() - 4)
            out.write('\n'.join(lines) + ' ')  # in one piece: an answer is written behind it
            out.flush()
            answer = self._typed() or b''
        if not answer.endswith(b'\n'):
            print(file=out, flush=True)
        return answer.strip().lower() in (b'y', b'yes')

    def file(self) -> list[Line]:
        """All of stdin in lines of the protocol; an empty one, with a word why, where it cannot be had. None after
        Ctrl-C: half a file is another file."""
        data = b''
        if self._piped:
            complain('this command reads a file from stdin, where these commands come from; give it one of its own')
        else:
            with typed_lines(True):
                if is_terminal(0):
                    print('Paste the text, then Ctrl-D on an empty line (Ctrl-C: none).', flush=True)
                while (more := self._typed()) and len(data) <= MAX_FILE:
                    data += more
                if more is None:
                    return []
        if len(data) > MAX_FILE:
            complain(f'more than {MAX_FILE >> 20} MiB on stdin, which is too much for a command')
            data = b''
        chunks = [data[at : at + CHUNK] for at in range(0, len(data), CHUNK)] or [b'']
        last = len(chunks) - 1
        return [{'input': base64.b64encode(chunk).decode(), 'more': at < last} for at, chunk in enumerate(chunks)]

    def _typed(self) -> bytes | None:
        """What comes on stdin next, a line at a terminal; nothing at its end; None when nobody waits for more."""
        poll = select.poll()
        for handle in (0, self._interrupts.handle, self._link.fileno()):
            poll.register(handle, select.POLLIN)
        while True:
            ready = dict(poll.poll())
            if self._interrupts.handle in ready:
                return None
            if self._link.fileno() in ready and self._link.answered(self._number):
                return None
            if 0 in ready:
                return os.read(0, BITE)
