"""All commands together: found by their words, completed, and run under the rules that each has set for itself."""

from __future__ import annotations

import difflib
from collections.abc import Generator, Iterable, Iterator
from dataclasses import replace
from functools import cache

from appliance.desk.book import Blob, Call, Command, Desk, Facts, Line, Said, Table
from appliance.desk.syntax import SPECIAL, Bound, Parameter, Syntax, short, syntax_of
from appliance.errors import MachineRefusesError, OptionError
from appliance.workflow.values import State

SAID = (Line, Facts, Table, Blob)
CHOICES = 200  # offered for one word


@cache
def syntax(command: Command) -> Syntax:
    """Read from the function once."""
    return syntax_of(command.name, command.run)


class Catalogue:
    """Commands by name. ValueError for two of one name: a mistake of the program."""

    def __init__(self, commands: Iterable[Command]) -> None:
        self.commands = {command.name: command for command in commands}

    def find(self, words: list[str]) -> tuple[Command, list[str]]:
        """The command that `words` begin with, and the words behind its name; OptionError where there is none."""
        for count in (2, 1):
            command = self.commands.get(' '.join(words[:count])) if len(words) >= count else None
            if command is not None:
                return command, words[count:]
        if not words:
            raise OptionError('no command', remedy='help lists all commands')
        asked = ' '.join(words[:2])
        family = [name for name in self.commands if name.split()[0] == words[0]]
        meant = difflib.get_close_matches(asked[:60], family or self.commands, 1)
        near = family if len(words) == 1 and family else meant or family
        hint = f'did you mean {" or ".join(near)}?' if near else 'help lists all commands'
        raise OptionError(f'there is no command {short(asked)}', remedy=hint)

    def complete(self, text: str, desk: Desk) -> tuple[str, ...]:
        """What the last word of `text` may be: names first, then values and options of the command."""
        words = text.split()
        begun = words.pop() if words and not text[-1:].isspace() else ''
        names = (name.split() for name in self.commands)
        nexts = {name[len(words)] for name in names if len(name) > len(words) and name[: len(words)] == words}
        try:
            command, behind = self.find(words)
        except OptionError:
            offered: Iterable[str] = nexts
        else:
            offered = {*nexts, *_values(command, behind, desk)}
        return tuple(sorted(word for word in offered if word.startswith(begun)))[:CHOICES]


def _values(command: Command, words: list[str], desk: Desk) -> Iterator[str]:
    """What may come behind `words`."""
    parameters = syntax(command).parameters
    options = {f'--{parameter.name}': parameter for parameter in parameters if parameter.option}
    last = options.get(words[-1]) if words else None
    if last is not None and not last.flag:
        yield from _offers(command, last, desk)
        return
    places = [parameter for parameter in parameters if not parameter.option]
    written = sum(not word.startswith('--') for word in words)
    if places and (written < len(places) or places[-1].many):
        yield from _offers(command, places[min(written, len(places) - 1)], desk)
    yield from options
    yield from (f'--{name}' for name in SPECIAL if name != 'yes' or command.asks)


def _offers(command: Command, parameter: Parameter, desk: Desk) -> Iterable[str]:
    offer = command.offers.get(parameter.key)
    return parameter.choices if offer is None else (str(value) for value in offer(desk))


def run(command: Command, call: Call, bound: Bound) -> Generator[Said, None, None]:
    """What the command says. What cannot be done is refused before it is asked for, and again once it was answered,
    which may have taken a while. `--yes` answers whatever it asks, also what it asks later."""
    question = _allowed(command, call, bound)
    if bound.yes:
        call = replace(call, ask=lambda question: True)
    elif question:
        if not call.ask(question):
            raise MachineRefusesError('nothing was done', where=command.name, remedy='answer yes, or write --yes')
        _allowed(command, call, bound)
    said = command.run(call, *bound.places, **bound.options)
    if isinstance(said, SAID):
        yield said
    elif said is not None:
        yield from said


def _allowed(command: Command, call: Call, bound: Bound) -> str:
    """What is to be asked before it is done, or an empty text; raises what stands in its way."""
    if command.maintenance and call.desk.look().booth.state is not State.MAINTENANCE:
        remedy = 'maintain takes it out of service first'
        raise MachineRefusesError('the booth is not in maintenance', where=command.name, remedy=remedy)
    return command.asks(call, *bound.places, **bound.options) if command.asks is not None else ''
