"""The numbers the workflow goes by, handed in by the kiosk from the host's settings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Rules:
    """Time-outs in seconds and limits (defaults: field notes on public kiosks)."""

    languages: int = 6
    unanswered: Literal['discard', 'hold'] = 'discard'
    retakes: int = 2
    replays: int = 3
    max_message_s: float = 180.0
    dark_s: float = 120.0
    language_s: float = 30.0
    level_s: float = 30.0
    countdown_s: float = 3.0
    still_there_s: float = 15.0
    listen_s: float = 60.0
    question_s: float = 20.0
    load_disc_s: float = 60.0
    cut_margin: float = 0.15
    cut_grace_s: float = 5.0  # on top: the machine may have to home first
    take_disc_s: float = 30.0
    thanks_s: float = 8.0
    notice_s: float = 30.0
    answer_s: float = 30.0  # for what the booth itself must answer (ending a take, keeping it)
    maintenance_s: float = 600.0
    attendant_s: float = 30.0
    sequence: tuple[str, ...] = ()  # of 'left', 'right', 'record'; none: only a token opens the menu
    code_s: float = 8.0  # for the next press of the sequence
    tries: int = 3  # wrong ones; then the booth does not listen for a while
    locked_s: float = 300.0
