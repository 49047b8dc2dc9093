"""`audioletter doctor` and `doctor wires`: the wire that is broken, in one line."""

import argparse
import json

import pytest

from appliance.commands import main
from appliance.commands.doctor import _wires
from appliance.commands.doctor.checks import Finding
from appliance.machine import machine_path


def whole(machine, *broken):
    """What the whole check-up says of the wires."""
    return _wires(argparse.Namespace(machine=machine, broken=[*broken]), Finding('machine', True, ''))


def test_each_wire_is_a_line_and_a_broken_one_fails(capsys):
    assert main(['doctor', 'wires', '--break', 'interlock.index=open']) == 3
    out = capsys.readouterr().out.splitlines()
    assert len(out) == 40
    (wrong,) = (line for line in out if line.startswith('FAIL'))
    assert 'interlock.index (Pico GP 12, pin 16, green, index sensor of the platter)' in wrong
    assert 'is open' in wrong


def test_whole_wires_are_exit_0_and_a_program_reads_them(capsys):
    assert main(['doctor', 'wires', '--json']) == 0
    assert all(one['ok'] for one in json.loads(capsys.readouterr().out))


def test_the_whole_check_up_names_it_too():
    found = whole('virtual', 'pins.carriage_step=ground')
    assert not found.ok
    assert found.saw.startswith('pins.carriage_step (GPIO 26, header pin 37')
    assert whole('virtual').saw == '40 were tried on the virtual machine, what is driven arrives'


@pytest.mark.parametrize('chip', ['bcm2835', 'bcm2711'])
def test_on_every_chip(tmp_path, capsys, chip):
    mine = tmp_path / 'mine.toml'
    mine.write_text(f'[machine]\nbase = "virtual"\nchip = "{chip}"\n')
    assert main(['doctor', 'wires', '--machine', str(mine)]) == 0
    assert main(['doctor', 'wires', '--machine', str(mine), '--break', 'controls.stop_pressed=ground']) == 3
    wrong = [line for line in capsys.readouterr().out.splitlines() if line.startswith('FAIL')]
    assert len(wrong) == 1
    assert 'controls.stop_pressed (GPIO 7, header pin 26' in wrong[0]


def test_other_pins_and_levels_are_tried_as_they_are(tmp_path, capsys):
    mine = tmp_path / 'mine.toml'
    mine.write_text(
        '[machine]\nbase = "virtual"\n[pins]\nenable = 16\nenable_active = "high"\n'
        'head_lift = 1\nlift_down = "low"\n'
        '[controls]\nrecord_active = "low"\nblank_active = "high"\n[lcd]\nbacklight_active_low = true\n'
    )
    assert main(['doctor', 'wires', '--machine', str(mine)]) == 0
    assert main(['doctor', 'wires', '--machine', str(mine), '--break', 'pins.enable=open']) == 3
    assert 'FAIL wire           pins.enable (GPIO 16, header pin 36' in capsys.readouterr().out


def test_a_machine_with_nothing_but_a_lathe_is_tried_as_far_as_it_goes(tmp_path, capsys):
    text = machine_path('virtual').read_text(encoding='utf-8')
    mine = tmp_path / 'mine.toml'
    mine.write_text(text[: text.index('[controls]')])
    assert main(['doctor', 'wires', '--machine', str(mine)]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 10


def test_a_real_machine_is_left_to_the_hand_that_is_there(tmp_path):
    text = machine_path('virtual').read_text(encoding='utf-8')
    mine = tmp_path / 'mine.toml'
    mine.write_text(text.replace('kind = "virtual"', 'kind = "real"'))
    found = whole(str(mine))
    assert found.ok is None
    assert 'audioletter doctor wires' in found.remedy


def test_a_break_that_is_none_is_one_line_and_exit_2(capsys):
    assert main(['doctor', 'wires', '--break', 'pins.leg_a']) == 2
    assert 'WIRE=HOW' in capsys.readouterr().err
    assert main(['doctor', 'wires', '--break', 'leg_a=open']) == 2
    assert 'audioletter look wiring' in capsys.readouterr().err
