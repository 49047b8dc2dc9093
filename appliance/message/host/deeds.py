"""What the host's people did, as the ledger remembers it."""

from __future__ import annotations

from dataclasses import dataclass

from appliance.message.ledger import Ledger

WAY_OUT = 'a system shell is for'  # a deed of the settings
BOOTH = 'booth'  # who, where nobody did anything
RESULT = 'result of the checklist'  # a deed of the booth itself, beside that of whoever ran it


@dataclass(frozen=True, slots=True)
class Deed:
    """One of them, and how it ended. `date`: None where nobody had set the clock."""

    at_s: float
    lived_s: float  # that the booth had run in all
    date: str | None
    who: str
    what: str
    how: str


class Deeds:
    """Queries alone."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def last(self, what: str) -> Deed | None:
        """The newest of that name."""
        sql = 'SELECT at_s, lived_s, date, who, what, how FROM deed WHERE what = ? ORDER BY id DESC LIMIT 1'
        row = self._ledger.row(sql, what)
        return None if row is None else Deed(*row)

    def newest(self, limit: int, who: str = '') -> tuple[Deed, ...]:
        """The newest first; of one person, or of all."""
        sql = "SELECT at_s, lived_s, date, who, what, how FROM deed WHERE ? IN ('', who) ORDER BY id DESC LIMIT ?"
        return tuple(Deed(*row) for row in self._ledger.rows(sql, who, limit))

    def newest_s(self) -> float:
        """When the newest was done of those whose clock somebody had set; 0: none."""
        row = self._ledger.row('SELECT MAX(at_s) FROM deed WHERE date IS NOT NULL')
        return float(row[0] or 0.0) if row is not None else 0.0
