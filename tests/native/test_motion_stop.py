"""Stopping from any moment of any motion: within the limits, at rest, and on the very edges of the twin."""

from __future__ import annotations

import hashlib
import math
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from appliance.errors import NativeError
from appliance.native import check, ffi, lib
from tests.native.motion_twin import SEGMENT, Axis, Piece, ideal_steps, joined, native_segments, pulses

ACCEL, JERK = 2e-4, 4e-7


def stop(axis: Axis, frame: int) -> tuple[Any, int]:
    """The segments of a stop at `frame`, kept alive, and the frame of rest."""
    out = np.zeros(lib.MOTION_STOP_SEGMENTS, SEGMENT)
    count, rest = ffi.new('size_t *'), ffi.new('int64_t *')
    native = ffi.from_buffer('struct motion_segment[]', out)
    check(lib.motion_stop(axis.axis, frame, native, len(out), count, rest))
    axis.segments = (axis.segments, out)
    return out[: count[0]], rest[0]


def piece_of(row: Any) -> Piece:
    bits = (lib.MOTION_POSITION_BITS, lib.MOTION_VELOCITY_BITS, lib.MOTION_ACCEL_BITS, lib.MOTION_JERK_BITS)
    c = [Fraction(int(v), 2**b) for v, b in zip(list(row)[2:], bits, strict=True)]
    return Piece(int(row['start_frame']), int(row['frames']), (c[0], c[1], c[2], c[3]))


def shape(piece: Piece, u: float) -> tuple[float, float]:
    """Speed and acceleration u frames into the piece."""
    c = [float(value) for value in piece.c]
    return c[1] + u * (2 * c[2] + 3 * u * c[3]), 2 * c[2] + 6 * u * c[3]


@settings(max_examples=150, deadline=None, derandomize=True)
@given(
    st.floats(-0.4, 0.4),
    st.floats(-0.4, 0.4),
    st.integers(1500, 5000),
    st.booleans(),
    st.floats(0.0, 1.0),
)
@example(0.25, -0.25, 1500, False, 0.0)  # its acceleration is the most it may have already
def test_a_stop_keeps_its_limits_and_the_twins_edges(v0: float, v1: float, n: int, bent: bool, part: float) -> None:
    change = v1 - v0
    middle = [v0, change / (2 * n), 0.0] if not bent else [v0, change / n, -change / (3 * n * n)]
    pieces = joined([2, n, 2], [[v0, 0, 0], middle, [v1, 0, 0]])
    at = 2 + int(part * (n - 1))
    axis = Axis(native_segments(pieces), stop_accel=ACCEL, stop_jerk=JERK)
    got = axis.edges(at)
    rows, rest = stop(axis, at)
    got += axis.edges(rest + 1000)
    halted = [piece_of(row) for row in rows]
    cut = [*pieces[:1], Piece(pieces[1].start, at - pieces[1].start, pieces[1].c)]
    assert got == pulses(ideal_steps([p for p in cut + halted if p.frames], rest), axis.use)

    speed, accel = shape(pieces[1], at - pieces[1].start)
    assert abs(float(halted[0].at(Fraction(0)) - cut[1].at(Fraction(cut[1].frames)))) < 2**-32
    most, free = max(ACCEL, abs(accel)) * 1.001, speed + accel * abs(accel) / (2 * JERK)
    bound = abs(accel) / JERK + abs(free) / ACCEL + 2 * math.sqrt(abs(free) / JERK) + 12  # frames, generous
    assert rest - at <= bound
    for piece in halted:
        now_speed, now_accel = shape(piece, 0.0)
        assert (now_speed, now_accel) == (pytest.approx(speed, abs=1e-10), pytest.approx(accel, abs=1e-12))
        speed, accel = shape(piece, float(piece.frames))
        assert abs(accel) <= most
        assert abs(6 * float(piece.c[3])) <= JERK * 1.001
    assert (speed, accel) == (pytest.approx(0, abs=1e-10), pytest.approx(0, abs=1e-12))
    assert rest == halted[-1].start + halted[-1].frames


def test_the_stop_from_constant_speed_takes_the_least_time() -> None:
    """speed / accel + accel / jerk frames: the time of the trapezoid, in closed form."""
    axis = Axis(native_segments(joined([100_000], [[0.4, 0, 0]])), stop_accel=ACCEL, stop_jerk=JERK)
    axis.edges(50_000)
    _, rest = stop(axis, 50_000)
    assert rest - 50_000 == pytest.approx(0.4 / ACCEL + ACCEL / JERK, abs=4)


def test_a_stop_at_rest_before_after_and_between_moves_is_at_once() -> None:
    for at in (50, 5000):
        axis = Axis(native_segments(joined([1000], [[0.1, 0, 0]], start=100)))
        axis.edges(at)
        rows, rest = stop(axis, at)
        assert (len(rows), rest) == (0, at)
        assert axis.edges(10_000) == []
        assert axis.axis.steps == (0 if at < 100 else 100)


def test_a_pulse_that_is_high_when_the_stop_begins_still_falls() -> None:
    axis = Axis(native_segments(joined([10_000], [[0.1, 0, 0]])), high_frames=4)
    up = [edge for edge in axis.edges(1000) if edge[1]][-1][0]
    again = Axis(native_segments(joined([10_000], [[0.1, 0, 0]])), high_frames=4)
    first = again.edges(up + 1)
    _, rest = stop(again, up + 1)
    later = again.edges(rest + 100)
    assert first[-1][0] == up
    assert later[0] == (up + 4, 0, axis.use['step_mask'])


def test_a_stop_that_must_reverse_turns_the_direction_pin_after_it_began() -> None:
    """The axis was about to move on by a quick change of acceleration; the slower stop swings back over a crossing."""
    pieces = joined([1000, 15], [[0.02015, -1e-5, 0.0], [1.5e-4, -1e-5, 3e-7]], start=200)
    end = pieces[1].at(Fraction(0))
    lift = Fraction(round((Fraction(1, 20) - Fraction(1, 2) - end) % 1 * 2**32), 2**32)  # ... .05 above a crossing
    lift -= 1 if lift >= Fraction(1, 2) else 0
    pieces = [Piece(p.start, p.frames, (p.c[0] + lift, *p.c[1:])) for p in pieces]
    axis = Axis(native_segments(pieces), setup_frames=100, stop_accel=1e-3, stop_jerk=2e-8)
    axis.edges(1200)
    _, rest = stop(axis, 1200)
    later = axis.edges(rest + 100)
    turn, back = [edge for edge in later if edge[2] != axis.use['step_mask']][:2]
    assert (turn, back) == ((1200, 0, axis.use['dir_mask']), (1300, axis.use['step_mask'], 0))


def test_a_stop_from_elsewhere_or_without_limits_is_refused() -> None:
    axis = Axis(native_segments(joined([1000], [[0.1, 0, 0]])))
    axis.edges(500)
    with pytest.raises(NativeError, match='where the edges have been given out'):
        stop(axis, 501)
    weak = Axis(native_segments(joined([1000], [[0.1, 0, 0]])), stop_jerk=0.0)
    with pytest.raises(NativeError, match='must be positive'):
        stop(weak, 0)
    count, rest = ffi.new('size_t *'), ffi.new('int64_t *')
    out = ffi.new('struct motion_segment[]', 1)
    with pytest.raises(NativeError, match='no room'):
        check(lib.motion_stop(axis.axis, 500, out, 1, count, rest))


def test_the_same_bits_on_every_processor() -> None:
    """A golden digest of edges and stop segments, made on x86-64: whatever runs this must find the same."""
    pieces = joined([3000, 9001, 5000], [[0.0, 5e-5, 0.0], [0.3, -2e-5, 5e-10], [0.0615, 1e-5, -1e-9]])
    digest = hashlib.sha256()
    for at in (1, 2999, 3000, 7777, 12_001, 16_000):
        axis = Axis(native_segments(pieces), stop_accel=3e-5, stop_jerk=1e-7)
        edges = axis.edges(at)
        rows, rest = stop(axis, at)
        edges += axis.edges(rest + 10)
        digest.update(repr((edges, rows.tolist(), rest)).encode())
    assert digest.hexdigest()[:16] == '9216d1563cf9d2cd'
