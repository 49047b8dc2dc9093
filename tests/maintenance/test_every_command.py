"""What holds for every command of the host: its help is complete, and each of its examples is one."""

import inspect
import shlex

import pytest

from appliance.desk.catalogue import Catalogue, syntax
from appliance.desk.syntax import syntax_of
from appliance.maintenance import commands

COMMANDS = commands()
CATALOGUE = Catalogue(COMMANDS)


def test_no_two_commands_have_one_name():
    assert len(CATALOGUE.commands) == len(COMMANDS)


@pytest.mark.parametrize('command', COMMANDS, ids=lambda command: command.name)
def test_a_command_explains_itself(command):
    read = syntax(command)
    assert read.summary.endswith('.'), 'the first line of the docstring is one sentence'
    assert len(read.summary) <= 72, 'the summary fits beside the name'
    assert read.examples, 'no example'
    assert not [p.name for p in read.parameters if not p.help], 'a parameter without its line in the docstring'
    assert 1 <= len(command.name.split()) <= 2


@pytest.mark.parametrize('command', COMMANDS, ids=lambda command: command.name)
def test_each_example_is_one(command):
    for example in syntax(command).examples:
        found, rest = CATALOGUE.find(shlex.split(example.partition('  ')[0]))
        assert found is command, example
        syntax(command).bind(rest)


@pytest.mark.parametrize('command', [one for one in COMMANDS if one.asks], ids=lambda command: command.name)
def test_what_asks_is_called_as_the_command_itself(command):
    called = [
        [(one.name, one.kind, one.default) for one in inspect.signature(function).parameters.values()]
        for function in (command.asks, command.run)
    ]
    assert called[0] == called[1]


def test_a_docstring_that_explains_what_is_not_there_is_a_mistake():
    def wrong(call):
        """Do it.

        number: of nothing
        """

    with pytest.raises(TypeError, match='number'):
        syntax_of('wrong', wrong)
