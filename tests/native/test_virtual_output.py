"""What the virtual Pi played, drained by another thread; the passing of time, simulated and real."""

import threading

import numpy as np
import pytest

from appliance.errors import NativeError
from appliance.native import ffi
from appliance.virtual.pi import PiMemory, PiSettings, VirtualPi
from tests.native.chain_assembler import CTL, GPSET0, Board, Chain

PATIENCE_S = 20  # of a join: how long a broken lock may hold up the tests, not how long they take


def busy_chain(board, rounds=40):
    """Words that count, and an edge of one of three pins after every other frame or so."""
    chain = Chain(board.pi)
    for i in range(rounds):
        chain.fifo(np.arange(20 * i, 20 * i + 20) % 625)
        chain.gpio(up=1 << (22 + i % 3))
        chain.fifo([5, 6])
        chain.gpio(up=1 << 27, down=1 << (22 + i % 3) | (1 << 27) * (i % 2))
    chain.link(chain.tail, chain.first)
    return chain


def drained(board, blocks, lock):
    """Run in a thread: everything until the end."""
    while (block := board.pi.drain()) is not None:
        with lock:
            blocks.append(block)


def through_a_small_ring(frames, edges, capacity_us):
    board = Board(PiMemory(1 << 16, frames, edges))
    chain = busy_chain(board)
    blocks, lock = [], threading.Lock()
    consumer = threading.Thread(target=drained, args=(board, blocks, lock))
    consumer.start()
    board.play(chain, 22, 23, 24, 27)
    for _ in range(10):
        board.sleep_us(capacity_us // 10)
    board.pi.close()
    consumer.join(PATIENCE_S)
    assert not consumer.is_alive()
    return blocks


@pytest.mark.parametrize(('frames', 'edges'), [(64, 1 << 12), (1 << 12, 128), (1000, 1 << 12), (1 << 17, 1 << 16)])
def test_blocks_follow_each_other_without_gap_whatever_the_memory(frames, edges):
    blocks = through_a_small_ring(frames, edges, 5 * 20_000)
    whole = Board(PiMemory(1 << 16, 1 << 15, 1 << 15))
    whole.play(busy_chain(whole), 22, 23, 24, 27, us=5 * 20_000)
    pwm, changes = whole.output()
    assert np.array_equal(np.concatenate([block.pwm for block in blocks]), pwm)
    columns = [np.concatenate([getattr(b, name) for b in blocks]) for name in ('edge_frame', 'edge_gpio', 'edge_level')]
    joined = list(zip(*(column.tolist() for column in columns), strict=True))
    assert joined == changes
    assert len(joined) > 3000
    at = 0
    for block in blocks:
        assert block.first_frame == at
        at = block.end_frame
        assert all(block.first_frame <= frame < at for frame in block.edge_frame)


def test_time_stands_still_while_nobody_drains_a_full_output():
    board = Board(PiMemory(1 << 16, 100, 1 << 12))
    chain = Chain(board.pi)
    chain.silence_for_ever()
    board.play(chain)
    sleeper = threading.Thread(target=board.sleep_us, args=(5 * 500,))
    sleeper.start()
    taken = 0
    while taken < 500:
        block = board.pi.drain()
        assert len(block.pwm) <= 100
        taken += len(block.pwm)
    sleeper.join(PATIENCE_S)
    assert not sleeper.is_alive()
    assert taken == 500
    assert board.pi.frames == 501


def test_close_lets_a_waiting_sleeper_go_and_what_was_played_can_still_be_drained():
    board = Board(PiMemory(1 << 16, 100, 1 << 12))
    chain = Chain(board.pi)
    chain.silence_for_ever()
    board.play(chain)
    sleeper = threading.Thread(target=board.sleep_us, args=(5 * 1000,))
    sleeper.start()
    board.pi.close()
    board.pi.close()
    sleeper.join(PATIENCE_S)
    assert not sleeper.is_alive()
    assert board.pi.frames == 1001  # time went on, unheard
    left = []
    drained(board, left, threading.Lock())
    assert sum(len(block.pwm) for block in left) <= 100
    board.sleep_us(5 * 1000)
    assert board.pi.drain() is None


def test_what_was_complete_at_close_is_given_before_the_end():
    board = Board(PiMemory(1 << 16, 100, 1 << 12))
    chain = Chain(board.pi)
    chain.silence_for_ever()
    board.play(chain, us=5 * 80)
    board.pi.close()
    board.sleep_us(5 * 1000)
    left = []
    drained(board, left, threading.Lock())
    assert [block.first_frame for block in left] == [0, 50]
    assert sum(len(block.pwm) for block in left) == 80


def test_close_lets_a_waiting_drainer_go():
    board = Board()
    blocks = []
    consumer = threading.Thread(target=drained, args=(board, blocks, threading.Lock()))
    consumer.start()
    board.pi.close()
    consumer.join(PATIENCE_S)
    assert not consumer.is_alive()
    assert blocks == []


def test_a_frame_with_more_edges_than_memory_still_comes_through():
    """A chain of pin writes without any words: more than a thousand edges in one frame of 5 ms."""
    board = Board(PiMemory(1 << 16, 1 << 10, 128), word_ns=100, block_ns=100)
    chain = Chain(board.pi)
    for level in range(400):
        chain.gpio(up=1 << 22) if level % 2 else chain.gpio(down=1 << 22)
    board.prepare(22, ranges=(625_000, 625_000))
    board.write(GPSET0, 1 << 22)
    board.write(CTL, 0xA1A1)
    board.sleep_us(1)
    blocks, lock = [], threading.Lock()
    consumer = threading.Thread(target=drained, args=(board, blocks, lock))
    consumer.start()
    board.start_dma(chain.first)
    board.sleep_us(10_000)
    board.pi.close()
    consumer.join(PATIENCE_S)
    assert not consumer.is_alive()
    levels = np.concatenate([block.edge_level for block in blocks]).tolist()
    assert levels == [0, 1] * 200


def test_without_memory_for_output_nothing_is_kept_and_nobody_waits():
    board = Board(PiMemory(1 << 16, 0, 0))
    board.play(busy_chain(board), 22, 23, 24, 27, us=5_000_000)
    assert board.pi.frames == 1_000_001
    assert len(board.output()[0]) == 0


def test_nothing_to_drain_is_an_empty_block():
    block = Board().pi.drain(timeout_ms=0)
    assert (block.first_frame, len(block.pwm), len(block.edge_frame)) == (0, 0, 0)


def test_time_passes_only_while_somebody_sleeps():
    board = Board()
    now = board.door.now_us
    assert now(board.door.self) == 0
    board.read(CTL)
    board.write(GPSET0, 1)
    board.door.barrier(board.door.self)
    assert now(board.door.self) == 0
    board.sleep_us(7)
    board.pi.pass_us(5)
    board.sleep_us(0)
    board.sleep_us(-3)
    assert now(board.door.self) == 12
    assert board.read(0x7E003004) == 12


def test_the_door_shows_chain_memory_under_the_chip_s_alias():
    board = Board()
    assert board.door.memory_words == len(board.pi.memory)
    assert board.door.memory_bus % 32 == 0
    board.door.memory[5] = 0xABCD
    assert board.pi.memory[5] == 0xABCD


# --- real time, on a clock that is handed in -------------------------------------------------------------------------


class Wall:
    """A wall clock that sleeps too long by what it is told."""

    def __init__(self):
        self.ns = 1_000_000
        self.asked_ns = []
        self.late_ns = 0

        @ffi.callback('int64_t(void *)')
        def now_ns(_):
            return self.ns

        @ffi.callback('void(void *, int64_t)')
        def sleep_until_ns(_, at_ns):
            self.asked_ns.append(at_ns)
            self.ns = at_ns + self.late_ns

        self.keep = (now_ns, sleep_until_ns)
        self.pacing = ffi.new('struct vpi_pacing *', {'now_ns': now_ns, 'sleep_until_ns': sleep_until_ns})


def test_in_real_time_a_sleep_waits_for_the_wall_clock_and_time_follows_it():
    wall = Wall()
    board = Board(pacing=wall.pacing)
    now = board.door.now_us
    board.sleep_us(100)
    assert wall.asked_ns == [1_100_000]
    assert now(board.door.self) == 100
    wall.ns += 250_000  # the program was busy for a quarter of a millisecond
    assert now(board.door.self) == 100
    wall.late_ns = 30_000
    board.sleep_us(50)
    assert now(board.door.self) == 100 + 250 + 50 + 30
    board.pi.pass_us(1000)  # unpaced
    assert len(wall.asked_ns) == 2
    wall.late_ns = 0
    board.sleep_us(10)
    assert now(board.door.self) == 430 + 1000 + 10


def test_a_feeder_that_comes_late_in_real_time_meets_silence():
    wall = Wall()
    board = Board(pacing=wall.pacing)
    chain = Chain(board.pi)
    chain.fifo([7] * 200)
    tail = chain.fifo([7] * 200)
    silence = chain.silence_for_ever()
    late = chain.fifo([9] * 100)
    chain.link(late, late)
    chain.link(silence, silence)
    chain.link(tail, silence)
    board.play(chain)
    wall.ns += 5_000 * 1000  # a thousand frames
    board.sleep_us(1)
    chain.link(tail, late)
    board.sleep_us(5 * 100)
    pwm, _ = board.output()
    assert (pwm[:200] == 7).all()
    assert (pwm[200:] == 312).all()


# --- what cannot be ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(('settings', 'memory', 'says'), [
    ({'chip': 'bcm2712'}, {}, 'the chip is none of'),
    ({'chip': 'bcm28370'}, {}, 'the chip is none of'),
    ({'leg_gpio': (12, 54)}, {}, "a leg's GPIO"),
    ({'block_ns': 0}, {}, 'must cost time'),
    ({'jitter_ns': (5, 4)}, {}, "jitter's range"),
    ({}, {'chain_words': 4}, 'chain memory'),
    ({}, {'edges': 64}, '128 edges'),
])  # fmt: skip
def test_settings_that_cannot_be_are_refused(settings, memory, says):
    with pytest.raises(NativeError, match=says):
        VirtualPi(PiSettings(**settings), PiMemory(**memory))


def test_a_dead_feeder_leaves_silence_power_off_and_no_step_for_ever():
    """The last segment drops enable, bridge, steps and lift in one block, then plays 312/312; nobody feeds any more."""
    board = Board()
    chain = Chain(board.pi)
    chain.gpio(up=1 << 17 | 1 << 16, down=1 << 5)  # bridge on, head down, drivers on (active low)
    for _ in range(20):
        chain.fifo([400, 225] * 20)
        chain.gpio(up=1 << 22 | 1 << 6)
        chain.fifo([400, 225] * 2)
        chain.gpio(up=0, down=1 << 22 | 1 << 6)
    chain.gpio(up=1 << 5, down=1 << 17 | 1 << 16 | 1 << 22 | 1 << 26 | 1 << 6)
    chain.silence_for_ever()
    board.play(chain, 5, 6, 16, 17, 22, 26)
    board.pi.pass_us(5 * 50_000)
    pwm, edges = board.output()
    end = 20 * 22
    assert (pwm[:end] == [400, 225]).all()
    assert (pwm[end:] == 312).all()
    assert max(frame for frame, *_ in edges) == end - 7
    last = {gpio: level for _, gpio, level in edges}
    assert last == {5: 1, 17: 0, 16: 0, 22: 0, 6: 0}
    assert board.faults() == ''
