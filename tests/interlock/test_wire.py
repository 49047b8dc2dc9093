"""Lines between supervisor and interlock: whole or nothing."""

import binascii

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.interlock.wire import LONGEST, NEXT, Lines, ahead, crc16, line, parse

KINDS = st.sampled_from('HAPORS')
NUMBERS = st.lists(st.integers(-99_999_999, 99_999_999), max_size=9)


def test_the_check_is_the_published_one():
    """CRC-16/CCITT-FALSE of '123456789' (the check value of every catalogue); and as Python's own computes it."""
    assert crc16(b'123456789') == 0x29B1
    assert crc16(b'') == 0xFFFF
    for data in (b'P,1,2,250,0', bytes(range(256))):
        assert crc16(data) == binascii.crc_hqx(data, 0xFFFF)


@given(KINDS, NUMBERS)
def test_what_was_written_is_read(kind, numbers):
    raw = line(kind, *numbers)
    assert len(raw) <= LONGEST
    assert parse(raw[:-1]) == (kind, tuple(numbers))


@given(KINDS, NUMBERS, st.data())
def test_one_wrong_bit_is_no_line(kind, numbers, data):
    raw = bytearray(line(kind, *numbers)[:-1])
    where = data.draw(st.integers(0, 8 * len(raw) - 1))
    raw[where // 8] ^= 1 << where % 8
    assert parse(bytes(raw)) is None


@pytest.mark.parametrize(
    'raw',
    [b'', b'$', b'$P', b'P,1*1234', b'$*FFFF', b'$p,1*', b'$PP,1*', b'$P,,1*', b'$P,--1*', b'$P,1e3*', b'$P, 1*',
     b'$P,+1*', b'$P,1.0*', b'$P,1234567890*', b'$P,-*', b'$' + b'P' * 200 + b'*'],
)  # fmt: skip
def test_what_is_no_line_is_none(raw):
    body = raw[1:-1]
    assert parse(raw + b'%04X' % crc16(body) if raw.endswith(b'*') else raw) is None


@given(st.lists(st.one_of(st.binary(max_size=40), st.builds(line, KINDS, st.integers(0, 99))), max_size=30))
def test_noise_is_counted_and_never_held(pieces):
    lines, whole = Lines(), b''.join(pieces)
    for start in range(0, len(whole), 7):
        lines.take(whole[start : start + 7])
        assert len(lines._held) < LONGEST
    told = lines.take(b'\n' + line('P', 5))
    assert told[-1] == ('P', (5,)), 'after any noise the next whole line is heard'


def test_order_is_counted_around_the_end():
    assert ahead(0, 65535) == 1
    assert ahead(5, 5) == 0
    assert ahead(4, 5) > NEXT
