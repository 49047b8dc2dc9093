"""The interlock's firmware on an emulated Pico, from a blank board to the cut: run by tools/emulate_pico."""

from __future__ import annotations

import json
import os
import pty
import select
import subprocess
import sys
import tempfile
import threading
import tty
from pathlib import Path
from typing import Any

from appliance.interlock import flash, guard
from appliance.interlock.pico import Machinery, PicoLink

WORK = Path(sys.argv[1] if len(sys.argv) > 1 else '').absolute()
RELAY, LIFT, LAMP = 2, 3, 4
LID, CONTACT = '8', '9'
AT_REST = {'6': 0, '7': 1, LID: 0, CONTACT: 1, '13': 1, '10': 0, '11': 0, '12': 0}
WARM = {'0': 2048, '1': 2048, '2': 2709}  # of 12 bits: 25 degrees twice, 24 V
BEATS, STEPS, TURNS = 2500, 60, 384_000  # half periods in us: an edge every 2.5 ms, 6400 pulses of 120 us a turn
STEP_MS = 100  # between two steps at most
AGAIN = 4  # times armed anew after a trip
STEP_S = 0.005  # of model time, after which the relay's contact follows


class Pico:
    """The board; time passes in it only where somebody rests. Implements `pico.Port` and `clock.Clock`."""

    def __init__(self, *flash_file: str) -> None:
        script = str(Path(__file__).with_name('pico.mjs'))
        library = str(WORK / 'node_modules' / 'rp2040js' / 'dist' / 'esm' / 'index.js')
        words = ['node', script, library, str(WORK / 'firmware.bin'), *flash_file]
        self._node = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.last: dict[str, Any] = {}
        self.fed: list[int] = []
        self.changes: list[list[int]] = []
        self._heard = self.typed = ''
        self.do(pins=AT_REST, adc=WARM)

    def do(self, us: int = 0, **order: Any) -> None:
        assert self._node.stdin is not None
        assert self._node.stdout is not None
        self._node.stdin.write(json.dumps({'us': us, **order}) + '\n')
        self._node.stdin.flush()
        self.last = json.loads(self._node.stdout.readline())
        if self.last['error']:
            raise SystemExit(self.last['error'])
        self.fed += self.last['fed']
        self.changes += self.last['changes']
        self._heard += self.last['uart']
        self.typed += self.last['usb']

    def now_s(self) -> float:
        return float(self.last['us']) / 1e6

    def rest(self, seconds: float) -> None:
        until_s = self.now_s() + seconds
        while self.now_s() < until_s:
            self.do(round(1e6 * min(STEP_S, until_s - self.now_s() + 1e-6)))
            self.do(pins={CONTACT: 0 if self.power else 1})

    def read(self) -> bytes:
        heard, self._heard = self._heard, ''
        return heard.encode('latin1')

    def write(self, data: bytes) -> None:
        self.do(uart=data.decode('latin1'))

    @property
    def power(self) -> bool:
        return bool(self.last['out'][0] == 1)

    @property
    def head(self) -> bool:
        return bool(self.last['out'][1] == 1)

    def turns(self) -> str:
        """How long the turns of its loop took since this was asked last."""
        took = sorted(after - before for before, after in zip(self.fed, self.fed[1:], strict=False))
        self.fed = self.fed[-1:]
        longest = took[-1] / 1000
        assert longest < guard.LATE_MS / 3, f'a turn of {longest} ms'
        return f'{len(took)} turns of the loop, median {took[len(took) // 2] / 1000:.1f}, longest {longest:.1f} ms'

    def off_after_ms(self, since_us: int) -> tuple[float, float]:
        """Head and power."""
        at = {gpio: us for us, gpio, level in self.changes if us > since_us and level == 0}
        return (at[LIFT] - since_us) / 1000, (at[RELAY] - since_us) / 1000

    def close(self) -> None:
        self._node.kill()
        self._node.wait()


class Cable:
    """Its USB line as a terminal; meanwhile time passes in it."""

    def __init__(self, pico: Pico) -> None:
        self._pico, self._going = pico, True
        self._ours, theirs = pty.openpty()
        tty.setraw(theirs)
        self.device = os.ttyname(theirs)
        self._thread = threading.Thread(target=self._pump, daemon=True)
        self._thread.start()

    def _pump(self) -> None:
        while self._going:
            ready, _, _ = select.select([self._ours], [], [], 0)
            data = os.read(self._ours, 200) if ready else b''
            self._pico.do(2000, usb=data.decode('latin1'))
            if self._pico.typed:
                os.write(self._ours, self._pico.typed.encode('latin1'))
                self._pico.typed = ''

    def pull(self) -> None:
        self._going = False
        self._thread.join()


def flashed(file: str) -> None:
    """A blank board with MicroPython on it gets the firmware over USB."""
    pico = Pico()
    pico.rest(0.7)
    cable = Cable(pico)
    usb = ((cable.device, *flash.USB),)
    code = flash.main(['virtual', '--run', str(WORK / 'none')], flash.Beside(lambda: usb, root=WORK / 'none'))
    cable.pull()
    assert code == 0
    pico.do(save=file)
    print(
        f'flashed over USB: {pico.last["erases"]:g} sectors of flash erased, {pico.now_s():.1f} s of the board',
        flush=True,
    )
    pico.close()


def armed(pico: Pico) -> PicoLink:
    """Power by the supervisor's own link, then heartbeats until the head is down."""
    link = PicoLink(pico, Machinery(6400, BEATS), pico)
    status = link.permit(STEP_MS)
    assert status.closed, status
    assert pico.power
    pico.do(trains={'10': BEATS, '11': STEPS, '12': TURNS})
    for _ in range(10):
        pico.rest(0.02)
        status = link.status()
        assert status.closed, status
    assert pico.head
    return link


def watched(file: str) -> None:
    pico = Pico(file)
    pico.rest(1.0)
    assert pico.last['out'][:2] == [0, 0]
    pico.turns()
    pico.rest(1.0)
    print(f'at rest: {pico.turns()}', flush=True)
    link = armed(pico)
    before, counts = link.told, pico.last['counts']
    for _ in range(100):
        pico.rest(0.02)
        assert link.status().closed, link.status()
    after = link.told
    assert before is not None
    assert after is not None
    passed = [(b - a) % 65_536 for a, b in zip(pico.last['counts'], counts, strict=True)]
    print(f'2 s of cut: {pico.turns()}; {passed} beats, steps and turns at the pins, {link.current_ma} mA', flush=True)
    assert abs(after.steps - before.steps - passed[1]) < 1000
    taken_away(pico, link)
    for _ in range(AGAIN):
        silent(pico)
    stopped_by_hand(pico)
    pico.close()


def taken_away(pico: Pico, link: PicoLink) -> None:
    """By the lid."""
    since_us = pico.last['us']
    pico.do(pins={LID: 1})
    pico.rest(0.1)
    head_ms, power_ms = pico.off_after_ms(since_us)
    assert head_ms <= power_ms < 30
    assert 'lid' in link.status().cause
    print(f'the lid opens: head up after {head_ms:.1f} ms, power off after {power_ms:.1f} ms', flush=True)
    pico.do(pins={LID: 0})


def silent(pico: Pico) -> None:
    """A supervisor that says nothing any more; the next one, with a link of its own, is heard all the same."""
    pico.do(trains={'10': 0, '11': 0, '12': 0})
    pico.rest(0.3)
    armed(pico)
    since_us = pico.last['us']
    pico.rest(0.4)
    head_ms, power_ms = pico.off_after_ms(since_us)
    assert power_ms < 200
    print(f'the supervisor is silent: head up after {head_ms:.0f} ms, power off after {power_ms:.0f} ms', flush=True)


def stopped_by_hand(pico: Pico) -> None:
    """A Ctrl-C at the USB line in a cut: all off, and no watchdog takes the prompt away."""
    pico.do(trains={'10': 0, '11': 0, '12': 0})
    pico.rest(0.3)
    armed(pico)
    resets = pico.last['resets']
    pico.do(usb='\x03')
    pico.rest(0.6)
    assert pico.last['out'][:2] == [0, 0]
    assert pico.last['resets'] == resets
    assert 'KeyboardInterrupt' in pico.typed
    print('stopped by hand: all off, and the prompt stays', flush=True)


if __name__ == '__main__':
    with tempfile.TemporaryDirectory(prefix='audioletter-pico-') as folder:
        name = f'{folder}/flash.bin'
        flashed(name)
        watched(name)
