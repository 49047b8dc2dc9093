"""Bytes of a peer, read as the lines they may be.

Whatever is not exactly one of these lines is a LineError; nothing a peer can send is any other exception, costs more
than its own length, or is believed without having been looked at. For texts that means: UTF-8, no surrogates, no
control characters but tab and line feed, so that no line can move the cursor of somebody else's terminal.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Mapping
from typing import Any

from appliance.desk.book import Blob, Facts, Line, Table, Value
from appliance.desk.lines import (
    CELL,
    CONTROLS,
    IDS,
    LONGEST,
    NAME,
    PROTOCOL,
    WHO,
    WORDS,
    Answer,
    Ask,
    Cancel,
    Choices,
    Complete,
    Do,
    End,
    FromClient,
    FromServer,
    Greeting,
    Hello,
    How,
    Input,
    LineError,
    Note,
    Say,
    Want,
    Wrong,
)  # fmt: skip


def from_client(line: bytes) -> FromClient:
    """One line of a client, without its line feed or with it; LineError."""
    found = _object(line)
    keys = frozenset(found)
    if 'protocol' in found:
        return _hello(found)
    read = _CLIENT.get(keys)
    if read is None:
        raise LineError('no line of this protocol')
    return read(_number(found, 'id', 0, IDS), found)


def from_server(line: bytes) -> FromServer:
    """One line of the server; LineError."""
    found = _object(line)
    keys = frozenset(found)
    if keys == {'hello', 'protocol', 'version'}:
        if found['hello'] != NAME:
            raise LineError('not the booth')
        return Greeting(_text(found, 'version', 100), _number(found, 'protocol', 1, IDS))
    if keys == {'note'}:
        return Note(_text(found, 'note'))
    if keys == {'state', 'command', 'yours'}:
        return How(_text(found, 'state', CELL), _text(found, 'command', CELL), _truth(found, 'yours'))
    if keys == {'error'}:
        return Wrong(_text(found, 'error'))
    read = _SERVER.get(keys)
    if read is None:
        raise LineError('no line of this protocol')
    return read(_number(found, 'id', 0, IDS), found)


def _object(line: bytes) -> dict[str, Any]:
    if len(line) > LONGEST:
        raise LineError('longer than a line may be')
    try:
        found = json.loads(line.decode('utf-8'), parse_constant=_refuse)
    except (ValueError, RecursionError):  # UnicodeDecodeError is a ValueError
        raise LineError('not JSON') from None
    if not isinstance(found, dict):
        raise LineError('no object')
    return found


def _refuse(name: str) -> Any:
    raise ValueError(name)


def _hello(found: dict[str, Any]) -> Hello:
    if set(found) != {'protocol', 'who', 'width', 'terminal'}:
        raise LineError('no line of this protocol')
    if found['protocol'] != PROTOCOL or isinstance(found['protocol'], bool):
        raise LineError(f'this booth speaks protocol {PROTOCOL}')
    who = _text(found, 'who', WHO)
    if who and not who.isprintable():
        raise LineError('who: not a name')
    return Hello(who.strip(), _number(found, 'width', 1, 10_000), _truth(found, 'terminal'))


def _number(found: dict[str, Any], key: str, least: int, below: int) -> int:
    value = found.get(key)
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value < below:
        raise LineError(f'{key}: no such number')
    return value


def _truth(found: dict[str, Any], key: str) -> bool:
    if not isinstance(found[key], bool):
        raise LineError(f'{key}: true or false')
    return bool(found[key])


def _text(found: Mapping[str, Any], key: str, longest: int = LONGEST) -> str:
    return _plain(found[key], key, longest)


def _plain(value: Any, key: str, longest: int = LONGEST) -> str:
    if not isinstance(value, str) or len(value) > longest or CONTROLS.search(value):
        raise LineError(f'{key}: no plain text')
    return value


def _texts(value: Any, key: str, most: int) -> tuple[str, ...]:
    if not isinstance(value, list) or len(value) > most:
        raise LineError(f'{key}: no list of words')
    return tuple(_plain(word, key) for word in value)


def _bytes(found: Mapping[str, Any], key: str) -> bytes:
    try:
        return base64.b64decode(_text(found, key), validate=True)
    except (binascii.Error, ValueError):
        raise LineError(f'{key}: no base64') from None


def _said(number: int, found: dict[str, Any]) -> Say:
    said = found['say']
    if not isinstance(said, dict):
        raise LineError('say: no object')
    kind, more = said.get('kind'), False
    keys = set(said) - {'more'}
    if 'more' in said:
        more = _truth(said, 'more')
    if kind == 'line' and keys == {'kind', 'text'}:
        return Say(number, Line(_text(said, 'text')), more)
    if kind == 'facts' and keys == {'kind', 'facts'} and isinstance(said['facts'], dict):
        return Say(number, Facts({_plain(name, 'facts'): _value(value) for name, value in said['facts'].items()}), more)
    if kind == 'table' and keys == {'kind', 'columns', 'rows'} and isinstance(said['rows'], list):
        columns = _texts(said['columns'], 'columns', WORDS)
        return Say(number, Table(columns, tuple(_row(row, len(columns)) for row in said['rows'])), more)
    if kind == 'blob' and keys == {'kind', 'name', 'data'}:
        return Say(number, Blob(_text(said, 'name', 200), _bytes(said, 'data')), more)
    raise LineError('say: no such kind')


def _row(row: Any, columns: int) -> tuple[Value, ...]:
    if not isinstance(row, list) or len(row) != columns:
        raise LineError('rows: not as long as the columns')
    return tuple(_value(value) for value in row)


def _value(value: Any) -> Value:
    if isinstance(value, str):
        return _plain(value, 'value')
    if value is None or isinstance(value, bool | int | float):
        return value
    raise LineError('value: a text, a number, true, false or null')


def _ended(number: int, found: dict[str, Any]) -> End:
    end = found['end']
    if not isinstance(end, dict) or not {'code'} <= set(end) <= {'code', 'what', 'where', 'remedy', 'private'}:
        raise LineError('end: no such end')
    texts = {key: _text(end, key) for key in ('what', 'where', 'remedy') if key in end}
    return End(number, _number(end, 'code', 0, 256), **texts, private='private' in end and _truth(end, 'private'))


_CLIENT: dict[frozenset[str], Callable[[int, dict[str, Any]], FromClient]] = {
    frozenset({'id', 'do'}): lambda number, found: Do(number, _texts(found['do'], 'do', WORDS)),
    frozenset({'id', 'answer'}): lambda number, found: Answer(number, _truth(found, 'answer')),
    frozenset({'id', 'input', 'more'}): lambda number, found: Input(
        number, _bytes(found, 'input'), _truth(found, 'more')
    ),
    frozenset({'id', 'cancel'}): lambda number, found: _cancelled(number, found),
    frozenset({'id', 'complete'}): lambda number, found: Complete(number, _text(found, 'complete')),
}
_SERVER: dict[frozenset[str], Callable[[int, dict[str, Any]], FromServer]] = {
    frozenset({'id', 'say'}): _said,
    frozenset({'id', 'ask'}): lambda number, found: Ask(number, _text(found, 'ask')),
    frozenset({'id', 'want'}): lambda number, found: Want(number),
    frozenset({'id', 'end'}): _ended,
    frozenset({'id', 'choices'}): lambda number, found: Choices(number, _texts(found['choices'], 'choices', LONGEST)),
}


def _cancelled(number: int, found: dict[str, Any]) -> Cancel:
    if found['cancel'] is not True:
        raise LineError('cancel: true')
    return Cancel(number)
