"""What a good engineer does with his hand on the fader: silence off the ends, an even voice, a full level.

Works on the profile's frames of 5 ms; what it returns is a gain for each frame, not yet limited.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from appliance.sound.groovespace import FRAME_S, LEAD_FRAMES, Profile
from appliance.sound.kernels import Float

GATE_DB = -50.0  # re the loudest 20 ms: quieter is not the message
KEEP_S = 0.25  # breath left before and after
_SHORT = 4  # frames of the gate: 20 ms

_ACTIVE_DB = -20.0  # re the mean of what is louder than that: speech, not pause
_RIDE_S = 4.0  # how slow the hand is
_RIDE_SHARE = 0.5  # half of a difference in level is evened out
_RIDE_DB = 6.0  # and never more than this
_INERTIA = 0.1  # of a window: what a pause holds on to


@dataclass(frozen=True, slots=True)
class Span:
    """The frames of a message that are kept: first <= frame < end."""

    first: int
    end: int


def kept(profile: Profile, frames: int) -> Span:
    """Where the message lies within the `frames` of its recording; all of it when it is silent."""
    power = _smooth(profile.message_power[LEAD_FRAMES : LEAD_FRAMES + frames].astype(np.float64), np.ones(_SHORT))
    loud = np.flatnonzero(power > power.max(initial=0.0) * 10 ** (GATE_DB / 10))
    if not len(loud):
        return Span(0, frames)
    keep = round(KEEP_S / FRAME_S)
    return Span(max(0, int(loud[0]) - keep), min(frames, int(loud[-1]) + 1 + keep))


def active_power(power: Float) -> tuple[float, Float]:
    """Mean power of a voice while it speaks, and 1 for each frame in which it does (after ITU-T P.56: the mean over
    what is not far below that mean)."""
    level = float(power.max(initial=0.0))
    speaks = power > 0
    for _ in range(8):
        speaks = power > level * 10 ** (_ACTIVE_DB / 10)
        if not speaks.any():
            return 0.0, speaks.astype(np.float64)
        level = float(power[speaks].mean())
    return level, speaks.astype(np.float64)


def ride(power: Float) -> Float:
    """A slow gain for each frame that evens out half of a voice's changes in level; 1 for silence."""
    level, speaks = active_power(power)
    if level <= 0:
        return np.ones(len(power))
    window = np.hanning(2 * round(_RIDE_S / FRAME_S / 2) + 3)[1:-1]
    hold = _INERTIA * window.sum()
    local = (_smooth(power * speaks, window) + hold * level) / (_smooth(speaks, window) + hold)
    limit = 10 ** (_RIDE_DB / 20)
    return np.asarray(np.clip((level / local) ** (_RIDE_SHARE / 2), 1 / limit, limit), np.float64)


def _smooth(values: Float, window: Float) -> Float:
    """The sum of `values` under a window centred on each, silence beyond the ends."""
    before = (len(window) - 1) // 2
    padded = np.pad(values, (before, len(window) - 1 - before))
    return np.asarray(np.convolve(padded, window, 'valid'), np.float64)
