"""The serial line between both, a pseudo-terminal: as slow as 115 200 baud are, and broken in whatever way is asked."""

import errno
import fcntl
import os
import pty
import select
import sys
import termios
import tty

TURN_BYTES = 23  # that 115 200 baud bring in two milliseconds
FULL = 3000  # bytes that wait for a supervisor who reads nothing: what comes then is lost
PATIENCE_S = 300.0


class Cable:
    """`to_pico`, `to_pi`: whole, gone, garbled, or 'one in two' (lines that are garbled). `said`: bytes of theirs."""

    def __init__(self):
        self._mine, self._theirs = pty.openpty()
        tty.setraw(self._theirs)
        os.set_blocking(self._mine, False)
        self.device = os.ttyname(self._theirs)
        self.to_pico = self.to_pi = 'whole'
        self._in, self._out = b'', b''
        self._read = self.said = 0
        self._lines = {'to_pico': 0, 'to_pi': 0}

    def await_said(self, count):
        """So much has just been written at the other end: a terminal takes its time."""
        self.said += count
        while self._mine is not None and self._read < self.said:
            assert select.select([self._mine], [], [], PATIENCE_S)[0], 'the terminal keeps what was written'
            data = os.read(self._mine, 4096)
            self._read += len(data)
            self._in += data

    def take(self):
        """What reaches the interlock in one of its turns."""
        data, self._in = self._in[:TURN_BYTES], self._in[TURN_BYTES:]
        return self._through('to_pico', data)

    def give(self, data):
        """What the interlock says; it is there when this returns, as far as the line has brought it."""
        self._out += data
        data, self._out = self._out[:TURN_BYTES], self._out[TURN_BYTES:]
        data = self._through('to_pi', data)
        waits = self._waits()
        if self._mine is None or not data or waits > FULL:
            return
        os.write(self._mine, data)
        while self._waits() < waits + len(data):
            os.sched_yield()

    def cut(self):
        """Unplugged: whoever has it open has nothing any more."""
        os.close(self._mine)
        self._mine = None

    def close(self):
        for file in (self._mine, self._theirs):
            if file is not None:
                os.close(file)
        self._mine = self._theirs = None

    def _waits(self):
        """Bytes at their end that nobody has read yet."""
        try:
            return int.from_bytes(fcntl.ioctl(self._theirs, termios.FIONREAD, bytes(4)), sys.byteorder)
        except OSError as error:
            if error.errno != errno.EIO:
                raise
            return 0

    def _through(self, way, data):
        how = getattr(self, way)
        if how == 'gone':
            return b''
        if how == 'whole':
            return data
        out = bytearray(data)
        for at, byte in enumerate(data):
            if byte == ord('\n'):
                self._lines[way] += 1
            elif (how == 'garbled' or self._lines[way] % 2) and byte == ord('*'):
                out[at] ^= 1
        return bytes(out)
