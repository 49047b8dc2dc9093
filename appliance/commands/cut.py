"""`audioletter cut`: one recording, from file to disc."""

from __future__ import annotations

import argparse
import json
import math
import tempfile
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

from appliance.commands.process import fault_of, watching
from appliance.cut.outputs import OutputFolder
from appliance.errors import OptionError
from appliance.files import HeldFolder

DESCRIPTION = 'Cut a recording on a disc, here and now, on the chosen machine (the virtual one if none is named).'
EXAMPLES = """examples:
  audioletter cut message.wav
      master, plan and cut it; say how it went
  audioletter cut message.wav --out letter
      and keep letter/report.json, groove.npz, disc.png and playback.wav
  audioletter cut message.wav --disc xray-20 --speed 78 --curve coarse
  audioletter cut tone.wav --plain --level -6 --out test --trace
      no trimming, levelling or limiting: full scale at 1 kHz is 6 dB under 5 cm/s; keep what the DMA engine executed
  audioletter cut message.flac --json | python3 -m json.tool

exit codes: 0 done; 2 the input, an option, the machine file or the folder is wrong; 3 it does not fit, or the machine
refuses; 4 a fault during the cut, a full disk included; 130 Ctrl-C, 143 SIGTERM.
"""
SPEEDS = ('auto', '78', '45', '33')
LEVELS_DB = (-40.0, 20.0)
MAX_SEED = 2**31 - 1
SCRATCH = 'audioletter-cut-'


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument('file', metavar='FILE', type=Path, help='the recording: anything libsndfile reads')
    parser.add_argument('--disc', metavar='NAME', default='xray-25', help='the blank (audioletter discs); xray-25')
    parser.add_argument('--speed', choices=SPEEDS, default='auto', help='turns a minute; auto takes what sounds best')
    parser.add_argument('--machine', metavar='FILE', default='virtual', help='a machine file, or a name; virtual')
    parser.add_argument('--curve', metavar='NAME', default='riaa', help='recording curve; riaa')
    parser.add_argument('--seed', metavar='N', type=int, help='of all that is random; the machine file says 0')
    parser.add_argument(
        '--plain', action='store_true', help='no trimming, levelling, limiting; refuse what is too loud'
    )
    parser.add_argument(
        '--level', metavar='DB', type=float, help='re 5 cm/s: with --plain of full scale, else a ceiling'
    )
    parser.add_argument('--out', metavar='DIR', help='keep report, groove, picture and sound there')
    parser.add_argument('--trace', action='store_true', help='with --out: also trace.npz, what the DMA engine executed')
    parser.add_argument('--json', action='store_true', help='the report on stdout, for programs')


def run(options: argparse.Namespace) -> int:
    _check(options)
    with ExitStack() as held:
        folder = held.enter_context(OutputFolder(Path(options.out))) if options.out is not None else None
        try:
            report = _cut(options, folder)
            _tell(report, options)
        except BrokenPipeError:  # nobody listens any more, but the disc is cut
            raise
        except BaseException as error:
            if folder:
                folder.fail(fault_of(error) | {'file': str(options.file)})
            raise
    return 0


def _check(options: argparse.Namespace) -> None:
    if options.out == '':
        raise OptionError('no folder is named', where='--out', remedy='name one, . for this one')
    if options.trace and not options.out:
        raise OptionError('a trace needs a folder to be kept in', where='--trace', remedy='add --out DIR')
    if options.seed is not None and not 0 <= options.seed <= MAX_SEED:
        raise OptionError(f'the seed is {options.seed}; it must be between 0 and {MAX_SEED}', where='--seed')
    low, high = LEVELS_DB
    if options.level is not None and not (math.isfinite(options.level) and low <= options.level <= high):
        raise OptionError(
            f'the level is {options.level:g} dB; it must be between {low:g} and {high:g}', where='--level'
        )


def _cut(options: argparse.Namespace, folder: OutputFolder | None) -> dict[str, Any]:
    """All the work; the heavy rooms are imported only now."""
    from appliance.compose.machines import workshop
    from appliance.compose.shop import TRACE, Keeping
    from appliance.cut import Request, cut
    from appliance.machine import load_disc, load_machine

    machine = load_machine(options.machine)
    if options.seed is not None:
        machine = replace(machine, machine=replace(machine.machine, seed=options.seed))
    request = Request(
        options.file, load_disc(options.disc), machine, options.speed, options.curve, options.plain, options.level
    )
    with watching(options.json) as watch, ExitStack() as held:
        place = folder.staging if folder else held.enter_context(HeldFolder(Path(tempfile.gettempdir()), SCRATCH)).path
        shop = workshop(machine, request.disc, place, Keeping(results=folder is not None, trace=options.trace))
        report = cut(request, shop, watch)
        if folder:
            folder.publish(report, optional=[TRACE])
    return report


def _tell(report: dict[str, Any], options: argparse.Namespace) -> None:
    """How it went: all of it for a program, some lines for a person."""
    if options.json:
        print(json.dumps(report, indent=2), flush=True)
        return
    limits = ', '.join(f'{name} {100 * part:.0f} %' for name, part in report['limits'].items())
    print(f'{report["letter_s"]:.1f} s of message on {report["disc"]}: {report["why"]}')
    print(
        f'{report["turns"]:.1f} turns from {report["radius_start_mm"]:.1f} to {report["radius_end_mm"]:.1f} mm, '
        f'pitch {report["pitch_um"]["mean"]:.0f} um, level {report["level_db"]:+.1f} dB re 5 cm/s, '
        f'land {_land(report["min_land_um"])}'
    )
    print(f'limits reached: {limits}', flush=True)
    if options.out:
        print(f'see {options.out}/disc.png and hear {options.out}/playback.wav', flush=True)


def _land(min_land_um: float | None) -> str:
    return 'of less than one turn' if min_land_um is None else f'never below {min_land_um:.1f} um'
