"""Which speed, and how loud: the letter as loud as it may be cut and still fit, at the speed that will sound best.

Quieter grooves swing less and lie closer, so what does not fit at full level may fit below it. What a level and a speed
are worth is predicted from the noise of the film, which grows with the root of the groove's speed, and from tracing
distortion, which falls with its fourth power.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from appliance.errors import DoesNotFitError
from appliance.groove.demand import Demand, Signal, measure
from appliance.groove.layout import UM_PER_MM, place
from appliance.groove.plan import Plan
from appliance.groove.planner import Bench, carriage_lag_s, limits_for, message_travel_mm, plan_side
from appliance.groove.spiral import Limits, Spiral, least_spiral, smooth_spiral
from appliance.machine.model import Machine

SPEEDS_RPM = {'78': 78.26, '45': 45.0, '33': 100.0 / 3.0}  # 78.26 = 3600/46, the 60 Hz standard
NEARLY_FULL_DB = 3.0  # a fast groove this little below full level is not given up for a slower one
GAIN_STEP_DB = 0.05  # how closely the level is sought
TRIES = 5
MOST_GAINED = 0.93  # travel of the good planner over that of the quick one: never less
REFERENCE_M_S = 0.05  # level 0 dB
CREST = 3.5  # peak over rms of levelled speech
NOISE_M_S = 1e-3  # of new film at 0.5 m/s of groove (a model chosen for this project, not measured)
SIBILANT_HZ, SIBILANT_SHARE = 3000.0, 0.5  # what tracing must follow: frequency, part of the full velocity

Planner = Callable[[Demand, float, Limits], Spiral]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A programme mastered for one speed; `level_db` is that of the signal as it is."""

    signal: Signal
    speed_rpm: float
    level_db: float


@dataclass(frozen=True, slots=True)
class Freedom:
    """What the choice may change: the level, unless `fixed`; and how far in the message may end."""

    fixed: bool = False
    innermost_mm: float = 0.0  # the disc's own limit, if that lies further out


@dataclass(frozen=True, slots=True)
class Fit:
    """A candidate with the highest gain, at most 0 dB, at which it fits."""

    candidate: Candidate
    demand: Demand
    gain_db: float
    spiral: Spiral
    radius_start_mm: float
    radius_end_mm: float

    @property
    def level_db(self) -> float:
        return self.candidate.level_db + self.gain_db


@dataclass(frozen=True, slots=True)
class Choice:
    """What to cut. `gain_db` is to be applied to the candidate's signal and drive; the plan is made for it."""

    speed_rpm: float
    gain_db: float
    level_db: float
    plan: Plan
    why: str


def choose(bench: Bench, speed: str, master: Callable[[float], Candidate], freedom: Freedom = Freedom()) -> Choice:
    """The best choice at `speed` ('auto', '78', '45' or '33'); `master` makes the candidate for a speed in rpm.

    Slower speeds are mastered and tried only if the fastest does not fit at nearly full level.
    """
    if speed != 'auto':
        found = fit(bench, master(SPEEDS_RPM[speed]), freedom)
        return _choice(bench, found, f'{_rpm(found)} as asked: {_praise(found, bench)}')
    fits: list[Fit] = []
    refusals: list[DoesNotFitError] = []
    for speed_rpm in _speeds_of(bench.machine):
        try:
            fits.append(fit(bench, master(speed_rpm), freedom))
        except DoesNotFitError as refusal:
            refusals.append(refusal)
        if fits and fits[0].gain_db >= -NEARLY_FULL_DB:
            break
    if not fits:
        raise refusals[-1]
    best = max(fits, key=lambda found: predicted_db(found, bench))
    why = [f'{_rpm(best)}: {_praise(best, bench)}']
    why += [_compare(best, other, bench) for other in fits if other is not best]
    if refusals:
        why.append('it does not fit at a faster speed')
    elif len(fits) == 1:
        why.append('the fastest groove sounds best')
    return _choice(bench, best, '; '.join(why))


def _speeds_of(machine: Machine) -> list[float]:
    """The speeds that its platter may turn at, fastest first; the slowest of all, to be refused, if there is none."""
    return [rpm for rpm in SPEEDS_RPM.values() if rpm <= machine.platter.max_speed_rpm] or [min(SPEEDS_RPM.values())]


def fit(bench: Bench, candidate: Candidate, freedom: Freedom = Freedom()) -> Fit:
    """The highest level at which the candidate fits; DoesNotFitError, with the time there would be, if none does."""
    demand = measure(candidate.signal, 60.0 / candidate.speed_rpm, carriage_lag_s(bench.machine.carriage))
    room = _Room(bench, demand, max(freedom.innermost_mm, bench.disc.inner_radius_mm))
    lowest_db = 0.0 if freedom.fixed else min(0.0, bench.disc.groove.min_level_db - candidate.level_db)
    found = highest(room, lowest_db)
    if found is None:
        raise _refusal(bench, candidate, demand, lowest_db)
    gain_db, spiral = found
    return Fit(candidate, demand, gain_db, spiral, *room.radii_mm(spiral))


def refuse_too_long(bench: Bench, message_s: float, speed_rpm: float) -> None:
    """DoesNotFitError for a message that would not fit even as silence: known before anything is done for it.

    However the sound swings, a turn takes width and land on the mean: what it takes beyond that it gives back later,
    but for the stylus's travel at both ends. What this lets pass, `fit` judges.
    """
    disc, groove = bench.disc, bench.disc.groove
    room_um = UM_PER_MM * (disc.programme_radius_mm - disc.inner_radius_mm) + 2.0 * bench.machine.head.max_travel_um
    most_s = (room_um // (groove.width_um + groove.land_um) + 1.0) * 60.0 / speed_rpm
    if message_s > most_s:
        raise DoesNotFitError(
            f'the letter of {_time(message_s)} does not fit at {speed_name(speed_rpm)}, where no more than '
            f'{_time(most_s)} would, and that only if it were silent',
            where=disc.name,
            remedy=_ways(bench, speed_rpm),
        )


@dataclass(frozen=True, slots=True)
class _Room:
    """The room a demand has on a disc."""

    bench: Bench
    demand: Demand
    innermost_mm: float

    def spiral(self, gain_db: float, planner: Planner) -> Spiral:
        return planner(self.demand, db_to_gain(gain_db), limits_for(self.bench, self.demand))

    def radii_mm(self, spiral: Spiral) -> tuple[float, float]:
        """Of the message's first and last sample."""
        _, origin_mm = place(spiral, self.bench.machine, self.bench.disc, self.demand.turn_s)
        start_mm = origin_mm - float(spiral.travel_um(0.0)) / UM_PER_MM
        return start_mm, start_mm - message_travel_mm(spiral, self.demand)

    def use(self, gain_db: float, planner: Planner) -> tuple[float, Spiral | None]:
        """The part of the room that is used: 1 is all of it, infinity what the carriage is too slow for."""
        try:
            spiral = self.spiral(gain_db, planner)
        except DoesNotFitError:
            return np.inf, None
        start_mm, end_mm = self.radii_mm(spiral)
        return (start_mm - end_mm) / (start_mm - self.innermost_mm), spiral


def highest(room: _Room, lowest_db: float) -> tuple[float, Spiral] | None:
    """The highest gain from `lowest_db` to 0 that fits, and its spiral; None if not even the lowest does.

    The quick planner needs a few percent more room than the good one, nearly the same part at every gain; so the
    quick one is asked often, and the good one only how large that part is.
    """
    if room.use(lowest_db, smooth_spiral)[0] * MOST_GAINED > 1.0:
        return None
    best: tuple[float, Spiral] | None = None
    gain_db = 0.0
    for _ in range(TRIES):
        quick, good, spiral = room.use(gain_db, smooth_spiral)[0], np.inf, None
        if quick * MOST_GAINED <= 1.0:
            good, spiral = room.use(gain_db, least_spiral)
        if spiral is not None and good <= 1.0:
            best = (gain_db, spiral)
            if gain_db == 0.0:
                break
        part = good / quick if spiral is not None and quick > 0.0 else 0.97
        next_db = _highest_quick(room, lowest_db, part * (1.0 + 1e-4)) if gain_db > lowest_db else lowest_db
        if next_db == gain_db or (best is not None and next_db - best[0] < GAIN_STEP_DB):
            break
        gain_db = next_db
    return best


def _highest_quick(room: _Room, lowest_db: float, part: float) -> float:
    """The highest gain, or the lowest, at which the quick planner uses 1 / `part` of the room."""
    if room.use(0.0, smooth_spiral)[0] * part <= 1.0:
        return 0.0
    low, high = lowest_db, 0.0
    while high - low > GAIN_STEP_DB / 10:
        middle = (low + high) / 2.0
        low, high = (middle, high) if room.use(middle, smooth_spiral)[0] * part <= 1.0 else (low, middle)
    return low


def predicted_db(found: Fit, bench: Bench) -> float:
    """Signal over noise and distortion that one will hear, mean over the side.

    Noise: NOISE_M_S * sqrt(V / 0.5 m/s); distortion: 7.3 (rho v f / V^2)^2 for a spherical stylus of radius rho (both
    computed for this project by tracing).
    """
    radius_m = np.linspace(found.radius_start_mm, found.radius_end_mm, 9) / 1000.0
    groove_m_s = 2.0 * np.pi * radius_m * found.candidate.speed_rpm / 60.0
    peak_m_s = REFERENCE_M_S * db_to_gain(found.level_db)
    noise = NOISE_M_S * np.sqrt(groove_m_s / 0.5) / (peak_m_s / CREST)
    stylus_m = bench.disc.groove.stylus_um * 1e-6
    bend = stylus_m * SIBILANT_SHARE * peak_m_s * SIBILANT_HZ / groove_m_s**2
    distortion = 7.3 * bend**2
    return float(-10.0 * np.log10(np.mean(noise**2 + distortion**2)))


def db_to_gain(level_db: float) -> float:
    return float(10.0 ** (level_db / 20.0))


def _choice(bench: Bench, found: Fit, why: str) -> Choice:
    gain = db_to_gain(found.gain_db)
    plan = plan_side(bench, found.demand, found.candidate.signal, gain, found.spiral)
    return Choice(found.candidate.speed_rpm, found.gain_db, found.level_db, plan, why)


def _praise(found: Fit, bench: Bench) -> str:
    length = _time(found.demand.message_s)
    if found.gain_db < 0.0:
        return f'the letter of {length} fits {-found.gain_db:.1f} dB below full level'
    return (
        f'the letter of {length} fits at full level, {found.radius_end_mm - bench.disc.inner_radius_mm:.0f} mm to spare'
    )


def _compare(best: Fit, other: Fit, bench: Bench) -> str:
    return f'{_rpm(other)} would sound {predicted_db(best, bench) - predicted_db(other, bench):.1f} dB worse'


def _refusal(bench: Bench, candidate: Candidate, demand: Demand, gain_db: float) -> DoesNotFitError:
    """Why it does not fit, and how long it might be."""
    spiral = smooth_spiral(demand, db_to_gain(gain_db), limits_for(bench, demand))
    room_mm = bench.disc.programme_radius_mm - bench.disc.inner_radius_mm
    most_s = demand.message_s * room_mm / message_travel_mm(spiral, demand)
    return DoesNotFitError(
        f'the letter of {_time(demand.message_s)} does not fit at {speed_name(candidate.speed_rpm)}, where about '
        f'{_time(most_s)} would at {candidate.level_db + gain_db:.1f} dB',
        where=bench.disc.name,
        remedy=_ways(bench, candidate.speed_rpm),
    )


def _ways(bench: Bench, speed_rpm: float) -> str:
    """What else to do."""
    ways = ['a slower speed'] if speed_rpm > min(SPEEDS_RPM.values()) else []
    ways += ['a larger disc'] if bench.disc.name.endswith('-fine') else ['a larger disc', 'a fine groove']
    return f'choose {" or ".join(ways)}, or speak for less time'


def speed_name(speed_rpm: float) -> str:
    return '33 1/3 rpm' if abs(speed_rpm - SPEEDS_RPM['33']) < 0.01 else f'{speed_rpm:g} rpm'


def _rpm(found: Fit) -> str:
    return speed_name(found.candidate.speed_rpm)


def _time(seconds: float) -> str:
    if seconds < 90.0:
        return f'{seconds:.1f} s'
    minutes, rest = divmod(round(seconds), 60)
    return f'{minutes} min {rest} s'
