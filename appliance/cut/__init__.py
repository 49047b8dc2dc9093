"""A cut from file to disc, read like a list: read, master, choose, time, cut, measure.

    message -> Take -> Programme (um) -> Plan (mm) -> Score (frames) -> lathe -> groove -> report

Every stage streams between frozen values; what the lathe is made of is decided in `appliance.compose` alone.
"""

from __future__ import annotations

import resource
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from appliance.clock import monotonic_s
from appliance.cut.choice import Chosen, choose_programme
from appliance.cut.facts import facts
from appliance.cut.report import report
from appliance.cut.values import Outcome, Quiet, Request, Watch
from appliance.machine import check_pair
from appliance.sound.curves import find_curve
from appliance.sound.reading import read
from appliance.timeline.build import Timeline, build


class Shop(Protocol):
    """A lathe with everything around it (`appliance.compose`)."""

    scratch: Path

    def cut(self, timeline: Timeline, facts: dict[str, Any], watch: Watch) -> Outcome:
        """Cut the score; raises CutFaultError when it ends as anything but done."""

    def finish(self, watch: Watch) -> None:
        """Picture and sound of what was cut, if they are to be kept."""


@dataclass(slots=True)
class Stopwatch:
    """Seconds spent in each stage."""

    watch: Watch
    spent_s: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        self.watch.stage(name)
        began_s = monotonic_s()
        yield
        self.spent_s[name] = round(monotonic_s() - began_s, 3)


def cut(request: Request, shop: Shop, watch: Watch) -> dict[str, Any]:
    """The whole way; returns the report. Raises an AudioLetterError for whatever goes wrong, power off and head up."""
    check_pair(request.machine, request.disc)
    curve = find_curve(request.curve)
    clock = Stopwatch(watch)
    with clock.stage('read'):
        take = read(request.file, shop.scratch)
    with clock.stage('master and plan'):
        chosen: Chosen = choose_programme(request, take, curve, shop.scratch)
    with clock.stage('time'):
        timeline = build(chosen.plan, request.machine, chosen.programme.drive, chosen.programme.lead)
        told = facts(request.machine, request.disc, chosen, timeline.score, take.seconds)
    with clock.stage('cut'):
        outcome = shop.cut(timeline, told, watch)
    with clock.stage('look and listen'):
        shop.finish(watch)
    return report(request, chosen, timeline, outcome) | {
        'timings_s': clock.spent_s,
        'peak_memory_mb': round(peak_memory_mb(), 1),
    }


def peak_memory_mb() -> float:
    """The most memory this process ever had resident."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (2**20 if sys.platform == 'darwin' else 2**10)


__all__ = ['Outcome', 'Quiet', 'Request', 'Shop', 'Watch', 'cut', 'peak_memory_mb']
