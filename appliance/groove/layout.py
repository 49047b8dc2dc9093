"""The whole side around the spiral of the message: lead-in, run-out and locked groove, as one smooth path.

The path is made of pieces of constant jerk, which are cubics joined with continuous speed and acceleration:

    rest at head-down -> lead-in speed -> the spiral, start to end -> run-out speed -> rest at the locked groove

Lengths here are mm of inward travel. Pitches: IEC 60098 as tabulated with the disc and the machine.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from appliance.errors import DoesNotFitError
from appliance.groove.spiral import Spiral
from appliance.machine.model import Carriage, Disc, Machine

MARGIN = 0.95  # of the carriage's limits, so that rounding to steps never passes one
UM_PER_MM = 1000.0

Float = NDArray[np.float64]


class State(NamedTuple):
    """Travel in mm, and its first two derivatives by time in s."""

    travel: float
    speed: float
    accel: float


class Move(NamedTuple):
    """A time of constant jerk, in s and mm/s^3."""

    time: float
    jerk: float


@dataclass(frozen=True, slots=True)
class Path:
    """Cubic pieces of inward travel: [n] durations in s, [n, 4] coefficients in mm, mm/s, mm/s^2, mm/s^3."""

    times: Float
    coefficients: Float

    @property
    def time(self) -> float:
        return float(self.times.sum())


def run(start: State, moves: Sequence[Move]) -> tuple[Path, State]:
    """The path of `moves` from `start`, and the state it ends in."""
    rows, state = [], start
    for time, jerk in moves:
        rows.append((state.travel, state.speed, state.accel / 2.0, jerk / 6.0))
        travel = state.travel + time * (state.speed + time * (state.accel / 2.0 + time * jerk / 6.0))
        speed = state.speed + time * (state.accel + time * jerk / 2.0)
        state = State(travel, speed, state.accel + time * jerk)
    times = np.array([move.time for move in moves])
    return Path(times, np.array(rows).reshape(-1, 4)), state


def change_speed(before: float, after: float, carriage: Carriage) -> list[Move]:
    """From one speed to another, in mm/s, at rest in acceleration at both ends."""
    jerk = MARGIN * carriage.max_jerk_mm_s3
    most = MARGIN * carriage.max_accel_mm_s2
    change = abs(after - before)
    rise = min(most / jerk, float(np.sqrt(change / jerk)))
    hold = change / (jerk * rise) - rise if rise > 0.0 else 0.0
    way = jerk if after > before else -jerk
    return [Move(rise, way), Move(max(hold, 0.0), 0.0), Move(rise, -way)]


def ease(accel: float, carriage: Carriage) -> Move:
    """Bring an acceleration, in mm/s^2, to zero."""
    jerk = MARGIN * carriage.max_jerk_mm_s3
    return Move(abs(accel) / jerk, -jerk if accel > 0.0 else jerk)


def lead_in_speed(machine: Machine, turn_s: float) -> float:
    """In mm/s."""
    return min(machine.cut.lead_in_pitch_mm / turn_s, MARGIN * machine.carriage.max_speed_mm_s)


def lead_in_ramp_s(machine: Machine, turn_s: float) -> float:
    """The longest that the lead-in may need to come down to the spiral's own speed."""
    moves = change_speed(lead_in_speed(machine, turn_s), 0.0, machine.carriage)
    return sum(move.time for move in moves) + ease(machine.carriage.programme_max_accel_mm_s2, machine.carriage).time


def lead_in(machine: Machine, turn_s: float, time_s: float, start: State) -> Path:
    """From rest to the spiral's `start`, in `time_s`."""
    carriage = machine.carriage
    speed = lead_in_speed(machine, turn_s)
    last = ease(start.accel, carriage)
    last = Move(last.time, -last.jerk)
    slow = start.speed - last.time * start.accel / 2.0
    moves = [*change_speed(0.0, speed, carriage), *change_speed(speed, slow, carriage), last]
    cruise = Move(max(time_s - sum(move.time for move in moves), 0.0), 0.0)
    moves.insert(3, cruise)
    path, end = run(State(0.0, 0.0, 0.0), moves)
    path.coefficients[:, 0] += start.travel - end.travel
    return path


def run_out(machine: Machine, turn_s: float, start: State, locked: float) -> Path:
    """From the spiral's end to rest at travel `locked` and round the locked groove until the head is lifted.

    As fast as pitch and carriage allow, but slow enough for the turns that the standard wants.
    """
    cut, carriage = machine.cut, machine.carriage
    slowest = cut.run_out_min_pitch_mm / turn_s
    fastest = min(cut.run_out_pitch_mm / turn_s, MARGIN * carriage.max_speed_mm_s)
    speeds = np.linspace(max(fastest, slowest), slowest, 33)
    for speed in speeds:
        moves = run_out_moves(start, float(speed), carriage)
        _, end = run(start, moves)
        cruise_s = (locked - end.travel) / float(speed)
        if cruise_s >= cut.run_out_turns * turn_s:
            break
    if cruise_s < 0.0:
        raise DoesNotFitError(
            f'no room for the run-out: {locked - start.travel:.1f} mm are left before the locked groove',
            remedy='choose a larger disc or a slower speed',
        )
    around = Move(cut.locked_turns * turn_s, 0.0)
    path, _ = run(start, [*moves[:4], Move(cruise_s, 0.0), *moves[4:], around])
    path.coefficients[-1] = (locked, 0.0, 0.0, 0.0)  # concentric to the last digit
    return path


def run_out_moves(start: State, speed: float, carriage: Carriage) -> list[Move]:
    """Ease off, gather speed (four moves), come to rest (three)."""
    off = ease(start.accel, carriage)
    eased = start.speed + off.time * start.accel / 2.0
    return [off, *change_speed(eased, speed, carriage), *change_speed(speed, 0.0, carriage)]


@dataclass(frozen=True, slots=True)
class Side:
    """One smooth path from head-down to head-up; `start_s` and knots in s from the message's first sample."""

    knot_s: Float
    coefficients: Float  # of the radius, mm
    radius_start_mm: float


def place(spiral: Spiral, machine: Machine, disc: Disc, turn_s: float) -> tuple[Path, float]:
    """The lead-in, and the radius in mm of travel 0: as far out as disc and lead-in allow."""
    time_s = machine.cut.lead_in_turns * turn_s + machine.lift.down_s + spiral.start_s
    p = spiral.power()[0] / UM_PER_MM
    path = lead_in(machine, turn_s, time_s, State(float(p[0]), float(p[1]), 2.0 * float(p[2])))
    before_message = float(spiral.travel_um(0.0)) / UM_PER_MM
    head_down = float(path.coefficients[0, 0])
    return path, min(disc.programme_radius_mm + before_message, disc.lead_in_radius_mm + head_down)


def lay_out(spiral: Spiral, machine: Machine, disc: Disc, turn_s: float) -> Side:
    """Place the spiral and join its ends to lead-in and run-out."""
    path_in, origin = place(spiral, machine, disc, turn_s)
    power = spiral.power() / UM_PER_MM
    path_out = run_out(machine, turn_s, end_state(power[-1], spiral.knot_s), origin - disc.locked_radius_mm)
    coefficients = -np.concatenate([path_in.coefficients, power, path_out.coefficients])
    coefficients[:, 0] += origin
    coefficients[-1] = (disc.locked_radius_mm, 0.0, 0.0, 0.0)
    knots = np.concatenate(
        [
            spiral.start_s - path_in.time + np.concatenate([[0.0], np.cumsum(path_in.times[:-1])]),
            spiral.start_s + spiral.knot_s * np.arange(len(power)),
            spiral.end_s + np.concatenate([[0.0], np.cumsum(path_out.times)]),
        ]
    )
    kept = np.concatenate([np.diff(knots) > 0.0, [True]])  # moves of no time are left out
    radius_start_mm = origin - float(spiral.travel_um(0.0)) / UM_PER_MM
    return Side(knots[kept], coefficients[kept[:-1]], radius_start_mm)


def end_state(p: Float, u: float) -> State:
    """Of the cubic `p` after `u` seconds."""
    return State(
        float(p[0] + u * (p[1] + u * (p[2] + u * p[3]))),
        float(p[1] + u * (2.0 * p[2] + 3.0 * u * p[3])),
        float(2.0 * p[2] + 6.0 * u * p[3]),
    )
