"""The virtual GPIO block, and how pin edges lie against the frames."""

import numpy as np
import pytest

from appliance.virtual.pi import Stall
from tests.native.chain_assembler import CTL, GPCLR0, GPFSEL, GPLEV0, GPSET0, Board, Chain

RAMP = np.arange(1, 625)
PULLED_UP = [*range(9), 34, 35, 36, *range(46, 54)]


def lit(board, pin):
    return board.read(GPLEV0 + 4 * (pin // 32)) >> pin % 32 & 1


def silence(frames):
    return [312] * (2 * frames)


def test_after_power_up_every_pin_is_an_input_at_its_pull():
    board = Board()
    assert [board.read(GPFSEL + 4 * i) for i in range(6)] == [0] * 6
    assert [pin for pin in range(54) if lit(board, pin)] == PULLED_UP
    assert np.flatnonzero(board.pi.initial_levels).tolist() == PULLED_UP


def test_only_an_output_drives_its_pin():
    board = Board()
    for pin, function in [(17, 1), (18, 0), (19, 4), (40, 1)]:
        board.write(GPFSEL + 4 * (pin // 10), board.read(GPFSEL + 4 * (pin // 10)) | function << 3 * (pin % 10))
    board.write(GPSET0, 0b111 << 17)
    board.write(GPSET0 + 4, 1 << 8)
    assert [lit(board, pin) for pin in (17, 18, 19, 40)] == [1, 0, 0, 1]
    board.write(GPCLR0, 0b111 << 17)
    board.write(GPCLR0 + 4, 1 << 8)
    assert [lit(board, pin) for pin in (17, 18, 19, 40)] == [0, 0, 0, 0]
    assert board.faults() == ''


def test_a_level_set_before_the_pin_is_an_output_comes_with_it():
    board = Board()
    board.write(GPCLR0, 1 << 5)
    board.write(GPSET0, 1 << 17)
    assert (lit(board, 5), lit(board, 17)) == (1, 0)
    board.pins(5, 17)
    assert (lit(board, 5), lit(board, 17)) == (0, 1)


def test_inputs_follow_the_outside_and_fall_back_to_their_pull():
    board = Board()
    for pin, pull in [(4, 1), (20, 0)]:
        board.pi.set_input(pin, 1 - pull)
        assert lit(board, pin) == 1 - pull
        board.pi.set_input(pin, None)
        assert lit(board, pin) == pull
    board.pins(20)
    board.pi.set_input(20, 1)  # nobody wins against an output here
    assert lit(board, 20) == 0


@pytest.mark.parametrize(('pin', 'level'), [(-1, 0), (54, 0), (3, 2)])
def test_an_input_that_cannot_be_is_refused(pin, level):
    with pytest.raises(Exception, match='vpi_set_input'):
        Board().pi.set_input(pin, level)


@pytest.mark.parametrize(('pin', 'clock', 'code', 'level'), [(4, 0, 1, 0), (20, 0, 2, 1), (33, 1, 2, 1), (4, 0, 0, 0)])
def test_pulls_of_the_older_chips(pin, clock, code, level):
    board = Board()
    board.write(0x7E200094, code)
    board.write(0x7E200098 + 4 * clock, 1 << pin % 32)
    assert lit(board, pin) == level
    board.write(0x7E2000E4, 0)
    assert 'no such register' in board.faults()


@pytest.mark.parametrize(('pin', 'code', 'level'), [(4, 2, 0), (20, 1, 1), (20, 2, 0), (33, 1, 1), (4, 0, 0)])
def test_pulls_of_bcm2711_count_the_other_way(pin, code, level):
    board = Board(chip='bcm2711')
    board.write(0x7E2000E4 + 4 * (pin // 16), code << 2 * (pin % 16))
    assert lit(board, pin) == level
    board.write(0x7E200094, 2)
    assert 'no such register' in board.faults()


def test_an_edge_comes_seven_frames_before_the_words_behind_it():
    board = Board()
    chain = Chain(board.pi)
    chain.fifo(RAMP[:400])
    chain.gpio(up=1 << 22)
    chain.fifo(RAMP[400:402])
    chain.gpio(down=1 << 22)
    chain.silence_for_ever()
    board.play(chain, 22, us=5 * 300)
    _, edges = board.output()
    assert edges == [(200 - 7, 22, 1), (201 - 7, 22, 0)]
    assert board.faults() == ''


def test_set_and_clear_in_one_block_and_only_real_changes_are_edges():
    board = Board()
    chain = Chain(board.pi)
    chain.fifo(silence(100))
    chain.gpio(up=1 << 22 | 1 << 6)
    chain.fifo(silence(100))
    chain.gpio(up=1 << 6 | 1 << 27, down=1 << 22 | 1 << 23)
    chain.silence_for_ever()
    board.play(chain, 6, 22, 23, 27, us=5 * 300)
    assert board.output()[1] == [(93, 6, 1), (93, 22, 1), (193, 27, 1), (193, 22, 0)]


def test_a_pin_that_is_not_an_output_has_no_edges_and_is_noted():
    board = Board()
    chain = Chain(board.pi)
    chain.fifo(silence(100))
    chain.gpio(up=1 << 22 | 1 << 23)
    chain.silence_for_ever()
    board.play(chain, 22, us=5 * 300)
    assert board.output()[1] == [(93, 22, 1)]
    assert 'not an output (the pin): 0x00000017' in board.faults()


def test_what_changes_before_frame_nil_is_in_the_initial_levels():
    board = Board()
    chain = Chain(board.pi)
    chain.gpio(up=1 << 22)
    chain.fifo(silence(3))
    chain.gpio(down=1 << 5)  # still before the first frame: the FIFO takes 13 words ahead
    chain.fifo(silence(50))
    chain.gpio(up=1 << 23)
    chain.silence_for_ever()
    board.pins(5, 22, 23)
    board.write(GPSET0, 1 << 5)
    board.play(chain, 5, 22, 23, us=5 * 100)
    _, edges = board.output()
    assert edges == [(46, 23, 1)]
    levels = board.pi.initial_levels
    assert (levels[22], levels[5], levels[23], levels[4]) == (1, 0, 0, 1)


def test_the_program_s_own_writes_are_edges_too_and_belong_to_the_frame_being_played():
    board = Board()
    chain = Chain(board.pi)
    chain.silence_for_ever()
    board.play(chain, 22, us=5 * 10 + 4)
    board.write(GPSET0, 1 << 22)
    board.sleep_us(1)
    board.write(GPCLR0, 1 << 22)
    board.sleep_us(100)
    assert board.output()[1] == [(10, 22, 1), (11, 22, 0)]


def test_turning_a_driven_pin_into_an_input_lets_its_pull_win():
    board = Board()
    chain = Chain(board.pi)
    chain.silence_for_ever()
    board.play(chain, 5, us=5 * 10 + 1)
    assert lit(board, 5) == 0
    board.write(GPFSEL, 0)
    board.sleep_us(10)
    assert board.output()[1] == [(10, 5, 1)]


def test_a_pin_handed_to_the_pwm_makes_no_edge_of_its_own():
    board = Board()
    chain = Chain(board.pi)
    chain.silence_for_ever()
    board.pins(18)
    board.write(GPSET0, 1 << 18)
    board.play(chain, 18, us=5 * 10 + 1)
    board.write(GPFSEL + 4, board.read(GPFSEL + 4) & ~(7 << 24) | 2 << 24)
    board.sleep_us(100)
    assert board.output()[1] == []


def test_bits_beyond_the_last_pin_touch_nothing():
    board = Board()
    board.write(GPCLR0 + 4, 0xFFFFFFFF)
    board.pi.set_input(4, 0)
    board.pi.set_input(4, None)
    assert [pin for pin in range(54) if lit(board, pin)] == PULLED_UP


def test_edges_after_the_pwm_has_stopped_are_not_output_until_it_plays_again():
    board = Board()
    chain = Chain(board.pi)
    chain.silence_for_ever()
    board.play(chain, 22, us=5 * 10 + 1)
    board.write(CTL, 0xA0A0)
    board.write(GPSET0, 1 << 22)
    board.sleep_us(1000)
    pwm, edges = board.output()
    assert (len(pwm), edges) == (11, [])  # the frame cut short counts
    board.ctl(0x40)
    board.ctl(0xA0A0)
    board.write(CTL, 0xA1A1)
    board.sleep_us(5)
    assert board.output()[1] == [(11, 22, 1)]


@pytest.mark.parametrize(('jitter_ns', 'block_ns', 'frames'), [
    ((0, 0), 500, [93]), ((4000, 4000), 500, [93]), ((6000, 6000), 500, [94]), ((500, 1500), 500, [93]),
    ((0, 0), 4900, [94]),
])  # fmt: skip
def test_costs_and_jitter_move_an_edge(jitter_ns, block_ns, frames):
    board = Board(jitter_ns=jitter_ns, block_ns=block_ns)
    chain = Chain(board.pi)
    chain.fifo(silence(100))
    chain.gpio(up=1 << 22)
    chain.silence_for_ever()
    board.play(chain, 22, us=5 * 200)
    assert [frame for frame, *_ in board.output()[1]] == frames


def test_jitter_is_the_same_for_the_same_seed_and_within_its_range():
    def late_us(seed):
        """Each block copies the microsecond counter to memory, at a cost of 1 us a block."""
        board = Board(jitter_ns=(3000, 9000), seed=seed, block_ns=1000, word_ns=0)
        chain = Chain(board.pi, at=1024)
        for i in range(200):
            chain.block(0x04000008, 0x7E003004, chain.bus + 4 * i, 4)
        board.start_dma(chain.first)
        board.sleep_us(10_000)
        return np.diff(board.pi.memory[:200].astype(int))

    late = late_us(1)
    assert late.tolist() == late_us(1).tolist() != late_us(2).tolist()
    assert 4 <= late.min() < 5 < 9 < late.max() <= 10
    assert late.mean() == pytest.approx(7, abs=0.4)


def test_after_a_stall_edges_come_in_a_bunch():
    pins = (22, 23, 24, 25, 26, 27)
    frames = []
    for stall in (None, Stall(50, 58)):
        board = Board(stall=stall)
        chain = Chain(board.pi)
        chain.fifo(silence(56))
        for pin in pins:
            chain.fifo(silence(1))
            chain.gpio(up=1 << pin)
        chain.silence_for_ever()
        board.play(chain, *pins, us=5 * 100)
        frames.append([frame for frame, *_ in board.output()[1]])
    assert frames[0] == [50, 51, 52, 53, 54, 55]
    assert frames[1][0] == 61
    assert frames[1][-1] <= 63


# --- which pins carry the sound --------------------------------------------------------------------------------------


def first_frame(board, functions):
    """One frame of the words 100 and 200, with these pin functions."""
    board.prepare()
    for pin, function in functions.items():
        index = pin // 10
        kept = board.read(GPFSEL + 4 * index) & ~(7 << 3 * (pin % 10))
        board.write(GPFSEL + 4 * index, kept | function << 3 * (pin % 10))
    board.write(0x7E20C018, 100)
    board.write(0x7E20C018, 200)
    board.write(CTL, 0xA1A1)
    board.sleep_us(5)
    return board.output()[0].tolist()


@pytest.mark.parametrize(('legs', 'functions', 'heard', 'whole'), [
    ((12, 13), {}, [100, 200], True),
    ((13, 12), {}, [200, 100], True),
    ((18, 19), {18: 2, 19: 2}, [100, 200], True),
    ((18, 13), {18: 4}, [0, 200], False),
    ((12, 13), {13: 0}, [100, 0], False),
    ((12, 13), {12: 1}, [0, 200], False),
    ((4, 13), {}, [625, 200], False),
])  # fmt: skip
def test_a_leg_gets_what_its_pin_emits(legs, functions, heard, whole):
    board = Board(leg_gpio=legs)
    assert first_frame(board, functions) == [heard]
    assert ('leg of the bridge' not in board.faults()) is whole


def test_a_leg_that_is_an_output_is_high_or_low_all_the_frame():
    board = Board()
    board.write(GPSET0, 1 << 12)
    assert first_frame(board, {12: 1}) == [[625, 200]]


def test_a_pin_that_emits_reads_as_the_pwm_does():
    board = Board()
    board.prepare()
    board.write(0x7E20C018, 300)  # 2.4 us
    board.write(0x7E20C018, 500)  # 4 us
    board.write(CTL, 0xA1A1)
    seen = []
    for _ in range(5):
        board.sleep_us(1)
        seen.append((lit(board, 12), lit(board, 13)))
    assert seen[:4] == [(1, 1), (1, 1), (0, 1), (0, 0)]
