"""Each wire of a machine is broken in turn, and what the booth says in an emulated computer names it.

Felt through a kernel's own pins and a serial line where that can be; by the virtual machine in that computer where not.
"""

import socket

import pytest

from appliance.machine import load_machine
from appliance.virtual.harness import HOW
from appliance.wires.table import neighbour, wires_of
from tests.emulated.pc import HERE, run_in
from tests.emulated.pico_line import CASES, PicoLine

pytestmark = pytest.mark.timeout(1500)
MACHINE = load_machine()
WIRES = {wire.key: wire for wire in wires_of(MACHINE)}
PANEL = [key for key in WIRES if key.startswith('controls.') and WIRES[key].way == 'in']
# Of what the computer can only be told: by the name of the wire, but for the lid, which may well be open.
TOLD = dict.fromkeys([key for key, _ in CASES if key], '') | {'interlock.lid': 'the lid'}
NAMED = {key: words or key for key, words in TOLD.items()}
VIRTUAL = [key for key in WIRES if key not in PANEL and key not in NAMED]


@pytest.fixture(scope='module')
def said(pc, tmp_path_factory):
    ours, theirs = socket.socketpair()
    with ours, theirs:
        PicoLine(MACHINE, ours)
        told = run_in(pc, HERE / 'wires.py', tmp_path_factory.mktemp('pc'), theirs)
    return {(one['what'], one['wire'], one['how']): one for one in told if 'wire' in one}


def test_every_wire_is_tried():
    assert {*PANEL, *NAMED, *VIRTUAL} == set(WIRES)
    assert {key for key, _ in CASES if key} == set(NAMED)
    assert len(PANEL) == 6


@pytest.mark.parametrize('key', PANEL)
def test_a_wire_of_the_panel_that_is_whole_is_good(said, key):
    assert said['panel', key, '']['ok'], said['panel', key, '']['says']


@pytest.mark.parametrize('how', HOW)
@pytest.mark.parametrize('key', PANEL)
def test_a_wire_of_the_panel_that_is_broken_is_named(said, key, how):
    told = said['panel', key, how]
    wire = WIRES[key]
    assert not told['ok']
    assert f'{key} (GPIO {wire.gpio}, header pin {wire.pin})' in told['says']
    other = neighbour(tuple(WIRES.values()), wire)
    if how == 'swap' and other.key in PANEL:
        assert f'{other.key} (GPIO {other.gpio}' in told['says']


def test_an_interlock_whose_wires_are_whole_gives_power(said):
    assert said['interlock', '', '']['ok'], said['interlock', '', '']['says']


@pytest.mark.parametrize(('key', 'how'), CASES[1:])
def test_a_wire_of_the_interlock_that_is_broken_is_named(said, key, how):
    told = said['interlock', key, how]
    assert not told['ok']
    assert NAMED[key] in told['says']


@pytest.mark.parametrize('key', VIRTUAL)
def test_every_other_wire_that_is_broken_is_named_by_the_doctor(said, key):
    told = said['virtual', key, 'open']
    assert not told['ok']
    assert f'{" = ".join(WIRES[key].keys)} ({WIRES[key].place}' in told['says']


def test_a_host_who_types_it_reads_the_same(said):
    told = said['command', 'wires --break interlock.home=open', '']
    assert not told['ok']
    assert told['says'].startswith('FAIL wire           interlock.home (Pico GP 13, pin 17')
