"""Demand: how far apart the message pushes neighbouring turns, stretch by stretch.

At the same angle, one turn earlier, the groove lies further out. With y the displacement (outward) and R the inward
travel of the head, the walls keep their distance when

    R(t) - R(t - T)  >=  width + land + y(t) - y(t - T)

The excess y(t) - y(t - T) is reduced to its greatest value in each of `bins_per_turn` bins of a turn. T is not a whole
number of samples, so y(t - T) is interpolated; and because the platter holds its angle only so well from turn to turn,
the least y within `SLIP_S` around t - T counts. The carriage follows its command late, by up to `lag_s`, so the excess
counts as much earlier too. Memory does not grow with the message but for one float per bin.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from appliance.machine.model import SAMPLE_RATE_HZ

SLIP_S = 1e-4  # of angle between neighbouring turns; costs 0.4 % of pitch (computed for this project)
LEAD_S = 0.1  # planned before the message, where the lead-in comes to the programme's speed
TAIL_S = 0.1  # and after it, so that the run-out has room to gather speed
BIN_S = 3.9e-3  # longest bin: finer gains less than 0.1 % of pitch (computed for this project)
BINS_PER_KNOT = 10  # the turn is divided so that a spline knot falls on every tenth bin
BINS_AT_ONCE = 256


class Readable(Protocol):
    """Anything that hands out samples by number, zero outside its range (files.Scratch)."""

    def read(self, start: int, count: int) -> NDArray[np.float32]: ...


@dataclass(frozen=True, slots=True)
class Signal:
    """The displacement of a programme, in um, outward, at 50 kHz: sample `lead` is the message's sample 0."""

    displacement_um: Readable
    lead: int
    samples: int

    @property
    def message_s(self) -> float:
        return self.samples / SAMPLE_RATE_HZ

    def at(self, start: int, count: int) -> NDArray[np.float32]:
        """`count` samples from message sample `start`, which may be negative."""
        return self.displacement_um.read(start + self.lead, count)


@dataclass(frozen=True, slots=True)
class Demand:
    """Greatest excess of each bin; bin i lasts from `start_s + i * bin_s` to the next."""

    turn_s: float
    bins_per_turn: int
    message_s: float
    excess_um: NDArray[np.float32]

    @property
    def start_s(self) -> float:
        """Of bin 0, from the message's first sample."""
        return -LEAD_S

    @property
    def bin_s(self) -> float:
        return self.turn_s / self.bins_per_turn


def measure(signal: Signal, turn_s: float, lag_s: float = 0.0) -> Demand:
    """The demand of `signal` on a platter of `turn_s` per turn. Silence demands 0. Cost: about 15 ns a sample."""
    bins_per_turn = BINS_PER_KNOT * int(np.ceil(turn_s / (BIN_S * BINS_PER_KNOT)))
    bin_s = turn_s / bins_per_turn
    knots = int(np.ceil((LEAD_S + signal.message_s + TAIL_S) / (bin_s * BINS_PER_KNOT)))
    bins = knots * BINS_PER_KNOT
    late, rest_s = divmod(lag_s, bin_s)
    beyond = int(late) + 1  # bins past the last that may still count for it
    first_sample = to_sample(np.arange(bins + beyond + 1, dtype=np.float64) * bin_s - LEAD_S)
    rest = int(np.ceil(rest_s * SAMPLE_RATE_HZ))
    whole = np.empty(bins + beyond, np.float32)
    opening = np.empty(bins + beyond, np.float32)  # greatest in the first `rest` samples of each bin
    for low in range(0, bins + beyond, BINS_AT_ONCE):
        edges = first_sample[low : low + BINS_AT_ONCE + 1]
        start, count = int(edges[0]), int(edges[-1] - edges[0]) + 1
        apart = signal.at(start, count) - least_before(signal, start, count, turn_s)
        here = slice(low, low + len(edges) - 1)
        opening[here], whole[here] = greatest(apart, edges - start, rest)
    # A bin ends between two samples; the later one is the first of the next bin, and counts with its opening.
    reach = [whole[i : i + bins] for i in range(beyond)] + [opening[beyond : beyond + bins]]
    return Demand(turn_s, bins_per_turn, signal.message_s, np.max(reach, axis=0))


def to_sample(t_s: NDArray[np.float64]) -> NDArray[np.int64]:
    """The sample at or just before each time."""
    return np.floor(t_s * SAMPLE_RATE_HZ + 1e-6).astype(np.int64)


def greatest(
    apart: NDArray[np.float32], edges: NDArray[np.int64], rest: int
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Of each stretch between `edges`: the greatest in its first `rest` samples and the one after, and in all of it."""
    first = edges[:-1]
    split = np.minimum(first + rest, edges[1:])
    parts = np.maximum.reduceat(apart, np.stack([first, split], axis=1).ravel())
    opening = np.maximum(parts[0::2], apart[split])
    return opening, np.maximum(opening, parts[1::2])


def least_before(signal: Signal, start: int, count: int, turn_s: float) -> NDArray[np.float32]:
    """For message samples from `start`: the least displacement within SLIP_S around one turn earlier, in um."""
    slip = round(SLIP_S * SAMPLE_RATE_HZ)
    return sliding_min(one_turn_before(signal, start - slip, count + 2 * slip, turn_s), 2 * slip + 1)


def one_turn_before(signal: Signal, start: int, count: int, turn_s: float) -> NDArray[np.float32]:
    """y(t - T) at message samples from `start`, by Lagrange interpolation over six samples.

    At 8 kHz it errs by 0.2 % of the amplitude, which at the loudest is a few nm; T in samples is constant, so the six
    weights are too.
    """
    delay = turn_s * SAMPLE_RATE_HZ
    whole = int(np.floor(delay))
    weights = lagrange(-(delay - whole), range(-3, 3))
    y = signal.at(start - whole - 3, count + 5)
    out = np.zeros(count, np.float32)
    for i, weight in enumerate(weights):
        if weight != 0.0:
            out += np.float32(weight) * y[i : i + count]
    return out


def lagrange(x: float, points: range) -> list[float]:
    """Weights that evaluate at `x` the polynomial through values at integer `points`."""
    return [float(np.prod([(x - q) / (p - q) for q in points if q != p])) for p in points]


def sliding_min(x: NDArray[np.float32], width: int) -> NDArray[np.float32]:
    """Least of each `width` neighbouring values; len(x) - width + 1 of them. Doubling: log2(width) passes."""
    have = 1
    while have < width:
        step = min(have, width - have)
        x = np.minimum(x[:-step], x[step:])
        have += step
    return x
