"""`report.json`: what was cut, how near each limit came, and why so."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from appliance.cut.choice import Chosen
from appliance.cut.values import Outcome, Request
from appliance.timeline.build import Timeline

# By the virtual lathe, of what a real one has cut: `frames`, `steps` and `underruns` alone are the machine's own.
FORETOLD = ('groove', 'picture', 'sound', 'measurements')


def report(request: Request, chosen: Chosen, timeline: Timeline, outcome: Outcome) -> dict[str, Any]:
    """Everything but the timings, which are known when all is done."""
    programme, plan = chosen.programme, chosen.plan
    return {
        'disc': request.disc.name,
        'machine': request.machine.machine.name,
        'seed': request.machine.machine.seed,
        'letter_s': programme.letter_s,
        'message_offset_s': programme.message_offset_s,
        'speed_rpm': plan.speed_rpm,
        'curve': programme.curve.name,
        'level_db': round(programme.level_db, 3),
        'radius_start_mm': round(plan.radius_start_mm, 4),
        'radius_end_mm': round(plan.radius_end_mm, 4),
        'turns': round(plan.turns, 4),
        **{name: rounded(value, 4) for name, value in asdict(outcome.measured).items()},
        'planned_min_land_um': round(plan.min_land_um, 3),
        'pitch_um': {name: round(value, 3) for name, value in asdict(plan.pitch_um).items()},
        'underruns': outcome.underruns,
        'frames': outcome.frames,
        'steps': {'platter': outcome.platter_steps, 'carriage': outcome.carriage_steps},
        'limits': {name: round(part, 4) for name, part in programme.limits.as_dict().items()},
        'torque_margin': round(timeline.torque.margin, 2),
        'virtual': {name: round(value, 4) for name, value in outcome.peaks.items()},
        'why': chosen.why,
        **({'foretold': list(FORETOLD)} if outcome.foretold else {}),
    }


def rounded(value: float | None, digits: int) -> float | None:
    """A figure as it is reported; none stays none."""
    return None if value is None else round(value, digits)
