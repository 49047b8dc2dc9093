"""What can go wrong while a disc turns: each ends with the power off, the head up, and a sentence."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.lathe.settings import Knobs
from appliance.native import ffi, lib
from appliance.virtual.pi import ClockThief, Stall
from tests.native.engine_rig import FRAMES, HEAD_DOWN, HEAD_UP, Rig, machine, score, tone

REALTIME = Knobs(wait_for_input=False, realtime=False)
PINS = machine().pins
STEPS = (PINS.platter_step, PINS.carriage_step)


def finished(chip='bcm2837'):
    rig = Rig(machine(chip)).offer()
    assert rig.run() == lib.ENGINE_OVER
    return rig


def faulted(rig):
    """Runs to its fault; the cause."""
    assert rig.run() == lib.ENGINE_OVER
    assert rig.state == lib.ENGINE_FAULT
    rig.assert_safe()
    return rig.cause


SEGMENTS = finished().look().segments


@pytest.mark.parametrize('segment', range(SEGMENTS))
def test_a_feeder_that_dies_leaves_a_chain_that_ends_by_itself(segment):
    rig = Rig(knobs=Knobs(wait_for_input=True, kill_at_segment=segment)).offer()
    assert rig.run() == lib.ENGINE_OVER
    assert rig.state == lib.ENGINE_DEAD
    started = rig.pi.frames
    rig.pi.pass_us(170_000)
    if not started:
        assert rig.levels()[PINS.enable] == 1, 'nothing was touched: as reset left it'
        return
    queued = rig.engine.chain.frames
    seen = rig.output()
    assert seen.frame.max(initial=0) < queued + 8
    assert (seen.pwm[queued:] == 312).all()
    rig.assert_safe()


@pytest.mark.parametrize('chip', ['bcm2837', 'bcm2711'])
def test_a_stall_that_the_fifo_covers_is_not_heard(chip):
    rig = Rig(machine(chip), stall=Stall(40_000, 25)).offer()
    assert rig.run() == lib.ENGINE_OVER
    assert (rig.state, rig.cause) == (lib.ENGINE_DONE, '')
    assert np.array_equal(rig.output().pwm, finished(chip).output().pwm)


@pytest.mark.parametrize('length_us', [60, 1000, 10_000, 100_000])
@pytest.mark.parametrize('empty', ['hold', 'zero'])
def test_a_longer_stall_is_a_fault(length_us, empty):
    rig = Rig(stall=Stall(HEAD_DOWN + 1000, length_us), empty_output=empty).offer()
    assert 'stalled' in faulted(rig)
    assert rig.pi.frames < HEAD_DOWN + 1000 + length_us / 5 + 8000, 'noticed within two turns of the loop'


@pytest.mark.parametrize('word', [100_001, 100_002])
def test_a_lost_word_is_a_fault(word):
    assert 'lost a word' in faulted(Rig(lost_word=word).offer())


def test_a_lost_word_before_the_start_keeps_the_machine_from_starting():
    rig = Rig(lost_word=0).offer()
    assert 'before it has started' in faulted(rig)
    assert rig.pi.frames == 0


@pytest.mark.parametrize(
    ('register', 'value'),
    [
        (lib.CM_PWMCTL, 0x5A000001),
        (lib.CM_PWMDIV, 0x5A005000),
        (lib.CM_PWMDIV, 0x5A004001),
        (lib.PWM_DMAC, 0x80000707),
        (lib.PWM_RNG1, 626),
        (lib.PWM_RNG2, 626),
    ],
    ids=['source', 'divider', 'fraction', 'requests', 'range of leg A', 'range of leg B'],
)
def test_a_pwm_or_its_clock_that_others_change_is_a_fault(register, value):
    played = score(machine(), frames=400_000, sound=tone(400_000)[:100_000])
    rig = Rig(played=played, thief=ClockThief(400_000, register, value)).offer()
    assert rig.run() == lib.ENGINE_OVER
    assert rig.state == lib.ENGINE_FAULT
    assert 'clock' in rig.cause
    assert rig.pi.frames < 300_000
    rig.assert_safe()


@pytest.mark.parametrize(('late_us', 'good'), [(25_000, True), (200_000, False)])
def test_a_feeder_that_is_kept_from_running_while_it_looks_blames_no_clock(late_us, good):
    """Between what it reads of the DMA engine and of the time; what is too late to append is told as that."""
    rig = Rig(played=score(machine(), frames=200_000, sound=tone(200_000))).offer()
    rig.run(until_frame=HEAD_DOWN + 500)
    door, read, kept = rig.pi.door, rig.pi.door.read, []

    @ffi.callback('uint32_t(void *, uint32_t)')
    def busy(self, address):
        value = read(self, address)
        if address == lib.bcm_dma_register(14, lib.DMA_CONBLK_AD) and not kept:
            kept.append(address)
            rig.pi.pass_us(late_us)
            rig.drain()
        return value

    door.read = busy
    rig.run()
    door.read = read
    assert kept
    assert (rig.state == lib.ENGINE_DONE) is good
    assert 'clock' not in rig.cause


def test_a_machine_file_with_the_wrong_chip_is_a_fault():
    """A Pi 4's divider on a Pi 3 makes the frames half as long again."""
    lathe = machine('bcm2711')
    assert 'clock' in faulted(Rig(lathe, chip='bcm2837').offer())


@pytest.mark.parametrize(
    ('offset', 'value', 'sentence'),
    [(lib.DMA_CS, lib.CS_RESET, 'stopped by itself'), (lib.DMA_CONBLK_AD, 0xC0FF0000, 'DMA')],
)
def test_another_program_on_our_dma_channel_is_a_fault(offset, value, sentence):
    rig = Rig().offer()
    rig.run(until_frame=HEAD_DOWN + 500)
    door = rig.pi.door
    if offset == lib.DMA_CONBLK_AD:
        door.write(door.self, lib.bcm_dma_register(14, lib.DMA_CS), lib.CS_RESET)
    door.write(door.self, lib.bcm_dma_register(14, offset), value)
    assert sentence in faulted(rig)


def test_a_sample_that_is_no_number_is_a_fault():
    sound = tone()
    sound[12_345] = np.nan
    cause = faulted(Rig(played=score(machine(), sound=sound)).offer())
    assert 'number' in cause


def test_samples_that_come_too_late_are_an_underrun():
    rig = Rig(knobs=REALTIME).offer(len(tone()) // 2)
    assert 'too late' in faulted(rig)
    assert rig.look().underruns == 1
    assert len(rig.output().pwm) < FRAMES / 2 + 100


@pytest.mark.parametrize('asleep_us', [130_000, 140_000, 160_000, 400_000])
def test_a_feeder_that_oversleeps_is_an_underrun(asleep_us):
    rig = Rig().offer()
    rig.run(until_frame=HEAD_DOWN - 10_000)
    rig.pi.pass_us(asleep_us)
    assert 'too late' in faulted(rig)
    assert rig.look().underruns == 1


def test_a_feeder_held_up_between_look_and_link_finds_the_chain_ended():
    """The look said 20 ms were left, the store came 160 ms later: the old tail has been latched without it."""
    rig = Rig().offer()
    rig.run(until_frame=HEAD_DOWN - 10_000)
    real, late, looks = rig.pi.door, ffi.new('struct door *'), []

    @ffi.callback('int64_t(void *)')
    def now_us(own):
        looks.append(real.now_us(own))
        if len(looks) == 5:  # of the step two, one at the clock, then the second of the look before a link
            rig.pi.pass_us(160_000)
        return looks[-1]

    late[0] = real[0]
    late.now_us = now_us
    rig.engine.door = late
    assert 'already ended' in faulted(rig)
    assert rig.look().underruns == 1


@pytest.mark.parametrize('built', [20, SEGMENTS - 1], ids=['in the middle', 'the last'])
def test_a_feeder_held_up_until_the_tail_is_in_work_is_too_late(built):
    """It was latched with its way to IDLE: what is linked to it now will not be played, were it the last of all."""
    rig = Rig().offer()
    while rig.engine.chain.built < built:
        rig.step()
    door, read, looks = rig.pi.door, rig.pi.door.read, []
    where = lib.bcm_dma_register(14, lib.DMA_CONBLK_AD)

    @ffi.callback('uint32_t(void *, uint32_t)')
    def held_up(own, address):
        value = read(own, address)
        looks.extend([value] if address == where else [])
        if len(looks) == 2 and address == where:  # the step's own, then the one before a link
            while read(own, where) != lib.chain_tail(ffi.addressof(rig.engine.chain)):
                rig.pi.pass_us(50)
        return value

    door.read = held_up
    try:
        while len(looks) < 2 and rig.engine.state < lib.ENGINE_DONE:
            looks.clear()
            rig.step()
    finally:
        door.read = read
    assert 'already ended' in faulted(rig)
    assert rig.look().underruns == 1


def test_a_feeder_that_naps_is_none():
    rig = Rig().offer()
    rig.run(until_frame=HEAD_DOWN - 10_000)
    rig.pi.pass_us(90_000)
    assert rig.run() == lib.ENGINE_OVER
    assert (rig.state, rig.cause) == (lib.ENGINE_DONE, '')


def stopped_at(frame, at_once=False, **parts):
    rig = Rig(**parts).offer()
    rig.run(until_frame=frame)
    asked = rig.pi.frames
    rig.stop(at_once)
    assert rig.run() == lib.ENGINE_OVER
    assert (rig.state, rig.cause) == (lib.ENGINE_STOPPED, '')
    return rig, asked


@settings(max_examples=40, deadline=None)
@given(st.integers(0, FRAMES - 4500))
def test_a_stop_lifts_the_head_at_once_and_then_comes_to_rest(frame):
    rig, asked = stopped_at(frame)
    rig.assert_safe()
    seen = rig.output()
    ups = [at for at, level in seen.edges(PINS.head_lift) if level == 0]
    downs = [at for at, level in seen.edges(PINS.head_lift) if level == 1]
    assert all(at <= asked + 1 for at in downs), 'a head that was to come down stays up'
    if downs:
        assert ups[-1] <= max(asked + 1, HEAD_UP)
    last_step = max((at for gpio in STEPS for at, _ in seen.edges(gpio)), default=0)
    bridge = [at for at, level in seen.edges(PINS.bridge_enable) if level == 0]
    enable = [at for at, level in seen.edges(PINS.enable) if level == 1]
    if enable:
        assert last_step < bridge[-1] <= enable[-1] or asked > FRAMES - 40_000
        assert last_step < enable[-1]
    assert rig.pi.faults() == []


@pytest.mark.parametrize('ahead', range(-3, 12))
def test_a_stop_while_the_head_is_being_lowered_leaves_it_up(ahead):
    rig = Rig().offer()
    rig.run(until_frame=HEAD_DOWN - 6000)
    rig.pi.pass_us((HEAD_DOWN - ahead - rig.pi.frames) * 5)
    rig.stop()
    assert rig.run() == lib.ENGINE_OVER
    assert rig.state == lib.ENGINE_STOPPED
    changes = rig.output().edges(PINS.head_lift)
    assert len(changes) in (0, 2)
    assert all(abs(frame - HEAD_DOWN) < 12 for frame, _ in changes)
    rig.assert_safe()


def test_a_stop_slows_the_platter_down_before_the_power_goes():
    lathe = machine(ramp_s=0.3)
    rig, asked = stopped_at(70_000, lathe=lathe, played=score(lathe, frames=200_000))
    rises = np.array([at for at, level in rig.output().edges(PINS.platter_step) if level == 1])
    gaps = np.diff(rises[rises > asked])
    assert gaps[0] < 60, 'at speed when it was stopped'
    assert gaps[-1] > 4 * gaps[0], 'slow at the end'
    assert np.mean(gaps[-10:]) > 2 * np.mean(gaps[-40:-20])
    bridge = [at for at, level in rig.output().edges(PINS.bridge_enable) if level == 0]
    assert bridge[-1] >= rises[-1] > asked + 50_000


def test_a_stop_while_samples_are_missing_does_not_lower_the_head():
    """The edge that lowers it has been merged into a segment that waits for its sound."""
    rig = Rig().offer(HEAD_DOWN // 4 + lib.PWM_DELAY_SAMPLES)
    assert rig.run() == lib.ENGINE_INPUT
    rig.stop()
    assert rig.run() == lib.ENGINE_OVER
    assert rig.state == lib.ENGINE_STOPPED
    assert rig.output().edges(PINS.head_lift) == []


def test_a_stop_at_once_takes_the_power_at_once():
    rig, asked = stopped_at(HEAD_DOWN + 2000, at_once=True)
    assert rig.pi.faults() == [], 'the FIFO is kept fed until the PWM is off'
    rig.assert_safe()
    assert rig.pi.frames < asked + 3000


def test_a_stop_before_the_start_moves_nothing():
    rig = Rig().offer()
    rig.stop()
    assert rig.run() == lib.ENGINE_OVER
    assert rig.state == lib.ENGINE_STOPPED
    assert rig.pi.frames == 0


def test_a_stop_after_the_end_changes_nothing():
    rig = finished()
    rig.stop()
    assert rig.run() == lib.ENGINE_OVER
    assert rig.state == lib.ENGINE_DONE


def test_everything_can_be_switched_off_in_the_middle():
    rig = Rig().offer()
    rig.run(until_frame=HEAD_DOWN + 2000)
    lib.engine_off(rig.engine)
    rig.assert_safe()


def queued_blocks(rig):
    """Word index of every control block that is queued two segments or more ahead."""
    chain = rig.engine.chain
    for segment in range(chain.playing + 2, chain.built):
        slot = segment % chain.slots
        first = 56 + slot * chain.set.slot_words + 2 * chain.set.segment_frames
        yield from range(first, first + 8 * chain.slot[slot].blocks, 8)


def data_of(rig, block):
    return (int(rig.pi.memory[block + 1]) - rig.pi.door.memory_bus) // 4


def queued_fifo(rig):
    return next(block for block in queued_blocks(rig) if rig.pi.memory[block] == lib.TI_FIFO)


def queued_head_down(rig):
    """The one block that lowers the head: its data is like no other."""
    down = 1 << PINS.head_lift
    blocks = (block for block in queued_blocks(rig) if rig.pi.memory[block] == lib.TI_GPIO1)
    return next(block for block in blocks if rig.pi.memory[data_of(rig, block)] == down)


@pytest.mark.parametrize('pick', [queued_fifo, queued_head_down])
def test_every_bit_of_a_control_block_matters(pick):
    """Nothing bypasses the bytes: a flipped bit is heard, seen, or refused."""
    lathe = machine(ramp_s=0.01, lookahead_ms=40.0, segment_ms=5.0)
    played = score(lathe, frames=20_000, head=(9002, 12_002))
    correct = Rig(lathe, played).offer()
    correct.run()
    right, silent = correct.output(), []
    for bit in range(256):
        rig = Rig(lathe, played).offer()
        rig.run(until_frame=4000)
        rig.pi.memory[pick(rig) + bit // 32] ^= np.uint32(1 << bit % 32)
        rig.run()
        refused = rig.state != lib.ENGINE_DONE or rig.pi.faults()
        if not refused and rig.output().same(right):
            silent.append((bit // 32, bit % 32))
        if rig.state == lib.ENGINE_FAULT:
            rig.assert_safe()
    assert silent == []


def test_a_flipped_bit_of_the_sound_is_heard():
    right = finished().output()
    rig = Rig().offer()
    rig.run(until_frame=30_000)
    rig.pi.memory[data_of(rig, queued_fifo(rig))] ^= 1
    rig.run()
    assert np.count_nonzero(rig.output().pwm != right.pwm) == 1
