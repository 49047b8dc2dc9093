"""`audioletter listen`."""

from __future__ import annotations

import argparse
from pathlib import Path

from appliance.cut.outputs import out_file

DESCRIPTION = 'Hear a groove as a stylus would: new or after some plays, on its own film or on another.'
EXAMPLES = """examples:
  audioletter listen letter/groove.npz
      writes letter/groove.wav
  audioletter listen letter/groove.npz --plays 20 --out worn.wav
  audioletter listen letter/groove.npz --film none --stylus 18
      without the noise of the film, through a modern needle (radius in um)
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument('groove', metavar='GROOVE', type=Path, help='groove.npz of a cut')
    parser.add_argument('--plays', metavar='N', type=int, default=0, help='how often it was played before; 0')
    parser.add_argument('--stylus', metavar='UM', type=float, help="tip radius; the groove's own")
    parser.add_argument('--film', metavar='NAME', help="what it is cut in, or none for no noise; the groove's own")
    parser.add_argument('--seed', metavar='N', type=int, default=0, help='of the noise; 0')
    parser.add_argument('--out', metavar='WAV', help='where to; beside the groove')


def run(options: argparse.Namespace) -> int:
    from appliance.playback import Listening, listen

    out = out_file(options.out, options.groove, '.wav')
    listen(options.groove, out, Listening(options.stylus, options.plays, options.film, options.seed))
    print(out)
    return 0
