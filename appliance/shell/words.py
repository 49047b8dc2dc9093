"""A line becomes words as in any shell: quotes hold words together, a backslash takes the next character as it is.
Nothing is expanded, and `;`, `|`, `>`, `$` and the rest are letters like any other."""

from __future__ import annotations

import re
import shlex

from appliance.errors import OptionError

LONGEST = 60_000  # bytes of one command: a line of the protocol holds 64 KiB
MOST = 200  # words
ODD = re.compile('[\x00-\x08\x0a-\x1f\x7f-\x9f]')
GLOBAL = ('--json', '--yes', '--keep-going')  # may stand before the first word


def split(line: str, where: str = '') -> list[str]:
    """The words of one line; OptionError for what is no line, or a quote that does not end."""
    if len(line) > LONGEST:
        raise _too_long(where)
    checked([line], where)
    try:
        words = shlex.split(line)
    except ValueError:
        remedy = 'close it, or write \\ before a quote that is only a letter'
        raise OptionError('a quote is not closed', where=where, remedy=remedy) from None
    return checked(words, where)


def checked(words: list[str], where: str = '') -> list[str]:
    """The same words; OptionError for what the booth would not take."""
    if len(words) > MOST:
        raise OptionError(f'{len(words)} words; a command has {MOST} at most', where=where, remedy='write less')
    try:
        length = sum(len(word.encode('utf-8')) + 4 for word in words)
    except UnicodeEncodeError:
        raise OptionError('this is not UTF-8', where=where, remedy='set the terminal to UTF-8') from None
    if length > LONGEST:
        raise _too_long(where)
    if odd := next(filter(None, map(ODD.search, words)), None):
        raise OptionError(f'{odd[0]!r} has no place in a command', where=where, remedy='a command is one line of text')
    return words


def _too_long(where: str) -> OptionError:
    return OptionError(f'a command of more than {LONGEST} bytes', where=where, remedy='write less')


def leading(words: list[str]) -> tuple[set[str], list[str]]:
    """Options that stand before the command, and the command."""
    found: set[str] = set()
    rest = list(words)
    while rest and rest[0] in GLOBAL:
        found.add(rest.pop(0))
    return found, rest


def says(option: str, words: list[str]) -> bool:
    """Whether the option is among the words; behind `--` it is only a word."""
    end = words.index('--') if '--' in words else len(words)
    return option in words[:end]
