"""Who has set the wall clock: without an answer it is believed, with a year before this program it never is."""

import ctypes

import pytest

from appliance import clock


class Kernel:
    def __init__(self, answer):
        if answer is not None:
            self.adjtimex = lambda timex: answer


@pytest.mark.parametrize(
    ('year_s', 'rtc', 'kernel', 'trusted'),
    [
        (1.8e9, '1\n', 5, True),  # a clock with a battery
        (1.8e9, '0\n', 0, True),  # the network
        (1.8e9, None, 0, True),
        (1.8e9, None, 5, False),
        (1.8e9, '0\n', 5, False),
        (1.8e9, None, None, True),  # a system that cannot say
        (0.0, '1\n', 0, False),  # a battery that is empty
        (1.7e9, None, 0, False),
    ],
)
def test_a_wall_clock_is_trusted_where_something_that_knows_has_set_it(
    tmp_path, monkeypatch, year_s, rtc, kernel, trusted
):
    monkeypatch.setattr(clock, 'wall_s', lambda: year_s)
    monkeypatch.setattr(clock, 'RTC', tmp_path / 'hctosys')
    monkeypatch.setattr(ctypes, 'CDLL', lambda name: Kernel(kernel))
    if rtc is not None:
        (tmp_path / 'hctosys').write_text(rtc)
    assert clock.wall_is_trusted() is trusted


def test_this_computer_says_something():
    assert clock.wall_is_trusted() in (True, False)
