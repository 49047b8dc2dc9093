"""The commands beside `cut`: they list, check, listen and look, and refuse in one line."""

import json
import os
import stat
from pathlib import Path

import numpy as np
import pytest
import soundfile
from PIL import Image

from appliance.commands import COMMANDS, main
from appliance.machine import disc_names, machine_path


@pytest.fixture(scope='module')
def letter(tmp_path_factory):
    """The groove of a short tone, cut once."""
    folder = tmp_path_factory.mktemp('letter')
    t = np.arange(16000) / 16000
    soundfile.write(folder / 'tone.wav', 0.4 * np.sin(2 * np.pi * 500 * t), 16000)
    assert main(['cut', str(folder / 'tone.wav'), '--plain', '--disc', 'xray-17', '--out', str(folder / 'out')]) == 0
    return folder / 'out' / 'groove.npz'


def test_discs_and_machines_are_listed_for_people_and_for_programs(capsys):
    assert main(['discs', '--json']) == 0
    assert [disc['name'] for disc in json.loads(capsys.readouterr().out)] == disc_names()
    assert main(['discs']) == 0
    table = capsys.readouterr().out
    assert all(name in table for name in disc_names())
    assert main(['machines', '--json']) == 0
    listed = {machine['name']: machine for machine in json.loads(capsys.readouterr().out)}
    assert listed['virtual']['file'] == str(machine_path('virtual'))
    assert {name: machine['kind'] for name, machine in listed.items()} == {'virtual': 'virtual', 'real': 'real'}


@pytest.mark.skipif(Path('/proc/device-tree/model').exists(), reason='this may be a board that can')
def test_a_computer_that_is_no_board_refuses_a_real_machine_in_a_sentence(tmp_path, capsys):
    """Before it has mastered anything, and never on the virtual machine instead; the doctor says the same."""
    soundfile.write(tmp_path / 'tone.wav', np.zeros(16000), 16000)
    assert main(['cut', str(tmp_path / 'tone.wav'), '--machine', 'real']) == 3
    assert capsys.readouterr().err.count('\n') == 1
    assert main(['doctor', '--machine', 'real']) == 3
    assert 'no Raspberry Pi' in capsys.readouterr().out
    visit = Path('appliance/samples/visit.txt').absolute()
    assert main(['kiosk', '--machine', 'real', '--headless', str(visit)]) == 3  # before anybody has spoken to it
    assert 'no Raspberry Pi' in capsys.readouterr().err


def test_the_doctor_finds_the_virtual_machine_well(capsys):
    assert main(['doctor', '--json']) == 0
    findings = json.loads(capsys.readouterr().out)
    booth = {'settings', 'letters', 'takes', 'controls', 'lcd', 'fonts', 'prompts'}
    assert {finding['check'] for finding in findings} >= {'python', 'core', 'machine file', 'machine'} | booth
    assert all(finding['ok'] for finding in findings)


def test_the_doctor_names_what_is_wrong_with_a_machine(tmp_path, capsys):
    mine = tmp_path / 'mine.toml'
    mine.write_text('[machine]\nbase = "virtual"\n[platter]\nramp_s = 0.2\n')
    assert main(['doctor', '--machine', str(mine)]) == 3
    failed = [line for line in capsys.readouterr().out.splitlines() if line.startswith('FAIL')]
    assert len(failed) == 1
    assert 'platter.ramp_s' in failed[0]


def level_at(path, f_hz):
    sound, rate = soundfile.read(path)
    middle = sound[rate // 4 : 3 * rate // 4] * np.hanning(rate // 2)
    t = np.arange(len(middle)) / rate
    return 4 * abs(np.mean(middle * np.exp(-2j * np.pi * f_hz * t)))


def test_listening_to_a_plain_tone_on_noiseless_film_gives_it_back(letter, tmp_path, capsys):
    out = tmp_path / 'clean.wav'
    assert main(['listen', str(letter), '--film', 'none', '--out', str(out)]) == 0
    assert capsys.readouterr().out.strip() == str(out)
    assert level_at(out, 500) == pytest.approx(0.4, rel=0.005)


def test_twenty_plays_leave_more_noise(letter, tmp_path):
    noise = []
    for plays in ('0', '20'):
        out = tmp_path / f'{plays}.wav'
        assert main(['listen', str(letter), '--plays', plays, '--out', str(out)]) == 0
        noise.append(level_at(out, 3333.0) + level_at(out, 2777.0))
    assert noise[1] > 1.5 * noise[0]


def test_looking_draws_the_disc(letter, tmp_path):
    out = tmp_path / 'disc.png'
    assert main(['look', str(letter), '--out', str(out)]) == 0
    with Image.open(out) as picture:
        assert picture.size == (2000, 2000)
    assert out.read_bytes() == (letter.parent / 'disc.png').read_bytes()


@pytest.mark.parametrize(
    ('words', 'fragment'),
    [
        (['listen', 'none.npz'], 'none.npz'),
        (['look', 'none.npz'], 'none.npz'),
        (['listen', 'none.npz', '--plays', '-1'], '--plays'),
        (['bench', '--seconds', '1'], '--seconds'),
        ([], 'COMMAND'),
    ],
)
def test_each_command_refuses_in_one_line(words, fragment, capsys):
    assert main(words) == 2
    lines = capsys.readouterr().err.strip().splitlines()
    assert len(lines) == 1
    assert fragment in lines[0]


def test_an_unknown_film_is_refused_with_the_list(letter, capsys):
    assert main(['listen', str(letter), '--film', 'butter']) == 2
    assert 'xray' in capsys.readouterr().err


@pytest.mark.parametrize('command', COMMANDS)
def test_every_command_teaches_by_example(command, capsys):
    with pytest.raises(SystemExit) as ended:
        main([command, '--help'])
    assert ended.value.code == 0
    assert f'audioletter {command}' in capsys.readouterr().out.split('examples:')[1]


@pytest.mark.parametrize('command', ['listen', 'look'])
@pytest.mark.parametrize('out', ['', '.', 'folder', 'pipe', 'no-such/x', 'groove.npz', 'groove.npz/x'])
def test_a_file_that_cannot_be_written_is_refused_before_any_work(letter, tmp_path, monkeypatch, capsys, command, out):
    monkeypatch.chdir(tmp_path)
    Path('folder').mkdir()
    os.mkfifo('pipe')
    Path('groove.npz').symlink_to(letter)
    before = letter.stat()
    assert main([command, 'groove.npz', '--out', out]) == 2
    assert '--out' in capsys.readouterr().err
    assert stat.S_ISFIFO(Path('pipe').stat().st_mode)
    assert letter.stat() == before
    assert {path.name for path in tmp_path.iterdir()} == {'folder', 'pipe', 'groove.npz'}


def test_a_seed_below_zero_is_refused(letter, tmp_path, capsys):
    assert main(['listen', str(letter), '--seed', '-1', '--out', str(tmp_path / 'x.wav')]) == 2
    assert '--seed' in capsys.readouterr().err
