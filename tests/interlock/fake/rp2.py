"""Stands in for MicroPython's `rp2`: state machines that count what the bench says."""

import bench


def asm_pio(autopush, push_thresh):
    """The programs themselves are words that only the assembler knows; they are executed in `test_counters`."""
    return lambda program: program


IN_X_32 = 0x4020  # RP2040 datasheet 3.4.5


def asm_pio_encode(instruction, side_set):
    assert (instruction, side_set) == ('in_(x, 32)', 0)
    return IN_X_32


class StateMachine:
    def __init__(self, number, program, in_base):
        self._name, self._x, self._read = ('beats', 'steps', 'turns')[number], 0, False

    def active(self, on):
        return on

    def exec(self, instruction):
        assert instruction == IN_X_32, 'assembled beforehand, not anew each time'
        self._x = (self._x - bench.state[self._name]) % (1 << 32)
        bench.state[self._name] = 0
        self._read = True

    def rx_fifo(self):
        return 1 if self._read else 0

    def get(self, into):
        self._read = False
        into[0] = self._x & 0xFFFF
