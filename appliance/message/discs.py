"""The discs of a letter in the ledger: one row each, from the moment a blank is to be cut.

Discs are numbered by the letter: the first, the second; those of an edition from 1 to how many it has. A number is that
of a good disc: one that was spoiled, or that the host has declared void, leaves its number to the next, is counted as
spoiled, and never against a quota.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from appliance.errors import MachineRefusesError, OptionError
from appliance.message.host.counters import BLANKS
from appliance.message.values import AGAIN, Copy, Letter

if TYPE_CHECKING:
    from appliance.message.stores import Stores

MOST_COPIES = 200  # ordered at once
GOOD = "state = 'done' AND void = ''"
WHY = 80  # characters of a reason


class Discs:
    """The part of the stores that counts discs; within transactions of its own unless it says otherwise."""

    def __init__(self, stores: Stores) -> None:
        self._stores = stores
        self._cut = 0  # row of the disc that is being cut, or was cut last

    # -- asked for by the host -------------------------------------------------------------------------------------

    def order(self, letter: Letter, copies: int, who: str, *, numbered: bool) -> None:
        """A row that says how many; see `Stores.order_discs`."""
        if not 1 <= copies <= MOST_COPIES:
            raise OptionError(f'{copies} copies', where='copies', remedy=f'give 1 to {MOST_COPIES}')
        if letter.state not in AGAIN:
            what = f'letter no. {letter.number} is {letter.state}'
            raise OptionError(what, where='letters', remedy='only what its visitor has kept is cut')
        ledger = self._stores.ledger
        sql = 'SELECT id FROM edition WHERE letter = ? AND numbered = 1 AND copies = ? ORDER BY id DESC LIMIT 1'
        row = ledger.row(sql, letter.number, copies) if numbered else None
        edition = 0 if row is None else int(row['id'])
        left = self._left(edition) if edition else copies
        if not left:
            what = f'all {copies} of this edition are cut'
            raise OptionError(what, where=f'letter no. {letter.number}', remedy='declare one void to cut it again')
        self._refuse_quota(letter.number, left)
        with ledger.change():
            ledger.run("UPDATE edition SET state = 'ended' WHERE letter = ? AND state = 'open'", letter.number)
            if edition:
                ledger.run("UPDATE edition SET state = 'open' WHERE id = ?", edition)
            else:
                names = 'at_s, lived_s, date, letter, copies, numbered, who, state'
                sql = f"INSERT INTO edition ({names}) VALUES (?, ?, ?, ?, ?, ?, ?, 'open')"
                ledger.run(sql, *self._stores.stamp().columns, letter.number, copies, int(numbered), who)

    def left(self, number: int) -> int:
        """Discs of this letter that were ordered and are not cut; 0 where none were."""
        row = self._stores.ledger.row("SELECT id FROM edition WHERE letter = ? AND state = 'open'", number)
        return 0 if row is None else self._left(row['id'])

    def place(self, number: int, *, taken: bool = False) -> tuple[int, int]:
        """Of several that were ordered, which one is in hand, and of how many: the one that is being cut or waits to be
        taken, else (or if that is `taken`, and not noted yet) the next. (0, 0) where one disc alone is wanted."""
        ledger = self._stores.ledger
        sql = "SELECT id, copies, numbered FROM edition WHERE letter = ? AND state != 'ended' ORDER BY id DESC LIMIT 1"
        order, row = ledger.row(sql, number), ledger.row('SELECT state FROM letter WHERE number = ?', number)
        if order is None or order['copies'] < 2:
            return 0, 0
        state = '' if row is None or taken else row['state']
        if not order['numbered']:
            return order['copies'] - self._left(order['id']) + (state != 'cut'), order['copies']
        if state in ('cutting', 'cut'):
            row = ledger.row('SELECT copy FROM cut WHERE letter = ? ORDER BY id DESC LIMIT 1', number)
            return int(row['copy']) if row is not None else 0, order['copies']
        return self._next_copy(number, order['id']), order['copies']

    def void(self, number: int, which: str, why: str) -> Copy:
        """A finished disc is no good after all: '' the last one, '2' the second, '2/3' of an edition of three.
        OptionError where there is none."""
        if not why.strip() or len(why) > WHY:
            raise OptionError('a reason is needed', where='why', remedy=f'say it in 1 to {WHY} characters')
        found = [disc for disc in self.of(number) if disc.good and which in ('', disc.place, disc.mark)]
        if not found:
            raise OptionError(
                f'there is no good disc {which}'.strip(), where=f'letter no. {number}', remedy='see letters show'
            )
        with self._stores.ledger.change() as ledger:
            ledger.run('UPDATE cut SET void = ? WHERE id = ?', why.strip(), found[-1].row)
        return found[-1]

    def of(self, number: int) -> tuple[Copy, ...]:
        """Every disc that was begun of this letter, in order."""
        folders = {path: path for path in self._stores.shelf.discs(number)}
        return tuple(
            Copy(
                row=row['id'],
                letter=number,
                state=row['state'],
                cause=row['cause'],
                void=row['void'],
                copy=row['copy'],
                copies=row['copies'],
                who=row['who'],
                at_s=row['at_s'] or 0.0,
                spent=bool(row['blank']),
                stylus_s=row['stylus_s'],
                disc=row['disc'] or '',
                speed_rpm=row['speed_rpm'] or 0.0,
                level_db=row['level_db'] or 0.0,
                master=row['master'] or '',
                folder=folders.get(self._stores.shelf.disc(number, row['id'])),
            )
            for row in self._stores.ledger.rows('SELECT * FROM cut WHERE letter = ? ORDER BY id', number)
        )

    def counts(self) -> dict[int, int]:
        """Good discs, by the numbers of their letters."""
        rows = self._stores.ledger.rows(f'SELECT letter, COUNT(*) FROM cut WHERE {GOOD} GROUP BY letter')
        return {row[0]: row[1] for row in rows}

    def mark(self) -> str:
        """Of the disc that is being cut, or was cut last; '' before the first."""
        row = self._stores.ledger.row('SELECT letter FROM cut WHERE id = ?', self._cut)
        return '' if row is None else self.of(row['letter'])[-1].mark

    def good_today(self) -> int:
        """Good discs of this day: of the calendar where its date is known, else of the day the booth has lived."""
        now, day_s = self._stores.stamp(), 86_400.0
        if now.date is not None:
            sql, values = f'SELECT COUNT(*) FROM cut WHERE {GOOD} AND date = ?', (now.date,)
            return int(self._stores.ledger.rows(sql, *values)[0][0])
        begun_s = now.lived_s // day_s * day_s
        sql = f'SELECT COUNT(*) FROM cut WHERE {GOOD} AND lived_s >= ?'
        return int(self._stores.ledger.rows(sql, begun_s)[0][0])

    def _left(self, edition: int) -> int:
        ledger = self._stores.ledger
        copies = ledger.rows('SELECT copies FROM edition WHERE id = ?', edition)[0][0]
        cut = ledger.rows(f'SELECT COUNT(*) FROM cut WHERE edition = ? AND {GOOD}', edition)[0][0]
        return max(int(copies) - int(cut), 0)

    def _refuse_quota(self, number: int, wanted: int) -> None:
        most = self._stores.keeping.copies_a_letter
        good = sum(disc.good for disc in self.of(number))
        if most and good + wanted > most + 1:
            what = f'{good} discs are cut of letter no. {number}, {wanted} more would be {good + wanted - 1} copies'
            raise MachineRefusesError(what, where='policy.copies_a_letter', remedy=f'{most} are allowed')
        most, today = self._stores.keeping.discs_a_day, self.good_today()
        if most and today + wanted > most:
            what = f'{today} discs are cut today, {wanted} more are too many'
            raise MachineRefusesError(what, where='policy.discs_a_day', remedy=f'{most} are allowed')

    # -- as it is cut ----------------------------------------------------------------------------------------------

    def begin(self, number: int) -> Path:
        """A row for the next disc; the folder for its results."""
        stores = self._stores
        with stores.ledger.change() as ledger:
            order = ledger.row(
                "SELECT id, copies, numbered, who FROM edition WHERE letter = ? AND state = 'open'", number
            )
            numbered = order is not None and bool(order['numbered'])
            told = (
                None if order is None else order['id'],
                self._next_copy(number, order['id'] if numbered and order is not None else None),
                order['copies'] if numbered and order is not None else 0,
                '' if order is None else order['who'],
            )
            names = 'letter, state, at_s, lived_s, date, edition, copy, copies, who, disc, speed_rpm, level_db, plan'
            known = "number, 'cutting', ?, ?, ?, ?, ?, ?, ?, disc, speed_rpm, level_db, plan"
            sql = f'INSERT INTO cut ({names}) SELECT {known} FROM letter WHERE number = ?'
            self._cut = ledger.run(sql, *stores.stamp().columns, *told, number)
            self.state(number, 'cutting')
        return stores.shelf.disc(number, self._cut)

    def _next_copy(self, number: int, edition: int | None) -> int:
        """The lowest number that no good disc has, in the edition or beside all editions."""
        which = 'copies = 0' if edition is None else f'edition = {edition:d}'
        rows = self._stores.ledger.rows(f'SELECT copy FROM cut WHERE letter = ? AND {GOOD} AND {which}', number)
        taken = {int(row['copy']) for row in rows}
        return next(copy for copy in range(1, len(taken) + 2) if copy not in taken)

    def mastered(self, number: int, digest: str) -> None:
        """What the disc was cut of is kept."""
        with self._stores.ledger.change() as ledger:
            ledger.run('UPDATE letter SET master = ? WHERE number = ?', digest, number)
            ledger.run('UPDATE cut SET master = ? WHERE id = ?', digest, self._cut)

    def done(self, number: int, report: dict[str, Any]) -> None:
        """The blank is a disc."""
        stylus_s = float(report.get('letter_s', 0.0))
        with self._stores.ledger.change() as ledger:
            ledger.run("UPDATE cut SET state = 'done', stylus_s = ? WHERE id = ?", stylus_s, self._cut)
            self._spend(self._cut)
            self.state(number, 'cut')
            self.close_order(number)

    def ended(self, number: int, how: str, cause: str, stylus_s: float) -> None:
        """Other than well. Who was told first why (a lid that was opened) knows better than who only had to stop."""
        with self._stores.ledger.change() as ledger:
            known = "cause = CASE WHEN cause = '' THEN ? ELSE cause END"
            sql = f"UPDATE cut SET state = ?, {known}, stylus_s = ? WHERE id = ? AND state = 'cutting'"
            ledger.run(sql, how, cause, stylus_s, self._cut)
            if how != 'refused':
                self._spend(self._cut)
            self.state(number, self.at_rest(number))

    def spoiled(self, number: int, cause: str) -> None:
        """The last disc of this letter is lost."""
        with self._stores.ledger.change() as ledger:
            row = ledger.row('SELECT MAX(id) FROM cut WHERE letter = ?', number)
            if row is not None and row[0] is not None:
                self.spoil(row[0], cause)

    # -- within a transaction ----------------------------------------------------------------------------------------

    def spoil(self, cut: int, cause: str) -> None:
        """As `spoiled`, for one row."""
        self._stores.ledger.run("UPDATE cut SET cause = ? WHERE id = ? AND cause = ''", cause, cut)
        self._stores.ledger.run("UPDATE cut SET void = ? WHERE id = ? AND state = 'done' AND void = ''", cause, cut)
        self._spend(cut)

    def state(self, number: int, state: str) -> None:
        """Of the letter."""
        self._stores.ledger.run('UPDATE letter SET state = ? WHERE number = ?', state, number)

    def at_rest(self, number: int) -> str:
        """The state of a letter of which nothing is in the machine."""
        row = self._stores.ledger.row(f'SELECT 1 FROM cut WHERE letter = ? AND {GOOD}', number)
        return 'kept' if row is None else 'handed over'

    def close_order(self, number: int) -> None:
        """If all is cut that was ordered."""
        if not self.left(number):
            self._stores.ledger.run("UPDATE edition SET state = 'done' WHERE letter = ? AND state = 'open'", number)

    def _spend(self, cut: int) -> None:
        ledger = self._stores.ledger
        row = ledger.row('SELECT blank FROM cut WHERE id = ?', cut)
        left = ledger.fact(BLANKS)
        if row is not None and not row['blank']:
            ledger.run('UPDATE cut SET blank = 1 WHERE id = ?', cut)
            if left is not None:
                ledger.remember(BLANKS, max(left - 1, 0))
