"""The ledger: one row a letter, in SQLite (write-ahead log, every commit on disk before it returns).

Never speech. Names and addresses stand in a table of their own, whose rows go when their letter goes. A number is given
once, whatever the clock says and whatever is forgotten: the highest is also written beside the database, so that not
even a damaged ledger gives it out again.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from appliance.errors import StorageError
from appliance.message.values import Stamp

FILE = 'ledger.sqlite'
STATES = {
    'keeping': 'its sound is being written',
    'kept': 'safe; no disc yet',
    'held': 'nobody answered for it: kept for the host, never cut',
    'cutting': 'a disc is being cut',
    'cut': 'its disc is cut, and still in the machine',
    'handed over': 'its disc has been taken',
    'forgetting': 'is being erased',
    'forgotten': 'only its number is left',
    'lost': 'its sound is gone, and nobody asked for that',
}
LINES = 10_000  # of a log
# Each step takes a ledger of the version before to its own; never changed once it was released.
MIGRATIONS = (
    """
    CREATE TABLE letter (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        reference TEXT UNIQUE,
        state TEXT NOT NULL,
        at_s REAL,
        lived_s REAL NOT NULL,
        seconds REAL,
        disc TEXT, speed_rpm REAL, level_db REAL, plan TEXT
    );
    CREATE TABLE cut (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        letter INTEGER NOT NULL REFERENCES letter(number),
        state TEXT NOT NULL,
        cause TEXT NOT NULL DEFAULT '',
        at_s REAL,
        blank INTEGER NOT NULL DEFAULT 0,
        stylus_s REAL NOT NULL DEFAULT 0
    );
    CREATE TABLE visit (id INTEGER PRIMARY KEY AUTOINCREMENT, at_s REAL, what TEXT NOT NULL);
    CREATE TABLE fact (name TEXT PRIMARY KEY, value REAL NOT NULL);
    """,
    """
    CREATE TABLE take (id INTEGER PRIMARY KEY AUTOINCREMENT, at_s REAL, what TEXT NOT NULL, letter INTEGER);
    ALTER TABLE cut ADD COLUMN disc TEXT;
    ALTER TABLE cut ADD COLUMN speed_rpm REAL;
    ALTER TABLE cut ADD COLUMN level_db REAL;
    ALTER TABLE cut ADD COLUMN plan TEXT;
    """,
    # For the host: who did what, where letters go to, copies, counters, and on which day all this was. `date` is NULL
    # where nobody had set the clock; `lived_s` counts on whatever the clock says.
    """
    CREATE TABLE deed (
        id INTEGER PRIMARY KEY AUTOINCREMENT, at_s REAL, lived_s REAL, date TEXT,
        who TEXT NOT NULL, what TEXT NOT NULL, how TEXT NOT NULL
    );
    CREATE TABLE address (
        letter INTEGER PRIMARY KEY REFERENCES letter(number),
        sender TEXT NOT NULL, recipient TEXT NOT NULL, country TEXT NOT NULL, language TEXT NOT NULL, note TEXT NOT NULL
    );
    CREATE TABLE counted (
        id INTEGER PRIMARY KEY AUTOINCREMENT, at_s REAL, lived_s REAL, date TEXT,
        who TEXT NOT NULL, name TEXT NOT NULL, was REAL, value REAL
    );
    CREATE TABLE edition (
        id INTEGER PRIMARY KEY AUTOINCREMENT, at_s REAL, lived_s REAL, date TEXT,
        letter INTEGER NOT NULL REFERENCES letter(number), copies INTEGER NOT NULL, numbered INTEGER NOT NULL,
        who TEXT NOT NULL, state TEXT NOT NULL
    );
    ALTER TABLE letter ADD COLUMN date TEXT;
    ALTER TABLE letter ADD COLUMN language TEXT NOT NULL DEFAULT '';
    ALTER TABLE letter ADD COLUMN master TEXT;
    ALTER TABLE cut ADD COLUMN lived_s REAL;
    ALTER TABLE cut ADD COLUMN date TEXT;
    ALTER TABLE cut ADD COLUMN edition INTEGER REFERENCES edition(id);
    ALTER TABLE cut ADD COLUMN copy INTEGER NOT NULL DEFAULT 1;
    ALTER TABLE cut ADD COLUMN copies INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE cut ADD COLUMN void TEXT NOT NULL DEFAULT '';
    ALTER TABLE cut ADD COLUMN who TEXT NOT NULL DEFAULT '';
    ALTER TABLE cut ADD COLUMN master TEXT;
    ALTER TABLE take ADD COLUMN lived_s REAL;
    ALTER TABLE take ADD COLUMN date TEXT;
    ALTER TABLE visit ADD COLUMN lived_s REAL;
    ALTER TABLE visit ADD COLUMN date TEXT;
    ALTER TABLE visit ADD COLUMN step TEXT;
    ALTER TABLE visit ADD COLUMN language TEXT NOT NULL DEFAULT '';
    """,
)
LOGS = {  # table: what a line of it tells beside its stamp
    'visit': ('what', 'step', 'language'),
    'take': ('what', 'letter'),
    'deed': ('who', 'what', 'how'),
    'counted': ('who', 'name', 'was', 'value'),
}


def is_whole(db: sqlite3.Connection) -> bool:
    """By SQLite's own examination. OperationalError if there can be none now: somebody else has it, the disk is full or
    does not answer. That says nothing of the file."""
    try:
        return [row[0] for row in db.execute('PRAGMA integrity_check')] == ['ok']
    except sqlite3.OperationalError:
        raise
    except sqlite3.DatabaseError:
        return False


class Ledger:
    """An open ledger. Belongs to the thread that opened it; every failure is a StorageError."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / FILE
        with self._told():
            self._db = sqlite3.connect(self.path, isolation_level=None, timeout=5.0)
        try:
            with self._told():
                self._open()
        except StorageError:
            self._db.close()
            raise

    def _open(self) -> None:
        self._db.row_factory = sqlite3.Row
        for pragma in ('journal_mode = WAL', 'synchronous = FULL', 'secure_delete = ON', 'foreign_keys = ON'):
            self._db.execute(f'PRAGMA {pragma}')
        version = int(self._db.execute('PRAGMA user_version').fetchone()[0])
        if version > len(MIGRATIONS):
            what = f'this ledger is of version {version}, this program knows {len(MIGRATIONS)}'
            raise StorageError(what, where=str(self.path), remedy='install a newer program')
        for number, step in enumerate(MIGRATIONS[version:], version + 1):
            self._db.executescript(f'BEGIN IMMEDIATE; {step} PRAGMA user_version = {number}; COMMIT;')
        self.path.chmod(0o600)

    def sound(self) -> bool:
        """Whether the file is whole."""
        with self._told():
            return is_whole(self._db)

    @contextlib.contextmanager
    def change(self) -> Iterator[Ledger]:
        """One transaction: all of it or nothing."""
        with self._told():
            self._db.execute('BEGIN IMMEDIATE')
            try:
                yield self
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute('ROLLBACK')
                raise
            self._db.execute('COMMIT')

    def run(self, sql: str, *values: Any) -> int:
        """One statement; the key of the row it made."""
        with self._told():
            return int(self._db.execute(sql, values).lastrowid or 0)

    def rows(self, sql: str, *values: Any) -> list[sqlite3.Row]:
        with self._told():
            return self._db.execute(sql, values).fetchall()

    def row(self, sql: str, *values: Any) -> sqlite3.Row | None:
        return next(iter(self.rows(sql, *values)), None)

    def fact(self, name: str, default: float | None = None) -> float | None:
        """A number the booth remembers."""
        found = self.row('SELECT value FROM fact WHERE name = ?', name)
        return default if found is None else float(found[0])

    def remember(self, name: str, value: float) -> None:
        self.run('INSERT INTO fact VALUES (?, ?) ON CONFLICT(name) DO UPDATE SET value = excluded.value', name, value)

    def log(self, table: str, stamp: Stamp, *told: str | float | None) -> None:
        """One line of a log, at the cost of the oldest."""
        names = ('at_s', 'lived_s', 'date', *LOGS[table])
        places = ', '.join('?' * len(names))
        self.run(f'INSERT INTO {table} ({", ".join(names)}) VALUES ({places})', *stamp.columns, *told)
        self.run(f'DELETE FROM {table} WHERE id <= (SELECT MAX(id) FROM {table}) - ?', LINES)

    def copy_to(self, path: Path) -> None:
        """All that stands in it at this moment, as a ledger of one file."""
        with self._told('the ledger cannot be copied', path), contextlib.closing(sqlite3.connect(path)) as other:
            self._db.backup(other)
            other.execute('PRAGMA journal_mode = DELETE')

    def erase_traces(self) -> None:
        """What was deleted is gone from the log too."""
        with self._told():
            self._db.execute('PRAGMA wal_checkpoint(TRUNCATE)')

    def close(self) -> None:
        self._db.close()

    @contextlib.contextmanager
    def _told(self, what: str = 'the ledger cannot be used', where: Path | None = None) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            full = getattr(error, 'sqlite_errorcode', 0) & 0xFF == sqlite3.SQLITE_FULL
            remedy = 'free some space' if full else 'check the disk and the rights of the folder'
            cause = 'disk full' if full else 'storage'
            raise StorageError(
                f'{what} ({error})', where=str(where or self.path), remedy=remedy, cause=cause
            ) from error
