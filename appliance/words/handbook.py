"""The host's handbook: what to do each day, who may do what at the booth, and every fault with reason and action.

One text for the command line, the shell and the README; the faults are those that LCD and shell tell
(`appliance.words.reasons`).
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from appliance.words.checks import CHECKS, HANDS
from appliance.words.reasons import REASONS

# Commands of the shell stand between `; a test holds that each exists.
CHECKLIST: dict[str, tuple[str, ...]] = {
    'Before doors open': (
        'Switch on; the LCD says "Audio letters". Anything else is in the table of faults below.',
        '`checklist --ask --hands` in the shell, with somebody at the booth; `checklist --scrap` also cuts into a '
        'scrap disc: open the lid, lay it, hold it down, close the lid; take it out afterwards. It moves carriage and '
        'platter by itself, tells what is to be looked at or bad, and what to do; `status` tells the last one. What '
        'it looks at stands below.',
        *(f'{name[0].upper()}{name[1:]}: {good}' for name, (good, _) in HANDS.items()),
        '`checklist picture` draws a good groove, one too shallow and one too deep, for your disc.',
        'Blanks beside the platter, counted: `blanks set`, or `blanks add`.',
    ),
    'While it is open': (
        '`status` tells what is the matter, with one reason and one action each. A lamp that blinks: the attendant has '
        'called you.',
        "A disc that is no good: `letters void`, then `letters cut`, or the attendant's menu. It costs no letter.",
        'Look at the swarf bin every twenty discs; `swarf emptied` when you have emptied it.',
        'Never leave the head down on a platter that stands.',
    ),
    'When doors close': (
        '`close` ends the day after the visit that is going on; opening hours do so by themselves.',
        'What is to be posted: `label` and `slip`; what the day was: `daysheet`.',
        'A stick in, `backup`, and out again when it says so; `backup verify` reads it once more.',
        'Empty the swarf bin: film burns. Lift the head, cover the platter. `shutdown` before the mains go off.',
    ),
    'Each month': (
        'Stylus: `stylus show` tells its hours; `stylus changed` after a new one. Change it when grooves turn grey.',
        'Home both axes twice: the two must agree. `calibrate microphone` in the room as it is when people are there.',
        '`restore` the stick into another booth, or a laptop with a new data folder. A backup nobody has read is none.',
    ),
}
ATTENDANT = (
    'At the booth, without a shell, whoever looks after it can have the last letter cut again, say that a new blank '
    'lies there, close and open the booth, make it quieter or louder, and call the host.',
    'In: touch the right pad, then the left one as well, hold both for three seconds, let go; then press the sequence '
    '(`config sequence`). Or hold a card to the reader (`config token`). After three wrong sequences the booth '
    'listens to none for five minutes.',
    'The pads choose, the button does, and after half a minute the menu is gone. It opens only where nobody is '
    'disturbed; what a visitor has there stays, and nothing is cut without a press at "Ready to cut". Each deed is in '
    'the ledger.',
)
WIDTH, README_WIDTH = 100, 120
BEGIN, END = '<!-- written by tools/make_handbook -->', '<!-- end of what tools/make_handbook writes -->'


def fault_table() -> Iterator[str]:
    """Markdown: every fault as the visitor reads it, what it means, and what the host does."""
    yield '| on the LCD | reason | action |'
    yield '|---|---|---|'
    for reason in REASONS.values():
        yield f'| {_cell(reason.visitor)} | {_cell(reason.host)} | {_cell(reason.host_action)} |'


def check_table() -> Iterator[str]:
    """Markdown: what the checklist looks at by itself, and what the host does where it is not well."""
    yield '| checklist | looks at | if not |'
    yield '|---|---|---|'
    for name, check in CHECKS.items():
        yield f'| {name} | {_cell(check.looks_at)} | {_cell(check.action)} |'


def _cell(text: str) -> str:
    return text.rstrip('.').replace('|', r'\|')


def markdown() -> Iterator[str]:
    """The whole handbook, a line at a time."""
    yield "# The host's handbook"
    for title, items in CHECKLIST.items():
        yield from ('', f'## {title}', '', *(f'- [ ] {item}' for item in items))
    yield from ('', '## What the checklist looks at', '', *check_table())
    yield from ('', '## The attendant at the booth', '')
    for paragraph in ATTENDANT:
        yield from (paragraph, '')
    yield from ('## Every fault', '', *fault_table())


def in_readme(readme: str) -> str:
    """The README with this checklist, these faults; ValueError where it has no place for them."""
    before, _, rest = readme.partition(BEGIN)
    _, _, after = rest.partition(END)
    if not after:
        raise ValueError(f'the README has no {BEGIN!r} with {END!r} behind it')
    lines: list[str] = []
    for title, items in CHECKLIST.items():
        lines += [f'**{title}**', '', *(line for item in items for line in _wrapped(item, README_WIDTH, '- ')), '']
    lines += [*check_table(), '']
    for paragraph in ATTENDANT:
        lines += [*_wrapped(paragraph, README_WIDTH, ''), '']
    return f'{before}{BEGIN}\n\n' + '\n'.join([*lines, *fault_table()]) + f'\n\n{END}{after}'


def plain(width: int = WIDTH) -> Iterator[str]:
    """The same for a terminal of so many columns, or a phone's."""
    for title, items in CHECKLIST.items():
        plainly = (item.replace('`', '') for item in items)
        yield from (title.upper(), *(line for item in plainly for line in _wrapped(item, width, '[ ] ')), '')
    yield 'WHAT THE CHECKLIST LOOKS AT'
    for name, check in CHECKS.items():
        yield from _wrapped(f'{name}: {check.looks_at}', width, '')
        yield from _wrapped(check.action, width, '  > ')
    yield from ('', 'THE ATTENDANT AT THE BOOTH')
    for paragraph in ATTENDANT:
        yield from (*_wrapped(paragraph.replace('`', ''), width, ''), '')
    yield 'EVERY FAULT'
    for reason in REASONS.values():
        yield from _wrapped(f'{reason.visitor}: {reason.host}', width, '')
        yield from _wrapped(reason.host_action, width, '  > ')


def _wrapped(text: str, width: int, mark: str) -> list[str]:
    return textwrap.wrap(text, width, initial_indent=mark, subsequent_indent=' ' * len(mark))
