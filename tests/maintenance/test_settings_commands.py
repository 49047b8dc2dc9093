"""Settings at the host's desk: what is said about when a change holds is what happens."""

from dataclasses import replace

import pytest

from appliance.config.changes import FILE, HostFile, keys
from appliance.config.tokens import whose
from appliance.errors import AudioLetterError, MachineFileError, OptionError
from appliance.maintenance.settings import AT_START
from appliance.workflow.values import State
from tests.maintenance.rig import CommandRig


@pytest.fixture
def rig(tmp_path):
    (tmp_path / '10-mine.toml').write_text('[policy]\nretakes = 5 # mine\n')
    with CommandRig(tmp_path) as made:
        file = HostFile(tmp_path / FILE, (tmp_path,))
        made.kiosk.settings = made.kiosk._doer.settings = replace(made.kiosk.settings, file=file)
        yield made


def line(rig, words):
    (said,) = rig.run(words)
    return said.text


def rows(rig, words):
    (said,) = rig.run(words)
    return {row[0]: row[1:] for row in said.rows}


def test_a_change_holds_now_where_nobody_is_served_and_survives(rig, tmp_path):
    assert line(rig, 'config set policy.retakes 7') == 'policy.retakes is 7; it holds now'
    assert rig.kiosk.rules.retakes == 7
    assert HostFile(tmp_path / FILE, (tmp_path,)).load()[0].policy.retakes == 7
    assert rows(rig, 'config show policy')['policy.retakes'] == (7,)


def test_during_a_visit_it_waits_and_says_so_but_the_volume_does_not(rig):
    rig.to_listen()
    assert line(rig, 'config set policy.retakes 1').endswith('it holds when the visit that is going on is over')
    assert line(rig, 'config set voice.volume_db -30') == 'voice.volume_db is -30.0; it holds now'
    assert (rig.kiosk.rules.retakes, rig.kiosk._voice.volume_db) == (5, -30)
    rig.press('left')
    rig.press()
    rig.until(State.ATTRACT)
    rig.rest(0.1)
    assert rig.kiosk.rules.retakes == 1


@pytest.mark.parametrize('key', AT_START)
def test_what_is_opened_at_the_start_is_said_to_need_one(rig, key):
    assert line(rig, f'config set {key} /dev/shm/elsewhere').endswith('it holds after the next start')
    (facts,) = rig.run(f'config get {key}')
    assert facts.facts['a change holds'] == 'after the next start'


@pytest.mark.parametrize(
    ('words', 'said'),
    [
        ('config set voice.volume_db 5', r'90-shell\.toml: voice\.volume_db is 5; it must be between -60 and 0'),
        ('config set voice.volume_db', 'the value is missing'),
        ('config set voice.volumedb 5', r"no setting 'voice\.volumedb'; did you mean voice\.volume_db"),
        ('config get nothing', "no setting 'nothing'; config show lists all"),
        ('config show nothing', "no setting 'nothing'"),
        ('config origin policy.nothing', 'no setting'),
        ('config unset policy.nothing', 'no setting'),
        ('config set attendant.sequence left right', 'use config sequence'),
        ('config set attendant.tokens x', 'use config token'),
        ('config sequence left right', r'has 2 presses; it must have 6 to 16'),
        ('config token Anna 12345', 'no name of a token'),
        ('config token anna 12', 'the card has 2 characters'),
        ('config token anna --remove', "no token of 'anna'"),
        ('config undo', 'nothing was changed here'),
    ],
)
def test_what_is_wrong_is_one_line_and_changes_nothing(rig, tmp_path, words, said):
    with pytest.raises((OptionError, MachineFileError), match=said) as refused:
        rig.run(words)
    assert '\n' not in str(refused.value)
    assert not (tmp_path / FILE).exists()


def test_what_is_nothing_false_or_empty_is_said(rig):
    assert line(rig, 'config set policy.retakes 0') == 'policy.retakes is 0; it holds now'
    assert line(rig, 'config set voice.prompts false') == 'voice.prompts is false; it holds now'
    assert line(rig, ['config', 'set', 'voice.prompts_folder', '']) == 'voice.prompts_folder is empty; it holds now'


def test_lists_are_words_or_one_text_with_commas(rig):
    assert 'de, en' in line(rig, 'config set voice.languages de en')
    assert 'fr, de' in line(rig, ['config', 'set', 'voice.languages', 'fr, de'])
    assert 'es' in line(rig, ['config', 'set', 'voice.languages', '["es"]'])
    assert rig.kiosk.view.languages != ()
    assert '10:00-13:00, 14:00-18:00' in line(rig, 'config set hours.mon 10:00-13:00, 14:00-18:00')


def test_changes_are_taken_back_one_by_one_by_others_too(rig):
    rig.run('config set policy.retakes 7', who='anna')
    rig.run('config set policy.retakes 8', who='ben')
    (said,) = rig.run('config history')
    assert [(row[1], row[3], row[4]) for row in said.rows] == [('ben', 7, 8), ('anna', None, 7)]
    assert line(rig, 'config undo') == 'again as it was: policy.retakes is 7; it holds now'
    text = line(rig, 'config undo')
    assert text.startswith('again as it was: policy.retakes is 5 (from ')
    assert '10-mine.toml' in text
    assert rig.kiosk.rules.retakes == 5


def test_origin_and_what_differs(rig):
    rig.run('config set voice.volume_db -18')
    assert rows(rig, 'config origin')['voice.prompts'] == ('booth.toml',)
    assert rows(rig, 'config origin policy')['policy.retakes'][0].endswith('10-mine.toml')
    differs = rows(rig, 'config diff')
    assert {key: row[:2] for key, row in differs.items()} == {
        'policy.retakes': (5, 2), 'voice.volume_db': (-18.0, -12.0),
    }  # fmt: skip
    rig.run('config unset voice.volume_db')
    assert list(rows(rig, 'config diff')) == ['policy.retakes']


def test_sequence_and_tokens_are_neither_shown_nor_noted(rig):
    rig.run('config sequence left right right left record right')
    assert rig.kiosk.rules.sequence == ('left', 'right', 'right', 'left', 'record', 'right')
    rig.run('config token anna 0012345678')
    rig.run('config token ben 0087654321')
    tokens = rig.kiosk.settings.config.attendant.tokens
    assert (whose('0012345678', tokens), whose('0087654321', tokens)) == ('anna', 'ben')
    shown = rows(rig, 'config show attendant')
    assert shown['attendant.sequence'] == shown['attendant.tokens'] == ('set, and not shown here',)
    assert 'record' in rows(rig, 'config show attendant --reveal')['attendant.sequence'][0]
    for words in ('config history', 'config diff', 'config show', 'config get attendant.sequence'):
        (said,) = rig.run(words)
        assert '0012345678' not in str(said)
        assert 'right left' not in str(said)
    rig.run('config token anna --remove')
    assert whose('0012345678', rig.kiosk.settings.config.attendant.tokens) == ''
    private = {name for name, command in rig.catalogue.commands.items() if command.private}
    assert {'config sequence', 'config token'} <= private


def test_every_key_is_shown_and_can_be_asked_for(rig):
    assert set(rows(rig, 'config show')) == set(keys()) == set(rows(rig, 'config origin'))
    for key in keys():
        (facts,) = rig.run(f'config get {key}')
        assert facts.facts['from']


def test_without_a_settings_file_it_says_so(tmp_path):
    with CommandRig(tmp_path) as bare, pytest.raises(AudioLetterError, match='no settings file'):
        bare.run('config set policy.retakes 1')


@pytest.mark.parametrize(
    ('key', 'text', 'why'),
    [
        ('post.emblem', '/nowhere/emblem.png', 'there is no file /nowhere/emblem.png'),
        ('post.font', '/', 'there is no file /'),
        ('voice.prompts_folder', '/nowhere', 'there is no folder /nowhere'),
        ('places.data', '/etc/passwd/letters', 'the booth can keep nothing in /etc/passwd'),
        ('places.data', '/proc/letters', 'the booth can keep nothing in /proc'),
        ('places.data', '/sys/letters', 'the booth can keep nothing in /sys'),
        ('places.run', '/nowhere', 'not in memory'),
    ],
)
def test_a_place_that_is_none_here_is_told_at_once(rig, key, text, why):
    with pytest.raises(OptionError, match=why):
        rig.run(f'config set {key} {text}')
    assert rows(rig, 'config history') == {}
