"""`audioletter doctor`: one line a check, and what to do about each that fails."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from appliance.commands import add_config
from appliance.errors import AudioLetterError

if TYPE_CHECKING:
    from appliance.config import Config
    from appliance.config.places import Folders

DESCRIPTION = 'Check this computer, a machine file and the booth; each failure says what to do.'
EXAMPLES = """examples:
  audioletter doctor
  audioletter doctor --machine mine.toml --json
  audioletter doctor --config booth.toml
  audioletter doctor sound                    microphone and speaker: names, a tone, some seconds heard
  audioletter doctor sound --device NAME --seconds 10
  audioletter doctor wires                    every wire of a virtual machine: what is driven, what arrives
  audioletter doctor wires --machine mine.toml      of a real one: what it feels with no power and no hand
  audioletter doctor power-up --machine mine.toml   a new machine, step by step, by somebody beside it
  audioletter doctor lcd --seconds 30         a pattern on the LCD of this Pi, and what must be seen of it
  audioletter doctor wires --break pins.leg_a=open --break controls.blank=swap    what it says of broken ones

exit codes: 0 all is well; 3 something is not.
"""
WORDS = {True: 'ok', False: 'FAIL', None: '--'}
SCRATCH_MB_A_MINUTE = 50  # of a cut with trace and picture
LETTERS_MB = 500  # some ten letters with their results; fewer, and a day at a fair ends early
BESIDE = 'audioletter shell doctor'  # to a booth that runs
FEW = 4  # settings that are told by name
SAMPLE_BYTES = 4  # of a take in memory


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check saw. `ok`: None where nobody could say."""

    check: str
    ok: bool | None
    saw: str
    remedy: str = ''


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        'part',
        nargs='?',
        choices=['sound', 'wires', 'lcd', 'power-up'],
        help='look into this part closely; all, briefly',
    )
    parser.add_argument('--device', metavar='NAME', help='of the microphone; else what the machine file says')
    parser.add_argument('--seconds', metavar='N', type=float, default=5.0, help='to listen, to show; 5')
    parser.add_argument('--machine', metavar='FILE', default='virtual', help='a machine file, or a name; virtual')
    add_config(parser)
    parser.add_argument('--beside', action='store_true', help='a booth is running: leave its machine alone')
    parser.add_argument(
        '--break', metavar='WIRE=HOW', action='append', default=[], dest='broken',
        help='on the virtual machine: this wire is open, touches ground, or sits on its neighbour',
    )  # fmt: skip
    parser.add_argument('--from', metavar='STEP', default='', dest='begin', help='of power-up: its name or number')
    parser.add_argument('--json', action='store_true', help='for programs')


def run(options: argparse.Namespace) -> int:
    if options.part == 'sound':
        return _sound(options)
    if options.part == 'wires':
        return _told(_all_wires(options), as_json=options.json)
    if options.part == 'lcd':
        return _told([_safely('lcd', lambda: _pattern(options))], as_json=options.json)
    if options.part == 'power-up':
        return _power_up(options)
    found: list[Finding] = []
    alone = _alone(options)
    checks: list[tuple[str, Callable[[], Finding]]] = [
        ('python', _python),
        ('core', _core),
        ('sound files', _sound_files),
        *([] if alone else [('scratch space', _scratch)]),  # a booth works in its own folder: see takes
        ('machine file', lambda: _machine_file(options.machine)),
        ('machine', lambda: alone[0] if alone else _machine(options.machine)),
        ('wires', lambda: alone[1] if alone else _wires(options, found[-1])),
        ('settings', lambda: _settings(options.config)),
        ('letters', lambda: _letters(options.config)),
        ('takes', lambda: _takes(options.config)),
        ('controls', lambda: _controls(options.machine)),
        ('lcd', lambda: _lcd(options.machine)),
        ('fonts', _fonts),
        ('prompts', lambda: _prompts(options.config)),
    ]
    for name, check in checks:
        found.append(_safely(name, check))
    return _told(found, as_json=options.json)


def _told(findings: list[Finding], *, as_json: bool) -> int:
    if as_json:
        print(json.dumps([asdict(finding) for finding in findings], indent=2))
    else:
        _printed(findings)
    return 3 if any(finding.ok is False for finding in findings) else 0


def _printed(findings: Sequence[Any]) -> None:
    """Whatever has the fields of a Finding."""
    for one in findings:
        line = f'{WORDS[one.ok]:<4} {one.check:<14} {one.saw}'
        print(f'{line}; {one.remedy}' if one.remedy else line)


def _sound(options: argparse.Namespace) -> int:
    """Microphone and speaker, by name, heard and sounded."""
    from appliance.bench.sound import SoundCheck
    from appliance.booth.wiring import sound_card
    from appliance.machine import load_machine

    card = sound_card(load_machine(options.machine))
    microphone = card.input if options.device is None else options.device
    check = SoundCheck()
    try:
        listed = check.listed(microphone, card.output)
        if not options.json:
            for row in listed:
                print(f'{"->" if row.chosen else "  "} {row.way:<7} {row.name:<24} {row.label}')
        found = [check.choice('input', microphone), check.choice('output', card.output)]
        if found[1].ok:
            found.append(check.sound(card.output))
        if found[0].ok:
            if not options.json:
                print(f'speak now: {options.seconds:g} s are measured, nothing is kept', flush=True)
            found.append(check.hear(microphone, options.seconds))
    finally:
        check.close()
    if options.json:
        told = {'devices': [asdict(row) for row in listed], 'checks': [asdict(one) for one in found]}
        print(json.dumps(told, indent=2))
    else:
        _printed(found)
    return 0 if all(one.ok for one in found) else 3


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
    """For `cut` by hand: a booth has less in /tmp on purpose, and cuts in its own folders (see takes)."""
    place = tempfile.gettempdir()
    free_mb = shutil.disk_usage(place).free / 1e6
    minutes = int(free_mb // SCRATCH_MB_A_MINUTE)
    ok = minutes >= 1 and os.access(place, os.W_OK)
    short = '' if minutes >= 10 else f'enough for a cut of {minutes} min; for a longer one set TMPDIR'
    remedy = short if ok else f'make {SCRATCH_MB_A_MINUTE} MB free there, or set TMPDIR'
    return Finding('scratch space', ok, f'{free_mb:.0f} MB free in {place}', remedy)


def _machine_file(name: str) -> Finding:
    from appliance.machine import load_machine

    machine = load_machine(name).machine
    return Finding('machine file', True, f'{machine.name}: {machine.kind}, {machine.chip}')


def _machine(name: str) -> Finding:
    from appliance.compose.machines import try_out
    from appliance.machine import load_machine

    return Finding('machine', True, try_out(load_machine(name)))


def _power_up(options: argparse.Namespace) -> int:
    """At a terminal with somebody who reads and presses Enter; elsewhere all of it at once, of a virtual machine. Not
    beside a booth that drives the same real one."""
    from appliance.compose.doctor import parse_break
    from appliance.compose.doctor.walk import all_at_once, at_terminal
    from appliance.machine import load_machine

    machine, broken = load_machine(options.machine), tuple(parse_break(text) for text in options.broken)
    if sys.stdin.isatty() and not options.json:
        with _held(options, machine.machine.kind) as run:
            return 0 if at_terminal(machine, broken, options.begin, run) else 3
    found = all_at_once(machine, broken, options.begin)
    return _told([Finding(name, ok, saw) for name, ok, saw in found], as_json=options.json)


@contextlib.contextmanager
def _held(options: argparse.Namespace, kind: str) -> Iterator[Path]:
    """The booth's folder in memory; of a real machine no booth runs meanwhile."""
    from appliance.config.places import lock, make

    _, places = _places(options.config)
    if kind == 'virtual':
        yield places.run
        return
    make(places)
    with contextlib.closing(lock(places)):
        yield places.run


def _all_wires(options: argparse.Namespace) -> list[Finding]:
    """Of a virtual machine, whose far ends are seen; of a real one, what it feels of its own."""
    from appliance.compose.doctor import parse_break
    from appliance.compose.doctor.alone import alone
    from appliance.compose.doctor.powerup import bench_of
    from appliance.machine import load_machine

    machine = load_machine(options.machine)
    if machine.machine.kind == 'virtual':
        return _each_wire(options.machine, options.broken)
    with _held(options, machine.machine.kind) as run:
        told = alone(bench_of(machine, broken=tuple(map(parse_break, options.broken)), run=run))
    refused = [Finding('wires', False, error.line) for error in told.refused]
    return [*refused, *(Finding('wire', one.ok, one.line) for one in told.wires)]


def _each_wire(name: str, broken: list[str]) -> list[Finding]:
    """Of a virtual machine, each wire; a real one is left alone unless somebody asks for its wires."""
    from appliance.compose.doctor import parse_break, try_wires
    from appliance.machine import load_machine

    machine = load_machine(name)
    if machine.machine.kind != 'virtual':
        remedy = 'audioletter doctor wires feels what it can alone, audioletter doctor power-up the rest, beside it'
        return [Finding('wires', None, 'not tried', remedy)]
    tried = try_wires(machine, tuple(parse_break(text) for text in broken))
    found = [Finding('wire', one.ok, one.line) for one in tried.wires]
    return [*found, Finding('wires', None, f'not tried: {tried.left}')] if tried.left else found


def _wires(options: argparse.Namespace, machine: Finding) -> Finding:
    if not machine.ok:
        return Finding('wires', None, 'not tried: a machine that does not run tells nothing of its wires')
    found = _each_wire(options.machine, options.broken)
    wrong = [one for one in found if one.ok is False]
    if wrong:
        return Finding('wires', False, '; '.join(one.saw for one in wrong), 'audioletter doctor wires tells each')
    if len(found) == 1:
        return found[0]
    return Finding('wires', True, f'{len(found)} were tried on the virtual machine, what is driven arrives')


def _alone(options: argparse.Namespace) -> tuple[Finding, ...]:
    """What is said of machine and wires of a booth that runs, which alone may ask them; empty: none does. A virtual
    machine is made for whoever asks."""
    from appliance.config.places import is_held
    from appliance.machine import load_machine

    remedy = ''
    if not options.beside:
        remedy = f'{BESIDE} asks it'
        try:
            if load_machine(options.machine).machine.kind == 'virtual' or not is_held(_places(options.config)[1]):
                return ()
        except AudioLetterError:  # told by the check that it belongs to
            return ()
    return tuple(Finding(check, None, 'left alone: a booth is running', remedy) for check in ('machine', 'wires'))


def _settings(named: Path | None) -> Finding:
    from appliance.config.load import DEFAULTS, load_config

    _, origin = load_config(named)
    files = [file for file in dict.fromkeys(origin.values()) if file != DEFAULTS]
    keys = {file: [key for key, value in origin.items() if value == file] for file in files}
    few = {file: ', '.join(names) if len(names) <= FEW else f'{len(names)} of them' for file, names in keys.items()}
    more = '' if all(len(names) <= FEW for names in keys.values()) else 'audioletter config show --origin lists them'
    saw = ', then '.join(['as packaged', *(f'{file} ({names})' for file, names in few.items())])
    return Finding('settings', True, saw, more)


def _places(named: Path | None) -> tuple[Config, Folders]:
    from appliance.config import load_config
    from appliance.config.places import folders

    config, _ = load_config(named)
    return config, folders(config, os.environ, os.geteuid())


def _letters(named: Path | None) -> Finding:
    """Nothing is made: where the folder is not there yet, what it would be made in is looked at."""
    _, places = _places(named)
    return _room('letters', places.data, LETTERS_MB, 'set places.data to a folder the booth may write')


def _takes(named: Path | None) -> Finding:
    from appliance.sound.voice import SOUND_RATE_HZ

    config, places = _places(named)
    need_mb = config.policy.max_message_s * SOUND_RATE_HZ * SAMPLE_BYTES / 1e6
    found = _room('takes', places.run, need_mb, 'set places.run to a folder in memory the booth may write')
    return replace(found, saw=f'in memory: {found.saw}')


def _room(check: str, folder: Path, need_mb: float, otherwise: str) -> Finding:
    there = next(place for place in (folder, *folder.parents) if os.path.exists(place))  # no right to look: not there
    free_mb = shutil.disk_usage(there).free / 1e6
    new = '' if there == folder else ' (not made yet)'
    saw = f'{free_mb:.0f} MB free in {folder}{new}'
    if not os.path.isdir(there) or not os.access(there, os.W_OK | os.X_OK):
        return Finding(check, False, f'{saw}; {there} cannot be written', otherwise)
    if free_mb < need_mb:
        return Finding(check, False, saw, f'make {need_mb:.0f} MB free there')
    return Finding(check, True, saw)


def _controls(name: str) -> Finding:
    from appliance.booth.wiring import controls_wiring
    from appliance.machine import load_machine

    machine = load_machine(name)
    if machine.controls is None and machine.machine.kind == 'virtual':
        return Finding('controls', True, 'no [controls]: this machine can have a virtual panel only')
    wiring = controls_wiring(machine)
    wires = ', '.join(f'{field.name} {getattr(wiring, field.name).pin}' for field in fields(wiring))
    return Finding('controls', True, f'GPIO of {wires}')


def _lcd(name: str) -> Finding:
    from appliance.booth.wiring import lcd_wiring
    from appliance.machine import load_machine

    machine = load_machine(name)
    if machine.lcd is None and machine.machine.kind == 'virtual':
        return Finding('lcd', True, 'no [lcd]: this machine can have a virtual screen only')
    wiring = lcd_wiring(machine)
    saw = f'SPI{wiring.spi_port} device {wiring.spi_device} at {wiring.bus_speed_hz / 1e6:g} MHz, dc {wiring.dc}'
    return Finding('lcd', True, f'{saw}, reset {wiring.reset}, backlight {wiring.backlight}')


def _pattern(options: argparse.Namespace) -> Finding:
    from appliance.compose.doctor.beside import pattern_sent

    return Finding('lcd', *pattern_sent(options.machine, options.seconds))


def _fonts() -> Finding:
    from appliance.screens.lettering import font

    names = {str(font(20, bold=bold, eastern=eastern).getname()[0]) for bold in (0, 1) for eastern in (0, 1)}
    return Finding('fonts', True, ' and '.join(sorted(names)))


def _prompts(named: Path | None) -> Finding:
    """A language that ships no voice is silent unless the host recorded it; in any other, none may be missing."""
    from appliance.config import load_config
    from appliance.words.prompts import LANGUAGES, PROMPTS, TONES, prompt, tone

    voice = load_config(named)[0].voice
    folder = voice.prompts_folder
    if folder and not Path(folder).is_dir():
        return Finding('prompts', False, f'voice.prompts_folder is {folder}, no folder', 'make it, or leave it empty')
    said = {code: [name for name in PROMPTS if prompt(name, code, folder)] for code in voice.languages}
    missing = [f'tones/{name}' for name in TONES if tone(name, folder) is None]
    for code, names in said.items():
        if names or code in LANGUAGES:
            missing += [f'{code}/{name}' for name in PROMPTS if name not in names]
    if missing:
        return Finding('prompts', False, f'{len(missing)} sound files are missing, the first is {missing[0]}',
                       'install the program again; tools/make_prompts makes the shipped ones')  # fmt: skip
    silent = [code for code, names in said.items() if not names]
    saw = f'{", ".join(code for code in said if code not in silent) or "none"}' + (
        f'; on the screen only: {", ".join(silent)}' if silent else ''
    )
    return Finding('prompts', True, saw if voice.prompts else f'switched off by voice.prompts ({saw})')
