"""Bytes of a peer, read as the lines they may be.

Whatever is not exactly one of these lines is a LineError; nothing a peer can send is any other exception, costs more
than its own length, or is believed without having been looked at. For texts that means: UTF-8, no surrogates, no
control characters but tab and line feed, so that no line can move the cursor of somebody else's terminal.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable
from typing import Any

from appliance.desk import lines
from appliance.desk.lines import CONTROLS, IDS, LONGEST, PROTOCOL, WHO, WORDS, FromClient, LineError

WIDEST = 10_000  # columns


def from_client(line: bytes) -> FromClient:
    """One line of a client, without its line feed or with it; LineError."""
    found = _object(line)
    keys = frozenset(found)
    if 'protocol' in found:
        return _hello(found)
    if keys == {'width'}:
        return lines.Width(_number(found, 'width', 1, WIDEST))
    read = _CLIENT.get(keys)
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


def _hello(found: dict[str, Any]) -> lines.Hello:
    if set(found) != {'protocol', 'who', 'width', 'terminal'}:
        raise LineError('no line of this protocol')
    if found['protocol'] != PROTOCOL or isinstance(found['protocol'], bool):
        raise LineError(f'this booth speaks protocol {PROTOCOL}')
    who = _text(found, 'who', WHO)
    if who and not who.isprintable():
        raise LineError('who: not a name')
    return lines.Hello(who.strip(), _number(found, 'width', 1, WIDEST), _truth(found, 'terminal'))


def _number(found: dict[str, Any], key: str, least: int, below: int) -> int:
    value = found.get(key)
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value < below:
        raise LineError(f'{key}: no such number')
    return value


def _truth(found: dict[str, Any], key: str) -> bool:
    if not isinstance(found[key], bool):
        raise LineError(f'{key}: true or false')
    return bool(found[key])


def _text(found: dict[str, Any], key: str, longest: int = LONGEST) -> str:
    return _plain(found[key], key, longest)


def _plain(value: Any, key: str, longest: int = LONGEST) -> str:
    if not isinstance(value, str) or len(value) > longest or CONTROLS.search(value):
        raise LineError(f'{key}: no plain text')
    return value


def _texts(value: Any, key: str, most: int) -> tuple[str, ...]:
    if not isinstance(value, list) or len(value) > most:
        raise LineError(f'{key}: no list of words')
    return tuple(_plain(word, key) for word in value)


def _bytes(found: dict[str, Any], key: str) -> bytes:
    try:
        return base64.b64decode(_text(found, key), validate=True)
    except (binascii.Error, ValueError):
        raise LineError(f'{key}: no base64') from None


_CLIENT: dict[frozenset[str], Callable[[int, dict[str, Any]], FromClient]] = {
    frozenset({'id', 'do'}): lambda number, found: lines.Do(number, _texts(found['do'], 'do', WORDS)),
    frozenset({'id', 'answer'}): lambda number, found: lines.Answer(number, _truth(found, 'answer')),
    frozenset({'id', 'input', 'more'}): lambda number, found: lines.Input(
        number, _bytes(found, 'input'), _truth(found, 'more')
    ),
    frozenset({'id', 'cancel'}): lambda number, found: _cancelled(number, found),
    frozenset({'id', 'complete'}): lambda number, found: lines.Complete(number, _text(found, 'complete')),
}


def _cancelled(number: int, found: dict[str, Any]) -> lines.Cancel:
    if found['cancel'] is not True:
        raise LineError('cancel: true')
    return lines.Cancel(number)
