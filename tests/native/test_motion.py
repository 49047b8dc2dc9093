"""Step edges against the slow twin: every frame, any chunks, both directions, a far end."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.errors import NativeError
from appliance.native import check, ffi, lib
from tests.native.motion_twin import (
    DIR,
    STEP,
    Axis,
    Piece,
    ideal_steps,
    joined,
    native_segments,
    pulses,
    quantised,
)
from tests.native.motion_twin import settings as axis_settings

LIMITED = settings(max_examples=150, deadline=None, derandomize=True)
speeds = st.floats(-0.45, 0.45, allow_nan=False)


@st.composite
def motions(draw: st.DrawFn) -> list[Piece]:
    """Up to five pieces that join in position; each runs from one speed to another, straight or with jerk."""
    lengths, shapes = [], []
    v = draw(speeds)
    for _ in range(draw(st.integers(1, 5))):
        n = draw(st.one_of(st.integers(1, 1500), st.integers(1000, 6000)))
        target = draw(st.one_of(st.just(v), st.just(0.0), speeds))
        if draw(st.booleans()):
            target = v + max(-0.0035 * n, min(0.0035 * n, target - v))  # what accel_half can hold
            shapes.append([v, (target - v) / (2 * n), 0.0])
        else:  # all of the change by jerk, from zero acceleration
            target = v + max(-1.2e-6 * n * n, min(1.2e-6 * n * n, target - v))  # and jerk_sixth
            shapes.append([v, 0.0, (target - v) / (3 * n * n)])
        lengths.append(n)
        v = target
    return joined(lengths, shapes, start=draw(st.integers(0, 50)))


@LIMITED
@given(motions(), st.lists(st.integers(0, 10_000), max_size=6), st.integers(1, 9))
def test_edges_are_the_twins_in_any_chunks(pieces: list[Piece], cuts: list[int], capacity: int) -> None:
    end = pieces[-1].start + pieces[-1].frames
    axis = Axis(native_segments(pieces))
    got = []
    for until in [*sorted(cut for cut in cuts if cut < end), end + 100]:
        got += axis.edges(until, capacity)
    assert got == pulses(ideal_steps(pieces, end), axis.use)


@LIMITED
@given(motions(), st.integers(1, 4), st.integers(1, 4), st.integers(1, 5), st.integers(1, 5), st.integers(0, 1))
def test_pulse_and_direction_times_are_kept(
    pieces: list[Piece], high: int, low: int, setup: int, hold: int, forward_high: int
) -> None:
    slow = 2 / (high + low)
    shapes = [[float(c) * slow for c in piece.c[1:]] for piece in pieces]
    pieces = joined([piece.frames for piece in pieces], shapes, pieces[0].start)
    use = axis_settings(high, low, setup, hold, forward_high)
    axis = Axis(native_segments(pieces), **use)
    end = pieces[-1].start + pieces[-1].frames
    got = axis.edges(end + 100)
    assert got == pulses(ideal_steps(pieces, end), use)
    assert [frame for frame, _, _ in got] == sorted(frame for frame, _, _ in got)


def test_an_hour_of_constant_speed_ends_exactly_where_arithmetic_says() -> None:
    rate = Fraction(78260, 1000) * 6400 / 60 / 200_000  # steps a frame at 78.26 rpm, 6400 steps a turn
    hour = 3600 * 200_000
    segments = native_segments([quantised(0, hour, [Fraction(0), rate, Fraction(0), Fraction(0)])])
    axis = Axis(segments)
    capacity = 1 << 20
    out, count = ffi.new('struct pin_edge[]', capacity), ffi.new('size_t *')
    rises, last = 0, 0
    for until in range(10_000_000, hour + 1, 10_000_000):
        check(lib.motion_edges(axis.axis, until, out, capacity, count))
        edges = np.frombuffer(ffi.buffer(out), np.dtype([('frame', 'i8'), ('set', 'u4'), ('clear', 'u4')]))[: count[0]]
        up = edges['frame'][edges['set'] == STEP]
        k = np.arange(rises, rises + len(up), 1009)
        # the moment of step k is (k + 1/2) / rate; the pulse belongs to the nearest frame
        exact = [round((int(i) + Fraction(1, 2)) / rate) for i in k]
        assert up[::1009].tolist() == exact
        rises, last = rises + len(up), int(up[-1])
    assert rises == axis.axis.steps == axis.axis.pulses == int(rate * hour + Fraction(1, 2))
    assert abs(last - (rises - Fraction(1, 2)) / rate) <= Fraction(1, 2)


@pytest.mark.parametrize(
    'shapes',
    [
        [[0.4, 0.0, 0.0], [0.4, -0.4 / 60_000, 0.0]],  # ever slower, far from zero
        [[0.0, 0.0, 0.0], [0.0, 0.02 / 60_000, 0.0]],  # ever faster, from rest
        [[0.0, 0.0, 0.0], [0.01, -0.02 / 30_000, 0.0]],  # reversing
        [[0.0, 0.0, 0.0], [0.0, 0.08 / 30_000, -0.16 / 3 / 30_000**2]],  # fastest in the middle
        [[0.0, 0.0, 0.0], [-0.1, 0.08 / 30_000, -0.08 / 3 / 30_000**2]],
    ],
)
def test_long_pieces_stay_exact_across_windows(shapes: list[list[float]]) -> None:
    pieces = joined([5000, 30_000], shapes)
    axis = Axis(native_segments(pieces))
    assert axis.edges(36_000) == pulses(ideal_steps(pieces, 35_000), axis.use)


def test_a_bend_within_one_window_is_not_jumped_over() -> None:
    """Slow at both ends of 4000 frames, fast between: the ends alone would promise calm."""
    pieces = joined([4000], [[0.001, 0.12 / 4000, -0.08 / 4000**2]])
    axis = Axis(native_segments(pieces))
    assert axis.edges(5000) == pulses(ideal_steps(pieces, 4000), axis.use)


@pytest.mark.parametrize('speed', [0.0, 0.001, -0.001])
@pytest.mark.parametrize('jump', [Fraction(1, 50), Fraction(-1, 50)])
def test_a_small_jump_over_a_crossing_is_stepped_at_once(speed: float, jump: Fraction) -> None:
    side = Fraction(1, 2) - jump / 2  # just before the crossing at 1/2, on the side the jump comes from
    rise = quantised(0, 100, [Fraction(0), side / 100, Fraction(0), Fraction(0)])
    after = quantised(100, 3000, [side + jump, Fraction(speed), Fraction(0), Fraction(0)])
    pieces = [rise, after]
    axis = Axis(native_segments(pieces))
    assert axis.edges(4000) == pulses(ideal_steps(pieces, 3100), axis.use)


@pytest.mark.parametrize('shape', [[0.1, 0.0, 0.0], [0.1, 1e-6, 0.0]])
def test_a_jump_of_steps_is_refused_while_moving(shape: list[float]) -> None:
    first = quantised(0, 100, [0, 0, 0, 0])
    away = quantised(100, 1000, [3.0, *shape])
    with pytest.raises(NativeError, match='moves more than one step in a frame'):
        Axis(native_segments([first, away])).edges(2000)


def test_reversing_inside_a_segment_changes_the_direction_pin_before_the_step() -> None:
    pieces = joined([2000], [[0.2, -0.2 / 2000, 0.0]])  # up to 100 steps and back
    got = Axis(native_segments(pieces)).edges(2100)
    assert got[:2] == [(2, DIR, 0), (3, STEP, 0)]  # 0.2 u - 0.0001 u^2 passes 1/2 just after u = 2.5
    ways = [edge for edge in got if (edge[1] | edge[2]) == DIR]
    assert [(up, down) for _, up, down in ways] == [(DIR, 0), (0, DIR)]
    assert sum(1 for edge in got if edge[1] == STEP) == 200
    turn = got.index(ways[1])
    assert got[turn + 1] == (ways[1][0] + 1, STEP, 0)


def test_a_position_that_only_grazes_the_half_step_gives_two_legal_pulses() -> None:
    # apex 1e-6 steps above one half: crossed upwards and downwards within 3 frames
    c = [Fraction(1, 2) + Fraction(1, 10**6), Fraction(0), -Fraction(1, 10**6), Fraction(0)]
    apex = 500
    start = [c[0] + c[2] * apex**2, -2 * c[2] * apex, c[2], Fraction(0)]
    pieces = [quantised(0, 1000, start)]
    axis = Axis(native_segments(pieces), high_frames=3, low_frames=4, setup_frames=5, hold_frames=6)
    got = axis.edges(1000)
    assert got == pulses(ideal_steps(pieces, 1000), axis.use)
    assert [frame - got[0][0] for frame, _, _ in got] == [0, 5, 8, 11, 16, 19]


@pytest.mark.parametrize('bent', [Fraction(1, 2**20), Fraction(0)], ids=['cubic', 'steady'])
@pytest.mark.parametrize(
    ('way', 'past', 'frame'),
    [(1, 0, 100), (1, 1, 100), (1, -1, 101), (-1, 0, 101), (-1, 1, 100), (-1, -1, 101)],
)
def test_exact_ties_and_their_nearest_neighbours_are_told_apart(
    bent: Fraction, way: int, past: int, frame: int
) -> None:
    """P(100 + 1/2) lies `past` units of 2^-32 steps beyond way/2, far less than doubles are trusted with; halves up."""
    speed, u = Fraction(1, 2**12), Fraction(201, 2)
    start = way * (Fraction(1, 2) - speed * u - bent * u * u + Fraction(past, 2**32))
    pieces = [quantised(0, 2000, [start, way * speed, way * bent, Fraction(0)])]
    got = Axis(native_segments(pieces)).edges(110)
    assert [edge[0] for edge in got if edge[1] == STEP] == [frame]
    assert got == [edge for edge in pulses(ideal_steps(pieces, 2000), axis_settings()) if edge[0] < 110]


@pytest.mark.parametrize('way', [1, -1])
def test_exact_ties_all_along_a_constant_speed(way: int) -> None:
    """One step in eight frames, every crossing exactly at the moment that decides."""
    pieces = [quantised(0, 4000, [Fraction(way, 16), Fraction(way, 8), Fraction(0), Fraction(0)])]
    axis = Axis(native_segments(pieces))
    assert axis.edges(4000, 64) == pulses(ideal_steps(pieces, 4000), axis.use)


@pytest.mark.parametrize('seed', range(30))
def test_crossings_closer_than_doubles_can_tell(seed: int) -> None:
    """A thousand steps into a cubic, the position at the deciding moment is within 2^-45 steps of k + 1/2."""
    rng = np.random.default_rng(seed)
    frame, way = int(rng.integers(3000, 4000)), int(rng.choice([-1, 1]))
    u = Fraction(2 * frame + 1, 2)
    bent = way * Fraction(int(rng.integers(2**40, 2**44)), 2**72)
    target = way * (round(0.3 * frame) + Fraction(1, 2))
    speed = Fraction(round((target - bent * u * u) / u * 2**56), 2**56)
    piece = quantised(0, 4096, [Fraction(0), speed, bent, Fraction(0)])
    assert abs(piece.at(u) - target) < Fraction(1, 2**44)
    axis = Axis(native_segments([piece]))
    assert axis.edges(4200) == pulses(ideal_steps([piece], 4096), axis.use)


def test_an_axis_at_rest_and_an_empty_list_give_nothing() -> None:
    assert Axis(native_segments(joined([1000], [[0.0, 0.0, 0.0]]))).edges(5000) == []
    assert Axis(native_segments([])).edges(5000) == []


def test_gaps_hold_the_position() -> None:
    out = joined([100], [[0.0, 0.3 / 200, 0.0]]) + joined([100], [[0.3, -0.3 / 200, 0.0]], start=100)
    moved = out[0].at(Fraction(100))
    stop = quantised(100, 100, [moved, Fraction(0.3), Fraction(-0.3 / 200), Fraction(0)])
    rest = stop.at(Fraction(100))
    again = quantised(5000, 100, [rest, Fraction(0), Fraction(0.3 / 200), Fraction(0)])
    pieces = [out[0], stop, again]
    axis = Axis(native_segments(pieces))
    got = axis.edges(6000)
    assert got == pulses(ideal_steps(pieces, 6000), axis.use)
    assert not [edge for edge in got if 210 < edge[0] < 5000]


@pytest.mark.parametrize('speed', [0.51, -0.7, 1.9])
def test_more_than_one_step_in_two_frames_is_refused_while_moving(speed: float) -> None:
    axis = Axis(native_segments(joined([4000], [[speed, 0.0, 0.0]])))
    with pytest.raises(NativeError, match=r'motion: (steps come faster|an axis moves more)'):
        axis.edges(5000)


def test_edges_of_the_past_are_refused() -> None:
    axis = Axis(native_segments(joined([1000], [[0.1, 0.0, 0.0]])))
    axis.edges(500)
    with pytest.raises(NativeError, match='frames that have passed'):
        axis.edges(499)
