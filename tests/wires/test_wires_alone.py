"""`doctor wires` of a real machine: nobody works anything and nothing has power.

What is broken is named at once, or its line says which step of a power-up names it (`test_power_up.py` shows that).
"""

import contextlib
import dataclasses
import json

import pytest

from appliance.commands import main
from appliance.compose.doctor.alone import alone
from appliance.compose.doctor.bench import virtual_bench
from appliance.compose.doctor.people import Nobody
from appliance.errors import MachineRefusesError
from appliance.machine import bit, load_machine
from appliance.virtual.harness import HOW, Break
from appliance.wires.table import neighbour, wires_of
from appliance.words.powerup import NAMES
from tests.wires.test_power_up import felt_in, real_bench

MACHINE = load_machine()
WIRES = wires_of(MACHINE)
SURE = ('pins.enable', 'pins.heartbeat', 'interlock.tx', 'interlock.rx', 'interlock.step', 'interlock.supply_adc',
        'interlock.sda', 'interlock.scl')  # fmt: skip
# What is felt with no hand and no power, of each way to break; of two that changed places, one of them.
OPEN = (*SURE, 'pins.bridge_enable', 'pins.head_lift', 'controls.stop_pressed', 'controls.lid_closed',
        'interlock.stop_closed', 'interlock.lid', 'interlock.head_adc', 'interlock.driver_adc')  # fmt: skip
GROUND = (*SURE, 'controls.record', 'interlock.stop_open', 'interlock.relay_contact', 'interlock.head_adc',
          'interlock.driver_adc')  # fmt: skip
SWAP = (*SURE, 'pins.bridge_enable', 'pins.head_lift', 'controls.record', 'controls.lid_closed', 'controls.blank',
        'controls.stop_pressed', 'lcd.backlight', 'lcd.select', 'interlock.stop_closed', 'interlock.stop_open',
        'interlock.lid', 'interlock.relay_contact', 'interlock.home', 'interlock.driver_adc',
        'interlock.lamp')  # fmt: skip
AT_ONCE = {'open': OPEN, 'ground': GROUND, 'swap': SWAP}


def looked_at(*broken):
    found = alone(virtual_bench(MACHINE, broken))
    assert not found.refused
    return {one.wire.key: one for one in found.wires}


def test_a_whole_machine_has_nothing_to_tell():
    found = looked_at()
    assert list(found) == [wire.key for wire in WIRES]
    assert [one.line for one in found.values() if one.ok is False] == []
    assert {key for key, one in found.items() if one.ok} == set(SURE)


@pytest.mark.parametrize('wire', WIRES, ids=lambda wire: wire.key)
def test_a_wire_that_is_open_is_named_at_once_or_the_step_that_names_it(wire):
    check_named(wire, 'open')


@pytest.mark.with_all
@pytest.mark.parametrize('how', [how for how in HOW if how != 'open'])
@pytest.mark.parametrize('wire', WIRES, ids=lambda wire: wire.key)
def test_a_wire_that_is_broken_otherwise_is_named_at_once_or_the_step_that_names_it(wire, how):
    check_named(wire, how)


def check_named(wire, how):
    found = looked_at(Break(wire.key, how))
    wrong = {key for key, one in found.items() if one.ok is False}
    both = {wire.key} | ({neighbour(WIRES, wire).key} if how == 'swap' else set())
    if wire.key in AT_ONCE[how]:
        assert both & wrong, [one.line for one in found.values() if one.wire.key in both]
    else:
        assert not wrong, [one.line for one in found.values() if one.ok is False]
    if not both & wrong:
        step = felt_in(wire.key)
        assert f'power-up, step {NAMES.index(step) + 1}, {step}, looks at it' in found[wire.key].line


def test_nothing_is_given_power_and_nothing_moves(tmp_path):
    real, bench = real_bench(tmp_path, Nobody())
    found = alone(dataclasses.replace(bench, gpio=no_pins))
    assert {one.wire.key for one in found.wires if one.ok} >= {'interlock.step', 'pins.heartbeat'}
    assert real.switched == []
    assert real.rises(real.machine.pins.platter_step) == 1536, 'whole electrical turns'
    for pin, active in ((real.machine.pins.enable, real.machine.pins.enable_active),
                        (real.machine.pins.bridge_enable, real.machine.pins.bridge_enable_active),
                        (real.machine.pins.head_lift, real.machine.pins.lift_down)):  # fmt: skip
        assert bit(active) not in {level for _, gpio, level in real.edges if gpio == pin}
    real.assert_still()


def no_pins():
    raise MachineRefusesError('there is no RPi.GPIO here', where='controls', remedy='install it')


def test_what_cannot_be_looked_at_is_told_and_the_rest_is_looked_at(tmp_path):
    real, bench = real_bench(tmp_path, Nobody())
    real.cable_cut = True
    found = alone(dataclasses.replace(bench, gpio=no_pins))
    assert [error.what for error in found.refused] == ['there is no RPi.GPIO here']
    wrong = {one.wire.key: one.line for one in found.wires if one.ok is False}
    assert set(wrong) == {'interlock.tx', 'interlock.rx'}
    assert 'the Pico has no supply' in wrong['interlock.tx']


def test_a_relay_that_sticks_moves_no_pin():
    found = looked_at(Break('interlock.relay_contact', 'ground'))
    assert found['interlock.relay_contact'].ok is False
    assert (found['interlock.step'].ok, found['pins.heartbeat'].ok) == (None, None)


def test_two_contacts_of_the_stop_that_changed_places_are_named_beside_the_third():
    wrong = {key for key, one in looked_at(Break('interlock.stop_closed', 'swap')).items() if one.ok is False}
    assert wrong == {'controls.stop_pressed', 'interlock.stop_closed', 'interlock.stop_open'}


class Broken:
    """Pins of which the kernel says no."""

    BCM, IN, PUD_UP, PUD_DOWN = 11, 1, 22, 21

    def setwarnings(self, on):
        pass

    def setmode(self, mode):
        pass

    def setup(self, pin, direction, **how):
        raise RuntimeError('GPIO not allocated')


def test_pins_that_cannot_be_had_are_one_line(tmp_path):
    _, bench = real_bench(tmp_path, Nobody())
    found = alone(dataclasses.replace(bench, gpio=Broken))
    (error,) = found.refused
    assert error.line.startswith('header: the pins cannot be read (GPIO not allocated); add the user to the group gpio')


def test_a_machine_without_a_panel_is_looked_at_as_far_as_it_goes():
    bare = dataclasses.replace(MACHINE, controls=None, lcd=None)
    found = alone(virtual_bench(bare))
    assert len(found.wires) == 27
    assert not found.refused


@pytest.fixture
def beside(tmp_path, monkeypatch):
    """The command on a real machine whose parts are stand-ins."""
    mine = tmp_path / 'mine.toml'
    mine.write_text('[machine]\nbase = "virtual"\nkind = "real"\n')
    data, run = tmp_path / 'data', tmp_path / 'run'
    settings = tmp_path / 'booth.toml'
    settings.write_text(f'[places]\ndata = "{data}"\n')
    broken = []
    monkeypatch.setattr('appliance.compose.doctor.powerup.bench_of', lambda *_, **how: virtual_bench(MACHINE, broken))
    monkeypatch.setattr('appliance.commands.doctor._held', lambda *_: contextlib.nullcontext(run))
    return broken, ['doctor', 'wires', '--machine', str(mine), '--config', str(settings)]


def test_the_command_prints_a_line_a_wire(beside, capsys):
    broken, words = beside
    assert main(words) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(WIRES)
    assert {line[:4] for line in lines} == {'ok  ', '--  '}
    broken.append(Break('interlock.sda', 'open'))
    assert main([*words, '--json']) == 3
    told = json.loads(capsys.readouterr().out)
    assert [one['saw'] for one in told if one['ok'] is False and 'interlock.sda (Pico GP 14, pin 19' in one['saw']]
    assert None in [one['ok'] for one in told]


def test_a_computer_that_is_no_pi_says_so_in_one_line_each(capsys, monkeypatch, tmp_path):
    monkeypatch.setattr('appliance.commands.doctor._held', lambda *_: contextlib.nullcontext(tmp_path))
    assert main(['doctor', 'wires', '--machine', 'real']) == 3
    wrong = [line for line in capsys.readouterr().out.splitlines() if line.startswith('FAIL')]
    assert len(wrong) == 2
    assert main(['doctor', 'wires', '--machine', 'real', '--break', 'pins.enable=open']) == 2
    assert 'wires break on a virtual machine only' in capsys.readouterr().err
