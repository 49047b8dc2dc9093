"""Buttons, sensors and lamp of the booth through a real kernel and an RPi.GPIO-compatible stack (rpi-lgpio)."""

import pytest

from tests.emulated.pc import HERE, run_in

pytestmark = pytest.mark.timeout(1500)
# What hangs on the pin when nothing does, so that a broken wire reads as the safe thing (virtual.toml, [controls]).
LET_GO = {'record': 'pull-up', 'left': 'pull-down', 'right': 'pull-down', 'lid_closed': 'pull-up', 'blank': 'pull-up',
          'stop_pressed': 'pull-up'}  # fmt: skip
BROKEN = {name: name == 'stop_pressed' for name in LET_GO} | {'known': True}


@pytest.fixture(scope='module')
def said(pc, tmp_path_factory):
    return run_in(pc, HERE / 'pins.py', tmp_path_factory.mktemp('pc'))


def test_with_every_wire_broken_the_booth_is_stopped_open_and_empty(said):
    assert said[0] == {'what': 'begun', 'read': BROKEN, 'cause': ''}


@pytest.mark.parametrize('name', LET_GO)
def test_each_wire_is_read_by_its_own_name_and_by_no_other(said, name):
    on, off = (told for told in said if told['what'] == name)
    assert on['let_go'] == off['let_go'] == LET_GO[name]
    assert on['read'] == BROKEN | {name: True}
    assert off['read'] == BROKEN | {name: False}


def test_the_lamp_is_lit_and_goes_out_with_the_program(said):
    lamp = [(told['lit'], told['value'], told['cause']) for told in said if told['what'] == 'lamp']
    assert lamp == [(True, 1, ''), (False, 0, ''), (True, 1, '')]
    assert said[-1]['lamp'] == 0
