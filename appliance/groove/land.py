"""The land between neighbouring turns of a plan, measured at the full rate of the sound."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from appliance.files import BLOCK
from appliance.groove.demand import Signal, least_before
from appliance.groove.plan import Pitch, Plan
from appliance.machine.model import SAMPLE_RATE_HZ

STRIDE = 25  # samples between which the distance of two turns is a straight line, to 2 nm at 40 mm/s^2

Float = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Look:
    """What is looked at: the programme cut at `gain`, its groove `width_um` wide, the carriage up to `lag_s` late."""

    signal: Signal
    gain: float
    width_um: float
    lag_s: float


@dataclass(frozen=True, slots=True)
class Found:
    min_land_um: float
    pitch_um: Pitch


def measure_land(plan: Plan, look: Look) -> Found:
    """Least land from head-down to the message's end, with `demand.SLIP_S` of angle between neighbours allowed for; and
    the pitch of the programme (from its second turn on, if it has one). Cost: about 20 ns a sample.
    """
    turn_s, end = plan.turn_s, look.signal.samples
    first = int(np.ceil((plan.head_down_s + turn_s) * SAMPLE_RATE_HZ))
    pitched_from_s = turn_s if plan.message_end_s > 2.0 * turn_s else 0.0  # a short one has only the lead-in beside it
    least, low, high, total, seen = np.inf, np.inf, 0.0, 0.0, 0
    for start in range(first, max(end, first + 1), BLOCK):
        count = min(BLOCK, max(end, first + 1) - start)
        coarse = np.arange(0, count + STRIDE, STRIDE)
        t = (start + coarse) / SAMPLE_RATE_HZ
        between = apart_um(plan, t)
        pitched = between[(t >= pitched_from_s) & (t <= plan.message_end_s)]
        if len(pitched):
            low, high = min(low, float(pitched.min())), max(high, float(pitched.max()))
            total, seen = total + float(pitched.sum()), seen + len(pitched)
        closest = np.minimum(between, apart_um(plan, t - look.lag_s)) if look.lag_s else between
        y = look.signal.at(start, count) - least_before(look.signal, start, count, turn_s)
        walls = np.interp(np.arange(count), coarse, closest) - look.gain * y
        least = min(least, float(walls.min()))
    if not seen:  # shorter than a stride
        low = high = total = float(apart_um(plan, np.zeros(1))[0])
    return Found(least - look.width_um, Pitch(low, total / max(seen, 1), high))


def apart_um(plan: Plan, t_s: Float) -> Float:
    """Distance, without the sound, between the turn at `t_s` and the one before it."""
    return np.asarray((plan.radius_mm(t_s - plan.turn_s) - plan.radius_mm(t_s)) * 1000.0, np.float64)
