"""What is packed for whoever helps from afar: all that is known of the booth, and nothing that anybody has said.

What goes in is chosen one by one; what is not named here stays out. Of the settings, what lets somebody in
(`attendant`) and the host's own address (`post.sender`) stay out too; of the booth, what is being entered of the
attendant's sequence.
"""

from __future__ import annotations

import gzip
import io
import json
import platform
import sys
import tarfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

from appliance.config.changes import SECRET
from appliance.desk.book import Desk
from appliance.errors import AudioLetterError
from appliance.machine import machine_path
from appliance.maintenance.reports.moments import written, zone_of
from appliance.message import Stores

WITHHELD = (*SECRET, 'post.sender')
# Counts only. A cause is a key of words/reasons; a step of a visit is a state's name.
COUNTS = {
    'letters': 'SELECT state AS what, COUNT(*) AS count FROM letter GROUP BY state',
    'cuts': "SELECT state || ' ' || cause AS what, COUNT(*) AS count FROM cut GROUP BY state, cause",
    'visits': 'SELECT what, COUNT(*) AS count FROM visit GROUP BY what',
    'takes': 'SELECT what, COUNT(*) AS count FROM take GROUP BY what',
}


def packed(desk: Desk, doctor: object) -> bytes:
    """A tar.gz."""
    parts = {
        'about.json': _about(desk),
        'state.json': _state(desk),
        'settings.json': _settings(desk),
        'ledger.json': _ledger(desk),
        'doctor.json': doctor,
    }
    zone = zone_of(desk)
    texts = {name: json.dumps(part, indent=2, ensure_ascii=False, default=str) for name, part in parts.items()}
    texts['log.txt'] = '\n'.join(f'{written(one.at_s, zone)} {one.level} {one.text}' for one in desk.journal.entries())
    texts['machine.toml'] = _machine(desk.program.machine)
    out = io.BytesIO()
    with gzip.GzipFile(fileobj=out, mode='wb', mtime=0) as whole, tarfile.open(fileobj=whole, mode='w') as tar:
        for name, text in texts.items():
            data = text.encode('utf-8', 'replace')
            info = tarfile.TarInfo(f'audioletter-support/{name}')
            info.size, info.mtime, info.mode = len(data), int(desk.wall_s()), 0o600
            tar.addfile(info, io.BytesIO(data))
    return out.getvalue()


def _about(desk: Desk) -> dict[str, Any]:
    return {
        'version': desk.program.version,
        'machine': desk.program.machine,
        'at': written(desk.wall_s(), zone_of(desk)),
        'python': sys.version,
        'platform': platform.platform(),
        'processor': platform.machine(),
    }


def _state(desk: Desk) -> dict[str, Any]:
    """The booth as the workflow knows it: sensors, deadlines, numbers."""
    look = desk.look()
    booth = asdict(look.booth) | {'keys': len(look.booth.keys)}
    return {'booth': booth, 'now_s': look.now_s, 'causes': dict(look.causes)}


def _settings(desk: Desk) -> dict[str, Any]:
    tables = asdict(desk.settings.config)
    for key in WITHHELD:
        section, _, name = key.partition('.')
        if tables[section][name]:
            tables[section][name] = 'set, and withheld'
    return tables


def _ledger(desk: Desk) -> dict[str, Any]:
    def count(stores: Stores) -> dict[str, Any]:
        found: dict[str, Any] = {
            name: {row['what']: row['count'] for row in stores.ledger.rows(sql)} for name, sql in COUNTS.items()
        }
        stylus = stores.ledger.row('SELECT SUM(stylus_s) FROM cut')
        return found | {'blanks': stores.blanks(), 'stylus_s': stylus[0] if stylus else 0.0}

    try:
        return desk.stores('count the letters', count)
    except AudioLetterError as error:
        return {'failed': error.line}


def _machine(name: str) -> str:
    try:
        return Path(machine_path(name)).read_text(encoding='utf-8')
    except (AudioLetterError, OSError, UnicodeDecodeError) as error:
        return f'# cannot be read: {error}'
