"""What motion_check refuses, by name, and that its closed-form extrema are those of dense sampling."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from appliance.errors import NativeError
from appliance.native import ffi, lib
from tests.native.motion_twin import DIR, STEP, Axis, Piece, joined, native_segments, quantised, settings


def sentence(pieces: list[Piece], **limits: Any) -> str:
    """What motion_check says; '' when it has nothing to say."""
    use = ffi.new('struct motion_settings *', {**settings(), 'max_accel': 1e-4, **limits})
    segments, text = native_segments(pieces), ffi.new('char[]', 300)
    said = lib.motion_check(use, ffi.from_buffer('struct motion_segment[]', segments), len(segments), text, len(text))
    return '' if said == ffi.NULL else ffi.string(said).decode()


def hill(speed: float = 0.2, frames: int = 10_000) -> list[Piece]:
    """Up to `speed` and back to rest, with constant acceleration."""
    half = speed / (2 * frames)
    return joined([frames, 500, frames], [[0, half, 0], [speed, 0, 0], [speed, -half, 0]])


def test_a_good_motion_passes() -> None:
    assert sentence(hill()) == ''
    assert sentence([]) == ''


@pytest.mark.parametrize(
    ('limits', 'said'),
    [
        ({'max_speed': 0.19}, 'motion: segment 0 at frame 0: speed 0.2 steps a frame, limit 0.19'),
        ({'high_frames': 5}, 'motion: segment 0 at frame 0: speed 0.2 steps a frame, the pulses allow 0.166666667'),
        ({'max_accel': 1.9e-5}, 'motion: segment 0 at frame 0: acceleration 2e-05 steps a frame^2, limit 1.9e-05'),
        ({'max_position': 1500.0}, 'motion: segment 2 at frame 10500: position 2100 steps, limit 1500'),
        ({'min_position': 10.0}, 'motion: segment 0 at frame 0: position 0 steps, limit 10'),
    ],
)
def test_each_limit_is_named_with_segment_and_value(limits: dict[str, Any], said: str) -> None:
    assert sentence(hill(), **limits) == said


def test_jumps_gaps_and_ends_are_refused() -> None:
    first, second, third = hill()
    moved = Piece(second.start, second.frames, (second.c[0] + 1, *second.c[1:]))
    assert 'segment 1 at frame 10000: starts at position 1001 steps, 1 from where' in sentence([first, moved, third])
    assert 'segment 1 at frame 10000: speed jumps by' in sentence(joined([10_000, 500], [[0, 1e-5, 0], [0.1, 0, 0]]))
    late = Piece(third.start + 7, third.frames, third.c)
    assert 'segment 2 at frame 10507: speed 0.2 steps a frame beside a gap' in sentence([first, second, late])
    assert sentence([first, second]) == 'motion: the last segment does not end at rest'
    assert 'segment 0 at frame 0: speed 0.1 steps a frame beside a gap' in sentence(joined([100], [[0.1, 0, 0]]))


@pytest.mark.parametrize(
    ('piece', 'said'),
    [
        ((0, 0, [0, 0, 0, 0]), 'lasts less than 1'),
        ((0, -5, [0, 0, 0, 0]), 'lasts less than 1'),
        ((0, (1 << 32) + 1, [0, 0, 0, 0]), 'over 2^32 frames'),
        ((-1, 10, [0, 0, 0, 0]), 'overlap or start late'),
        ((0, 10, [0, 4.5, 0, 0]), 'terms are too large'),
        ((0, 1 << 31, [0, 1.1, 0, 0]), 'terms are too large'),
        ((0, 1 << 20, [0, 0, 1e-5, 0]), 'terms are too large'),
        ((0, 1 << 20, [0, 0, 0, 1e-10]), 'terms are too large'),
        ((0, 10, [0.5, 0, 0, 0]), 'does not start at position 0'),
    ],
)
def test_what_the_arithmetic_cannot_hold_is_refused_at_once(piece: tuple[int, int, list[float]], said: str) -> None:
    bad = [quantised(*piece)]
    assert said in sentence(bad)
    with pytest.raises(NativeError, match='motion: '):
        Axis(native_segments(bad))


def test_overlapping_segments_are_refused() -> None:
    first, second, third = hill()
    assert 'overlap' in sentence([first, Piece(second.start - 1, second.frames, second.c), third])


@pytest.mark.parametrize('wrong', ['high_frames', 'low_frames', 'setup_frames', 'hold_frames', 'step_mask', 'dir_mask'])
def test_an_axis_without_pins_or_times_is_refused(wrong: str) -> None:
    with pytest.raises(NativeError, match='motion: '):
        Axis(native_segments(hill()), **{wrong: 0})


def test_a_short_text_buffer_is_no_accident() -> None:
    use = ffi.new('struct motion_settings *', settings())
    segments, text = native_segments(hill()), ffi.new('char[]', 10)
    said = lib.motion_check(use, ffi.from_buffer('struct motion_segment[]', segments), len(segments), text, 10)
    assert ffi.string(said) == b'motion: no room for the sentence'


@hypothesis_settings(max_examples=200, deadline=None, derandomize=True)
@given(st.integers(200, 20_000), st.floats(-0.3, 0.3), st.floats(-0.3, 0.3), st.floats(-0.3, 0.3))
def test_extrema_are_those_of_dense_sampling(frames: int, v0: float, v1: float, bend: float) -> None:
    """A cubic between two speeds with a bend in between: a limit a hair inside its extreme refuses, outside not."""
    accel, jerk = (v1 - v0 + bend) / (2 * frames), -bend / (3 * frames**2)
    if max(abs(accel) / 2**-9, abs(jerk) / 2**-21) >= 0.99:
        return
    approach = 5000
    pieces = joined(
        [approach, frames, approach], [[0, v0 / 2 / approach, 0], [v0, accel, jerk], [v1, -v1 / 2 / approach, 0]]
    )
    u = np.concatenate((np.linspace(0, frames, 20_001), [frames]))
    c = [float(value) for value in pieces[1].c]
    position = c[0] + u * (c[1] + u * (c[2] + u * c[3]))
    speed = np.abs(c[1] + u * (2 * c[2] + 3 * u * c[3])).max()
    ends = [float(p.at(p.c[1] * 0 + k)) for p in pieces for k in (0, p.frames)]
    low, high = min([position.min(), *ends]), max([position.max(), *ends])
    loose: dict[str, Any] = {'max_speed': 2.0, 'max_accel': 2.0}
    fits = speed * (1 + 1e-6) < 0.5
    assert (sentence(pieces, **{**loose, 'max_speed': speed * (1 + 1e-5)}) == '') == fits
    if not fits:
        return
    if max(abs(v0), abs(v1), 1e-3) < speed * 0.999:  # otherwise the ramps beside it are as fast
        assert 'segment 1' in sentence(pieces, **{**loose, 'max_speed': speed * (1 - 1e-5) - 1e-9})
    assert sentence(pieces, **loose, min_position=low - 0.01, max_position=high + 0.01) == ''
    assert 'position' in sentence(pieces, **loose, max_position=high - 0.51)
    assert 'position' in sentence(pieces, **loose, min_position=low + 0.51)
    accels = [abs(float(2 * p.c[2] + 6 * p.c[3] * k)) for p in pieces for k in (0, p.frames)]
    if max(accels) > 1e-6:
        assert sentence(pieces, max_accel=max(accels) * (1 + 1e-5)) == ''
        assert 'acceleration' in sentence(pieces, max_accel=max(accels) * (1 - 1e-5))


def test_pin_names_of_the_twin_are_two_pins() -> None:
    assert STEP != DIR
