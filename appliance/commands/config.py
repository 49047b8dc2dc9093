"""`audioletter config`: the host's settings as they hold, and where each comes from."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from appliance.config import load_config

DESCRIPTION = 'Show the settings that hold here, as a TOML file, or only check them.'
EXAMPLES = """examples:
  audioletter config show                             every setting: what a file of your own may hold
  audioletter config show --origin                    and the file each comes from
  audioletter config check --config mine.toml         is this file right? nothing is printed but what is wrong

Put only what differs into a file in /etc/audioletter/ (*.toml, read in the order of their names).
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        'what', choices=('show', 'check'), nargs='?', default='show', help='show (the default) or check'
    )
    parser.add_argument(
        '--config', metavar='FILE', type=Path, help='settings that come after those of /etc/audioletter'
    )
    parser.add_argument('--origin', action='store_true', help='with the file each value came from')
    parser.add_argument('--json', action='store_true', help='for programs')


def run(options: argparse.Namespace) -> int:
    config, origin = load_config(options.config)
    tables = asdict(config)
    if options.what == 'check':
        if options.json:
            print(json.dumps({'ok': True, 'files': list(dict.fromkeys(origin.values()))}, indent=2))
        return 0
    if options.json:
        rows = {key: _value(tables, key) for key in origin}
        told = {key: {'value': value, 'origin': origin[key]} for key, value in rows.items()}
        print(json.dumps(told if options.origin else rows, indent=2, ensure_ascii=False))
        return 0
    for section, values in tables.items():
        print(f'[{section}]')
        for key, value in values.items():
            line = f'{key} = {_toml(value)}'
            print(f'{line:<44} # {origin[f"{section}.{key}"]}' if options.origin else line)
        print()
    return 0


def _value(tables: dict[str, Any], key: str) -> Any:
    section, name = key.split('.')
    return tables[section][name]


def _toml(value: Any) -> str:
    """JSON's texts, numbers, lists and truths are TOML's too."""
    return json.dumps(value, ensure_ascii=False).replace('\x7f', r'\u007f')
