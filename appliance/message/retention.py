"""How long letters stay, counted in time that the booth has lived, and how one is forgotten.

A Pi has no clock of its own: what it believes may jump by years. So days are counted on a clock that never goes back
while the program runs. Of the time in between, as far as the believed clock tells, at most a day a start is counted: a
letter may stay longer than was said, never shorter.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from appliance.errors import StorageError
from appliance.message.ledger import Ledger
from appliance.message.shelf import Shelf

if TYPE_CHECKING:
    from appliance.message.stores import Stores

DAY_S = 86_400.0


def begin(ledger: Ledger, wall_s: float, now_s: float) -> None:
    """The program has started: what passed since it was last heard of is lived too, as far as it can be believed."""
    seen_s = ledger.fact('seen')
    away_s = 0.0 if seen_s is None else min(max(wall_s - seen_s, 0.0), DAY_S)
    with ledger.change():
        ledger.remember('lived', (ledger.fact('lived') or 0.0) + away_s)
        ledger.remember('now', now_s)
        ledger.remember('seen', wall_s)


def live(ledger: Ledger, wall_s: float, now_s: float) -> float:
    """Seconds lived so far; written down, so that a crash loses only what passed since."""
    before_s = ledger.fact('now', now_s) or 0.0
    lived_s = (ledger.fact('lived') or 0.0) + max(now_s - before_s, 0.0)
    ledger.remember('lived', lived_s)
    ledger.remember('now', now_s)
    ledger.remember('seen', wall_s)
    return lived_s


def retire(stores: Stores) -> None:
    """Forget what is older than the host wants; a letter that is being cut waits."""
    ledger, keeping = stores.ledger, stores.keeping
    with ledger.change():
        lived_s = live(ledger, stores.wall_s(), stores.now_s())
    if keeping.retention == 'keep':
        return
    old = lived_s - keeping.retention_days * DAY_S
    sql = "SELECT number FROM letter WHERE lived_s < ? AND state IN ('kept', 'held', 'cut', 'handed over', 'lost')"
    if keeping.retention == 'days':
        for row in ledger.rows(sql, old):
            forget(ledger, stores.shelf, row['number'])


def forget(ledger: Ledger, shelf: Shelf, number: int) -> None:
    """What it was is erased, that it was stays. Begun, it is finished: by the next start if need be."""
    with ledger.change():
        ledger.run("UPDATE letter SET state = 'forgetting' WHERE number = ?", number)
    try:
        shelf.erase(number)
    except OSError as error:
        what = f'cannot erase letter no. {number} ({error.strerror or error})'
        raise StorageError(
            what, where=str(shelf.folder(number)), remedy='it is tried again at the next start'
        ) from error
    with ledger.change():
        ledger.run(
            "UPDATE letter SET state = 'forgotten', reference = NULL, at_s = NULL, seconds = NULL, disc = NULL, "
            'speed_rpm = NULL, level_db = NULL, plan = NULL WHERE number = ?',
            number,
        )
    ledger.erase_traces()
