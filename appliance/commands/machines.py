"""`audioletter machines`."""

from __future__ import annotations

import argparse
import json

from appliance.machine import load_machine, machine_names, machine_path

DESCRIPTION = 'List the machines that come with the program, with the file that describes each.'
EXAMPLES = """examples:
  audioletter machines
  cp "$(audioletter machines --json | python3 -c 'import json,sys; print(json.load(sys.stdin)[0]["file"])')" mine.toml
  audioletter cut message.wav --machine mine.toml
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument('--json', action='store_true', help='for programs')


def run(options: argparse.Namespace) -> int:
    rows = []
    for name in machine_names():
        identity = load_machine(name).machine
        rows.append({'name': name, 'kind': identity.kind, 'chip': identity.chip, 'file': str(machine_path(name))})
    if options.json:
        print(json.dumps(rows, indent=2))
    else:
        for row in rows:
            print(f'{row["name"]:<12} {row["kind"]:<8} {row["chip"]:<8} {row["file"]}')
    return 0
