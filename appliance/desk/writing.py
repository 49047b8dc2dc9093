"""Lines, written: each fits, whatever it says; what is longer comes in parts, and is put together again."""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from appliance.desk.book import Blob, Facts, Line, Said, Table, Value
from appliance.desk.lines import (
    CELL,
    LONGEST,
    NAME,
    PROTOCOL,
    WHO,
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
    clean,
)  # fmt: skip

PART = 40_000  # bytes of a file in one line
ROWS = 24_000  # bytes of a table in one line: its names and one row more still fit
LEAST = 20  # characters of each value of the widest table
CHOICE = 60  # characters of a choice
NAMED = 200  # characters of the name of a fact or a file


def written(message: FromClient | FromServer) -> Iterator[bytes]:
    """The line of a message, or the several lines of one that says more than fits in a line."""
    if isinstance(message, Say):
        for part in _parts(message):
            yield _line(_object_of(part))
    elif isinstance(message, Input):
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
        case Greeting():
            return {'hello': NAME, 'protocol': message.protocol, 'version': message.version}
        case Hello():
            who = clean(message.who)[:WHO]
            return {'protocol': PROTOCOL, 'who': who, 'width': message.width, 'terminal': message.terminal}
        case Do():
            return {'id': message.id, 'do': list(message.words)}
        case Answer():
            return {'id': message.id, 'answer': message.yes}
        case Input():
            return {'id': message.id, 'input': _base64(message.data), 'more': message.more}
        case Cancel():
            return {'id': message.id, 'cancel': True}
        case Complete():
            return {'id': message.id, 'complete': message.text}
        case Say():
            said = _said_of(message.said)
            return {'id': message.id, 'say': said | {'more': True} if message.more else said}
        case Ask():
            return {'id': message.id, 'ask': clean(message.question)}
        case Want():
            return {'id': message.id, 'want': 'input'}
        case End():
            told = {key: clean(getattr(message, key)) for key in ('what', 'where', 'remedy')}
            end = {'code': message.code} | {key: text for key, text in told.items() if text}
            return {'id': message.id, 'end': end | {'private': True} if message.private else end}
        case Choices():
            return {'id': message.id, 'choices': [clean(choice, CHOICE) for choice in message.choices]}
        case Note():
            return {'note': clean(message.text)}
        case How():
            return {'state': clean(message.state), 'command': clean(message.command), 'yours': message.yours}
        case Wrong():
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


def _parts(say: Say) -> Iterator[Say]:
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


class Joined:
    """Puts together what came in several lines; for the client."""

    def __init__(self) -> None:
        self._begun: dict[int, Said] = {}

    def take(self, say: Say) -> Said | None:
        """What is whole now, or None. LineError for a part that belongs to nothing."""
        before = self._begun.pop(say.id, None)
        said = say.said if before is None else _joined(before, say.said)
        if say.more:
            self._begun[say.id] = said
            return None
        return said


def _joined(before: Said, after: Said) -> Said:
    match before, after:
        case Blob(name, data), Blob(_, more):
            return Blob(name, data + more)
        case Table(columns, rows), Table(_, others):
            return Table(columns, rows + others)
        case Facts(facts), Facts(more_facts):
            return Facts({**facts, **more_facts})
    raise LineError('say: a part of something else')
