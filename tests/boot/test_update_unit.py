"""Whether a version is well, and the booth can be stopped, by what systemd and the shell say of it in model time."""

import re

import pytest
from update_rig import ROOT, unit

LIFE = 'a1'


class Computer:
    """systemd and a shell that say what a script of states has for this second; the last holds for ever."""

    def __init__(self, *states, answers=(), status='{"visitor": false}'):
        self.states, self.answers, self.status = list(states), answers, status
        self.now_s, self.did = 0.0, []

    def do(self, words, timeout_s=None):
        if words[0] == 'systemctl':
            self.did.append(words[1])
            return self._show() if words[1] == 'show' else ''
        return self.status if self.now_s >= min(self.answers, default=1e9) else None

    def _show(self):
        state, restarts, life = self.states[min(int(self.now_s), len(self.states) - 1)]
        return f'InvocationID={life}\nActiveState={state}\nNRestarts={restarts}\n'

    def rest(self, seconds):
        self.now_s += seconds

    def system(self):
        return unit.System(self.do, lambda: self.now_s, self.rest)


def begins(seconds):
    return [('inactive', 0, '')] * 2 + [('activating', 0, LIFE)] * seconds


@pytest.mark.parametrize('seconds', [3, 89, 300])
def test_a_version_that_starts_as_slowly_as_its_unit_allows_is_well(seconds):
    computer = Computer(*begins(seconds), ('active', 0, LIFE), answers=[seconds + 10])
    assert computer.system().well()


def test_one_that_ends_is_not_waited_for_until_it_has_ended_five_times():
    """Visitors have what was well again the sooner: an end is one, though systemd begins it anew."""
    computer = Computer(*begins(2), *[('activating', 0, LIFE)] * 2, ('activating', 1, 'b2'))
    assert not computer.system().well()
    assert computer.now_s < 10


@pytest.mark.parametrize('ends', [('failed', 0, LIFE), ('inactive', 0, ''), ('deactivating', 0, LIFE)])
def test_one_that_ends_for_good_is_not_well(ends):
    computer = Computer(*begins(5), ends)
    assert not computer.system().well()
    assert computer.now_s < 15


def test_one_that_never_begins_is_not_waited_for_for_ever():
    assert not Computer(('failed', 0, '')).system().well()


def test_one_whose_shell_does_not_answer_is_not_well():
    computer = Computer(*begins(5), ('active', 0, LIFE))
    assert not computer.system().well()
    assert computer.now_s < 200


def test_one_that_ends_soon_after_it_was_ready_is_not_well():
    computer = Computer(*begins(5), *[('active', 0, LIFE)] * 10, ('active', 1, 'b2'), answers=[8])
    assert not computer.system().well()


def test_a_question_that_a_busy_system_misses_changes_nothing():
    computer = Computer(*begins(5), ('active', 0, LIFE), answers=[8])
    shown, computer._show = computer._show, lambda: '' if computer.did.count('show') % 2 else shown()
    assert computer.system().well()


@pytest.mark.parametrize(('status', 'state', 'why'), [
    ('{"visitor": true}', 'active', 'visitor'),
    ('{"visitor": false}', 'active', ''),
    (None, 'active', 'does not answer'),  # somebody may be speaking
    (None, 'failed', ''),
    (None, 'activating', ''),
])  # fmt: skip
def test_a_booth_is_stopped_only_when_it_is_known_to_serve_nobody(status, state, why):
    computer = Computer((state, 0, LIFE), answers=[0], status=status)
    busy = computer.system().busy()
    assert why in busy
    assert bool(busy) is bool(why)


def test_what_a_sick_version_has_left_counts_no_more_when_the_next_is_started():
    """A unit that has failed makes the whole system degraded, and five starts in ten minutes are the last."""
    computer = Computer(('failed', 5, LIFE))
    computer.system().start()
    assert computer.did == ['reset-failed', 'start']


def test_a_try_is_given_as_long_as_it_may_take_and_is_not_ended_half_way():
    """Else the booth runs what nobody has found well, or nothing at all, until somebody pulls its plug."""
    units = ROOT / 'boot' / 'image' / 'units'
    allowed = re.search(r'^TimeoutStartSec=(\d+)min$', (units / 'audioletter-try.service').read_text(), re.M)
    stop = re.search(r'^TimeoutStopSec=(\d+)$', (units / 'audioletter.service').read_text(), re.M)
    takes_s = unit.START_S + unit.ANSWER_S + unit.STEADY_S + 3 * unit.ASK_S + 2 * int(stop[1])
    assert takes_s + 60 <= 60 * int(allowed[1])
