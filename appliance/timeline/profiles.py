"""Jerk-limited motion: cubic pieces of position in steps over frames, and their fixed-point segments for the C core.

    jerk   +J ┐    ┌ 0 ┐    ┌ 0          seven pieces from rest to rest; a short move lacks the straight ones.
              └ 0 ─┘-J └ ...             Durations are whole frames first, amplitudes follow: so every move ends at
                                         rest exactly, on its step exactly, a hair below its limits.

Steps and frames (1/200 000 s) are the only units here: `appliance.timeline.axes` converts limits of the machine.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from appliance.native import lib
from appliance.timeline.score import SEGMENT

Float = NDArray[np.float64]
NO_DISTANCE = 2.0**-16  # steps: what rounding leaves of none
RAMP_PIECES = 16  # straight pieces of acceleration that stand for the half sine of a raised cosine


@dataclass(frozen=True, slots=True)
class Limits:
    """Of one axis: steps a frame, steps a frame^2, steps a frame^3; all positive."""

    speed: float
    accel: float
    jerk: float


@dataclass(frozen=True, slots=True)
class Profile:
    """Piece i lasts `frames[i]` frames and is at c[i,0] + c[i,1] u + c[i,2] u^2 + c[i,3] u^3 steps, u frames in."""

    frames: NDArray[np.int64]
    coefficients: Float  # [n, 4]

    @property
    def total_frames(self) -> int:
        return int(self.frames.sum())

    @property
    def end_position(self) -> float:
        """Steps, at the end of the last piece; 0 of an empty profile."""
        if not len(self.frames):
            return 0.0
        u = float(self.frames[-1])
        c = self.coefficients[-1]
        return float(c[0] + u * (c[1] + u * (c[2] + u * c[3])))

    def then(self, other: Profile) -> Profile:
        """This, then `other` from where this ends."""
        moved = other.coefficients.copy()
        moved[:, 0] += self.end_position
        return Profile(np.concatenate((self.frames, other.frames)), np.concatenate((self.coefficients, moved)))


def integrate(frames: Sequence[int], jerks: Sequence[float], speed: float = 0.0, accel: float = 0.0) -> Profile:
    """The profile from position 0 with piecewise constant jerk; pieces of no frames are left out."""
    position, rows, lengths = 0.0, [], []
    for n, jerk in zip(frames, jerks, strict=True):
        if n == 0:
            continue
        rows.append((position, speed, accel / 2, jerk / 6))
        lengths.append(n)
        position += n * (speed + n * (accel / 2 + n * jerk / 6))
        speed += n * (accel + n * jerk / 2)
        accel += n * jerk
    return Profile(np.array(lengths, np.int64), np.array(rows, np.float64).reshape(-1, 4))


def hold(speed: float, frames: int) -> Profile:
    """Constant speed (0 = rest) for `frames` frames."""
    return integrate([frames], [0.0], speed)


def _change_frames(change: float, limits: Limits) -> tuple[float, float]:
    """Times (exact, in frames) of growing and of constant acceleration in the fastest change of speed."""
    if change * limits.jerk >= limits.accel**2:
        growing = limits.accel / limits.jerk
        return growing, change / limits.accel - growing
    return math.sqrt(change / limits.jerk), 0.0


def change_speed(speed_from: float, speed_to: float, limits: Limits) -> Profile:
    """The fastest change of speed within accel and jerk, from and to zero acceleration."""
    change = speed_to - speed_from
    if change == 0:
        return integrate([], [])
    growing, straight = (math.ceil(n) for n in _change_frames(abs(change), limits))
    jerk = change / (growing * (growing + straight))
    return integrate([growing, straight, growing], [jerk, 0.0, -jerk], speed_from)


def _peak_speed(distance: float, limits: Limits) -> float:
    """The speed a rest-to-rest move of `distance` > 0 reaches: half the distance goes into getting there."""
    v, a, j = limits.speed, limits.accel, limits.jerk
    short = math.cbrt(distance * distance * j / 4)
    if short <= a * a / j:
        return min(v, short)
    return min(v, a / 2 * (math.sqrt((a / j) ** 2 + 4 * distance / a) - a / j))


def move(distance: float, limits: Limits) -> Profile:
    """From rest to rest over `distance` steps (negative: outward) within the limits; nothing for (nearly) 0."""
    if abs(distance) < NO_DISTANCE:
        return integrate([], [])
    length = abs(distance)
    peak = _peak_speed(length, limits)
    growing, straight = (math.ceil(n) for n in _change_frames(peak, limits))
    ramp = 2 * growing + straight
    cruise = max(0, math.ceil(length / peak - ramp))
    # the peak speed for these whole frames is distance / (ramp + cruise), reached by jerk * growing * (growing + ...)
    jerk = distance / ((ramp + cruise) * growing * (growing + straight))
    frames = [growing, straight, growing, cruise, growing, straight, growing]
    return integrate(frames, [jerk, 0.0, -jerk, 0.0, -jerk, 0.0, jerk])


def ramp(speed_from: float, speed_to: float, frames: int) -> Profile:
    """A change of speed after a raised cosine: acceleration is its half sine, in straight pieces.

    Used for the platter, where nothing may excite the motor's spring (groove.md 4 ii: 2 s is 14 of its periods).
    """
    knots = [frames * k // RAMP_PIECES for k in range(RAMP_PIECES + 1)]
    lengths = np.diff(knots)
    sine = np.sin(np.pi * np.array(knots) / frames)
    sine[-1] = 0.0
    accel = sine * (speed_to - speed_from) / float(np.sum((sine[1:] + sine[:-1]) / 2 * lengths))
    jerks = np.diff(accel) / np.maximum(lengths, 1)
    return integrate([int(n) for n in lengths], [float(j) for j in jerks], speed_from)


def to_segments(profile: Profile, start_frame: int) -> NDArray[Any]:
    """Fixed-point segments (dtype SEGMENT) of `profile` from `start_frame` on.

    Each segment starts, in whole numbers, exactly where the one before ends, and its speed aims at the float position
    where the next begins: continuous without a gap, and nothing accumulates.
    """
    p_bits, v_bits = lib.MOTION_POSITION_BITS, lib.MOTION_VELOCITY_BITS
    a_bits, j_bits = lib.MOTION_ACCEL_BITS, lib.MOTION_JERK_BITS
    starts = profile.coefficients[:, 0]
    targets = [round(math.ldexp(float(p), p_bits)) for p in (*starts, profile.end_position)[1:]]
    position = round(math.ldexp(float(starts[0]), p_bits)) if len(starts) else 0
    frame, rows = start_frame, []
    for n, row, target in zip(profile.frames.tolist(), profile.coefficients.tolist(), targets, strict=True):
        accel, jerk = round(math.ldexp(row[2], a_bits)), round(math.ldexp(row[3], j_bits))
        bent = accel * n * n << (j_bits - a_bits)
        bent += jerk * n * n * n  # what acceleration and jerk add, in 2^-j_bits steps
        straight = (target - position << (j_bits - p_bits)) - bent
        speed = (straight // n + (1 << (j_bits - v_bits - 1))) >> (j_bits - v_bits)
        rows.append((frame, n, position, speed, accel, jerk))
        position += (bent + (speed * n << (j_bits - v_bits))) >> (j_bits - p_bits)
        frame += n
    return np.array(rows, SEGMENT)
