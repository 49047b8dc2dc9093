"""The lines of the protocol as frozen values (the package's docstring shows each as it is sent)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from appliance.desk.book import Said

PROTOCOL = 1
NAME = 'audioletter'
LONGEST = 65_536  # bytes of a line, its line feed included
WORDS = 200  # of a command
WHO = 40  # characters of a name
CELL = 4_000  # characters of a value, and of a whole row
IDS = 2**31
CONTROLS = re.compile('[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]')


class LineError(ValueError):
    """It is no line of this protocol."""


@dataclass(frozen=True, slots=True)
class Greeting:
    """The server's first line."""

    version: str
    protocol: int = PROTOCOL


@dataclass(frozen=True, slots=True)
class Hello:
    """The client's first line."""

    who: str = ''
    width: int = 80
    terminal: bool = False


@dataclass(frozen=True, slots=True)
class Width:
    """Columns of a terminal whose window was drawn wider or narrower; for what is asked from then on."""

    width: int


@dataclass(frozen=True, slots=True)
class Do:
    id: int
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    id: int
    yes: bool


@dataclass(frozen=True, slots=True)
class Input:
    id: int
    data: bytes
    more: bool = False


@dataclass(frozen=True, slots=True)
class Cancel:
    id: int


@dataclass(frozen=True, slots=True)
class Complete:
    id: int
    text: str


@dataclass(frozen=True, slots=True)
class Say:
    """`more`: the next of this id goes on with the same table or file."""

    id: int
    said: Said
    more: bool = False


@dataclass(frozen=True, slots=True)
class Ask:
    id: int
    question: str


@dataclass(frozen=True, slots=True)
class Want:
    """Bytes: what comes through the client's own input."""

    id: int


@dataclass(frozen=True, slots=True)
class End:
    """`code` as of the command line (README, "Exit codes"); 130: it was cancelled. `private`: the words of this command
    are nobody else's affair, and no history keeps them."""

    id: int
    code: int = 0
    what: str = ''
    where: str = ''
    remedy: str = ''
    private: bool = False


@dataclass(frozen=True, slots=True)
class Choices:
    id: int
    choices: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Note:
    text: str


@dataclass(frozen=True, slots=True)
class How:
    """For the prompt of a terminal: how the booth is, and who has the command of it."""

    state: str
    command: str = ''
    yours: bool = False


@dataclass(frozen=True, slots=True)
class Wrong:
    """The server hangs up after it."""

    text: str


FromClient = Hello | Width | Do | Answer | Input | Cancel | Complete
FromServer = Greeting | Say | Ask | Want | End | Choices | Note | How | Wrong


def clean(text: str, longest: int = CELL) -> str:
    """As it may be sent: what would move a cursor becomes a question mark, what is too long is cut."""
    short = text if len(text) <= longest else f'{text[: longest - 1]}…'
    return CONTROLS.sub('?', short)
