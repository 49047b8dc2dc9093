"""To whom a letter is to be posted. Kept apart from the sound, in a table of its own, and never longer than the letter:
forgetting it, by hand or by retention, erases its row to the last byte (`retention.forget`).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields

from appliance.errors import OptionError
from appliance.message.ledger import Ledger

LINES, LINE, NOTE = 8, 100, 400  # of an address: lines, characters of one; characters of a note
GONE = ('keeping', 'forgetting', 'forgotten')  # or not there yet


@dataclass(frozen=True, slots=True)
class Address:
    """From whom, to whom, and what else helps to post it. Lines as they are to be printed; OptionError names what
    cannot be."""

    sender: tuple[str, ...] = ()
    recipient: tuple[str, ...] = ()
    country: str = ''
    language: str = ''  # of the label and the slip
    note: str = ''  # of the host

    def __post_init__(self) -> None:
        for name in ('sender', 'recipient'):
            lines = getattr(self, name)
            if len(lines) > LINES:
                raise OptionError(f'{len(lines)} lines, {LINES} fit a label', where=name, remedy='join some of them')
            for line in lines:
                _refuse(name, line, LINE)
        _refuse('country', self.country, LINE)
        _refuse('language', self.language, LINE)
        _refuse('note', self.note, NOTE)


def _refuse(name: str, text: str, limit: int) -> None:
    """What no printer prints, and what is no address any more."""
    if len(text) > limit:
        raise OptionError(f'{len(text)} characters in one line, {limit} fit', where=name, remedy='shorten it')
    bad = next((mark for mark in text if unicodedata.category(mark) in ('Cc', 'Cs', 'Zl', 'Zp')), None)
    if bad is not None:
        raise OptionError(f'U+{ord(bad):04X} in a line cannot be printed', where=name, remedy='write it without')


class Addresses:
    """The table. Everything raises StorageError as the ledger does."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def of(self, letter: int) -> Address | None:
        """None where none was entered."""
        row = self._ledger.row('SELECT * FROM address WHERE letter = ?', letter)
        if row is None:
            return None
        known = {field.name: row[field.name] for field in fields(Address)}
        lines = {name: tuple(filter(None, known[name].split('\n'))) for name in ('sender', 'recipient')}
        return Address(**known | lines)

    def all(self) -> dict[int, Address]:
        """By the numbers of their letters."""
        numbers = [row['letter'] for row in self._ledger.rows('SELECT letter FROM address ORDER BY letter')]
        return {number: address for number in numbers if (address := self.of(number)) is not None}

    def put(self, letter: int, address: Address) -> None:
        """In place of the one before. OptionError for a letter that is not there, or not any more."""
        self.put_all({letter: address})

    def put_all(self, addresses: Mapping[int, Address]) -> None:
        """All of them or none."""
        with self._ledger.change() as ledger:
            for letter, address in addresses.items():
                if why := self.why_not(letter):
                    raise OptionError(why, where='address', remedy='see the list of letters')
                told = asdict(address) | {name: '\n'.join(getattr(address, name)) for name in ('sender', 'recipient')}
                places = ', '.join('?' * (1 + len(told)))
                names = ', '.join(('letter', *told))
                ledger.run(f'INSERT OR REPLACE INTO address ({names}) VALUES ({places})', letter, *told.values())
        self._ledger.erase_traces()

    def why_not(self, letter: int) -> str:
        """Why this letter can have no address; '' if it can."""
        row = self._ledger.row('SELECT state FROM letter WHERE number = ?', letter)
        if row is None:
            return f'no. {letter} is no such letter'
        return f'no. {letter} is {row["state"]}' if row['state'] in GONE else ''

    def remove(self, letter: int) -> None:
        """The address alone; the letter stays."""
        with self._ledger.change() as ledger:
            erase(ledger, letter)
        self._ledger.erase_traces()


def erase(ledger: Ledger, letter: int) -> None:
    """Within a transaction of whoever forgets the letter."""
    ledger.run('DELETE FROM address WHERE letter = ?', letter)
