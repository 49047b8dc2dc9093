"""The words of the firmware's programmable I/O, assembled by the RP2040's datasheet (3.4), and a memory that is filled
as the vendor's library does (pico-sdk, `pio_add_program`): from its end downward, jumps moved along.
"""

import ast
from pathlib import Path

BOARD = Path(__file__).parents[2] / 'boot' / 'interlock' / 'board.py'
MEMORY = 32  # words that all state machines share
NAMES = {'x': 1, 'pin': 1, 'x_dec': 2}  # 3.4.2: X--, 3.4.3: PIN, 3.4.5: X


class Program:
    """What one function of board.py assembles to. `wrap`: first and last word of the loop."""

    def __init__(self, function):
        self.words, self._labels, self.wrap = [], {}, [0, 0]
        for self._learning in (True, False):
            self.words = []
            exec(function, {name: getattr(self, f'_{name}') for name in WORDS} | NAMES | {'__name__': 'pio'})

    def _wrap_target(self):
        self.wrap[0] = len(self.words)

    def _wrap(self):
        self.wrap[1] = len(self.words) - 1

    def _label(self, name):
        self._labels[name] = len(self.words)

    def _wait(self, polarity, source, index):
        self.words.append(0b001 << 13 | polarity << 7 | source << 5 | index)

    def _jmp(self, condition, label):
        self.words.append(0b000 << 13 | condition << 5 | (0 if self._learning else self._labels[label]))


WORDS = ('wrap_target', 'wrap', 'label', 'wait', 'jmp')


def programs(source=None):
    """Name -> Program, of every function under rp2.asm_pio."""
    found = {}
    for node in ast.parse(source or BOARD.read_text(encoding='utf-8')).body:
        if isinstance(node, ast.FunctionDef) and any('asm_pio' in ast.unparse(one) for one in node.decorator_list):
            found[node.name] = Program(compile(ast.Module(node.body, []), node.name, 'exec'))
    return found


def load(*wanted):
    """The memory, and of each program where it begins."""
    memory, free, places = [0] * MEMORY, MEMORY, []
    for program in wanted:
        free -= len(program.words)
        places.append(free)
        for at, word in enumerate(program.words):
            moved = word >> 13 == 0
            memory[free + at] = word & ~31 | (word + free) & 31 if moved else word
    return memory, places
