"""What the host changes while the booth runs: checked as a file is, written whole, and taken back in order."""

import contextlib
import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest

from appliance.config import load_config
from appliance.config.changes import (
    BY_FILE_ONLY,
    FILE,
    HISTORY,
    KEPT,
    HostFile,
    choices,
    host_file,
    keys,
    kind_of,
    toml_value,
)
from appliance.errors import AudioLetterError, MachineFileError, OptionError, StorageError


def file_in(folder, named=None):
    return HostFile(folder / FILE, (folder,), named)


def value(file, key):
    section, name = key.split('.')
    return getattr(getattr(file.load()[0], section), name)


@pytest.mark.parametrize(
    ('key', 'text', 'expected'),
    [
        ('voice.volume_db', '-20', -20.0), ('voice.prompts', 'false', False), ('policy.retakes', '4', 4),
        ('voice.languages', 'de, en', ('de', 'en')), ('voice.languages', '["fr"]', ('fr',)),
        ('policy.unanswered', 'hold', 'hold'), ('policy.disc', 'xray-17', 'xray-17'),
        ('hours.mon', '10:00-13:00, 14:00-18:00', '10:00-13:00, 14:00-18:00'), ('hours.closed', '12-25', ('12-25',)),
        ('voice.prompts_folder', '/srv/my "own" \\ voices é', '/srv/my "own" \\ voices é'),
        ('hours.closed', '', ()), ('policy.speed', '45', '45'),
    ],
)  # fmt: skip
def test_a_change_holds_at_once_and_after_a_restart(tmp_path, key, text, expected):
    file = file_in(tmp_path)
    file.set(key, text, 'anna', 5.0)
    assert value(file, key) == expected
    assert value(file_in(tmp_path), key) == expected
    config, origin = load_config(system=tmp_path)
    assert asdict(config)[key.split('.')[0]][key.split('.')[1]] == expected
    assert origin[key] == str(tmp_path / FILE)


@pytest.mark.parametrize(
    ('key', 'text', 'said'),
    [
        ('voice.volume_db', '3', r'90-shell\.toml: voice\.volume_db is 3; it must be between -60 and 0'),
        ('voice.volume_db', 'loud', r"voice\.volume_db is 'loud'; it must be a number"),
        ('voice.volume_db', '1\n[policy]\nretakes = 9', r'voice\.volume_db: .* cannot be printed'),
        ('voice.volume_db', '[' * 3000, r'voice\.volume_db is'),
        ('voice.volume_db', '-1 # quieter', r'.'),
        ('voice.prompts', '1', r'voice\.prompts is 1; it must be true or false'),
        ('voice.languages', '[en', r"voice\.languages: '\[en' is no list"),
        ('voice.languages', 'en, xx', r"voice\.languages names 'xx'"),
        ('voice.languages', '[1]', r'it must be a list of texts'),
        ('policy.unanswered', 'cut', r'must be one of discard, hold'),
        ('places.data', 'letters', r'begins at the root'),
        ('voice.volum_db', '-3', r"there is no setting 'voice\.volum_db'; did you mean voice\.volume_db"),
        ('voice', '-3', r"there is no setting 'voice'"),
        ('voice.a.b', '-3', r'there is no setting'),
        ('voice.prompts_folder', '/' + 'x' * 5000, r'5001 characters'),
        ('hours.mon', 'noon', r'hours\.mon'),
    ],
)
def test_what_is_wrong_changes_nothing_and_is_named(tmp_path, key, text, said):
    file = file_in(tmp_path)
    file.set('policy.retakes', '1', 'anna', 0.0)
    before = (tmp_path / FILE).read_bytes(), (tmp_path / HISTORY).read_bytes()
    if text == '-1 # quieter':
        file.set(key, text, 'anna', 0.0)  # TOML's own comment, and it is left out
        assert value(file, key) == -1.0
        return
    with pytest.raises(AudioLetterError, match=said) as refused:
        file.set(key, text, 'anna', 0.0)
    assert isinstance(refused.value, MachineFileError | OptionError)
    assert '\n' not in str(refused.value)
    assert ((tmp_path / FILE).read_bytes(), (tmp_path / HISTORY).read_bytes()) == before


def test_files_of_the_host_are_never_touched(tmp_path):
    mine = tmp_path / '10-mine.toml'
    mine.write_text('# my own\n[voice]\nvolume_db = -9 # for the hall\n')
    file = file_in(tmp_path)
    file.set('voice.volume_db', '-20', 'anna', 0.0)
    assert value(file, 'voice.volume_db') == -20
    file.unset('voice.volume_db', 'anna', 0.0)
    assert value(file, 'voice.volume_db') == -9
    assert mine.read_text() == '# my own\n[voice]\nvolume_db = -9 # for the hall\n'


def test_what_a_later_file_sets_cannot_be_changed_here(tmp_path):
    late = tmp_path / '95-late.toml'
    late.write_text('[voice]\nvolume_db = -9\n')
    named = tmp_path / 'named' / 'mine.toml'
    named.parent.mkdir()
    named.write_text('[policy]\nretakes = 7\n')
    file = file_in(tmp_path, named)
    with pytest.raises(OptionError, match=r'95-late\.toml: voice\.volume_db is set in a file that is read later'):
        file.set('voice.volume_db', '-20', 'anna', 0.0)
    with pytest.raises(OptionError, match=r'named/mine\.toml: policy\.retakes'):
        file.set('policy.retakes', '1', 'anna', 0.0)
    assert not (tmp_path / FILE).exists()


def test_changes_are_taken_back_in_order_also_after_a_restart(tmp_path):
    file = file_in(tmp_path)
    for text in ('1', '2', '3'):
        file.set('policy.retakes', text, 'anna', float(text))
    file.unset('policy.retakes', 'ben', 4.0)
    assert [change.who for change in file.history()] == ['anna', 'anna', 'anna', 'ben']
    told = []
    for _ in range(4):
        file_in(tmp_path).undo()
        told.append(value(file, 'policy.retakes'))
    assert told == [3, 2, 1, 2]
    with pytest.raises(OptionError, match='nothing was changed here'):
        file.undo()


def test_only_so_many_changes_are_remembered(tmp_path):
    file, history = file_in(tmp_path), tmp_path / HISTORY
    file.set('policy.retakes', '1', 'anna', 0.0)
    history.write_text(history.read_text() * (KEPT - 1))
    for number in range(3):
        file.set('policy.retakes', str(number + 2), 'berta', 0.0)
    assert [change.who for change in file.history()] == ['anna'] * (KEPT - 3) + ['berta'] * 3


def test_a_file_that_a_hand_has_spoiled_meanwhile_is_told_as_that(tmp_path):
    file = file_in(tmp_path)
    (tmp_path / FILE).write_text('voice = 3\n')
    for change in (
        lambda: file.set('voice.volume_db', '3', 'anna', 0.0),
        lambda: file.unset('voice.volume_db', 'a', 0.0),
    ):
        with pytest.raises(MachineFileError, match=r'\[voice\] must be a table'):
            change()
    assert (tmp_path / FILE).read_text() == 'voice = 3\n'


def test_a_spoiled_history_is_no_reason_not_to_change_anything(tmp_path):
    file = file_in(tmp_path)
    file.set('policy.retakes', '1', 'anna', 0.0)
    lines = ['{', '[]', 'null', '{"key": "policy.retakes"}', json.dumps({'key': 'no.such', 'before': 1, 'after': 2, 'who': '', 'at_s': 0})]  # fmt: skip  # noqa: E501
    with (tmp_path / HISTORY).open('a') as history:
        history.write('\n'.join(lines) + '\n\xff\n')
    file.set('policy.retakes', '3', 'anna', 0.0)
    assert file.undo().after == 3
    (tmp_path / HISTORY).write_bytes(b'\xff\xfe')
    assert file.history() == []


def test_a_spoiled_file_of_ours_is_named(tmp_path):
    (tmp_path / FILE).write_text('[voice')
    with pytest.raises(MachineFileError, match=r'90-shell\.toml: not valid TOML'):
        file_in(tmp_path).set('policy.retakes', '1', 'anna', 0.0)


def test_where_nobody_may_write_it_says_so(tmp_path):
    blocked = tmp_path / 'blocked'
    blocked.write_text('no folder')
    with pytest.raises((StorageError, MachineFileError), match=r'blocked'):
        HostFile(blocked / 'etc' / FILE, (tmp_path / 'none', blocked / 'etc')).set('policy.retakes', '1', 'a', 0.0)


def test_the_file_lies_where_we_may_write(tmp_path):
    others = {'STATE_DIRECTORY': str(tmp_path / 'state'), 'HOME': str(tmp_path / 'home')}
    here, nowhere = ({'CONFIGURATION_DIRECTORY': str(path)} for path in (tmp_path, tmp_path / 'nowhere'))
    assert host_file(environ=here | others, euid=1000).path == tmp_path / FILE
    assert host_file(environ=nowhere | others, euid=1000).path == tmp_path / 'state' / 'settings' / FILE
    assert host_file(environ=nowhere | others, euid=0).path == tmp_path / 'nowhere' / FILE
    assert host_file(environ=nowhere, euid=1000).path == tmp_path / 'nowhere' / FILE
    assert host_file(environ={}, euid=0).path == Path('/etc/audioletter') / FILE
    own = tmp_path / 'home' / '.config' / 'audioletter'
    file = host_file(environ=nowhere | {'HOME': str(tmp_path / 'home')}, euid=1000)
    assert file.path == own / FILE
    file.set('policy.retakes', '1', 'anna', 0.0)
    assert value(file, 'policy.retakes') == 1


@pytest.mark.parametrize('euid', [0, 1000])
def test_a_folder_that_is_named_is_read_and_written_alone(tmp_path, euid):
    named, usual = tmp_path / 'named', tmp_path / 'usual'
    for folder, retakes in ((named, 7), (usual, 9)):
        folder.mkdir()
        (folder / 'a.toml').write_text(f'[policy]\nretakes = {retakes}\n')
    environ = {'CONFIGURATION_DIRECTORY': str(usual), 'STATE_DIRECTORY': str(usual), 'HOME': str(usual)}
    file = host_file(named, environ, euid)
    assert value(file, 'policy.retakes') == 7
    file.set('policy.replays', '5', 'anna', 0.0)
    assert sorted(path.name for path in named.iterdir()) == ['90-shell.history', FILE, 'a.toml']
    assert [path.name for path in usual.iterdir()] == ['a.toml']
    assert load_config(named)[0].policy.replays == 5


def test_the_users_own_file_comes_after_the_computers(tmp_path):
    first, second = tmp_path / 'etc', tmp_path / 'own'
    first.mkdir()
    (first / '99.toml').write_text('[policy]\nretakes = 7\n')
    file = HostFile(second / FILE, (first, second))
    file.set('policy.retakes', '1', 'anna', 0.0)
    assert value(file, 'policy.retakes') == 1


def test_every_key_has_a_kind_and_can_be_set_to_what_it_is(tmp_path):
    file = file_in(tmp_path)
    config, _ = file.load()
    tables = asdict(config)
    for key in keys():
        kind_of(key)
        if key in BY_FILE_ONLY:
            continue
        section, name = key.split('.')
        now = tables[section][name]
        text = now if isinstance(now, str) else toml_value(now)
        file.set(key, text, 'anna', 0.0)
        assert value(file, key) == now, key
        assert not choices(key) or text in choices(key)


def test_whatever_is_typed_is_a_value_or_one_line_of_refusal(tmp_path, lot):
    chance = np.random.default_rng(7)
    file = file_in(tmp_path)
    alphabet = [*'[]{}"\'\\=#,.-+_: \t\n', 'true', '1e999', 'nan', '0x', '2026-11-27', 'é', '\ud800', 'en', '日']
    every = keys()
    for _ in range(lot(120, 400)):
        text = ''.join(alphabet[k] for k in chance.integers(0, len(alphabet), chance.integers(0, 8)))
        key = every[chance.integers(0, len(every))]
        with contextlib.suppress(MachineFileError, OptionError):
            file.set(key, text, 'anna', 0.0)
        file.load()
