"""The spiral: the inward travel of the head over the message, as a uniform cubic B-spline.

Two planners. `smooth_spiral`: the least spiral under demand and speed alone is found exactly (native/spiral.c), but its
corners ask for infinite acceleration. A spline with coefficients C is the least spiral convolved with a kernel of unit
mass, and the neighbour rule is linear and the same at every time; so if the corners keep the *widest* demand within the
kernel's reach, the smooth spiral keeps the real one everywhere, with no search. That costs 2 to 5 % of pitch.

`least_spiral` takes that as a first guess and finds the optimum of the spline itself (native/tighten.c), with a little
cost on its third differences so that the feed is not heard (below -65 dB; computed for this project).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from appliance.errors import DoesNotFitError
from appliance.groove.demand import Demand
from appliance.native import check, ffi, lib

Float = NDArray[np.float64]

SMOOTH_BINS = 5  # to a knot of the smooth spiral: about every 19 ms
LEAST_BINS = 10  # to a knot of the least one: finer knots gain 0.1 % and cost four times the work
PENALTY_PER_UM = 0.7e-4
NODE_MISS_UM = 0.01  # the guard covers more
# Power basis of one piece of a uniform cubic B-spline, rows u**0..u**3, columns its four coefficients.
BASIS = np.array([[1, 4, 1, 0], [-3, 0, 3, 0], [3, -6, 3, 0], [-1, 3, -3, 1]], np.float64) / 6.0


@dataclass(frozen=True, slots=True)
class Limits:
    """What the machine allows and the groove needs."""

    clearance_um: float  # width + land + what the machine may miss
    max_speed_um_s: float
    max_accel_um_s2: float
    lead_in_speed_um_s: float
    lead_in_ramp_s: float  # the lead-in slows down within this before the spiral starts


@dataclass(frozen=True, slots=True)
class Spiral:
    """Inward travel in um: R(start_s + (J + f) knot_s) = BASIS-weighted coefficients J..J+3, 0 <= f < 1."""

    start_s: float
    knot_s: float
    coefficients_um: Float

    @property
    def pieces(self) -> int:
        return len(self.coefficients_um) - 3

    @property
    def end_s(self) -> float:
        return self.start_s + self.pieces * self.knot_s

    def power(self) -> Float:
        """[pieces, 4]: travel of piece J = sum p[J, k] u**k, u in s from its start."""
        c = self.coefficients_um
        windows = np.lib.stride_tricks.sliding_window_view(c, 4)
        return np.asarray(windows @ BASIS.T / self.knot_s ** np.arange(4), np.float64)

    def travel_um(self, t_s: Float | float) -> Float:
        """R at times within the spline; held at its ends outside."""
        x = np.clip((np.asarray(t_s, np.float64) - self.start_s) / self.knot_s, 0.0, self.pieces)
        piece = np.minimum(x.astype(np.int64), self.pieces - 1)
        f = x - piece
        c = self.coefficients_um
        b = [c[piece + k] for k in range(4)]
        p = [sum(BASIS[row, k] * b[k] for k in range(4)) for row in range(4)]
        return np.asarray(p[0] + f * (p[1] + f * (p[2] + f * p[3])), np.float64)


def least_spiral(demand: Demand, gain: float, limits: Limits) -> Spiral:
    """The tightest spline for `gain` times the demand: 0.2 to 0.5 % above the optimum of any path (computed for this
    project). DoesNotFitError if the carriage is too slow. Less than two turns, or no gain: `smooth_spiral`.
    """
    guess = smooth_spiral(demand, gain, limits)
    wanted = at_nodes(least_apart(demand, gain, limits))
    wanted[: demand.bins_per_turn] = np.maximum(wanted[: demand.bins_per_turn], 0.0)
    knot_s = demand.bin_s * LEAST_BINS
    fraction = np.linspace(0.0, 1.0, LEAST_BINS + 1)[:, None]
    basis = np.ascontiguousarray(fraction ** np.arange(4) @ BASIS)
    problem = ffi.new(
        'struct spiral_problem *',
        {
            'demand': ffi.from_buffer('double[]', wanted),
            'basis': ffi.from_buffer('double[]', basis.ravel()),
            'nodes': len(wanted),
            'turn': demand.bins_per_turn,
            'per_knot': LEAST_BINS,
            'step': limits.max_speed_um_s * knot_s,
            'bend': limits.max_accel_um_s2 * knot_s**2,
            'penalty': PENALTY_PER_UM,
        },
    )
    doubles = lib.spiral_work(problem)
    if doubles == 0:
        return guess
    work = np.empty(doubles)
    knots = demand.start_s + knot_s * np.arange(-1.0, len(wanted) // LEAST_BINS + 2)
    coefficients = guess.travel_um(knots) + 0.02 * np.arange(len(knots))
    report = ffi.new('struct spiral_report *')
    writable = (ffi.from_buffer('double[]', array, require_writable=True) for array in (coefficients, work))
    check(lib.spiral_tighten(problem, *writable, doubles, report))
    least = Spiral(demand.start_s, knot_s, coefficients)
    good = report.converged and keeps(least, wanted, demand.bins_per_turn)
    return least if good and least.travel_um(least.end_s) < guess.travel_um(least.end_s) else guess


def at_nodes(apart: Float) -> Float:
    """Demand at the edges of bins: that of both bins it touches, so that a straight line between two edges keeps it."""
    before, after = np.concatenate([apart[:1], apart]), np.concatenate([apart, apart[-1:]])
    return np.asarray(np.maximum(before, after), np.float64)


def keeps(spiral: Spiral, wanted: Float, turn: int) -> bool:
    """Whether the demand at every node is met, to NODE_MISS_UM."""
    f = np.arange(LEAST_BINS)[:, None] / LEAST_BINS
    pieces = spiral.power()
    travel = (pieces @ (f * spiral.knot_s).T ** np.arange(4)[:, None]).ravel()
    travel = np.concatenate([travel, spiral.travel_um(np.array([spiral.end_s]))])
    outer = np.concatenate([np.zeros(turn), travel[:-turn]])
    return bool(np.all(travel - outer >= wanted - NODE_MISS_UM))


def smooth_spiral(demand: Demand, gain: float, limits: Limits) -> Spiral:
    """A spiral close to the least for `gain` times the demand; DoesNotFitError if the carriage is too slow for it."""
    knots_per_turn = demand.bins_per_turn // SMOOTH_BINS
    knot_s = demand.bin_s * SMOOTH_BINS
    # A knot step of travel spreads over `box` knots, then over the spline's own kernel; the peak of both together is
    # 1 / (box * knot_s) for box >= 3, which times the greatest speed is the greatest acceleration.
    box = max(3, 2 * int(np.ceil((limits.max_speed_um_s / (limits.max_accel_um_s2 * knot_s) - 1.0) / 2.0)) + 1)
    reach = (box - 1) // 2 + 2
    wanted = widest(least_apart(demand, gain, limits), SMOOTH_BINS, reach)
    corners = least_corners(wanted, knots_per_turn, limits.max_speed_um_s * knot_s)
    half = (box - 1) // 2
    # Coefficient J is centred on knot J - 1; before the start the travel is 0, after the end the last corner's.
    padded = np.concatenate([np.zeros(half + 1), corners, np.full(half + 1, corners[-1])])
    sums = np.cumsum(np.concatenate([[0.0], padded]))
    coefficients = (sums[box:] - sums[:-box]) / box
    return Spiral(demand.start_s, knot_s, coefficients)


def least_apart(demand: Demand, gain: float, limits: Limits) -> Float:
    """Per bin: the least distance from the turn outside; in the first turn, the least travel itself.

    Outside the first turn lies the lead-in. It comes in at its own speed and slows down just before the start, so it
    stays at or behind the line drawn here.
    """
    apart = limits.clearance_um + gain * demand.excess_um.astype(np.float64)
    first = min(demand.bins_per_turn, len(apart))
    until_start_s = (demand.bins_per_turn - 1 - np.arange(first)) * demand.bin_s - limits.lead_in_ramp_s
    apart[:first] -= limits.lead_in_speed_um_s * np.maximum(until_start_s, 0.0)
    return apart


def widest(apart: Float, bins: int, reach: int) -> Float:
    """Per knot: the greatest demand of any bin within `reach` knots."""
    blocks = apart.reshape(-1, bins).max(axis=1)
    padded = np.concatenate([np.full(reach, -np.inf), blocks, np.full(reach, -np.inf)])
    return np.asarray(np.lib.stride_tricks.sliding_window_view(padded, 2 * reach).max(axis=1), np.float64)


def least_corners(wanted: Float, knots_per_turn: int, step_um: float) -> Float:
    """The least travel at each knot that keeps `wanted` and 0..`step_um` per knot."""
    wanted = np.ascontiguousarray(np.maximum(wanted, 0.0))
    travel = np.empty_like(wanted)
    sentence = lib.spiral_least(
        ffi.from_buffer('double[]', wanted),
        len(wanted),
        knots_per_turn,
        step_um,
        ffi.from_buffer('double[]', travel, require_writable=True),
    )
    if sentence != ffi.NULL:
        raise DoesNotFitError(
            ffi.string(sentence).decode('utf-8'), remedy='choose a lower level, a faster carriage or a slower speed'
        )
    return travel
