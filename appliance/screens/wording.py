"""Which words a view shows: the state's own, or what the facts ask for instead. Pure."""

from __future__ import annotations

from dataclasses import replace
from math import ceil

from appliance.screens.view import View
from appliance.words.languages import NAMES, translator
from appliance.words.reasons import CALL, REASONS, reason_for
from appliance.words.texts import LINES, MENU, SCREENS, Texts
from appliance.workflow.values import Item, State

# Peak of the level meter in dB re full scale: speech at a good distance peaks at -20 to -6 (headroom of EBU R 128
# practice for spoken word); under the first it drowns in film noise, over the second it will clip.
QUIET_DB = -30.0
LOUD_DB = -3.0
FAULTY = (State.FAULT, State.STOPPED, State.NO_SPACE)
WITH_A_DISC = (State.LOAD_DISC, State.CUTTING, State.CANCEL, State.TAKE_DISC)
WAITING = (State.OUT_OF_BLANKS, State.SWARF_FULL, State.NO_MICROPHONE)  # for the host, with what was said safe


def wording(view: View) -> Texts:
    """Title, line and labels, translated and filled in."""
    texts = _by_facts(view)
    translate = translator(view.language)
    filled = {
        'seconds': f'{view.seconds_left or 0:.0f}',
        'minutes': _minutes(view.cut.left_s if view.state in (State.CUTTING, State.CANCEL) else view.total_s),
        'cm': str(view.disc_cm),
        'number': str(view.letter),
        'day': translate(view.opens[0]) if view.opens[0] else '',
        'time': view.opens[1],
    }
    fields = (texts.title, texts.line, texts.left, texts.go, texts.right)
    return Texts(*(translate(text).format_map(filled) if text else '' for text in fields))


def _minutes(seconds: float) -> str:
    """Minutes and seconds, rounded up: nobody waits longer than was said."""
    whole = ceil(max(seconds, 0.0))
    return f'{whole // 60}:{whole % 60:02d}'


def _by_facts(view: View) -> Texts:
    texts, line = SCREENS[view.state], None
    if view.state is State.ATTRACT and view.disc_is_cut:
        line = LINES['disc waiting']
    elif view.state is State.LEVEL_CHECK:
        line = _level_line(view)
    elif view.state is State.RECORDING:
        line = LINES['too loud'] if view.meter.clipped or view.meter.peak_db > LOUD_DB else LINES['seconds left']
    elif view.state is State.LISTEN:
        texts, line = _listening(view, texts)
    elif view.state is State.DISCARD and not view.can_retake:
        texts = replace(texts, left='')
    elif view.state in (State.NOT_HEARD, State.DOES_NOT_FIT):
        texts, line = _refused(view, texts)
    elif view.state in WAITING and view.held:
        texts = replace(texts, left='Leave', go='Go on' if view.state is State.NO_MICROPHONE else 'Try again')
        line = SCREENS[State.NO_SPACE].line
    elif view.state is State.LOAD_DISC:
        texts, line = _loading(view, texts)
    elif view.state is State.CLOSED:
        line = _closed(view)
    elif view.note:
        line = view.note
    elif view.state in FAULTY:
        texts, line = _fault(view, texts)
    return texts if line is None else replace(texts, line=line)


def _level_line(view: View) -> str | None:
    if view.meter.clipped or view.meter.peak_db > LOUD_DB:
        return LINES['too loud']
    if view.meter.peak_db > QUIET_DB:
        return LINES['good']
    return LINES['closer'] if view.meter.peak_db > QUIET_DB - 15 else None


def _listening(view: View, texts: Texts) -> tuple[Texts, str | None]:
    if not view.can_replay:
        texts = replace(texts, right='')
    if view.making:
        return texts, LINES['planning']
    return texts, {'take': LINES['as spoken'], 'disc': LINES['as disc']}.get(view.playing)


def _refused(view: View, texts: Texts) -> tuple[Texts, str | None]:
    """Why there is nothing to cut; beyond the last retake only the host can help."""
    if view.state is State.DOES_NOT_FIT and view.reason in REASONS and view.reason != 'too long':
        reason = REASONS[view.reason]
        texts = replace(texts, title=reason.visitor, line=reason.action)
    return (texts, None) if view.can_retake else (replace(texts, go=''), CALL)


def _loading(view: View, texts: Texts) -> tuple[Texts, str | None]:
    """What is still missing before the machine may cut; only then is there something to press."""
    if view.disc_is_cut:
        line: str | None = LINES['used disc']
    elif not view.blank:
        line = LINES['open lid']
    elif not view.lid_closed:
        line = LINES['close lid']
    elif view.planning:
        line = LINES['planning']
    else:
        line = None
    return (texts if line is None else replace(texts, go='')), line


def _closed(view: View) -> str | None:
    """Until when, if that is known."""
    if view.reason == 'quota':
        return LINES['no more today']
    return LINES['opens'] if view.reason == 'hours' and view.opens[0] else None


def which(view: View) -> str:
    """Which disc of several this is; empty where there is one alone, and where none is laid, cut or taken."""
    if view.state not in WITH_A_DISC or not view.copy[1]:
        return ''
    return translator(view.language)(LINES['which']).format_map({'copy': view.copy[0], 'copies': view.copy[1]})


def chosen(view: View) -> str:
    """The row of a list that stands out, for whoever cannot see it; empty on a screen without a list."""
    if view.state is State.LANGUAGE:
        return NAMES.get(view.language, view.language)
    return menu(view)[list(Item).index(view.item)] if view.state is State.ATTENDANT else ''


def menu(view: View) -> tuple[str, ...]:
    """The rows of the attendant's menu, in the order of the items."""
    translate = translator(view.language)
    names = {
        Item.CUT_AGAIN: 'cut again' if view.letter else 'no letter',
        Item.CLOSE: 'close' if view.open else 'open',
        Item.CALL: 'called' if view.called else 'call',
    }
    texts = (MENU[names.get(item, item.value)] for item in Item)
    return tuple(translate(text).format_map({'number': str(view.letter)}) for text in texts)


def _fault(view: View, texts: Texts) -> tuple[Texts, str | None]:
    """One reason and one action; a press leads on only where something of the visitor's waits for it."""
    reason = reason_for(view.reason) if view.reason else None
    if view.state is State.NO_SPACE:
        if view.reason == 'storage':
            texts = replace(texts, title=REASONS['storage'].visitor)
        return (texts, None) if view.held else (replace(texts, left='', go=''), REASONS['disk full'].action)
    title = reason.visitor if reason else texts.title
    line = reason.action if reason else texts.line
    held = view.held and view.state is State.FAULT
    return replace(texts, title=title, left='Leave' if held else '', go='Try again' if held else ''), line
