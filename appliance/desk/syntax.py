"""The syntax of a command, read from its function: parameters from the signature, help from the docstring.

    def jog(call: Call, axis: Literal['carriage', 'platter'], mm: float, *, slow: bool = False) -> Iterator[Said]:
        '''Move one axis by hand.

        More to say, as long as need be.

        axis: to move
        mm: how far; negative is outward
        slow: at a tenth of the speed

        Examples:
            jog carriage -2.5
            jog carriage 10 --slow
        '''

Behind `call`, what stands before the `*` is written in its order, what stands behind it as `--options`; a bool is a
flag. Types are str, int, float, bool, Path, Literal of texts, each also `| None`; `*words: str` takes all that is
left. A name that is a word of Python is written with a line at its end: `from_` is `--from`. A value may begin with a
minus if it is a number; after `--` anything may.
"""

from __future__ import annotations

import difflib
import inspect
import math
import re
import types
import typing
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from appliance.errors import OptionError

INTEGER = re.compile(r'[+-]?[0-9]{1,15}')
NUMBER = re.compile(r'[+-]?([0-9]{1,15}([.,][0-9]{0,15})?|[.,][0-9]{1,15})(e[+-]?[0-9]{1,2})?', re.IGNORECASE)
SPECIAL = ('json', 'yes')  # options that every command takes
EXAMPLES = 'Examples:'
SHORT = 32  # characters of a value in a line of usage
ARROWS = {'>', '<', '|'}  # words like any other here, meant for a system shell
AT_HOME = 'files and pipes are those of your own computer: ssh booth label 217 > label.pdf'


@dataclass(frozen=True, slots=True)
class Parameter:
    """One value that a command takes."""

    name: str  # as written: 'max-s'
    key: str  # of the function: 'max_s'
    kind: type
    help: str
    option: bool
    required: bool
    many: bool = False
    choices: tuple[str, ...] = ()

    @property
    def flag(self) -> bool:
        return self.kind is bool

    @property
    def choices_apart(self) -> bool:
        """They are too many for a line of usage."""
        return len('|'.join(self.choices)) > SHORT

    @property
    def shown(self) -> str:
        """In a line of usage."""
        value = '|'.join(self.choices) if self.choices and not self.choices_apart else self.name.upper()
        if self.option:
            text = f'--{self.name}' if self.flag else f'--{self.name} {value}'
        else:
            text = f'{value}...' if self.many else value
        return text if self.required else f'[{text}]'

    def value(self, word: str, where: str) -> Any:
        """OptionError for a word that is none."""
        if self.choices:
            if word in self.choices:
                return word
            near = difflib.get_close_matches(word[:40], self.choices, 1)
            hint = f'did you mean {near[0]}?' if near else f'one of {", ".join(self.choices)}'
            raise OptionError(f'{self.name} cannot be {short(word)}', where=where, remedy=hint)
        if self.kind is int:
            if not INTEGER.fullmatch(word):
                raise OptionError(f'{self.name} is a whole number, not {short(word)}', where=where)
            return int(word)
        if self.kind is float:
            number = float(word.replace(',', '.')) if NUMBER.fullmatch(word) else math.nan
            if not math.isfinite(number):
                raise OptionError(f'{self.name} is a number, not {short(word)}', where=where)
            return number
        return Path(word) if self.kind is Path else word


@dataclass(frozen=True, slots=True)
class Bound:
    """Words that make sense: what the function is called with."""

    places: tuple[Any, ...]
    options: dict[str, Any]
    json: bool
    yes: bool


@dataclass(frozen=True, slots=True)
class Syntax:
    """How one command is written, and its help."""

    name: str
    summary: str
    text: str
    parameters: tuple[Parameter, ...]
    examples: tuple[str, ...]

    @property
    def usage(self) -> str:
        return ' '.join([self.name, *(parameter.shown for parameter in self.parameters)])

    def bind(self, words: list[str]) -> Bound:
        """What `words` (those behind the name) say; OptionError naming what is wrong with them."""
        options, plain = self._options(words)
        special = {key: bool(options.pop(key, False)) for key in SPECIAL}
        places = self._places(plain)
        for parameter in self.parameters:
            if parameter.option and parameter.required and parameter.key not in options:
                raise self._wrong(f'--{parameter.name} is missing')
        return Bound(tuple(places), options, **special)

    def _options(self, words: list[str]) -> tuple[dict[str, Any], list[str]]:
        found: dict[str, Any] = {}
        plain: list[str] = []
        rest = iter(words)
        for word in rest:
            if word == '--':
                plain += rest
            elif word.startswith('-') and word != '-' and not NUMBER.fullmatch(word):
                key, value = self._option(word, rest)
                if key in found:
                    raise self._wrong(f'{short(word)} is there twice')
                found[key] = value
            else:
                plain.append(word)
        return found, plain

    def _option(self, word: str, rest: Iterator[str]) -> tuple[str, Any]:
        name, equals, value = word.removeprefix('--').partition('=')
        known = {p.name: p for p in self.parameters if p.option}
        parameter = known.get(name) if word.startswith('--') else None
        if word.startswith('--') and name in SPECIAL and not equals:
            return name, True
        if parameter is None:
            near = difflib.get_close_matches(name[:40], [*known, *SPECIAL], 1)
            raise self._wrong(f'there is no option {short(word)}', f'did you mean --{near[0]}?' if near else '')
        if parameter.flag:
            if equals:
                raise self._wrong(f'--{name} takes no value')
            return parameter.key, True
        if not equals:
            try:
                value = next(rest)
            except StopIteration:
                raise self._wrong(f'--{name} takes a value') from None
        return parameter.key, parameter.value(value, self.name)

    def _places(self, words: list[str]) -> list[Any]:
        values: list[Any] = []
        left = list(words)
        for parameter in self.parameters:
            if parameter.option:
                continue
            if parameter.many:
                values += [parameter.value(word, self.name) for word in left]
                left = []
            elif left:
                values.append(parameter.value(left.pop(0), self.name))
            elif parameter.required:
                raise self._wrong(f'{parameter.name} is missing')
        if left:
            hint = AT_HOME if ARROWS & set(words) else ''
            raise self._wrong(f'{short(left[0])} is one word too many', hint)
        return values

    def _wrong(self, what: str, hint: str = '') -> OptionError:
        return OptionError(what, where=self.name, remedy=hint or f'write {self.usage}')


def short(word: str) -> str:
    """A word as it may stand in a message, whatever it was."""
    return repr(word) if len(word) <= 40 else f'{word[:40]!r}...'


def syntax_of(name: str, run: Callable[..., Any]) -> Syntax:
    """TypeError for a function that is not written as this file says: a mistake of the program, seen by its test."""
    summary, text, helps, examples = _docstring(inspect.getdoc(run) or '')
    hints = typing.get_type_hints(run)
    _, *rest = inspect.signature(run).parameters.values()
    parameters = tuple(_parameter(one, hints[one.name], helps) for one in rest)
    unknown = set(helps) - {parameter.key.rstrip('_') for parameter in parameters}
    if unknown:
        raise TypeError(f'{name}: the docstring explains {sorted(unknown)}, which are no parameters')
    return Syntax(name, summary, text, parameters, examples)


def _parameter(one: inspect.Parameter, hint: Any, helps: dict[str, str]) -> Parameter:
    kind, choices = _kind(hint)
    key = one.name.rstrip('_')
    many = one.kind is one.VAR_POSITIONAL
    return Parameter(
        name=key.replace('_', '-'),
        key=one.name,
        kind=kind,
        help=helps.get(key, ''),
        option=one.kind is one.KEYWORD_ONLY,
        required=one.default is one.empty and not many,
        many=many,
        choices=choices,
    )


def _kind(hint: Any) -> tuple[type, tuple[str, ...]]:
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        (hint,) = (part for part in typing.get_args(hint) if part is not type(None))
    if typing.get_origin(hint) is Literal:
        return str, tuple(typing.get_args(hint))
    if hint not in (str, int, float, bool, Path):
        raise TypeError(f'{hint} is no type of a parameter')
    return hint, ()


def _docstring(doc: str) -> tuple[str, str, dict[str, str], tuple[str, ...]]:
    """Summary, text, help of each parameter, examples."""
    body, _, shown = doc.partition(f'\n{EXAMPLES}\n')
    summary, _, rest = body.partition('\n')
    text: list[str] = []
    helps: dict[str, str] = {}
    name = ''
    for line in rest.strip('\n').split('\n'):
        found = re.match(r'([a-z][a-z0-9_]*): +(\S.*)', line)
        if found:
            name = found[1]
            helps[name] = found[2].strip()
        elif name and line.startswith('    '):
            helps[name] += f' {line.strip()}'
        else:
            name = ''
            text.append(line)
    examples = tuple(line.strip() for line in shown.split('\n') if line.strip())
    return summary.strip(), '\n'.join(text).strip(), helps, examples
