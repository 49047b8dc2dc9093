"""Letters to post: to whom they go, and what is printed for them."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any, Literal

from appliance.desk.book import Blob, Call, Command, Desk, Facts, Line, Said, Table
from appliance.errors import OptionError
from appliance.machine import load_disc
from appliance.message import Letter, Stores
from appliance.message.host import Address
from appliance.message.host import Day as Figures
from appliance.paper.fonts import faces, missing, named
from appliance.paper.lists import Encoding, Entry, decoded, entries, written
from appliance.paper.lists.read import one_line
from appliance.paper.orders import MOST_COPIES, Day, DaySheet, House, Label, Slip, Subject
from appliance.paper.press import press

Language = Literal['en', 'ru', 'de', 'fr', 'es', 'ja']
BETWEEN = ' / '  # lines in one word


def address_show(call: Call, number: int) -> Iterator[Said]:
    """To whom a letter goes, and from whom.

    number: of the letter

    Examples:
        address show 217
    """
    address = _address(call, number)
    yield Facts(
        {
            'number': number,
            'to': BETWEEN.join(address.recipient),
            'country': address.country,
            'from': BETWEEN.join(address.sender),
            'language': address.language,
            'note': address.note,
        }
    )
    yield from _unprintable(call, {number: address})


def address_list(call: Call) -> Iterator[Said]:
    """The letters that are to be posted.

    Examples:
        address list
    """
    rows = call.desk.stores('list the addresses', lambda stores: stores.addresses.all())
    told = [(number, '; '.join(each.recipient[:1]), each.country, each.note) for number, each in rows.items()]
    yield Table(('number', 'to', 'country', 'note'), tuple(told))


def address_set(
    call: Call,
    number: int,
    *lines: str,
    from_: str | None = None,
    country: str | None = None,
    language: Language | None = None,
    note: str | None = None,
) -> Iterator[Said]:
    """Write down to whom a letter goes.

    Lines stand as they are to be printed, each in quotes. What is not given stays as it was. An address is kept apart
    from the sound, and goes when the letter goes.

    number: of the letter
    lines: of the address, name first
    from: who sends it, lines with ' / ' between them
    country: last line of the address
    language: of label and slip
    note: for the host alone

    Examples:
        address set 217 "Maria Schmidt" "Lindenstr. 5" "10969 Berlin" --country Germany
        address set 217 --from "Anna / Nevsky 28" --language ru
    """
    changed = _changed(lines, from_, country, language, note)

    def put(stores: Stores) -> Address:
        address = replace(stores.addresses.of(number) or Address(), **changed)
        if not address.recipient:
            raise OptionError(f'letter no. {number} has nobody it goes to', where='address', remedy='give a line')
        stores.addresses.put(number, address)
        return address

    address = call.desk.stores('write down an address', put)
    yield Line(f'Letter no. {number} goes to {address.recipient[0]}.')
    yield from _unprintable(call, {number: address})


def _changed(
    lines: tuple[str, ...], sender: str | None, country: str | None, language: str | None, note: str | None
) -> dict[str, Any]:
    """Fields of an address, those that were given."""
    given = {
        'recipient': _lines(lines) or None,
        'sender': _lines(tuple(sender.split(BETWEEN))) if sender is not None else None,
        'country': None if country is None else one_line(country),
        'language': language,
        'note': None if note is None else one_line(note),
    }
    return {name: value for name, value in given.items() if value is not None}


def _lines(texts: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(line for text in texts if (line := one_line(text)))


def address_clear(call: Call, number: int) -> Iterator[Said]:
    """Erase the address of a letter; the letter stays.

    number: of the letter

    Examples:
        address clear 217
    """
    call.desk.stores('erase an address', lambda stores: stores.addresses.remove(number))
    yield Line(f'The address of letter no. {number} is erased.')


def _clear(call: Call, number: int) -> str:
    _address(call, number)
    return f'Erase the address of letter no. {number}?'


def address_import(call: Call, *, encoding: Encoding = 'auto', dry_run: bool = False) -> Iterator[Said]:
    """Take addresses from a list: CSV, as a spreadsheet saves it.

    The list comes from the pipe. Its first line names the columns, in any order: number, to, to2 to to8, from, from2 to
    from8, country, language, note. Commas, semicolons or tabs part them; a cell may hold several lines. All of it is
    taken or, if anything is wrong, nothing, and the line is named.

    encoding: of the list; auto asks for it where it cannot be told for sure
    dry_run: only say what would be taken

    Examples:
        address import --dry-run     < letters.csv
        address import               < letters.csv
        address import --encoding windows-1251  < letters.csv
    """
    text, how = decoded(call.read(), encoding)
    found = entries(text)

    def take(stores: Stores) -> None:
        _refuse(stores, found)
        if not dry_run:
            stores.addresses.put_all({entry.number: entry.address for entry in found})

    call.desk.stores('take addresses from a list', take)
    if dry_run:
        rows = [(e.line, e.number, '; '.join(e.address.recipient), e.address.country) for e in found]
        yield Table(('line', 'number', 'to', 'country'), tuple(rows))
    done = 'would be taken' if dry_run else 'taken'
    yield Line(f'{len(found)} {"address" if len(found) == 1 else "addresses"} {done}; the list was read as {how}.')
    yield from _unprintable(call, {entry.number: entry.address for entry in found})


def _refuse(stores: Stores, found: tuple[Entry, ...]) -> None:
    for entry in found:
        if why := stores.addresses.why_not(entry.number):
            remedy = 'mend the line; nothing was imported'
            raise OptionError(why, where=f'list, line {entry.line}', remedy=remedy)


def address_export(call: Call) -> Iterator[Said]:
    """All addresses as a list that `address import` reads again.

    Examples:
        address export     > addresses.csv
    """
    yield Blob('addresses.csv', written(call.desk.stores('list the addresses', lambda stores: stores.addresses.all())))


def label(
    call: Call, number: int, *, copies: int = 1, date: str | None = None, language: Language | None = None
) -> Iterator[Said]:
    """Print the label of a letter's disc, and that of its sleeve, as PDF.

    Paper, emblem and sender are settings: config get post. The date is the letter's; a letter that was kept while
    nobody had set the clock has none.

    number: of the letter
    copies: of each
    date: in place of the letter's own, such as 2026-11-27
    language: of its words; else that of the address, of the visitor, or the first of the booth

    Examples:
        label 217     > label.pdf
        label 217 --copies 3 --language ru
        label 217 --date 2026-11-27
    """
    if not 1 <= copies <= MOST_COPIES:
        raise OptionError(f'{copies} copies', where='label', remedy=f'give 1 to {MOST_COPIES}')
    subject, spoken = _subject(call, number)
    if date is not None:
        subject = replace(subject, date=_date(date))
    order = Label(subject, house(call), language or spoken, copies)
    yield Blob(f'label-{number}.pdf', press(order, call.cancelled))


def slip(call: Call, number: int, *, language: Language | None = None) -> Iterator[Said]:
    """Print the slip for a letter's packet, with its whole address, as PDF.

    number: of the letter
    language: of its words; else that of the address, of the visitor, or the first of the booth

    Examples:
        slip 217     > slip.pdf
    """
    subject, spoken = _subject(call, number)
    yield Blob(f'slip-{number}.pdf', press(Slip(subject, house(call), language or spoken), call.cancelled))


def daysheet(call: Call, day: str = '', *, language: Language | None = None) -> Iterator[Said]:
    """Print the sheet of a day, as PDF.

    Letters, visitors who walked away and where, discs, spoiled ones, blanks, and minutes of the stylus.

    day: such as 2026-11-27, or 'day 12' of those the booth has run; else today
    language: of its words; else the first of the booth

    Examples:
        daysheet     > today.pdf
        daysheet 2026-11-27 --language de
    """
    figures = call.desk.stores('count the day', lambda stores: stores.day(day))
    order = DaySheet(day_of(figures), house(call), language or call.desk.settings.config.voice.languages[0])
    yield Blob(f'daysheet-{figures.day.replace(" ", "-")}.pdf', press(order, call.cancelled))


def day_of(figures: Figures) -> Day:
    """What the paper tells of it."""
    return Day(
        day=figures.day,
        letters=figures.letters,
        walked_away=dict(figures.walked_away),
        discs=figures.discs,
        spoiled=dict(figures.spoiled),
        blanks=figures.blanks,
        blanks_left=figures.blanks_left,
        stylus_s=figures.stylus_s,
    )


def house(call: Call) -> House:
    """The host's settings of what is printed."""
    post = call.desk.settings.config.post
    return House(post.paper, post.sender, post.emblem, post.font)


def _date(text: str) -> str:
    try:
        return datetime.date.fromisoformat(text).isoformat()
    except ValueError:
        raise OptionError(f'{text[:40]!r} is no date', where='date', remedy='write it as 2026-11-27') from None


def _address(call: Call, number: int) -> Address:
    found = call.desk.stores('look up an address', lambda stores: stores.addresses.of(number))
    if found is None:
        raise OptionError(f'letter no. {number} has no address', where='address', remedy=f'address set {number} ...')
    return found


def _subject(call: Call, number: int) -> tuple[Subject, str]:
    """What paper tells of a letter, and in which language it does if nobody says."""

    def look(stores: Stores) -> tuple[Letter, Address]:
        if why := stores.addresses.why_not(number):
            raise OptionError(why, where='letter', remedy='see the list of letters')
        return stores.letter(number), stores.addresses.of(number) or Address()

    letter, address = call.desk.stores('look up a letter', look)
    settings = call.desk.settings
    disc = load_disc(letter.disc) if letter.disc else settings.disc
    planned = letter.speed_rpm > 0
    subject = Subject(
        number=number,
        date=letter.date,
        at_s=letter.at_s,
        sender=address.sender,
        recipient=address.recipient,
        country=address.country,
        rpm=letter.speed_rpm,
        stylus_um=disc.groove.stylus_um if planned else 0.0,
        label_radius_mm=disc.label_radius_mm,
    )
    return subject, address.language or letter.language or settings.config.voice.languages[0]


def _unprintable(call: Call, addresses: dict[int, Address]) -> Iterator[Said]:
    """What label and slip will refuse, told when it is written down."""
    known = faces(call.desk.settings.config.post.font)
    lost = {
        number: chars
        for number, each in addresses.items()
        if (chars := missing(''.join((*each.recipient, *each.sender, each.country)), known))
    }
    if lost or call.json:
        rows = tuple((number, named(chars)) for number, chars in lost.items())
        yield Table(('number', 'no font here has (name one in post.font)'), rows)


def _letters(desk: Desk) -> Iterable[str]:
    return (str(letter.number) for letter in desk.look().letters)


NUMBER = {'number': _letters}
COMMANDS = (
    Command('address show', address_show, gives=(Facts, Table), private=True, offers=NUMBER),
    Command('address list', address_list, gives=(Table,), private=True),
    Command('address set', address_set, changes=True, private=True, offers=NUMBER),
    Command('address clear', address_clear, changes=True, asks=_clear, offers=NUMBER),
    Command('address import', address_import, changes=True, private=True),
    Command('address export', address_export, private=True),
    Command('label', label, offers=NUMBER),
    Command('slip', slip, offers=NUMBER),
    Command('daysheet', daysheet),
)
