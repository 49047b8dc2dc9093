"""Takes, letters and ledger as one: what the kiosk's archivist asks for, in the words of a visit.

Everything belongs to one thread. What fails is a StorageError and changes nothing that could not be asked for again.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from appliance.clock import wall_is_trusted
from appliance.errors import OptionError, StorageError
from appliance.message import recovery, retention
from appliance.message.bwf import FRAME_BYTES, Origin
from appliance.message.discs import Discs
from appliance.message.disk import Disk, cause_of
from appliance.message.host import Addresses, Counters, Day, Figures, Span
from appliance.message.ledger import Ledger
from appliance.message.shelf import SOUND, Shelf
from appliance.message.takes import OpenTake, Takes, reference
from appliance.message.values import AGAIN, COPIES, Keeping, Letter, Master, Recovered, Room, Stamp, Take
from appliance.sound.voice import SOUND_RATE_HZ

# Of a letter with its disc: 24-bit sound 144 kB/s, playback 144 kB/s, groove 390 kB/s, a part of each while it is
# written, the master 200 kB/s, and the picture (measured on the shipped sample).
BYTES_A_SECOND = 1_100_000
BYTES_A_LETTER = 10_000_000
SPARE_BYTES = 20_000_000  # for the ledger and whoever else writes
LEDGER_BYTES = 1_000_000  # for its rows, its log, and the head of the letter
SHOWN = 50
Clocks = tuple[Callable[[], float], Callable[[], float]]


class Stores:
    """`recover` first; then whatever a visit needs."""

    def __init__(
        self,
        folders: tuple[Path, Path],
        keeping: Keeping,
        disks: tuple[Disk, Disk],
        clocks: Clocks,
        trusts: Callable[[], bool] = wall_is_trusted,
    ) -> None:
        """`folders` and `disks`: for letters, and in memory for takes. `clocks`: seconds since 1970 as the computer
        believes, and seconds that never go back; `trusts`: whether anybody has set the first of them."""
        data, run = folders
        self.keeping = keeping
        self.disk = disks[0]
        self.shelf = Shelf(data, disks[0])
        self.takes = Takes(run, disks[1], keeping.max_message_s)
        self.wall_s, self.now_s = clocks
        self.take: Take | OpenTake | None = None
        self._ledger: Ledger | None = None
        self.life: retention.Life  # as long as there is a ledger
        self._trusts = trusts
        self.discs = Discs(self)

    # -- the ledger ------------------------------------------------------------------------------------------------

    @property
    def ledger(self) -> Ledger:
        """Opened when it is needed: a folder that could not be used may be well again."""
        if self._ledger is None:
            try:
                self.shelf.open()
            except OSError as error:
                raise _told('use the data folder', self.shelf.data, error) from error
            self._ledger = recovery.open_ledger(self.shelf, self.disk, self.wall_s())
            self.life = retention.Life(self._ledger, self.now_s)
        return self._ledger

    def _lose(self) -> None:
        """A ledger whose folder has gone is no use; it is opened anew when that is back."""
        if self._ledger is not None and not self._ledger.path.exists():
            self._ledger.close()
            self._ledger = None

    def close(self) -> None:
        if self._ledger is not None:
            with contextlib.suppress(StorageError):
                self.life.write_down()
            self._ledger.close()
            self._ledger = None

    def recover(self) -> Recovered:
        """Repair what the last run has left; never raises for what a disk can do."""
        return recovery.recover(self)

    def room(self) -> Room:
        """For one more letter of the longest kind."""
        try:
            self.ledger.row('SELECT 1 FROM letter')
            free = self.disk.free_bytes(self.shelf.data) + self.shelf.reserved()
        except StorageError as error:
            self._lose()
            return Room(False, error.cause)
        except OSError as error:
            self._lose()
            return Room(False, cause_of(error))
        return Room(True) if free >= self.letter_bytes + SPARE_BYTES else Room(False, self._full())

    def _full(self) -> str:
        """Nobody is to look for letters to forget where there are none."""
        return 'disk full' if self.letters() else 'disk small'

    @property
    def letter_bytes(self) -> int:
        """The longest letter, with all that is made of it."""
        return round(BYTES_A_LETTER + BYTES_A_SECOND * self.keeping.max_message_s)

    # -- takes -----------------------------------------------------------------------------------------------------

    def set_aside(self) -> None:
        """Room on the disk for the longest letter and its disc, before a visitor speaks; StorageError without it."""
        try:
            with self._in_words('make room for a letter', self.shelf.data):
                _ = self.ledger
                if self.shelf.reserved() < self.letter_bytes:
                    self.shelf.reserve(self.letter_bytes)
        except StorageError as error:
            if error.cause != 'disk full' or self._full() == 'disk full':
                raise
            raise StorageError(error.what, where=error.where, remedy=error.remedy, cause='disk small') from error

    def begin_take(self) -> OpenTake:
        """Room for the longest message is set aside in memory, and on disk for its letter and disc."""
        self.set_aside()
        self.end_take()  # of one whose beginning could not be noted nobody has heard
        with self._in_words('forget the take before', Path('run folder')):
            self.takes.forget_all()
        self._visitor(0)
        with self._in_words('make room for a take', Path('run folder')):
            self.take = self.takes.begin()
        with self.ledger.change() as ledger:
            ledger.log('take', self.stamp(), 'begun', None)
        return self.take

    def end_take(self) -> Take | None:
        """The take that was begun, whole."""
        if isinstance(self.take, OpenTake):
            self.take = self.take.end()
        return self.take

    def discard(self) -> None:
        """What was said is forgotten for good, with all that was made of it."""
        had = self.take is not None
        if isinstance(self.take, OpenTake):
            self.take.end()
        self.take = None
        with self._in_words('forget the take', Path('run folder')):
            self.takes.forget_all()
            self.shelf.release()
        with contextlib.suppress(StorageError):  # it is forgotten, whether that can be noted or not
            if had and self._ledger is not None:
                with self._ledger.change() as ledger:
                    ledger.log('take', self.stamp(), 'wiped', None)
        with contextlib.suppress(StorageError):  # at worst somebody is asked for a blank after the next crash
            self._visitor(0)

    def keep(self, language: str = '') -> Letter:
        """The take as a letter, on disk before this returns; the same take is the same letter, however often asked.
        `language`: of the visitor, for label and slip."""
        return self._keep('kept', language)

    def hold(self) -> Letter:
        """For the host, who will decide; then the take is forgotten."""
        letter = self._keep('held')
        self.discard()
        return letter

    def _keep(self, state: str, language: str = '') -> Letter:
        take = self.end_take()
        if take is None:
            raise StorageError('there is nothing to be kept', remedy='record first')
        ledger, mark = self.ledger, reference(take)
        row = ledger.row('SELECT number, state FROM letter WHERE reference = ?', mark)
        if row is not None and row['state'] != 'keeping':
            self._visitor(row['number'] if row['state'] == 'kept' else 0)
            return self.letter(row['number'])
        with self._in_words('keep the letter', self.shelf.data):  # what is set aside for the disc stays so
            self.shelf.give_back(round(take.seconds * SOUND_RATE_HZ) * FRAME_BYTES + LEDGER_BYTES)
        number = row['number'] if row is not None else self._new_letter(mark, state, language)
        self._visitor(number if state == 'kept' else 0)  # whatever was asked before and broken off
        with self._in_words('keep the letter', self.shelf.wav(number)):
            self.shelf.remember_number(number)
            self.shelf.keep(take, Origin(number, mark, self.wall_s(), self.keeping.zone))
        sql = 'UPDATE letter SET state = ?, seconds = ? WHERE number = ?'
        with ledger.change():
            ledger.run(sql, state, take.seconds, number)
            ledger.remember('visitor', number if state == 'kept' else 0)
            ledger.log('take', self.stamp(), state, number)
        return self.letter(number)

    def _visitor(self, number: int) -> None:
        """Somebody waits for the disc of this letter, whatever happens to the program; 0: nobody does."""
        if self.ledger.fact('visitor', 0.0) != number:
            with self.ledger.change():
                self.ledger.remember('visitor', number)

    def _new_letter(self, mark: str, state: str, language: str) -> int:
        """The next number, for what is to become 'kept' or 'held'. It is spent even if nothing comes of it."""
        ledger = self.ledger
        with ledger.change():
            sql = 'INSERT INTO letter (reference, state, language, at_s, lived_s, date) VALUES (?, ?, ?, ?, ?, ?)'
            number = ledger.run(sql, mark, 'keeping', language, *self.stamp().columns)
            ledger.remember('visitor', number if state == 'kept' else 0)
        return number

    # -- letters ---------------------------------------------------------------------------------------------------

    def letter(self, number: int) -> Letter:
        """OptionError where there is no such number."""
        row = self.ledger.row('SELECT * FROM letter WHERE number = ?', number)
        if row is None:
            raise OptionError(f'there is no letter no. {number}', where='letters', remedy='letters list shows all')
        return self._letter(row)

    def letters(self, limit: int = SHOWN, *, state: str = '', span: Span | None = None) -> tuple[Letter, ...]:
        """The newest first, all or those of a state or a day; what was forgotten is not among them."""
        day, values = ('1', ()) if span is None else (span.sql, span.values)
        there = "state NOT IN ('forgotten', 'keeping', 'forgetting') AND ? IN ('', state)"
        sql = f'SELECT * FROM letter WHERE {there} AND {day} ORDER BY number DESC LIMIT ?'
        return tuple(self._letter(row) for row in self.ledger.rows(sql, state, *values, limit))

    def _letter(self, row: Any) -> Letter:
        number, discs = row['number'], self.shelf.discs(row['number'])
        return Letter(
            number=number,
            state=row['state'],
            folder=self.shelf.folder(number),
            wav=self.shelf.folder(number) / SOUND,
            results=discs[-1] if discs else None,
            seconds=row['seconds'] or 0.0,
            disc=row['disc'] or '',
            speed_rpm=row['speed_rpm'] or 0.0,
            at_s=row['at_s'] or 0.0,
            master=Master(self.shelf.master(number), row['master']) if row['master'] else None,
            language=row['language'],
            date=row['date'] or '',
        )

    def planned(self, number: int, facts: dict[str, Any]) -> None:
        """How it is to be cut; no word of what it says."""
        sql = 'UPDATE letter SET disc = ?, speed_rpm = ?, level_db = ?, plan = ? WHERE number = ?'
        known = [facts.get(key) for key in ('disc', 'speed_rpm', 'level_db')]
        with self.ledger.change() as ledger:
            ledger.run(sql, *known, json.dumps(facts), number)

    def begin_cut(self, number: int) -> Path:
        """A disc of this letter; its results are to appear in this folder, which is not there yet."""
        with self._in_words('make room for the disc', self.shelf.data):
            self.shelf.release()
        return self.discs.begin(number)

    def cut_done(self, number: int, report: dict[str, Any]) -> None:
        """The blank is a disc now; stylus time is what the head was down for."""
        self.discs.done(number, report)

    def cut_ended(self, number: int, how: str, cause: str, stylus_s: float = 0.0) -> None:
        """'stopped', 'fault' or 'refused'; of the first two the blank is spoiled, and the stylus has cut so long."""
        self.discs.ended(number, how, cause, stylus_s)

    def spoiled(self, number: int, cause: str) -> None:
        """A blank of this letter is lost; noted once, whoever says it first."""
        self.discs.spoiled(number, cause)

    def mastered(self, number: int, digest: str) -> None:
        """What the disc that is cut now was cut of has been written beside its letter."""
        self.discs.mastered(number, digest)

    def order_discs(self, number: int, copies: int, who: str, *, numbered: bool = False) -> Letter:
        """The host wants so many discs of a letter; each is still to be asked for by a press. Numbered, they are an
        edition: one that was broken off is gone on with. OptionError or MachineRefusesError says why not."""
        letter = self.letter(number)
        self.discs.order(letter, copies, who, numbered=numbered)
        return letter

    def wait_for_disc(self, number: int) -> Letter:
        """Somebody stands there for a disc of this letter, from its sound or its master."""
        letter = self.letter(number)
        if not letter.wav.is_file():
            raise StorageError(f'the sound of letter no. {number} is not there', where=str(letter.wav))
        self._visitor(number)
        return letter

    def handed_over(self, number: int, *, more: bool = False) -> None:
        """`more`: the next disc of it is to be cut."""
        with self.ledger.change():
            known = self.ledger.row(
                "SELECT 1 FROM letter WHERE number = ? AND state IN ('cut', 'kept', 'cutting')", number
            )
            if known is not None:
                self.discs.state(number, 'handed over')
                self.ledger.log('visit', self.stamp(), 'handed over', None, '')
        if self.keeping.retention == 'handover' and not more:
            self.forget(number)

    def forget(self, number: int) -> None:
        """Sound, discs and all that is written of it, and the take it was; only the number stays. Safe to ask again."""
        row = self.ledger.row('SELECT reference FROM letter WHERE number = ?', number)
        if row is not None and row['reference']:
            with self._in_words('forget the take', Path('run folder')):
                self.takes.forget(row['reference'])
        retention.forget(self.ledger, self.shelf, number, self.stamp())
        with self._in_words('forget a damaged ledger', self.shelf.data):
            recovery.forget_damaged(self, number)

    def retire(self) -> None:
        """Forget the letters whose time is over."""
        retention.retire(self)

    def note(self, what: str, language: str = '') -> None:
        """Of a visit: where it ended, 'walked away at load disc', say, and in which language. Never what was said."""
        step = None if what.startswith(COPIES) else what.partition(' at ')[2] or None
        with self.ledger.change() as ledger:
            ledger.log('visit', self.stamp(), what, step, language)

    # -- for the host ----------------------------------------------------------------------------------------------

    def stamp(self) -> Stamp:
        """Now, for a row of the ledger."""
        _ = self.ledger
        return Stamp.of(self.wall_s(), self.life.lived_s(), trusted=self._trusts(), zone=self.keeping.zone)

    def deed(self, who: str, what: str, how: str) -> None:
        """Somebody has done something, and how it ended."""
        with self.ledger.change() as ledger:
            ledger.log('deed', self.stamp(), who, what, how)

    @property
    def addresses(self) -> Addresses:
        """To whom letters are posted."""
        return Addresses(self.ledger)

    @property
    def counters(self) -> Counters:
        """Blanks, stylus, swarf bin."""
        return Counters(self.ledger, self.stamp)

    def blanks(self) -> int | None:
        """Left, if the host counts them."""
        return self.counters.blanks()

    def day(self, day: str = '') -> Day:
        """Figures of a day: '2026-11-27' of the calendar, 'day 12' that the booth has lived, or '' for today."""
        span = Span.of(day) if day else Span.now(self.stamp())
        return Figures(self.ledger).day(span, self.blanks())

    def days(self) -> tuple[str, ...]:
        """Of which there are figures, the newest first."""
        return Figures(self.ledger).days()

    def keep_by(self, keeping: Keeping) -> None:
        """The host has other rules now."""
        self.keeping = keeping
        self.takes.max_s = keeping.max_message_s

    def next_blank(self, who: str) -> None:
        """The one before is lost, and no letter is to blame."""
        if left := self.counters.blanks():
            self.counters.set_blanks(left - 1, who)

    def again(self, number: int = 0) -> Letter | None:
        """A letter that can have another disc; 0: the newest of them."""
        found = [self.letter(number)] if number else self.letters()
        return next((letter for letter in found if letter.state in AGAIN and letter.wav.is_file()), None)

    @contextlib.contextmanager
    def _in_words(self, what: str, where: Path) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            if isinstance(error, StorageError):
                raise
            raise _told(what, where, error) from error


def _told(what: str, where: Path, error: OSError) -> StorageError:
    """A disk's own words in ours."""
    return StorageError(
        f'cannot {what} ({error.strerror or error})', where=str(where), remedy='see to the disk', cause=cause_of(error)
    )
