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


def turn(board: 'Board', guard: Guard, lines: Lines, seen: Seen) -> int:
    """Once. What was said is heard before the inputs are judged, so that nothing said outweighs what is seen."""
    elapsed_ms = board.look(seen)
    data = board.read()
    if data:
        bad = lines.bad
        for kind, numbers in lines.take(data):
            answer = guard.hear(kind, numbers)
            if answer:
                board.write(answer)
        for _ in range(lines.bad - bad):
            guard.hear_garbage()
    guard.step(elapsed_ms, seen)
    board.drive(guard.power, guard.head)
    return elapsed_ms


def run(board: 'Board') -> None:
    """Until the power goes. A mistake in here ends the loop with everything off; then the watchdog starts it anew."""
    guard, lines, seen = board.guard(), Lines(), Seen()
    quiet_ms = 0
    try:
        while True:
            quiet_ms += turn(board, guard, lines, seen)
            if quiet_ms >= TELL_MS:
                quiet_ms = 0
                board.write(guard.status(seen))
            board.rest()
    finally:
        board.drive(False, False)


if __name__ == '__main__':
    import board as hardware

    run(hardware.Board())
