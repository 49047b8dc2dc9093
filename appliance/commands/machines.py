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
  audioletter machines --wiring mine.toml     every wire: its pins, its colour, and where it goes
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument('--wiring', metavar='FILE', help='list the wires of this machine instead')
    parser.add_argument('--json', action='store_true', help='for programs')


def run(options: argparse.Namespace) -> int:
    if options.wiring is not None:
        from appliance.wires.text import lines, told

        machine = load_machine(options.wiring)
        print(json.dumps(told(machine), indent=2) if options.json else '\n'.join(lines(machine)))
        return 0
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
