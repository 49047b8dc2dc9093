"""The engine on a virtual Pi: what it plays is what was asked for, to the word and to the frame."""

import numpy as np
import pytest

from appliance.errors import NativeError
from appliance.lathe.native_score import native_score
from appliance.lathe.settings import Knobs, engine_settings, memory_words, pwm_settings
from appliance.native import check, ffi, lib
from appliance.virtual.pi import PiMemory, PiSettings, VirtualPi
from tests.native.engine_rig import FRAMES, Rig, machine, planned_edges, score, tone

CHIPS = ('bcm2835', 'bcm2837', 'bcm2711')


def direct_words(lathe, samples, frames):
    """The modulator alone, in one go, its delay cut off."""
    delay = lib.PWM_DELAY_SAMPLES
    longer = np.concatenate((samples, np.zeros(frames, np.float32)))[: frames // 4 + delay]
    state, words = ffi.new('struct pwm_state *'), np.empty(8 * len(longer), np.uint32)
    check(lib.pwm_begin(state, pwm_settings(lathe)))
    check(lib.pwm_run(state, ffi.from_buffer('float[]', longer), len(longer), ffi.from_buffer('uint32_t[]', words)))
    return words.reshape(-1, 2)[4 * delay :][:frames]


@pytest.mark.parametrize('chip', CHIPS)
def test_the_words_are_those_of_the_modulator(chip):
    rig = Rig(machine(chip)).offer()
    assert rig.run() == lib.ENGINE_OVER
    assert (rig.state, rig.cause) == (lib.ENGINE_DONE, '')
    played = rig.output().pwm
    total = FRAMES + 8  # the edges' lead, to a multiple of four
    assert np.array_equal(played[:total], direct_words(rig.machine, tone(), total))
    assert len(played) > total
    assert (played[total:] == 312).all()
    assert rig.pi.faults() == []
    rig.assert_safe()


@pytest.mark.parametrize('chip', CHIPS)
def test_every_edge_comes_in_its_own_frame(chip):
    rig = Rig(machine(chip)).offer()
    rig.run()
    seen = rig.output()
    executed = sorted(zip(seen.frame.tolist(), seen.gpio.tolist(), seen.level.tolist(), strict=True))
    planned = planned_edges(rig)
    assert len(planned) > 1000
    after = executed[len(planned) :]
    assert executed[: len(planned)] == planned
    assert [edge[1:] for edge in after] in ([], [(rig.machine.pins.heartbeat, 0)]), 'only IDLE drops the heartbeat'


def test_a_busy_bus_moves_no_edge_by_more_than_a_frame_and_no_word_at_all():
    calm, busy = Rig().offer(), Rig(jitter_ns=(500, 1500), seed=3).offer()
    calm.run()
    busy.run()
    one, other = calm.output(), busy.output()
    assert np.array_equal(one.pwm, other.pwm)
    for gpio in np.unique(one.gpio):
        early, late = np.array(one.edges(gpio)), np.array(other.edges(gpio))
        assert np.array_equal(early[:, 1], late[:, 1])
        assert np.abs(early[:, 0] - late[:, 0]).max() <= 1


def test_steps_are_counted():
    rig = Rig().offer()
    rig.run()
    pins, seen, look = rig.machine.pins, rig.output(), rig.look()
    for axis, gpio in enumerate((pins.platter_step, pins.carriage_step)):
        assert look.pulses[axis] == sum(level for _, level in seen.edges(gpio)) > 100
    assert look.steps[1] == 0, 'the carriage is back'
    assert look.frame == look.end_frame == FRAMES


def test_equal_runs_give_equal_bytes():
    outputs = []
    for _ in range(2):
        rig = Rig().offer()
        rig.run()
        outputs.append(rig.output())
    assert outputs[0].same(outputs[1])


def test_it_does_not_matter_how_the_samples_come_or_how_they_are_cut_up():
    whole = Rig().offer()
    whole.run()
    pieces = Rig(machine(segment_ms=3.0, lookahead_ms=40.0))
    samples, at, taken = tone(), 0, ffi.new('size_t *')
    while at < len(samples):
        assert pieces.run() == lib.ENGINE_INPUT
        block = samples[at : at + 777]
        lib.engine_offer(pieces.engine, ffi.from_buffer('float[]', block), len(block), taken)
        at += taken[0]
    lib.engine_end_input(pieces.engine)
    assert pieces.run() == lib.ENGINE_OVER
    one, other = whole.output(), pieces.output()
    shorter = min(len(one.pwm), len(other.pwm))
    assert np.array_equal(one.pwm[:shorter], other.pwm[:shorter])
    assert np.array_equal(one.frame, other.frame)
    assert np.array_equal(one.gpio, other.gpio)
    assert (other.pwm[shorter:] == 312).all()


def test_time_stands_still_while_samples_are_missing():
    rig = Rig().offer(12_000)
    assert rig.run() == lib.ENGINE_INPUT
    before = rig.pi.frames
    for _ in range(50):
        assert rig.run() == lib.ENGINE_INPUT
    assert rig.pi.frames == before
    assert rig.look().queued_frames > 20_000


def test_the_ring_takes_what_it_has_room_for():
    rig = Rig()
    taken, block = ffi.new('size_t *'), np.zeros(100_000, np.float32)
    given = []
    for _ in range(3):
        lib.engine_offer(rig.engine, ffi.from_buffer('float[]', block), len(block), taken)
        given.append(taken[0])
    assert given == [100_000, (1 << 17) - 100_000, 0]


def test_the_queue_is_kept_at_the_lookahead():
    rig = Rig().offer()
    queued = []
    while rig.step() == lib.ENGINE_SLEEP:
        if 2000 < rig.look().frame < FRAMES - 40_000:
            queued.append(rig.look().queued_frames)
    assert len(queued) > 5
    assert min(queued) >= 26_000, 'a segment and a sleep below 150 ms'
    assert max(queued) <= 30_000


def test_fast_motion_makes_segments_shorter_and_loses_nothing():
    lathe = machine()
    crowded = score(lathe)
    busy = np.array(
        [(f, 1 << 24, 0) if f % 4 else (f, 0, 1 << 24) for f in range(3000, 60_000, 2)], crowded.events.dtype
    )
    merged = np.sort(np.concatenate((crowded.events, busy)), order='frame', kind='stable')
    rig = Rig(
        lathe, type(crowded)(crowded.frames, crowded.platter, crowded.carriage, merged, crowded.drive, crowded.marks)
    )
    rig.offer()
    queued = []
    while rig.step() == lib.ENGINE_SLEEP:
        if 4000 < rig.look().frame < FRAMES - 40_000:
            queued.append(rig.look().queued_frames)
    assert min(queued) > 20_000, '100 ms, though edges fill the slots before sound does'
    assert (rig.state, rig.cause) == (lib.ENGINE_DONE, '')
    assert rig.look().segments > 120
    blocks = [f for f, _ in rig.output().edges(rig.machine.pins.platter_step)]
    assert blocks == [f for f, gpio, _ in planned_edges(rig) if gpio == rig.machine.pins.platter_step]


class Dead:
    """A door behind which nothing answers: every register reads `value`."""

    def __init__(self, value):
        self.time_us = 0
        self.memory = ffi.new('uint32_t[]', 300_000)
        self._kept = (
            ffi.callback('uint32_t(void *, uint32_t)', lambda _self, _address: value),
            ffi.callback('void(void *, uint32_t, uint32_t)', lambda _self, _address, _value: None),
            ffi.callback('void(void *)', lambda _self: None),
            ffi.callback('int64_t(void *)', lambda _self: self.time_us),
            ffi.callback('void(void *, int64_t)', self.sleep),
        )
        self.door = ffi.new('struct door *')
        self.door.read, self.door.write, self.door.barrier, self.door.now_us, self.door.sleep_us = self._kept
        self.door.memory, self.door.memory_words, self.door.memory_bus = self.memory, 300_000, 0xC0000000

    def sleep(self, _self, us):
        self.time_us += us


@pytest.mark.parametrize(
    ('value', 'sentence'),
    [(0, 'the PWM clock does not start'), (0xFFFFFFFF, 'the PWM clock does not stop'), (0x80, 'does not stop')],
)
def test_hardware_that_does_not_come_up_is_named(value, sentence):
    lathe, dead = machine(), Dead(value)
    engine, native = ffi.new('struct engine *'), native_score(lathe, score(lathe))
    check(lib.engine_begin(engine, engine_settings(lathe, FRAMES, Knobs()), native.struct, dead.door))
    lib.engine_end_input(engine)
    assert lib.engine_run(engine, 0) == lib.ENGINE_OVER
    assert engine.state == lib.ENGINE_FAULT
    assert sentence in ffi.string(engine.cause).decode()
    assert dead.time_us < 50_000, 'every wait is bounded'


@pytest.mark.parametrize('mash', [0, 1, 3])
def test_a_clock_that_somebody_left_running_is_stopped_as_it_is(mash):
    """BCM2711 ARM Peripherals, 5.4: neither source nor MASH may change while BUSY. The analogue audio leaves MASH 1."""
    rig = Rig().offer()
    door = rig.pi.door
    kept = lib.CM_PASSWD | mash << lib.CM_MASH_SHIFT | lib.CM_SRC_OSC
    for register, value in ((lib.CM_PWMCTL, kept), (lib.CM_PWMDIV, lib.bcm_clock_divider(5) | 77),
                            (lib.CM_PWMCTL, kept | lib.CM_ENAB)):  # fmt: skip
        door.write(door.self, register, value)
    rig.pi.pass_us(100)
    assert door.read(door.self, lib.CM_PWMCTL) & lib.CM_BUSY
    rig.run()
    assert (rig.state, rig.cause) == (lib.ENGINE_DONE, '')
    assert rig.pi.faults() == []


ENABLED = 0x7FFF  # every channel, as after a reset


@pytest.mark.parametrize('page', [1 << 24, 1 << 28], ids=['PAGE', 'PAGELITE'])
def test_a_dma_engine_that_looks_at_another_gigabyte_is_not_started(page):
    """BCM2711 ARM Peripherals, 4.2.1.2: it would read its blocks from memory that is not ours."""
    rig = Rig(machine('bcm2711')).offer()
    door = rig.pi.door
    door.write(door.self, lib.DMA_ENABLE, ENABLED | page)
    before = rig.levels()
    rig.run()
    assert rig.state == lib.ENGINE_FAULT
    assert 'other memory' in rig.cause
    assert not rig.pi.faults()
    assert door.read(door.self, lib.DMA_ENABLE) == ENABLED | page, 'and whoever has moved it is left alone'
    assert rig.levels() == before, 'nor has anything else been begun'
    assert rig.pi.frames == 0


@pytest.mark.parametrize('chip', ['bcm2835', 'bcm2837'])
def test_bits_that_mean_nothing_are_written_as_nothing(chip):
    """BCM2835 ARM Peripherals, 4.2.1.2: they may read as anything, and are to be written as 0."""
    rig = Rig(machine(chip)).offer()
    door = rig.pi.door
    door.write(door.self, lib.DMA_ENABLE, ENABLED | 1 << 24)
    rig.run()
    assert (rig.state, rig.cause) == (lib.ENGINE_DONE, '')
    assert door.read(door.self, lib.DMA_ENABLE) == ENABLED


@pytest.mark.parametrize(
    ('field', 'value', 'sentence'),
    [
        ('segment_frames', 4004, 'at most 4000'),
        ('lookahead_frames', 3000, 'two segments'),
        ('refuse_below_frames', 29_000, 'look-ahead'),
        ('heartbeat_frames', 0, 'heartbeat'),
        ('frames', 0, 'no frames'),
        ('slot_words', 4000, 'slot'),
    ],
)
def test_settings_that_cannot_work_are_named(field, value, sentence):
    lathe = machine()
    settings, native = engine_settings(lathe, FRAMES, Knobs()), native_score(lathe, score(lathe))
    setattr(settings, field, value)
    pi = VirtualPi(PiSettings(), PiMemory(chain_words=memory_words(lathe), frames=0))
    with pytest.raises(NativeError, match=sentence):
        check(lib.engine_begin(ffi.new('struct engine *'), settings, native.struct, pi.door))
