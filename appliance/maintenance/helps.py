"""Help, from the same texts as everything else: what each command does, how it is written, and examples."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator

from appliance.desk.book import Call, Command, Desk, Facts, Line, Said, Table
from appliance.desk.catalogue import Catalogue, syntax
from appliance.desk.syntax import Parameter
from appliance.errors import OptionError
from appliance.maintenance import commands
from appliance.words.handbook import plain

HANDBOOK = 'handbook'  # is explained by itself
NAME = 22  # columns of a name beside its summary
NARROW = 60  # columns below which the summary stands under the name
LEAST = 20
IN_JSON: dict[type[Said], str] = {Facts: 'an object', Table: 'a list of objects', Line: 'an object with a text'}


def help_(call: Call, *words: str) -> Iterator[Said]:
    """Show all commands, or explain one.

    words: the command, or how a few begin

    Examples:
        help
        help letters
        help letters show
        help handbook
    """
    found = list(_found(words))
    if call.json:
        yield from _tables(found)
    elif words == (HANDBOOK,):
        yield from map(Line, plain(call.width))
    elif len(found) == 1:
        yield from _explained(found[0], call)
    else:
        for one in found:
            yield from _wrapped(one.name, syntax(one).summary, call.width)
        yield Line('')
        yield from _plain('help COMMAND shows how one is written, with examples.', call.width)


def _found(words: tuple[str, ...]) -> Iterable[Command]:
    """One by its whole name, else all that begin so."""
    catalogue = Catalogue(commands())
    asked = ' '.join(words)
    if asked in catalogue.commands:
        return [catalogue.commands[asked]]
    family = [one for name, one in catalogue.commands.items() if name.split()[: len(words)] == list(words)]
    if not family:
        catalogue.find(list(words))  # raises, and says what is near
        raise OptionError(f'there is no command {asked!r}', where='help', remedy='help lists all commands')
    return family


def _tables(found: Iterable[Command]) -> Iterator[Said]:
    """For a program the same four, of one command and of all. Its text stands alone: a wide row is cut short."""
    abouts = [(one, syntax(one)) for one in found]
    yield Table(
        ('command', 'usage', 'summary', 'asks', 'changes', 'maintenance', 'json'),
        tuple(
            (one.name, about.usage, about.summary, one.asks is not None, one.changes, one.maintenance,
             ', '.join(IN_JSON[kind] for kind in one.gives))
            for one, about in abouts
        ),
    )  # fmt: skip
    yield Table(('command', 'text'), tuple((one.name, about.text) for one, about in abouts))
    parameters = [(one.name, each.shown, _meant(each)) for one, about in abouts for each in about.parameters]
    yield Table(('command', 'parameter', 'help'), tuple(parameters))
    examples = [(one.name, example) for one, about in abouts for example in about.examples]
    yield Table(('command', 'example'), tuple(examples))


def _explained(command: Command, call: Call) -> Iterator[Said]:
    about = syntax(command)
    yield from _written(about.usage, call.width, '')
    yield from _plain(about.summary, call.width)
    for paragraph in filter(None, about.text.split('\n\n')):
        yield Line('')
        yield from _plain(' '.join(paragraph.split()), call.width)
    for note in _notes(command):
        yield Line('')
        yield from _plain(note, call.width)
    if about.parameters:
        yield Line('')
    for one in about.parameters:
        yield from _wrapped(f'--{one.name}' if one.option else one.name, _meant(one), call.width)
    yield Line('')
    for example in about.examples:
        yield from _written(example, call.width, '  ')


def _meant(one: Parameter) -> str:
    return f'{one.help} ({", ".join(one.choices)})' if one.choices_apart else one.help


def _notes(command: Command) -> Iterator[str]:
    if command.maintenance:
        yield 'Only in maintenance: maintain takes the booth out of service.'
    if command.asks:
        yield 'It asks first; --yes answers that.'
    if command.gives:
        yield f'With --json: {", then ".join(IN_JSON[kind] for kind in command.gives)}, a line each.'
    if command.private:
        yield 'What is written with it is kept in no log and no history.'


def _plain(text: str, width: int) -> Iterator[Line]:
    yield from map(Line, _lines(text, width))


def _written(words: str, width: int, indent: str) -> Iterator[Line]:
    """As one types it: what goes on in a further line stands further in, and no word is broken."""
    if len(indent + words) <= width:
        yield Line(indent + words)  # with all its spaces
        return
    further = indent + '    '
    yield from (
        Line(f'{further if at else indent}{line}') for at, line in enumerate(_lines(words, width - len(further)))
    )


def _lines(text: str, width: int) -> list[str]:
    return textwrap.wrap(text, max(width, LEAST), break_on_hyphens=False)


def _wrapped(name: str, text: str, width: int) -> Iterator[Line]:
    """A name and what it is, beside it or, on a narrow screen, under it."""
    if width < NARROW:
        yield from _plain(name, width)
        yield from (Line(f'  {line}') for line in _lines(text, width - 2))
        return
    lines = _lines(text, width - NAME) or ['']
    first = f'{name:<{NAME}}{lines[0]}' if len(name) < NAME else f'{name} {lines[0]}'
    yield Line(first.rstrip())
    yield from (Line(f'{"":<{NAME}}{line}') for line in lines[1:])


def _names(desk: Desk) -> Iterable[str]:
    return sorted({word for one in commands() for word in one.name.split()})


COMMANDS = (Command('help', help_, gives=(Table,) * 4, offers={'words': _names}),)
