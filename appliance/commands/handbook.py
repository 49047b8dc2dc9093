"""`audioletter handbook`: the host's handbook, on paper or on a phone."""

from __future__ import annotations

import argparse
import json
import shutil
from dataclasses import asdict

from appliance.words.checks import CHECKS
from appliance.words.handbook import ATTENDANT, CHECKLIST, markdown, plain
from appliance.words.reasons import REASONS

DESCRIPTION = "The host's handbook: what to do each day, the attendant's menu, every fault with reason and action."
EXAMPLES = """examples:
  audioletter handbook                                to read here
  audioletter handbook --markdown > handbook.md       to print, with boxes to tick
  audioletter handbook --json                         for programs
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument('--markdown', action='store_true', help='as Markdown')
    parser.add_argument('--json', action='store_true', help='for programs')


def run(options: argparse.Namespace) -> int:
    if options.json:
        faults = {key: asdict(reason) for key, reason in REASONS.items()}
        checks = {name: {'looks at': check.looks_at, 'action': check.action} for name, check in CHECKS.items()}
        told = {'checklist': CHECKLIST, 'checks': checks, 'attendant': ATTENDANT, 'faults': faults}
        print(json.dumps(told, indent=2))
        return 0
    lines = markdown() if options.markdown else plain(min(shutil.get_terminal_size().columns, 100))
    for line in lines:
        print(line)
    return 0
