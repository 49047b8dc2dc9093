"""Who has set the wall clock: without an answer it is believed, with a year before this program it never is."""

import ctypes
import struct
from types import SimpleNamespace

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
        (1.8e9, None, -1, False),  # it may not be asked, and no time service says that it has set it
        (1.8e9, '1\n', -1, True),
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
    monkeypatch.setattr(clock, 'SYNCHRONIZED', tmp_path / 'synchronized')
    monkeypatch.setattr(ctypes, 'CDLL', lambda name: Kernel(kernel))
    if rtc is not None:
        (tmp_path / 'hctosys').write_text(rtc)
    assert clock.wall_is_trusted() is trusted


def test_where_the_kernel_may_not_be_asked_the_time_service_is(tmp_path, monkeypatch):
    monkeypatch.setattr(clock, 'wall_s', lambda: 1.8e9)
    monkeypatch.setattr(clock, 'RTC', tmp_path / 'none')
    monkeypatch.setattr(clock, 'SYNCHRONIZED', tmp_path / 'synchronized')
    monkeypatch.setattr(ctypes, 'CDLL', lambda name: Kernel(-1))
    assert not clock.wall_is_trusted()
    (tmp_path / 'synchronized').touch()
    assert clock.wall_is_trusted()


def test_how_far_it_may_be_out_is_read_where_the_kernel_writes_it(monkeypatch):
    """Against the layout of struct timex as the compiler sees it on a 64-bit computer (linux/timex.h)."""
    before = ctypes.CDLL(None).adjtimex
    buffer = ctypes.create_string_buffer(512)
    assert before(buffer) >= 0
    _, _, _, wanted_us = struct.unpack_from('@Illl', buffer)
    told = clock._Timex()
    before(ctypes.byref(told))
    assert abs(told.maxerror - wanted_us) < 10_000
    for answer, far_s in ((5, None), (-1, None), (0, 0.25)):

        def adjtimex(timex, answer=answer):
            timex._obj.maxerror = 250_000
            return answer

        monkeypatch.setattr(ctypes, 'CDLL', lambda name, adjtimex=adjtimex: SimpleNamespace(adjtimex=adjtimex))
        assert clock.wall_error_s() == far_s
    monkeypatch.setattr(ctypes, 'CDLL', lambda name: SimpleNamespace())
    assert clock.wall_error_s() is None


def test_this_computer_says_something():
    assert clock.wall_is_trusted() in (True, False)
