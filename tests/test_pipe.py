"""A pipe's end takes what is whole, keeps what is not, and waits for neither."""

import os
import pickle
import socket
import struct
from multiprocessing import Pipe

import pytest

from appliance.pipe import PipeEnd


@pytest.fixture
def both():
    mine, theirs = Pipe()
    end = PipeEnd(mine)
    yield end, theirs
    end.close()
    theirs.close()


def raw(theirs, data):
    """Bytes as they lie in the pipe."""
    with socket.socket(fileno=os.dup(theirs.fileno())) as line:
        line.sendall(data)


def framed(message):
    data = pickle.dumps(message)
    return struct.pack('!i', len(data)) + data


def test_what_is_said_is_heard_in_order(both):
    end, theirs = both
    assert end.take() == ([], True)
    assert not end.wait(0)
    for number in range(3):
        theirs.send(number)
    assert end.wait(10)
    assert end.take() == ([0, 1, 2], True)
    end.send('well')
    assert theirs.recv() == 'well'


@pytest.mark.parametrize('at', range(1, len(framed('half')), 3))
def test_half_a_message_is_waited_for_by_nobody(both, at):
    """Whoever writes it may be frozen in its middle."""
    end, theirs = both
    data = framed('half')
    theirs.send('whole')
    raw(theirs, data[:at])
    assert end.take() == (['whole'], True)
    assert end.take() == ([], True)
    raw(theirs, data[at:] + framed('next'))
    assert end.take() == (['half', 'next'], True)


def test_what_is_longer_than_a_piece_is_put_together(both):
    end, theirs = both
    message = 'x' * 150_000
    data, heard = framed(message), []
    for at in range(0, len(data), 50_000):
        raw(theirs, data[at : at + 50_000])
        heard += end.take()[0]
    assert heard == [message]


def test_a_length_in_eight_bytes_is_one_too(both):
    end, theirs = both
    data = pickle.dumps('long')
    raw(theirs, struct.pack('!iQ', -1, len(data)) + data)
    assert end.take() == (['long'], True)


def test_the_last_that_was_said_is_heard_though_the_other_end_is_closed(both):
    end, theirs = both
    theirs.send('last')
    theirs.close()
    assert end.wait(10)
    assert end.take() == (['last'], False)
    assert end.take() == ([], False)
    with pytest.raises(OSError, match=r'.'):
        end.send('in vain')
