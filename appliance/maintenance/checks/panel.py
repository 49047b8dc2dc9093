"""LCD, pads, lid and stop button: at rest by themselves, in all positions with somebody's hands."""

from __future__ import annotations

from collections.abc import Callable

from appliance.booth.doors import Inputs
from appliance.desk.book import Line
from appliance.errors import AudioLetterError
from appliance.hands.orders import Home
from appliance.maintenance.checks.findings import Round, Step, bad, look, ok
from appliance.maintenance.lathe import setup

REST_S = 0.5  # for a contact that trembles
SHOWN_S = 0.4  # until a picture has come to the LCD, or its driver has said why not
HAND_S = 20.0  # for each thing that a hand is asked for
PRESSED = {'left': 'the left pad', 'right': 'the right pad', 'record': 'the button'}
PICTURE = 'Does the LCD show a white frame along its edge, bars in red, green and blue, and steps from dark to bright?'


def lcd(round_: Round) -> Step:
    """It answers to nobody: a driver that fails says so, and eyes say the rest."""
    call = round_.call
    call.desk.card('pattern')
    try:
        call.pause(SHOWN_S)
        cause = call.desk.look().causes.get('display', '')
        if cause:
            yield bad('LCD', cause)
        elif not round_.wishes.ask:
            yield ok('it takes pictures; whether it shows them, --ask asks')
        else:
            shows = call.ask(PICTURE)
            yield ok('it shows the test picture') if shows else bad('LCD', 'it does not show the test picture')
    finally:
        call.desk.card('')


def pads(round_: Round) -> Step:
    """None is pressed while nobody is there; then each is."""
    call, pressed = round_.call, set[str]()
    unknown = _watched(round_, lambda inputs: pressed.update(name for name in PRESSED if getattr(inputs, name)))
    if unknown:
        yield bad('pads and button', f'they cannot be read{_because(round_)}')
        return
    if pressed:
        stuck = ' and '.join(words for name, words in PRESSED.items() if name in pressed)
        yield bad('pads and button', f'{stuck} {"are" if len(pressed) > 1 else "is"} pressed, and nobody should be')
        return
    if not round_.wishes.hands:
        yield ok('at rest')
        return
    missed = []
    for name, words in PRESSED.items():
        yield Line(f'press {words}, and let go')
        if not (_comes(round_, name, True) and _comes(round_, name, False)):
            missed.append(words)
        if call.cancelled.is_set():
            break
    dead = ' and '.join(missed)
    yield bad('pads and button', f'no press of {dead} was seen') if dead else ok('at rest, and each was pressed')


def lid(round_: Round) -> Step:
    """Closed; opened it holds the machine back."""
    inputs = round_.call.desk.sense().inputs
    if not inputs.known:
        yield bad('lid', f'it cannot be read, and counts as open{_because(round_)}')
    elif not inputs.lid_closed:
        yield look('lid', 'it is open, or its switch says so')
    elif not round_.wishes.hands:
        yield ok('closed')
    else:
        yield from _safe(round_, 'lid', 'lid_closed', ('open the lid', 'close the lid'))


def stop(round_: Round) -> Step:
    """Out; pressed it holds the machine back."""
    inputs = round_.call.desk.sense().inputs
    if not inputs.known:
        yield bad('stop', f'it cannot be read, and counts as pressed{_because(round_)}')
    elif inputs.stop_pressed:
        yield bad('stop', 'it is pressed, or its wires say so')
    elif not round_.wishes.hands:
        yield ok('out')
    else:
        yield from _safe(round_, 'stop', 'stop_pressed', ('press the stop button', 'pull the stop button out'))


def _safe(round_: Round, name: str, contact: str, asked: tuple[str, str]) -> Step:
    """Both positions are seen, and nothing moves in the unsafe one: the platter is asked to, with the head up."""
    rest = getattr(round_.call.desk.sense().inputs, contact)
    yield Line(asked[0])
    if not _comes(round_, contact, not rest):
        yield bad(name, f'asked to {asked[0]}: nothing was seen')
        return
    round_.call.pause(REST_S)  # the supervisor debounces it, and the machine must know
    refused = _refused(round_)
    yield Line(asked[1])
    if not _comes(round_, contact, rest):
        yield bad(name, f'asked to {asked[1]}: nothing was seen')
        return
    round_.call.pause(REST_S)
    if refused == name:
        yield ok('both positions were seen, and the machine refused to move')
    elif refused:
        yield bad(name, f'the machine refused to move, but for another reason ({refused})')
    else:
        yield bad(name, 'the machine moved in spite of it: do not use it')


def _refused(round_: Round) -> str:
    """Why the platter did not move: a key of `words.reasons`; '' if it did."""
    try:
        for _ in round_.call.desk.lathe(Home(setup(round_.call), 'platter'), round_.call.cancelled):
            return ''  # at the first that is heard of it, and that stops it
    except AudioLetterError as error:
        return error.key
    return 'cutter'


def _comes(round_: Round, contact: str, level: bool) -> bool:
    def holds() -> bool:
        inputs = round_.call.desk.sense().inputs
        return inputs.known and getattr(inputs, contact) is level

    return round_.until(holds, HAND_S)


def _watched(round_: Round, take: Callable[[Inputs], None]) -> bool:
    """Whether they could not be read."""
    unknown = False

    def never() -> bool:
        nonlocal unknown
        inputs = round_.call.desk.sense().inputs
        unknown |= not inputs.known
        take(inputs)
        return False

    round_.until(never, REST_S)
    return unknown


def _because(round_: Round) -> str:
    cause = round_.call.desk.look().causes.get('controls', '')
    return f' ({cause})' if cause else ''
