"""A gain that changes slowly enough not to be heard and fast enough to keep every limit of groove and head.

The whole message is known, so there is no attack and no release: the gain that each frame of 5 ms needs is held over
its neighbours and smoothed, and between frames it follows a cubic B-spline, which stays within what it is made of.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from appliance.sound.groovespace import Allowed, Profile
from appliance.sound.kernels import HOP, Float

_SPLINE = 2  # frames to either side that the spline takes into account
_SMOOTH = 12  # frames to either side of the Hann kernel, 60 ms: longer and shorter cost a voice intelligibility (STOI)


@dataclass(frozen=True, slots=True)
class GainCurve:
    """A gain for every sample, from one coefficient for each frame of HOP samples."""

    coefficients: Float  # [frames], never negative

    def read(self, start: int, count: int) -> Float:
        """The gain of `count` samples from `start`; before the first and after the last frame it stays where it is."""
        first, end = start // HOP, -(-(start + count) // HOP)
        near = np.arange(first - _SPLINE, end + _SPLINE)
        windows = sliding_window_view(self.coefficients[np.clip(near, 0, len(self.coefficients) - 1)], 2 * _SPLINE + 1)
        gain = windows @ _spline().T
        return np.asarray(gain.reshape(-1)[start - first * HOP :][:count], np.float64)


def _spline() -> Float:
    """[HOP, 5]: how much of the coefficients of frames k - 2 to k + 2 is in each sample of frame k."""
    place = (np.arange(HOP) + 0.5) / HOP - 0.5
    left = np.floor(place).astype(np.int64)
    u = place - left
    weights = np.stack([(1 - u) ** 3, 3 * u**3 - 6 * u**2 + 4, -3 * u**3 + 3 * u**2 + 3 * u + 1, u**3], axis=1) / 6
    spline = np.zeros((HOP, 2 * _SPLINE + 1))
    np.put_along_axis(spline, left[:, None] + np.arange(_SPLINE - 1, _SPLINE + 3), weights, axis=1)
    return spline


def excess(profile: Profile, limit: Allowed) -> Float:
    """How far each frame passes its nearest limit, as a factor; 0 in silence."""
    over = np.zeros(profile.frames)
    for peaks, most in zip(profile.peaks, limit.peaks, strict=True):
        np.maximum(over, peaks / most, out=over)
    return over


def keep_under(over: Float) -> Float:
    """Coefficients of the largest smooth gain, at most 1, that brings every frame of `over` (a factor, 1 at the limit)
    to 1. Silence and all that stays under its limits gives 1 throughout."""
    needed = 1.0 / np.maximum(over, 1.0)
    held = running_min(needed, _SPLINE + _SMOOTH)
    window = np.hanning(2 * _SMOOTH + 3)[1:-1]
    padded = np.pad(held, _SMOOTH, mode='edge')
    return np.asarray(np.convolve(padded, window / window.sum(), 'valid'), np.float64)


def running_min(values: Float, reach: int) -> NDArray[np.float64]:
    """The least of each value and its `reach` neighbours to either side."""
    padded = np.pad(values, reach, mode='edge')
    out = padded[: len(values)].copy()
    for step in range(1, 2 * reach + 1):
        np.minimum(out, padded[step : step + len(values)], out=out)
    return out
