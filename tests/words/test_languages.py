"""Every text in every language, with the same placeholders."""

import re
from importlib import resources
from pathlib import Path

import polib
import pytest

from appliance.errors import OptionError
from appliance.words.languages import NAMES, PSEUDO, messages, pseudo, translator
from appliance.words.reasons import REASONS, reason_for
from appliance.words.texts import LINES, SCREENS
from appliance.workflow.table import TABLE
from appliance.workflow.values import Kind, State

ROOT = Path(__file__).parents[2]
LANGUAGES = [code for code in NAMES if code != 'en']


def fields(text):
    return sorted(re.findall(r'\{(\w+)\}', text))


def test_every_state_has_its_words():
    assert set(SCREENS) == set(State)
    assert all(texts.title for texts in SCREENS.values())


@pytest.mark.parametrize('language', LANGUAGES)
def test_a_catalogue_is_complete_and_has_nothing_else(language):
    file = resources.files('appliance.words') / 'locale' / f'{language}.po'
    entries = {entry.msgid: entry for entry in polib.pofile(file.read_text(encoding='utf-8'))}
    assert set(entries) == set(messages())
    for text, entry in entries.items():
        assert entry.msgstr, text
        assert not entry.fuzzy, text
        assert fields(entry.msgstr) == fields(text), text
    translate = translator(language)
    assert all(translate(text) == entries[text].msgstr for text in messages())


def test_every_line_is_shown_somewhere():
    screens = ' '.join(path.read_text(encoding='utf-8') for path in (ROOT / 'appliance' / 'screens').glob('*.py'))
    assert [key for key in LINES if f"LINES['{key}']" not in screens] == []


def test_only_short_words_are_the_same_in_two_languages():
    same = {(language, text) for language in LANGUAGES for text in messages() if translator(language)(text) == text}
    assert same <= {('es', 'No')}


def test_the_pseudo_language_is_longer_and_keeps_placeholders():
    assert translator(PSEUDO) is pseudo
    assert pseudo('Letter no. {number}').startswith('Léttér')
    assert fields(pseudo('{minutes} min on {cm} cm')) == ['cm', 'minutes']
    assert all(len(pseudo(text)) >= 1.3 * len(text) for text in messages())


def test_an_unknown_language_is_refused_by_name():
    with pytest.raises(OptionError, match=r"'xx'.*ru"):
        translator('xx')


def test_a_label_stands_only_on_a_control_that_does_something():
    buttons = {'left': Kind.LEFT, 'go': Kind.RECORD, 'right': Kind.RIGHT}
    for state, texts in SCREENS.items():
        for field, kind in buttons.items():
            if getattr(texts, field):
                assert TABLE[state, kind].rule, f'{field} of {state}'


def test_every_cause_has_both_a_kind_sentence_and_one_for_the_host():
    for key, reason in REASONS.items():
        assert all((reason.visitor, reason.action, reason.host, reason.host_action)), key
    assert reason_for('no such thing').host == 'no such thing'
