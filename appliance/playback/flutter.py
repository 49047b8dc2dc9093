"""Weighted wow and flutter of a platter, as AES6-2008 and IEC 60386 measure it.

The deviation of speed is weighted by the ear's sensitivity to its rate (most at 4 Hz), and the value reported is the
one exceeded for 5 % of the time (the 2-sigma method). A sine reads its peak, 0.3 % less. Here the deviation comes from
the angle itself, so no carrier tone, and no error of one, is in the figure.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float64]

# AES6-2008 / IEC 60386: weighting in dB at frequencies in Hz.
WEIGHTING_HZ = np.array([0.1, 0.2, 0.315, 0.4, 0.63, 0.8, 1, 1.6, 2, 4, 6.3, 10, 20, 40, 63, 100, 200])
WEIGHTING_DB = np.array(
    [-48, -30.6, -19.7, -15, -8.4, -6.0, -4.2, -1.8, -0.9, 0, -0.9, -2.1, -5.9, -10.4, -14.2, -17.3, -23]
)
EXCEEDED_PERCENT = 5.0
ANALYSIS_RATE_HZ = 500  # enough for 200 Hz, and small enough to hold the whole of any side
PART = 1 << 14  # angles taken at a time: the whole at the motion rate is never held
STRETCH_S = 30.0  # weighted at a time: one transform of ten minutes takes 90 MB
BESIDE_S = 10.0  # heard on both sides of a stretch: what the weighting remembers beyond is below 0.1 % (a test)
LEAST_S = 2.0  # of what is measured; the standards ask for 5 s


def weighting(frequency_hz: Float) -> Float:
    """Gain of the weighting filter: straight between the table's points in dB over log f, and beyond its ends."""
    x, points = np.log(np.maximum(frequency_hz, 1e-9)), np.log(WEIGHTING_HZ)
    db = np.interp(x, points, WEIGHTING_DB)
    below = (WEIGHTING_DB[1] - WEIGHTING_DB[0]) / (points[1] - points[0])
    above = (WEIGHTING_DB[-1] - WEIGHTING_DB[-2]) / (points[-1] - points[-2])
    db += below * np.minimum(x - points[0], 0) + above * np.maximum(x - points[-1], 0)
    return np.asarray(10 ** (db / 20), np.float64)


def weighted(deviation: Float, rate_hz: float) -> Float:
    """`deviation` (any unit, around any mean) through the weighting filter, without delay.

    Both ends are mirrored, so that a signal of finite length has no jump; the first and last second are less certain.
    """
    stretch, beside = round(STRETCH_S * rate_hz), round(BESIDE_S * rate_hz)
    out = np.empty(len(deviation))
    for first in range(0, len(deviation), stretch):
        low = max(0, first - beside)
        heard = _weighted_at_once(deviation[low : first + stretch + beside], rate_hz)
        out[first : first + stretch] = heard[first - low :][:stretch]
    return out


def _weighted_at_once(deviation: Float, rate_hz: float) -> Float:
    signal = deviation - deviation.mean()
    mirrored = np.concatenate([signal, signal[::-1]])
    spectrum = np.fft.rfft(mirrored)
    spectrum *= weighting(np.asarray(np.fft.rfftfreq(len(mirrored), 1 / rate_hz), np.float64))
    return np.fft.irfft(spectrum, len(mirrored))[: len(signal)]


def wow_and_flutter(deviation: Float, rate_hz: float) -> float:
    """Weighted 2-sigma value of a speed deviation, in the deviation's unit."""
    return float(np.percentile(np.abs(weighted(deviation, rate_hz)), 100 - EXCEEDED_PERCENT))


def speed_deviation(angle_rad: Float, angle_rate_hz: int, nominal_rpm: float) -> tuple[Float, float]:
    """(deviation from `nominal_rpm` in percent, its rate in Hz): mean speeds between angles ANALYSIS_RATE_HZ apart."""
    every = max(1, round(angle_rate_hz / ANALYSIS_RATE_HZ))
    rate_hz = angle_rate_hz / every
    rpm = np.diff(angle_rad[::every]) * rate_hz * (60 / (2 * np.pi))
    return 100 * (rpm / nominal_rpm - 1), rate_hz


class Turned(Protocol):
    """What is measured here: a groove file, or anything with its angle."""

    motion_rate_hz: int

    def angle_rad(self, start: int = 0, count: int | None = None) -> Float: ...


def groove_flutter_percent(groove: Turned, nominal_rpm: float, first: int, count: int) -> float | None:
    """Weighted wow and flutter of `count` angles of a groove from `first`, in percent; None if too short to say."""
    every = max(1, groove.motion_rate_hz // ANALYSIS_RATE_HZ)
    if groove.motion_rate_hz % every:
        every = 1
    parts = [
        groove.angle_rad(start, min(every * PART, first + count - start))[::every]
        for start in range(first, first + count, every * PART)
    ]
    angle = np.concatenate([*parts, np.zeros(0)])
    rate_hz = groove.motion_rate_hz // every
    if len(angle) < LEAST_S * rate_hz:
        return None
    return wow_and_flutter(*speed_deviation(angle, rate_hz, nominal_rpm))
