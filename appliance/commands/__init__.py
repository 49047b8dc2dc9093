"""The command line: one module a command, found when it is asked for, so that nothing unused is imported.

Every error ends here as one line on stderr (where, what, what to do) and the exit code of its class: 2 the input, an
option or a file is wrong; 3 it does not fit or the machine refuses; 4 a fault during the cut; 130 Ctrl-C, 143
SIGTERM.

A module here has DESCRIPTION, EXAMPLES, `add_arguments` and `run`, and nothing of the trade: it reads options, calls a
room below and prints.
`cut.outputs` keeps a folder whole or empty; `process` is what surrounds a command: streams, signals, faults, and the
bar that a watching person sees.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import json
import sys
from pathlib import Path
from typing import Any, NoReturn

from appliance.commands.process import complain, ending_by_exception, fault_of, forget_reader
from appliance.errors import AudioLetterError, OptionError

COMMANDS = {
    'kiosk': 'open the booth: speak, listen, keep, cut, take it home',
    'cut': 'cut a recording on a disc',
    'listen': 'hear a groove as a stylus would',
    'look': 'draw the disc that a groove makes',
    'machines': 'list the machines',
    'discs': 'list the discs',
    'config': 'show or check the settings of the host',
    'shell': 'talk to a booth that runs, as its host',
    'doctor': 'check this computer, the machine and the booth',
    'handbook': "the host's handbook: daily checklist, every fault",
    'bench': 'measure the core: instructions, ratios, memory',
}

EXAMPLES = """examples:
  audioletter cut message.wav                         cut on the virtual machine and say how it went
  audioletter cut message.wav --out letter            also keep picture, sound, groove and report in letter/
  audioletter cut talk.flac --disc xray-20 --speed 78
  audioletter listen letter/groove.npz --plays 20     what it sounds like after twenty plays
  audioletter COMMAND --help                          each command explains itself by example
"""


class Parser(argparse.ArgumentParser):
    """An argument parser whose errors are ours: one line, exit code 2."""

    def error(self, message: str) -> NoReturn:
        raise OptionError(message, where=self.prog, remedy=f'{self.prog} --help shows how')


def add_config(parser: argparse.ArgumentParser) -> None:
    """For the commands that go by the host's settings; `appliance.config` knows a file from a folder."""
    text = 'a file of settings to be read after those of /etc/audioletter, or a folder in place of that'
    parser.add_argument('--config', metavar='PATH', type=Path, help=text)


def main(words: list[str] | None = None) -> int:
    """Run one command; returns the exit code. No exception for what a user or a machine can cause."""
    words = sys.argv[1:] if words is None else words
    with ending_by_exception():
        try:
            code = _run(words)
            sys.stdout.flush()
            return code
        except BrokenPipeError:  # the reader of our output has gone: not an error of ours
            forget_reader()
            return 0
        except (AudioLetterError, OSError, MemoryError, KeyboardInterrupt) as error:
            return _confess(error, in_json='--json' in words)


def _confess(error: BaseException, in_json: bool) -> int:
    """One line on stderr for people, one on stdout for programs; the exit code."""
    fault = fault_of(error)
    with contextlib.suppress(OSError, KeyboardInterrupt):  # a Ctrl-C ends nothing that does not end already
        complain(error.line if isinstance(error, AudioLetterError) else fault['what'])
        if in_json:
            print(json.dumps({'fault': fault}), flush=True)
    code: int = fault['exit_code']
    return code


def _run(words: list[str]) -> int:
    parser = Parser(
        prog='audioletter',
        description='A booth that takes a spoken message and cuts it on a disc.',
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parsers = parser.add_subparsers(dest='command', metavar='COMMAND', required=True)
    chosen = next((word for word in words if not word.startswith('-')), None)
    for name, summary in COMMANDS.items():
        if name == chosen:
            module: Any = importlib.import_module(f'appliance.commands.{name}')
            sub = parsers.add_parser(
                name,
                help=summary,
                description=module.DESCRIPTION,
                epilog=module.EXAMPLES,
                formatter_class=argparse.RawDescriptionHelpFormatter,
            )
            module.add_arguments(sub)
            sub.set_defaults(run=module.run)
        else:
            parsers.add_parser(name, help=summary)
    options = parser.parse_args(words)
    code: int = options.run(options)
    return code
