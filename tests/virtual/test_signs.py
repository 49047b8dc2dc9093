"""The virtual machine has power while its supervisor lives, in its own time: who is late holds it up, who is frozen
loses it."""

import math
import threading

import numpy as np
import pytest

from appliance.interlock.pico import ALONE, LIVES_S, PERMIT_MS
from appliance.lathe.api import State
from appliance.machine.model import bit
from appliance.virtual.interlock import FRAMES_PER_MS, VirtualInterlock
from appliance.virtual.lathe import VirtualLathe
from appliance.virtual.power.signs import SLICE_S, Signs
from tests.compose.real_rig import OFF_S
from tests.native.engine_rig import HEAD_DOWN, machine, score
from tests.virtual.test_lathe import LONGEST_S, Watcher, assert_off_at_the_end

PATIENT_S = 1e6  # nobody is ever taken for frozen
FRAMES, HEAD_UP = 170_000, 160_002  # 0.85 s


class Supervisor:
    """Answers at once until the machine's time comes to `until_ms` after it began to move; then to `late`, what it may
    call to answer, or never."""

    def __init__(self, until_ms=math.inf, late=None, frozen_s=PATIENT_S):
        self.until_ms, self.late = until_ms, late
        self.heard_ms, self.asked_ms = [], []
        self.began_ms = math.inf
        self.signs = Signs(self.ask, frozen_s)

    def ask(self, ms):
        self.asked_ms.append(ms)
        if ms < self.began_ms + self.until_ms or self.began_ms == math.inf:
            self.answer(ms)
        elif self.late is not None:
            self.late(lambda: self.answer(ms))

    def answer(self, ms):
        self.heard_ms.append(ms)
        self.signs.heard(ms)

    def interlock(self):
        """Of the machine that it watches over."""
        interlock = VirtualInterlock(signs=self.signs)
        begin = interlock.begin

        def began():
            begin()
            self.began_ms = interlock.now_s() * 1000

        interlock.begin = began
        return interlock


def cut(interlock=None):
    """A head that goes down, a platter that turns: what was executed, and how it ended."""
    watcher = Watcher()
    lathe = VirtualLathe(machine(), [watcher], interlock)
    try:
        lathe.start(score(machine(), FRAMES, head=(HEAD_DOWN, HEAD_UP)))
        assert lathe.wait(LONGEST_S)
        return watcher, lathe.progress()
    finally:
        lathe.close()


def last_ms(watcher, gpio, level):
    """When that pin went to `level` for the last time, behind the relay."""
    seen = [block.powered for block in watcher.blocks]
    frames = np.concatenate([block.edge_frame for block in seen])
    there = np.concatenate([(block.edge_gpio == gpio) & (block.edge_level == level) for block in seen])
    return frames[there][-1] / FRAMES_PER_MS


def test_a_supervisor_that_lives_or_is_only_late_makes_no_difference():
    """Not to one byte of what is executed, however late it is."""
    threads = []

    def late(answer):
        """By another thread, some time."""
        threads.append(threading.Thread(target=answer))
        threads[-1].start()

    runs = [cut(), cut(Supervisor().interlock()), cut(Supervisor(until_ms=0, late=late).interlock())]
    for thread in threads:
        thread.join()
    assert len(threads) > 5
    for watcher, progress in runs:
        assert progress.state is State.DONE
        assert np.array_equal(watcher.pwm, runs[0][0].pwm)
        assert np.array_equal(watcher.edges(), runs[0][0].edges())


@pytest.mark.parametrize('after_ms', [0, 20, 100, 200])
@pytest.mark.parametrize('dead', [False, True], ids=['frozen', 'dead'])
def test_without_a_supervisor_power_is_off_and_the_head_up_in_time(after_ms, dead):
    """Counted from its last sign of life in the machine's time, as a real machine's; and nothing is on again."""
    pins = machine().pins
    supervisor = Supervisor(HEAD_DOWN / FRAMES_PER_MS + after_ms, frozen_s=PATIENT_S if dead else SLICE_S)
    supervisor.late = (lambda answer: supervisor.signs.gone()) if dead else None
    watcher, progress = cut(supervisor.interlock())
    assert (progress.state, progress.key) == (State.STOPPED, 'interlock')
    assert 'silent for too long' in progress.cause
    assert_off_at_the_end(watcher, machine())
    assert last_ms(watcher, pins.head_lift, bit(pins.lift_down)) < HEAD_UP / FRAMES_PER_MS, 'it was down'
    for gpio, active in ((pins.enable, pins.enable_active), (pins.head_lift, pins.lift_down)):
        off_ms = supervisor.began_ms + last_ms(watcher, gpio, 1 - bit(active))
        assert 0 < off_ms - supervisor.heard_ms[-1] <= 1000 * OFF_S


def test_time_stands_still_for_a_supervisor_that_is_late():
    """After a sign of life no more of it passes than what is left then is still good for a whole permit."""
    supervisor = Supervisor()
    cut(supervisor.interlock())
    passed = np.diff([ms for ms in supervisor.heard_ms if ms >= supervisor.began_ms])
    assert len(passed) > 5
    assert passed.max() <= 1000 * LIVES_S - PERMIT_MS


def test_nothing_gets_power_without_a_sign_of_life_of_this_moment():
    supervisor = Supervisor(frozen_s=SLICE_S)
    interlock = supervisor.interlock()
    assert interlock.permit().closed
    interlock.revoke()
    supervisor.began_ms = supervisor.until_ms = 0.0
    status = interlock.permit()
    assert (status.closed, status.cause, status.key) == (False, ALONE, 'interlock')
    assert not interlock.permitted
    supervisor.until_ms = math.inf
    assert interlock.permit().closed, 'it is heard again'


def test_who_was_taken_for_frozen_and_is_back_is_waited_for_as_ever():
    supervisor = Supervisor(until_ms=-math.inf, frozen_s=SLICE_S)
    supervisor.began_ms = 0.0
    supervisor.signs.wait_for(1000.0, 0.1)
    supervisor.signs.wait_for(1040.0, 0.1)
    assert supervisor.asked_ms == [1000.0], 'and not for each look'
    supervisor.answer(1040.0)
    supervisor.signs.wait_for(1080.0, 0.1)
    supervisor.late = lambda answer: answer()
    supervisor.signs.wait_for(2000.0, 0.1)
    assert supervisor.signs.left_s(2000.0) == LIVES_S


def test_who_is_frozen_himself_has_not_waited_long():
    """Each slice of a wait counts as a slice, however late its end is seen: Ctrl-Z stops all processes of a booth."""
    supervisor = Supervisor(until_ms=-math.inf, frozen_s=4 * SLICE_S)
    supervisor.began_ms = 0.0
    supervisor.signs.wait_for(1000.0, LIVES_S)
    assert supervisor.asked_ms == [1000.0] * 4, 'one for each slice'
    assert supervisor.signs.left_s(1000.0) < 0
