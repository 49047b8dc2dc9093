"""What is fuzzed of the interlock's line, in both directions. The first byte says which, the rest is what comes.

    f, F  to the firmware's loop        p, P  to the supervisor's link, and to the watch over it

Small: bytes as they are. Capital: lines whose frame and check are put around them here, for no guidance finds a CRC. A
0xFF lets two milliseconds pass, 0xFE thirty of them. Neither end raises, grows, or believes what nobody said: what is a
line is decided here a second time, with the CRC of Python's own library.
"""

import binascii
import copy
import math
import re

from appliance.interlock import guard, loop
from appliance.interlock.firmware import Firmware
from appliance.interlock.guard import Guard, Limits, Seen
from appliance.interlock.pico import FIELDS, Machinery, PicoLink
from appliance.interlock.watch import Watch
from appliance.interlock.wire import LONGEST, VERSION, Lines

SESSION, TURN_MS = 77, 2
FRAME = re.compile(rb'\$([A-Z](?:,-?[0-9]{1,9})*)\*([0-9A-F]{4})')
PASSES = re.compile(rb'([\xff\xfe])')
OFF_TURNS = 200  # after which silence has taken the power, whatever was said


def heard(line):
    """Kind and numbers, by another hand than `wire.parse`."""
    found = FRAME.fullmatch(line) if len(line) < LONGEST else None
    if found is None or binascii.crc_hqx(found[1], 0xFFFF) != int(found[2], 16):
        return None
    kind, *numbers = found[1].decode().split(',')
    return kind, tuple(map(int, numbers))


class Ear:
    """All lines that bytes have made so far. What is longer than a line may be is none."""

    def __init__(self):
        self.last = {}
        self._held = b''

    def take(self, data):
        *lines, self._held = (self._held + data).split(b'\n')
        found = [told for told in map(heard, lines) if told]
        for kind, numbers in found:
            if len(numbers) == FIELDS if kind == 'S' else numbers or kind != 'H':  # who it is begins with a version
                self.last[kind] = numbers
        if len(self._held) >= LONGEST:
            self._held = b''
        return found


def framed(data):
    """Each line of it in its frame, with its check; times that pass stay between them."""
    out = b''
    for part in PASSES.split(data):
        for line in [part] if PASSES.fullmatch(part) else part.split(b'\n'):
            whole = b'$%s*%04X\n' % (line, binascii.crc_hqx(line, 0xFFFF))
            out += line if PASSES.fullmatch(line) else whole if line else b''
    return out


def steps(data):
    """Bytes, and how many turns pass after them."""
    parts = PASSES.split(data)
    for said, mark in zip(parts[::2], [*parts[1::2], b'\xff'], strict=True):
        yield said, 1 if mark == b'\xff' else 15


class Board:
    """All is well with its inputs; the relay follows, heartbeats come while there is power."""

    def __init__(self):
        self.guard = Guard(Limits(600, 900, 20_000, 28_000, 4000), SESSION, 123_456)
        self.voice, self.seen = loop.Voice(), Seen()
        self.said, self.power, self.head, self._beats = b'', False, False, 0
        self.told = b''

    def look(self, seen):
        seen.stop_out = seen.stop_agrees = seen.lid_closed = True
        seen.head_dc = seen.driver_dc = 250
        seen.supply_mv, seen.current_ma, seen.relay_closed = 24_000, 300, self.power
        self._beats += self.power * TURN_MS * 1000
        seen.beats, self._beats = divmod(self._beats, 2500)
        return TURN_MS

    def read(self):
        said, self.said = self.said, b''
        return said or None

    def write(self, data):
        self.told += data
        return True

    def drive(self, power, head):
        assert power or not head
        self.power, self.head = power, head

    def turn(self, said):
        self.said = said
        loop.turn(self, self.guard, self.voice, self.seen)


def ready():
    """One whose inputs were good for a while."""
    board = Board()
    for _ in range(30):
        board.turn(b'')
    return board


READY = ready()


def firmware(data):
    """Power comes only in a turn in which somebody who knows the session asked for it, and goes when nobody asks on."""
    board, ear, mouth = copy.deepcopy(READY), Ear(), Ear()
    for said, turns in steps(data):
        before = board.power
        orders = ear.take(said)
        board.turn(said)
        asked = [numbers for kind, numbers in orders if kind == 'A' and len(numbers) == 5 and numbers[0] == SESSION]
        assert board.power <= (before or bool(asked)), 'power that nobody asked for'
        for _ in range(turns - 1):
            before = board.power
            board.turn(b'')
            assert board.power <= before, 'power out of silence'
        assert board.power == (board.guard.state in (guard.ARMED, guard.CUTTING))
        assert len(board.voice.lines._held) < LONGEST
        assert not mouth.take(board.told) or set(mouth.last) <= {'H', 'S'}
        board.told = b''
    for _ in range(OFF_TURNS if board.power else 0):
        board.turn(b'')
    assert not board.power


class Port:
    """A clock and a line that says what it was told to say."""

    def __init__(self):
        self.ms, self.waits, self.wrote = 0, b'', b''

    def now_s(self):
        return self.ms / 1000

    def rest(self, seconds):
        """Whoever waits for an answer waits in vain: the sooner it is over, the more is tried."""
        self.ms += max(round(seconds * 1000), 100)

    def read(self):
        data, self.waits = self.waits, b''
        return data

    def write(self, data):
        self.wrote += data

    def close(self):
        pass


def supervisor(data):
    """Closed is only what has told so, and nothing is asked for that nobody wants."""
    port, ear, mouth = Port(), Ear(), Ear()
    link = PicoLink(port, Machinery(6400, 2500), port, lambda: math.inf)
    other = Port()
    watch = Watch('line', lambda: other, lambda line: PicoLink(line, Machinery(6400, 2500), other), other,
                  lambda build: Firmware(f'{build:06d}', True))  # fmt: skip
    for number, (said, turns) in enumerate(steps(data)):
        ear.take(said)
        port.waits, other.waits = said, said
        status = link.permit() if number % 8 == 7 else link.status()
        told = watch.look()
        assert status.key or status.closed
        assert told is None or told.cause or not told.key
        if status.closed:
            assert ear.last['H'][0] == VERSION, 'of another version'
            assert len(ear.last['S']) == FIELDS
            assert ear.last['S'][2] != guard.TRIPPED
        port.ms += turns * TURN_MS
        other.ms += turns * TURN_MS
        mouth.take(port.wrote)
        lines = Lines()
        lines.take(port.wrote)
        assert not lines.bad
        port.wrote = b''
        assert number >= 7 or 'A' not in mouth.last
    link.revoke()


TARGETS = {
    b'f': firmware, b'F': lambda data: firmware(framed(data)),
    b'p': supervisor, b'P': lambda data: supervisor(framed(data)),
}  # fmt: skip


def one(data):
    """One input, whichever it is for; and each of its lines is read by both hands alike."""
    target = TARGETS.get(data[:1])
    if target is None:
        return
    for raw in data[1:].split(b'\n'):
        assert (Lines().take(raw + b'\n') or [None])[0] == heard(raw)
    target(data[1:])
