"""The host's errands to the cutter's child: moved by executed bytes, and ended by whatever ends a cut."""

import os
import select
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from appliance.errors import AudioLetterError, OptionError
from appliance.hands.orders import Home, Jog, Moved, Moving, Setup, Spin, Spun, TestCut
from appliance.kiosk.cutter import DIED, Cutter
from appliance.orders import Done, Errand, ErrandSaid, Facts, Fault, Order
from tests.compose.hands_rig import Pins
from tests.kiosk.test_cutter import WAIT_S, until, wav  # noqa: F401 (a fixture)

pytestmark = pytest.mark.timeout(600)  # as in test_cutter
BLIND = Setup()


@pytest.fixture
def cutter():
    cutter = Cutter()
    yield cutter
    cutter.close()


def ended(cutter, number=1):
    """All that is said to an errand; its last is the last."""
    said = []
    while not (said and said[-1].last):
        assert cutter.wait(WAIT_S), said[-3:]
        came = [message for message in cutter.poll() if isinstance(message, ErrandSaid)]
        said += [message for message in came if message.number == number]
    return [message.what for message in said]


def moving(cutter):
    """Until something has moved."""
    said = until(cutter, ErrandSaid)[-1]
    while not (isinstance(said.what, Moving) and said.what.part > 0.05):
        assert not said.last, said
        said = until(cutter, ErrandSaid)[-1]


def test_homing_and_a_jog_and_a_spin_are_answered(cutter):
    cutter.errand(Errand(1, Home(BLIND, 'carriage')))
    assert isinstance(ended(cutter)[-1], Moved)
    cutter.errand(Errand(2, Jog(BLIND, 'carriage', 30.0, 5.0)))
    assert ended(cutter, 2)[-1].carriage_mm == pytest.approx(100)
    cutter.errand(Errand(3, Spin(BLIND, 78.26, 3)))
    assert isinstance(ended(cutter, 3)[-1], Spun)


def test_what_is_past_a_limit_is_an_error_that_comes_over_the_pipe_whole(cutter):
    cutter.errand(Errand(1, Jog(BLIND, 'carriage', 30.0, 5.0)))
    error = ended(cutter)[-1]
    assert isinstance(error, OptionError)
    assert (error.where, error.remedy) == ('carriage', 'home it first')


def test_a_belt_that_creeps_is_found_by_the_index_and_in_the_cut(cutter, wav, tmp_path):  # noqa: F811
    cutter.warm()
    cutter.inject('slip')
    cutter.errand(Errand(1, Spin(BLIND, 78.26, 5)))
    assert ended(cutter)[-1].gear == pytest.approx(1.02, rel=1e-3)
    cutter.prepare(wav, Order('xray-25'))
    until(cutter, Facts)
    cutter.cut(tmp_path / 'disc')
    assert until(cutter, Done)[-1].report['speed_error_percent'] == pytest.approx(-1.96, abs=0.02)


@pytest.mark.parametrize(
    ('deed', 'word'),
    [
        (lambda c: c.end_errand(1), 'the host has stopped it'),
        (lambda c: c.stop('enough'), 'enough'),
        (lambda c: c.switch('lid_closed', False), 'lid'),
        (lambda c: c.switch('stop_pressed', True), 'stop button'),
        (lambda c: c.inject('stall'), 'the platter stands still'),
    ],
    ids=['host', 'stop', 'lid', 'button', 'stall'],
)
def test_whatever_ends_a_movement_is_its_last_word(cutter, tmp_path, deed, word):
    cutter.errand(Errand(1, Jog(Setup(pace=4.0, trace=tmp_path / 'trace.npz'), 'platter', 100.0, 60.0)))
    moving(cutter)
    deed(cutter)
    error = ended(cutter)[-1]
    assert isinstance(error, AudioLetterError)
    assert word in str(error)
    pins = Pins.of_trace(tmp_path / 'trace.npz')
    assert pins.safe()
    assert pins.frames < 60 * 200_000  # of 104 s


def test_an_errand_that_was_stopped_while_it_waited_never_begins(cutter, tmp_path):
    cutter.errand(Errand(1, Jog(Setup(pace=4.0), 'platter', 100.0, 60.0)))
    moving(cutter)
    trace = tmp_path / 'trace.npz'
    cutter.errand(Errand(2, Jog(Setup(pace=4.0, trace=trace), 'platter', 1.0, 60.0)))
    cutter.end_errand(2)
    cutter.errand(Errand(3, Jog(BLIND, 'carriage', 1.0, 1.0)))
    said = []
    while not (said and said[-1].number == 3 and said[-1].last):
        assert cutter.wait(WAIT_S)
        said += cutter.poll()
    last = {message.number: message.what for message in said if message.last}
    assert 'stopped' in str(last[1])
    assert 'before it began' in str(last[2])
    assert isinstance(last[3], Moved)
    assert not trace.exists()


def test_a_jog_away_from_home_is_gone_back_before_a_letter_is_cut(cutter, wav, tmp_path):  # noqa: F811
    cutter.errand(Errand(1, Home(BLIND, 'carriage')))
    ended(cutter)
    cutter.prepare(wav, Order('xray-25'))
    assert until(cutter, Facts)[-1].homing_s == 0
    cutter.errand(Errand(2, Jog(BLIND, 'carriage', 30.0, 5.0)))
    ended(cutter, 2)
    cutter.prepare(wav, Order('xray-25'))
    facts = until(cutter, Facts)[-1]
    assert facts.homing_s > 5
    cutter.cut(tmp_path / 'disc')
    report = until(cutter, Done)[-1].report
    assert report['radius_start_mm'] == pytest.approx(facts.radius_start_mm, abs=0.01)


def test_a_child_that_dies_in_a_movement_is_a_fault(cutter):
    cutter.errand(Errand(1, Jog(Setup(pace=4.0), 'platter', 100.0, 60.0)))
    moving(cutter)
    os.kill(cutter.pid, signal.SIGKILL)
    assert until(cutter, Fault)[-1].key == DIED


PARENT = """
import sys
from pathlib import Path
from tests.kiosk.test_cutter_errands import moving
from appliance.hands.orders import Jog, Setup
from appliance.orders import Errand
from appliance.kiosk.cutter import Cutter
cutter = Cutter()
cutter.errand(Errand(1, Jog(Setup(pace=4.0, trace=Path(sys.argv[1])), 'platter', 100.0, 60.0)))
moving(cutter)
print(cutter.pid, flush=True)
sys.stdin.read()
"""


def test_a_parent_that_is_killed_ends_the_movement_with_power_off_and_head_up(tmp_path):
    root, trace = Path(__file__).parents[2], tmp_path / 'trace.npz'
    parent = subprocess.Popen(
        [sys.executable, '-c', PARENT, str(trace)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=root, env=os.environ | {'PYTHONPATH': str(root)},
    )  # fmt: skip
    child = os.pidfd_open(int(parent.stdout.readline()))
    parent.kill()
    parent.communicate()
    poll = select.poll()
    poll.register(child)
    assert poll.poll(WAIT_S * 1000)
    os.close(child)
    pins = Pins.of_trace(trace)
    assert pins.safe()
    steps = pins.rising(22)
    assert len(steps) < 600_000
    assert np.diff(steps)[-5:].max() < 1.5 * np.diff(steps).min(), 'its power went; nobody is left for a ramp'


def test_a_test_cut_is_stopped_like_a_letter_and_takes_its_ring_with_it(cutter, tmp_path):
    order = TestCut(Setup(pace=6.0), 'tone', 'xray-25', tmp_path / '1', 6.0)
    cutter.errand(Errand(1, order))
    said = until(cutter, ErrandSaid)[-1]
    while not said.what.head_down:
        said = until(cutter, ErrandSaid)[-1]
    cutter.switch('lid_closed', False)
    assert 'lid' in str(ended(cutter)[-1])
    assert {path.name for path in tmp_path.iterdir()} == {'scrap.json'}
