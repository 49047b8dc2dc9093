"""A USB stick: what is plugged in, a backup of everything and its way back, a copy of one letter for its visitor."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import TypeVar

from appliance.desk.book import Call, Command, Desk, Facts, Line, Said, Table, Value
from appliance.errors import AudioLetterError, MachineRefusesError, OptionError, StorageError
from appliance.maintenance.letters import FILES, numbers
from appliance.message import Letter
from appliance.message.host.backup import Backup, Told, back_up, read_list, verify
from appliance.message.host.copying import copy_out
from appliance.message.host.restore import restore
from appliance.message.host.stick import Stick, StickDisk, on, sticks, writing
from appliance.message.shelf import FOLDER, PART
from appliance.paper.wording import date_of, say

BACKUP = 'backup-'
COPY_STATES = ('kept', 'cut', 'handed over')  # somebody has said of them that they may be kept
EVERY = 20  # percent between two lines of what is done
NEVER_OUT = 'do not pull it out'
DONE = 'everything is on it: you may pull it out now'
T = TypeVar('T')


def show(call: Call) -> Iterator[Said]:
    """Show what is plugged in, how much room it has, and what lies on it.

    A stick is whatever the computer has mounted under places.stick.

    Examples:
        stick
        stick --json
    """
    found = _sticks(call.desk)
    if not found and not call.json:
        yield Line(f'no stick is plugged in (nothing is mounted under {_folder(call.desk)})')
        return
    rows = tuple((one.name, one.kind, round(one.size / 1e6), round(one.free / 1e6), not one.read_only) for one in found)
    yield Table(('stick', 'file system', 'size, MB', 'free, MB', 'can be written'), rows)
    told = [(one.name, *row) for one in found for row in _backups(one)]
    if told or call.json:
        yield Table(('stick', 'backup', 'day', 'letters', 'size, MB', 'state'), tuple(told))


def _backups(stick: Stick) -> Iterator[tuple[Value, ...]]:
    """By their lists; nothing is read to its end."""
    for folder in _folders(stick):
        try:
            found = read_list(folder)
        except AudioLetterError as error:
            yield folder.name, None, None, None, error.what
        else:
            day = folder.name.removeprefix(BACKUP)
            yield folder.name, day, len(found.numbers), round(found.size / 1e6, 1), 'not read yet; see backup verify'


def make(call: Call, *, stick: str = '') -> Iterator[Said]:
    """Back up all letters and the ledger to a stick.

    Every file is read back and compared before the backup has its name; one that was broken off does not count. The
    booth may go on meanwhile. A letter that is forgotten later stays on the stick: keep it as you keep the booth.

    stick: its name, where several are plugged in

    Examples:
        backup
        backup --stick KINGSTON
    """
    used = _stick(call, stick, write=True)
    data, disk = call.desk.folders.data, StickDisk(used)
    largest = max((path.stat().st_size for path in (data / FOLDER).rglob('*') if path.is_file()), default=0)
    used.check(largest)
    with writing(used):
        yield Line(f'to {used.name}: {NEVER_OUT}')
        for left in used.home.glob(f'*{PART}'):
            disk.remove(left)
        target = used.home / _free_name(call, used)
        made = yield from _watched(call, lambda told: back_up(call.desk.stores, data, target, told, disk))
    yield _facts(made)
    yield Line(DONE)
    call.desk.deed(call.who, f'backup {made.folder.name}', 'done')


def _free_name(call: Call, stick: Stick) -> str:
    """The day; of several on one day the second is -2."""
    stamp = call.desk.stores('look at the day', lambda stores: stores.stamp())
    day = stamp.date or f'day-{int(stamp.lived_s // 86_400) + 1}'
    names = (f'{BACKUP}{day}{tail}' for tail in ('', *(f'-{count}' for count in range(2, 1000))))
    return next(name for name in names if not (stick.home / name).exists())


def check(call: Call, name: str = '', *, stick: str = '') -> Iterator[Said]:
    """Read a backup to its last byte and say whether it is whole.

    name: of the backup; else the newest
    stick: its name, where several are plugged in

    Examples:
        backup verify
        backup verify backup-2026-11-27
    """
    used = _stick(call, stick)
    with on(used):
        found = yield from _watched(call, lambda told: verify(used.home / (name or _newest(used)), told))
    yield _facts(found)
    yield Line('every byte is as it was written')


def bring_back(call: Call, name: str = '', *, stick: str = '') -> Iterator[Said]:
    """Bring letters back from a backup; what is here is never overwritten.

    The backup is read to its last byte first: one that is damaged, or that a newer program has made, is refused. What
    was forgotten here stays forgotten. A booth that has had no letter yet becomes what the other was.

    name: of the backup; else the newest
    stick: its name, where several are plugged in

    Examples:
        restore
        restore backup-2026-11-27
    """
    used, found = _backup(call, name, stick)
    yield _facts(found)
    data = call.desk.folders.data
    with on(used):
        told = yield from _watched(call, lambda told: restore(call.desk.stores, data, found.folder, told))
    yield Facts(
        {
            'letters brought back': len(told.letters),
            'left as they are here': len(told.left_alone),
            'counters and logs': told.whole,
        }
    )
    yield Line('you may pull the stick out now')


def _restore(call: Call, name: str = '', *, stick: str = '') -> str:
    _, found = _backup(call, name, stick)
    return f'Bring back what is not here of {len(found.numbers)} letters in {found.folder.name}?'


def _backup(call: Call, name: str, stick: str) -> tuple[Stick, Backup]:
    """The one that is meant, by its list, and where it lies."""
    used = _stick(call, stick)
    with on(used):
        return used, read_list(used.home / (name or _newest(used)))


def copy(call: Call, number: int, *, stick: str = '') -> Iterator[Said]:
    """Copy one letter to a stick, for the visitor who asks for it.

    Sound as WAV, what the disc sounds like, its picture, and a text in the visitor's language that says what all this
    is. One letter, and nobody else's: the number stands on the disc's label. It is noted who made the copy.

    number: of the letter
    stick: its name, where several are plugged in

    Examples:
        copy 217
        copy 217 --stick KINGSTON
    """
    letter, used, files = _copied(call, number, stick)
    target, disk = used.home / _stem(number), StickDisk(used)
    text = (f'{_stem(number)}.txt', _text(call, letter, tuple(files)))
    with writing(used):
        yield Line(f'to {used.name}: {NEVER_OUT}')
        size = yield from _watched(call, lambda told: copy_out(files, text, target, disk, told))
    call.desk.deed(call.who, f'copy {number}', 'done')
    yield Facts({'folder': str(target), 'files': len(files) + 1, 'size, MB': round(size / 1e6, 1)})
    yield Line(DONE)


def _copy(call: Call, number: int, *, stick: str = '') -> str:
    letter, *_ = _copied(call, number, stick)
    day = f' of {letter.date}' if letter.date else ''
    return (
        f'Letter no. {number}{day}, {letter.seconds:.0f} s long: does whoever spoke it ask for a copy, and is it this '
        f'number that stands on their disc?'
    )


def _copied(call: Call, number: int, stick: str) -> tuple[Letter, Stick, dict[str, Path]]:
    """The letter, where it goes to, and its files, where all of it can be had."""
    letter = call.desk.stores('find the letter', lambda stores: stores.letter(number))
    if letter.state not in COPY_STATES:
        remedy = "a letter that nobody answered for is nobody else's to take" if letter.state == 'held' else ''
        raise OptionError(f'letter no. {number} is {letter.state}', where='copy', remedy=remedy or 'see letters show')
    used = _stick(call, stick, write=True)
    with writing(used):
        return letter, used, _files(letter, used)


def _stem(number: int) -> str:
    return f'letter-{number:06d}'


def _files(letter: Letter, stick: Stick) -> dict[str, Path]:
    """Under their names on the stick; what was not made yet is left out."""
    stem = f'{letter.number:06d}'
    found = {f'letter-{stem}.wav': letter.wav}
    if letter.results is not None:
        found |= {
            f'disc-{stem}.wav': letter.results / FILES['disc'],
            f'disc-{stem}.png': letter.results / FILES['picture'],
        }
    there = {name: path for name, path in found.items() if path.is_file()}
    if f'letter-{stem}.wav' not in there:
        raise OptionError('its sound is not there', where=f'letter no. {letter.number}', remedy='see letters show')
    for path in there.values():
        stick.check(path.stat().st_size)
    return there


def _text(call: Call, letter: Letter, names: tuple[str, ...]) -> bytes:
    """In the visitor's language; as every editor reads it: UTF-8 that says so, and lines as Windows ends them."""
    language = letter.language or call.desk.settings.config.voice.languages[0]
    keys = {'letter': 'copy letter', 'disc': 'copy disc', 'png': 'copy picture'}
    lines = [say(language, 'copy', number=str(letter.number)), date_of(language, letter.date), '']
    for name in names:
        lines.append(say(language, keys['png' if name.endswith('png') else name.split('-')[0]], file=name))
    lines += ['', say(language, 'copy booth')]
    return '\r\n'.join([*lines, '']).encode('utf-8-sig')


def _facts(found: Backup) -> Facts:
    return Facts(
        {'backup': found.folder.name, 'letters': len(found.numbers), 'files': len(found.files),
         'size, MB': round(found.size / 1e6, 1)}
    )  # fmt: skip


def _folder(desk: Desk) -> Path:
    return Path(desk.settings.config.places.stick or '/media')


def _sticks(desk: Desk) -> tuple[Stick, ...]:
    return sticks(_folder(desk), desk.program.mounts)


def _stick(call: Call, name: str, *, write: bool = False) -> Stick:
    """The one that is meant; MachineRefusesError where that cannot be told, or where it cannot be written."""
    found = _sticks(call.desk)
    meant = [one for one in found if name in ('', one.name)]
    there = ', '.join(one.name for one in found) or 'none'
    if not meant:
        what = f'no stick {name} is plugged in' if name else 'no stick is plugged in'
        remedy = f'plugged in: {there}; nothing else is mounted under {_folder(call.desk)}'
        raise MachineRefusesError(what, where='stick', remedy=remedy)
    if len(meant) > 1:
        raise MachineRefusesError('several are plugged in', where='stick', remedy=f'name one with --stick: {there}')
    if write and meant[0].read_only:
        remedy = 'push its switch, or let a computer check it; then plug it in again'
        raise StorageError('the stick cannot be written', where=meant[0].name, remedy=remedy)
    return meant[0]


def _folders(stick: Stick) -> list[Path]:
    """Of backups, whole or not."""
    try:
        return sorted(path for path in stick.home.iterdir() if path.name.startswith(BACKUP))
    except OSError:
        return []


def _newest(stick: Stick) -> str:
    """By the hours the booth had lived: no clock makes them fewer. OptionError where there is none."""
    found: list[tuple[float, str]] = []
    for folder in _folders(stick):
        try:
            found.append((read_list(folder).lived_s, folder.name))
        except AudioLetterError:
            continue
    if not found:
        raise OptionError('there is no backup on it', where=stick.name, remedy='backup makes one')
    return max(found)[1]


def _watched(call: Call, do: Callable[[Told], T]) -> Generator[Said, None, T]:
    """How far it is, line by line; whoever listens no more has ended it."""
    told: queue.SimpleQueue[tuple[int, int] | None] = queue.SimpleQueue()
    answers: list[T] = []
    failed: list[BaseException] = []
    over = threading.Event()

    def tell(done: int, whole: int) -> bool:
        told.put((done, whole))
        return not over.is_set() and not call.cancelled.is_set()

    def work() -> None:
        try:
            answers.append(do(tell))
        except BaseException as error:
            failed.append(error)
        finally:
            told.put(None)

    thread = threading.Thread(target=work, name='stick', daemon=True)
    thread.start()
    try:
        yield from _percents(told)
    finally:
        over.set()
        thread.join()
    if failed:
        raise failed[0]
    return answers[0]


def _percents(told: queue.SimpleQueue[tuple[int, int] | None]) -> Iterator[Said]:
    """Every so many; after it was written it is read back, which begins anew."""
    next_at = EVERY
    before = 0
    while (now := told.get()) is not None:
        percent = 100 * now[0] // max(now[1], 1)
        if percent < before:
            next_at = EVERY
            yield Line('reading it')
        if next_at <= percent < 100:
            yield Line(f'{percent} %')
            next_at = (percent // EVERY + 1) * EVERY
        before = percent


def _names(desk: Desk) -> list[str]:
    return [one.name for one in _sticks(desk)]


def _backup_names(desk: Desk) -> list[str]:
    return [folder.name for one in _sticks(desk) for folder in _folders(one)]


STICK = {'stick': _names}
NAMED = {**STICK, 'name': _backup_names}
COMMANDS = (
    Command('stick', show, gives=(Table, Table)),
    Command('backup', make, offers=STICK),
    Command('backup verify', check, offers=NAMED),
    Command('restore', bring_back, asks=_restore, changes=True, maintenance=True, offers=NAMED),
    Command('copy', copy, asks=_copy, offers={**STICK, 'number': numbers}),
)
