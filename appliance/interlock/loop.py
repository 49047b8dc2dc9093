"""One turn of the interlock's loop: look, hear, decide, drive, tell.

Runs on the microcontroller under MicroPython as it is, like `guard`, and under CPython in the virtual machine and in
the tests; what it touches is a board that somebody hands in.
"""

from appliance.interlock.guard import Guard, Seen
from appliance.interlock.wire import Lines

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


class Voice:
    """What is still to be said. An answer waits until the line is free: whoever asks who this is must hear of it."""

    def __init__(self) -> None:
        self.lines = Lines()
        self.answer = b''
        self.quiet_ms = 0


def turn(board: 'Board', guard: Guard, voice: Voice, seen: Seen) -> None:
    """Once. What was said is heard before the inputs are judged, so that nothing said outweighs what is seen."""
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
    voice.quiet_ms += elapsed_ms
    if voice.answer:
        if board.write(voice.answer):
            voice.answer = b''
    elif voice.quiet_ms >= TELL_MS and board.write(guard.status(seen)):
        voice.quiet_ms = 0
