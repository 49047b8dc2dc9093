"""`audioletter look`."""

from __future__ import annotations

import argparse
import json
from contextlib import closing
from pathlib import Path

from appliance.cut.outputs import out_file

DESCRIPTION = (
    'Draw the disc that a groove makes: the film, every turn of the groove, and the light on it. '
    'Or the workflow of a visit: what every event does in every state. '
    'Or the wiring of a machine: every wire, its pins and its colour.'
)
WORKFLOW, WIRING = 'workflow', 'wiring'
EXAMPLES = """examples:
  audioletter look letter/groove.npz
      writes letter/groove.png
  audioletter look letter/groove.npz --out disc.png
  audioletter look workflow
      prints the whole table: state, event, what happens, where it leads
  audioletter look workflow --out workflow.png
      draws it
  audioletter look wiring
      prints every wire of the machine file: its pins, its colour, and where it goes
  audioletter look wiring --out wiring.png --machine mine.toml
      draws both headers with every wire
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument('groove', metavar='GROOVE', type=Path, help='groove.npz of a cut; or: workflow, wiring')
    parser.add_argument('--out', metavar='PNG', help='where to; beside the groove')
    parser.add_argument('--machine', metavar='FILE', default='virtual', help='whose wiring; virtual')
    parser.add_argument('--json', action='store_true', help='of the wiring: for programs')


def run(options: argparse.Namespace) -> int:
    if str(options.groove) == WORKFLOW:
        return _workflow(options.out)
    if str(options.groove) == WIRING:
        return _wiring(options)
    from appliance.picture import draw
    from appliance.playback.groovefile import Groove

    out = out_file(options.out, options.groove, '.png')
    with closing(Groove.open(options.groove)) as groove:
        draw(groove, out)
    print(out)
    return 0


def _workflow(named: str | None) -> int:
    """The table as a picture where a file is named, else as text."""
    if named is None:
        from appliance.workflow.ways import lines

        print('\n'.join(lines()))
        return 0
    from appliance.screens.diagram import draw_workflow

    out = out_file(named, Path(WORKFLOW), '.png')
    draw_workflow(out)
    print(out)
    return 0


def _wiring(options: argparse.Namespace) -> int:
    """The wires of a machine file as a picture where a file is named, else as text."""
    from appliance.machine import load_machine

    machine = load_machine(options.machine)
    if options.out is None:
        from appliance.wires.text import lines, told

        print(json.dumps(told(machine), indent=2) if options.json else '\n'.join(lines(machine)))
        return 0
    from appliance.wires.picture import draw_wiring

    out = out_file(options.out, Path(WIRING), '.png')
    draw_wiring(machine, out)
    print(out)
    return 0
