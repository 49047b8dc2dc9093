"""What systemd is told, heard by a socket in its place."""

import os
import socket
from itertools import pairwise

import pytest

from appliance.systemd import Systemd


@pytest.fixture
def listener(tmp_path):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as heard:
        heard.bind(str(tmp_path / 'notify'))
        heard.setblocking(False)
        yield heard


def said(heard):
    lines = []
    while True:
        try:
            lines.append(heard.recv(4096).decode())
        except BlockingIOError:
            return lines


def environ(heard, **more):
    return {'NOTIFY_SOCKET': heard.getsockname(), 'WATCHDOG_USEC': '9000000'} | more


def test_ready_is_a_booth_that_has_recovered(listener):
    systemd = Systemd(environ(listener))
    systemd.lives(0.0, '', 'recovering')
    assert 'READY=1' not in said(listener)
    systemd.lives(0.1, '', 'attract')
    systemd.lives(0.2, '', 'attract')
    assert said(listener).count('READY=1') == 1


def test_a_booth_that_repairs_much_is_given_time_as_long_as_it_goes_on(listener):
    """systemd ends a start after TimeoutStartSec unless it is asked (sd_notify(3)); a booth that was ended while it
    repairs would begin the same again."""
    systemd = Systemd(environ(listener))
    asked_s = []
    for second in range(200):
        systemd.lives(float(second), 'disk' if second >= 150 else '', 'recovering')
        asked_s += [second] * said(listener).count('EXTEND_TIMEOUT_USEC=30000000')
    assert asked_s[0] == 0
    assert max(b - a for a, b in pairwise(asked_s)) <= 15
    assert 135 <= asked_s[-1] < 150, 'one that stands still is ended'
    systemd.lives(200.0, '', 'attract')
    systemd.lives(220.0, '', 'attract')
    assert 'EXTEND_TIMEOUT_USEC=30000000' not in said(listener)


def test_a_sign_of_life_comes_three_times_in_the_time_after_which_it_is_missed(listener):
    systemd = Systemd(environ(listener))
    beats = []
    for tenth in range(301):
        systemd.lives(tenth / 10, '', 'attract')
        beats += [tenth / 10] * said(listener).count('WATCHDOG=1')
    assert beats == [3.0 * beat for beat in range(11)]


def test_a_part_that_stands_still_is_named_and_ends_the_signs_of_life(listener):
    systemd = Systemd(environ(listener))
    systemd.lives(0.0, '', 'cutting')
    said(listener)
    for second in range(1, 20):
        systemd.lives(float(second), 'disk', 'cutting')
    assert said(listener) == ['STATUS=disk stands still']
    systemd.lives(20.0, '', 'cutting')
    assert said(listener) == ['STATUS=cutting', 'WATCHDOG=1']
    systemd.stopping()
    assert said(listener) == ['STOPPING=1']


@pytest.mark.parametrize('environment', [
    {}, {'NOTIFY_SOCKET': ''}, {'NOTIFY_SOCKET': '/nowhere/at/all', 'WATCHDOG_USEC': '1000'},
    {'NOTIFY_SOCKET': '@nobody-listens-here', 'WATCHDOG_USEC': 'soon'},
])  # fmt: skip
def test_without_systemd_nothing_is_told_and_nothing_fails(environment):
    systemd = Systemd(environment)
    systemd.lives(0.0, '', 'attract')
    systemd.stopping()


def test_signs_of_life_are_for_the_process_that_was_asked_for_them(listener):
    assert Systemd(environ(listener, WATCHDOG_PID=str(os.getpid()))).watches
    assert not Systemd(environ(listener, WATCHDOG_PID=str(os.getpid() + 1))).watches
    assert not Systemd({'NOTIFY_SOCKET': listener.getsockname()}).watches
