"""A client's ears, by another hand than the program's: lines of the server as `appliance.desk` documents them."""

import base64
import json

from appliance.desk import lines
from appliance.desk.book import Blob, Facts, Line, Table


def message_in(line):
    """What one line says; AssertionError for what the documentation does not know."""
    assert len(line) <= 64 * 1024
    assert line.endswith(b'\n')
    assert line.count(b'\n') == 1
    found = json.loads(line.decode(), parse_constant=lambda name: f'{name} is no JSON')
    match found:
        case {'hello': 'audioletter', 'protocol': protocol, 'version': version}:
            return lines.Greeting(version, protocol)
        case {'note': text}:
            return lines.Note(text)
        case {'error': text}:
            return lines.Wrong(text)
        case {'state': state, 'command': command, 'yours': yours}:
            return lines.How(state, command, yours)
        case {'id': number, 'say': said}:
            return lines.Say(number, said_in(said), said.get('more', False))
        case {'id': number, 'ask': question}:
            return lines.Ask(number, question)
        case {'id': number, 'want': 'input'}:
            return lines.Want(number)
        case {'id': number, 'end': end}:
            return lines.End(number, **end)
        case {'id': number, 'choices': choices}:
            return lines.Choices(number, tuple(choices))
    raise AssertionError(f'no line of the server: {found}')


def said_in(found):
    match found:
        case {'kind': 'line', 'text': text}:
            return Line(text)
        case {'kind': 'facts', 'facts': facts}:
            return Facts(facts)
        case {'kind': 'table', 'columns': columns, 'rows': rows}:
            return Table(tuple(columns), tuple(map(tuple, rows)))
        case {'kind': 'blob', 'name': name, 'data': data}:
            return Blob(name, base64.b64decode(data, validate=True))
    raise AssertionError(f'nothing that is said: {found}')


def whole(parts):
    """What came in several lines, put together; each but the last says that there is more."""
    *before, last = [message_in(part) for part in parts]
    assert [part.more for part in before] == [True] * len(before)
    assert not last.more
    said, *rest = [part.said for part in (*before, last)]
    for more in rest:
        match said, more:
            case Blob(name, data), Blob(other, added):
                assert other == name
                said = Blob(name, data + added)
            case Table(columns, rows), Table(others, added):
                assert others == columns
                said = Table(columns, rows + added)
            case Facts(facts), Facts(added):
                said = Facts({**facts, **added})
            case _:
                raise AssertionError(f'parts of different things: {said}, {more}')
    return said
