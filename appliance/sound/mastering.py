"""From a recording to a programme: how far the stylus moves, within what the groove and the head allow.

Plain: the master is the message; curve, head correction and band limits only, and a message that would pass a limit is
refused. Otherwise the ends are trimmed, the voice levelled and limited (`levelling`, `limiter`), which is one slowly
changing gain on the message; all that follows is linear and is done by one kernel for the displacement and one for the
drive, straight from the message in float64. No stage rounds for another: a drive computed from a displacement stored
in float32 would carry that rounding noise up by the 40 to 100 dB per decade of the head's inverse.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from appliance.errors import DoesNotFitError
from appliance.files import Scratch
from appliance.machine.model import Disc, Machine
from appliance.sound.curves import Curve
from appliance.sound.groovespace import (
    CURRENT,
    CURVATURE,
    DISPLACEMENT,
    FRAME_S,
    LEAD_FRAMES,
    SLOPE,
    VOLTAGE,
    Allowed,
    Profile,
    Profiler,
    allowed,
    kernels,
)
from appliance.sound.kernels import LEAD, Bank, Read
from appliance.sound.programme import Programme, cm_s_of
from appliance.sound.reading import Take

PLAIN_LEVEL_DB = 0.0


@dataclass(frozen=True, slots=True)
class Target:
    """Where the message is to be cut: the limits are those of the groove at `r_limit_mm`, its innermost turn."""

    speed_rpm: float
    r_limit_mm: float
    level_db: float | None = None  # plain: of full scale, 0 when not given; otherwise a ceiling
    plain: bool = False


@dataclass(frozen=True, slots=True)
class _Rendering:
    """Both signals at one level, and what they ask of groove and head."""

    displacement_um: Scratch
    drive: Scratch
    profile: Profile
    level_db: float


class Mastering:
    """One recording on one machine with one curve. Ask it for a programme as often as needed: what does not change
    between two targets (the filtering, above all) is done once."""

    def __init__(self, take: Take, machine: Machine, curve: Curve, folder: Path | None = None) -> None:
        self._take = take
        self._machine = machine
        self._curve = curve
        self._folder = folder
        self._kernels = kernels(machine, curve)
        self._plain: _Rendering | None = None

    def programme(self, disc: Disc, target: Target) -> Programme:
        """The programme for this disc and target; DoesNotFitError when a plain message would pass a limit."""
        limit = allowed(self._machine, disc, target.speed_rpm, target.r_limit_mm)
        return self._as_it_is(limit, PLAIN_LEVEL_DB if target.level_db is None else target.level_db)

    def _as_it_is(self, limit: Allowed, level_db: float) -> Programme:
        if self._plain is None or self._plain.level_db != level_db:
            self._plain = self._render(self._take.sound.read, self._take.samples, level_db)
        refuse_over(self._plain.profile, limit, level_db, self._take.name)
        return Programme(
            displacement_um=self._plain.displacement_um,
            drive=self._plain.drive,
            lead=LEAD,
            samples=self._take.samples,
            curve=self._curve,
            level_db=level_db,
            message_offset_s=0.0,
            limits=self._plain.profile.limits(limit),
            plain=True,
        )

    def _render(self, read: Read, samples: int, level_db: float) -> _Rendering:
        """Filter the message into displacement and drive at this level."""
        displacement_um, drive, profiler = Scratch(self._folder), Scratch(self._folder), Profiler()
        gain = cm_s_of(level_db)
        for outputs in Bank(self._kernels).run(read, samples):
            displacement_um.append(outputs[DISPLACEMENT] * gain)
            drive.append(outputs[VOLTAGE] * gain)
            profiler.add(outputs)
        return _Rendering(displacement_um, drive, profiler.profile().scaled(gain), level_db)


def master(take: Take, machine: Machine, disc: Disc, curve: Curve, target: Target) -> Programme:
    """One programme for one target. With several targets to try, keep a `Mastering` instead."""
    return Mastering(take, machine, curve).programme(disc, target)


_WORDS = {
    DISPLACEMENT: ('the groove would swing {:.0f} um, the head travels {:.0f} um', 1.0),
    SLOPE: ('the stylus would move at {:.1f} cm/s, the groove is too slow for more than {:.1f} cm/s', 100.0),
    CURVATURE: ('the groove would bend with {:.0f} m/s^2, a playing stylus follows {:.0f} m/s^2', 1.0),
    CURRENT: ('the head would draw {:.2f} A of {:.2f} A', 1.0),
    VOLTAGE: ('the bridge would be driven to {:.3f} of {:.3f}', 1.0),
}


def refuse_over(profile: Profile, limit: Allowed, level_db: float, name: str) -> None:
    """DoesNotFitError for the limit that is passed furthest: which, by how much, where, and the level that fits."""
    over = profile.peaks.astype(np.float64) / limit.peaks[:, None]
    worst = max(_WORDS, key=lambda row: float(over[row].max(initial=0.0)))
    excess = float(over[worst].max(initial=0.0))
    heat = profile.heat_w(limit)
    hottest = float(np.sqrt(heat.max(initial=0.0) / limit.heat_w))
    if max(excess, hottest) <= 1.0:
        return
    if hottest > excess:
        what = f'the coil would take {heat.max():.3g} W of {limit.heat_w:.3g} W (mean of {limit.heat_time_s:.0f} s)'
        frame = int(np.argmax(heat))
    else:
        text, unit = _WORDS[worst]
        frame = int(np.argmax(over[worst]))
        what = text.format(profile.peaks[worst, frame] * unit, limit.peaks[worst] * unit)
    fits_db = np.floor((level_db - 20 * np.log10(max(excess, hottest))) * 10) / 10
    where_s = max(0.0, (frame - LEAD_FRAMES) * FRAME_S)
    raise DoesNotFitError(
        f'at {where_s:.2f} s {what}', where=name, remedy=f'use --level {fits_db:g} or less, or leave out --plain'
    )
