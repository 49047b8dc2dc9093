"""One command, or a pipe of commands: what scripts, cron and `ssh booth status --json` use. No prompt_toolkit, no rich.

Of a pipe each line is a command; blank lines and `# comments` are passed over. The first that fails ends it with its
exit code, unless one asks to keep going: then the first failure's code is the code of the whole.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass

from appliance.errors import AudioLetterError, OptionError
from appliance.shell.errand import Ending, Errands
from appliance.shell.link import Line, Link
from appliance.shell.printing import Json, Text, complain
from appliance.shell.way_out import WAY_OUT
from appliance.shell.words import LONGEST, leading, says, split

BITE = 64 * 1024
LOST_FILE = 2  # exit code of a command whose file had nowhere to go


@dataclass(frozen=True, slots=True)
class Wishes:
    """What stands before the first word."""

    json: bool = False
    yes: bool = False
    keep_going: bool = False
    how_to_run: str = 'audioletter shell'  # as whoever asked would write it

    @classmethod
    def of(cls, options: set[str], how_to_run: str) -> Wishes:
        return cls('--json' in options, '--yes' in options, '--keep-going' in options, how_to_run)


def one(link: Link, words: list[str], wishes: Wishes) -> int:
    """Run one command; its exit code."""
    errands = Errands(link, _note, yes=wishes.yes)
    return _run(errands, words, wishes)


def pipe(link: Link, wishes: Wishes) -> int:
    """Run what comes on stdin, line by line."""
    errands = Errands(link, _note, yes=wishes.yes, piped=True)
    first = 0
    for number, line in enumerate(_lines(), start=1):
        where = f'line {number}'
        code = _run_line(errands, line, where, wishes)
        first = first or code
        if code and not wishes.keep_going:
            return code
    return first


def _run_line(errands: Errands, line: bytes, where: str, wishes: Wishes) -> int:
    try:
        words = split(line.decode('utf-8', 'surrogateescape').rstrip('\r'), where)
        if not words or words[0].startswith('#'):
            return 0
        options, words = leading(words)
        if words == WAY_OUT:
            raise OptionError('system shell is no command for a pipe', where=where, remedy='type it at the prompt')
        return _run(errands, words, wishes, where, in_json='--json' in options)
    except OptionError as error:
        complain(error.line)
        return error.exit_code


def _run(errands: Errands, words: list[str], wishes: Wishes, where: str = '', in_json: bool = False) -> int:
    in_json = in_json or wishes.json or says('--json', words)
    if in_json and not says('--json', words):
        words = [*words, '--json'] if '--' not in words else _before(words, '--json')
    how = f'{wishes.how_to_run} {" ".join(words)}'
    printer = Json(how) if in_json else Text(how)
    ending = errands.run(words, printer)
    if ending.code:
        _tell(ending, where, printer)
    return ending.code or (LOST_FILE if printer.lost_file else 0)


def _before(words: list[str], option: str) -> list[str]:
    at = words.index('--')
    return [*words[:at], option, *words[at:]]


def _tell(ending: Ending, where: str, printer: Text) -> None:
    line = ending.line or ('stopped' if ending.code else '')
    complain(f'{where}: {line}' if where else line)
    if isinstance(printer, Json):
        printer.fault(ending.fault)


def _note(line: Line) -> None:
    """What the booth tells everybody is for people at a prompt; only what ends us is told here."""
    if 'error' in line:
        raise AudioLetterError(str(line['error']))


def _lines() -> Iterator[bytes]:
    """Of stdin; OptionError, at once, for one that is longer than any command."""
    begun, number = b'', 1
    while came := os.read(0, BITE):
        *whole, begun = (begun + came).split(b'\n')
        for line in whole:
            number += 1
            yield line
        if len(begun) > LONGEST:
            what, remedy = f'a command of more than {LONGEST} bytes', 'a line is a command'
            raise OptionError(what, where=f'line {number}', remedy=remedy)
    if begun:
        yield begun
