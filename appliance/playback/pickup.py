"""Where the pickup's tip is: the groove's walls, worn and traced, as a perfect turntable carries them past.

Time runs three ways here. The cut's own time counts motion samples (2 kHz) and displacement samples (50 kHz) from the
start of the groove file; playback time tau counts output samples (48 kHz) from the original file's sample 0. They are
tied by the platter's angle: tau = (angle(t) - angle(message)) / omega, plus what was trimmed before the message.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from appliance.native import check, ffi, lib
from appliance.playback.groovefile import Groove

Float = NDArray[np.float64]

RATE_HZ = 48_000
HOLD: int = lib.RESAMPLE_HOLD  # output samples between knots of the time base
_TAPS: int = lib.RESAMPLE_TAPS
_PHASES: int = lib.RESAMPLE_PHASES
_RUN: int = lib.PLAYBACK_RUN
_KAISER = 12.0  # images under -118 dB, flat to 18 kHz at 50 kHz
_SPARE = _TAPS // 2 + 4  # samples read beyond the outermost positions
_PART = 1 << 14  # motion samples checked at a time
_TURNS = 60  # of the fixed point that finds the cut's time; a platter within 1 % of its speed needs five


def _pointer(array: Float) -> Any:
    return ffi.cast('double *', ffi.from_buffer(array))


def interpolation_kernel() -> Float:
    """Windowed sinc (Kaiser), a row for each of _PHASES + 1 fractions; each row passes a constant exactly."""
    x = np.arange(_TAPS) - (_TAPS // 2 - 1) - np.arange(_PHASES + 1)[:, None] / _PHASES
    inside = np.sqrt(np.maximum(1.0 - (x / (_TAPS / 2)) ** 2, 0.0))
    rows = np.sinc(x) * np.i0(_KAISER * inside)
    return np.ascontiguousarray(rows / rows.sum(axis=1, keepdims=True))


class Motion:
    """Platter and carriage of a groove over the cut's time, in motion samples; both go on evenly beyond its ends."""

    def __init__(self, groove: Groove) -> None:
        omega = groove.number('speed_rpm', least=1.0, most=1000.0) * math.pi / 30
        self._groove = groove
        self.rate_hz = groove.motion_rate_hz
        self.origin = (groove.frame('message_frame') - groove.start_frame) / groove.frames_per_motion
        self.omega = omega
        count = groove.motions
        if count < 4 or not groove.samples:
            raise groove.wrong('it is too short to be played')
        # How far the platter ran ahead of its nominal speed, in motion samples: small and smooth.
        self._ahead, self._radius_um = np.empty(count + 2), np.empty(count + 2)
        for first in range(0, count, _PART):
            angle, radius_mm = _checked(groove, first)
            here = slice(first + 1, first + 1 + len(angle))
            self._ahead[here] = angle * (self.rate_hz / omega) - np.arange(first, first + len(angle))
            self._radius_um[here] = radius_mm * 1e3
        _pad(self._ahead)
        _pad(self._radius_um)
        self._ahead -= float(_cubic(self._ahead, np.array([self.origin]))[0])
        self._last = count - 1
        self._first_rise = float(self._radius_um[2] - self._radius_um[1])
        self._last_rise = float(self._radius_um[-2] - self._radius_um[-3])

    def when(self, tau_s: Float) -> Float:
        """The cut's time at which the groove was made that passes at `tau_s` after the message's first sample."""
        even = tau_s * self.rate_hz + self.origin
        at = even - _cubic(self._ahead, even)
        for _ in range(_TURNS):
            better = even - _cubic(self._ahead, at)
            if np.max(np.abs(better - at)) < 1e-9:
                return better
            at = better
        raise self._groove.wrong('its platter does not turn at the speed its facts say')

    def radius_um(self, at: Float) -> Float:
        """Carriage at the cut's time `at`."""
        beyond = np.maximum(at - self._last, 0.0) * self._last_rise + np.minimum(at, 0.0) * self._first_rise
        return np.asarray(_cubic(self._radius_um, at) + beyond, np.float64)


def _checked(groove: Groove, first: int) -> tuple[Float, Float]:
    """Angle and radius from motion sample `first` on, _PART of them and, where there is one, the next."""
    angle, radius_mm = groove.angle_rad(first, _PART + 1), groove.radius_mm(first, _PART + 1)
    if not radius_mm.min() > 0:
        raise groove.wrong('its radius is not positive')
    if not (np.diff(angle) > 0).all():
        raise groove.wrong('its platter stands still or turns back')
    return angle, radius_mm


def _pad(values: Float) -> None:
    """Ends as `_cubic` takes them: with a neighbour beyond each, the same again."""
    values[0], values[-1] = values[1], values[-2]


def _cubic(padded: Float, at: Float) -> Float:
    """Catmull-Rom between neighbours; beyond the ends the last value."""
    last = len(padded) - 3
    at = np.minimum(np.maximum(at, 0.0), float(last))
    i = np.minimum(at.astype(np.int64), last - 1)
    d = at - i
    a, b, c, e = padded[i], padded[i + 1], padded[i + 2], padded[i + 3]
    return np.asarray(b + 0.5 * d * (c - a + d * (2 * a - 5 * b + 4 * c - e + d * (3 * (b - c) + e - a))), np.float64)


@dataclass(frozen=True, slots=True)
class Met:
    """What the stylus meets: its lateral path, and the groove speed at every HOLD-th sample of it."""

    lateral_um: Float
    speed_m_s: Float


class Pickup:
    """The tip's lateral position in playback time, on demand. `wear_um2`: variance of the walls' smoothing."""

    def __init__(self, groove: Groove, stylus_um: float, wear_um2: float) -> None:
        self._groove = groove
        self._motion = Motion(groove)
        self._offset_s = groove.seconds('message_offset_s')
        self._per_motion = groove.rate_hz // groove.motion_rate_hz
        self._wear_um2 = wear_um2
        self._stylus_um = stylus_um
        self._stylus = ffi.new('struct stylus *')
        check(lib.stylus_begin(self._stylus, stylus_um))
        self._kernel = interpolation_kernel()
        self._home_um = float(self._motion.radius_um(np.array([self._motion.origin]))[0])

    def meet(self, first: int, count: int) -> Met:
        """`count` (a multiple of HOLD) output samples from `first`: groove and carriage, + outward, without the radius
        at the message's start. Where there is no groove the tip stays where it was."""
        knots = first + HOLD * np.arange(-1.0, count // HOLD + 2)  # one before, two beyond
        at = self._motion.when(knots / RATE_HZ - self._offset_s)
        position = at * self._per_motion
        start, end = math.floor(position.min()) - _SPARE, math.ceil(position.max()) + _SPARE
        traced = self._traced(start, end - start)
        position -= start
        radius = self._motion.radius_um(at)
        aside = radius - self._home_um
        out = np.empty(count)
        base = ffi.new('struct time_base *', (_pointer(position), _pointer(aside), len(at)))
        check(lib.playback_resample(_pointer(self._kernel), _pointer(traced), len(traced), base, _pointer(out)))
        return Met(out, radius[1:-2] * (self._motion.omega * 1e-6))

    def _traced(self, start: int, count: int) -> Float:
        """The tip's path at `count` samples of the groove from `start`."""
        step_um = self._steps_um(start, count)
        reach = lib.PLAYBACK_REACH + 4 + math.ceil(self._stylus_um / step_um.min())
        walls = self._worn(start - reach, count + 2 * reach)
        out = np.empty(count)
        stretch = ffi.new('struct stretch *', (_pointer(walls), reach, count, _pointer(step_um)))
        check(lib.playback_trace(self._stylus, stretch, _pointer(out)))
        return out

    def _worn(self, start: int, count: int) -> Float:
        """The walls at `count` samples from `start`."""
        if self._wear_um2 == 0.0:
            return self._walls(start, count)
        variance = self._wear_um2 / self._steps_um(start, count) ** 2
        reach = math.ceil(6.0 * math.sqrt(variance.max())) + 4
        walls = self._walls(start - reach, count + 2 * reach)
        out = np.empty(count)
        stretch = ffi.new('struct stretch *', (_pointer(walls), reach, count, _pointer(variance)))
        check(lib.playback_wear(stretch, _pointer(out)))
        return out

    def _steps_um(self, start: int, count: int) -> Float:
        """Groove length of one sample, for each _RUN of `count` samples from `start`."""
        middles = start + _RUN * (np.arange(count // _RUN + 1) + 0.5)
        return self._motion.radius_um(middles / self._per_motion) * (self._motion.omega / self._groove.rate_hz)

    def _walls(self, start: int, count: int) -> Float:
        """The cut's displacement at `count` samples from `start`; beyond its ends the last value."""
        n = self._groove.samples
        first, last = min(max(start, 0), n - 1), min(max(start + count, 1), n)
        read = self._groove.displacement(first, last - first).astype(np.float64)
        return np.pad(read, (max(first - start, 0), max(start + count - last, 0)), mode='edge')
