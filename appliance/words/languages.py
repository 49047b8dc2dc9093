"""Languages: codes, native names, and translation by gettext catalogues (`locale/<code>.po`, plain text)."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from functools import lru_cache
from gettext import GNUTranslations
from importlib import resources

from appliance.errors import OptionError
from appliance.words.printed import PRINTED
from appliance.words.prompts import PROMPTS
from appliance.words.reasons import REASONS
from appliance.words.texts import DAYS, LINES, MENU, SCREENS, TODAY, TOMORROW

NAMES = {
    'en': 'English', 'ru': 'Русский', 'de': 'Deutsch', 'fr': 'Français', 'es': 'Español', 'ja': '日本語',
}  # fmt: skip
PSEUDO = 'qps'  # for tests: every text two fifths longer and accented, so that what does not fit is seen
Translate = Callable[[str], str]
_ACCENTS = str.maketrans('aeiouAEIOUcnsyz', 'àéîöüÀÉÎÖÜçñšýž')


def messages() -> Iterator[str]:
    """Every text that needs a translation, once, in the order of the tables."""
    seen = {''}
    for texts in SCREENS.values():
        for text in (texts.title, texts.line, texts.left, texts.go, texts.right):
            if text not in seen and any(c.isalpha() for c in text):
                seen.add(text)
                yield text
    for text in (
        *LINES.values(),
        *MENU.values(),
        *DAYS,
        TODAY,
        TOMORROW,
        *PROMPTS.values(),
        *PRINTED.values(),
        *(t for reason in REASONS.values() for t in (reason.visitor, reason.action)),
    ):
        if text not in seen:
            seen.add(text)
            yield text


@lru_cache(maxsize=16)
def translator(language: str) -> Translate:
    """The function that translates an English text; OptionError for a language without a catalogue."""
    if language == 'en':
        return lambda text: text
    if language == PSEUDO:
        return pseudo
    catalogue = resources.files('appliance.words') / 'locale' / f'{language}.po'
    if language not in NAMES or not catalogue.is_file():
        known = ', '.join(NAMES)
        raise OptionError(f'there is no language {language!r}', where='voice.languages', remedy=f'one of {known}')
    import polib

    compiled = polib.pofile(catalogue.read_text(encoding='utf-8')).to_binary()
    return GNUTranslations(io.BytesIO(compiled)).gettext


def pseudo(text: str) -> str:
    """Accented and two fifths longer; placeholders stay."""
    if not text:
        return text
    parts = text.split('{')
    accented = [parts[0].translate(_ACCENTS)]
    for part in parts[1:]:
        name, _, rest = part.partition('}')
        accented.append(f'{name}}}{rest.translate(_ACCENTS)}')
    padding = 'ẋ' * max(1, round(len(text) * 0.4))
    return '{'.join(accented) + padding
