"""`audioletter doctor`: one line a check, and what to do about each that fails."""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass

from appliance.errors import AudioLetterError

DESCRIPTION = 'Check this computer and a machine file; each failure says what to do.'
EXAMPLES = """examples:
  audioletter doctor
  audioletter doctor --machine mine.toml --json

exit codes: 0 all is well; 3 something is not.
"""
SCRATCH_MB = 500  # a ten-minute cut with trace and picture


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check saw."""

    check: str
    ok: bool
    saw: str
    remedy: str = ''


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument('--machine', metavar='FILE', default='virtual', help='a machine file, or a name; virtual')
    parser.add_argument('--json', action='store_true', help='for programs')


def run(options: argparse.Namespace) -> int:
    checks: list[tuple[str, Callable[[], Finding]]] = [
        ('python', _python),
        ('core', _core),
        ('sound files', _sound_files),
        ('scratch space', _scratch),
        ('machine file', lambda: _machine_file(options.machine)),
        ('machine', lambda: _machine(options.machine)),
    ]
    findings = [_safely(name, check) for name, check in checks]
    if options.json:
        print(json.dumps([asdict(finding) for finding in findings], indent=2))
    else:
        for finding in findings:
            line = f'{"ok  " if finding.ok else "FAIL"} {finding.check:<14} {finding.saw}'
            print(f'{line}; {finding.remedy}' if finding.remedy else line)
    return 0 if all(finding.ok for finding in findings) else 3


def _safely(name: str, check: Callable[[], Finding]) -> Finding:
    try:
        return check()
    except AudioLetterError as error:
        return Finding(name, False, f'{error.where}: {error.what}' if error.where else error.what, error.remedy)
    except (ImportError, OSError) as error:
        return Finding(name, False, str(error), 'run ./tools/audioletter, which installs what is needed')


def _python() -> Finding:
    return Finding('python', sys.version_info >= (3, 11), f'{platform.python_version()} on {platform.machine()}')


def _core() -> Finding:
    from appliance.native import lib

    return Finding('core', lib is not None, 'the C core is built and loads')


def _sound_files() -> Finding:
    import soundfile

    kinds = soundfile.available_formats()
    return Finding('sound files', 'WAV' in kinds and 'FLAC' in kinds, f'libsndfile reads {len(kinds)} kinds of file')


def _scratch() -> Finding:
    place = tempfile.gettempdir()
    free_mb = shutil.disk_usage(place).free / 1e6
    ok = free_mb > SCRATCH_MB and os.access(place, os.W_OK)
    remedy = '' if ok else f'make {SCRATCH_MB} MB free there, or set TMPDIR'
    return Finding('scratch space', ok, f'{free_mb:.0f} MB free in {place}', remedy)


def _machine_file(name: str) -> Finding:
    from appliance.machine import load_machine

    machine = load_machine(name).machine
    return Finding('machine file', True, f'{machine.name}: {machine.kind}, {machine.chip}')


def _machine(name: str) -> Finding:
    from appliance.compose import try_out
    from appliance.machine import load_machine

    return Finding('machine', True, try_out(load_machine(name)))
