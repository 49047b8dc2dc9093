"""The fast way through long blocks gives exactly what the word-by-word model gives, whatever the chain."""

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.virtual.pi import ClockThief, PiMemory, Stall
from tests.native.chain_assembler import CM_DIV, CTL, DMAC, FIF1, GPSET0, RNG2, STA, TI_FIFO, Board, Chain

PINS = (5, 22, 23, 27)


@dataclass(frozen=True, slots=True)
class Run:
    """A chain, knobs, and what the program does while it plays."""

    parts: list
    knobs: dict
    dreq: int
    deeds: list
    seed: int


PART = st.one_of(
    st.tuples(st.just('fifo'), st.integers(1, 300)),
    st.tuples(st.just('fifo'), st.integers(1, 6)),
    st.tuples(st.just('flood'), st.integers(1, 40)),  # without WAIT_RESP
    st.tuples(st.just('same'), st.integers(1, 100)),  # one word again and again
    st.tuples(st.just('up'), st.sampled_from(PINS)),
    st.tuples(st.just('down'), st.sampled_from(PINS)),
)
KNOBS = st.fixed_dictionaries(
    {
        'block_ns': st.sampled_from([1, 500, 2500, 6000]),
        'word_ns': st.sampled_from([0, 200, 1300, 2500, 2501, 3000]),
        'jitter_ns': st.sampled_from([(0, 0), (500, 1500), (0, 9000)]),
        'lost_word': st.none() | st.integers(0, 1500),
        'stall': st.none() | st.builds(Stall, st.integers(0, 600), st.integers(0, 120)),
        'thief': st.none() | st.builds(ClockThief, st.integers(0, 4000), st.just(CM_DIV), st.just(0x5A005000)),
        'empty_output': st.sampled_from(['hold', 'zero']),
    }
)
DEED = st.one_of(
    st.tuples(st.just('sleep'), st.integers(1, 1500)),
    st.tuples(st.just('sleep'), st.integers(1, 1500)),
    st.tuples(st.just('write'), st.sampled_from([(DMAC, 0x80000005), (DMAC, 12), (DMAC, 0x8000080F), (RNG2, 600),
                                                 (CTL, 0xA1A1), (CTL, 0xA1B1), (CTL, 0xA0A0), (GPSET0, 1 << 5),
                                                 (0x7E007E00, 0x80000000), (0x7E007E00, 0), (0x7E007E00, 0x30F80001),
                                                 (0x7E200004, 0)])),
)  # fmt: skip
RUNS = st.builds(Run, st.lists(PART, min_size=1, max_size=25), KNOBS, st.sampled_from([0, 1, 2, 7, 12, 12, 12, 15, 20]),
                 st.lists(DEED, min_size=1, max_size=8), st.integers(0, 2**32 - 1))  # fmt: skip


def lay(board, run):
    random = np.random.default_rng(run.seed)
    chain = Chain(board.pi)
    for kind, number in run.parts:
        if kind in ('fifo', 'flood'):
            chain.fifo(random.integers(0, 640, number), TI_FIFO if kind == 'fifo' else TI_FIFO & ~8)
        elif kind == 'same':
            chain.block(TI_FIFO & ~0x100, chain.data([number]), 0x7E20C018, 4 * number)
        else:
            chain.gpio(**{kind: 1 << number})
    chain.silence_for_ever(random.integers(1, 40))
    return chain


def outcome(run, exact, memory=PiMemory(1 << 15, 1 << 14, 1 << 14)):  # noqa: B008 - a frozen value
    board = Board(memory, exact=exact, **run.knobs)
    chain = lay(board, run)
    board.prepare(*PINS, dmac=0x80000000 | run.dreq)
    board.start_dma(chain.first)
    board.sleep_us(50)  # the slowest words fill the FIFO too
    board.write(CTL, 0xA1A1)
    seen = []
    for what, deed in run.deeds:
        if what == 'sleep':
            board.sleep_us(deed)
        else:
            board.write(*deed)
        seen += [board.read(at) for at in (STA, 0x7E007E00, 0x7E007E04, 0x7E007E0C, 0x7E007E14, 0x7E200034)]
    pwm, edges = board.output()
    return (
        pwm.tolist(),
        edges,
        seen,
        board.faults(),
        board.pi.frames,
        board.pi.frame_s,
        board.pi.initial_levels.tolist(),
    )


@settings(max_examples=200, deadline=None, derandomize=True)
@given(RUNS)
def test_fast_and_exact_agree_in_everything(run):
    for quick, slow in zip(outcome(run, False), outcome(run, True), strict=True):
        assert quick == slow


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.integers(0, 2**32 - 1), st.lists(st.integers(1, 700), min_size=3, max_size=12))
def test_cutting_time_into_other_slices_changes_nothing(seed, slices):
    run = Run([('fifo', 250), ('up', 22), ('fifo', 30), ('down', 22), ('fifo', 300)], {}, 12,
              [('sleep', us) for us in slices], seed)  # fmt: skip
    whole = Run(run.parts, {}, 12, [('sleep', sum(slices))], seed)
    first, second = outcome(run, False), outcome(whole, False)
    assert (first[0], first[1], first[2][-6:]) == (second[0], second[1], second[2])


@pytest.mark.parametrize('word_ns', [2500, 2501, 3000])
def test_words_too_slow_for_two_a_frame_are_not_taken_in_one_go(word_ns):
    parts = [('fifo', 1800), ('up', 22), ('fifo', 200), ('down', 22), ('fifo', 100)]
    one_more = ('write', (FIF1, 99))  # so that the first frame asks for one word only, and the second looks steady
    run = Run(parts, {'word_ns': word_ns, 'block_ns': 1}, 12, [one_more, ('sleep', 9000)], 1)
    quick, slow = outcome(run, False), outcome(run, True)
    assert quick == slow
    assert ('underrun' in slow[3]) is (word_ns > 2501)  # 2 ns a frame do not add up to a word here


def test_a_request_line_switched_off_in_the_middle_stops_the_words():
    run = Run([('fifo', 600)], {}, 12, [('sleep', 502), ('write', (DMAC, 12)), ('sleep', 500)], 1)
    quick, slow = outcome(run, False), outcome(run, True)
    assert quick == slow
    assert 'underrun' in slow[3]


def test_one_flipped_bit_anywhere_in_a_block_is_heard_or_noted():
    """Every bit of a FIFO block and of a GPIO block; the words around it differ from it everywhere."""

    def played(block, word, bit):
        board = Board(PiMemory(1 << 12, 1 << 12, 1 << 10))
        chain = Chain(board.pi, at=256)
        board.pi.memory[:] = np.random.default_rng(1).integers(1, 1 << 32, 1 << 12)
        blocks = [chain.fifo(np.arange(1, 101)), chain.gpio(up=1 << 22, down=1 << 5), chain.fifo(np.arange(101, 151))]
        chain.silence_for_ever()
        if bit is not None:
            at = (blocks[block] - chain.bus) // 4 + word
            board.pi.memory[at] ^= np.uint32(1 << bit)
        board.write(GPSET0, 1 << 5)
        board.play(chain, 5, 22, us=5 * 400)
        pwm, edges = board.output()
        return pwm.tolist(), edges, board.faults()

    plain = played(0, 0, None)
    assert plain[2] == ''
    for block in (0, 1):
        for word in range(8):
            for bit in range(32):
                assert played(block, word, bit) != plain, (block, word, bit)
