"""Lines, written: each fits, whatever it says; what is longer comes in parts, for the client to put together again."""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from appliance.desk import lines
from appliance.desk.book import Blob, Facts, Line, Said, Table, Value
from appliance.desk.lines import CELL, LONGEST, NAME, PROTOCOL, WHO, FromClient, FromServer, LineError, clean

PART = 40_000  # bytes of a file in one line
ROWS = 24_000  # bytes of a table in one line: its names and one row more still fit
LEAST = 20  # characters of each value of the widest table
CHOICE = 60  # characters of a choice
NAMED = 200  # characters of the name of a fact or a file


def written(message: FromClient | FromServer) -> Iterator[bytes]:
    """The line of a message, or the several lines of one that says more than fits in a line."""
    if isinstance(message, lines.Say):
        for part in _parts(message):
            yield _line(_object_of(part))
    elif isinstance(message, lines.Input):
        pieces = _cut(message.data)
        for at, piece in enumerate(pieces):
            yield _line(_object_of(replace(message, data=piece, more=message.more or at + 1 < len(pieces))))
    else:
        yield _line(_object_of(message))


def _line(found: dict[str, Any]) -> bytes:
    line = json.dumps(found, ensure_ascii=False, separators=(',', ':')).encode('utf-8', 'replace') + b'\n'
    if len(line) > LONGEST:
        raise LineError('longer than a line may be')
    return line


def _object_of(message: FromClient | FromServer) -> dict[str, Any]:
    match message:
        case lines.Greeting():
            return {'hello': NAME, 'protocol': message.protocol, 'version': message.version}
        case lines.Hello():
            who = clean(message.who)[:WHO]
            return {'protocol': PROTOCOL, 'who': who, 'width': message.width, 'terminal': message.terminal}
        case lines.Width():
            return {'width': message.width}
        case lines.Do():
            return {'id': message.id, 'do': list(message.words)}
        case lines.Answer():
            return {'id': message.id, 'answer': message.yes}
        case lines.Input():
            return {'id': message.id, 'input': _base64(message.data), 'more': message.more}
        case lines.Cancel():
            return {'id': message.id, 'cancel': True}
        case lines.Complete():
            return {'id': message.id, 'complete': message.text}
        case lines.Say():
            said = _said_of(message.said)
            return {'id': message.id, 'say': said | {'more': True} if message.more else said}
        case lines.Ask():
            return {'id': message.id, 'ask': clean(message.question)}
        case lines.Want():
            return {'id': message.id, 'want': 'input'}
        case lines.End():
            told = {key: clean(getattr(message, key)) for key in ('what', 'where', 'remedy')}
            end = {'code': message.code} | {key: text for key, text in told.items() if text}
            return {'id': message.id, 'end': end | {'private': True} if message.private else end}
        case lines.Choices():
            return {'id': message.id, 'choices': [clean(choice, CHOICE) for choice in message.choices]}
        case lines.Note():
            return {'note': clean(message.text)}
        case lines.How():
            return {'state': clean(message.state), 'command': clean(message.command), 'yours': message.yours}
        case lines.Wrong():
            return {'error': clean(message.text)}


def _said_of(said: Said) -> dict[str, Any]:
    match said:
        case Line():
            return {'kind': 'line', 'text': clean(said.text, PART // 4)}
        case Facts():
            return {'kind': 'facts', 'facts': {clean(k, NAMED): _written(v) for k, v in said.facts.items()}}
        case Table():
            names = [clean(name, _share(said)) for name in said.columns]
            return {'kind': 'table', 'columns': names, 'rows': [_row(row, _share(said)) for row in said.rows]}
        case Blob():
            return {'kind': 'blob', 'name': clean(said.name, NAMED), 'data': _base64(said.data)}


def _share(table: Table) -> int:
    """Characters of each value, so that any row fits."""
    return max(CELL // max(len(table.columns), 1), LEAST)


def _row(row: tuple[Value, ...], share: int) -> list[Value]:
    return [_written(value, share) for value in row]


def _written(value: Value, longest: int = CELL) -> Value:
    """JSON knows no infinity, and nothing that is not a number."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return clean(value, longest) if isinstance(value, str) else value


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode('ascii')


def _cut(data: bytes) -> list[bytes]:
    return [data[at : at + PART] for at in range(0, len(data), PART)] or [b'']


def _parts(say: lines.Say) -> Iterator[lines.Say]:
    """A table by its rows, a file by its bytes, facts by their names."""
    said = say.said
    if isinstance(said, Blob):
        pieces: list[Said] = [Blob(said.name, piece) for piece in _cut(said.data)]
    elif isinstance(said, Table):
        pieces = [Table(said.columns, rows) for rows in _gathered(said.rows, lambda row: _row(row, _share(said)))]
    elif isinstance(said, Facts):
        gathered = _gathered(tuple(said.facts.items()), lambda fact: [clean(fact[0], NAMED), _written(fact[1])])
        pieces = [Facts(dict(facts)) for facts in gathered]
    else:
        pieces = [said]
    for at, piece in enumerate(pieces):
        yield replace(say, said=piece, more=say.more or at + 1 < len(pieces))


def _gathered(items: tuple[Any, ...], as_list: Callable[[Any], list[Any]]) -> list[tuple[Any, ...]]:
    """As many together as fit in a line."""
    groups: list[list[Any]] = [[]]
    size = 0
    for item in items:
        length = len(_line({'': as_list(item)}))
        if groups[-1] and size + length > ROWS:
            groups.append([])
            size = 0
        groups[-1].append(item)
        size += length
    return [tuple(group) for group in groups]
