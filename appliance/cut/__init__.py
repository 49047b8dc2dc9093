"""A cut from file to disc, read like a list: read, master, choose, time, cut, measure.

    message -> Take -> Programme (um) -> Plan (mm) -> Score (frames) -> lathe -> groove -> report

Every stage streams between frozen values; what the lathe is made of is decided in `appliance.compose` alone.
`prepare` is the part before a blank is spent, `carry_out` the part that spends it.
"""

from __future__ import annotations

import resource
import sys
from pathlib import Path
from typing import Any, Protocol

from appliance.cut.prepare import Prepared, Stopwatch, prepare
from appliance.cut.report import report
from appliance.cut.values import Outcome, Quiet, Request, Watch
from appliance.timeline.build import Timeline


class Shop(Protocol):
    """A lathe with everything around it (`appliance.compose`)."""

    scratch: Path

    def cut(self, timeline: Timeline, facts: dict[str, Any], watch: Watch) -> Outcome:
        """Cut the score; raises CutFaultError when it ends as anything but done."""

    def finish(self, watch: Watch) -> None:
        """Picture and sound of what was cut, if they are to be kept."""


def cut(request: Request, shop: Shop, watch: Watch) -> dict[str, Any]:
    """The whole way; returns the report. Raises an AudioLetterError for whatever goes wrong, power off and head up."""
    return carry_out(prepare(request, shop.scratch, watch), shop, watch)


def carry_out(prepared: Prepared, shop: Shop, watch: Watch) -> dict[str, Any]:
    """Spend a blank on what was prepared, picture and sound included; returns the report."""
    clock = Stopwatch(watch, dict(prepared.spent_s))
    with clock.stage('cut'):
        outcome = shop.cut(prepared.timeline, prepared.facts, watch)
    with clock.stage('look and listen'):
        shop.finish(watch)
    return told(prepared, outcome, clock.spent_s)


def told(prepared: Prepared, outcome: Outcome, spent_s: dict[str, float]) -> dict[str, Any]:
    """The report with its timings."""
    return report(prepared.request, prepared.chosen, prepared.timeline, outcome) | {
        'timings_s': spent_s,
        'peak_memory_mb': round(peak_memory_mb(), 1),
    }


def peak_memory_mb() -> float:
    """The most memory this process ever had resident."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (2**20 if sys.platform == 'darwin' else 2**10)


__all__ = [
    'Outcome', 'Prepared', 'Quiet', 'Request', 'Shop', 'Watch', 'carry_out', 'cut', 'peak_memory_mb', 'prepare', 'told',
]  # fmt: skip
