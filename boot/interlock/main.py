"""The interlock: look, hear, decide, drive; five hundred times a second, and nothing else."""

from appliance.interlock.guard import Guard, Seen
from appliance.interlock.wire import Lines

try:
    from typing import TYPE_CHECKING
except ImportError:
    TYPE_CHECKING = False
if TYPE_CHECKING:
    from board import Board

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


def run(board: 'Board') -> None:
    """Until the power goes. A mistake in here ends the loop with everything off; then the watchdog starts it anew. So
    does a hand at the USB line, which gets a board that stays as it is: off."""
    guard, voice, seen = board.guard(), Voice(), Seen()
    try:
        while True:
            turn(board, guard, voice, seen)
            board.rest()
    except KeyboardInterrupt:
        board.drive(False, False)
        board.lay_down()
        raise
    finally:
        board.drive(False, False)


if __name__ == '__main__':
    import board as hardware

    run(hardware.Board())
