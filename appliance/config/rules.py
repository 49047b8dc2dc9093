"""The host's settings as the workflow's rules."""

from __future__ import annotations

from dataclasses import fields

from appliance.config.model import Config
from appliance.workflow.rules import Rules


def rules_of(config: Config) -> Rules:
    """Every number the workflow shares with the settings, by its name."""
    known = {field.name for field in fields(Rules)}
    policy, timeouts = config.policy, config.timeouts
    shared = {
        field.name: getattr(part, field.name)
        for part in (policy, timeouts)
        for field in fields(part)
        if field.name in known
    }
    sequence = tuple(config.attendant.sequence.split())
    return Rules(languages=len(config.voice.languages), sequence=sequence, **shared)
