"""The firmware's loop around its mind: nothing said is lost, and whatever ends it leaves everything off."""

import pytest
from pico_rig import Bench
from test_vectors import Logic, firmware_loop

from appliance.interlock.wire import Lines, line

QUIET = {'ms': 2, 'beats': 0, 'steps': 0, 'turns': 0, 'relay_contact': 0}


def test_an_answer_waits_for_a_line_that_is_not_free():
    logic = Logic()
    logic.line_is_full = True
    logic.hear(line('H', 2))
    for _ in range(100):
        logic.turn(**QUIET)
    assert logic.wrote == b''
    logic.line_is_full = False
    for _ in range(30):
        logic.turn(**QUIET)
    kinds = [kind for kind, _ in Lines().take(logic.wrote)]
    assert kinds[:2] == ['H', 'S']
    assert kinds.count('H') == 1


def test_a_status_that_found_no_room_comes_as_soon_as_there_is_some():
    logic = Logic()
    logic.line_is_full = True
    for _ in range(100):
        logic.turn(**QUIET)
    logic.line_is_full = False
    logic.turn(**QUIET)
    assert [kind for kind, _ in Lines().take(logic.wrote)] == ['S']


class Hand:
    """A board whose loop is ended from outside after some turns."""

    def __init__(self, error):
        self.error, self.driven, self.laid_down, self.turns = error, [], False, 0
        self.logic = Logic()
        self.guard = lambda: self.logic.guard
        self.read, self.write = lambda: None, lambda data: True

    def look(self, seen):
        self.turns += 1
        if self.turns > 3:
            raise self.error
        return 2

    def drive(self, power, head):
        self.driven.append((power, head))

    def rest(self):
        pass

    def lay_down(self):
        self.laid_down = self.driven[-1] == (False, False)


@pytest.mark.parametrize('error', [KeyboardInterrupt(), OSError(5), MemoryError(), SystemExit()])
def test_whatever_ends_the_loop_leaves_everything_off(error):
    hand = Hand(error)
    with pytest.raises(type(error)):
        firmware_loop().run(hand)
    assert hand.driven[-1] == (False, False)
    assert hand.laid_down is isinstance(error, KeyboardInterrupt), 'only a hand stops the watchdog, and after the power'


def test_the_board_itself_stops_its_watchdog_by_the_register_of_the_datasheet(tmp_path):
    """RP2040 datasheet 4.7.6: CTRL at 40058000h, ENABLE is bit 30; 2.1.2: bits are cleared at +3000h."""
    bench = Bench(tmp_path)
    last = bench.turn(ms=2, stopped_by_hand=1)
    bench.close()
    assert last == {'relay': 0, 'watchdog_cleared': 1 << 30}
