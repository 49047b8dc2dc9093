"""The one door between the booth and whatever cuts: five methods, the same promises real or virtual."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Protocol

from appliance.timeline.score import Score


class State(enum.Enum):
    """What a lathe is doing. FAULT and STOPPED are states: nothing is raised while a disc turns."""

    READY = 'ready'
    CUTTING = 'cutting'
    STOPPING = 'stopping'
    DONE = 'done'
    STOPPED = 'stopped'
    FAULT = 'fault'


@dataclass(frozen=True, slots=True)
class Readiness:
    """Whether a cut may start; `reason` says why not and what to do (empty when ready)."""

    ready: bool
    reason: str = ''
    key: str = ''  # of the reason, in `appliance.words.reasons`


@dataclass(frozen=True, slots=True)
class Progress:
    """Where the engine is, read from the engine."""

    state: State
    frame: int
    frames: int
    queued_ms: float = 0.0
    underruns: int = 0
    cause: str = ''  # of STOPPED and FAULT: one sentence for the host
    key: str = ''  # of the cause, in `appliance.words.reasons`


class Lathe(Protocol):
    """Implemented by `EngineLathe` over a real or a virtual Pi."""

    def ready(self) -> Readiness: ...

    def start(self, score: Score) -> None:
        """Begin; returns at once. Raises MachineRefusesError if not ready or the score passes a limit."""

    def progress(self) -> Progress: ...

    def stop(self, cause: str, key: str = 'visitor') -> None:
        """At any moment: head up first, ramp down, power off. Returns at once; safe to call twice."""

    def close(self) -> None:
        """Everything off and released; safe to call in every state, twice."""
