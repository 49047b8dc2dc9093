"""Help on a phone, a small window and a usual one: no line is wider, and no word is broken that has to be typed."""

import pytest

from appliance.desk.book import Call, Line
from appliance.desk.catalogue import syntax
from appliance.maintenance import commands
from appliance.maintenance.helps import help_

NAMES = [(), ('letters',), ('config',), ('handbook',), *(tuple(command.name.split()) for command in commands())]


def shown(width, words):
    return [said.text for said in help_(Call(None, width=width), *words) if isinstance(said, Line)]


@pytest.mark.parametrize('width', [40, 60, 80])
@pytest.mark.parametrize('words', NAMES, ids=' '.join)
def test_no_line_is_wider_than_the_terminal(width, words):
    assert [line for line in shown(width, words) if len(line) > width] == []


@pytest.mark.parametrize('width', [40, 60, 80])
@pytest.mark.parametrize('command', [one for one in commands() if one.name != 'handbook'], ids=lambda one: one.name)
def test_what_is_to_be_typed_is_whole_and_goes_on_further_in(width, command):
    whole = []
    for line in shown(width, tuple(command.name.split())):
        if line.startswith('    '):
            whole[-1] += line
        else:
            whole.append(line)
    about, found = syntax(command), [line.split() for line in whole]
    for text in (about.usage, *about.examples):
        assert text.split() in found
