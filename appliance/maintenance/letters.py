"""Letters: list, show, play, cut once more, export, forget."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from appliance.desk.book import Blob, Call, Command, Desk, Facts, Line, Said, Table
from appliance.errors import MachineRefusesError, OptionError, StorageError
from appliance.message import Copy, Letter, Stores
from appliance.message.host import Address, Span
from appliance.message.ledger import STATES
from appliance.workflow.turn import SERVED
from appliance.workflow.values import Event, Kind

MOST = 10_000  # letters of one list
TAKEN_S, PLANNED_S, LOOK_S = 10.0, 120.0, 0.1
SHOWN = tuple(state for state in STATES if state not in ('keeping', 'forgetting', 'forgotten'))
FILES = {'disc': 'playback.wav', 'picture': 'disc.png', 'groove': 'groove.npz', 'report': 'report.json'}
What = Literal['letter', 'disc', 'picture', 'groove', 'report']


def letters_list(
    call: Call, *, state: str = '', day: str = '', address: bool = False, limit: int = 50
) -> Iterator[Said]:
    """List letters, the newest first.

    state: only these: kept, held, cutting, cut, handed over, lost
    day: only of this day: 2026-11-27, or 'day 12' of those the booth has run
    address: only those with an address
    limit: at most so many

    Examples:
        letters list
        letters list --state kept --limit 10
        letters list --day 2026-11-27 --address
    """
    if state and state not in SHOWN:
        raise OptionError(f'{state[:40]!r} is no state', where='--state', remedy=f'known are {", ".join(SHOWN)}')
    if not 1 <= limit <= MOST:
        raise OptionError(f'{limit}', where='--limit', remedy=f'from 1 to {MOST}')
    span = Span.of(day) if day else None

    def look(stores: Stores) -> tuple[tuple[Letter, ...], dict[int, Address], dict[int, int]]:
        found = stores.letters(limit if not address else MOST, state=state, span=span)
        return found, stores.addresses.all(), stores.discs.counts()

    letters, addresses, discs = call.desk.stores('list the letters', look)
    wanted = [letter for letter in letters if not address or letter.number in addresses][:limit]
    rows = tuple(
        (*_line(letter), discs.get(letter.number, 0), letter.disc, letter.number in addresses) for letter in wanted
    )
    yield Table(('number', 'day', 'state', 'length, s', 'discs', 'disc', 'address'), rows)


def _line(letter: Letter) -> tuple[int, str, str, float]:
    return letter.number, letter.date, letter.state, round(letter.seconds, 1)


def letters_show(call: Call, number: int) -> Iterator[Said]:
    """Show all that is known of one letter, but nothing of what it says.

    number: of the letter

    Examples:
        letters show 217
        letters show 217 --json
    """

    def look(stores: Stores) -> tuple[Letter, tuple[Copy, ...], bool, int]:
        letter = stores.letter(number)
        return letter, stores.discs.of(number), stores.addresses.of(number) is not None, stores.discs.left(number)

    letter, discs, addressed, ordered = call.desk.stores('show a letter', look)
    yield Facts({
        'number': letter.number,
        'state': letter.state,
        'which means': STATES[letter.state],
        'day': letter.date,
        'length, s': round(letter.seconds, 2),
        'language': letter.language,
        'disc': letter.disc,
        'speed, rpm': round(letter.speed_rpm, 3),
        'address': addressed,
        'master kept': letter.master is not None,
        'ordered discs': ordered,
    })  # fmt: skip
    rows = tuple(_disc(disc) for disc in discs)
    if rows or call.json:
        names = ('disc', 'state', 'why', 'for', 'blank', 'stylus, s', 'kind', 'level, dB', 'master')
        yield Table(names, rows)


def _disc(disc: Copy) -> tuple[str | float | bool, ...]:
    why, stylus_s, level_db = disc.void or disc.cause, round(disc.stylus_s, 1), round(disc.level_db, 1)
    return disc.place, disc.state, why, disc.who, disc.spent, stylus_s, disc.disc, level_db, disc.master[:8]


def letters_play(call: Call, number: int, *, disc: bool = False) -> Iterator[Said]:
    """Play a letter through the booth's speaker; Ctrl-C ends it.

    Not while a visitor is served. It is noted who had it played.

    number: of the letter
    disc: as its last disc sounds, rather than as it was spoken

    Examples:
        letters play 217
        letters play 217 --disc
    """
    letter = call.desk.stores('find the letter', lambda stores: stores.letter(number))
    path = _file(letter, 'disc') if disc else _there(letter.wav, letter)
    call.desk.deed(call.who, f'letters play {number}', 'begun')
    call.desk.play((path,), call.desk.settings.config.voice.volume_db)
    yield Line(f'letter no. {number}, {letter.seconds:.0f} s')
    try:
        call.pause(letter.seconds + 1.0)
    finally:
        if call.cancelled.is_set() and call.desk.look().booth.state not in SERVED:
            call.desk.play(())


def letters_cut(call: Call, number: int, *, copies: int = 1, edition: bool = False) -> Iterator[Said]:
    """Cut one more disc of a letter, or several, from the master of the first.

    The screen of the booth asks for a blank; each disc begins with a press there. If machine or disc have changed since
    the first one, it is planned anew, and says so. A disc that is spoiled is cut again and counts against nothing.

    number: of the letter
    copies: how many, one after another
    edition: number them, 1 of N and so on; one that was broken off is gone on with

    Examples:
        letters cut 217
        letters cut 217 --copies 10 --edition
    """
    state = call.desk.look().booth.state
    if state in SERVED:
        raise MachineRefusesError('a visitor is being served', remedy='close the booth first, then ask again')

    def order(stores: Stores) -> int:
        stores.order_discs(number, copies, call.who, numbered=edition)
        return stores.discs.left(number)

    left = call.desk.stores('order discs', order)
    call.desk.tell(Event(Kind.AGAIN, number=number, copies=left))
    until_s = call.desk.now_s() + TAKEN_S
    while call.desk.look().booth.letter != number:
        if not call.pause(LOOK_S) or call.desk.now_s() >= until_s:
            state = call.desk.look().booth.state
            raise MachineRefusesError(f'the booth does not take it: {state.value}', remedy='see what is the matter')
    discs = f'{left} discs are' if left > 1 else 'one disc is'
    yield Line(f'{discs} to be cut of letter no. {number}: lay a blank and press at the booth')
    yield from _planned(call, number)


def _planned(call: Call, number: int) -> Iterator[Said]:
    """Of what it will be cut, as soon as that is known."""
    until_s = call.desk.now_s() + PLANNED_S
    while call.desk.look().facts is None and call.desk.look().booth.letter == number:
        if call.desk.now_s() >= until_s or not call.pause(LOOK_S):
            return
    facts = call.desk.look().facts
    if facts is None:
        yield Line(f'it is not cut: {call.desk.look().booth.reason or call.desk.look().booth.state.value}')
        return
    if facts.copy:
        yield Line('from the master and the plan of the disc before')
    elif facts.anew:
        yield Line(f'planned anew: {facts.anew}')
    yield Facts({'disc': facts.disc, 'speed, rpm': round(facts.speed_rpm, 3), 'level, dB': round(facts.level_db, 2),
                 'cut, s': round(facts.total_s, 1)})  # fmt: skip


def letters_void(call: Call, number: int, why: str, *, disc: str = '') -> Iterator[Said]:
    """Declare a finished disc no good: it may be cut again.

    It counts as spoiled then, and against no quota.

    number: of the letter
    why: what is the matter with it
    disc: which one: 2, or 3/10 of an edition; the last one if it is not given

    Examples:
        letters void 217 scratched
        letters void 217 "the needle jumps" --disc 3/10
    """
    found = call.desk.stores('declare a disc void', lambda stores: stores.discs.void(number, disc, why))
    yield Line(f'disc {found.mark} is void; letters cut {number} cuts another')


def letters_forget(call: Call, number: int) -> Iterator[Said]:
    """Forget a letter: its sound, its discs' files and its address, for good.

    Only the number stays, and that there was a letter. What is in the machine is not forgotten under it.

    number: of the letter

    Examples:
        letters forget 217
        letters forget 217 --yes
    """
    call.desk.stores('forget the letter', lambda stores: stores.forget(number))
    yield Line(f'letter no. {number} is forgotten')


def _forget(call: Call, number: int) -> str:
    letter = call.desk.stores('find the letter', lambda stores: stores.letter(number))
    if call.desk.look().booth.letter == number or letter.state in ('keeping', 'cutting'):
        raise MachineRefusesError(f'letter no. {number} is in the machine', remedy='let it be cut, or stop it')
    return f'Forget letter no. {number} for good?'


def letters_export(call: Call, number: int, what: What = 'letter', *, flac: bool = False) -> Iterator[Said]:
    """Write a letter, or what was made of it, into a file where you are.

    It is noted who took it.

    number: of the letter
    what: letter (as it was spoken), disc (as the last one sounds), its picture, its groove, or its report
    flac: the sound as FLAC, half as large and not a bit other, rather than as WAV

    Examples:
        letters export 217
        letters export 217 disc --flac
        letters export 217 picture
    """
    letter = call.desk.stores('find the letter', lambda stores: stores.letter(number))
    path = _there(letter.wav, letter) if what == 'letter' else _file(letter, what)
    data, ending = _read(path), path.suffix
    if flac:
        if ending != '.wav':
            raise OptionError(f'a {what} is no sound', where='--flac', remedy='leave it out')
        data, ending = as_flac(data), '.flac'
    call.desk.deed(call.who, f'letters export {number} {what}', 'done')
    stem = f'letter-{number:06d}' if what == 'letter' else f'letter-{number:06d}-{what}'
    yield Blob(f'{stem}{ending}', data)


def as_flac(wav: bytes) -> bytes:
    """The same samples, to the bit."""
    import soundfile

    with soundfile.SoundFile(io.BytesIO(wav)) as source:
        form = source.subtype if source.subtype in ('PCM_16', 'PCM_24') else 'PCM_24'
        sound, rate = source.read(dtype='int32'), source.samplerate
    packed = io.BytesIO()
    soundfile.write(packed, sound, rate, subtype=form, format='FLAC')
    return packed.getvalue()


def _file(letter: Letter, what: str) -> Path:
    """Of the last disc that was finished."""
    if letter.results is None:
        raise OptionError('no disc was cut', where=f'letter no. {letter.number}', remedy='cut one first')
    return _there(letter.results / FILES[what], letter)


def _there(path: Path, letter: Letter) -> Path:
    if not path.is_file():
        raise OptionError(f'{path.name} is not there', where=f'letter no. {letter.number}', remedy='see letters show')
    return path


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        what = f'cannot be read ({error.strerror or error})'
        raise StorageError(what, where=str(path), remedy='see to the disk') from error


def numbers(desk: Desk) -> list[str]:
    """Of the newest letters, to complete a word with."""
    return [str(letter.number) for letter in desk.look().letters]


def states(desk: Desk) -> list[str]:
    return [state for state in SHOWN if ' ' not in state]


OF = {'number': numbers}
COMMANDS = (
    Command('letters list', letters_list, gives=(Table,), offers={'state': states}),
    Command('letters show', letters_show, gives=(Facts, Table), offers=OF),
    Command('letters play', letters_play, offers=OF),
    Command('letters cut', letters_cut, changes=True, offers=OF),
    Command('letters void', letters_void, changes=True, offers=OF),
    Command('letters forget', letters_forget, asks=_forget, changes=True, offers=OF),
    Command('letters export', letters_export, offers=OF),
)
