"""The commands of the host, one file a subject: what the shell can do with a running booth.

Each subject's file has COMMANDS; files without are what they share. They are functions of a `Call`
(`appliance.desk.book`); nothing here knows of sockets.
"""

from __future__ import annotations

import importlib
import pkgutil

from appliance.desk.book import Command

# In the order of help; a file that is not named here comes last.
SUBJECTS = (
    'booth',
    'letters',
    'post',
    'counters',
    'lathe',
    'panel',
    'wire',
    'checks',
    'stick',
    'settings',
    'system',
    'helps',
)


def commands() -> tuple[Command, ...]:
    """Of all subjects; imported when they are asked for."""
    there = [module.name for module in pkgutil.iter_modules(__path__)]
    names = sorted(there, key=lambda name: (SUBJECTS.index(name) if name in SUBJECTS else len(SUBJECTS), name))
    found: list[Command] = []
    for name in names:
        found += getattr(importlib.import_module(f'{__name__}.{name}'), 'COMMANDS', ())
    return tuple(found)
