"""The host's settings: layered, checked, and each value's origin known."""

from dataclasses import fields, replace
from pathlib import Path
from typing import get_type_hints

import pytest

from appliance.config import Config, load_config
from appliance.config.load import LIMITS, usual_folders
from appliance.config.rules import rules_of
from appliance.errors import MachineFileError
from appliance.words.languages import NAMES
from appliance.workflow.rules import Rules


def load(tmp_path, **files):
    for name, text in files.items():
        (tmp_path / f'{name}.toml').write_text(text, encoding='utf-8')
    return load_config(system=tmp_path)


def test_the_defaults_are_those_of_the_field_notes(tmp_path):
    config, origin = load(tmp_path)
    assert (config.timeouts.language_s, config.timeouts.silence_s, config.timeouts.listen_s) == (30, 12, 60)
    assert config.policy.unanswered == 'discard'
    assert config.voice.languages == tuple(NAMES)
    assert set(origin.values()) == {'booth.toml'}


def test_every_number_has_a_range_and_every_range_a_number():
    numbers = {
        f'{section}.{name}'
        for section, kind in get_type_hints(Config).items()
        for name, hint in get_type_hints(kind).items()
        if hint in (int, float)
    }
    assert numbers == set(LIMITS)


def test_later_files_win_and_the_origin_is_told(tmp_path):
    config, origin = load(tmp_path, a='[voice]\nvolume_db = -20\n', b='[voice]\nvolume_db = -6.5\nlanguages = ["ru"]\n')
    assert config.voice.volume_db == -6.5
    assert config.voice.languages == ('ru',)
    assert origin['voice.volume_db'] == str(tmp_path / 'b.toml')
    assert origin['voice.prompts'] == 'booth.toml'


def test_a_named_file_comes_last(tmp_path):
    named = tmp_path / 'elsewhere' / 'mine.toml'
    named.parent.mkdir()
    named.write_text('[policy]\nretakes = 0\n')
    config, _ = load_config(named, system=tmp_path)
    assert config.policy.retakes == 0


@pytest.mark.parametrize(
    ('text', 'said'),
    [
        ('[voice]\nvolume_dB = 1', r'mine\.toml: unknown key voice\.volume_dB; did you mean volume_db'),
        ('[voise]\nvolume_db = 1', r'unknown key \[voise\]; did you mean voice'),
        ('[voice]\nvolume_db = 1', r'voice\.volume_db is 1; it must be between -60 and 0'),
        ('[voice]\nvolume_db = nan', r'voice\.volume_db is nan'),
        ('[voice]\nprompts = 1', r'voice\.prompts is 1; it must be true or false'),
        ('[voice]\nlanguages = "en"', r"voice\.languages is 'en'; it must be a list"),
        ('[voice]\nlanguages = []', r'at least one'),
        ('[voice]\nlanguages = ["en", "en"]', r'each language once'),
        ('[voice]\nlanguages = ["en", "xx"]', r"voice\.languages names 'xx'; known are en, ru"),
        ('[policy]\nunanswered = "cut"', r"policy\.unanswered is 'cut'; it must be one of discard, hold"),
        ('[policy]\ndisc = "shellac"', r"policy\.disc names 'shellac'"),
        ('[policy]\nretakes = 1.5', r'policy\.retakes is 1\.5; it must be a whole number'),
        ('[places]\ndata = "letters"', r"places\.data is 'letters'; it must be a path that begins at the root"),
        ('[places]\nrun = "takes"', r"places\.run is 'takes'"),
        ('[voice]\nprompts_folder = "mine"', r"voice\.prompts_folder is 'mine'; it must be a path"),
        ('[policy]\ncurve = "nonsense"', r"policy\.curve names 'nonsense'; known are riaa"),
        ('[post]\npaper = "A3"', r"post\.paper is 'A3'; it must be one of A4, A5, A6, letter"),
        ('[post]\nemblem = "mine.png"', r"post\.emblem is 'mine\.png'; it must be a path"),
        ('[post]\nfont = "mine.ttf"', r"post\.font is 'mine\.ttf'; it must be a path"),
        ('[post]\nsender = "Booth"', r"post\.sender is 'Booth'; it must be a list"),
        ('[post]\nsender = ["a", "b", "c", "d", "e", "f", "g"]', r'post\.sender has 7 lines; it may have 6'),
        ('[post]\nsender = ["Booth\\u0007"]', r'post\.sender has the line .*; it must be text of 1 to 60 characters'),
        ('[post]\nsender = ["' + 61 * 'x' + '"]', r'post\.sender has the line'),
        ('voice = 3', r'\[voice\] must be a table'),
        ('[hours]\nmon = "10-18"', r"hours\.mon is '10-18'; that is no time of a day; write 10:00-18:00"),
        ('[hours]\ntue = "10:00-24:01"', r"hours\.tue is '10:00-24:01'"),
        ('[hours]\nwed = "10:60-12:00"', r'hours\.wed'),
        ('[hours]\nthu = ""', r'hours\.thu'),
        ('[hours]\nfri = "10:00-13:00, 12:00-18:00"', r'hours\.fri .* after the one before'),
        ('[hours]\nclosed = ["24.12.2026"]', r"hours\.closed has '24\.12\.2026'; that is no day"),
        ('[hours]\nclosed = ["2026-02-30"]', r'hours\.closed'),
        ('[hours]\nclosed = ["2026-12-24..2026-12-20"]', r'last day is before its first'),
        ('[hours]\nzone = "Mars/Olympus"', r"hours\.zone is 'Mars/Olympus'; there is no such zone"),
        ('[hours]\nzone = "../etc/passwd"', r'hours\.zone'),
        ('[attendant]\nsequence = "left up"', r"attendant\.sequence has 'up'; it must be of left, right, record"),
        ('[attendant]\nsequence = "left right"', r'attendant\.sequence has 2 presses; it must have 6 to 16'),
        ('[attendant]\nsequence = "left left left left left left"', r'one control only'),
        ('[attendant]\ntokens = ["anna"]', r"attendant\.tokens has 'anna'"),
        ('[attendant]\nreader = "event0"', r"attendant\.reader is 'event0'; it must be a path"),
        ('[policy]\ndiscs_a_day = -1', r'policy\.discs_a_day is -1; it must be between 0 and 1000'),
        ('[voice', r'not valid TOML'),
    ],
)
def test_what_is_wrong_is_named_with_file_key_value_and_limit(tmp_path, text, said):
    with pytest.raises(MachineFileError, match=said) as refused:
        load(tmp_path, mine=text)
    assert str(refused.value).count('mine.toml') == 1
    assert str(refused.value).count('did you mean') <= 1


def test_a_folder_that_cannot_be_read_is_not_passed_over(tmp_path):
    file = tmp_path / 'audioletter'
    file.write_text('no folder')
    with pytest.raises(MachineFileError, match='cannot read the folder'):
        load_config(system=file)
    config, _ = load_config(system=tmp_path / 'none')
    assert config.policy.retakes == 2


def test_a_missing_named_file_is_refused(tmp_path):
    with pytest.raises(MachineFileError, match='No such file'):
        load_config(Path(tmp_path / 'no.toml'), system=tmp_path)


def test_the_workflow_goes_by_the_hosts_numbers(tmp_path):
    config, _ = load(tmp_path, mine='[policy]\nunanswered = "hold"\nretakes = 7\n[timeouts]\nlisten_s = 99\n')
    rules = rules_of(config)
    assert (rules.unanswered, rules.retakes, rules.listen_s, rules.languages) == ('hold', 7, 99, 6)
    own = {'languages', 'cut_grace_s', 'answer_s', 'sequence', 'code_s', 'tries', 'locked_s'}  # the workflow's own
    settings = {field.name for part in (config.policy, config.timeouts) for field in fields(part)}
    assert {field.name for field in fields(Rules)} - own <= settings
    assert replace(rules, languages=2).languages == 2
    config, _ = load(tmp_path, mine='[attendant]\nsequence = "left  right left right left record"\n')
    assert rules_of(config).sequence == ('left', 'right', 'left', 'right', 'left', 'record')


def test_settings_of_the_service_and_of_the_user_are_read_after_those_of_the_computer():
    environ = {'STATE_DIRECTORY': '/var/lib/audioletter', 'HOME': '/home/anna'}
    names = ['/etc/audioletter', '/var/lib/audioletter/settings', '/home/anna/.config/audioletter']
    assert [str(folder) for folder in usual_folders(environ)] == names
    assert usual_folders({'XDG_CONFIG_HOME': '/x', 'HOME': '/home/anna'})[1:] == (Path('/x/audioletter'),)
    assert len(usual_folders({'HOME': 'nowhere', 'STATE_DIRECTORY': ''})) == 1
