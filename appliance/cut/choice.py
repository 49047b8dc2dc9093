"""Master and plan together: limits at the innermost usable radius, plan, relax once to where the message ends."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from appliance.cut.values import Request
from appliance.groove.choose import Candidate, Choice, Freedom, choose, db_to_gain, fit, refuse_too_long
from appliance.groove.demand import Signal
from appliance.groove.plan import Plan
from appliance.groove.planner import Bench, plan_side
from appliance.sound.curves import Curve
from appliance.sound.mastering import Mastering, Target
from appliance.sound.programme import Programme
from appliance.sound.reading import Take

RELAX_MM = 1.0  # room left for the louder programme to end further in
TIGHT = 0.9  # of a limit: below this the limiter had nothing to do


@dataclass(frozen=True, slots=True)
class Chosen:
    """What will be cut, and why so."""

    programme: Programme
    plan: Plan
    why: str


def choose_programme(asked: Request, take: Take, curve: Curve, folder: Path) -> Chosen:
    """The programme at the speed and level that fit and sound best; DoesNotFitError if none does."""
    mastering = Mastering(take, asked.machine, curve, folder)
    bench = Bench(asked.machine, asked.disc)
    innermost_mm = asked.disc.inner_radius_mm
    first_mm = asked.disc.programme_radius_mm if asked.plain else innermost_mm
    made: dict[float, Programme] = {}

    def programme_for(speed_rpm: float, r_limit_mm: float) -> Programme:
        return mastering.programme(asked.disc, Target(speed_rpm, r_limit_mm, asked.level_db, asked.plain))

    def candidate(speed_rpm: float) -> Candidate:
        refuse_too_long(bench, mastering.letter_s(asked.plain), speed_rpm)
        made[speed_rpm] = programme_for(speed_rpm, first_mm)
        return as_candidate(made[speed_rpm], speed_rpm)

    choice = choose(bench, asked.speed, candidate, Freedom(fixed=asked.plain))
    programme = made[choice.speed_rpm]
    if asked.plain:  # refused where it would really end, not where a full side would
        programme = programme_for(choice.speed_rpm, choice.plan.radius_end_mm)
    r_limit_mm = choice.plan.radius_end_mm - RELAX_MM
    if not asked.plain and r_limit_mm > innermost_mm and tight(programme):
        looser = programme_for(choice.speed_rpm, r_limit_mm)
        relaxed = relax(bench, choice, looser, r_limit_mm)
        if relaxed.level_db >= choice.level_db:
            programme, choice = looser, relaxed
    return Chosen(programme.at_level(choice.level_db), choice.plan, choice.why)


def as_candidate(programme: Programme, speed_rpm: float) -> Candidate:
    signal = Signal(programme.displacement_um, programme.lead, programme.samples)
    return Candidate(signal, speed_rpm, programme.level_db)


def tight(programme: Programme) -> bool:
    """Whether a limit that eases towards the rim held the programme down."""
    return max(programme.limits.slope, programme.limits.curvature) > TIGHT


def relax(bench: Bench, choice: Choice, looser: Programme, r_limit_mm: float) -> Choice:
    """The same speed with the programme made for `r_limit_mm`, which must not end further in than that."""
    found = fit(bench, as_candidate(looser, choice.speed_rpm), Freedom(innermost_mm=r_limit_mm))
    plan = plan_side(bench, found.demand, found.candidate.signal, db_to_gain(found.gain_db), found.spiral)
    return replace(choice, gain_db=found.gain_db, level_db=found.level_db, plan=plan)
