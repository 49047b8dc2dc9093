"""Each wire is broken in turn, in each way: the doctor names that wire, with its pins, and no other."""

import pytest

from appliance.compose.doctor import drive, try_wires
from appliance.errors import OptionError
from appliance.machine import load_machine
from appliance.virtual.harness import HOW, Break, parse_break
from appliance.wires.table import neighbour, wires_of

MACHINE = load_machine()
WIRES = wires_of(MACHINE)


@pytest.fixture(scope='module')
def run():
    return drive(MACHINE)


def broken(run, *breaks):
    return {one.wire.key: one for one in try_wires(MACHINE, breaks, run).broken}


def test_a_machine_whose_wires_are_whole_has_nothing_to_tell(run):
    tried = try_wires(MACHINE, (), run)
    assert [one.line for one in tried.wires if one.ok is not True] == []
    assert [one.wire for one in tried.wires] == list(WIRES)
    assert tried.left == ''


@pytest.mark.parametrize('how', HOW)
@pytest.mark.parametrize('wire', WIRES, ids=lambda wire: wire.key)
def test_the_wire_that_is_broken_is_named_and_no_other(run, wire, how):
    tried = try_wires(MACHINE, (Break(wire.key, how),), run)
    found = {one.wire.key: one for one in tried.broken}
    wanted = {wire.key} | ({neighbour(WIRES, wire).key} if how == 'swap' else set())
    if (wire.key, how) == ('interlock.lamp', 'swap'):  # with the stop contact: there is no power, and so no lamp
        assert set(found) == {'interlock.stop_closed'}
        assert 'or it has changed places with interlock.lamp (Pico GP 4, pin 6)' in found['interlock.stop_closed'].line
        return
    assert set(found) == wanted, [one.line for one in found.values()]
    line = found[wire.key].line
    assert all(key in line for key in wire.keys)
    if wire.gpio is not None:
        assert f'(GPIO {wire.gpio}, header pin {wire.pin}' in line
    if wire.pico is not None:
        assert f'Pico GP {wire.pico}, pin {wire.pico_pin}' in line
    if how != 'swap':
        assert ('touches ground' if how == 'ground' else 'is open') in line
        assert 'confused' not in line
        could = (wire.key, how) == ('interlock.stop_closed', 'open')  # with the lamp, which is not tried then
        assert ('changed places with interlock.lamp' in line) is could
        assert ('changed places' in line) is could
    else:
        other = neighbour(WIRES, wire)
        said = 'is confused with' if other.way == wire.way else 'or it has changed places with'
        assert f'{said} {other.key} ({other.place})' in line


def test_two_outputs_that_changed_places_are_named_as_such(run):
    found = broken(run, Break('pins.leg_a', 'swap'))
    assert 'is confused with pins.leg_b (GPIO 13, header pin 33)' in found['pins.leg_a'].line
    assert 'is confused with pins.leg_a (GPIO 12, header pin 32)' in found['pins.leg_b'].line


def test_two_wires_at_once_are_both_named(run):
    found = broken(run, Break('pins.carriage_dir', 'open'), Break('controls.blank', 'ground'))
    assert set(found) == {'pins.carriage_dir', 'controls.blank'}


def test_what_hangs_on_a_broken_wire_is_not_tried_and_not_blamed(run):
    unknown = {
        one.wire.key for one in try_wires(MACHINE, (Break('interlock.lid', 'open'),), run).wires if one.ok is None
    }
    assert unknown == {'interlock.relay', 'interlock.lift', 'interlock.lamp', 'interlock.relay_contact'}


@pytest.mark.parametrize('words', ['pins.leg_a', 'pins.leg_a=cut', '=', ''])
def test_a_break_that_is_none_is_refused(words):
    with pytest.raises(OptionError, match='HOW is one of open, ground, swap'):
        parse_break(words)


def test_a_wire_that_is_not_there_is_refused(run):
    with pytest.raises(OptionError, match=r"no wire 'pins\.nothing'"):
        try_wires(MACHINE, (Break('pins.nothing', 'open'),), run)
