"""`audioletter look`."""

from __future__ import annotations

import argparse
from contextlib import closing
from pathlib import Path

from appliance.cut.outputs import out_file

DESCRIPTION = (
    'Draw the disc that a groove makes: the film, every turn of the groove, and the light on it. '
    'Or the workflow of a visit: what every event does in every state.'
)
WORKFLOW = 'workflow'
EXAMPLES = """examples:
  audioletter look letter/groove.npz
      writes letter/groove.png
  audioletter look letter/groove.npz --out disc.png
  audioletter look workflow
      prints the whole table: state, event, what happens, where it leads
  audioletter look workflow --out workflow.png
      draws it
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument('groove', metavar='GROOVE', type=Path, help='groove.npz of a cut; or: workflow')
    parser.add_argument('--out', metavar='PNG', help='where to; beside the groove')


def run(options: argparse.Namespace) -> int:
    if str(options.groove) == WORKFLOW:
        return _workflow(options.out)
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
