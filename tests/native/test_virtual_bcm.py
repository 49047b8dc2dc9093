"""The virtual DMA engine: each rule of the sheet and of the field notes, on chains written by hand."""

import numpy as np
import pytest

from tests.native.chain_assembler import (
    CONBLK_AD,
    CS,
    CTL,
    FIF1,
    GO,
    GPSET0,
    NEXTCONBK,
    SOURCE_AD,
    STA,
    TI_FIFO,
    TI_GPIO1,
    TXFR_LEN,
    Board,
    Chain,
    PiMemory,
    chain_on,
)  # fmt: skip

ACTIVE, END, INT, PAUSED, DREQ_STOPS, ERROR = 1, 2, 4, 0x10, 0x20, 0x100
WERR = 4
RAMP = np.arange(1, 625)  # no two words alike: any word lost or moved shows


def test_words_alternate_between_the_legs_in_the_order_of_the_chain():
    board = Board()
    chain, _ = chain_on(board, RAMP[:100], RAMP[100:160])
    board.play(chain, us=5 * 200)
    pwm, edges = board.output()
    assert pwm[:80].ravel().tolist() == RAMP[:160].tolist()
    assert (pwm[80:] == 312).all()
    assert len(pwm) == 200
    assert edges == []
    assert board.faults() == ''


@pytest.mark.parametrize(('chip', 'channel'), [('bcm2835', 14), ('bcm2837', 14), ('bcm2837', 5), ('bcm2711', 7)])
def test_every_chip_plays_the_same(chip, channel):
    board = Board(chip=chip, channel=channel)
    chain, _ = chain_on(board, RAMP)
    board.play(chain, us=5 * 400)
    pwm, _ = board.output()
    assert pwm[:312].ravel().tolist() == RAMP.tolist()
    assert board.pi.frame_s == 5e-6
    assert board.faults() == ''


def test_a_block_is_latched_whole_when_it_starts():
    board = Board()
    chain, (first, second, _) = chain_on(board, RAMP[:200], RAMP[200:300])
    board.play(chain, us=5 * 20)
    for word in range(8):  # all eight words of the running block, its `next` among them
        chain.poke(first, word, 0)
    board.sleep_us(5 * 200)
    pwm, _ = board.output()
    assert pwm[:150].ravel().tolist() == RAMP[:300].tolist()
    assert board.faults() == ''
    chain.poke(second, 2, GPSET0)  # and a block not yet started is read afresh
    board.write(board.dma + CS, 0x80000000)
    board.write(board.dma + CONBLK_AD, second)
    board.write(board.dma + CS, GO)
    board.sleep_us(100)
    assert 'not an output' in board.faults()


def test_an_append_before_the_tail_starts_is_seen_and_after_it_is_not():
    for sleep_frames, follows in [(20, True), (180, False)]:
        board = Board()
        chain = Chain(board.pi)
        chain.fifo(RAMP[:200])
        tail = chain.fifo(RAMP[200:400])
        idle = chain.silence_for_ever()
        segment = chain.fifo(RAMP[400:500])
        chain.link(segment, idle)
        chain.link(idle, idle)
        chain.link(tail, idle)
        board.play(chain, us=5 * sleep_frames)
        chain.link(tail, segment)
        board.sleep_us(5 * 300)
        pwm, _ = board.output()
        assert (pwm[200:250].ravel().tolist() == RAMP[400:500].tolist()) is follows


def test_the_low_five_bits_of_an_address_are_dropped_and_noted():
    board = Board()
    chain, (first, second, _) = chain_on(board, RAMP[:100], RAMP[100:200])
    chain.link(first, second | 0x1F)
    chain.first = first | 4
    board.play(chain, us=5 * 120)
    assert board.output()[0][:100].ravel().tolist() == RAMP[:200].tolist()
    assert '2 times' in next(str(fault) for fault in board.pi.faults() if '32 bytes' in fault.sentence)


def test_next_nil_stops_and_says_end():
    board = Board()
    chain = Chain(board.pi)
    chain.gpio(up=1 << 22)
    board.pins(22)
    board.start_dma(chain.first)
    assert board.read(board.dma + CONBLK_AD) == 0
    assert board.cs() & (ACTIVE | END | INT) == END
    board.write(board.dma + CS, END)  # W1C
    assert board.cs() & END == 0
    assert board.faults() == ''


def test_inten_raises_int_until_it_is_cleared():
    board = Board()
    chain = Chain(board.pi)
    chain.block(TI_GPIO1 | 1, chain.data([1 << 22]), GPSET0, 4)
    board.pins(22)
    board.start_dma(chain.first)
    assert board.cs() & (END | INT) == END | INT
    assert board.read(0x7E007FE0) == 1 << 14
    board.write(board.dma + CS, INT)
    assert board.cs() & (END | INT) == END
    assert board.read(0x7E007FE0) == 0


def test_reset_clears_itself_and_stops_in_the_middle_of_a_block():
    board = Board()
    chain, _ = chain_on(board, RAMP)
    board.play(chain, us=5 * 50 + 2)
    assert board.cs() & ACTIVE
    board.write(board.dma + CS, 0x80000000)
    assert board.cs() == 0
    assert board.read(board.dma + CONBLK_AD) == 0
    board.sleep_us(5 * 30)
    pwm, _ = board.output()
    played = 51 + 6  # the FIFO's 13 words still play: six pairs, the thirteenth word alone is none
    assert pwm[:played].ravel().tolist() == RAMP[: 2 * played].tolist()
    assert (pwm[played:] == pwm[played - 1]).all()
    assert 'underrun' in board.faults()


def test_abort_drops_the_block_and_goes_on_with_the_next():
    board = Board()
    chain, (_, second, _) = chain_on(board, RAMP[:400], RAMP[400:500])
    board.play(chain, us=5 * 50)
    board.write(board.dma + CS, GO | 0x40000000)
    board.sleep_us(10)
    assert board.read(board.dma + CONBLK_AD) == second
    board.sleep_us(5 * 100)
    pwm, _ = board.output()
    words = pwm.ravel().tolist()
    at = words.index(401)
    assert words[: at + 100] == [*RAMP[:at], *RAMP[400:500]]
    assert 100 <= at <= 120


def test_a_pause_keeps_the_state_and_lets_next_be_written():
    board = Board()
    chain, (first, _, silence) = chain_on(board, RAMP[:200], RAMP[200:300])
    board.play(chain, us=5 * 20)
    board.write(board.dma + NEXTCONBK, silence)
    assert 'at a time when it may not be' in board.faults()
    board.write(board.dma + CS, GO & ~ACTIVE)
    left = board.read(board.dma + TXFR_LEN)
    board.sleep_us(20)
    assert board.cs() & (ACTIVE | PAUSED) == PAUSED
    assert board.read(board.dma + TXFR_LEN) == left > 0
    assert board.read(board.dma + CONBLK_AD) == first
    board.write(board.dma + NEXTCONBK, silence)
    board.write(board.dma + CS, GO)
    board.sleep_us(5 * 200)
    pwm, _ = board.output()
    assert pwm[:100].ravel().tolist() == RAMP[:200].tolist()
    assert (pwm[100:] == 312).all()


def test_a_paused_block_can_be_replaced():
    board = Board()
    chain, (_, second, _) = chain_on(board, RAMP[:200], RAMP[200:300])
    board.play(chain, us=5 * 20 + 2)
    board.write(board.dma + CS, 0)
    board.write(board.dma + CONBLK_AD, second)
    board.write(board.dma + CS, GO)
    board.sleep_us(5 * 100)
    written = 2 * 21 + 13
    words = board.output()[0].ravel().tolist()
    assert words[: written + 100] == [*RAMP[:written], *RAMP[200:300]]


def test_conblk_may_not_be_written_while_the_channel_runs():
    board = Board()
    chain, (_, second, _) = chain_on(board, RAMP[:200], RAMP[200:300])
    board.play(chain, us=5 * 20)
    board.write(board.dma + CONBLK_AD, second)
    board.sleep_us(5 * 200)
    assert board.output()[0][:150].ravel().tolist() == RAMP[:300].tolist()
    assert 'at a time when it may not be' in board.faults()


def test_progress_can_be_read_while_a_block_runs():
    board = Board()
    chain, (first, *_) = chain_on(board, RAMP)
    board.play(chain, us=5 * 50 + 2)
    moved = 2 * 51 + 13  # 51 frames begun, and the FIFO filled to one above the threshold of 12
    assert board.read(board.dma + SOURCE_AD) == chain.bus + 4 * moved
    assert board.read(board.dma + TXFR_LEN) == 4 * (len(RAMP) - moved)
    assert board.read(board.dma + CONBLK_AD) == first
    assert board.cs() & (ACTIVE | DREQ_STOPS | PAUSED | ERROR) == ACTIVE | DREQ_STOPS
    assert board.cs() & 0x30F80000 == 0x30F80000


def test_ignored_ends_write_nothing_on_a_full_channel_and_do_on_a_lite_one():
    for channel, level in [(5, 0), (14, 1)]:
        board = Board(channel=channel)
        chain = Chain(board.pi)
        chain.block(TI_GPIO1 | 0x80, chain.data([1 << 22]), GPSET0, 4)
        board.prepare(22)
        board.start_dma(chain.first)
        assert board.read(0x7E200034) >> 22 & 1 == level


def test_a_source_without_increment_repeats_its_word():
    board = Board()
    chain = Chain(board.pi)
    chain.block(TI_FIFO & ~0x100, chain.data([77]), FIF1, 80)
    chain.silence_for_ever()
    board.play(chain, us=5 * 20)
    pwm, _ = board.output()
    assert (pwm[:10] == 77).all()
    assert (pwm[10:] == 312).all()


def test_a_block_may_copy_a_register_into_chain_memory():
    board = Board()
    chain = Chain(board.pi)
    slot = chain.data([0xFFFFFFFF])
    chain.block(TI_GPIO1, 0x7E200034, slot, 4)
    board.pins(22)
    board.pi.set_input(24, 1)
    board.start_dma(chain.first)
    assert board.pi.memory[(slot - chain.bus) // 4] == 1 << 24 | 0x1FF  # GPIO 0-8 are pulled up at reset


@pytest.mark.parametrize(('threshold', 'filled'), [(3, 4), (12, 13), (15, 16), (255, 16)])
def test_dreq_lets_words_in_while_the_fifo_holds_no_more_than_the_threshold(threshold, filled):
    board = Board()
    chain, _ = chain_on(board, RAMP)
    board.prepare(dmac=0x80000000 | threshold)
    board.start_dma(chain.first)
    assert board.read(board.dma + TXFR_LEN) == 4 * (len(RAMP) - filled)
    assert board.read(STA) & 1 == (filled == 16)
    assert board.faults() == ''


def test_without_enab_nothing_asks_for_words():
    board = Board()
    chain, _ = chain_on(board, RAMP)
    board.prepare(dmac=12)
    board.start_dma(chain.first)
    assert board.read(board.dma + TXFR_LEN) == 4 * len(RAMP)


@pytest.mark.parametrize('permap', [1, 2, 31])
def test_another_request_line_never_asks(permap):
    board = Board()
    chain = Chain(board.pi)
    chain.fifo(RAMP, TI_FIFO & ~(31 << 16) | permap << 16)
    board.prepare()
    board.start_dma(chain.first)
    board.sleep_us(1000)
    assert board.read(board.dma + TXFR_LEN) == 4 * len(RAMP)


def test_request_line_nil_is_always_on_and_overflows_the_fifo():
    board = Board()
    chain = Chain(board.pi)
    chain.fifo(RAMP[:20], TI_FIFO & ~(31 << 16))
    board.prepare()
    board.start_dma(chain.first)
    assert board.read(STA) & WERR
    assert '4 times' in board.faults()


@pytest.mark.parametrize(('in_flight', 'heard'), [(3, RAMP[:22]), (24, [*range(1, 17), *range(38, 42), 63, 64])])
def test_without_wait_resp_words_in_flight_overflow_the_fifo(in_flight, heard):
    """Sixteen fit; 21 of the 24 that come after DREQ fell are lost. When two frames have made room, four more fit."""
    board = Board(words_in_flight=in_flight)
    chain = Chain(board.pi)
    chain.fifo(RAMP, TI_FIFO & ~8)
    board.play(chain, us=5 * 11)
    assert board.output()[0].ravel().tolist() == list(heard)
    assert bool(board.read(STA) & WERR) is (in_flight == 24)
    assert ('full PWM FIFO' in board.faults()) is (in_flight == 24)


def test_nothing_is_in_flight_when_a_channel_starts_at_a_full_fifo():
    board = Board()
    chain = Chain(board.pi)
    chain.fifo(RAMP, TI_FIFO & ~8)
    board.prepare()
    for word in range(16):
        board.write(FIF1, word)
    board.start_dma(chain.first)
    assert board.read(board.dma + TXFR_LEN) == 4 * len(RAMP)
    assert board.read(STA) & WERR == 0


def test_a_channel_starts_when_it_is_told_and_not_before():
    board = Board()
    chain = Chain(board.pi)
    chain.block(TI_GPIO1, 0x7E003004, chain.bus, 4)  # the microsecond counter
    board.sleep_us(1000)
    board.start_dma(chain.first)
    assert board.pi.memory[0] == 1000


def test_jitter_is_for_writes_to_other_registers_than_the_fifo():
    board = Board(jitter_ns=(20_000, 20_000))
    chain, _ = chain_on(board, *RAMP.reshape(-1, 2)[:100])
    board.play(chain, us=5 * 100)
    assert board.output()[0].ravel().tolist() == RAMP[:200].tolist()
    assert board.faults() == ''


def test_with_wait_resp_nothing_is_in_flight():
    board = Board()
    chain, _ = chain_on(board, RAMP)
    board.prepare(dmac=0x8000000F)
    board.start_dma(chain.first)
    board.write(CTL, 0xA1A1)
    board.sleep_us(5 * 300)
    assert board.output()[0][:300].ravel().tolist() == RAMP[:600].tolist()
    assert board.read(STA) & WERR == 0


def test_a_second_channel_is_not_modelled_and_said_so():
    board = Board()
    chain, _ = chain_on(board, RAMP)
    board.play(chain)
    board.write(0x7E007800 + CONBLK_AD, chain.first)
    board.write(0x7E007800 + CS, GO)
    assert board.read(0x7E007800) & ACTIVE == 0
    assert 'second DMA channel' in board.faults()


def test_a_block_linked_to_itself_runs_for_ever():
    board = Board(memory=PiMemory(1 << 16, 0, 0))
    chain = Chain(board.pi)
    silence = chain.silence_for_ever()
    board.play(chain, us=60_000_000)
    assert board.pi.frames == 12_000_001
    assert board.read(board.dma + CONBLK_AD) == silence
    assert board.faults() == ''


def test_an_unpaced_block_linked_to_itself_costs_time_and_so_ends():
    board = Board(block_ns=300, word_ns=200)
    chain = Chain(board.pi)
    block = chain.block(TI_GPIO1, chain.data([1]), chain.data([0]), 4)
    chain.link(block, block)
    board.start_dma(chain.first)
    board.sleep_us(100_000)  # 200 000 rounds
    assert board.cs() & ACTIVE
