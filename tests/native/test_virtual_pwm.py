"""The virtual PWM block and its clock: FIFO, flags, modes, and what a wrong setting sounds like."""

import numpy as np
import pytest

from appliance.virtual.pi import ClockThief, Stall
from tests.native.chain_assembler import (
    CM_CTL,
    CM_DIV,
    CTL,
    DAT1,
    DMAC,
    FIF1,
    RNG1,
    RNG2,
    STA,
    Board,
    Chain,
)  # fmt: skip

RAMP = np.arange(1, 625)
FULL, EMPTY, WERR, RERR, GAPS, BERR, PLAYING = 1, 2, 4, 8, 0x30, 0x100, 0x600


def ramp_on(board, words=RAMP):
    chain = Chain(board.pi)
    chain.fifo(words)
    chain.silence_for_ever()
    return chain


def by_hand(board, *words, ctl=0xA1A1, **prepare):
    """Words written to the FIFO by the program, then the PWM switched on."""
    board.prepare(**prepare)
    for word in words:
        board.write(FIF1, word)
    board.write(CTL, ctl)
    return board


def test_frame_nil_is_the_first_after_both_channels_are_on():
    board = by_hand(Board(), 1, 2, 3, 4)
    assert board.pi.frames == 0
    board.sleep_us(4)
    assert board.pi.frames == 1
    assert len(board.output()[0]) == 0  # not complete
    board.sleep_us(1)
    assert board.output()[0].tolist() == [[1, 2]]
    board.sleep_us(5)
    assert board.output()[0].tolist() == [[3, 4]]


def test_status_tells_how_full_the_fifo_is_and_that_channels_play():
    board = Board()
    board.prepare()
    assert board.read(STA) & (FULL | EMPTY | PLAYING) == EMPTY
    for _ in range(15):
        board.write(FIF1, 5)
    assert board.read(STA) & (FULL | EMPTY) == 0
    board.write(FIF1, 5)
    assert board.read(STA) & (FULL | EMPTY | WERR) == FULL
    board.write(FIF1, 5)
    assert board.read(STA) & (FULL | WERR) == FULL | WERR
    board.write(CTL, 0xA1A1)
    assert board.read(STA) & PLAYING == PLAYING
    assert board.read(FIF1) == 0x70776D30


@pytest.mark.parametrize(('empty', 'heard'), [('hold', [3, 4]), ('zero', [0, 0])])
def test_an_empty_fifo_holds_or_falls_silent_and_raises_flags(empty, heard):
    board = by_hand(Board(empty_output=empty), 1, 2, 3, 4)
    board.sleep_us(5 * 2 - 1)
    assert board.read(STA) & (RERR | GAPS) == 0
    board.sleep_us(5 * 3 + 1)
    assert board.output()[0].tolist() == [[1, 2], [3, 4], heard, heard, heard]
    assert board.read(STA) & (RERR | GAPS) == RERR | GAPS
    assert 'underrun (words it held): 0x00000000; 4 times, first in frame 2' in board.faults()
    board.write(CTL, 0xA0A0)
    board.write(STA, GAPS)
    assert board.read(STA) & (RERR | GAPS) == RERR
    board.write(STA, RERR)
    assert board.read(STA) & (RERR | GAPS) == 0


def test_channels_read_in_lock_step_two_words_or_none():
    board = by_hand(Board(), 1, 2, 3)
    board.sleep_us(5 * 2)
    board.write(FIF1, 4)
    board.sleep_us(5)
    assert board.output()[0].tolist() == [[1, 2], [1, 2], [1, 2]]
    board.sleep_us(5)
    assert board.output()[0].tolist() == [[3, 4]]


@pytest.mark.parametrize('lost', [5, 100, 301])
def test_a_lost_word_swaps_the_legs_from_then_on_and_raises_werr(lost):
    board = Board(lost_word=lost)
    board.play(ramp_on(board), us=5 * 250)
    assert board.output()[0].ravel().tolist() == np.delete(RAMP, lost)[:500].tolist()
    assert board.read(STA) & WERR
    assert 'lost on the bus' in board.faults()


def test_ctl_written_twice_within_10_us_keeps_the_first_and_raises_berr():
    board = Board()
    board.prepare()
    board.write(CTL, 0xA1A1)
    board.sleep_us(9)
    board.write(CTL, 0xA0A0)
    assert board.read(CTL) == 0xA1A1
    assert board.read(STA) & BERR
    assert 'less than 10 us' in board.faults()
    board.sleep_us(1)
    board.write(STA, BERR)
    board.write(CTL, 0xA0A0)
    assert board.read(CTL) == 0xA0A0
    assert board.read(STA) & BERR == 0


def test_without_a_clock_writes_are_lost():
    board = Board()
    for register, value in [(CTL, 0xA0A0), (RNG1, 625), (RNG2, 625), (DMAC, 0x8000080C), (FIF1, 5), (DAT1, 5)]:
        before = board.read(register)
        board.write(register, value)
        assert board.read(register) == before != value
    assert board.read(STA) & EMPTY
    assert '6 times' in board.faults()


def test_switching_off_what_is_off_needs_no_clock():
    board = Board()
    board.write(CTL, 0)
    board.write(STA, 0x13C)
    assert board.faults() == ''


@pytest.mark.parametrize(('ctl', 'bit'), [(0x40, 0x40), (0x4000, 0x4000), (0xFFFFA0A0, 0xFFFF0000)])
def test_clrf_and_reserved_bits_read_nil(ctl, bit):
    board = Board()
    board.prepare()
    board.write(CTL, ctl)
    assert board.read(CTL) & bit == 0


def test_clrf_empties_the_fifo():
    board = Board()
    board.prepare()
    board.write(FIF1, 5)
    board.ctl(0xA0E0)
    assert board.read(STA) & EMPTY


def test_starting_without_clrf_leaves_channel_2_silent():
    board = by_hand(Board(), 1, 2, 3, 4)
    board.sleep_us(20)
    board.ctl(0xA0A0)  # off; on again without CLRF
    for word in (5, 6, 7, 8):
        board.write(FIF1, word)
    board.output()
    board.write(CTL, 0xA1A1)
    board.sleep_us(10)
    assert board.output()[0].tolist() == [[5, 0], [7, 0]]
    assert 'without CLRF' in board.faults()


def test_differing_ranges_are_an_error_and_the_longer_one_sets_the_pace():
    board = by_hand(Board(), 700, 700, 3, 4, ranges=(625, 1250))
    board.sleep_us(20)
    assert board.output()[0].tolist() == [[625, 700], [3, 4]]
    assert board.pi.frame_s == 10e-6
    assert board.read(STA) & GAPS == GAPS
    assert 'RNG1 and RNG2 differ' in board.faults()


@pytest.mark.parametrize('value', [0, 1])
def test_a_range_below_two_plays_nothing(value):
    board = by_hand(Board(), 1, 2, ranges=(625, value))
    board.sleep_us(100)
    assert board.pi.frames == 0
    assert 'range is below 2' in board.faults()


@pytest.mark.parametrize(
    ('word', 'high'), [(0, 0), (1, 1), (312, 1), (313, 2), (400, 2), (500, 4), (624, 624), (625, 625)]
)
def test_without_mark_space_a_frame_is_many_short_pulses(word, high):
    """Twin: clock i is high when the running sum of N/M passes a whole number; the longest run is what counts."""
    level = (np.arange(1, 626) * word // 625) - (np.arange(625) * word // 625)
    runs = ''.join(map(str, np.tile(level, 2))).split('0')
    assert min(max(map(len, runs)), 625) == high
    board = by_hand(Board(), word, 625 - word, ctl=0x21A1)  # MSEN1, not MSEN2
    board.sleep_us(5)
    assert board.output()[0].tolist()[0][0] == word
    board = by_hand(Board(), 625 - word, word, ctl=0x21A1)
    board.sleep_us(5)
    assert board.output()[0].tolist()[0] == [625 - word, high]
    assert 'without mark/space' in board.faults()


def test_a_word_beyond_the_range_is_high_all_the_frame():
    board = by_hand(Board(), 626, 0xFFFFFFFF, 10, 10)
    board.sleep_us(5)
    assert board.output()[0].tolist() == [[625, 625]]


def test_polarity_turns_a_channel_round():
    board = by_hand(Board(), 100, 100, ctl=0xA1A1 | 0x10)
    board.sleep_us(5)
    assert board.output()[0].tolist() == [[525, 100]]


def test_a_channel_that_is_off_gives_its_sbit():
    board = by_hand(Board(), 100, 200, ctl=0x00A1 | 0x0800)  # one word a frame, for channel 1
    board.sleep_us(10)
    assert board.output()[0].tolist() == [[100, 625], [200, 625]]


def test_an_empty_fifo_gives_the_sbit_level_where_silence_is_chosen():
    board = by_hand(Board(empty_output='zero'), ctl=0xA1A1 | 0x0008)
    board.sleep_us(5)
    assert board.output()[0].tolist() == [[625, 0]]


def test_a_channel_without_fifo_plays_its_data_register():
    board = Board()
    board.prepare()
    board.write(DAT1, 77)
    for word in (5, 6):
        board.write(FIF1, word)
    board.write(CTL, 0xA181)
    board.sleep_us(10)
    assert board.output()[0].tolist() == [[77, 5], [77, 6]]


def test_one_channel_alone_may_repeat_but_two_may_not():
    board = by_hand(Board(empty_output='zero'), 5, ctl=0xA5)
    board.sleep_us(10)
    assert board.output()[0].tolist() == [[5, 0], [5, 0]]
    assert board.read(STA) & RERR == 0
    assert board.faults() == ''
    board = by_hand(Board(), 5, 5, ctl=0xA1A5)
    assert 'RPTL' in board.faults()


def test_the_serialiser_gives_its_bits_and_is_noted():
    board = by_hand(Board(), 0xF0000001, 0xFFFFFFFF, ctl=0xA3A3)
    board.sleep_us(5)
    assert board.output()[0].tolist() == [[5, 32]]
    assert 'serialiser' in board.faults()


# --- the clock -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(('chip', 'source', 'divider', 'ctl', 'frame_ns'), [
    ('bcm2837', 6, 4 << 12, 0, 5000),
    ('bcm2837', 6, 8 << 12, 0, 10000),
    ('bcm2837', 6, 5 << 12, 0, 6250),
    ('bcm2711', 6, 6 << 12, 0, 5000),
    ('bcm2711', 6, 4 << 12, 0, 625 * 4 / 0.75),
    ('bcm2835', 1, 2 << 12, 0, 625 * 2 / 0.0192),
    ('bcm2711', 1, 2 << 12, 0, 625 * 2 / 0.054),
    ('bcm2837', 6, 4 << 12 | 2048, 0, 5000),             # MASH 0: integer division
    ('bcm2837', 6, 4 << 12 | 2048, 1 << 9, 5625),
])  # fmt: skip
def test_clock_and_range_make_the_frame(chip, source, divider, ctl, frame_ns):
    board = Board(chip=chip)
    board.write(CM_CTL, 0x5A000000 | source | ctl)
    board.write(CM_DIV, 0x5A000000 | divider)
    board.write(CM_CTL, 0x5A000010 | source | ctl)
    board.sleep_us(10)
    board.write(RNG1, 625)
    board.write(RNG2, 625)
    board.ctl(0x40)
    board.write(CTL, 0xA1A1)
    board.sleep_us(1)
    assert board.pi.frame_s == pytest.approx(frame_ns * 1e-9, abs=0.6e-12)


def test_a_frame_lasts_as_long_as_it_says():
    board = by_hand(Board(), 1, 1, ranges=(1250, 1250))
    board.sleep_us(10 * 1000)
    assert board.pi.frames == 1001


def test_clock_writes_without_password_are_lost():
    board = Board()
    board.write(CM_CTL, 0x00000016)
    board.write(CM_DIV, 0x5B004000)
    assert (board.read(CM_CTL), board.read(CM_DIV)) == (0, 0)
    assert '2 times' in board.faults()


def test_busy_follows_enab_and_kill_is_at_once():
    board = Board()
    board.write(CM_CTL, 0x5A000006)
    board.write(CM_DIV, 0x5A004000)
    board.write(CM_CTL, 0x5A000016)
    assert board.read(CM_CTL) == 0x16
    board.sleep_us(2)
    assert board.read(CM_CTL) == 0x96
    board.write(CM_CTL, 0x5A000006)
    assert board.read(CM_CTL) == 0x86
    board.sleep_us(2)
    assert board.read(CM_CTL) == 0x06
    board.write(CM_CTL, 0x5A000016)
    board.sleep_us(2)
    board.write(CM_CTL, 0x5A000036)
    assert board.read(CM_CTL) & 0x90 == 0
    assert board.faults() == ''


@pytest.mark.parametrize(('register', 'value'), [(CM_CTL, 0x5A000011), (CM_DIV, 0x5A005000), (CM_CTL, 0x5A000216)])
def test_changing_a_busy_clock_is_an_error(register, value):
    board = Board()
    board.clock_on()
    board.write(register, value)
    assert 'while it was BUSY' in board.faults()


def test_source_and_enab_in_one_write_are_an_error():
    board = Board()
    board.write(CM_DIV, 0x5A004000)
    board.write(CM_CTL, 0x5A000016)
    assert 'same write as ENAB' in board.faults()


@pytest.mark.parametrize(('mash', 'divider', 'wrong'), [
    (0, 0, True), (0, 1, False), (1, 1, True), (1, 2, False), (2, 2, True), (2, 3, False), (3, 4, True), (3, 5, False),
])  # fmt: skip
def test_each_mash_has_its_least_divider(mash, divider, wrong):
    board = Board()
    board.write(CM_DIV, 0x5A000000 | divider << 12)
    board.write(CM_CTL, 0x5A000006 | mash << 9)
    board.write(CM_CTL, 0x5A000016 | mash << 9)
    board.sleep_us(2)
    assert ('divider is too small' in board.faults()) is wrong


@pytest.mark.parametrize('source', [0, 4, 5, 7])
def test_a_source_that_stands_or_that_others_scale_is_refused(source):
    board = Board()
    board.write(CM_DIV, 0x5A004000)
    board.write(CM_CTL, 0x5A000000 | source)
    board.write(CM_CTL, 0x5A000010 | source)
    board.sleep_us(2)
    assert 'others scale it' in board.faults()
    board.write(RNG1, 625)
    assert 'PWM clock stands' in board.faults()


def test_stopping_the_clock_stops_the_frames():
    board = Board()
    board.play(ramp_on(board), us=5 * 20)
    board.write(CM_CTL, 0x5A000006)
    board.sleep_us(1000)
    frames = board.pi.frames
    assert frames == 21
    board.write(CM_CTL, 0x5A000016)
    board.sleep_us(5 * 10)
    assert board.pi.frames == frames + 10  # the first a microsecond after ENAB, with BUSY


@pytest.mark.parametrize(('register', 'value', 'frame_us'), [(CM_DIV, 0x5A008000, 10), (CM_CTL, 0x5A000011, 130.2)])
def test_another_program_at_the_clock_changes_the_frame_and_shows(register, value, frame_us):
    board = Board(thief=ClockThief(1000, register, value))
    board.play(ramp_on(board), us=900)
    assert board.pi.frame_s == 5e-6
    assert board.faults() == ''
    board.sleep_us(400)
    assert board.pi.frame_s == pytest.approx(frame_us * 1e-6, rel=1e-3)
    assert 'length of a PWM frame changed' in board.faults()
    assert board.read(register) | 0x5A000080 == value | 0x80


@pytest.mark.parametrize(('length_us', 'lost'), [(29, 0), (30, 1), (38, 2), (58, 6)])
def test_a_stall_is_bridged_by_what_waits_in_the_fifo(length_us, lost):
    """13 words are 6 pairs: the frame at which the bus is taken plays the first, then five more, then none."""
    board = Board(stall=Stall(100, length_us))
    board.play(ramp_on(board), us=5 * 200)
    pwm, _ = board.output()
    assert (pwm[:200].ravel() == RAMP[:400]).all() == (lost == 0)
    assert ('underrun' in board.faults()) == (lost > 0)
    if lost:
        assert f'; {lost} times, first in frame 106' in board.faults()
        assert (pwm[106 : 106 + lost] == pwm[105]).all()
        assert pwm[106 + lost : 200].ravel().tolist() == RAMP[212 : 400 - 2 * lost].tolist()
