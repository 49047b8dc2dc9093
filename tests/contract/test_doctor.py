"""What the doctor says of a booth: its settings and where each came from, its places, its panel, its voices."""

import contextlib
import json
import os
import re
from importlib import resources
from pathlib import Path
from types import SimpleNamespace

import pytest

from appliance.commands import doctor, main
from appliance.commands.doctor.checks import Finding
from appliance.config.places import Folders, lock, make
from appliance.machine import machine_path
from appliance.words.prompts import SHIPPED


@pytest.fixture
def findings(tmp_path, capsys, monkeypatch):
    """The doctor's findings by name, for settings and a machine file as given."""
    tried = Finding('machine', True, 'not tried here: it cuts for seconds')
    monkeypatch.setattr('appliance.commands.doctor._machine', lambda _: tried)
    wires = Finding('wires', True, 'not tried here: tests/wires breaks each')
    monkeypatch.setattr('appliance.commands.doctor._wires', lambda *_: wires)

    def ask(settings='', machine='[machine]\nbase = "virtual"\n'):
        (tmp_path / 'mine.toml').write_text(settings)
        (tmp_path / 'machine.toml').write_text(machine)
        files = ['--config', str(tmp_path / 'mine.toml'), '--machine', str(tmp_path / 'machine.toml')]
        code = main(['doctor', '--json', *files])
        found = {one['check']: one for one in json.loads(capsys.readouterr().out)}
        assert code == (3 if any(one['ok'] is False for one in found.values()) else 0)
        return found

    return ask


def failed(found):
    return {name: one for name, one in found.items() if not one['ok']}


def test_the_settings_are_told_with_the_file_each_came_from(findings, tmp_path):
    found = findings('[voice]\nvolume_db = -20\n[policy]\nretakes = 1\n')
    assert found['settings']['saw'] == f'as packaged, then {tmp_path}/mine.toml (voice.volume_db, policy.retakes)'
    assert failed(found) == {}


def test_many_settings_are_counted_and_not_listed(findings, tmp_path):
    """A file that holds all of them made one line of a thousand characters."""
    found = findings(resources.files('appliance.config').joinpath('booth.toml').read_text('utf-8'))['settings']
    assert re.fullmatch(rf'as packaged, then {re.escape(str(tmp_path))}/mine.toml \([0-9]+ of them\)', found['saw'])
    assert 'config show --origin' in found['remedy']
    first = findings(f'[places]\ndata = "{tmp_path}/letters"\n')['settings']['saw']
    assert first == f'as packaged, then {tmp_path}/mine.toml (places.data)', 'also the first setting of all'


def test_settings_that_are_wrong_fail_what_needs_them_and_say_where(findings, tmp_path):
    wrong = failed(findings('[voice]\nvolume_db = 20\n'))
    assert set(wrong) == {'settings', 'letters', 'takes', 'prompts'}
    assert 'mine.toml: voice.volume_db is 20; it must be between -60 and 0' in wrong['settings']['saw']


def test_takes_on_a_disk_and_letters_in_no_folder_are_named(findings, tmp_path):
    (tmp_path / 'file').write_text('')
    wrong = failed(findings(f'[places]\nrun = "/proc/takes"\ndata = "{tmp_path}/file/letters"\n'))
    assert set(wrong) == {'letters', 'takes'}
    assert 'not in memory' in wrong['takes']['saw']
    assert 'set places.run' in wrong['takes']['remedy']


def test_letters_where_nothing_can_be_written_are_named(findings, tmp_path):
    (tmp_path / 'file').write_text('')
    wrong = failed(findings(f'[places]\ndata = "{tmp_path}/file"\n'))
    assert 'cannot be written; set places.data' in f'{wrong["letters"]["saw"]}; {wrong["letters"]["remedy"]}'


def test_nothing_is_made_by_looking(findings, tmp_path):
    found = findings(f'[places]\ndata = "{tmp_path}/new/letters"\n')
    assert found['letters']['ok']
    assert '(not made yet)' in found['letters']['saw']
    assert not (tmp_path / 'new').exists()


def test_a_full_disk_is_named_with_what_is_needed(findings, tmp_path, monkeypatch):
    monkeypatch.setattr('appliance.commands.doctor.checks.LETTERS_MB', 1e12)
    wrong = failed(findings(f'[places]\ndata = "{tmp_path}"\n'))
    assert wrong['letters']['remedy'] == 'make 1000000000000 MB free there'


def test_the_panel_is_told_pin_by_pin_and_may_be_missing_on_a_virtual_machine(findings):
    found = findings()
    assert 'record 2, left 20, right 21, lid_closed 3, blank 19, stop_pressed 7, lamp 18' in found['controls']['saw']
    assert found['lcd']['saw'] == 'SPI0 device 0 at 32 MHz, dc 24, reset 25, backlight 4'
    text = machine_path('virtual').read_text(encoding='utf-8')
    found = findings(machine=text[: text.index('[controls]')])
    assert failed(found) == {}
    assert 'virtual panel only' in found['controls']['saw']


def test_a_real_machine_must_say_how_its_panel_is_wired(findings):
    text = machine_path('virtual').read_text(encoding='utf-8')
    real = text[: text.index('[controls]')].replace('kind = "virtual"', 'kind = "real"')
    wrong = failed(findings(machine=real))
    assert {'controls', 'lcd'} <= set(wrong)
    assert '[controls] is missing' in wrong['controls']['saw']


def test_a_prompt_that_is_missing_is_named_and_an_unspoken_language_is_not(findings, tmp_path, monkeypatch):
    assert findings()['prompts']['saw'] == 'en, ru, de, fr, es; on the screen only: ja'
    for file in [*SHIPPED.glob('en/*'), *SHIPPED.glob('tones/*')]:
        if file.stem != 'listen':
            copy = tmp_path / 'spoken' / file.relative_to(SHIPPED)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.symlink_to(file)
    monkeypatch.setattr('appliance.words.prompts.SHIPPED', tmp_path / 'spoken')
    wrong = failed(findings('[voice]\nlanguages = ["en"]\n'))
    assert wrong['prompts']['saw'] == '1 sound files are missing, the first is en/listen'


def test_a_folder_of_prompts_that_is_not_there_is_named(findings):
    wrong = failed(findings('[voice]\nprompts_folder = "/none"\n'))
    assert 'voice.prompts_folder is /none, no folder' in wrong['prompts']['saw']


@pytest.mark.parametrize(('kind', 'running'), [('real', True), ('real', False), ('virtual', True)])
def test_the_machine_of_a_booth_that_runs_is_left_to_it(findings, tmp_path, kind, running):
    """Its serial line is busy for a good reason, and says nothing of a wire."""
    places = Folders(tmp_path / 'data', Path(os.environ['RUNTIME_DIRECTORY']) / tmp_path.name)  # in memory
    make(places)
    settings = f'[places]\ndata = "{places.data}"\nrun = "{places.run}"\n'
    with contextlib.closing(lock(places)) if running else contextlib.nullcontext():
        found = findings(settings, f'[machine]\nbase = "{kind}"\n')
    told = [(found[name]['saw'], found[name]['remedy']) for name in ('machine', 'wires')]
    if kind == 'real' and running:
        assert told == [('left alone: a booth is running', 'audioletter shell doctor asks it')] * 2
        assert 'scratch space' not in found
    else:
        assert all(saw.startswith('not tried here') for saw, _ in told)
    lock(places).close()  # who has looked holds nothing


def test_beside_a_booth_nobody_asks_for_room_to_cut_in(capsys):
    """It works in folders of its own, which are looked at; an image's /tmp is small."""
    main(['doctor', '--json', '--beside'])
    checks = {one['check'] for one in json.loads(capsys.readouterr().out)}
    assert 'scratch space' not in checks
    assert {'letters', 'takes'} <= checks


@pytest.mark.parametrize(
    ('free_mb', 'ok', 'told'),
    [
        (900, True, ''),
        (64, True, 'a cut of 1 min'),
        (30, False, 'make 50 MB free there'),
    ],  # 64 MB: the image of a booth
)
def test_room_in_tmp_for_a_short_cut_is_enough_and_what_does_not_fit_is_told(monkeypatch, free_mb, ok, told):
    monkeypatch.setattr(doctor.checks.shutil, 'disk_usage', lambda place: SimpleNamespace(free=free_mb * 1e6))
    found = doctor.checks.scratch()
    assert (found.ok, told in found.remedy, bool(found.remedy)) == (ok, True, bool(told))
