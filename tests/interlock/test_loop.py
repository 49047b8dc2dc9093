"""The firmware's loop around its mind: nothing said is lost, and whatever ends it leaves everything off."""

import importlib.util
import runpy
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from pico_rig import Bench
from test_vectors import Logic

from appliance.interlock.wire import Lines, line

MAIN = Path(__file__).parents[2] / 'boot' / 'interlock' / 'main.py'
QUIET = {'ms': 2, 'beats': 0, 'steps': 0, 'turns': 0, 'relay_contact': 0}


def firmware_loop():
    """boot/interlock/main.py under CPython."""
    spec = importlib.util.spec_from_file_location('interlock_main', MAIN)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


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


class Powered:
    """A mind that has motors and head under power."""

    power = head = True


class Hand:
    """A board whose loop is ended in the third turn, in one of the things that it does for it."""

    def __init__(self, error, where):
        self.driven, self.laid_down, self._turns = [], False, 0
        self._error, self._where, self.mind = error, where, Powered()
        self.mind.step = self._at('step', lambda elapsed_ms, seen: None)
        self.mind.status = self._at('status', lambda seen: line('S'))
        self.guard = lambda: self.mind
        self.read, self.rest = self._at('read', lambda: None), self._at('rest', lambda: None)
        self.look, self.write = self._at('look', lambda seen: 50), self._at('write', lambda data: True)
        self.drive = self._at('drive', lambda power, head: self.driven.append((power, head)))

    def _at(self, where, do):
        def done(*words):
            self._turns += where == 'look'
            if where == self._where and self._turns > 2 and self._error is not None:
                error, self._error = self._error, None
                raise error
            return do(*words)

        return done

    def lay_down(self):
        self.laid_down = self.driven[-1] == (False, False)


@pytest.mark.parametrize('where', ['look', 'read', 'step', 'drive', 'status', 'write', 'rest'])
@pytest.mark.parametrize('error', [KeyboardInterrupt(), OSError(5), MemoryError(), SystemExit()])
def test_whatever_ends_the_loop_leaves_everything_off(error, where):
    hand = Hand(error, where)
    with pytest.raises(type(error)):
        firmware_loop().run(hand)
    assert (True, True) in hand.driven, 'there was power'
    assert hand.driven[-1] == (False, False)
    assert hand.laid_down is isinstance(error, KeyboardInterrupt), 'only a hand stops the watchdog, and after the power'


def test_the_outputs_are_off_before_anything_else_can_fail(monkeypatch):
    """boot.py needs two numbers of the wiring, and does nothing else."""
    driven = []
    pin = type('Pin', (), {'OUT': 1, '__init__': lambda self, *words, **named: driven.append((words, named))})
    monkeypatch.setitem(sys.modules, 'machine', SimpleNamespace(Pin=pin))
    monkeypatch.setitem(sys.modules, 'wiring', SimpleNamespace(RELAY=2, LIFT=3))
    runpy.run_path(str(MAIN.with_name('boot.py')))
    assert driven == [((2, 1), {'value': 0}), ((3, 1), {'value': 0})]


def test_the_board_itself_stops_its_watchdog_by_the_register_of_the_datasheet(tmp_path):
    """RP2040 datasheet 4.7.6: CTRL at 40058000h, ENABLE is bit 30; 2.1.2: bits are cleared at +3000h."""
    bench = Bench(tmp_path)
    last = bench.turn(ms=2, stopped_by_hand=1)
    bench.close()
    assert last == {'relay': 0, 'watchdog_cleared': 1 << 30}
