"""The slow twin of native/motion.c: exact rational arithmetic, one frame at a time, written from motion.h alone."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import lcm
from typing import Any

import numpy as np

from appliance.native import check, ffi, lib

STEP, DIR = 1 << 22, 1 << 23
SEGMENT = np.dtype(
    [(name, np.int64) for name in ('start_frame', 'frames', 'position', 'velocity', 'accel_half', 'jerk_sixth')]
)


@dataclass(frozen=True)
class Piece:
    """One segment, its coefficients still exact: steps, steps/frame, ..."""

    start: int
    frames: int
    c: tuple[Fraction, Fraction, Fraction, Fraction]

    def at(self, u: Fraction) -> Fraction:
        return self.c[0] + u * (self.c[1] + u * (self.c[2] + u * self.c[3]))

    @property
    def row(self) -> tuple[int, ...]:
        bits = (lib.MOTION_POSITION_BITS, lib.MOTION_VELOCITY_BITS, lib.MOTION_ACCEL_BITS, lib.MOTION_JERK_BITS)
        fixed = [value * 2**b for value, b in zip(self.c, bits, strict=True)]
        if any(value.denominator != 1 for value in fixed):
            raise ValueError('not representable')
        return (self.start, self.frames, *(int(value) for value in fixed))


def quantised(start: int, frames: int, c: list[float] | list[Fraction]) -> Piece:
    """The nearest segment that fixed point can hold."""
    bits = (lib.MOTION_POSITION_BITS, lib.MOTION_VELOCITY_BITS, lib.MOTION_ACCEL_BITS, lib.MOTION_JERK_BITS)
    exact = [Fraction(round(Fraction(value) * 2**b), 2**b) for value, b in zip(c, bits, strict=True)]
    return Piece(start, frames, (exact[0], exact[1], exact[2], exact[3]))


def joined(lengths: list[int], shapes: list[list[float]], start: int = 0) -> list[Piece]:
    """Pieces with the given (velocity, accel_half, jerk_sixth), each from where the one before ended."""
    pieces: list[Piece] = []
    position, frame = Fraction(0), start
    for frames, shape in zip(lengths, shapes, strict=True):
        piece = quantised(frame, frames, [position, *map(Fraction, shape)])
        pieces.append(piece)
        position, frame = piece.at(Fraction(frames)), frame + frames
    return pieces


def native_segments(pieces: list[Piece]) -> Any:
    return np.array([piece.row for piece in pieces], SEGMENT)


def settings(high: int = 1, low: int = 1, setup: int = 1, hold: int = 1, forward_high: int = 1) -> dict[str, Any]:
    return {
        'step_mask': STEP,
        'dir_mask': DIR,
        'forward_high': forward_high,
        'high_frames': high,
        'low_frames': low,
        'setup_frames': setup,
        'hold_frames': hold,
        'reserved': 0,
        'max_speed': 0.5,
        'max_accel': 1.0,
        'min_position': -1e9,
        'max_position': 1e9,
        'stop_accel': 1e-5,
        'stop_jerk': 1e-8,
    }


def ideal_steps(pieces: list[Piece], end: int) -> list[tuple[int, int]]:
    """(frame, way) of every crossing: after frame f the axis has made floor(P(f + 1/2) + 1/2) steps.

    In whole numbers of 1 / (8 denominators): Fractions would give the same, forty times slower.
    """
    steps, made = [], 0
    for piece in pieces:
        one = 8 * lcm(*(value.denominator for value in piece.c))
        c = [int(value * one) >> shift for shift, value in enumerate(piece.c)]  # of w = 2 u, whole numbers still
        for u in range(min(piece.frames, end - piece.start)):
            w = 2 * u + 1
            now = (c[0] + w * (c[1] + w * (c[2] + w * c[3])) + one // 2) // one
            while made != now:
                way = 1 if now > made else -1
                made += way
                steps.append((piece.start + u, way))
    return steps


def pulses(steps: list[tuple[int, int]], use: dict[str, Any]) -> list[tuple[int, int, int]]:
    """(frame, set, clear) of the pins, direction changes and pulse times by the driver's rules."""
    edges: list[tuple[int, int, int]] = []
    rise, level = -(10**9), 0
    for frame, way in steps:
        at = max(frame, rise + use['high_frames'] + use['low_frames'], 0)
        if way != level:
            at = max(at, max(rise + max(use['hold_frames'], use['high_frames']), 0) + use['setup_frames'])
            high = (way > 0) == bool(use['forward_high'])
            edges.append((at - use['setup_frames'], DIR if high else 0, 0 if high else DIR))
            level = way
        edges += [(at, STEP, 0), (at + use['high_frames'], 0, STEP)]
        rise = at
    return edges


class Axis:
    """A native axis with its segments kept alive, drained into tuples."""

    def __init__(self, segments: Any, **use: Any) -> None:
        self.use = {**settings(), **use}
        self.segments = segments
        self.axis = ffi.new('struct motion_axis *', {'settings': self.use})
        check(lib.motion_begin(self.axis, ffi.from_buffer('struct motion_segment[]', segments), len(segments)))

    def edges(self, until: int, capacity: int = 4096) -> list[tuple[int, int, int]]:
        out = ffi.new('struct pin_edge[]', capacity)
        count = ffi.new('size_t *')
        got: list[tuple[int, int, int]] = []
        while True:
            check(lib.motion_edges(self.axis, until, out, capacity, count))
            got += [(out[i].frame, out[i].set, out[i].clear) for i in range(count[0])]
            if count[0] < capacity:
                return got
