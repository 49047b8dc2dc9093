"""The host's settings while the booth runs: what holds and from where, changes with their limits, and the way back."""

from __future__ import annotations

import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

from appliance.config import Config
from appliance.config.changes import SECRET, Change, HostFile, keys, kind_of
from appliance.config.load import checked, defaults
from appliance.config.places import KEY as RUN_KEY
from appliance.config.places import in_memory
from appliance.config.tokens import token_of
from appliance.desk.book import Call, Command, Desk, Facts, Line, Said, Table
from appliance.errors import OptionError
from appliance.maintenance.reports.moments import written, zone_of
from appliance.tables import NAMES

AT_START = ('places.data', 'places.run', 'attendant.reader')  # opened once, when the program starts
FILES, FOLDERS, MADE = ('post.emblem', 'post.font'), ('voice.prompts_folder', 'places.stick'), ('places.data', RUN_KEY)
EMPTY = 'empty'
HIDDEN = 'set, and not shown here'
TOKENS, SEQUENCE = 'attendant.tokens', 'attendant.sequence'


def config_show(call: Call, section: str = '', *, reveal: bool = False) -> Said:
    """Every setting and its value.

    section: voice, policy, hours, attendant, timeouts, ...; without it, all
    reveal: also the attendant's sequence and tokens

    Examples:
        config show
        config show policy
        config show --json
    """
    config = call.desk.settings.config
    rows = tuple((key, _shown(key, _value(config, key), reveal)) for key in _of(section))
    return Table(('key', 'value'), rows)


def config_get(call: Call, key: str, *, reveal: bool = False) -> Said:
    """One setting: its value, its origin, and when a change holds.

    key: of the setting, voice.volume_db, say
    reveal: also the attendant's sequence and tokens

    Examples:
        config get voice.volume_db
        config get attendant.sequence --reveal
    """
    kind_of(key)
    config, origin = _file(call).load()
    holds = 'after the next start' if key in AT_START else 'at once, or after the visit that is going on'
    default = _text(_value(_default(), key))
    return Facts(
        {
            key: _shown(key, _value(config, key), reveal),
            'from': origin[key],
            'default': default,
            'a change holds': holds,
        }
    )


def config_set(call: Call, key: str, *value: str) -> Said:
    """Change a setting, so that it stays.

    It is checked as a settings file is, written whole, and holds as soon as that is safe, which is said.
    key: of the setting
    value: as it is to be; of a list, words or one text with commas

    Examples:
        config set voice.volume_db -18
        config set policy.retention handover
        config set voice.languages de en fr
        config set hours.mon '10:00-13:00, 14:00-18:00'
        config set hours.closed 2026-12-24..2027-01-06 05-01
    """
    kind = kind_of(key)
    if key in SECRET:
        command = 'config token' if key == TOKENS else 'config sequence'
        raise OptionError(f'{key} is not set like others: its value is not noted', where=key, remedy=f'use {command}')
    if not value:
        raise OptionError('the value is missing', where=key, remedy='config unset takes a change away')
    text = (', ' if kind == NAMES and not value[0].startswith('[') else ' ').join(value)
    _there(key, text)
    return _changed(call, _file(call).set(key, text, call.who, call.desk.wall_s()))


def config_unset(call: Call, key: str) -> Said:
    """Take a change away: other files, or the program, say what it is.

    key: of the setting

    Examples:
        config unset voice.volume_db
    """
    return _changed(call, _file(call).unset(key, call.who, call.desk.wall_s()))


def config_undo(call: Call) -> Said:
    """Take back the last change; again, and the one before.

    Examples:
        config undo
    """
    last = _file(call).undo()
    return _changed(call, Change(last.key, last.after, last.before, call.who, call.desk.wall_s()), 'again as it was: ')


def config_history(call: Call) -> Said:
    """The changes that can be taken back, newest first.

    Examples:
        config history
    """
    zone = zone_of(call.desk)
    rows = tuple(
        (
            written(change.at_s, zone),
            change.who,
            change.key,
            _shown(change.key, change.before),
            _shown(change.key, change.after),
        )
        for change in reversed(_file(call).history())
    )
    return Table(('when', 'who', 'key', 'before', 'after'), rows)


def config_origin(call: Call, key: str = '') -> Said:
    """The file each setting comes from.

    key: of one setting, or a section; without it, all

    Examples:
        config origin
        config origin hours
        config origin policy.disc
    """
    _, origin = _file(call).load()
    return Table(('key', 'file'), tuple((each, origin[each]) for each in _of(key)))


def config_diff(call: Call) -> Said:
    """What differs from how the booth came.

    Examples:
        config diff
    """
    config, origin = _file(call).load()
    plain = _default()
    rows = tuple(
        (key, _shown(key, _value(config, key)), _shown(key, _value(plain, key)), origin[key])
        for key in keys()
        if _value(config, key) != _value(plain, key)
    )
    return Table(('key', 'value', 'default', 'file'), rows)


def config_sequence(call: Call, *presses: str) -> Said:
    """Set the attendant's sequence of 6 to 16 presses; without any: off.

    At the booth: right pad, then the left one as well, both held for 3 s; then these presses.
    presses: left, right and record

    Examples:
        config sequence left right right left record right
        config sequence
    """
    return _changed(call, _file(call).set(SEQUENCE, ' '.join(presses), call.who, call.desk.wall_s()))


def config_token(call: Call, name: str, card: str = '', *, remove: bool = False) -> Said:
    """Let a card or ring open the attendant's menu; only a hash of it is kept.

    name: whose it is; small letters, digits, - and _
    card: what the reader types of it
    remove: it opens the menu no more

    Examples:
        config token anna 0012345678
        config token anna --remove
    """
    file = _file(call)
    others = [token for token in file.load()[0].attendant.tokens if token.partition(':')[0] != name]
    if remove and len(others) == len(file.load()[0].attendant.tokens):
        raise OptionError(f'there is no token of {name[:30]!r}', where=TOKENS, remedy='config show attendant --reveal')
    tokens = others if remove else [*others, token_of(name, card)]
    return _changed(call, file.set(TOKENS, ', '.join(tokens), call.who, call.desk.wall_s()))


# -- how -----------------------------------------------------------------------------------------------------------


def _file(call: Call) -> HostFile:
    file = call.desk.settings.file
    if file is None:
        raise OptionError('this booth has no settings file', remedy='start it with audioletter kiosk')
    return file


def _there(key: str, text: str) -> None:
    """OptionError for a place that is none here: else the next start, or the next label, would tell somebody else."""
    path = Path(text)
    if not path.is_absolute():
        return  # no place, or one that is refused with all that a file may have wrong
    if key in FILES and not path.is_file():
        raise OptionError(f'there is no file {text[:80]}', where=key, remedy='put it there first')
    if key in FOLDERS and not path.is_dir():
        raise OptionError(f'there is no folder {text[:80]}', where=key, remedy='make it first')
    if key in MADE:
        found = next(each for each in (path, *path.parents) if each.exists())
        if why := _why_not(found):
            raise OptionError(f'the booth can keep nothing in {found} ({why})', where=key, remedy='name another folder')
    if key == RUN_KEY and not in_memory(path):
        raise OptionError(f'{text[:80]} is not in memory (tmpfs)', where=key, remedy='leave it, or name one that is')


def _why_not(folder: Path) -> str:
    """Tried, since rights do not tell: in /proc root may write and can make no file."""
    try:
        with tempfile.TemporaryFile(dir=folder):
            return ''
    except OSError as error:
        return error.strerror or str(error)


def _changed(call: Call, change: Change, before: str = '') -> Said:
    """Told as it is: a key may come from another file, and may wait for a visit or a start."""
    config, origin = _file(call).load()
    now = call.desk.adopt(config)
    key = change.key
    if key in AT_START:
        holds = 'it holds after the next start'
    elif now or key == 'voice.volume_db':
        holds = 'it holds now'
    else:
        holds = 'it holds when the visit that is going on is over'
    source = '' if change.after is not None else f' (from {origin[key]})'
    shown = _shown(key, _value(config, key))
    return Line(f'{before}{key} is {_written(shown)}{source}; {holds}')


def _of(section: str) -> tuple[str, ...]:
    """The keys of a section, or the one key; all without."""
    found = tuple(key for key in keys() if section in ('', key, key.partition('.')[0]))
    if not found:
        kind_of(section)
    return found


def _value(config: Config, key: str) -> Any:
    section, _, name = key.partition('.')
    return asdict(config)[section][name]


def _default() -> Config:
    return checked(defaults(), 'booth.toml')


def _text(value: Any) -> str | int | float | bool | None:
    return ', '.join(map(str, value)) if isinstance(value, list | tuple) else value


def _shown(key: str, value: Any, reveal: bool = False) -> str | int | float | bool | None:
    return HIDDEN if key in SECRET and value and not reveal else _text(value)


def _written(value: object) -> str:
    return EMPTY if value == '' else str(value).lower() if isinstance(value, bool) else str(value)


def _keys(desk: Desk) -> tuple[str, ...]:
    return keys()


def _sections(desk: Desk) -> tuple[str, ...]:
    return tuple(dict.fromkeys(key.partition('.')[0] for key in keys()))


def _both(desk: Desk) -> tuple[str, ...]:
    return (*_sections(desk), *_keys(desk))


def _presses(desk: Desk) -> tuple[str, ...]:
    return ('left', 'right', 'record')


COMMANDS = (
    Command('config show', config_show, gives=(Table,), offers={'section': _sections}),
    Command('config get', config_get, gives=(Facts,), offers={'key': _keys}),
    Command('config set', config_set, changes=True, offers={'key': _keys}),
    Command('config unset', config_unset, changes=True, offers={'key': _keys}),
    Command('config undo', config_undo, changes=True),
    Command('config history', config_history, gives=(Table,)),
    Command('config origin', config_origin, gives=(Table,), offers={'key': _both}),
    Command('config diff', config_diff, gives=(Table,)),
    Command('config sequence', config_sequence, changes=True, private=True, offers={'presses': _presses}),
    Command('config token', config_token, changes=True, private=True),
)
