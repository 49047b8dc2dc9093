"""What is used up: blanks, the stylus, the swarf bin. Discs count by themselves; hands that change or empty something
say so, and their names and times stay in the table `counted`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from appliance.errors import OptionError
from appliance.message.ledger import Ledger
from appliance.message.values import Stamp

BLANKS, STYLUS, SWARF, TESTS = 'blanks', 'stylus', 'swarf', 'tests'
MOST_BLANKS = 100_000


@dataclass(frozen=True, slots=True)
class Stylus:
    """The one that is in the head."""

    used_s: float  # of cutting, since it was put in
    total_s: float  # of all there ever were
    changes: int
    changed_s: float | None = None  # as the clock believed; None: never
    changed_by: str = ''


@dataclass(frozen=True, slots=True)
class Bin:
    """The swarf bin, or the bag of the suction."""

    discs: int  # cut since it was emptied, spoiled ones included
    cut_s: float  # seconds of cutting since then
    emptied_s: float | None = None  # as the clock believed; None: never
    emptied_by: str = ''


class Counters:
    """`stamp`: now. All raise StorageError as the ledger does."""

    def __init__(self, ledger: Ledger, stamp: Callable[[], Stamp]) -> None:
        self._ledger, self._stamp = ledger, stamp

    # -- blanks ----------------------------------------------------------------------------------------------------

    def blanks(self) -> int | None:
        """Left, if the host counts them."""
        left = self._ledger.fact(BLANKS)
        return None if left is None else round(left)

    def set_blanks(self, count: int | None, who: str) -> None:
        """So many are there; None: they are not counted any more."""
        if count is not None and not 0 <= count <= MOST_BLANKS:
            raise OptionError(f'{count} blanks', where='blanks', remedy=f'give 0 to {MOST_BLANKS}')
        with self._ledger.change() as ledger:
            was = ledger.fact(BLANKS)
            if count is None:
                ledger.run('DELETE FROM fact WHERE name = ?', BLANKS)
            else:
                ledger.remember(BLANKS, count)
            ledger.log('counted', self._stamp(), who, BLANKS, was, count)

    def add_blanks(self, count: int, who: str) -> int:
        """How many there are now; a booth that did not count begins with these."""
        now = (self.blanks() or 0) + count
        self.set_blanks(now, who)
        return now

    # -- stylus and bin --------------------------------------------------------------------------------------------

    def stylus(self) -> Stylus:
        """Seconds of cutting of the one in the head."""
        total_s = self._total_s()
        last = self._last(STYLUS)
        begun_s = self._ledger.fact(STYLUS) or 0.0
        changes = self._ledger.rows('SELECT COUNT(*) FROM counted WHERE name = ?', STYLUS)[0][0]
        return Stylus(max(total_s - begun_s, 0.0), total_s, changes, *last)

    def worked(self, seconds: float, who: str) -> None:
        """The stylus has cut what is no letter's disc: a test on a scrap."""
        with self._ledger.change() as ledger:
            before = ledger.fact(TESTS) or 0.0
            ledger.remember(TESTS, before + seconds)
            ledger.log('counted', self._stamp(), who, TESTS, before, before + seconds)

    def stylus_changed(self, who: str) -> Stylus:
        """A new one is in the head. Returns the one that came out."""
        old = self.stylus()
        with self._ledger.change() as ledger:
            ledger.remember(STYLUS, old.total_s)
            ledger.log('counted', self._stamp(), who, STYLUS, old.used_s, 0.0)
        return old

    def swarf(self) -> Bin:
        """What lies in the bin."""
        after = self._ledger.fact(SWARF) or 0.0
        sql = 'SELECT COUNT(*), SUM(stylus_s) FROM cut WHERE blank = 1 AND id > ?'
        row = self._ledger.rows(sql, after)[0]
        return Bin(row[0], float(row[1] or 0.0), *self._last(SWARF))

    def swarf_emptied(self, who: str) -> Bin:
        """Returns what was in it."""
        full = self.swarf()
        with self._ledger.change() as ledger:
            last = ledger.rows('SELECT MAX(id) FROM cut')[0][0] or 0
            ledger.remember(SWARF, last)
            ledger.log('counted', self._stamp(), who, SWARF, full.discs, 0.0)
        return full

    def due(self, stylus_hours: float, swarf_discs: int) -> tuple[str, ...]:
        """What a hand should see to: 'stylus', 'swarf'. 0 discs: nobody counts them."""
        worn = self.stylus().used_s >= stylus_hours * 3600.0
        full = 0 < swarf_discs <= self.swarf().discs
        return tuple(name for name, is_due in ((STYLUS, worn), (SWARF, full)) if is_due)

    def _total_s(self) -> float:
        """Of letters and tests."""
        row = self._ledger.row('SELECT SUM(stylus_s) FROM cut')
        return float(row[0] or 0.0 if row is not None else 0.0) + (self._ledger.fact(TESTS) or 0.0)

    def _last(self, name: str) -> tuple[float | None, str]:
        row = self._ledger.row('SELECT at_s, who FROM counted WHERE name = ? ORDER BY id DESC LIMIT 1', name)
        return (None, '') if row is None else (row['at_s'], row['who'])
