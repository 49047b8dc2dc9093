"""Recorded wires: a fake SPI device and GPIO, and a panel that decodes what went over them (ILI9341 datasheet 8.2)."""

import numpy as np

CASET, PASET, RAMWR, PIXELS = 0x2A, 0x2B, 0x2C, 0x3A
DC, LIGHT = 24, 4


class Wires:
    """Stands for RPi.GPIO and for spidev's device at once: what counts is the order of both."""

    LOW, HIGH, IN, OUT, BCM = 0, 1, 1, 0, 11

    def __init__(self):
        self.levels = {}
        self.sent = []  # (is it data?, bytes)
        self.broken = False
        self.bytes = 0
        self.opened = 0

    def setmode(self, mode):
        assert mode == self.BCM

    def setwarnings(self, on):
        pass

    def setup(self, pin, direction, **more):
        assert direction == self.OUT

    def output(self, pin, level):
        self.levels[pin] = level

    def cleanup(self, *pins):
        pass

    def open(self, port, device):
        self.opened += 1

    def close(self):
        self.opened = 0

    def writebytes(self, data):
        if self.broken:
            raise OSError(5, 'Input/output error')
        assert len(data) <= 4096, 'more than spidev takes at once'
        self.bytes += len(data)
        self.sent.append((self.levels.get(DC) == self.HIGH, bytes(data)))


class Panel:
    """The glass: a memory of 320 x 240 that commands write into."""

    def __init__(self):
        self.memory = np.zeros((240, 320, 3), np.uint8)
        self.command, self.data = None, b''
        self.columns, self.rows = (0, 319), (0, 239)
        self.formats = set()

    def take(self, sent):
        """Everything that was sent, in order."""
        for is_data, content in sent:
            if is_data:
                self.data += content
            else:
                for command in content:
                    self.finish()
                    self.command, self.data = command, b''
        self.finish()
        self.command, self.data = None, b''

    def finish(self):
        if self.command in (CASET, PASET) and self.data:
            first, last = (int.from_bytes(self.data[k : k + 2], 'big') for k in (0, 2))
            if self.command == CASET:
                self.columns = first, last
            else:
                self.rows = first, last
        elif self.command == PIXELS:
            self.formats.add(self.data)
        elif self.command == RAMWR:
            (left, right), (top, bottom) = self.columns, self.rows
            box = np.frombuffer(self.data, np.uint8).reshape(bottom - top + 1, right - left + 1, 3)
            self.memory[top : bottom + 1, left : right + 1] = box
