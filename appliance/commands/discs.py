"""`audioletter discs`."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict

from appliance.machine import disc_names, load_disc

DESCRIPTION = 'List the discs a message can be cut on, in coarse and in fine groove.'
EXAMPLES = """examples:
  audioletter discs
  audioletter cut message.wav --disc pvc-25-fine
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument('--json', action='store_true', help='for programs')


def run(options: argparse.Namespace) -> int:
    discs = [load_disc(name) for name in disc_names()]
    if options.json:
        print(json.dumps([asdict(disc) for disc in discs], indent=2))
        return 0
    print(f'{"disc":<22} {"across":>7} {"music from":>11} {"to":>6} {"groove":>7} {"land":>6} {"stylus":>7}')
    for disc in discs:
        groove = disc.groove
        print(
            f'{disc.name:<22} {disc.diameter_mm:>4.0f} mm {2 * disc.programme_radius_mm:>8.0f} mm '
            f'{2 * disc.inner_radius_mm:>3.0f} mm {groove.width_um:>4.0f} um {groove.land_um:>3.0f} um '
            f'{groove.stylus_um:>4.0f} um'
        )
    return 0
