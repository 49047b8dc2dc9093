"""What the virtual DMA engine refuses: a block's addresses, lengths, modes, reserved bits; another kind of channel."""

import numpy as np
import pytest

from tests.native.chain_assembler import (
    CS,
    DEBUG,
    FIF1,
    GPSET0,
    SMALL,
    TI_FIFO,
    TI_GPIO1,
    Board,
    Chain,
    chain_on,
)  # fmt: skip

ACTIVE, ERROR = 1, 0x100
RAMP = np.arange(1, 625)


def refused(board, chain, words=()):
    """Run the chain; it must stop with an error and let nothing of `words` be heard."""
    board.prepare(22)
    board.start_dma(chain.first)
    assert board.cs() & (ACTIVE | ERROR) == ERROR
    assert board.read(board.dma + DEBUG) & 7 == 4
    board.write(board.dma + DEBUG, 7)  # W1C
    assert board.read(board.dma + DEBUG) & 7 == 0
    return board.faults()


@pytest.mark.parametrize('address', [0, 0xC0000000, 0x1DE00000, 0x5DE00000, 0x9DE00000, 0x3F20C018, 0xDDE40000])
@pytest.mark.parametrize('part', ['block', 'source', 'dest'])
def test_addresses_outside_chain_memory_under_the_chip_s_alias_are_refused(part, address):
    board = Board()
    assert board.pi.door.memory_bus == 0xDDE00000
    chain = Chain(board.pi)
    source = address if part == 'source' else chain.data([1 << 22])
    chain.block(TI_GPIO1, source, address if part == 'dest' else GPSET0, 4)
    if part == 'block' and address == 0:
        chain.link(chain.tail, 0xC)  # 0 would be the end; what is below 32 is 0 too, and noted
        board.start_dma(chain.first)
        assert '32 bytes' in board.faults()
        return
    chain.first = address if part == 'block' else chain.first
    assert ('control block lies outside' if part == 'block' else 'moves data outside') in refused(board, chain)


def test_the_alias_of_the_old_chip_is_another():
    board = Board(chip='bcm2835')
    assert board.pi.door.memory_bus >> 28 == 0x5  # 0x40000000 | 0x1DE00000
    chain = Chain(board.pi)
    chain.block(TI_GPIO1, chain.data([1]) | 0xC0000000, GPSET0, 4)
    assert 'moves data outside' in refused(board, chain)


def test_data_that_runs_over_the_end_of_memory_stops_there():
    board = Board()
    chain = Chain(board.pi)
    chain.block(TI_FIFO, chain.bus + 4 * (SMALL.chain_words - 4), FIF1, 32)
    assert 'moves data outside' in refused(board, chain)


def test_a_long_block_plays_to_the_end_of_memory_and_no_further():
    board = Board()
    chain = Chain(board.pi)
    board.pi.memory[-100:] = RAMP[:100]
    chain.block(TI_FIFO, chain.bus + 4 * (SMALL.chain_words - 100), FIF1, 4 * 200)
    board.play(chain, us=5 * 60)
    pwm, _ = board.output()
    assert pwm[:50].ravel().tolist() == RAMP[:100].tolist()
    assert (pwm[50:] == pwm[49]).all()
    assert 'moves data outside' in board.faults()


@pytest.mark.parametrize(('source', 'dest'), [(2, 0), (0, 1)])
def test_misaligned_data_is_refused(source, dest):
    board = Board()
    chain = Chain(board.pi)
    chain.block(TI_GPIO1, chain.data([1 << 22]) + source, GPSET0 + dest, 4)
    assert 'misaligned' in refused(board, chain)


@pytest.mark.parametrize('dest', [0x7E201000, 0x7E20003C, 0x7E20C818, 0x7E007E00, 0x7E20C00C])
def test_a_register_that_is_not_there_is_noted(dest):
    board = Board()
    chain = Chain(board.pi)
    chain.block(TI_GPIO1, chain.data([1]), dest, 4)
    board.prepare()
    board.start_dma(chain.first)
    assert 'no such register' in board.faults()


@pytest.mark.parametrize('length', [0, 2, 6, 65536, 65540])
def test_a_lite_channel_refuses_lengths(length):
    board = Board()
    chain = Chain(board.pi)
    chain.block(TI_FIFO, chain.bus, FIF1, length)
    assert 'TXFR_LEN' in refused(board, chain)


def test_a_lite_channel_takes_65532_bytes_and_a_full_one_more():
    for channel, length in [(14, 65532), (5, 131072)]:
        board = Board(channel=channel)
        chain = Chain(board.pi, at=64)
        board.pi.memory[1024:] = np.arange((1 << 16) - 1024) % 600 + 1
        chain.block(TI_FIFO, chain.bus + 4096, FIF1, length)
        board.play(chain, us=5 * (length // 8 - 8))
        assert board.output()[0].ravel().tolist() == board.pi.memory[1024 : 1024 + 2 * (length // 8 - 8)].tolist()
        assert board.faults() == ''


def test_two_d_is_refused_on_a_lite_channel_and_done_on_a_full_one():
    rows = [chain_row.tolist() for chain_row in RAMP[:96].reshape(6, 16)]
    for channel in (14, 5):
        board = Board(channel=channel)
        chain = Chain(board.pi)
        source = chain.data(RAMP[:96])
        # every second row of 16 words: three rows of 64 bytes, stride over the 64 bytes between
        chain.block(TI_FIFO | 2, source, FIF1, 2 << 16 | 64, stride=64)
        chain.silence_for_ever()
        if channel == 14:
            assert '2D mode' in refused(board, chain)
            continue
        board.play(chain, us=5 * 40)
        assert board.output()[0][:24].ravel().tolist() == rows[0] + rows[2] + rows[4]
        assert board.faults() == ''


def test_a_negative_stride_goes_back():
    board = Board(channel=5)
    chain = Chain(board.pi)
    source = chain.data(RAMP[:32])
    chain.block(TI_FIFO | 2, source, FIF1, 1 << 16 | 64, stride=0x10000 - 64)
    chain.silence_for_ever()
    board.play(chain, us=5 * 40)
    assert board.output()[0][:16].ravel().tolist() == RAMP[:16].tolist() * 2


@pytest.mark.parametrize('bit', [2, 5, 9, 10, 12, 15, 21, 25, 27, 31])
def test_what_is_not_modelled_is_refused(bit):
    board = Board()
    chain = Chain(board.pi)
    chain.block(TI_GPIO1 | 1 << bit, chain.data([1 << 22]), GPSET0, 4)
    assert 'not modelled' in refused(board, chain)


@pytest.mark.parametrize('word', [4, 6, 7])
def test_reserved_words_and_a_stride_without_rows_are_refused(word):
    board = Board()
    chain = Chain(board.pi)
    chain.poke(chain.gpio(up=1 << 22), word, 0x8000)
    assert 'reserved word' in refused(board, chain)


@pytest.mark.parametrize('ti', [TI_GPIO1 & ~8, TI_GPIO1 & ~(1 << 26), TI_GPIO1 | 1])
def test_an_unwise_block_runs_but_is_noted(ti):
    board = Board()
    chain = Chain(board.pi)
    chain.block(ti, chain.data([1 << 22]), GPSET0, 4)
    board.prepare(22)
    board.start_dma(chain.first)
    assert board.read(0x7E200034) >> 22 & 1
    assert 'WAIT_RESP' in board.faults()


@pytest.mark.parametrize(('chip', 'channel', 'lite'), [
    ('bcm2837', 0, 0), ('bcm2837', 6, 0), ('bcm2837', 7, 1), ('bcm2837', 14, 1), ('bcm2711', 6, 0), ('bcm2711', 10, 1),
])  # fmt: skip
def test_debug_tells_lite_from_full(chip, channel, lite):
    board = Board(chip=chip, channel=channel)
    assert board.read(board.dma + DEBUG) >> 28 & 1 == lite
    board.write(board.dma + CS, 0x80000000)
    assert board.read(board.dma + DEBUG) >> 28 & 1 == lite


@pytest.mark.parametrize('channel', [11, 14])
def test_a_dma4_engine_is_not_given_a_classic_block(channel):
    board = Board(chip='bcm2711', channel=channel)
    chain, _ = chain_on(board, RAMP)
    board.prepare()
    board.start_dma(chain.first)
    assert board.cs() & ACTIVE == 0
    assert 'DMA4' in board.faults()


@pytest.mark.parametrize('enable', [0x7FFF & ~(1 << 14), 0x01007FFF])
def test_a_channel_that_enable_holds_off_does_not_start(enable):
    board = Board()
    chain, _ = chain_on(board, RAMP)
    assert board.read(0x7E007FF0) == 0x7FFF
    board.write(0x7E007FF0, enable)
    board.start_dma(chain.first)
    assert board.cs() & ACTIVE == 0
    assert 'ENABLE holds off' in board.faults()
