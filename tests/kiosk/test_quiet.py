"""A booth at rest costs next to nothing: what did not change is not drawn, and switches at rest are read less often."""

from appliance.booth.doors import Inputs
from appliance.clock import SteppedClock
from appliance.config import load_config
from appliance.config.rules import rules_of
from appliance.kiosk.live import Live, Settings
from appliance.kiosk.poller import MOVES_S, POLL_S, QUIET_POLL_S, Poller
from appliance.kiosk.view import view
from appliance.machine import load_disc
from appliance.orders import Order
from appliance.screens import draw
from appliance.workflow.values import Booth, Event, Held, Kind, State

REST = Inputs(lid_closed=True, stop_pressed=False)


def views(tmp_path, state, held=Held.NOTHING, seconds=20):
    """Of a booth that only waits, ten a second."""
    config, _ = load_config(system=tmp_path)
    settings, rules = Settings(config, load_disc('xray-25'), Order('xray-25')), rules_of(config)
    booth = Booth(state=state, held=held, until_s=60.0)
    return [view(booth, Live(), settings, rules, frame / 10) for frame in range(10 * seconds)]


def test_nothing_is_drawn_while_a_booth_waits_for_its_visitor(tmp_path):
    for state in (State.ATTRACT, State.LANGUAGE, State.LOAD_DISC, State.TAKE_DISC, State.THANKS):
        assert len(set(views(tmp_path, state))) == 1, state


def test_a_question_counts_whole_seconds_and_every_one_of_them(tmp_path):
    seen = views(tmp_path, State.STILL_THERE)
    assert len(set(seen)) == 21
    assert len({draw(one).tobytes() for one in set(seen)}) == 21


class Switches:
    """Controls that a clock presses: closed for `for_s` from `at_s` on."""

    def __init__(self, clock, at_s, for_s):
        self.clock, self.at_s, self.for_s, self.read_s = clock, at_s, for_s, []

    def read(self):
        now_s = self.clock.now_s()
        self.read_s.append(now_s)
        return Inputs(record=self.at_s <= now_s < self.at_s + self.for_s, lid_closed=True, stop_pressed=False)


def polled(at_s, for_s, until_s):
    """A poller in the thread of the test: (switches, [(when, what)])."""
    clock, told = SteppedClock(), []
    switches = Switches(clock, at_s, for_s)
    poller = Poller(switches, 0.02, clock, lambda event: told.append((clock.now_s(), event)))
    while clock.now_s() < until_s:
        poller.poll()
        clock.rest(poller.rest_s)
    return switches, [one for one in told if one[1].kind is Kind.RECORD]


def test_switches_at_rest_are_read_a_hundred_times_a_second_and_more_often_once_one_moves():
    switches, _ = polled(2.0, 0.1, 4.0)
    gaps = [round(after - before, 6) for before, after in zip(switches.read_s, switches.read_s[1:], strict=False)]
    at_rest = [gap for gap, since in zip(gaps, switches.read_s, strict=False) if MOVES_S < since < 1.98]
    moving = [gap for gap, since in zip(gaps, switches.read_s, strict=False) if 2.02 < since < 2.5]
    assert set(at_rest) == {QUIET_POLL_S}
    assert set(moving) == {POLL_S}


def test_a_press_out_of_rest_is_told_within_25_ms_whenever_it_comes():
    for late_ms in range(11):
        at_s = 2.0 + late_ms / 1000
        _, told = polled(at_s, 0.1, 3.0)
        assert [event for _, event in told] == [Event(Kind.RECORD)]
        assert told[0][0] - at_s <= 0.025
