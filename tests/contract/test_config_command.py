"""`audioletter config`: what it prints is a settings file, and says where each value came from."""

import io
import json
import tomllib
from dataclasses import asdict

from appliance.commands import main
from appliance.config import load_config
from appliance.config.tokens import whose

MINE = (
    '[voice]\nlanguages = ["ja", "en"]\nprompts_folder = "/srv/it\\u0027s \\"mine\\" é\\u007f"\n[policy]\nretakes = 7\n'
)


def test_what_is_shown_is_a_settings_file_that_gives_the_same_again(tmp_path, capsys):
    mine, shown = tmp_path / 'mine.toml', tmp_path / 'shown.toml'
    mine.write_text(MINE, encoding='utf-8')
    for more in ([], ['--origin']):
        assert main(['config', 'show', '--config', str(mine), *more]) == 0
        shown.write_text(capsys.readouterr().out, encoding='utf-8')
        assert load_config(shown)[0] == load_config(mine)[0]
        assert len(tomllib.loads(shown.read_text(encoding='utf-8'))) == len(asdict(load_config()[0]))


def test_each_value_is_told_with_the_file_it_came_from(tmp_path, capsys):
    mine = tmp_path / 'mine.toml'
    mine.write_text(MINE, encoding='utf-8')
    assert main(['config', '--config', str(mine), '--origin']) == 0
    lines = {line.split(' = ')[0]: line for line in capsys.readouterr().out.splitlines()}
    assert lines['retakes'].startswith('retakes = 7 ')
    assert lines['retakes'].endswith(f'# {mine}')
    assert lines['replays'].endswith('# booth.toml')
    assert main(['config', '--config', str(mine), '--origin', '--json']) == 0
    told = json.loads(capsys.readouterr().out)
    assert told['voice.languages'] == {'value': ['ja', 'en'], 'origin': str(mine)}
    assert main(['config', '--config', str(mine), '--json']) == 0
    assert json.loads(capsys.readouterr().out)['policy.retakes'] == 7


def test_a_right_file_is_checked_without_a_word_and_a_wrong_one_is_named(tmp_path, capsys):
    mine = tmp_path / 'mine.toml'
    mine.write_text(MINE, encoding='utf-8')
    assert main(['config', 'check', '--config', str(mine)]) == 0
    assert capsys.readouterr().out == ''
    mine.write_text('[policy]\nretakes = 70\n')
    assert main(['config', 'check', '--config', str(mine)]) == 2
    assert 'mine.toml: policy.retakes is 70; it must be between 0 and 10' in capsys.readouterr().err


def test_a_card_becomes_a_line_of_the_settings_and_is_not_in_it(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr('sys.stdin', io.StringIO('0012345678\n'))
    assert main(['config', 'token', 'anna']) == 0
    mine = tmp_path / 'mine.toml'
    mine.write_text(capsys.readouterr().out)
    assert '0012345678' not in mine.read_text()
    assert whose('0012345678', load_config(mine)[0].attendant.tokens) == 'anna'
    monkeypatch.setattr('sys.stdin', io.StringIO(''))
    assert main(['config', 'token', 'anna']) == 2
    assert main(['config', 'show', 'anna']) == 2
