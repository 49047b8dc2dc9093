"""The interlock: look, hear, decide, drive; two hundred times a second, and nothing else."""

from appliance.interlock.guard import Seen
from appliance.interlock.loop import Voice, turn

try:
    from typing import TYPE_CHECKING
except ImportError:
    TYPE_CHECKING = False
if TYPE_CHECKING:
    from board import Board


def run(board: 'Board') -> None:
    """Until the power goes. A mistake in here ends the loop with everything off; then the watchdog starts it anew. So
    does a hand at the USB line, which gets a board that stays as it is: off."""
    guard, voice, seen = board.guard(), Voice(), Seen()
    try:
        while True:
            if turn(board, guard, voice, seen):
                board.tidy()
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
