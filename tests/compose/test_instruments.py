"""What the booth is measured with: a bus that takes its time, an LCD that is watched, a card that keeps pace."""

import mmap
import os

import numpy as np
import pytest

from appliance.booth.doors import SOUND_RATE_HZ
from appliance.booth.lcd import Lcd, LcdWiring
from appliance.clock import SteppedClock
from appliance.compose.bench_booth import Figures
from appliance.compose.instruments import PacedLibrary, SlowWires, WatchedDisplay, memory_mb, spent_s
from appliance.screens import draw
from appliance.workflow.values import State
from tests.screens.views import view

pytest.importorskip('luma.lcd')
BUS_HZ = 32_000_000
WHOLE_S = 320 * 240 * 3 * 8 / BUS_HZ


def watched():
    clock = SteppedClock()
    wires = SlowWires(clock, BUS_HZ)
    return clock, WatchedDisplay(Lcd(LcdWiring(bus_speed_hz=BUS_HZ), wires, wires, clock.now_s), clock)


def test_a_picture_stands_there_when_its_last_byte_has_gone_over_the_bus():
    clock, screen = watched()
    screen.show(draw(view(State.ATTRACT)))
    begun_s = clock.now_s()
    screen.show(draw(view(State.ATTRACT)))
    assert clock.now_s() == begun_s
    screen.show(draw(view(State.LANGUAGE)))
    assert 0.1 * WHOLE_S < clock.now_s() - begun_s < 1.1 * WHOLE_S
    assert screen.title_s == screen.shown_s[-1] == clock.now_s()
    assert screen.frames(begun_s, clock.now_s() + 1) == 3


def test_a_press_is_seen_when_the_title_changes_and_not_before():
    clock, screen = watched()
    screen.show(draw(view(State.RECORDING, seconds=1.0)))
    title, at_s = screen.title, screen.title_s
    clock.rest(1.0)
    screen.show(draw(view(State.RECORDING, seconds=2.0, seconds_left=9.0)))
    assert screen.wait_for_another(title, 0.0) is None
    assert screen.title_s == at_s
    screen.show(draw(view(State.LISTEN)))
    assert screen.wait_for_another(title, 0.0) == clock.now_s()


def test_the_card_plays_its_tape_and_counts_what_nobody_fetched():
    """Turned by hand, on a clock that stands still between."""
    clock, tape = SteppedClock(), np.linspace(-0.5, 0.5, SOUND_RATE_HZ, dtype=np.float32)
    library = PacedLibrary(clock, tape)
    heard, overruns = [], []

    def take(frames, count, time, status):
        heard.append(frames[:, 0])
        overruns.append(status.input_overflow)

    library.InputStream(callback=take, samplerate=SOUND_RATE_HZ)
    (card,) = library.cards
    for rest_s in (0.01, 0.04, 0.1, 0.01):
        clock.rest(rest_s + 1e-6)
        card.turn()
    assert library.lost_blocks == 6
    assert overruns == [False] * 5 + [True] + [False] * 4
    lost = slice(5 * 480, 11 * 480)
    np.testing.assert_array_equal(np.concatenate(heard), np.delete(tape[: 16 * 480], lost))


def test_the_kernel_s_figures_of_this_process_grow_with_work():
    before_s, before_mb = spent_s(), memory_mb()
    held = mmap.mmap(-1, 64_000_000)  # from the kernel itself: what other tests have given back is not used again
    held.write(bytes(len(held)))
    while spent_s() - before_s < 0.05:
        held.seek(0)
        held.write(bytes(1_000_000))
    assert spent_s(os.getpid()) == pytest.approx(spent_s(), abs=0.05)
    after_mb = memory_mb(os.getpid())
    assert after_mb['now'] - before_mb['now'] > 30
    assert after_mb['peak'] >= after_mb['now']


def test_figures_are_told_in_milliseconds():
    figures = Figures(press_s=[0.05, 0.06, 0.2], turn_s=[0.02] * 99 + [0.5])
    told = figures.told()
    assert told['press_to_screen_ms'] == {'median': 60.0, 'p95': 186.0, 'max': 200.0}
    assert told['turn_every_ms'] == {'median': 20.0, 'p99': pytest.approx(24.8), 'max': 500.0}
