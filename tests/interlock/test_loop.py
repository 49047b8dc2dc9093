"""The firmware's loop around its mind: nothing said is lost, and whatever ends it leaves everything off."""

import importlib.util
import runpy
import sys
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import pytest
from pico_rig import Bench
from test_vectors import Logic

from appliance.interlock import loop
from appliance.interlock.wire import Lines, body, line

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


class Costly:
    """What of a turn takes a microcontroller long: each is noted, turn by turn."""

    def __init__(self, monkeypatch, logic):
        self.turns = []
        self._note(monkeypatch, logic._voice.lines, 'take')
        self._note(monkeypatch, logic.guard, 'status')
        self._note(monkeypatch, loop, 'framed')

    def _note(self, monkeypatch, where, name):
        do = getattr(where, name)
        monkeypatch.setattr(where, name, lambda *words: (self.turns[-1].append(name), do(*words))[1])


def test_no_turn_hears_makes_a_status_and_frames_it_at_once(monkeypatch):
    """Nor does what is heard silence it, were it noise without end."""
    logic = Logic()
    costly = Costly(monkeypatch, logic)
    for number in range(600):
        costly.turns.append([])
        if number % 20 < 2 or number > 400:
            logic.hear(b'$P,77,1,120,0*1234\n')
        logic.turn(**QUIET)
    assert all(len(did) <= 2 for did in costly.turns)
    assert all(len(did) <= 1 for did in costly.turns[:400])
    said = [number for number, did in enumerate(costly.turns) if 'framed' in did]
    assert all(after - before <= 41 for before, after in pairwise(said))
    assert len(Lines().take(logic.wrote)) == len(said) >= 19


class Tidied(Logic):
    """A board whose loop runs for so many turns; in every tenth something is heard."""

    def __init__(self, turns):
        super().__init__()
        self.mind, self.guard = self.guard, lambda: self.mind
        self.did, self._left = [], turns

    def look(self, seen):
        self.did.append([])
        self.order = QUIET
        return super().look(seen)

    def read(self):
        return b'noise\n' if len(self.did) % 10 == 0 and not self.did[-1].append('heard') else None

    def write(self, data):
        self.did[-1].append('said')
        return True

    def tidy(self):
        self.did[-1].append('tidied')

    def rest(self):
        self._left -= 1
        if not self._left:
            raise KeyboardInterrupt

    def lay_down(self):
        """It has no watchdog."""


def test_it_is_tidied_up_in_every_turn_that_has_nothing_else_to_do():
    board = Tidied(300)
    with pytest.raises(KeyboardInterrupt):
        firmware_loop().run(board)
    assert {tuple(did) for did in board.did} == {('tidied',), ('heard',), ('said',), ()}
    assert board.did.count([]) == board.did.count(['said']), 'a status is made in the turn before it is said'


class Powered:
    """A mind that has motors and head under power."""

    power = head = True


class Hand:
    """A board whose loop is ended in the third turn, in one of the things that it does for it."""

    def __init__(self, error, where):
        self.driven, self.laid_down, self._turns = [], False, 0
        self._error, self._where, self.mind = error, where, Powered()
        self.mind.step = self._at('step', lambda elapsed_ms, seen: None)
        self.mind.status = self._at('status', lambda seen: body('S'))
        self.guard = lambda: self.mind
        self.read, self.rest = self._at('read', lambda: None), self._at('rest', lambda: None)
        self.look, self.write = self._at('look', lambda seen: 50), self._at('write', lambda data: True)
        self.tidy = lambda: None
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
