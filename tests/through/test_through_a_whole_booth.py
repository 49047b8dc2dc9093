"""A real kiosk and its cutter are killed, frozen, starved and cut off in the middle of a cut: is it still in time?

All moments of all failures, and the times measured: ./tools/try_failures.
"""

import json
import os
import signal

import pytest

from appliance.interlock import guard
from appliance.pi.mailbox import ALLOCATE, LOCK, RELEASE, UNLOCK
from appliance.pi.memory import Block
from tests.pi.boards import BOOT
from tests.through.failures import AGAIN, FAILURES, STILL, after, at, befallen, booth, by_hand, come_to, keep_a_letter
from tests.through.wire import FEEDER
from tests.through.world import OFF_MS

pytestmark = pytest.mark.timeout(900)  # a minute each on two cores, more beside others
# Each failure at one moment, and each moment at least once, with --no-skips; a few of them in the usual run.
USUAL = [
    ('supervisor killed', 'lead-in'), ('cutter killed', 'programme'), ('supervisor frozen', 'homing'),
    ('line to the Pico cut', 'spin-up'),
]  # fmt: skip
PAIRS = [
    *USUAL, ('both killed', 'homing'), ('cutter frozen', 'spin-up'), ('feeder starved', 'lead-in'),
    ('watcher starved', 'spin-up'), ('Pico reset', 'spin-up'), ('line unplugged', 'homing'),
    ('line from the Pico cut', 'homing'), ('line to the Pico garbled', 'lead-in'),
    ('line from the Pico garbled', 'spin-up'), ('both killed', STILL), ('supervisor frozen', 'programme'),
    ('both frozen', 'run-out'), ('supervisor killed', 'spin-down'),
]  # fmt: skip
# What a booth that lives and is not frozen says of it, by the first of its threads that sees it.
SAYS = {'cutter killed': {'cutter'}, 'feeder starved': {'underrun', 'interlock'}, 'watcher starved': {'interlock'},
        'Pico reset': {'interlock'}}  # fmt: skip
SAYS |= {name: {'interlock'} for name in FAILURES if 'line' in name}


@pytest.fixture(scope='module')
def kept(tmp_path_factory):
    folder = tmp_path_factory.mktemp('kept')
    keep_a_letter(folder)
    return folder


@pytest.mark.parametrize(('failure', 'moment'), PAIRS, ids=lambda name: name)
def test_whatever_befalls_it_power_is_off_and_the_head_up_in_time(kept, failure, moment, request, record_property):
    if (failure, moment) not in USUAL and not request.config.getoption('--no-skips'):
        pytest.skip('with --no-skips, or ./tools/try_failures')
    with at(kept, moment) as world:
        assert world.power is (moment != STILL)
        seen = befallen(world, failure)
        record_property('power_ms', float(seen.power_ms))
        record_property('head_ms', float(seen.head_ms))
        print(f'{failure}, {moment}: power off after {seen.power_ms:.0f} ms, head up after {seen.head_ms:.0f} ms')
        assert seen.power_ms <= OFF_MS
        assert seen.head_ms <= OFF_MS
        if failure in SAYS and moment != STILL:
            world.run(lambda: world.booth.startswith('fault'))
            assert world.booth.removeprefix('fault|') in SAYS[failure]
            assert not world.power


def test_a_machine_that_the_hosts_hand_moves_stands_in_time_too(tmp_path):
    """And until then it moves: its supervisor gives signs of life for that as well."""
    with by_hand(tmp_path, 'jog', 'platter', '3') as world:
        world.run(1000)
        assert world.power
        seen = befallen(world, 'supervisor killed')
        print(f'supervisor killed, jog: power off after {seen.power_ms:.0f} ms')
        assert seen.power_ms <= OFF_MS


@pytest.mark.parametrize('access', [1, 12, 30, 45])
def test_a_cutter_that_dies_while_it_sets_the_board_up(kept, access, request):
    """Between any two accesses to a register, with power on and nothing moving yet."""
    if access != 30 and not request.config.getoption('--no-skips'):
        pytest.skip('with --no-skips')
    with booth(kept) as world:
        world.run(lambda: world.runs == 1 and world.power)
        first, child = world.accesses, world.child
        world.on_access = lambda count: count == first + access and os.kill(child, signal.SIGKILL)
        world.run(lambda: all(thread.pid != child for thread in world.threads))
        seen = after(world, lambda world: None)
        assert max(seen.power_ms, seen.head_ms) <= OFF_MS


def test_what_a_booth_can_bear_it_bears(kept):
    """A feeder that is late by less than is queued, a line of which one in two is garbled, a /dev/mem that is gone."""
    with at(kept, 'spin-up') as world:
        (world.root / 'dev/mem').unlink()
        world.cable.to_pico = world.cable.to_pi = 'one in two'
        come_to(world, 'lead-in')
        world.held[FEEDER] = world.now_us + 100_000
        come_to(world, 'run-out')
        assert world.power
        assert world.head
        assert world.booth == 'cutting|'
        assert not world.pi.faults()


@pytest.mark.parametrize('failure', ['supervisor frozen', 'cutter frozen', 'both frozen'])
def test_whoever_was_frozen_finds_itself_tripped_says_so_and_stays_off(kept, failure):
    with at(kept, 'lead-in') as world:
        befallen(world, failure)
        switched = len(world.switched)
        world.thaw()
        world.run(lambda: world.booth.startswith('fault'))
        assert world.booth in ('fault|interlock', 'fault|underrun'), 'by whichever of its threads sees it first'
        world.run(3000)
        assert len(world.switched) == switched, 'nothing arms itself'
        assert world.logic.guard.state in (guard.SAFE, guard.TRIPPED)
        assert world.pins_off
        assert not world.firmware.given, 'all memory is given back'
        assert not (world.folder / 'run/chain.json').exists()


def test_a_cutter_that_is_left_alone_stops_gives_all_back_and_ends(kept):
    with at(kept, 'lead-in') as world:
        befallen(world, 'supervisor killed')
        world.run(5000)
        world.await_end()
        assert world.pins_off
        assert world.dma('CONBLK_AD') == 0
        assert not world.firmware.given
        assert not (world.folder / 'run/chain.json').exists()
        world.start('wait fault\n')
        world.run(lambda: world.booth.startswith('fault'))
        assert world.booth == 'fault|power'


def test_the_next_start_finds_what_was_left_stops_it_and_cuts_the_letter(kept):
    """Record, memory and channel of a booth that was killed, by another booth in a process of its own."""
    with at(kept, 'programme') as world:
        befallen(world, 'both killed')
        left = Block(**json.loads((world.folder / 'run/chain.json').read_text()))
        assert (left.handle, left.bus, left.boot) == (1, world.firmware.bus, BOOT)
        assert list(world.firmware.given) == [1]
        assert world.dma('CONBLK_AD') - left.bus < left.size, (
            "the chain goes on in IDLE, in memory that is nobody else's"
        )
        assert world.pins_off

        world.run(4000)  # the platter comes to rest: its motor is followed in frames, and a PWM that is off has none
        stopped = []
        world.on_mailbox = lambda tag: stopped.append((tag, world.dma('CONBLK_AD'), world.pins_off))
        world.firmware.calls.clear()
        world.start(AGAIN)
        world.run(lambda: world.booth.startswith('fault'))
        assert world.booth == 'fault|power'
        world.run(lambda: len(stopped) == 2)
        assert stopped == [(UNLOCK, 0, True), (RELEASE, 0, True)], 'the channel stands before its memory is freed'
        assert not world.firmware.given, 'and both before anybody has asked for a disc'
        world.run(lambda: world.power)
        assert 'a cutter that was killed had left its chain behind' in world.tail()
        assert world.firmware.calls == [UNLOCK, RELEASE, ALLOCATE, LOCK]
        come_to(world, 'programme')
        assert world.head
        # who is kept from running between the channel's end and the PWM's lets it play on the silence that it had last
        assert [fault for fault in world.pi.faults() if 'underrun' not in fault.sentence] == []
    assert len(list((kept / 'data/letters').iterdir())) == 1


def test_without_its_memory_a_booth_does_not_begin(kept):
    with booth(kept) as world:
        come_to(world, STILL)
        (world.root / 'dev/mem').unlink()
        world.run(lambda: world.booth.startswith('fault'))
        assert 'dev/mem: physical memory cannot be opened' in world.tail()
        world.run(1000)
        assert not world.switched
