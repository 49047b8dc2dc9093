"""What is fuzzed: the lines of the protocol, and the words of commands. The first byte says which, the rest is given.

    c  a line of a client      w  words, a line feed between      t  a text to be completed

Nothing but the one error of each may come of it, and what was understood is understood again once it is written.
"""

from functools import cache

from appliance.desk.catalogue import Catalogue, syntax
from appliance.desk.lines import LineError
from appliance.desk.reading import from_client
from appliance.desk.writing import written
from appliance.errors import MachineRefusesError, OptionError
from appliance.maintenance import commands


class NobodysDesk:
    """Implements `book.Desk` as a booth that has just ended: whatever is asked of it is refused."""

    def __getattr__(self, name):
        raise MachineRefusesError('the booth has just ended')


@cache
def catalogue():
    return Catalogue(commands())


def client(data):
    try:
        message = from_client(data)
    except LineError:
        return
    assert [from_client(line) for line in written(message)] == [message]


def words(data):
    """As a session takes them: text that has passed the protocol."""
    text = data.decode('utf-8', 'ignore')
    told = wrong(text.split('\n'))
    assert len(told) < 20_000


def wrong(words):
    """What is wrong with the words of a command, or an empty text."""
    try:
        command, rest = catalogue().find(words)
        syntax(command).bind(rest)
    except OptionError as error:
        return error.line
    return ''


def completed(data):
    try:
        found = catalogue().complete(data.decode('utf-8', 'ignore'), NobodysDesk())
    except MachineRefusesError:
        return
    assert len(found) <= 200


TARGETS = {b'c': client, b'w': words, b't': completed}


def one(data):
    """One input, whichever it is for."""
    target = TARGETS.get(data[:1])
    if target is not None:
        target(data[1:])
