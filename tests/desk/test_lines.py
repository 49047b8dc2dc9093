"""The protocol: every line that is written is read as it was meant; nothing else is a line."""

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.desk import lines
from appliance.desk.book import Blob, Facts, Line, Table
from appliance.desk.lines import LONGEST, LineError
from appliance.desk.reading import from_client
from appliance.desk.writing import written
from tests.desk.heard import message_in, whole

IDS = st.integers(0, 2**31 - 1)
TEXT = st.text(st.characters(exclude_categories=['Cc', 'Cs'], include_characters='\t\n'), max_size=100)
NAMES = st.text(st.characters(categories=['L', 'N']), max_size=40)
VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(-(10**15), 10**15), st.floats(allow_nan=False, allow_infinity=False), TEXT
)
SAID = st.one_of(
    st.builds(Line, TEXT),
    st.builds(Facts, st.dictionaries(TEXT, VALUES, max_size=5)),
    st.integers(1, 4).flatmap(
        lambda n: st.builds(
            Table,
            st.tuples(*[TEXT] * n),
            st.lists(st.tuples(*[VALUES] * n), max_size=5).map(tuple),
        )
    ),
    st.builds(Blob, NAMES, st.binary(max_size=200)),
)
CLIENT = st.one_of(
    st.builds(lines.Hello, NAMES, st.integers(1, 9999), st.booleans()),
    st.builds(lines.Width, st.integers(1, 9999)),
    st.builds(lines.Do, IDS, st.lists(TEXT, max_size=9).map(tuple)),
    st.builds(lines.Answer, IDS, st.booleans()),
    st.builds(lines.Input, IDS, st.binary(max_size=300), st.booleans()),
    st.builds(lines.Cancel, IDS),
    st.builds(lines.Complete, IDS, TEXT),
)
SERVER = st.one_of(
    st.builds(lines.Greeting, NAMES),
    st.builds(lines.Say, IDS, SAID, st.booleans()),
    st.builds(lines.Ask, IDS, TEXT),
    st.builds(lines.Want, IDS),
    st.builds(lines.End, IDS, st.integers(0, 255), TEXT, TEXT, TEXT, st.booleans()),
    st.builds(lines.Choices, IDS, st.lists(NAMES, max_size=9).map(tuple)),
    st.builds(lines.Note, TEXT),
    st.builds(lines.How, TEXT, TEXT, st.booleans()),
    st.builds(lines.Wrong, TEXT),
)
NASTY = '\x1b[2J"\\\n\t \ud800é漢😀' + 'x' * 50


@given(CLIENT)
def test_what_a_client_says_is_heard_as_it_was_said(message):
    (line,) = written(message)
    assert line.endswith(b'\n')
    assert line.count(b'\n') == 1
    assert from_client(line) == message


@given(SERVER)
def test_what_the_server_says_is_heard_as_it_was_said(message):
    (line,) = written(message)
    assert message_in(line) == message


@given(st.one_of(st.binary(max_size=200), st.text().map(lambda text: text.encode('utf-8', 'surrogatepass'))))
def test_anything_else_is_one_error(garbage):
    with pytest.raises(LineError):
        from_client(garbage)


JSON = st.recursive(VALUES, lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(TEXT, inner)))
KEYS = st.sampled_from(['id', 'do', 'answer', 'input', 'more', 'cancel', 'complete', 'protocol', 'who', 'width', 'say'])


@given(st.dictionaries(KEYS, JSON, max_size=4))
def test_an_object_is_a_line_only_if_each_of_its_values_is_right(found):
    try:
        message = from_client(json.dumps(found).encode())
    except LineError:
        return
    (line,) = written(message)
    assert from_client(line) == message


@pytest.mark.parametrize(
    'line',
    [
        b'',
        b'\n',
        b'[]',
        b'7',
        b'{}',
        b'{"id": 1}',
        b'{"id": 1, "do": "status"}',
        b'{"id": true, "do": []}',
        b'{"id": -1, "do": []}',
        b'{"id": 1.0, "do": []}',
        b'{"id": 1e99, "do": []}',
        b'{"id": NaN, "do": []}',
        b'{"id": 1, "do": ["a"], "more": 1}',
        b'{"id": 1, "do": ["\\ud800"]}',
        b'{"id": 1, "do": ["\\u001b[2J"]}',
        b'{"id": 1, "do": [[]]}',
        b'{"id": 1, "do": ' + json.dumps(['x'] * 201).encode() + b'}',
        b'{"id": 1, "cancel": false}',
        b'{"id": 1, "answer": 1}',
        b'{"id": 1, "input": "*", "more": false}',
        b'{"id": 1, "input": "AA==", "more": 0}',
        b'{"protocol": 2, "who": "", "width": 80, "terminal": true}',
        b'{"protocol": true, "who": "", "width": 80, "terminal": true}',
        b'{"protocol": 1, "who": "a\\nb", "width": 80, "terminal": true}',
        b'{"protocol": 1, "who": "' + b'x' * 41 + b'", "width": 80, "terminal": true}',
        b'[' * 60_000,
        b'{"id":' * 10_000,
        b'9' * 60_000,
        b'{"width": 0}',
        b'{"width": 10000}',
        b'{"width": true}',
        b'{"width": 40, "id": 1}',
        b'{"id": 1, "complete": "' + b'x' * LONGEST + b'"}',
    ],
    ids=lambda line: repr(line[:40]),
)
def test_what_is_no_line(line):
    with pytest.raises(LineError):
        from_client(line)


def lines_of(said):
    found = list(written(lines.Say(7, said)))
    assert all(len(line) <= LONGEST for line in found)
    return found


def heard(said):
    return whole(lines_of(said))


@pytest.mark.parametrize(
    'said',
    [
        Table(('number', 'state'), tuple((number, 'kept ' * 20) for number in range(5000))),
        Facts({f'fact {number}': 'x' * 300 for number in range(1000)}),
        Blob('label.pdf', bytes(range(256)) * 2000),
        Blob('empty', b''),
        Table(('a',), ()),
        Facts({}),
    ],
    ids=lambda said: type(said).__name__,
)
def test_what_is_long_comes_in_parts_and_is_whole_again(said):
    assert heard(said) == said


@pytest.mark.parametrize('columns', [1, 7, 200])
def test_no_line_is_too_long_whatever_a_command_says(columns):
    table = Table((NASTY * 900,) * columns, ((NASTY * 900,) * columns,) * 3)
    assert len(heard(table).rows) == 3
    lines_of(Facts({NASTY * 900: NASTY * 900}))
    lines_of(Line(NASTY * 9000))
    for message in (
        lines.Ask(1, NASTY * 900),
        lines.End(1, 4, NASTY * 900, NASTY * 900, NASTY * 900),
        lines.Choices(1, (NASTY * 900,) * 200),
        lines.Note(NASTY * 900),
        lines.Wrong(NASTY * 900),
    ):
        (line,) = written(message)
        message_in(line)


def test_what_is_said_cannot_move_a_cursor_and_is_always_json():
    said = heard(Facts({'name\x1b': '\x1b]0;title\x07', 'level': math.inf, 'none': math.nan}))
    assert said == Facts({'name?': '?]0;title?', 'level': None, 'none': None})


def test_a_client_that_says_too_much_hears_so_at_home():
    with pytest.raises(LineError):
        list(written(lines.Do(1, ('x' * LONGEST,))))
