"""`audioletter doctor`: one line a check, and what to do about each that fails."""

from __future__ import annotations

import argparse
import contextlib
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from appliance.commands import add_config
from appliance.commands.doctor import checks
from appliance.commands.doctor.checks import Finding
from appliance.errors import AudioLetterError

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
BESIDE = 'audioletter shell doctor'  # to a booth that runs


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
        return _told([checks.safely('lcd', lambda: _pattern(options))], as_json=options.json)
    if options.part == 'power-up':
        return _power_up(options)
    found: list[Finding] = []
    alone = _alone(options)
    asked: list[tuple[str, Callable[[], Finding]]] = [
        ('python', checks.python),
        ('core', checks.core),
        ('sound files', checks.sound_files),
        *([] if alone else [('scratch space', checks.scratch)]),  # a booth works in its own folder: see takes
        ('machine file', lambda: checks.machine_file(options.machine)),
        ('machine', lambda: alone[0] if alone else _machine(options.machine)),
        ('wires', lambda: alone[1] if alone else _wires(options, found[-1])),
        ('settings', lambda: checks.settings(options.config)),
        ('letters', lambda: checks.letters(options.config)),
        ('takes', lambda: checks.takes(options.config)),
        ('controls', lambda: checks.controls(options.machine)),
        ('lcd', lambda: checks.lcd(options.machine)),
        ('fonts', checks.fonts),
        ('prompts', lambda: checks.prompts(options.config)),
    ]
    for name, check in asked:
        found.append(checks.safely(name, check))
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

    _, places = checks.folders_of(options.config)
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
            if load_machine(options.machine).machine.kind == 'virtual' or not is_held(
                checks.folders_of(options.config)[1]
            ):
                return ()
        except AudioLetterError:  # told by the check that it belongs to
            return ()
    return tuple(Finding(check, None, 'left alone: a booth is running', remedy) for check in ('machine', 'wires'))


def _pattern(options: argparse.Namespace) -> Finding:
    from appliance.compose.doctor.beside import pattern_sent

    return Finding('lcd', *pattern_sent(options.machine, options.seconds))
