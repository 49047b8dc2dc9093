"""`audioletter bench`."""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from appliance.errors import OptionError

DESCRIPTION = (
    'Measure the program: instructions of the C core, stages as multiples of real time, memory, screens, start-up, and '
    'the booth in real time: alone, then beside a process at full load on each core.'
)
EXAMPLES = """examples:
  audioletter bench
  audioletter bench --seconds 30 --json
  audioletter bench --only core
  audioletter bench --only screens
  audioletter bench --only booth --seconds 60         a take of 60 s
"""
PARTS = ('core', 'cut', 'screens', 'start', 'booth')
SECONDS = (5.0, 600.0)
CUT_S, TAKE_S = 180.0, 20.0
LONGEST_TAKE_S = 100.0  # a booth takes no longer message


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        '--seconds', metavar='S', type=float, help='length of the message that is cut (180), of the take (20)'
    )
    parser.add_argument('--only', choices=PARTS, help='one part of it')
    parser.add_argument('--json', action='store_true', help='for programs')


def run(options: argparse.Namespace) -> int:
    low, high = SECONDS
    if options.seconds is not None and not low <= options.seconds <= high:
        raise OptionError(f'{options.seconds:g} s is out of range; {low:g} to {high:g}', where='--seconds')
    parts: dict[str, Callable[[], dict[str, Any]]] = {
        'core': _core,
        'cut': lambda: _cut(options.seconds or CUT_S),
        'screens': _screens,
        'start': _start,
        'booth': lambda: _booth(min(options.seconds or TAKE_S, LONGEST_TAKE_S)),
    }
    result = {name: part() for name, part in parts.items() if options.only in (None, name)}
    print(json.dumps(result, indent=2) if options.json else _text(result))
    return 0


def _core() -> dict[str, Any]:
    from appliance import bench

    out: dict[str, Any] = {}
    for target in bench.TARGETS:
        missing = bench.missing_tools(target)
        out[target.name] = {'skipped': f'install {" ".join(missing)}'} if missing else bench.count_feeder(target)
    hashes = {row['hash'] for row in out.values() if 'hash' in row}
    counted = sum('hash' in row for row in out.values())
    if counted > 1:
        out['bit_identical'] = len(hashes) == 1
    return out


def _cut(seconds: float) -> dict[str, Any]:
    """The shipped sample again and again until the message is long enough, cut with and without results kept."""
    import numpy as np
    import soundfile

    from appliance import bench

    samples, rate = soundfile.read(bench.ROOT / 'appliance' / 'samples' / 'letter.flac', dtype='float32')
    count = round(seconds * rate)
    with tempfile.TemporaryDirectory(prefix='audioletter-') as folder:
        message = Path(folder) / 'message.flac'
        soundfile.write(message, np.resize(samples, count), rate)
        return {'alone': bench.measure_cut(message, keep=False), 'with_out': bench.measure_cut(message, keep=True)}


def _screens() -> dict[str, Any]:
    from appliance import bench

    return bench.measure_screens()


def _booth(seconds: float) -> dict[str, Any]:
    """With the shipped settings and the virtual machine, so that figures can be compared."""
    import importlib.util

    if importlib.util.find_spec('luma') is None:
        return {'skipped': 'install luma.lcd'}
    from appliance.compose.bench_booth import measure_booth
    from appliance.config import load_config
    from appliance.machine import load_machine

    with tempfile.TemporaryDirectory(prefix='audioletter-') as folder:
        config, _ = load_config(system=Path(folder))
    return measure_booth(config, load_machine(), seconds)


def _start() -> dict[str, Any]:
    from appliance import bench

    return {'seconds': bench.measure_start_s(), 'millions_of_instructions': bench.count_start()}


def _text(result: dict[str, Any], indent: str = '') -> str:
    lines = []
    for name, value in result.items():
        if isinstance(value, dict):
            lines += [f'{indent}{name}', _text(value, indent + '  ')]
        else:
            lines.append(f'{indent}{name:<30} {value}')
    return '\n'.join(lines)
