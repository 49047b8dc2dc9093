"""Who may open the attendant's menu: the sequence, and the tokens (cards, rings) of which only hashes are kept.

A card's number has few digits, so its hash is a slow one with a salt (scrypt, RFC 7914): the settings file alone
gives nobody a card that opens the booth. Reference for the cost: 4 MB and some 15 ms on a desk computer.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
import re

from appliance.config.model import Attendant
from appliance.errors import MachineFileError, OptionError

PRESSES = ('left', 'right', 'record')
SHORTEST, LONGEST = 6, 16  # presses
DIGITS = (4, 64)  # characters of a card
COST, BLOCK, SALT_BYTES, HASH_BYTES = 1 << 12, 8, 12, 24
NAME = re.compile(r'[a-z0-9][a-z0-9_-]{0,19}')


def check_attendant(attendant: Attendant, where: str) -> None:
    """MachineFileError naming key, value and limit."""
    presses = attendant.sequence.split()
    if unknown := [press for press in presses if press not in PRESSES]:
        what = f'attendant.sequence has {unknown[0]!r}; it must be of {", ".join(PRESSES)}'
        raise MachineFileError(what, where=where)
    if presses and not SHORTEST <= len(presses) <= LONGEST:
        what = f'attendant.sequence has {len(presses)} presses; it must have {SHORTEST} to {LONGEST}, or none'
        raise MachineFileError(what, where=where)
    if presses and len(set(presses)) < 2:
        raise MachineFileError('attendant.sequence is of one control only; use at least two', where=where)
    names = [_parts(token, where)[0] for token in attendant.tokens]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise MachineFileError(f'attendant.tokens has {twice[0]!r} twice', where=where, remedy='one token a name')


def token_of(name: str, card: str, salt: bytes | None = None) -> str:
    """The line for attendant.tokens; OptionError for a name or card that will not do."""
    if not NAME.fullmatch(name):
        raise OptionError(f'{name[:30]!r} is no name of a token', remedy='small letters, digits, - and _; at most 20')
    if not DIGITS[0] <= len(card) <= DIGITS[1]:
        what = f'the card has {len(card)} characters; it must have {DIGITS[0]} to {DIGITS[1]}'
        raise OptionError(what, remedy='show the card to the reader, or type its number')
    salt = os.urandom(SALT_BYTES) if salt is None else salt
    return f'{name}:{_text(salt)}:{_text(_hash(card, salt))}'


def whose(card: str, tokens: tuple[str, ...]) -> str:
    """The name of the token, or ''. Takes some 15 ms a token: not for the loop's thread."""
    found = ''
    for token in tokens:
        name, salt, known = _parts(token, 'attendant.tokens')
        if hmac.compare_digest(_hash(card, salt), known):
            found = name
    return found


def _hash(card: str, salt: bytes) -> bytes:
    return hashlib.scrypt(card.encode(), salt=salt, n=COST, r=BLOCK, p=1, dklen=HASH_BYTES)


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode('ascii')


def _parts(token: str, where: str) -> tuple[str, bytes, bytes]:
    name, *rest = token.split(':')
    try:
        salt, known = (base64.b64decode(part, validate=True) for part in rest)
    except (ValueError, binascii.Error):
        salt = known = b''
    if not NAME.fullmatch(name) or len(salt) != SALT_BYTES or len(known) != HASH_BYTES:
        remedy = 'audioletter config token makes one'
        raise MachineFileError(f'attendant.tokens has {token[:24]!r}...; that is no token', where=where, remedy=remedy)
    return name, salt, known
