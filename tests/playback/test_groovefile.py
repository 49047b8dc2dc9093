import os
from pathlib import Path

import numpy as np
import pytest

from appliance.errors import GrooveFileError
from appliance.npz import write_npz
from appliance.playback.groovefile import Groove, GrooveWriter

RNG = np.random.default_rng(3)
Y = RNG.standard_normal(5000).astype(np.float32)
THETA = np.linspace(0, 1, 200)
RADIUS = np.linspace(120, 119, 200)
DEPTH = np.full(200, 75, np.float32)


def written(path: Path, facts: dict | None = None) -> Path:
    writer = GrooveWriter(path, {'disc': 'xray-25'} if facts is None else facts, path.parent)
    for start in range(0, len(Y), 700):
        writer.displacement(Y[start : start + 700])
    writer.motion(THETA[:50], RADIUS[:50], DEPTH[:50])
    writer.motion(THETA[50:], RADIUS[50:], DEPTH[50:])
    writer.facts['message_frame'] = 4000
    writer.start_frame = 1200
    writer.close()
    return path


def test_what_is_written_is_read(tmp_path: Path) -> None:
    groove = Groove.open(written(tmp_path / 'groove.npz'))
    assert (groove.rate_hz, groove.motion_rate_hz, groove.start_frame) == (50_000, 2000, 1200)
    assert (groove.samples, groove.motions) == (5000, 200)
    assert (groove.frames_per_sample, groove.frames_per_motion) == (4, 100)
    assert groove.facts == {'disc': 'xray-25', 'message_frame': 4000}
    np.testing.assert_array_equal(groove.displacement(10, 20), Y[10:30])
    np.testing.assert_array_equal(groove.displacement(4990, 100), Y[4990:])
    np.testing.assert_array_equal(np.concatenate(list(groove.blocks(999))), Y)
    np.testing.assert_array_equal(groove.angle_rad(), THETA)
    np.testing.assert_array_equal(groove.radius_mm(100, 5), RADIUS[100:105])
    np.testing.assert_array_equal(groove.depth_um(198, 5), DEPTH[:2])
    groove.close()


def test_numpy_reads_it_and_equal_grooves_are_equal_bytes(tmp_path: Path) -> None:
    first = written(tmp_path / 'a.npz', {'b': 1, 'a': 2}).read_bytes()
    assert first == written(tmp_path / 'b.npz', {'a': 2, 'b': 1}).read_bytes()
    with np.load(tmp_path / 'a.npz', allow_pickle=False) as read:
        np.testing.assert_array_equal(read['displacement_um'], Y)
    assert sorted(file.name for file in tmp_path.iterdir()) == ['a.npz', 'b.npz']


def test_a_groove_given_up_leaves_nothing(tmp_path: Path) -> None:
    writer = GrooveWriter(tmp_path / 'groove.npz', {}, tmp_path)
    writer.displacement(Y)
    writer.abandon()
    writer.abandon()
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ('change', 'words'),
    [
        ({'rate_hz': None}, 'has no rate_hz'),
        ({'rate_hz': 0}, 'rate_hz is 0, not 50000'),
        ({'motion_rate_hz': 10**9}, 'motion_rate_hz is 1000000000, not 2000'),
        ({'start_frame': 2**62}, 'start_frame is .*, not between'),
        ({'rate_hz': np.zeros(3, np.int64)}, 'rate_hz is not a whole number'),
        ({'facts': '[' * 100_000}, 'facts is not JSON'),
        ({'facts': ' ' * 2_000_000}, 'facts is not a text of reasonable length'),
        ({'start_frame': 1.5}, 'start_frame is not a whole number'),
        ({'displacement_um': np.zeros(4)}, 'displacement_um is not one row of float32'),
        ({'displacement_um': np.zeros((2, 2), np.float32)}, 'displacement_um is not one row'),
        ({'radius_mm': np.zeros(3)}, 'differ in length'),
        ({'facts': 'x'}, 'facts is not JSON'),
        ({'facts': '[]'}, 'not a JSON object'),
    ],
)
def test_a_wrong_file_says_what_is_wrong(tmp_path: Path, change: dict, words: str) -> None:
    members = {
        'rate_hz': 50_000,
        'motion_rate_hz': 2000,
        'start_frame': 0,
        'facts': '{}',
        'displacement_um': Y,
        'angle_rad': THETA,
        'radius_mm': RADIUS,
        'depth_um': DEPTH,
    } | change
    path = tmp_path / 'groove.npz'
    write_npz(path, {name: value for name, value in members.items() if value is not None})
    with pytest.raises(GrooveFileError, match=words) as caught:
        Groove.open(path)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize('value', [np.nan, np.inf, -np.inf, 1e30, -1e30])
@pytest.mark.parametrize('name', ['displacement_um', 'angle_rad', 'radius_mm', 'depth_um'])
def test_a_value_that_cannot_be_is_found_where_it_is_read(tmp_path: Path, name: str, value: float) -> None:
    members = {
        'rate_hz': 50_000,
        'motion_rate_hz': 2000,
        'start_frame': 0,
        'facts': '{}',
        'displacement_um': Y.copy(),
        'angle_rad': THETA.copy(),
        'radius_mm': RADIUS.copy(),
        'depth_um': DEPTH.copy(),
    }
    members[name][1] = value
    write_npz(tmp_path / 'groove.npz', members)
    groove = Groove.open(tmp_path / 'groove.npz')
    with pytest.raises(GrooveFileError, match=f'{name} holds a value that cannot be'):
        groove.displacement(0, 3) if name == 'displacement_um' else getattr(groove, name)()
    groove.close()


@pytest.mark.parametrize(
    ('name', 'value'),
    [('message_frame', 1e300), ('message_end_frame', 1e9), ('original_s', 1e300), ('original_s', True)],
)
def test_facts_beyond_the_groove_are_refused(tmp_path: Path, name: str, value: float) -> None:
    writer = GrooveWriter(tmp_path / 'groove.npz', {name: value}, tmp_path)
    writer.displacement(Y)
    writer.motion(THETA, RADIUS, DEPTH)
    writer.close()
    groove = Groove.open(tmp_path / 'groove.npz')
    with pytest.raises(GrooveFileError, match=f'no {name} of at least 0 and at most'):
        groove.seconds(name) if name.endswith('_s') else groove.frame(name)
    groove.close()


def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / 'pipe.npz')
    with pytest.raises(GrooveFileError, match='not a plain file'):
        Groove.open(tmp_path / 'pipe.npz')
