"""Stands in for MicroPython's `rp2`: state machines that count what the bench says."""

import bench


def asm_pio(autopush, push_thresh):
    """The programs themselves are words that only the assembler knows; they are looked at by the type checker."""
    return lambda program: program


class StateMachine:
    def __init__(self, number, program, in_base):
        self._name, self._x, self._read = ('beats', 'steps', 'turns')[number], 0, False

    def active(self, on):
        return on

    def exec(self, instruction):
        assert instruction == 'in_(x, 32)'
        self._x = (self._x - bench.state[self._name]) % (1 << 32)
        bench.state[self._name] = 0
        self._read = True

    def rx_fifo(self):
        return 1 if self._read else 0

    def get(self):
        self._read = False
        return self._x
