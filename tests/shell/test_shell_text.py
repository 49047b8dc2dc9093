"""Words in, texts out: split as a shell does and expanded never; shown as they are and obeyed never."""

import json
import shlex
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.errors import OptionError
from appliance.shell.layout import columns_of, fact_lines, harmless, harmless_json, shown, table_lines, wrapped
from appliance.shell.printing import Parts
from appliance.shell.words import LONGEST, MOST, checked, leading, says, split

TEXTS = st.text(st.characters(codec='utf-8'), max_size=60)
TURNING = ('LRE', 'RLE', 'PDF', 'LRO', 'RLO', 'LRI', 'RLI', 'FSI', 'PDI')  # Unicode Standard Annex 9
ESC = '\x1b[31m'


@pytest.mark.parametrize(
    ('line', 'words'),
    [
        ('letters show 217', ['letters', 'show', '217']),
        ("label 217 --name 'Anna P.'", ['label', '217', '--name', 'Anna P.']),
        ('status; id', ['status;', 'id']),
        ('status `id` $(id) $HOME ~ * ?', ['status', '`id`', '$(id)', '$HOME', '~', '*', '?']),
        ('status | cat > /etc/passwd &', ['status', '|', 'cat', '>', '/etc/passwd', '&']),
        ('  ', []),
        ('say "a # b" # c', ['say', 'a # b', '#', 'c']),
    ],
)
def test_a_line_is_split_as_a_shell_does_and_nothing_in_it_is_expanded(line, words):
    assert split(line) == words


@pytest.mark.parametrize(
    ('line', 'said'),
    [
        ("it's", 'a quote is not closed'),
        ('status\nstop', r"'\\n' has no place"),
        ('a\x00b', r"'\\x00' has no place"),
        ('a\x9bb', r"'\\x9b' has no place"),
        ('\udcff', 'not UTF-8'),
        ('x' * (LONGEST + 1), 'more than 60000 bytes'),
        ('ä' * (LONGEST // 2), 'more than 60000 bytes'),
        ('x ' * (MOST + 1), '201 words; a command has 200 at most'),
    ],
)
def test_what_is_no_line_is_refused(line, said):
    with pytest.raises(OptionError, match=said) as caught:
        split(line, 'line 7')
    assert caught.value.line.startswith('line 7: ')


@given(st.lists(TEXTS, max_size=20))
def test_any_words_that_are_quoted_come_back_or_are_refused(words):
    try:
        assert split(shlex.join(words)) == words
    except OptionError:
        with pytest.raises(OptionError):
            checked(words)


def test_options_before_the_command_are_for_the_shell_and_behind_two_dashes_for_nobody():
    assert leading(['--json', '--keep-going', 'status', '--yes']) == ({'--json', '--keep-going'}, ['status', '--yes'])
    assert says('--json', ['status', '--json'])
    assert not says('--json', ['say', '--', '--json'])


@given(st.text())
def test_no_text_that_is_shown_holds_what_a_terminal_obeys(text):
    for one in (harmless(text), harmless_json({'name': text})):
        assert not [
            c for c in one if unicodedata.category(c) in ('Cc', 'Cs') or unicodedata.bidirectional(c) in TURNING
        ]


def test_what_turns_a_line_around_is_written_out():
    assert harmless('a\u202eb\x1b[2Jc\x9bd\ne') == 'a\\u202eb\\x1b[2Jc\\x9bd e'


@given(st.recursive(st.none() | st.booleans() | st.integers() | TEXTS, lambda inner: st.dictionaries(TEXTS, inner)))
def test_json_reads_back_as_it_was(value):
    assert json.loads(harmless_json(value)) == value


@given(st.text(st.characters(exclude_categories=['Cs', 'Cc']), max_size=200), st.integers(8, 100))
def test_a_wrapped_text_fits_and_loses_no_letter(text, width):
    lines = wrapped(text, width)
    assert all(columns_of(line) <= width for line in lines)
    assert ''.join(''.join(lines).split()) == ''.join(text.split())


def test_further_lines_stand_as_far_in_as_the_first():
    assert wrapped('  one two three', 10) == ['  one two', '  three']


def test_values_are_for_people():
    assert [shown(value) for value in (None, True, False, 1 / 3, 217, 1e9, f'{ESC}x')] == [
        '-', 'yes', 'no', '0.333333', '217', '1e+09', '\\x1b[31mx']  # fmt: skip


@given(st.dictionaries(TEXTS, TEXTS | st.integers() | st.none(), max_size=6), st.integers(20, 100))
def test_facts_fit_any_width(facts, width):
    for line in fact_lines(facts, width):
        assert columns_of(line) <= width or not line.startswith(' ')  # a name is never broken


def test_a_table_that_is_too_wide_becomes_blocks():
    columns, rows = ['number', 'name'], [[217, 'Anna'], [3, '田中 花子']]
    assert list(table_lines(columns, rows)) == ['number  name', '   217  Anna', '     3  田中 花子']
    assert list(table_lines(columns, rows, 17)) == list(table_lines(columns, rows))
    assert list(table_lines(columns, rows, 16)) == [
        'number: 217', 'name:   Anna', '', 'number: 3', 'name:', '  田中 花子']  # fmt: skip


def test_a_path_stands_below_its_name_where_it_is_whole_there():
    facts = {'the file it comes from': '/etc/audioletter/90.toml', 'words': 'one two three'}
    assert list(fact_lines(facts, 40)) == [
        'the file it comes from:', '  /etc/audioletter/90.toml', 'words:                  one two three']  # fmt: skip


def test_a_row_that_is_too_short_is_filled_and_one_too_long_is_cut():
    assert list(table_lines(['a', 'b'], [[1], [1, 2, 3]])) == ['a  b', '1  -', '1  2']


def test_what_came_in_several_lines_is_one_table():
    parts = Parts()
    table = {'kind': 'table', 'columns': ['a']}
    assert parts.take({**table, 'rows': [[1]], 'more': True}) is None
    assert parts.take({**table, 'rows': [[2]], 'more': True}) is None
    assert parts.take({**table, 'rows': [[3]]})['rows'] == [[1], [2], [3]]
    assert parts.take({**table, 'rows': [[4]]})['rows'] == [[4]]
    assert parts.take({'kind': 'facts', 'facts': {'a': 1}, 'more': True}) is None
    assert parts.take({'kind': 'facts', 'facts': {'b': 2}, 'more': False})['facts'] == {'a': 1, 'b': 2}
