"""The discs of a letter in the ledger: one row each, from the moment a blank is to be cut."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from appliance.message.host.counters import BLANKS

if TYPE_CHECKING:
    from appliance.message.stores import Stores


class Discs:
    """The part of the stores that counts discs; within transactions of its own unless it says otherwise."""

    def __init__(self, stores: Stores) -> None:
        self._stores = stores
        self._cut = 0  # row of the disc that is being cut, or was cut last

    def begin(self, number: int) -> Path:
        """A row for the next disc; the folder for its results."""
        stores = self._stores
        with stores.ledger.change() as ledger:
            sql = (
                'INSERT INTO cut (letter, state, at_s, lived_s, date, disc, speed_rpm, level_db, plan) '
                "SELECT number, 'cutting', ?, ?, ?, disc, speed_rpm, level_db, plan FROM letter WHERE number = ?"
            )
            self._cut = ledger.run(sql, *stores.stamp().columns, number)
            self.state(number, 'cutting')
        return stores.shelf.disc(number, self._cut)

    def done(self, number: int, report: dict[str, Any]) -> None:
        """The blank is a disc."""
        stylus_s = float(report.get('letter_s', 0.0))
        with self._stores.ledger.change() as ledger:
            ledger.run("UPDATE cut SET state = 'done', stylus_s = ? WHERE id = ?", stylus_s, self._cut)
            self._spend(self._cut)
            self.state(number, 'cut')

    def ended(self, number: int, how: str, cause: str) -> None:
        """Other than well."""
        with self._stores.ledger.change() as ledger:
            sql = "UPDATE cut SET state = ?, cause = ? WHERE id = ? AND state = 'cutting'"
            ledger.run(sql, how, cause, self._cut)
            if how != 'refused':
                self._spend(self._cut)
            self.state(number, 'kept')

    def spoiled(self, number: int, cause: str) -> None:
        """The last disc of this letter is lost."""
        with self._stores.ledger.change() as ledger:
            row = ledger.row('SELECT MAX(id) FROM cut WHERE letter = ?', number)
            if row is not None and row[0] is not None:
                self.spoil(row[0], cause)

    def spoil(self, cut: int, cause: str) -> None:
        """As `spoiled`, within a transaction."""
        self._stores.ledger.run("UPDATE cut SET cause = ? WHERE id = ? AND cause = ''", cause, cut)
        self._spend(cut)

    def state(self, number: int, state: str) -> None:
        """Of the letter; within a transaction."""
        self._stores.ledger.run('UPDATE letter SET state = ? WHERE number = ?', state, number)

    def _spend(self, cut: int) -> None:
        ledger = self._stores.ledger
        row = ledger.row('SELECT blank FROM cut WHERE id = ?', cut)
        left = ledger.fact(BLANKS)
        if row is not None and not row['blank']:
            ledger.run('UPDATE cut SET blank = 1 WHERE id = ?', cut)
            if left is not None:
                ledger.remember(BLANKS, max(left - 1, 0))
