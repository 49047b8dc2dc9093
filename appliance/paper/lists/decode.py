"""Bytes become text. UTF-8 and UTF-16 prove themselves; Windows-1251 and -1252 never do, so they are believed only
where every word speaks for one and none for the other. Anything else is asked for, not guessed.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Literal, get_args

from appliance.errors import OptionError

Encoding = Literal[
    'auto', 'utf-8', 'utf-16', 'windows-1250', 'windows-1251', 'windows-1252', 'windows-1253', 'koi8-r', 'shift-jis'
]
ENCODINGS: tuple[str, ...] = get_args(Encoding)
CODECS = {'utf-8': 'utf-8-sig', 'shift-jis': 'cp932'}
MOST_BYTES = 1 << 20
BOMS = ((b'\xef\xbb\xbf', 'utf-8-sig'), (b'\xff\xfe', 'utf-16'), (b'\xfe\xff', 'utf-16'))
WHERE = 'encoding'
ASK = f'name it with --encoding: {", ".join(ENCODINGS[1:])}'
USUAL_1252 = set('äöüÄÖÜßàâæçéèêëîïôœùûÿÀÂÆÇÉÈÊËÎÏÔŒÙÛŸñÑáíóúÁÍÓÚãõÃÕåøÅØìòÌÒðþÐÞýÝšžŠŽ')
SIGNS = set('«»“”„‘’‚–—…°ºª§·№€¿¡©® \xa0')  # stand between words
CYRILLIC = re.compile('[А-яЁёІіЇїЄєҐґЎў]')
VOWELS = set('аеёиоуыэюяіїєАЕЁИОУЫЭЮЯІЇЄ')


def decoded(data: bytes, encoding: str = 'auto') -> tuple[str, str]:
    """The text, and how it was read; OptionError where that cannot be told, or does not go."""
    if len(data) > MOST_BYTES:
        raise OptionError(f'more than {MOST_BYTES} bytes', where='list', remedy='import it in parts')
    if encoding != 'auto':
        return _by(CODECS.get(encoding, encoding), data, encoding), encoding
    for mark, codec in BOMS:
        if data.startswith(mark):
            return _by(codec, data, codec.removesuffix('-sig')), codec.removesuffix('-sig')
    if codec := _wide(data):
        return _by(codec, data, codec), codec
    try:
        return data.decode('utf-8'), 'utf-8'
    except UnicodeDecodeError:
        return _narrow(data)


def _by(codec: str, data: bytes, name: str) -> str:
    try:
        return data.decode(codec)
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b'\n') + 1
        raise OptionError(f'line {line} is not {name}', where=WHERE, remedy=ASK) from error


def _wide(data: bytes) -> str:
    """UTF-16 without its mark: the names of the columns are ASCII, so every second byte of the first is zero."""
    if data[1:4:2] == b'\0\0' and 0 not in data[0:4:2]:
        return 'utf-16-le'
    return 'utf-16-be' if data[0:4:2] == b'\0\0' and 0 not in data[1:4:2] else ''


def _narrow(data: bytes) -> tuple[str, str]:
    """One byte a character: the one of two in which all words make sense."""
    fits = [name for name, speaks in (('windows-1251', _is_cyrillic), ('windows-1252', _is_western)) if speaks(data)]
    if len(fits) != 1:
        raise OptionError('the encoding of this file cannot be told for sure', where=WHERE, remedy=ASK)
    return data.decode(fits[0]), fits[0]


def _words(data: bytes, codec: str) -> list[str] | None:
    """Those with a character beyond ASCII; None where a byte is none at all or a control."""
    try:
        text = data.decode(codec)
    except UnicodeDecodeError:
        return None
    if any('\x80' <= char <= '\x9f' for char in text):
        return None
    stretches = re.split(r'[\x00-\x26\x28-\x40\x5b-\x60\x7b-\x7f]+', text)
    parted = (part for stretch in stretches for part in re.split(f"[{''.join(SIGNS)}']", stretch))
    return [word for word in parted if not word.isascii()]


def _is_cyrillic(data: bytes) -> bool:
    """Whole words of Cyrillic letters and nothing else, most of them with a vowel."""
    words = _words(data, 'windows-1251')
    if not words or not all(CYRILLIC.fullmatch(char) for word in words for char in word):
        return False
    long = [word for word in words if len(word) >= 3]
    return bool(long) and sum(bool(VOWELS & set(word)) for word in long) >= 0.8 * len(long)


def _is_western(data: bytes) -> bool:
    """Letters that languages of Western Europe use, among the letters of ASCII; never three of them in a row."""
    words = _words(data, 'windows-1252')
    if not words or not all(char.isascii() or char in USUAL_1252 for word in words for char in word):
        return False
    if any(re.search('[^\x00-\x7f]{3}', word) for word in words):
        return False
    mixed = [word for word in words if any(char.isascii() for char in word)]
    return bool(mixed) and len(mixed) >= 0.5 * len([word for word in words if len(word) > 1])


def cleaned(text: str) -> str:
    """Composed, without what nobody sees; '' stays."""
    unseen = {'\u00ad', '\u200b', '\u200c', '\u200d', '\u2060', '\ufeff'}
    return unicodedata.normalize('NFC', ''.join(char for char in text if char not in unseen))
