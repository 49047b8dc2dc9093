"""Runs on the emulated PC: what the booth says of each wire while it is broken.

Panel: the wire of a made-up pin (`sys.argv[1]` is their folder) is worked from the far end of a harness of which one
wire is broken, and judged as the host's `wire` does. Interlock: over the second serial line, at whose other end the
guard hangs (pico_line.py), asked for power as a cut does. Others: `audioletter doctor wires` on the virtual machine.
"""

import contextlib
import io
import json
import sys
from dataclasses import replace
from pathlib import Path

from appliance.booth.controls import GpioControls, pi_gpio
from appliance.booth.wiring import controls_wiring
from appliance.commands import main as audioletter
from appliance.compose.doctor import drive, try_wires
from appliance.compose.real.site import Site, powered_up
from appliance.hands.wire import HAND, Watch, verdict
from appliance.machine import load_machine
from appliance.pi.real import RealPi
from appliance.virtual.harness import HOW, Break, Harness
from appliance.wires.table import wires_of
from tests.emulated.pico_line import CASES, DEVICE, PacedLine

SECOND_S = 1.0  # after the hand has let go
SETTLED_S = 0.1  # the guard must have all good for so long before power comes
SHOWS_S = 0.09  # a relay that does not follow; less than a permit is good for


def say(what, **more):
    print('PINS ' + json.dumps({'what': what, **more}), flush=True)


class FarEnd:
    """The switches and sensors at the other ends of the panel's wires."""

    def __init__(self, pins, wiring):
        self.pins, self.wiring = pins, wiring
        self.let_go = {name: (self.line(name) / 'pull').read_text().strip() for name in HAND}

    def line(self, name):
        return self.pins / f'sim_gpio{getattr(self.wiring, name).pin}'

    def work(self, harness, worked):
        """All at rest but that one."""
        for name in HAND:
            driver = harness.driver(f'controls.{name}')
            if driver is None:
                pull = 'pull-down' if harness.is_grounded(f'controls.{name}') else self.let_go[name]
            elif driver.key.startswith('controls.'):
                pull = self.given(driver.key.removeprefix('controls.'), worked)
            else:
                pull = 'pull-up' if driver.rest else 'pull-down'
            (self.line(name) / 'pull').write_text(pull)

    def given(self, name, worked):
        high = (getattr(self.wiring, name).active == 'high') is (name == worked)
        return 'pull-up' if high else 'pull-down'


def panel(pins, machine):
    """One wire after the other, whole and broken in each way."""
    wires, wiring = wires_of(machine), controls_wiring(machine)
    controls = GpioControls(wiring, pi_gpio())
    far = FarEnd(pins, wiring)
    for name in HAND:
        for how in ('', *HOW):
            harness = Harness(wires, (Break(f'controls.{name}', how),) if how else ())
            far.work(harness, '')
            watch = Watch(controls.read())
            for at_s, worked in enumerate((name, '', '')):
                far.work(harness, worked)
                watch.take(controls.read(), SECOND_S * at_s)
            found = verdict(machine, name, watch)
            say('panel', wire=f'controls.{name}', how=how, ok=found.ok, says=found.says)
    far.work(Harness(wires), '')
    controls.close()


@contextlib.contextmanager
def no_board(*_):
    """An emulated PC has none, and nothing here asks it for anything."""
    yield RealPi(None, None, '', False)


def interlock(machine):
    """Asked for power, as a cut does; what stands against it shows at once or a moment later."""
    machine = replace(machine, machine=replace(machine.machine, kind='real'))
    machine = replace(machine, interlock=replace(machine.interlock, device=DEVICE))
    for key, how in CASES:
        line = PacedLine(DEVICE, machine.interlock.baud)
        line.breaks(key, how)
        site = Site(run=Path('/run/audioletter'), pi=no_board, line=lambda *_, line=line: line, clock=line)
        with powered_up(machine, site, lambda: True) as power:
            line.rest(SETTLED_S)
            status = power.link.permit()
            if status.closed:
                line.rest(SHOWS_S)
                status = power.link.status()
        say('interlock', wire=key, how=how, ok=status.closed, says=status.cause)


def virtual(felt, machine):
    """What is driven is executed once: what breaks lies beyond the Pi's pins."""
    run = drive(machine)
    for wire in wires_of(machine):
        if wire.key not in felt:
            found = try_wires(machine, (Break(wire.key, 'open'),), run).broken
            says = '; '.join(one.line for one in found)
            say('virtual', wire=wire.key, how='open', ok=not found, says=says)


def command():
    """The same as a host types it."""
    words = ['wires', '--break', 'interlock.home=open']
    told = io.StringIO()
    with contextlib.redirect_stdout(told):
        code = audioletter(['doctor', *words])
    wrong = [line for line in told.getvalue().splitlines() if line.startswith('FAIL')]
    say('command', wire=' '.join(words), how='', ok=code == 0, says='; '.join(wrong))


def main(pins):
    machine = load_machine()
    panel(pins, machine)
    interlock(machine)
    virtual({f'controls.{name}' for name in HAND} | {key for key, _ in CASES}, machine)
    command()
    say('ended')


if __name__ == '__main__':
    main(Path(sys.argv[1]))
