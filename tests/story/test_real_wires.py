"""A whole visit through the real drivers: fingers are levels on pins, and the LCD is what its bytes decode to."""

import importlib.util
import os
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from appliance.booth.decode import decoded
from appliance.booth.lcd import RETRY_S
from appliance.compose.handles import demonstration, sample_file
from appliance.machine import load_machine
from appliance.screens import draw
from appliance.workflow.values import State
from tests.compose.test_headless import TO_RECORDING
from tests.story.wired import WiredBooth

pytestmark = pytest.mark.timeout(600)  # half a minute on two cores, some minutes beside others
SPEAKING = f'{TO_RECORDING}speak sample\n'
VISIT = [State.ATTRACT, State.LANGUAGE, State.LEVEL_CHECK, State.COUNTDOWN, State.RECORDING, State.LISTEN,
         State.LOAD_DISC, State.CUTTING, State.TAKE_DISC, State.THANKS, State.ATTRACT]  # fmt: skip


def rewired():
    """The same booth with other pins, other polarities and the panel upside down."""
    machine = load_machine()
    controls = replace(machine.controls, stop_pressed=8, stop_pressed_active='low', lamp_active='low', left=4)
    lcd = replace(machine.lcd, spi_device=1, dc=20, reset=24, backlight=25, backlight_active_low=True, rotate=2)
    return replace(machine, controls=controls, lcd=lcd)


@pytest.fixture
def wired(tmp_path):
    made = []

    def make(machine=None, seed=0, tape=None):
        made.append(WiredBooth(tmp_path, machine or load_machine(), seed, tape))
        return made[-1]

    yield make
    for booth in made:
        booth.booth.close()
        assert not booth.rig.lamp()
        assert not booth.rig.lit()


@pytest.fixture
def memory():
    """A folder of our own in memory, which the booth insists on."""
    if not Path('/dev/shm').is_dir():
        pytest.skip('there is no /dev/shm here')
    with tempfile.TemporaryDirectory(prefix='audioletter-test-', dir='/dev/shm') as folder:
        yield folder


@pytest.mark.parametrize('machine', [
    pytest.param(rewired(), id='rewired'), pytest.param(load_machine(), id='virtual', marks=pytest.mark.with_all),
])  # fmt: skip
def test_a_whole_visit_is_done_with_fingers_on_pins_and_seen_on_the_wires(wired, machine, tmp_path):
    booth = wired(machine)
    booth.play(f'{demonstration()}\nresults {tmp_path}/results')
    assert [state for state in booth.seen if state in VISIT] == VISIT
    assert set(booth.seen) - set(VISIT) <= {State.RECOVERING, State.SAVING}
    assert booth.pictures > 300
    (letter,) = booth.letters()
    kept, rate = soundfile.read(letter, dtype='float32')
    spoken = np.concatenate(list(decoded(sample_file())))[: len(kept)]
    assert rate == 48_000
    assert 23 < len(kept) / rate < 28
    np.testing.assert_allclose(kept[: len(spoken)], spoken, atol=2**-22)
    assert soundfile.info(tmp_path / 'results' / 'playback.wav').duration > 23


def test_what_the_card_gives_through_the_real_microphone_is_the_letter_to_the_sample(wired):
    tape = np.concatenate(list(decoded(sample_file())))
    booth = wired(seed=3, tape=tape)
    booth.play(f'{TO_RECORDING}pause 12\npress record\nwait listen\npress record\nwait load disc')
    (letter,) = booth.letters()
    kept, _ = soundfile.read(letter, dtype='float32')
    assert 11 < len(kept) / 48_000 < 13
    loudest = int(np.abs(kept).argmax())
    began = int(np.abs(tape - kept[loudest]).argmin()) - loudest
    np.testing.assert_allclose(kept, np.resize(np.roll(tape, -began), len(kept)), atol=2**-22)
    assert booth.microphone.library.lost_blocks == 0


def test_a_lid_wire_that_breaks_while_the_disc_is_cut_stops_the_cut(wired):
    booth = wired(seed=5)
    keep = 'pause 8\npress record\nwait listen\npress record\nwait load disc\nlay blank\nwait ready\npress record'
    booth.play(f'{SPEAKING}{keep}\nwait cutting')
    booth.rig.cut('lid_closed')
    booth.play('wait stopped 5')
    assert booth.seen[-1] is State.STOPPED
    booth.play(
        'close lid\nwait load disc 5\ntake disc\npause 1\nlay blank\nwait ready\npress record\nwait take disc 600'
    )


def test_a_panel_whose_bus_breaks_costs_no_word_of_the_letter_and_shows_again(wired, caplog):
    booth = wired(seed=9)
    booth.play(f'{SPEAKING}pause 4')
    shown = draw(booth.kiosk.view)
    booth.rig.bus.broken = True
    booth.play('pause 8\nexpect recording')
    assert 'Input/output error' in booth.kiosk.parts.display.cause
    assert booth.rig.shows(shown), 'the glass keeps what it had'
    booth.rig.bus.broken = False
    booth.rig.clock.rest(RETRY_S)
    booth.play('expect recording\npress record\nwait listen\npress record\nwait load disc')
    assert booth.seen[-1] is State.LOAD_DISC
    (letter,) = booth.letters()
    assert soundfile.info(letter).duration > 12
    told = [line for line in caplog.messages if line.startswith('display: ')]
    assert len(told) == 2
    assert 'Input/output error' in told[0]
    assert told[1] == 'display: well again'


@pytest.mark.parametrize(('parts', 'module'), [('lcd', 'spidev'), ('controls', 'RPi'), ('controls,lcd', 'spidev')])
@pytest.mark.parametrize('how', [['--no-page'], ['--headless', 'visit.txt']], ids=['no page', 'headless'])
def test_real_parts_where_there_is_no_pi_are_refused_in_one_line(tmp_path, memory, parts, module, how):
    if importlib.util.find_spec(module) is not None:
        pytest.skip(f'{module} is installed here')
    (tmp_path / 'visit.txt').write_text('wait attract\n')
    words = [sys.executable, '-m', 'appliance', 'kiosk', '--real', parts, *how]
    places = ['--data', tmp_path / 'data', '--run', memory]
    environment = os.environ | {'PYTHONPATH': str(Path(__file__).parents[2])}
    done = subprocess.run([*words, *places], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 3, done.stderr
    assert done.stdout == ''
    (line,) = done.stderr.splitlines()
    assert f"No module named '{module}'" in line
    assert 'install' in line
