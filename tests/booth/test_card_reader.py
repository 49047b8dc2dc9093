"""A card reader, by the very bytes that the kernel writes: a pipe takes the place of the device."""

import os
import struct

import pytest

from appliance.booth.cards.reader import AGAIN_S, TYPED_S, CardReader
from appliance.clock import SteppedClock

CODES = {'1': 2, '2': 3, '3': 4, '9': 10, '0': 11, 'a': 30, 'f': 33, 'keypad 7': 71, 'enter': 28, 'keypad enter': 96}


def keys(*names):
    """As a keyboard: MSC_SCAN, EV_KEY down, SYN, EV_KEY up, SYN (input.h: 24 bytes each on 64 bit)."""
    data = b''
    for name in names:
        for kind, code, value in ((4, 4, 458792), (1, CODES[name], 1), (0, 0, 0), (1, CODES[name], 0), (0, 0, 0)):
            data += struct.pack('qqHHi', 1_700_000_000, 5, kind, code, value)
    return data


class Device:
    """The pipe, and who has grabbed it."""

    def __init__(self, folder):
        self.path = folder / 'event7'
        self.grabbed = []
        self.clock = SteppedClock()
        self.plug()
        self.reader = CardReader(self.path, self.clock, self.grabbed.append)
        self.reader.poll()

    def plug(self):
        os.mkfifo(self.path)
        self.hand = os.open(self.path, os.O_RDWR | os.O_NONBLOCK)

    def type(self, data):
        os.write(self.hand, data)
        return self.reader.poll()

    def close(self):
        self.reader.close()
        os.close(self.hand)


@pytest.fixture
def device(tmp_path):
    made = Device(tmp_path)
    yield made
    made.close()


def test_a_card_is_what_was_typed_before_enter_and_the_device_is_ours_alone(device):
    assert len(device.grabbed) == 1
    assert device.type(keys('0', '0', '1', '9', 'a', 'keypad 7', 'enter')) == ('0019a7',)
    assert device.type(keys('1', '2', '3', 'keypad enter', '3', '2', '1', 'enter')) == ('123', '321')
    assert device.type(keys('enter')) == ()
    assert device.reader.poll() == ()


def test_half_a_card_waits_for_the_rest_and_is_forgotten_in_time(device):
    assert device.type(keys('1', '2')) == ()
    device.clock.rest(TYPED_S / 2)
    assert device.type(keys('3', 'enter')) == ('123',)
    device.type(keys('1', '2'))
    device.clock.rest(TYPED_S * 1.1)
    assert device.type(keys('3', 'enter')) == ('3',)


def test_what_is_longer_than_any_card_is_none(device):
    for _ in range(8):
        assert device.type(keys(*['1'] * 10)) == ()
    assert device.type(keys('enter')) == ()
    assert device.type(keys('1', 'enter')) == ('1',)


def test_a_reader_that_is_pulled_out_is_found_again(device):
    os.close(device.hand)
    device.path.unlink()
    device.reader._lose('No such device', device.clock.now_s())
    device.clock.rest(AGAIN_S)
    assert device.reader.poll() == ()
    assert 'No such file' in device.reader.cause
    device.plug()
    assert device.reader.poll() == (), 'not at every look'
    device.clock.rest(AGAIN_S)
    device.reader.poll()
    assert device.reader.cause == ''
    assert device.type(keys('1', 'enter')) == ('1',)


def test_what_is_no_device_or_belongs_to_somebody_else_is_named(tmp_path):
    file = tmp_path / 'file'
    file.write_bytes(keys('1', 'enter'))

    def busy(handle):
        raise OSError(16, 'Device or resource busy')

    for path, take, said in (
        (file, list, 'is no device'), (tmp_path, list, ''), (tmp_path / 'none', list, 'No such file'),
    ):  # fmt: skip
        reader = CardReader(path, SteppedClock(), take)
        assert reader.poll() == ()
        assert str(path) in reader.cause
        assert said in reader.cause
    os.mkfifo(tmp_path / 'pipe')
    reader = CardReader(tmp_path / 'pipe', SteppedClock(), busy)
    assert reader.poll() == ()
    assert 'busy' in reader.cause


def test_garbage_is_no_card(device):
    assert device.type(os.urandom(4000)) is not None
    device.clock.rest(TYPED_S * 2)
    device.reader.poll()
