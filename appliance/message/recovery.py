"""What a crash or a power cut has left: repaired, finished, or honestly marked, before the first visitor comes."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING

from appliance.errors import StorageError
from appliance.message.disk import Disk
from appliance.message.ledger import FILE, Ledger, is_whole
from appliance.message.shelf import STAGING, Shelf
from appliance.message.takes import reference
from appliance.message.values import Letter, Recovered, Take

if TYPE_CHECKING:
    from appliance.message.stores import Stores

DAMAGED = 'ledger.damaged-{}.sqlite'
SET_ASIDE = 'set aside'  # the fact: the highest number that a ledger which was set aside may tell of


def open_ledger(shelf: Shelf, disk: Disk, wall_s: float) -> Ledger:
    """The ledger, whole. One that is damaged is set aside and written anew from the shelf; it is
    deleted only with the first letter it may tell of that is forgotten."""
    path = shelf.data / FILE
    with contextlib.ExitStack() as held:
        try:
            ledger = Ledger(shelf.data)
            held.callback(ledger.close)
            if ledger.sound():
                _numbers_go_on(ledger, shelf)
                held.pop_all()
                return ledger
        except StorageError:
            if not _is_damaged(path):
                raise
    _set_aside(shelf.data, disk)
    ledger = Ledger(shelf.data)
    _numbers_go_on(ledger, shelf)
    with ledger.change():
        for number in shelf.numbers():
            _note_orphan(ledger, shelf, number, wall_s)
        ledger.remember(SET_ASIDE, shelf.last_number())
    return ledger


def _is_damaged(path: Path) -> bool:
    """Rather than out of reach: it can be read and is no database, or not whole."""
    try:
        head = path.read_bytes()[:16]
    except OSError:
        return False
    if not head:
        return False
    if head != b'SQLite format 3\0':
        return True
    with contextlib.closing(sqlite3.connect(f'{path.absolute().as_uri()}?mode=ro', uri=True)) as db:
        try:
            return not is_whole(db)
        except sqlite3.OperationalError:
            return False


def _set_aside(data: Path, disk: Disk) -> None:
    count = 1
    while (data / DAMAGED.format(count)).exists():
        count += 1
    aside = data / DAMAGED.format(count)
    try:
        disk.rename(data / FILE, aside)
        for tail in ('-wal', '-shm'):
            if (data / f'{FILE}{tail}').exists():
                disk.rename(data / f'{FILE}{tail}', aside.with_name(aside.name + tail))
    except OSError as error:
        what = f'a damaged ledger cannot be set aside ({error.strerror})'
        raise StorageError(what, where=str(data), remedy='check the rights of the folder') from error


def forget_damaged(stores: Stores, number: int) -> None:
    """A ledger that was set aside may still hold the address of this letter, and cannot be mended: it goes too."""
    data = stores.shelf.data
    if number <= (stores.ledger.fact(SET_ASIDE) or number):
        for path in sorted(data.glob(DAMAGED.format('*') + '*')):
            stores.disk.remove(path)


def _numbers_go_on(ledger: Ledger, shelf: Shelf) -> None:
    """No number is given twice, not even one of a ledger that is lost."""
    last = shelf.last_number()
    row = ledger.row("SELECT seq FROM sqlite_sequence WHERE name = 'letter'")
    if row is None:
        ledger.run("INSERT INTO sqlite_sequence VALUES ('letter', ?)", last)
    elif row['seq'] < last:
        ledger.run("UPDATE sqlite_sequence SET seq = ? WHERE name = 'letter'", last)


def recover(stores: Stores) -> Recovered:
    """Shelf and ledger are brought to agree, then what waits for an answer is found."""
    try:
        take = stores.takes.left()
        stores.take = take
    except OSError as error:
        return Recovered(cause=f'the run folder cannot be read ({error.strerror or error})')
    try:
        _agree(stores)
        return _waiting(stores, take)
    except (StorageError, OSError) as error:
        return Recovered(take=take, cause=str(error))


def _agree(stores: Stores) -> None:
    """Each letter of the ledger has its sound, each sound its letter; nothing half-made is left."""
    ledger, shelf = stores.ledger, stores.shelf
    shelf.release()
    shelf.tidy_numbers()
    stores.disk.remove(shelf.data / STAGING)
    for row in ledger.rows("SELECT number FROM letter WHERE state = 'forgetting'"):
        stores.forget(row['number'])
    known = {row['number']: row['state'] for row in ledger.rows('SELECT number, state FROM letter')}
    for number in shelf.numbers():
        shelf.tidy(number)
        there, state = bool(shelf.reference(number)), known.get(number)
        with ledger.change():
            if state is None and there:
                _note_orphan(ledger, shelf, number, stores.wall_s())
            elif state in ('keeping', 'lost') and there:  # its name is written last: it is whole
                asked = state == 'lost' or ledger.fact('visitor') == number  # else it was to be held for the host
                sql = 'UPDATE letter SET state = ?, seconds = ? WHERE number = ?'
                ledger.run(sql, 'kept' if asked else 'held', shelf.seconds(number), number)
        if not there:
            with contextlib.suppress(OSError):
                shelf.folder(number).rmdir()  # if nothing at all is in it
    for number, state in known.items():
        if state not in ('forgotten', 'forgetting') and not shelf.reference(number):
            _note_loss(stores, number, state)


def _note_orphan(ledger: Ledger, shelf: Shelf, number: int, wall_s: float) -> None:
    """A letter that lies on the shelf and in no row."""
    mark = shelf.reference(number)
    if mark:
        lived_s = ledger.fact('lived') or 0.0
        columns = 'number, reference, state, at_s, lived_s, seconds'
        sql = f"INSERT OR IGNORE INTO letter ({columns}) VALUES (?, ?, 'kept', ?, ?, ?)"
        known = ledger.row('SELECT 1 FROM letter WHERE reference = ?', mark)  # a copy that the host has put there
        ledger.run(sql, number, None if known else mark, wall_s, lived_s, shelf.seconds(number))


def _note_loss(stores: Stores, number: int, state: str) -> None:
    """A row without its sound: never written (its take may be kept yet, under the same number), or lost."""
    take = stores.take
    row = stores.ledger.row('SELECT reference FROM letter WHERE number = ?', number)
    if state == 'keeping' and isinstance(take, Take) and row is not None and row['reference'] == reference(take):
        return
    with stores.ledger.change() as ledger:
        if state == 'keeping':
            gone = "state = 'forgotten', reference = NULL, date = NULL, lived_s = -1"  # there never was one, on no day
            ledger.run(f'UPDATE letter SET {gone} WHERE number = ?', number)
        elif state != 'lost':
            ledger.run("UPDATE letter SET state = 'lost' WHERE number = ?", number)


def _waiting(stores: Stores, take: Take | None) -> Recovered:
    """What a visitor may still stand there for; the most urgent alone, the rest is safe in the ledger."""
    ledger = stores.ledger
    open_cuts = ledger.rows("SELECT id, letter FROM cut WHERE state = 'cutting' ORDER BY id")
    broken = [row for row in open_cuts if not stores.shelf.disc(row['letter'], row['id']).is_dir()]
    for row in open_cuts:
        with ledger.change():
            if row in broken:
                stores.discs.spoil(row['id'], 'power')
            else:  # the disc was finished, and only nobody was left to write it down
                stores.discs.spoil(row['id'], '')
            ledger.run('UPDATE cut SET state = ? WHERE id = ?', 'broken' if row in broken else 'done', row['id'])
            state = stores.discs.at_rest(row['letter']) if row in broken else 'cut'
            ledger.run("UPDATE letter SET state = ? WHERE number = ? AND state = 'cutting'", state, row['letter'])
            stores.discs.close_order(row['letter'])
    waiting = _waits_for_disc(ledger)
    mine = None if take is None else ledger.row('SELECT number, state FROM letter WHERE reference = ?', reference(take))
    if broken:
        number = broken[-1]['letter']
        return Recovered(cutting=_there(stores, number), copies=stores.discs.left(number))
    if waiting is not None and waiting['cut'] == 'broken':  # told before, and the program was ended once more
        number = waiting['number']
        return Recovered(cutting=_there(stores, number), copies=stores.discs.left(number))
    last = ledger.row("SELECT number FROM letter WHERE state = 'cut' ORDER BY number DESC LIMIT 1")
    if last is not None:
        more = stores.discs.left(last['number'])  # and the one in the machine
        return Recovered(finished=_there(stores, last['number']), copies=more + 1 if more else 0)
    if waiting is not None:
        return Recovered(kept=_there(stores, waiting['number']), copies=stores.discs.left(waiting['number']))
    if mine is not None and mine['state'] != 'keeping':
        stores.discard()
        return Recovered()
    return Recovered(take=take)


def _waits_for_disc(ledger: Ledger) -> sqlite3.Row | None:
    """The letter whose visitor waits for a disc, and how its last cut ended."""
    last = 'SELECT state FROM cut WHERE letter = number ORDER BY id DESC LIMIT 1'
    ordered = "SELECT 1 FROM edition WHERE letter = number AND state = 'open'"
    waits = f"state = 'kept' OR state = 'handed over' AND EXISTS ({ordered})"
    visitor = round(ledger.fact('visitor') or 0)
    return ledger.row(f'SELECT number, ({last}) AS cut FROM letter WHERE number = ? AND ({waits})', visitor)


def _there(stores: Stores, number: int) -> Letter | None:
    letter = stores.letter(number)
    return letter if letter.wav.is_file() else None
