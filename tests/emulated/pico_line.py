"""The interlock at the other end of an emulated computer's serial line: the firmware's own mind on a harness of which
one wire is broken.

Its time passes when that computer says so, in lines that no interlock would heed: an emulated computer that has to wait
for its turn would else be late with everything.
"""

from __future__ import annotations

import socket
import threading

from appliance.clock import RealClock
from appliance.interlock.port import SerialPort
from appliance.machine import Machine
from appliance.virtual.harness import Break, Harness
from appliance.virtual.harness.pico import PicoBench
from appliance.wires.table import wires_of

DEVICE = '/dev/ttyS1'
ORDER, OVER = b'\x02', b'\x03'  # begins an order; ends what came of it
LOOK_S = 0.002
# What is felt with the machine at rest, and what is felt when power is asked for. A contact that is closed at rest and
# touches ground shows only when a hand works it: the virtual machine has that.
CASES = (
    ('', ''),
    *((f'interlock.{name}', how) for name in ('tx', 'rx', 'head_adc', 'driver_adc', 'supply_adc', 'sda', 'scl', 'relay')
      for how in ('open', 'ground')),
    ('interlock.relay_contact', 'open'), ('interlock.relay_contact', 'ground'),
    ('interlock.stop_closed', 'open'), ('interlock.stop_open', 'ground'), ('interlock.lid', 'open'),
)  # fmt: skip


class PacedLine:
    """The computer's end. Implements `pico.Port` and `clock.Clock`."""

    def __init__(self, device: str, baud: int) -> None:
        self._port, self._came, self._now_s = SerialPort(device, baud), b'', 0.0

    def read(self) -> bytes:
        came, self._came = self._came, b''
        return came

    def write(self, data: bytes) -> None:
        self._port.write(data)

    def now_s(self) -> float:
        return self._now_s

    def rest(self, seconds: float) -> None:
        self._now_s += seconds
        self._order(f'rest {seconds}')

    def breaks(self, key: str, how: str) -> None:
        """From now on, and whatever was broken is whole."""
        self._order(f'breaks {key}={how}')

    def close(self) -> None:
        self._port.close()

    def _order(self, words: str) -> None:
        self._port.write(ORDER + words.encode() + b'\n')
        clock = RealClock()
        while OVER not in self._came:
            self._came += self._port.read()
            clock.rest(LOOK_S)
        self._came = self._came.replace(OVER, b'')


class PicoLine:
    """The interlock's end, a thread beside the emulator. `line` is closed by whoever opened it."""

    def __init__(self, machine: Machine, line: socket.socket) -> None:
        self._machine, self._line = machine, line
        self._bench = self._broken('=')
        threading.Thread(target=self._run, daemon=True).start()

    def _broken(self, words: str) -> PicoBench:
        key, _, how = words.partition('=')
        broken = (Break(key, how),) if key else ()  # type: ignore[arg-type]
        interlock = self._machine.interlock
        assert interlock is not None
        return PicoBench(Harness(wires_of(self._machine), broken), interlock, self._machine.bridge.supply_v)

    def _run(self) -> None:
        heard = b''
        while data := self._line.recv(4096):
            heard += data
            while ORDER in heard and b'\n' in heard.partition(ORDER)[2]:
                said, _, rest = heard.partition(ORDER)
                words, _, heard = rest.partition(b'\n')
                self._bench.write(said)
                self._obey(words.decode())

    def _obey(self, words: str) -> None:
        verb, _, what = words.partition(' ')
        if verb == 'rest':
            self._bench.rest(float(what))
        else:
            self._bench = self._broken(what)
        self._line.sendall(self._bench.read() + OVER)
