"""Runs on the emulated PC: the booth's own controls over a real kernel's pins, each wire worked in turn.

`sys.argv[1]` is the folder of the made-up pins: `pull` of each is what hangs on it, `value` what it is driven to.
"""

import json
import sys
from dataclasses import asdict, fields
from pathlib import Path

from appliance.booth.controls import GpioControls, pi_gpio
from appliance.booth.wiring import controls_wiring
from appliance.machine import load_machine


def say(what, **more):
    print('PINS ' + json.dumps({'what': what, **more}), flush=True)


def work(controls, name, wire, line):
    """As the switch would when it is on and off, then let go."""
    let_go = (line / 'pull').read_text().strip()
    for on in (True, False):
        (line / 'pull').write_text('pull-up' if (wire.active == 'high') is on else 'pull-down')
        say(name, on=on, read=asdict(controls.read()), let_go=let_go)
    (line / 'pull').write_text(let_go)


def main(pins):
    wiring = controls_wiring(load_machine())
    controls = GpioControls(wiring, pi_gpio())
    say('begun', read=asdict(controls.read()), cause=controls.cause)
    for field in fields(wiring):
        wire = getattr(wiring, field.name)
        if field.name != 'lamp':
            work(controls, field.name, wire, pins / f'sim_gpio{wire.pin}')
    for lit in (True, False, True):
        controls.lamp(lit)
        say('lamp', lit=lit, value=int((pins / f'sim_gpio{wiring.lamp.pin}/value').read_text()), cause=controls.cause)
    controls.close()
    say('ended', lamp=int((pins / f'sim_gpio{wiring.lamp.pin}/value').read_text()))


if __name__ == '__main__':
    main(Path(sys.argv[1]))
