"""The maker's guide is kept true: its wiring is the machine file's, its commands, places and figures are ours."""

import importlib
import re
import shlex
from pathlib import Path

import pytest

from appliance.commands import COMMANDS, Parser
from appliance.desk.catalogue import Catalogue
from appliance.interlock import guard
from appliance.machine import load_machine
from appliance.machine.model import FRAME_RATE_HZ
from appliance.maintenance import commands
from appliance.native import lib
from appliance.wires.text import COLUMNS, in_guide, rows

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / 'boot' / 'BUILDING.md').read_text(encoding='utf-8')
PLAIN = ' '.join(GUIDE.split())
SAID = [' '.join(said.split()) for said in re.findall(r'`([^`]+)`', GUIDE)]
AUDIOLETTER = sorted({said for said in SAID if said.startswith('audioletter ')})
SHELL = sorted(set(re.findall(r'`([a-z][a-z ]+)` ?\*', PLAIN)))
PLACES = sorted({said for said in SAID if re.fullmatch(r'(appliance|boot|native|tools|tests)/[\w./-]+', said)})


def test_the_wiring_is_that_of_the_machine_file():
    assert in_guide(GUIDE, load_machine()) == GUIDE, 'run tools/make_guide'
    for row in rows(load_machine()):
        assert '| ' + ' | '.join(row) + ' |' in GUIDE
    assert '| ' + ' | '.join(COLUMNS) + ' |' in GUIDE


def test_a_moved_pin_would_be_told(tmp_path):
    mine = tmp_path / 'mine.toml'
    mine.write_text('[machine]\nbase = "virtual"\n[pins]\nhead_lift = 1\nlift_down = "low"\n')
    moved = in_guide(GUIDE, load_machine(mine))
    assert moved != GUIDE
    assert '| pins.head_lift | 1 | 28 |' in moved


@pytest.mark.parametrize('said', AUDIOLETTER)
def test_each_command_of_the_guide_is_one(said):
    words = shlex.split(said)[1:]
    assert words[0] in COMMANDS
    parser = Parser(prog=words[0])
    importlib.import_module(f'appliance.commands.{words[0]}').add_arguments(parser)
    parser.parse_args(words[1:])


@pytest.mark.parametrize('said', SHELL)
def test_each_command_of_the_shell_is_one(said):
    Catalogue(commands()).find(shlex.split(said))


def test_the_guide_names_commands_at_all():
    assert len(AUDIOLETTER) >= 8
    assert len(SHELL) >= 5
    assert len(PLACES) >= 3


@pytest.mark.parametrize('place', PLACES)
def test_each_place_of_the_guide_exists(place):
    assert (ROOT / place).exists()


def test_the_figures_to_be_measured_are_those_of_the_program():
    machine = load_machine()
    assert '5.000 us' in GUIDE
    assert FRAME_RATE_HZ * 5 == 1_000_000
    lead = lib.bcm_gpio_lead_frames(12)
    assert f'{lead} frames ({5 * lead} us)' in GUIDE
    assert f'an edge every {machine.cut.heartbeat_ms:g} ms' in GUIDE
    assert f'within {machine.cut.lookahead_ms:g} ms' in GUIDE
    assert guard.LONGEST_PERMIT_MS < 300
    assert 'within 0.3 s' in GUIDE
    supply = machine.interlock
    assert f'({supply.supply_min_v:g} to {supply.supply_max_v:g} V are allowed)' in GUIDE
    assert f'{supply.supply_full_v:g} V is the end' in GUIDE


def test_a_sensor_that_only_pulls_down_is_told_what_it_needs():
    """Counters pull their pins down, so that a broken wire counts nothing: most hall sensors have an open collector."""
    assert 'Pin.PULL_DOWN' in (ROOT / 'boot' / 'interlock' / 'board.py').read_text(encoding='utf-8')
    (sensor,) = re.findall(r'^\| index sensor .*$', GUIDE, re.M)
    assert 'open collector' in sensor


def test_a_board_of_32_bits_is_told_that_the_image_is_not_for_it():
    (computer,) = re.findall(r'^\| computer .*$', GUIDE, re.M)
    assert '--arch=arm64' in (ROOT / 'tools' / 'make_image').read_text(encoding='utf-8')
    assert 'for 64 bits' in computer


@pytest.mark.parametrize('word', ['Mains', 'Swarf', 'Never cut nitrate film', 'stop button takes the power', '330 ohm'])
def test_what_keeps_people_safe_is_said_before_the_parts(word):
    assert word in GUIDE[: GUIDE.index('## Wires')]
