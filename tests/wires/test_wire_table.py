"""Table and picture of the wires: every pin of the machine file once, at the place that the boards have it."""

import json
from dataclasses import fields

import pytest
from PIL import Image

from appliance.commands import main
from appliance.machine import load_machine
from appliance.machine.header import PI, PICO, pi_pin, pico_pin
from appliance.machine.limits import PICO_ADCS, PICO_BUS, PICO_PINS
from appliance.wires.picture import PAINT, draw_wiring
from appliance.wires.table import COLOURS, neighbour, on_board, wires_of
from appliance.wires.text import lines

# Typed anew from the boards' data sheets, in their other order: by GPIO and by GP.
PI_PINS = {0: 27, 1: 28, 2: 3, 3: 5, 4: 7, 5: 29, 6: 31, 7: 26, 8: 24, 9: 21, 10: 19, 11: 23, 12: 32, 13: 33,
           14: 8, 15: 10, 16: 36, 17: 11, 18: 12, 19: 35, 20: 38, 21: 40, 22: 15, 23: 16, 24: 18, 25: 22, 26: 37,
           27: 13}  # fmt: skip
PICO_PLACES = {0: 1, 1: 2, 2: 4, 3: 5, 4: 6, 5: 7, 6: 9, 7: 10, 8: 11, 9: 12, 10: 14, 11: 15, 12: 16, 13: 17, 14: 19,
               15: 20, 16: 21, 17: 22, 18: 24, 19: 25, 20: 26, 21: 27, 22: 29, 26: 31, 27: 32, 28: 34}  # fmt: skip


@pytest.fixture
def machine():
    return load_machine()


def test_the_headers_are_those_of_the_boards():
    assert (len(PI), len(PICO)) == (40, 40)
    assert {gpio: pi_pin(gpio) for gpio in range(28)} == PI_PINS
    assert {number: pico_pin(number) for number in PICO_PLACES} == PICO_PLACES
    assert [place for place, name in enumerate(PI, 1) if name == 'ground'] == [6, 9, 14, 20, 25, 30, 34, 39]
    grounds = [place for place, name in enumerate(PICO, 1) if name.endswith('ground')]
    assert grounds == [3, 8, 13, 18, 23, 28, 33, 38]


def test_every_pin_of_the_file_is_a_wire_once_and_at_its_pin(machine):
    wires = wires_of(machine)
    keys = [key for wire in wires for key in wire.keys]
    assert len(keys) == len(set(keys))
    pins = {field.name for field in fields(machine.pins) if isinstance(getattr(machine.pins, field.name), int)}
    controls = {
        field.name for field in fields(machine.controls) if field.name + '_active' in type(machine.controls).__slots__
    }
    wanted = {f'pins.{name}' for name in pins} | {f'controls.{name}' for name in controls}
    wanted |= {f'interlock.{name}' for name in (*PICO_PINS, *PICO_ADCS, *PICO_BUS)}
    wanted |= {f'lcd.{name}' for name in ('dc', 'reset', 'backlight', 'mosi', 'clock', 'select')}
    assert set(keys) == wanted
    for wire in wires:
        for key in wire.keys:
            section, name = key.split('.')
            if section == 'interlock':
                assert wire.pico == getattr(machine.interlock, name)
            elif name not in ('mosi', 'clock', 'select'):
                assert wire.gpio == getattr(getattr(machine, section), name)


def test_wires_near_each_other_differ_in_colour(machine):
    wires = wires_of(machine)
    assert set(COLOURS) == set(PAINT)
    for board in ('pi', 'pico'):
        for wire in on_board(wires, board):
            assert wire.colour != neighbour(wires, wire).colour
    ends = [wire for wire in wires if wire.pico is not None]
    for one in ends:
        assert one.colour not in [other.colour for other in ends if abs(one.pico - other.pico) == 1]


def test_a_moved_pin_moves_in_table_and_picture(tmp_path, capsys):
    mine = tmp_path / 'mine.toml'
    mine.write_text('[machine]\nbase = "virtual"\nname = "mine"\n[pins]\nhead_lift = 1\nlift_down = "low"\n')
    assert main(['look', 'wiring', '--machine', str(mine)]) == 0
    text = capsys.readouterr().out
    assert [line.split()[:3] for line in text.splitlines() if line.startswith('pins.head_lift')] == [
        ['pins.head_lift', '1', '28']
    ]
    assert main(['machines', '--wiring', str(mine)]) == 0
    assert capsys.readouterr().out == text
    pictures = [tmp_path / 'virtual.png', tmp_path / 'mine.png']
    for name, out in zip(('virtual', mine), pictures, strict=True):
        assert main(['look', 'wiring', '--machine', str(name), '--out', str(out)]) == 0
    first, second = (Image.open(picture).convert('RGB') for picture in pictures)
    assert first.size == second.size
    assert first.crop((0, 150, *first.size)).tobytes() != second.crop((0, 150, *second.size)).tobytes()


def test_every_colour_of_the_table_is_in_the_picture(machine, tmp_path):
    draw_wiring(machine, tmp_path / 'wiring.png')
    with Image.open(tmp_path / 'wiring.png') as image:
        painted = {colour for _, colour in image.convert('RGB').getcolors(1 << 20)}
    for wire in wires_of(machine):
        rgb = tuple(int(PAINT[wire.colour][i : i + 2], 16) for i in (1, 3, 5))
        assert rgb in painted, wire.colour


def test_for_a_program(capsys):
    assert main(['look', 'wiring', '--json']) == 0
    found = {wire['key']: wire for wire in json.loads(capsys.readouterr().out)}
    assert (found['pins.leg_a']['gpio'], found['pins.leg_a']['pin']) == (12, 32)
    assert (found['interlock.relay']['pico'], found['interlock.relay']['pico_pin']) == (2, 4)


def test_a_machine_without_panel_and_interlock_has_the_lathes_wires_alone(tmp_path, machine):
    from dataclasses import replace

    bare = replace(machine, controls=None, lcd=None, interlock=None, sound=None)
    assert len(wires_of(bare)) == 10
    assert 'Pico' not in '\n'.join(line for line in lines(bare) if not line.startswith('pins.heartbeat'))
    draw_wiring(bare, tmp_path / 'bare.png')


def test_a_machine_file_that_is_wrong_and_a_place_that_is_not_there_are_told(tmp_path, capsys):
    assert main(['look', 'wiring', '--machine', 'none.toml']) == 2
    assert main(['look', 'wiring', '--out', str(tmp_path / 'no' / 'x.png')]) == 2
    assert 'no such folder' in capsys.readouterr().err


def test_a_picture_is_not_given_the_name_of_another_kind(tmp_path, capsys):
    assert main(['look', 'wiring', '--out', str(tmp_path / 'wiring.svg')]) == 2
    assert 'no svg; name it wiring.png' in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
    assert main(['look', 'wiring', '--out', str(tmp_path / 'wiring')]) == 0
