"""The firmware in a real MicroPython with no more memory than a Pico has, on a bench that the test works by hand."""

import fcntl
import os
import pty
import select
import shutil
import subprocess
import sys
import termios
import tty
from pathlib import Path

import pytest

from appliance.interlock.firmware import files, lay_out
from appliance.machine import load_machine

FAKE = Path(__file__).parent / 'fake'
HEAP = '192k'  # of a Pico's 264 kB


def micropython():
    """The interpreter beside this one; skips the test where there is none (it comes as a wheel for x86-64 alone)."""
    found = shutil.which('micropython', path=str(Path(sys.executable).parent))
    if found is None:
        pytest.skip('no MicroPython here; it comes with the development tools on x86-64')
    return found


class Bench:
    """A running firmware. `device` is our end of the serial line."""

    def __init__(self, folder, flash=None, ticks_ms=0):
        """`flash`: what is on the board already, if not what would be put onto it. `ticks_ms`: with
        which its clock begins."""
        interpreter = micropython()
        found = files(load_machine(), 'virtual')
        if flash is None:
            flash = folder / 'flash'
            lay_out(found, flash)
        self.build, self.session = int(found['wiring.py'].split()[-1]), ord('M')
        orders, answers = folder / 'orders', folder / 'answers'
        os.mkfifo(orders)
        os.mkfifo(answers)
        self._theirs, self._line = pty.openpty()
        tty.setraw(self._line)
        self.device, self._received = os.ttyname(self._line), 0
        path = [str(FAKE), str(flash), '.frozen']
        code = f'import sys; sys.path[:] = {path!r}; import bench; bench.start()'
        self._process = subprocess.Popen(
            [interpreter, '-X', f'heapsize={HEAP}', '-c', code],
            stdin=self._theirs,
            stdout=self._theirs,
            env=os.environ | {'BENCH_IN': str(orders), 'BENCH_OUT': str(answers), 'BENCH_TICKS': str(ticks_ms)},
        )
        self._orders = orders.open('w')
        self._answers = answers.open()
        self.outputs = self._told()

    def turn(self, **order):
        """One turn of the loop with these inputs; what the outputs are then."""
        self._orders.write(' '.join(f'{name}={int(value)}' for name, value in order.items()) + '\n')
        self._orders.flush()
        self.outputs = self._told()
        return self.outputs

    def read(self, port=None):
        """All that the firmware has said since: a terminal takes its time. `port`: who reads, if not we."""
        data = b''
        while self._received < self.outputs['said']:
            select.select([self._line], [], [], 10)
            more = os.read(self._line, 65536) if port is None else port.read()
            self._received += len(more)
            data += more
        return data

    def write(self, data, port=None):
        """All of it has arrived when this returns."""
        if port is None:
            os.write(self._line, data)
        else:
            port.write(data)
        while len(data) > int.from_bytes(fcntl.ioctl(self._theirs, termios.FIONREAD, bytes(4)), sys.byteorder):
            select.select([self._theirs], [], [], 10)

    def _told(self):
        line = self._answers.readline()
        return {name: int(number) for name, number in (word.split('=') for word in line.split())}

    def close(self):
        """The loop is ended as by a mistake in it; what the outputs are then."""
        self._orders.close()
        last = self._told()
        self._process.wait(20)
        self._answers.close()
        os.close(self._line)
        os.close(self._theirs)
        return last
