"""From a card's blocks to the take: every sample, in order, or it is said how many blocks are missing."""

import numpy as np
import pytest

from appliance.booth.capture import Capture, Ring
from appliance.errors import StorageError


class Sink:
    def __init__(self, room=10**9):
        self.blocks, self.room = [], room

    def write(self, block):
        if sum(map(len, self.blocks)) + len(block) > self.room:
            raise StorageError('the disk is full', where='run')
        self.blocks.append(block.copy())

    @property
    def samples(self):
        return np.concatenate([np.zeros(0, np.float32), *self.blocks])


def ramp(start, count):
    return np.arange(start, start + count, dtype=np.float32) / 1e6


def test_a_ring_gives_back_what_was_put_in_across_its_end():
    ring, at, seen = Ring(1000), 0, []
    for size in [300, 480, 7, 999, 1000, 1, 480] * 20:
        assert ring.put(ramp(at, size))
        at += size
        seen.append(ring.get())
    np.testing.assert_array_equal(np.concatenate(seen), ramp(0, at))


def test_a_full_ring_leaves_out_whole_blocks_and_keeps_the_rest():
    ring = Ring(1000)
    assert ring.put(ramp(0, 600))
    assert not ring.put(ramp(600, 600))
    assert ring.put(ramp(1200, 400))
    np.testing.assert_array_equal(ring.get(), np.concatenate([ramp(0, 600), ramp(1200, 400)]))


def test_a_take_holds_every_sample_between_begin_and_end():
    capture, sink = Capture(), Sink()
    for number in range(100):
        if number == 20:
            capture.record(sink)
        capture.offer(ramp(480 * number, 480))
        if number % 7 == 0:
            capture.drain()
    capture.end()
    capture.offer(ramp(48_000, 480))
    capture.drain()
    np.testing.assert_array_equal(sink.samples, ramp(9600, 80 * 480))
    heard = capture.heard(present=True)
    assert heard.recorded_s == pytest.approx(0.8)
    assert heard.lost_blocks == 0


def test_blocks_that_are_lost_are_counted_since_the_take_began():
    capture, sink = Capture(ring_s=0.1), Sink()
    for _ in range(12):
        capture.offer(ramp(0, 480))
    capture.record(sink)
    for _ in range(13):
        capture.offer(ramp(0, 480))
    capture.offer(ramp(0, 480), overrun=True)
    assert capture.heard(present=True).lost_blocks == 4


def test_a_sink_that_is_full_ends_the_take_and_says_so():
    capture, sink = Capture(), Sink(room=1000)
    capture.record(sink)
    for number in range(4):
        capture.offer(ramp(480 * number, 480))
        capture.drain()
    heard = capture.heard(present=True)
    assert 'disk is full' in heard.failure
    assert heard.recorded_s == pytest.approx(0.02)
    assert not capture.recording
    capture.end()
    capture.record(Sink())
    assert capture.heard(present=True).failure == ''


@pytest.mark.parametrize('gain_db', [6.0, -6.0, 0.0])
def test_a_gain_is_in_the_take_and_on_the_meter_and_what_gets_too_loud_is_seen_to_be_clipped(gain_db):
    capture, sink = Capture(), Sink()
    capture.tune(gain_db)
    capture.record(sink)
    capture.offer(np.full(4800, 0.1, np.float32))
    capture.drain()
    np.testing.assert_allclose(sink.samples, 0.1 * 10 ** (gain_db / 20), rtol=1e-6)
    quiet = capture.heard(present=True)
    assert quiet.meter.peak_db == pytest.approx(-20 + gain_db, abs=0.01)
    assert not quiet.meter.clipped
    capture.offer(np.full(4800, 0.9, np.float32))
    capture.drain()
    assert np.abs(sink.samples).max() <= 1.0
    assert capture.heard(present=True).meter.clipped is (gain_db > 1)


def test_a_gain_does_not_change_what_came_before_it():
    capture, sink = Capture(), Sink()
    capture.record(sink)
    capture.offer(np.full(480, 0.1, np.float32))
    capture.tune(20.0)
    capture.offer(np.full(480, 0.1, np.float32))
    capture.end()
    np.testing.assert_allclose(sink.samples, np.repeat([0.1, 1.0], 480), rtol=1e-6)
