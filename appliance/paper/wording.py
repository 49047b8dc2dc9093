"""The words of the paper, translated and filled in; numbers as the language writes them."""

from __future__ import annotations

from appliance.paper.orders import COARSE_UM, Subject
from appliance.words.languages import translator
from appliance.words.printed import PRINTED

COMMA = ('ru', 'de', 'fr', 'es')  # in place of the decimal point
RPM = {33: '33⅓'}  # others are whole to the ear: 78.26 is 78


def say(language: str, key: str, **filled: str) -> str:
    """One of `words.printed`."""
    return translator(language)(PRINTED[key]).format_map(filled)


def code_of(number: int) -> str:
    """What the QR code holds."""
    return f'AL:{number}'


def date_of(language: str, iso: str) -> str:
    """'2026-11-27' as the language writes it, or 'day 12' of those the booth has run; '' stays."""
    if iso.startswith('day '):
        return say(language, 'lived', day=iso.removeprefix('day '))
    parts = iso.split('-')
    if len(parts) != 3:
        return ''
    return say(language, 'date', year=parts[0], month=parts[1], day=parts[2])


def decimal(language: str, value: float, places: int = 1) -> str:
    """Without zeros that say nothing."""
    text = f'{value:.{places}f}'
    text = text.rstrip('0').rstrip('.') if '.' in text else text
    return text.replace('.', ',') if language in COMMA else text


def speed_of(language: str, subject: Subject) -> str:
    """'' for a letter that is not planned yet."""
    whole = int(subject.rpm)
    return say(language, 'speed', rpm=RPM.get(whole, str(whole))) if whole else ''


def needle_of(language: str, subject: Subject) -> str:
    """Which needle fits the groove. Those for 78s are sold as 3 mil (76 um) or 2.5 mil (63.5 um), those for LPs as
    0.7 mil (18 um)."""
    if not subject.stylus_um:
        return ''
    kind = 'coarse' if subject.stylus_um >= COARSE_UM else 'fine'
    um = decimal(language, subject.stylus_um)
    return say(language, kind, um=um).replace(f'{um} ', f'{um}\N{NO-BREAK SPACE}')
