"""`audioletter kiosk`."""

from __future__ import annotations

import argparse
import logging
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from appliance.errors import OptionError

if TYPE_CHECKING:
    from appliance.compose.booth import Choice, Plan

DESCRIPTION = """Open the booth, of virtual parts; `--real` gives it a real part, one at a time."""
EXAMPLES = """examples:
  audioletter kiosk --headless visit.txt              plays a visit from a script, as fast as it can, and exits
  audioletter kiosk --real lcd,controls --machine mine.toml

steps of a script, one a line:
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    from appliance.kiosk.script import __doc__ as script

    steps = (script or '').partition('\n\n')[2]
    parser.epilog = f'{parser.epilog}{steps}'
    parser.add_argument('--show', action='store_true', help='play a whole visit with the shipped letter')
    parser.add_argument('--headless', metavar='FILE', type=Path, help='play a visit from a script, then exit')
    parser.add_argument('--machine', metavar='FILE', default='virtual', help='a machine by name, or its file')
    parser.add_argument('--config', metavar='FILE', type=Path, help="the host's settings, beside /etc/audioletter")
    parser.add_argument('--data', metavar='DIR', help='where letters are kept, in place of the usual place')
    parser.add_argument('--run', metavar='DIR', dest='memory', help='where what is not kept lies: a folder in memory')
    parser.add_argument('--real', metavar='PARTS', default='', help='controls, lcd: with a comma between')
    parser.add_argument('--pace', metavar='TIMES', type=float, help='how many times as fast as a real cut (3)')


def run(options: argparse.Namespace) -> int:
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format='%(message)s')
    if options.headless is not None:
        return _headless(options)
    return _serve(options)


def _headless(options: argparse.Namespace) -> int:
    """On a clock of its own, so that a visit is over as soon as it can be computed."""
    from appliance.clock import SteppedClock
    from appliance.compose.booth import Choice
    from appliance.compose.headless import play
    from appliance.kiosk.script import parse

    try:
        text = options.headless.read_text(encoding='utf-8')
    except (OSError, UnicodeDecodeError) as error:
        what = getattr(error, 'strerror', None) or 'it is not text'
        raise OptionError(f'cannot read the script ({what})', where=str(options.headless)) from error
    steps = parse(text, str(options.headless))
    choice = Choice(_parts(options.real), options.pace, SteppedClock(), threads=False)
    play(_plan(options, choice), steps, print)
    return 0


def _serve(options: argparse.Namespace) -> int:
    from appliance.compose.booth import PACE, Choice
    from appliance.compose.handles import VirtualBooth

    choice = Choice(_parts(options.real), options.pace or PACE)
    booth = VirtualBooth(_plan(options, choice))
    booth.start()
    try:
        if options.show:
            booth.show()
        booth.wait()
    finally:
        booth.close()
    return 0


def _parts(text: str) -> frozenset[str]:
    return frozenset(part.strip() for part in text.split(',') if part.strip())


def _plan(options: argparse.Namespace, choice: Choice) -> Plan:
    from dataclasses import replace

    from appliance.compose.booth import Plan
    from appliance.config import load_config
    from appliance.config.places import folders, make
    from appliance.machine import load_machine

    if options.pace is not None and not 0.1 <= options.pace <= 1000:
        raise OptionError(f'a pace of {options.pace:g} will not do', where='--pace', remedy='from 0.1 to 1000')
    config, _ = load_config(options.config)
    asked = {'data': options.data, 'run': options.memory}
    named = {key: str(Path(value).absolute()) for key, value in asked.items() if value}
    config = replace(config, places=replace(config.places, **named))
    places = folders(config, os.environ, os.geteuid())
    make(places)
    return Plan(config, load_machine(options.machine), options.machine, places, choice)
