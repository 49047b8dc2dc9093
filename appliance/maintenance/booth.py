"""The booth as a whole: how it is."""

from __future__ import annotations

from collections.abc import Iterator

from appliance.desk.book import Call, Command, Facts, Said
from appliance.workflow.turn import SERVED


def status(call: Call) -> Iterator[Said]:
    """How the booth is.

    Examples:
        status
        status --json
    """
    look = call.desk.look()
    yield Facts({'state': look.booth.state.value, 'visitor': look.booth.state in SERVED})


COMMANDS = (Command('status', status),)
