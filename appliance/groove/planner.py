"""The planner: from what the message demands to the path of the head over the whole side.

demand -> spiral (the tightest that keeps every neighbour's distance) -> layout (lead-in, run-out, locked groove)
-> land, measured at full rate on the path itself; what is short there is added, and the side planned again.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from appliance.errors import DoesNotFitError
from appliance.groove.demand import Demand, Signal
from appliance.groove.land import Look, measure_land
from appliance.groove.layout import Side, lay_out, lead_in_ramp_s, lead_in_speed
from appliance.groove.plan import Pitch, Plan
from appliance.groove.spiral import Limits, Spiral, least_spiral
from appliance.machine.model import Carriage, Disc, Machine

UM_PER_MM = 1000.0
TRIES = 3


@dataclass(frozen=True, slots=True)
class Bench:
    """What a side is planned for: a machine with a disc on it."""

    machine: Machine
    disc: Disc


def carriage_lag_s(carriage: Carriage) -> float:
    """How late a carriage on its spring follows a steady command: x" = w^2 (command - x) - (w / q) x'."""
    return 1.0 / (2.0 * np.pi * carriage.resonance_hz * carriage.resonance_q)


def guard_um(carriage: Carriage, bin_s: float) -> float:
    """What two neighbouring turns may come nearer than planned.

    Each step is rounded to half a microstep and each microstep misplaced by up to `microstep_error` of a full step;
    the carriage's resonance bends the path by its acceleration times (1/w^2 - lag^2/2); and between two nodes the
    distance of two accelerated turns may sag. All of it twice, once for each neighbour.
    """
    step_um = carriage.mm_per_step * UM_PER_MM
    steps = step_um + 2.0 * carriage.microstep_error * step_um * carriage.microsteps
    accel_um_s2 = carriage.programme_max_accel_mm_s2 * UM_PER_MM
    bend_s2 = abs((2.0 * np.pi * carriage.resonance_hz) ** -2 - carriage_lag_s(carriage) ** 2 / 2.0)
    return float(steps + 2.0 * accel_um_s2 * (bend_s2 + bin_s**2 / 8.0))


def limits_for(bench: Bench, demand: Demand) -> Limits:
    """The spiral's limits on this machine and disc."""
    machine, groove = bench.machine, bench.disc.groove
    return Limits(
        clearance_um=groove.width_um + groove.land_um + guard_um(machine.carriage, demand.bin_s),
        max_speed_um_s=machine.carriage.programme_max_speed_mm_s * UM_PER_MM,
        max_accel_um_s2=machine.carriage.programme_max_accel_mm_s2 * UM_PER_MM,
        lead_in_speed_um_s=lead_in_speed(machine, demand.turn_s) * UM_PER_MM,
        lead_in_ramp_s=lead_in_ramp_s(machine, demand.turn_s),
    )


def message_travel_mm(spiral: Spiral, demand: Demand) -> float:
    """How far the head moves inward over the message."""
    return float(spiral.travel_um(demand.message_s) - spiral.travel_um(0.0)) / UM_PER_MM


def plan_side(bench: Bench, demand: Demand, signal: Signal, gain: float = 1.0, spiral: Spiral | None = None) -> Plan:
    """The plan of a side with `signal` cut at `gain`; DoesNotFitError if the disc or the carriage cannot hold it.

    `spiral` saves the first search where the caller has made it already.
    """
    limits = limits_for(bench, demand)
    look = Look(signal, gain, bench.disc.groove.width_um, carriage_lag_s(bench.machine.carriage))
    for _ in range(TRIES):
        spiral = spiral or least_spiral(demand, gain, limits)
        side = lay_out(spiral, bench.machine, bench.disc, demand.turn_s)
        plan = as_plan(side, spiral, demand, bench)
        found = measure_land(plan, look)
        short_um = bench.disc.groove.land_um - found.min_land_um
        if short_um <= 0.0:
            return replace(plan, min_land_um=found.min_land_um, pitch_um=found.pitch_um)
        limits = replace(limits, clearance_um=limits.clearance_um + short_um + 0.01)
        spiral = None
    raise DoesNotFitError(
        f'the turns come {short_um:.2f} um too near to each other', remedy='choose a lower level or a slower speed'
    )


def as_plan(side: Side, spiral: Spiral, demand: Demand, bench: Bench) -> Plan:
    """The side as a Plan, its land and pitch not yet measured; DoesNotFitError if it ends too far in."""
    end_mm = side.radius_start_mm - message_travel_mm(spiral, demand)
    if end_mm < bench.disc.inner_radius_mm:
        raise DoesNotFitError(
            f'the message would end at a radius of {end_mm:.1f} mm, {bench.disc.name} allows '
            f'{bench.disc.inner_radius_mm:.1f}',
            remedy='choose a slower speed, a lower level or a larger disc',
        )
    return Plan(
        speed_rpm=60.0 / demand.turn_s,
        knot_s=side.knot_s,
        coefficients=side.coefficients,
        head_down_s=float(side.knot_s[0]),
        message_end_s=demand.message_s,
        head_up_s=float(side.knot_s[-1]),
        radius_start_mm=side.radius_start_mm,
        radius_end_mm=end_mm,
        turns=demand.message_s / demand.turn_s,
        min_land_um=0.0,
        pitch_um=Pitch(0.0, 0.0, 0.0),
    )
