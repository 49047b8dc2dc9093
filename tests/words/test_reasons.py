"""The one table of faults: every key that code uses is in it, nothing else is, and README and handbook say the same."""

import ast
import json
import re
from itertools import chain
from pathlib import Path

import pytest

from appliance.commands import main
from appliance.desk.catalogue import Catalogue, syntax
from appliance.interlock.causes import CAUSES
from appliance.kiosk.loop import PARTS
from appliance.maintenance import commands
from appliance.words.checks import CHECKS
from appliance.words.handbook import fault_table, in_readme, markdown, plain
from appliance.words.reasons import REASONS, reason_for

ROOT = Path(__file__).parents[2]
# Where a key stands: the function, and which of its arguments (counted without self).
CALLS = {
    'interrupt': 1, 'spoil': 0, '_void': 1, 'fail': 1, 'stop': 1, '_stop': 1, 'Refused': 0, 'Fault': 0, 'Readiness': 2,
    'cut_ended': 2, 'cut_has_ended': 1, '_ended': 1, 'Status': 2, 'Recovered': 9,
}  # fmt: skip
EVENTS = ('FAULT', 'CUT_FAULT', 'CUT_STOPPED', 'KEEP_FAILED', 'DOES_NOT_FIT', 'SPACE_LOW')
WORDS = ('key', 'fault', 'no_space')  # keyword arguments that hold one
NOT_KEYS = {'', 'id', 'name', 'refused', 'stopped', 'fault'}  # of rows and of sorted(key=...), how a cut ended


def constants(node):
    return {part.value for part in ast.walk(node) if isinstance(part, ast.Constant) and isinstance(part.value, str)}


def in_call(node):
    """Keys in one call."""
    name = getattr(node.func, 'attr', getattr(node.func, 'id', ''))
    if name in CALLS and len(node.args) > CALLS[name]:
        yield from constants(node.args[CALLS[name]])
    if name == 'Event' and len(node.args) > 1 and getattr(node.args[0], 'attr', '') in EVENTS:
        yield from constants(node.args[1])
    if name == 'do' and len(node.args) > 1 and getattr(node.args[0], 'attr', '') == 'SPOILED':
        yield from constants(node.args[1])
    for keyword in node.keywords:
        reason = keyword.arg == 'reason' and name == 'change'
        cause = keyword.arg == 'cause' and name == 'StorageError'
        if (keyword.arg in WORDS or reason or cause) and name not in ('sorted', 'max', 'min', 'sort'):
            yield from constants(keyword.value)


def used(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield from in_call(node)
        elif isinstance(node, ast.Assign) and getattr(node.targets[0], 'id', '') in ('usual_key', 'DIED'):
            yield from constants(node.value)
        elif isinstance(node, ast.FunctionDef):
            if node.name in ('key_of', 'cause_of', 'why'):
                yield from chain.from_iterable(
                    constants(part) for part in ast.walk(node) if isinstance(part, ast.Return)
                )
            pairs = zip(node.args.args[::-1], node.args.defaults[::-1], strict=False)
            yield from chain.from_iterable(constants(value) for arg, value in pairs if arg.arg in ('key', 'cause'))


def keys_in_code():
    found = {}
    for path in sorted((ROOT / 'appliance').rglob('*.py')):
        for key in used(ast.parse(path.read_text(encoding='utf-8'))):
            found.setdefault(key, path.relative_to(ROOT))
    return {key: path for key, path in found.items() if key not in NOT_KEYS}


USED = keys_in_code()


def test_keys_are_found_at_all():
    assert {'lid', 'stop', 'stall', 'timeout', 'power', 'visitor', 'storage', 'plan', 'too long', 'cutter'} <= set(USED)
    assert set(used(ast.parse("turn.interrupt(State.FAULT, 'new fault' if x else 'other')"))) == {'new fault', 'other'}


@pytest.mark.parametrize('key', sorted(USED))
def test_every_fault_in_the_code_has_its_reason_and_action(key):
    assert key in REASONS, f'{USED[key]} uses it'


def test_the_interlocks_causes_and_the_parts_of_the_booth_have_theirs():
    assert {key for _, key in CAUSES.values()} - {''} <= set(REASONS)
    parts = {*PARTS, 'clock', 'card reader', 'firmware', 'blanks', 'swarf full', 'called', 'unknown', 'swarf'}
    assert set(REASONS) <= {*USED, *parts, *(key for _, key in CAUSES.values())}, 'an entry that nothing leads to'
    assert {*PARTS, 'clock', 'card reader', 'firmware', 'blanks', 'swarf full', 'called'} <= set(REASONS)


def test_each_says_what_it_is_and_what_to_do():
    for key, reason in REASONS.items():
        assert all((reason.visitor, reason.action, reason.host, reason.host_action)), key
        assert reason.host.endswith('.'), key
        assert reason.host_action.endswith('.'), key
        assert not reason.visitor.endswith('.'), key


def test_a_part_that_says_why_keeps_its_action():
    told = reason_for('speaker: it was unplugged')
    assert told.host == 'Nothing can be heard from the speaker (it was unplugged).'
    assert told.host_action == REASONS['speaker'].host_action
    assert reason_for('something: else').host == 'something: else'


def test_the_readme_has_the_very_table():
    readme = (ROOT / 'README.md').read_text(encoding='utf-8')
    assert in_readme(readme) == readme, 'run tools/make_handbook'
    assert in_readme(in_readme(readme)) == readme
    assert all(line in readme for line in fault_table())
    with pytest.raises(ValueError, match='README has no'):
        in_readme('nothing')


def test_the_handbook_is_printed_for_paper_terminal_phone_and_program(capsys):
    assert main(['handbook', '--markdown']) == 0
    printed = capsys.readouterr().out
    assert printed.splitlines() == list(markdown())
    assert '- [ ] ' in printed
    assert printed.count('\n|') == len(REASONS) + 2 + len(CHECKS) + 2
    assert all(look in printed for look in (check.looks_at for check in CHECKS.values()))
    assert main(['handbook']) == 0
    assert 'EVERY FAULT' in capsys.readouterr().out
    assert main(['handbook', '--json']) == 0
    assert set(json.loads(capsys.readouterr().out)['faults']) == set(REASONS)
    assert max(map(len, plain(40))) <= 40


def test_each_command_the_handbook_names_exists():
    named = re.findall(r'`([^`]+)`', '\n'.join(markdown()))
    assert len(named) > 15
    catalogue = Catalogue(commands())
    for words in named:
        command, rest = catalogue.find(words.split())
        if rest:
            syntax(command).bind(rest)
    assert '`' not in '\n'.join(plain())


def test_what_the_lcd_says_of_a_fault_is_in_the_handbook():
    text = '\n'.join(markdown())
    for reason in REASONS.values():
        assert reason.visitor in text
        assert reason.host.rstrip('.') in text
        assert reason.host_action.rstrip('.') in text
