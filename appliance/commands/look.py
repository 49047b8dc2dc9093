"""`audioletter look`."""

from __future__ import annotations

import argparse
from contextlib import closing
from pathlib import Path

from appliance.commands.outputs import out_file

DESCRIPTION = 'Draw the disc that a groove makes: the film, every turn of the groove, and the light on it.'
EXAMPLES = """examples:
  audioletter look letter/groove.npz
      writes letter/groove.png
  audioletter look letter/groove.npz --out disc.png
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument('groove', metavar='GROOVE', type=Path, help='groove.npz of a cut')
    parser.add_argument('--out', metavar='PNG', help='where to; beside the groove')


def run(options: argparse.Namespace) -> int:
    from appliance.picture import draw
    from appliance.playback.groovefile import Groove

    out = out_file(options.out, options.groove, '.png')
    with closing(Groove.open(options.groove)) as groove:
        draw(groove, out)
    print(out)
    return 0
