"""One sentence for a plain message that would pass a limit: which, by how much, where, and the level that fits."""

from __future__ import annotations

import numpy as np

from appliance.errors import DoesNotFitError
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
)

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
