"""The cutter's child: it answers, it stops, it may die, and it does not outlive its parent."""

import errno
import json
import os
import select
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from appliance.errors import AudioLetterError, StorageError, key_of
from appliance.interlock.link import Standing
from appliance.kiosk.cutter import DIED, Cutter
from appliance.orders import Done, Facts, Fault, Finished, Order, Progress, Refused, Stopped, Switch
from appliance.words.reasons import REASONS

pytestmark = pytest.mark.timeout(600)  # seconds on two cores; the child gives way to whatever else goes on
WAIT_S = 300.0
FAST, QUICK, PACED = Order('xray-25'), Order('xray-25', pace=60.0), Order('xray-25', pace=6.0)


@pytest.fixture
def wav(tmp_path):
    soundfile.write(tmp_path / 'take.wav', 0.2 * np.sin(np.arange(48_000) / 9), 16000)
    return tmp_path / 'take.wav'


@pytest.fixture
def cutter():
    cutter = Cutter()
    yield cutter
    cutter.close()


def until(cutter, *kinds):
    """Everything said up to the first of `kinds`, which is last; what was said after it is there for the next."""
    said = []
    while not (said and isinstance(said[-1], kinds)):
        assert cutter.wait(WAIT_S), said[-3:]
        came = list(cutter.poll())
        while came and not (said and isinstance(said[-1], kinds)):
            said.append(came.pop(0))
        cutter._heard[:0] = came
    return said


def begun(cutter, wav, folder):
    cutter.prepare(wav, PACED)
    until(cutter, Facts)
    cutter.cut(folder)
    said = until(cutter, Progress)
    while not said[-1].head_down:
        said = until(cutter, Progress)


def test_the_child_of_a_real_machine_leaves_its_record_where_the_booth_has_its_own_things(tmp_path):
    """So that two booths on one computer, or a booth with --run, do not look for what another has left."""
    child = tmp_path / 'child.py'
    child.write_text(
        'import sys\nfrom multiprocessing.connection import Connection\n'
        'Connection(int(sys.argv[1])).send(sys.argv[2:])\n'
    )
    cutter = Cutter((str(child),), run=tmp_path / 'run', real='mine.toml')
    cutter.warm()
    assert cutter.wait(WAIT_S)
    assert cutter.poll()[0] == [str(tmp_path / 'run'), 'mine.toml'], 'and hears of which machine it is to look after'
    cutter.close()


def test_a_letter_is_prepared_cut_and_finished(cutter, wav, tmp_path):
    assert cutter.pid is None
    cutter.prepare(wav, FAST)
    facts = until(cutter, Facts)[-1]
    assert facts.total_s > facts.letter_s > 2.8
    cutter.cut(tmp_path / 'disc')
    done = until(cutter, Done)[-1]
    assert json.loads((done.folder / 'report.json').read_text())['speed_rpm'] == facts.speed_rpm
    until(cutter, Finished)
    assert {path.name for path in done.folder.iterdir()} == {'report.json', 'groove.npz', 'disc.png', 'playback.wav'}


def test_what_cannot_be_read_and_what_was_forgotten_is_refused(cutter, wav, tmp_path):
    cutter.prepare(tmp_path / 'none.wav', FAST)
    assert until(cutter, Refused)[-1].key == 'plan'
    cutter.prepare(wav, FAST)
    cutter.forget()
    cutter.cut(tmp_path / 'disc')
    assert until(cutter, Facts, Refused)[-1] == Refused('plan', 'there is no letter to be cut; prepare it first')


@pytest.mark.parametrize(
    ('deed', 'kind', 'key', 'word'),
    [
        (lambda c: c.stop('enough'), Stopped, 'visitor', 'enough'),
        (lambda c: c.switch('lid_closed', False), Stopped, 'lid', 'lid'),
        (lambda c: c.switch('stop_pressed', True), Stopped, 'stop', 'stop button'),
        (lambda c: c.inject('swarf'), Fault, 'swarf', 'swarf'),
        (lambda c: c.inject('stall'), Fault, 'stall', 'the platter stands still'),
        (lambda c: c.inject('underrun'), Fault, 'underrun', 'feeder'),
        (lambda c: c.switch('missing', True), Fault, 'interlock', 'does not answer'),
    ],
    ids=['stop', 'lid', 'button', 'swarf', 'stall', 'underrun', 'missing'],
)
def test_what_happens_while_it_cuts_ends_the_cut(cutter, wav, tmp_path, deed, kind, key, word):
    begun(cutter, wav, tmp_path / 'disc')
    deed(cutter)
    last = until(cutter, Done, Stopped, Fault)[-1]
    assert isinstance(last, kind)
    assert last.key == key
    assert word in str(last)
    assert {path.name for path in tmp_path.iterdir()} == {'take.wav'}


def test_an_interlock_that_is_missing_is_told_until_it_is_back_and_whoever_is_started_hears_of_it(cutter):
    cutter.switch('missing', True)
    for _ in range(2):
        cutter.warm()
        told = until(cutter, Standing)[-1]
        assert told.key == 'interlock'
        cutter.give_up()
        assert cutter.poll()[-1].key == DIED
    cutter.warm()
    until(cutter, Standing)
    cutter.switch('missing', False)
    assert until(cutter, Standing)[-1] == Standing()


def test_a_lid_that_is_open_before_the_cut_spends_no_blank(cutter, wav, tmp_path):
    cutter.switch('lid_closed', False)
    cutter.prepare(wav, FAST)
    cutter.cut(tmp_path / 'disc')
    refused = until(cutter, Progress, Done, Stopped, Refused, Fault)[-1]
    assert (type(refused), refused.key) == (Refused, 'lid')


@pytest.mark.parametrize(
    ('number', 'key'), [(errno.ENOSPC, 'disk full'), (errno.EDQUOT, 'disk full'), (errno.EIO, 'storage')]
)
def test_a_full_disk_is_told_from_a_broken_one(number, key):
    told = StorageError('cannot write')
    told.__cause__ = OSError(number, os.strerror(number))
    assert key_of(told) == key_of(told.__cause__) == key


def test_every_key_of_an_error_has_its_words():
    for kind in AudioLetterError.__subclasses__():
        assert kind.usual_key in REASONS, kind


def test_a_cut_that_was_stopped_is_followed_by_homing_and_one_that_was_not_by_none(cutter, wav, tmp_path):
    cutter.prepare(wav, FAST)
    assert until(cutter, Facts)[-1].homing_s > 5
    for folder in ('stopped', 'after'):
        cutter.prepare(wav, QUICK)
        until(cutter, Facts)
        cutter.cut(tmp_path / folder)
        homed = until(cutter, Progress)
        while not homed[-1].head_down:
            homed += until(cutter, Progress)
        assert homed[0].homing
        assert not homed[-1].homing
        cutter.stop('enough')
        said = until(cutter, Facts)
        assert isinstance(said[-2], Stopped)
        assert said[-1].homing_s > 30 / QUICK.pace  # whoever cuts the same letter again is told of it
    cutter.prepare(wav, FAST)
    until(cutter, Facts)
    cutter.cut(tmp_path / 'whole')
    until(cutter, Finished)
    cutter.prepare(wav, FAST)
    assert until(cutter, Facts)[-1].homing_s == 0
    cutter.cut(tmp_path / 'again')
    assert not until(cutter, Progress)[-1].homing, 'which would be first'


def test_results_that_are_there_already_are_refused_before_a_blank_is_spent(cutter, wav, tmp_path):
    (tmp_path / 'disc').mkdir()
    (tmp_path / 'disc' / 'report.json').write_text('of another letter')
    cutter.prepare(wav, FAST)
    cutter.cut(tmp_path / 'disc')
    refused = until(cutter, Progress, Done, Refused, Fault)[-1]
    assert isinstance(refused, Refused)
    assert 'results already' in refused.text
    assert (tmp_path / 'disc' / 'report.json').read_text() == 'of another letter'


def test_a_child_that_dies_is_a_fault_and_another_comes(cutter, wav, tmp_path):
    begun(cutter, wav, tmp_path / 'disc')
    os.kill(cutter.pid, signal.SIGKILL)
    assert until(cutter, Fault)[-1].key == DIED
    cutter.prepare(wav, FAST)
    until(cutter, Facts)


def test_a_mistake_in_the_child_is_a_fault_and_not_a_silence(cutter, wav, capfd):
    cutter.prepare(wav, Order(disc=3))  # no name of a disc: the loader never expected a number
    assert until(cutter, Fault)[-1].key == DIED
    assert 'Traceback' in capfd.readouterr().err
    cutter.prepare(wav, FAST)
    until(cutter, Facts)


def test_a_mistake_in_what_it_hears_is_one_too(cutter, wav, capfd):
    """The thread that hears is not the one that works, which would wait for orders for ever."""
    cutter.prepare(wav, FAST)
    until(cutter, Facts)
    cutter._tell(Switch(3, True))  # no name of a switch
    assert until(cutter, Fault)[-1].key == DIED
    assert 'Traceback' in capfd.readouterr().err


PARENT = """
import sys
from pathlib import Path
from tests.kiosk.test_cutter import begun
from appliance.kiosk.cutter import Cutter
cutter = Cutter()
begun(cutter, Path(sys.argv[1]), Path(sys.argv[2]))
print(cutter.pid, flush=True)
cutter.wait(60) and sys.stdin.read()
"""


def test_a_child_does_not_outlive_its_parent(wav, tmp_path):
    root = Path(__file__).parents[2]
    parent = subprocess.Popen(
        [sys.executable, '-c', PARENT, str(wav), str(tmp_path / 'disc')],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=root, env=os.environ | {'PYTHONPATH': str(root)},
    )  # fmt: skip
    child = int(parent.stdout.readline())
    gone = os.pidfd_open(child)
    parent.kill()
    parent.communicate()
    poll = select.poll()
    poll.register(gone)
    assert poll.poll(WAIT_S * 1000)
    os.close(gone)
    assert {path.name for path in tmp_path.iterdir()} == {'take.wav'}


def test_an_answer_says_whose_take_it_is_about(cutter, wav, tmp_path):
    cutter.prepare(wav, Order('xray-25', take=7))
    assert until(cutter, Facts)[-1].take == 7
    cutter.prepare(tmp_path / 'nothing.wav', Order('xray-25', take=8))
    assert until(cutter, Refused)[-1].take == 8


def test_a_cutter_that_is_killed_leaves_nobody_behind(cutter, wav, tmp_path):
    begun(cutter, wav, tmp_path / 'disc')
    pid = cutter.pid
    cutter.kill()
    assert cutter.pid is None
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    assert not (tmp_path / 'disc').exists()


def test_a_child_that_cannot_be_started_is_a_fault_and_not_a_silence(wav, monkeypatch):
    def refuse(*args, **kwargs):
        raise OSError(errno.EMFILE, 'Too many open files')

    cutter = Cutter()
    monkeypatch.setattr(subprocess, 'Popen', refuse)
    cutter.warm()
    cutter.prepare(wav, FAST)
    assert [fault.key for fault in cutter.poll()] == [DIED]
    cutter.close()


def test_a_child_that_does_not_answer_any_more_is_given_up_and_another_comes(cutter, wav):
    cutter.prepare(wav, FAST)
    until(cutter, Facts)
    os.kill(cutter.pid, signal.SIGSTOP)
    cutter.give_up()
    assert [fault.key for fault in cutter.poll()] == [DIED]
    cutter.prepare(wav, FAST)
    until(cutter, Facts)


def test_a_cut_slower_than_a_real_one_says_so_and_a_faster_one_promises_nothing(cutter, wav):
    total_s = {}
    for pace in (0.5, 1.0, 4.0):
        cutter.prepare(wav, Order('xray-25', pace=pace))
        total_s[pace] = until(cutter, Facts)[-1].total_s
    assert total_s[0.5] == pytest.approx(2 * total_s[1.0])
    assert total_s[4.0] == total_s[1.0]


def test_a_child_shows_that_it_hears_while_it_prepares_and_not_while_it_is_frozen(cutter, wav):
    """A frozen child answers when it is thawed: until then it owes a sign of life, which the vigil counts."""
    cutter.ping()
    assert not cutter.asked, 'there is no child to be asked'
    cutter.prepare(wav, FAST)
    cutter.ping()
    assert not cutter.awake, 'it is being started'
    until(cutter, Facts)
    assert (cutter.asked, cutter.pongs, cutter.awake) == (False, 1, True)
    os.kill(cutter.pid, signal.SIGSTOP)
    cutter.ping()
    cutter.ping()
    assert not cutter.wait(0.05)
    assert (cutter.asked, cutter.pongs) == (True, 1)
    os.kill(cutter.pid, signal.SIGCONT)
    while cutter.asked:
        assert not cutter.wait(0.05), 'a sign of life is no news: time would leap for whoever waits'
    assert cutter.pongs == 2
    assert cutter.poll() == ()


@pytest.mark.parametrize('number', [signal.SIGINT, signal.SIGHUP, signal.SIGTERM])
def test_what_a_terminal_says_to_all_of_its_programs_does_not_end_the_child(cutter, tmp_path, number):
    """A Ctrl-C beside `./tools/kiosk` reaches both processes: the parent alone ends the child, in good order."""
    cutter.prepare(tmp_path / 'none.wav', FAST)
    until(cutter, Refused)  # by now it runs
    process = cutter._process
    os.kill(cutter.pid, number)
    cutter.prepare(tmp_path / 'none.wav', FAST)
    until(cutter, Refused)
    cutter.close()
    assert process.returncode == 0


def test_a_mistake_in_what_the_child_hears_ends_it_and_is_told(tmp_path):
    """Else a stop would never be heard again, and the parent would wait for ever."""
    child = tmp_path / 'deaf.py'
    child.write_text(
        'import sys\nfrom appliance.compose import cutter_child\nfrom appliance.orders import Forget\n'
        'class Deaf(cutter_child.Child):\n'
        '    def hear(self, order):\n'
        '        if isinstance(order, Forget):\n'
        '            raise SystemExit(3)\n'
        '        super().hear(order)\n'
        'cutter_child.Child = Deaf\ncutter_child.main(int(sys.argv[1]))\n'
    )
    cutter = Cutter((str(child),))
    cutter.warm()
    process = cutter._process
    cutter.forget()
    assert [fault.key for fault in until(cutter, Fault)] == [DIED]
    assert process.returncode == 3
    cutter.close()
