"""What a finished groove is: the land between its turns at the full rate of the sound, its speed, its wow and flutter.

Only the groove counts here, as the virtual lathe left it: real angle, real radius, real depth. The plan is not asked.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from appliance.errors import GrooveFileError
from appliance.native import check, ffi, lib
from appliance.playback.flutter import groove_flutter_percent
from appliance.playback.groovefile import Groove

KNOTS = 2000  # positions of the platter (at the motion rate) looked at together: one second
TURN_RAD = 2 * np.pi
LONGEST_TURN = 1.25  # of the nominal time: how far back the turn before is looked for

Float = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Measured:
    """Figures of a finished groove; None where it is too short to have one."""

    min_land_um: float | None
    speed_error_percent: float | None
    flutter_percent: float | None


def measure(groove: Groove) -> Measured:
    """All figures: land from head-down to the message's end, speed and flutter over the message."""
    return Measured(min_land_um(groove), speed_error_percent(groove), flutter_percent(groove))


def _fact(groove: Groove, *keys: str) -> float:
    value: Any = groove.facts
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    if not isinstance(value, int | float):
        name = '.'.join(keys)
        raise GrooveFileError(f'its facts lack {name}', where=str(groove.path), remedy='cut the message again')
    return value


def _message(groove: Groove) -> tuple[int, int]:
    """(first, end) of the message in positions of the platter, whole within it."""
    first, last = (_fact(groove, name) - groove.start_frame for name in ('message_frame', 'message_end_frame'))
    return max(0, -int(-first // groove.frames_per_motion)), int(last // groove.frames_per_motion) + 1


def speed_error_percent(groove: Groove) -> float | None:
    """Mean speed over the message re the nominal one; None for a message of less than a millisecond."""
    first, end = _message(groove)
    end = min(end, groove.motions)
    if end - first < 2:
        return None
    turned_rad = float(groove.angle_rad(end - 1, 1)[0] - groove.angle_rad(first, 1)[0])
    turns_per_s = turned_rad / TURN_RAD / (end - 1 - first) * groove.motion_rate_hz
    return float(100 * (turns_per_s * 60 / _fact(groove, 'speed_rpm') - 1))


def flutter_percent(groove: Groove) -> float | None:
    """Weighted wow and flutter over the message, 2 sigma; None below two seconds."""
    first, end = _message(groove)
    return groove_flutter_percent(groove, _fact(groove, 'speed_rpm'), first, end - first)


def min_land_um(groove: Groove) -> float | None:
    """Least land between a turn and the one outside it, at the same angle, from head-down to the message's end.

    Negative where walls meet; None if there is no second turn.
    """
    widening = np.tan(np.radians(_fact(groove, 'machine', 'head', 'included_angle_deg')) / 2)
    each = groove.frames_per_motion // groove.frames_per_sample
    end = min(_message(groove)[1], groove.motions, groove.samples // each + 1)
    turn = int(LONGEST_TURN * groove.motion_rate_hz * 60 / _fact(groove, 'speed_rpm'))
    opening = groove.angle_rad(0, min(end, turn))
    first = int(np.searchsorted(opening, opening[0] + TURN_RAD)) if len(opening) else 0
    least = []
    for start in range(first, end - 1, KNOTS):
        stop = min(start + KNOTS + 1, end)
        low = max(start - turn, 0)
        angle = groove.angle_rad(low, stop - low)
        every = np.arange(low, stop, dtype=np.float64)
        radius, depth = groove.radius_mm(low, stop - low), groove.depth_um(low, stop - low)
        outer = np.interp(angle[start - low :] - TURN_RAD, angle, every)
        apart_um = 1000 * (np.interp(outer, every, radius) - radius[start - low :])
        depths_um = np.interp(outer, every, depth) + depth[start - low :]
        least.append(_least(groove, start * each, each, outer * each, apart_um - widening * depths_um))
    return min(least, default=None)


def _least(groove: Groove, first: int, each: int, position: Float, land_um: Float) -> float:
    """Least land of the samples from `first` on, `each` of them between two values of `position` and `land_um`."""
    knots = len(position) - 1
    low = int(position[0]) - 1
    outer = groove.displacement(max(low, 0), int(position[-1]) + 4 - max(low, 0))
    if low < 0:  # before the head came down the cubic sees the first displacement
        outer = np.concatenate([outer[:1], outer])
    inner = groove.displacement(first, knots * each)
    least = ffi.new('double *')
    turns = {
        'inner_um': ffi.from_buffer('float[]', inner),
        'outer_um': ffi.from_buffer('float[]', outer),
        'outer_count': len(outer),
        'position': ffi.from_buffer('double[]', position - low),
        'land_um': ffi.from_buffer('double[]', land_um),
        'knots': knots,
        'each': each,
    }
    check(lib.land_least(ffi.new('struct neighbours *', turns), least))
    return float(least[0])
