"""What the supervisor's processes ask of the world outside, over one socket for each of their threads.

A request is a letter, two numbers and perhaps some bytes; it is answered by a number and perhaps bytes. A thread that
has asked to sleep gets its answer when that time has come.
"""

import math
import os
import socket
import struct
import threading

REQUEST, ANSWER = struct.Struct('<cqq'), struct.Struct('<q')
MOST = 4096  # bytes of a message
READ, WRITE, NOW, SLEEP = b'R', b'W', b'N', b'S'  # a register, a register, the time, for so many us
HERE, JOINS = b'H', b'J'  # who this is; it waits for somebody else in the same process
TOLD, HEARD, GONE, IDLE = b'T', b'O', b'G', b'D'  # orders of the parent to the child; the parent has gone; no order
SAID, MAILBOX, MARKS, STATE = (
    b'C',
    b'M',
    b'K',
    b'B',
)  # so many bytes to the line; to the firmware; of a score; of a booth
KIOSK, EAR, WORKER, FEEDER, WATCHER, OTHER = range(6)  # who asks
ROLES = ('kiosk', 'ear', 'worker', 'feeder', 'watcher', 'other')


class Outside:
    """The asking side. Whoever loses the world ends."""

    def __init__(self, path):
        self._path, self._mine = path, threading.local()

    def ask(self, kind, first=0, second=0, more=b''):
        line = getattr(self._mine, 'line', None)
        if line is None:
            line = self._mine.line = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            line.connect(self._path)
        try:
            line.sendall(REQUEST.pack(kind, first, second) + more)
            answer = line.recv(MOST)
        except OSError:
            answer = b''
        if not answer:
            os._exit(1)
        return ANSWER.unpack_from(answer)[0], answer[ANSWER.size :]

    def number(self, kind, first=0, second=0):
        return self.ask(kind, first, second)[0]

    def leave(self):
        """This thread asks nothing any more."""
        line = self._mine.__dict__.pop('line', None)
        if line is not None:
            line.close()


class ModelClock:
    """Implements `clock.Clock`: time of the world, the same for all processes and for the virtual Pi."""

    def __init__(self, outside):
        self._outside = outside

    def now_s(self):
        return self._outside.number(NOW) / 1e6

    def rest(self, seconds):
        self._outside.number(SLEEP, math.ceil(round(seconds * 1e6, 3)))
