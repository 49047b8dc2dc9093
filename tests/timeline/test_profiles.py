"""Moves and ramps against closed forms and dense sampling, and their fixed-point segments against the floats."""

from __future__ import annotations

import itertools
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.native import lib
from appliance.timeline.profiles import Limits, Profile, change_speed, hold, integrate, move, ramp, to_segments

CARRIAGE = Limits(speed=0.16, accel=6.4e-6, jerk=1.6e-9)  # 5 mm/s, 40 mm/s^2, 2000 mm/s^3 in steps of 0.15625 um
QUICK = settings(max_examples=200, deadline=None, derandomize=True)


def sampled(profile: Profile, per_piece: int = 200) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Position, speed, acceleration and jerk, densely, both ends of every piece included."""
    u = profile.frames[:, None] * np.linspace(0.0, 1.0, per_piece)
    c0, c1, c2, c3 = (profile.coefficients[:, k : k + 1] for k in range(4))
    return c0 + u * (c1 + u * (c2 + u * c3)), c1 + u * (2 * c2 + 3 * u * c3), 2 * c2 + 6 * u * c3, 6 * c3 + 0 * u


def assert_joined(profile: Profile) -> None:
    """Position, speed and acceleration are continuous from piece to piece."""
    for values, tolerance in zip(sampled(profile, 2)[:3], (1e-6, 1e-9, 1e-12), strict=True):
        np.testing.assert_allclose(values[1:, 0], values[:-1, 1], rtol=0, atol=tolerance)


@QUICK
@given(st.floats(-600_000, 600_000).filter(lambda d: abs(d) > 0.01))
def test_a_move_ends_at_rest_on_its_step_within_every_limit(distance: float) -> None:
    profile = move(distance, CARRIAGE)
    position, speed, accel, jerk = sampled(profile)
    assert profile.end_position == pytest.approx(distance, rel=1e-12)
    assert abs(speed[-1, -1]) < 1e-12
    assert abs(accel[-1, -1]) < 1e-15
    assert np.abs(speed).max() <= CARRIAGE.speed * (1 + 1e-9)
    assert np.abs(accel).max() <= CARRIAGE.accel * (1 + 1e-9)
    assert np.abs(jerk).max() <= CARRIAGE.jerk * (1 + 1e-9)
    assert position.min() >= min(0.0, distance) - 1e-6
    assert position.max() <= max(0.0, distance) + 1e-6
    assert_joined(profile)


@pytest.mark.parametrize(
    ('distance', 'seconds'),
    [
        # long: distance / speed + speed / accel + accel / jerk (Lambrechts, Boerlage, Steinbuch 2005, third order)
        (500_000, 500_000 / 0.16 + 0.16 / 6.4e-6 + 6.4e-6 / 1.6e-9),
        # no cruise: (a/j + sqrt((a/j)^2 + 4 d / a)), both ways
        (3_000, 4000 + np.sqrt(4000**2 + 4 * 3000 / 6.4e-6)),
        # neither cruise nor constant acceleration: four times cbrt(d / 2j)
        (100, 4 * np.cbrt(100 / (2 * 1.6e-9))),
    ],
)
def test_a_move_takes_the_least_time(distance: float, seconds: float) -> None:
    assert move(distance, CARRIAGE).total_frames == pytest.approx(seconds, abs=8)


def test_no_move_is_nothing() -> None:
    nothing = move(0.0, CARRIAGE)
    assert (nothing.total_frames, nothing.end_position) == (0, 0.0)
    assert nothing.then(hold(0.0, 10)).end_position == 0.0
    assert move(1e-5, CARRIAGE).total_frames == 0  # a hundred-thousandth of a step is nobody's wish
    assert len(to_segments(move(0.0, CARRIAGE), 10)) == 0
    assert change_speed(0.1, 0.1, CARRIAGE).total_frames == 0


@QUICK
@given(st.floats(-0.15, 0.15), st.floats(-0.15, 0.15))
def test_a_change_of_speed_arrives_within_limits(v0: float, v1: float) -> None:
    if v0 == v1:
        return
    profile = change_speed(v0, v1, CARRIAGE)
    _, speed, accel, jerk = sampled(profile)
    assert (speed[0, 0], speed[-1, -1]) == (v0, pytest.approx(v1, abs=1e-12))
    assert np.abs(accel).max() <= CARRIAGE.accel * (1 + 1e-9)
    assert np.abs(jerk).max() <= CARRIAGE.jerk * (1 + 1e-9)
    assert abs(accel[-1, -1]) < 1e-15
    assert_joined(profile)


@pytest.mark.parametrize('frames', [400_000, 399_999, 1000])
def test_a_ramp_follows_the_raised_cosine(frames: int) -> None:
    top = 0.0417387
    profile = ramp(0.0, top, frames)
    position, speed, accel, _ = sampled(profile)
    t = (np.cumsum(profile.frames) - profile.frames)[:, None] + profile.frames[:, None] * np.linspace(0, 1, 200)
    assert profile.total_frames == frames
    assert speed[-1, -1] == pytest.approx(top, rel=1e-12)
    np.testing.assert_allclose(speed, top * (1 - np.cos(np.pi * t / frames)) / 2, rtol=0, atol=top * 2e-3)
    assert profile.end_position == pytest.approx(top * frames / 2, rel=2e-3)
    assert np.abs(accel).max() == pytest.approx(np.pi / 2 * top / frames, rel=6e-3)
    assert np.all(np.diff(position.ravel()) >= -1e-12)
    assert_joined(profile)


def test_a_ramp_down_mirrors_the_ramp_up() -> None:
    up, down = ramp(0.0, 0.04, 10_000), ramp(0.04, 0.0, 10_000)
    assert down.end_position == pytest.approx(up.end_position, rel=1e-12)
    assert sampled(down)[1][-1, -1] == pytest.approx(0.0, abs=1e-15)


def fixed(row: np.void, u: int) -> Fraction:
    bits = (lib.MOTION_POSITION_BITS, lib.MOTION_VELOCITY_BITS, lib.MOTION_ACCEL_BITS, lib.MOTION_JERK_BITS)
    c = [Fraction(int(value), 2**b) for value, b in zip(list(row)[2:], bits, strict=True)]
    return c[0] + u * (c[1] + u * (c[2] + u * c[3]))


@QUICK
@given(st.floats(-600_000, 600_000), st.integers(0, 10**9))
def test_segments_join_to_the_last_bit_and_follow_the_floats(distance: float, start: int) -> None:
    profile = move(distance, CARRIAGE)
    rows = to_segments(profile, start)
    for before, after in itertools.pairwise(rows):
        assert before['start_frame'] + before['frames'] == after['start_frame']
        gap = fixed(before, int(before['frames'])) - Fraction(int(after['position']), 2**32)
        assert 0 <= gap < Fraction(1, 2**32)
    for row, c, n in zip(rows, profile.coefficients, profile.frames, strict=True):
        for u in (0, int(n) // 3, int(n)):
            exact = c[0] + u * (c[1] + u * (c[2] + u * c[3]))
            assert float(fixed(row, u)) == pytest.approx(exact, abs=1e-7)
    if len(rows):
        assert rows[0]['start_frame'] == start
        assert float(fixed(rows[-1], int(rows[-1]['frames']))) == pytest.approx(distance, abs=2**-31)
    else:
        assert abs(distance) < 2**-16


def test_nothing_adds_up_over_a_hundred_thousand_pieces() -> None:
    n, speed = 100_000, 0.0024567891234
    frames = np.full(n, 1533, np.int64)
    c = np.zeros((n, 4))
    c[:, 0] = np.arange(n) * 1533 * speed
    c[:, 1] = speed
    rows = to_segments(Profile(frames, c), 0)
    end = fixed(rows[-1], 1533)
    assert abs(end - Fraction(speed) * 1533 * n) < Fraction(1, 2**20)
    assert np.abs(np.diff(rows['velocity'])).max() < 2**20  # 2^-36 steps a frame: the aim never shows


def test_joining_and_holding() -> None:
    both = hold(0.1, 100).then(integrate([50, 0, 20], [0.0, 1.0, 0.0], 0.1))
    assert both.frames.tolist() == [100, 50, 20]
    assert both.coefficients[:, 0].tolist() == pytest.approx([0.0, 10.0, 15.0])
    assert both.end_position == pytest.approx(17.0)
