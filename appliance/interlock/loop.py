"""One turn of the interlock's loop: look, hear, decide, drive, tell.

Runs on the microcontroller under MicroPython as it is, like `guard`, and under CPython in the virtual machine and in
the tests; what it touches is a board that somebody hands in.
"""

from appliance.interlock.guard import Guard, Seen
from appliance.interlock.wire import Lines, framed

MYPY = False  # only the type checker takes it for true: MicroPython has no `typing`
if MYPY:
    from typing import Protocol

    class Board(Protocol):
        """Contacts, sensors, counters, relay and line. Nothing of it waits."""

        def look(self, seen: Seen) -> int:
            """All inputs into `seen`; the milliseconds since the last look."""

        def read(self) -> 'bytes | None':
            """What has come, if anything."""

        def write(self, data: bytes) -> bool:
            """Whether the line has taken it."""

        def drive(self, power: bool, head: bool) -> None: ...


TELL_MS = 50
LATEST_MS = 80  # a status waits no longer for a turn in which nothing is heard


class Voice:
    """What is still to be said. An answer waits until the line is free: whoever asks who this is must hear of it."""

    def __init__(self) -> None:
        self.lines = Lines()
        self.answer = b''
        self.body = b''  # of a status that was made in the turn before
        self.status = b''  # the same with its check
        self.quiet_ms = 0

    @property
    def waits(self) -> bool:
        """Whether there is something to say as soon as the line is free."""
        return bool(self.answer or self.body or self.status)


def turn(board: 'Board', guard: Guard, voice: Voice, seen: Seen) -> bool:
    """Once. What was said is heard before the inputs are judged, so that nothing said outweighs what is seen. Whether
    there was nothing to hear and nothing to say."""
    elapsed_ms = board.look(seen)
    data = board.read()
    if data:
        bad = voice.lines.bad
        for kind, numbers in voice.lines.take(data):
            voice.answer = guard.hear(kind, numbers) or voice.answer
        for _ in range(voice.lines.bad - bad):
            guard.hear_garbage()
    guard.step(elapsed_ms, seen)
    board.drive(guard.power, guard.head)
    voice.quiet_ms += max(elapsed_ms, 0)
    return not _tell(board, guard, voice, seen, bool(data)) and not data


def _tell(board: 'Board', guard: Guard, voice: Voice, seen: Seen, heard: bool) -> bool:
    """A part of it: what is heard, the numbers of a status, and its check each take a microcontroller 2 to 3 ms; one
    after the other they make a turn twice as long as any of them."""
    if voice.answer:
        if board.write(voice.answer):
            voice.answer = b''
    elif heard and voice.quiet_ms < LATEST_MS:
        return False
    elif voice.waits:
        if voice.body:
            voice.body, voice.status = b'', framed(voice.body)
        if board.write(voice.status):
            voice.status, voice.quiet_ms = b'', 0
    elif voice.quiet_ms >= TELL_MS:
        voice.body = guard.status(seen)
    else:
        return False
    return True
