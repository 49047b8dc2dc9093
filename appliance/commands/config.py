"""`audioletter config`: the host's settings as they hold, and where each comes from."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from getpass import getpass
from typing import Any

from appliance.commands import add_config
from appliance.config import load_config
from appliance.config.changes import toml_value
from appliance.config.tokens import token_of
from appliance.errors import OptionError

DESCRIPTION = """Show the settings that hold here, as a TOML file, or only check them. Those of a running booth are
changed in its shell: config set."""
EXAMPLES = """examples:
  audioletter config show                             every setting: what a file of your own may hold
  audioletter config show --origin                    and the file each comes from
  audioletter config check --config mine.toml         is this file right? nothing is printed but what is wrong
  audioletter config token anna                       asks for a card, and prints its line for attendant.tokens

Put only what differs into a file in /etc/audioletter/ (*.toml, read in the order of their names).
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        'what', choices=('show', 'check', 'token'), nargs='?', default='show', help='show (the default), check or token'
    )
    parser.add_argument('name', nargs='?', default='', help='of a token: whose card it is')
    add_config(parser)
    parser.add_argument('--origin', action='store_true', help='with the file each value came from')
    parser.add_argument('--json', action='store_true', help='for programs')


def run(options: argparse.Namespace) -> int:
    if options.what == 'token':
        return _token(options)
    if options.name:
        raise OptionError(f'{options.name!r} is one word too many', remedy='only token takes a name')
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
            line = f'{key} = {toml_value(value)}'
            print(f'{line:<44} # {origin[f"{section}.{key}"]}' if options.origin else line)
        print()
    return 0


def _token(options: argparse.Namespace) -> int:
    """The card is typed by hand or by its reader, and not shown where a terminal can hide it."""
    try:
        card = getpass('card: ') if sys.stdin.isatty() else sys.stdin.readline()
    except EOFError:
        card = ''
    token = token_of(options.name, card.strip())
    print(json.dumps({'token': token}, indent=2) if options.json else f'[attendant]\ntokens = ["{token}"]')
    return 0


def _value(tables: dict[str, Any], key: str) -> Any:
    section, name = key.split('.')
    return tables[section][name]
