"""Letters out of a backup, back into a booth. A number that exists there is left as it is, whatever has become of it:
what was forgotten stays forgotten. Only a letter that was lost gets its sound back, if it is the same letter.

An empty booth (a new card, say) becomes what the other was: counters, logs and the hours it has lived included.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from appliance.errors import MachineRefusesError, StorageError
from appliance.message.disk import Disk
from appliance.message.host.backup import (
    SPARE_BYTES,
    Ask,
    Backup,
    Told,
    copied,
    damaged,
    in_words,
    quiet,
    verify,
)
from appliance.message.ledger import FILE, LOGS, Ledger
from appliance.message.shelf import DISC, FOLDER, PART, STAGING

if TYPE_CHECKING:
    from appliance.message.stores import Stores

AT_REST = {'cutting': 'kept', 'cut': 'handed over', 'keeping': '', 'forgetting': '', 'forgotten': '', 'lost': ''}
EMPTY = ('letter', 'cut', 'visit', 'take', 'counted')  # of a booth that nobody has used, no row


@dataclass(frozen=True, slots=True)
class Restored:
    """What came back, and what did not, by number."""

    letters: tuple[int, ...]
    left_alone: tuple[int, ...]  # they exist here
    whole: bool  # counters and logs too: the booth was empty


def restore(ask: Ask, data: Path, folder: Path, told: Told = quiet, disk: Disk | None = None) -> Restored:
    """Everything in `folder` that is not here. It is read to its last byte first: nothing of a damaged backup, or of
    one that a newer program has made, is taken. Broken off, it is asked for once more and goes on."""
    disk, found = disk or Disk(), verify(folder, told)
    with in_words('restore the backup', data):
        disk.remove(data / STAGING)
        disk.folder(data / STAGING)
        try:
            theirs = _Theirs(found, data / STAGING, disk)
            with contextlib.closing(theirs):
                return _restored(ask, theirs, told)
        finally:
            disk.remove(data / STAGING)


def _restored(ask: Ask, theirs: _Theirs, told: Told) -> Restored:
    empty: bool = ask('look for letters', lambda stores: is_empty(stores.ledger))
    if empty:
        ask('restore counters and logs', theirs.become)
    came: list[int] = []
    alone: list[int] = []
    done = 0
    for number in theirs.numbers():
        if ask('look for a letter', partial(theirs.wanted, number)):
            done += theirs.fetch(number)
            ask('restore a letter', partial(theirs.put, number))
            came.append(number)
        else:
            alone.append(number)
        if not told(done, theirs.found.size):
            raise MachineRefusesError('it was stopped', where=str(theirs.found.folder), remedy='begin it again')
    return Restored(tuple(came), tuple(alone), empty)


def is_empty(ledger: Ledger) -> bool:
    """Whether nobody has ever used this booth."""
    return not any(ledger.rows(f'SELECT 1 FROM {table} LIMIT 1') for table in EMPTY)


class _Theirs:
    """The backup's side. `put`, `wanted` and `become` are done in the archivist's thread, one letter at a time."""

    def __init__(self, found: Backup, staging: Path, disk: Disk) -> None:
        self.found, self._staging, self._disk = found, staging, disk
        copied(disk, found.folder / FILE, staging / FILE)  # brought up to this program's version, there is no way back
        with contextlib.closing(Ledger(staging)):
            pass
        self._db = sqlite3.connect(staging / FILE, check_same_thread=False)
        self._db.row_factory = sqlite3.Row

    def close(self) -> None:
        self._db.close()

    def numbers(self) -> tuple[int, ...]:
        """Of letters that have their sound."""
        there = set(self.found.numbers)
        rows = self._db.execute('SELECT number, state FROM letter ORDER BY number').fetchall()
        return tuple(row['number'] for row in rows if row['number'] in there and AT_REST.get(row['state'], 'kept'))

    def wanted(self, number: int, stores: Stores) -> bool:
        """There is no such number here; or it is lost, and this is it."""
        here = stores.ledger.row('SELECT state, reference FROM letter WHERE number = ?', number)
        if here is None:
            return not stores.shelf.folder(number).exists()
        return here['state'] == 'lost' and here['reference'] in (None, self._letter(number)['reference'])

    def fetch(self, number: int) -> int:
        """Files of a letter, on this disk; their bytes."""
        inside = f'{FOLDER}/{number:06d}/'
        files = {name: file for name, file in self.found.files.items() if name.startswith(inside)}
        size = sum(size for size, _ in files.values())
        free = self._disk.free_bytes(self._staging)
        if free < size + SPARE_BYTES:
            what = f'no room for letter no. {number}: {(size + SPARE_BYTES) / 1e6:.0f} MB are needed'
            raise StorageError(what, where=str(self._staging), remedy='free some space', cause='disk full')
        for name, wanted in files.items():
            if copied(self._disk, self.found.folder / name, self._staging / name) != wanted:
                raise damaged(self.found.folder / name, 'has changed while it was read')
        return size

    def put(self, number: int, stores: Stores) -> None:
        """Row first, as a letter that is lost; then its folder; then its true state. Whatever comes between, the next
        start finds a lost letter, or one that is kept after all."""
        theirs, ledger, folder = self._letter(number), stores.ledger, self._staging / FOLDER / f'{number:06d}'
        here = ledger.row('SELECT 1 FROM letter WHERE number = ?', number) is not None  # lost: its rows are there
        stores.shelf.remember_number(max(stores.shelf.last_number(), number))
        with ledger.change():
            new = {} if here else self._insert(stores, theirs)
        self._rename(folder, new)
        self._disk.rename(folder, stores.shelf.folder(number))
        self._disk.sync_folder(stores.shelf.folder(number).parent)
        with ledger.change():
            ledger.run(
                'UPDATE letter SET state = ? WHERE number = ?', AT_REST.get(theirs['state'], theirs['state']), number
            )

    def _insert(self, stores: Stores, theirs: sqlite3.Row) -> dict[int, int]:
        """All rows of a letter, which is lost as yet; of its discs the numbers there and here. The days it has been
        kept there are counted on."""
        ledger, number = stores.ledger, theirs['number']
        lived_s = stores.life.lived_s() - (self.found.lived_s - theirs['lived_s'])
        twin = ledger.row('SELECT 1 FROM letter WHERE reference = ?', theirs['reference'])  # under another number
        mark = theirs['reference'] if twin is None else None
        _put(ledger, 'letter', dict(theirs) | {'state': 'lost', 'lived_s': lived_s, 'reference': mark})
        discs = self._insert_discs(ledger, number)
        for row in self._rows('SELECT * FROM address WHERE letter = ?', number):
            _put(ledger, 'address', dict(row))
        return discs

    def _insert_discs(self, ledger: Ledger, number: int) -> dict[int, int]:
        """Rows of editions and discs, under their own numbers where those are free."""
        editions: dict[int | None, int | None] = {None: None}
        discs: dict[int, int] = {}
        for row in self._rows('SELECT * FROM edition WHERE letter = ? ORDER BY id', number):
            state = 'ended' if row['state'] == 'open' else row['state']
            editions[row['id']] = _put_numbered(ledger, 'edition', dict(row) | {'state': state})
        for row in self._rows('SELECT * FROM cut WHERE letter = ? ORDER BY id', number):
            known = dict(row) | {'edition': editions[row['edition']]}
            if row['state'] == 'cutting':
                known |= {'state': 'broken', 'cause': 'power'}
            discs[row['id']] = _put_numbered(ledger, 'cut', known)
        return discs

    def _rename(self, folder: Path, discs: dict[int, int]) -> None:
        """Folders of discs are called by the numbers they have here; in two steps, for these may change places."""
        moved = [(folder / f'{DISC}{old}', folder / f'{DISC}{new}') for old, new in discs.items() if old != new]
        moved = [(old, new) for old, new in moved if old.is_dir()]
        for old, new in moved:
            self._disk.rename(old, new.with_name(new.name + PART))
        for _, new in moved:
            self._disk.rename(new.with_name(new.name + PART), new)
        self._disk.sync_folder(folder)

    def become(self, stores: Stores) -> None:
        """Counters, logs and numbers of the other booth; nothing that is a letter."""
        with stores.ledger.change() as ledger:
            for row in self._rows("SELECT name, value FROM fact WHERE name NOT IN ('visitor', 'set aside')"):
                ledger.remember(row['name'], row['value'])
            for table, names in LOGS.items():
                columns = ', '.join(('id', 'at_s', 'lived_s', 'date', *names))
                places = ', '.join('?' * (4 + len(names)))
                for row in self._rows(f'SELECT {columns} FROM {table} ORDER BY id'):
                    ledger.run(f'INSERT OR IGNORE INTO {table} ({columns}) VALUES ({places})', *row)
            for row in self._rows(
                "SELECT number, lived_s, date FROM letter WHERE state IN ('forgotten', 'forgetting')"
            ):
                sql = "INSERT OR IGNORE INTO letter (number, state, lived_s, date) VALUES (?, 'forgotten', ?, ?)"
                ledger.run(sql, *row)
                self._insert_discs(ledger, row['number'])
        stores.life.go_on_from(self.found.lived_s)
        last = max((row[0] for row in self._rows('SELECT MAX(number) FROM letter') if row[0]), default=0)
        stores.shelf.remember_number(max(last, stores.shelf.last_number()))

    def _letter(self, number: int) -> sqlite3.Row:
        return self._rows('SELECT * FROM letter WHERE number = ?', number)[0]

    def _rows(self, sql: str, *values: Any) -> Sequence[sqlite3.Row]:
        return self._db.execute(sql, values).fetchall()


def _put_numbered(ledger: Ledger, table: str, known: dict[str, Any]) -> int:
    """One row under its own number, or under another where that is taken."""
    taken = ledger.row(f'SELECT 1 FROM {table} WHERE id = ?', known['id']) is not None
    return _put(ledger, table, known | {'id': None} if taken else known)


def _put(ledger: Ledger, table: str, known: dict[str, Any]) -> int:
    """One row; its key."""
    places = ', '.join('?' * len(known))
    return ledger.run(f'INSERT INTO {table} ({", ".join(known)}) VALUES ({places})', *known.values())
