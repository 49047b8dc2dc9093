"""How long letters stay, counted in time that the booth has lived, and how one is forgotten.

A Pi has no clock of its own: what it believes may jump by years, and at any start. So a day is one that the booth has
run, counted on a clock that never goes back; the nights it is switched off do not count, since nobody can say how long
they were. A letter may stay longer than was said, never shorter; the host may forget it by hand at any time.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from appliance.errors import StorageError
from appliance.message.host.addresses import erase as erase_address
from appliance.message.ledger import Ledger
from appliance.message.shelf import Shelf
from appliance.message.values import Stamp

if TYPE_CHECKING:
    from appliance.message.stores import Stores

DAY_S = 86_400.0
WRITE_EVERY_S = 600.0


class Life:
    """How long the booth has run in all. Written down now and then only: a memory card wears out by writing, and a
    crash that forgets some of it makes letters stay longer."""

    def __init__(self, ledger: Ledger, now_s: Callable[[], float]) -> None:
        """`now_s`: a clock that never goes back."""
        self._ledger, self._now_s = ledger, now_s
        self._before_s = ledger.fact('lived') or 0.0
        self._begun_s = self._written_s = now_s()

    def lived_s(self) -> float:
        return self._before_s + max(self._now_s() - self._begun_s, 0.0)

    def go_on_from(self, lived_s: float) -> None:
        """The hours of another booth, whose letters this one has now."""
        self._before_s = lived_s
        self._begun_s = self._now_s()

    def write_down(self, after_s: float = 0.0) -> None:
        """If it has not been for `after_s`."""
        now_s = self._now_s()
        if now_s - self._written_s >= after_s:
            with self._ledger.change() as ledger:
                ledger.remember('lived', self.lived_s())
            self._written_s = now_s


def retire(stores: Stores) -> None:
    """Forget what is older than the host wants; a letter that is being cut, or whose disc waits to be
    taken, or for whose disc somebody waits, stays.

    Who deletes at hand-over has letters too that were never handed over: theirs are these days as well.
    """
    ledger, keeping = stores.ledger, stores.keeping
    stores.life.write_down(WRITE_EVERY_S)
    if keeping.retention == 'keep':
        return
    old_s = stores.life.lived_s() - keeping.retention_days * DAY_S
    sql = (
        "SELECT number FROM letter WHERE (lived_s < ? AND state IN ('kept', 'held', 'handed over', 'lost') "
        "OR state = 'handed over' AND ?) AND number != ?"  # a crash came between the hand-over and the forgetting
    )
    waits_for_disc = ledger.fact('visitor') or 0.0
    for row in ledger.rows(sql, old_s, keeping.retention == 'handover', waits_for_disc):
        stores.forget(row['number'])


def forget(ledger: Ledger, shelf: Shelf, number: int, stamp: Stamp) -> None:
    """What it was is erased, that it was stays. Begun, it is finished: by the next start if need be."""
    first = ledger.row("SELECT 1 FROM letter WHERE number = ? AND state != 'forgotten'", number) is not None
    with ledger.change():
        ledger.run("UPDATE letter SET state = 'forgetting' WHERE number = ?", number)
        erase_address(ledger, number)
    try:
        shelf.erase(number)
    except OSError as error:
        what = f'cannot erase letter no. {number} ({error.strerror or error})'
        raise StorageError(
            what, where=str(shelf.folder(number)), remedy='it is tried again at the next start'
        ) from error
    with ledger.change():
        if first:  # not when what the cutter has written meanwhile is erased too
            ledger.log('visit', stamp, 'forgotten', None, '')
        ledger.run(
            "UPDATE letter SET state = 'forgotten', reference = NULL, at_s = NULL, seconds = NULL, disc = NULL, "
            "language = '', "
            'speed_rpm = NULL, level_db = NULL, plan = NULL, master = NULL WHERE number = ?',
            number,
        )
        gone = 'at_s = NULL, level_db = NULL, plan = NULL, master = NULL, void = substr(void, 1, 1)'
        ledger.run(f'UPDATE cut SET {gone} WHERE letter = ?', number)
        ledger.run('DELETE FROM take WHERE letter = ?', number)
        erase_address(ledger, number)
    ledger.erase_traces()
