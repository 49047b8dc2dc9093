"""The trace as an outside judge reads it: by NumPy alone."""

import errno
import json

import numpy as np
import pytest

from appliance.errors import StorageError
from appliance.virtual.trace import TraceWriter
from tests.virtual.cuts import LEVELS, blocks, short_cut

FACTS = {'speed_rpm': 78.26, 'curve_us': [3180, 318, None], 'disc': 'xray-25', 'name': 'Невский'}


def write(path, cuts=(), facts=FACTS):
    edges, words = short_cut(5000)
    edges = [edge for edge in edges if edge[0] < 5000]
    writer = TraceWriter(path, facts, LEVELS, pwm_range=625)
    for block in blocks(edges, words, cuts):
        writer.take(block)
    writer.finish()
    return sorted(edges, key=lambda edge: edge[0]), words


def test_numpy_reads_every_member_as_the_contract_says(tmp_path):
    path = tmp_path / 'trace.npz'
    edges, words = write(path, [100, 4000])
    with np.load(path, allow_pickle=False) as trace:
        members = {name: trace[name] for name in trace.files}
    kinds = {name: (value.dtype.str, value.shape) for name, value in members.items() if name != 'facts'}
    assert kinds == {
        'pwm': ('<u2', (5000, 2)),
        'frame_rate_hz': ('<i8', ()),
        'pwm_range': ('<i8', ()),
        'edge_frame': ('<i8', (len(edges),)),
        'edge_gpio': ('|u1', (len(edges),)),
        'edge_level': ('|u1', (len(edges),)),
        'initial_levels': ('|u1', (54,)),
    }
    np.testing.assert_array_equal(members['pwm'], words)
    rows = np.array(edges)
    for column, name in enumerate(('edge_frame', 'edge_gpio', 'edge_level')):
        np.testing.assert_array_equal(members[name], rows[:, column])
    np.testing.assert_array_equal(members['initial_levels'], LEVELS)
    assert (int(members['frame_rate_hz']), int(members['pwm_range'])) == (200_000, 625)
    assert members['facts'].shape == ()
    assert members['facts'].dtype.kind == 'U'
    assert json.loads(str(members['facts'])) == FACTS


def test_equal_runs_give_equal_bytes_however_they_were_drained(tmp_path):
    write(tmp_path / 'a.npz')
    write(tmp_path / 'b.npz', range(7, 5000, 7), dict(reversed(FACTS.items())))
    assert (tmp_path / 'a.npz').read_bytes() == (tmp_path / 'b.npz').read_bytes()


def test_a_trace_given_up_leaves_nothing(tmp_path):
    writer = TraceWriter(tmp_path / 'trace.npz', FACTS, LEVELS, pwm_range=625, folder=tmp_path)
    writer.close()
    writer.close()
    assert not list(tmp_path.iterdir())


def test_a_full_disk_is_a_storage_error_and_leaves_nothing(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, 'No space left on device')

    writer = TraceWriter(tmp_path / 'trace.npz', FACTS, LEVELS, pwm_range=625, folder=tmp_path)
    edges, words = short_cut(5000)
    (block,) = blocks([edge for edge in edges if edge[0] < 5000], words)
    monkeypatch.setattr('os.pwrite', full)
    with pytest.raises(StorageError, match='No space left'):
        writer.take(block)
    writer.close()
    assert not list(tmp_path.iterdir())


def test_facts_that_are_not_numbers_are_refused(tmp_path):
    with pytest.raises(ValueError, match='JSON compliant'):
        write(tmp_path / 'a.npz', facts={'level_db': float('nan')})
