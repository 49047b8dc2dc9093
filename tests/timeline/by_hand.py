"""A plan drawn by hand for tests: lead-in, constant pitch, run-out, locked groove, speeds joined smoothly."""

from __future__ import annotations

import numpy as np

from appliance.groove.plan import Pitch, Plan


def plan_by_hand(
    message_s: float = 6.0, speed_rpm: float = 78.26, pitch_mm: float = 0.25, start_mm: float = 122.4
) -> Plan:
    """Speeds in mm/s: lead-in 1.2 mm a turn, then `pitch_mm`, then 3.2 mm a turn, then a locked groove at rest."""
    turn_s = 60 / speed_rpm
    lead, cut, out = 1.2 / turn_s, pitch_mm / turn_s, 3.2 / turn_s
    lengths = [1.5 * turn_s, 0.1, message_s + 0.2, 0.3, turn_s, 0.3, 1.2 * turn_s]
    speeds = [lead, lead, cut, cut, out, out, 0.0, 0.0]
    head_down_s = -(lengths[0] + lengths[1] + 0.1)
    rows, radius = [], start_mm
    for length, v0, v1 in zip(lengths, speeds[:-1], speeds[1:], strict=True):
        if v0 == v1:
            rows.append((length, radius, -v0, 0.0, 0.0))
            radius -= v0 * length
            continue
        half, dv = length / 2, v1 - v0  # the acceleration is a triangle: two pieces of constant jerk
        jerk = dv / half**2
        rows.append((half, radius, -v0, 0.0, -jerk / 6))
        radius -= v0 * half + jerk * half**3 / 6
        middle, accel = v0 + dv / 2, jerk * half
        rows.append((half, radius, -middle, -accel / 2, jerk / 6))
        radius -= middle * half + accel * half**2 / 2 - jerk * half**3 / 6
    table = np.array(rows)
    knots = head_down_s + np.concatenate(([0.0], np.cumsum(table[:, 0])))
    return Plan(
        speed_rpm=speed_rpm,
        knot_s=knots,
        coefficients=table[:, 1:],
        head_down_s=head_down_s,
        message_end_s=message_s,
        head_up_s=float(knots[-1]),
        radius_start_mm=0.0,
        radius_end_mm=0.0,
        turns=message_s / turn_s,
        min_land_um=20.0,
        pitch_um=Pitch(pitch_mm * 1e3, pitch_mm * 1e3, pitch_mm * 1e3),
    )
