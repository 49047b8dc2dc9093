"""Before doors open: a checklist that runs itself, says one reason and one action, and what is left for hands.

    sound, panel, machine, house    the checks, by part; each says what it saw
    findings                        what a check finds (ok, look, bad, not tried), and the round it belongs to

What no virtual part can prove is not tried. What is bad ends the command with code 3. The words are those of
`appliance.words.checks`, which the handbook has too.
"""

from __future__ import annotations

import io
from collections.abc import Iterator

from appliance.desk.book import Blob, Call, Command, Facts, Line, Said
from appliance.errors import AudioLetterError, MachineRefusesError
from appliance.machine import load_machine
from appliance.maintenance.booth import out_of_service
from appliance.maintenance.checks import house, machine, panel, sound
from appliance.maintenance.checks.findings import RESULTS, Check, Finding, Round, Wishes, not_tried, ok
from appliance.message.host.deeds import RESULT
from appliance.words.checks import HANDS
from appliance.workflow.values import Event, Kind, State

STEPS: dict[str, Check] = {
    'microphone': sound.microphone,
    'speaker': sound.speaker,
    'LCD': panel.lcd,
    'pads and button': panel.pads,
    'lid': panel.lid,
    'stop': panel.stop,
    'carriage home': machine.carriage,
    'platter speed': machine.platter,
    'interlock': machine.interlock,
    'test groove': machine.groove,
    'blanks': house.blanks,
    'stylus': house.stylus,
    'swarf bin': house.swarf,
    'disk': house.disk,
    'clock': house.clock,
    'temperature': house.temperature,
}
LOOKED_AT_S = 120.0  # a picture on the LCD


def checklist(call: Call, *, ask: bool = False, hands: bool = False, scrap: bool = False) -> Iterator[Said]:
    """Check the booth before doors open: one row a part.

    It takes the booth out of service meanwhile, moves carriage and platter with the head up, and leaves the booth as it
    was. Each part is ok, or somebody should look at it, or it is bad, or it was not tried. What the booth cannot know
    by itself is left for hands, and said at the end. Ends with code 3 if anything is bad. status tells the last one.

    ask: somebody looks at the LCD and hears the speaker, and is asked; also about what is left for hands
    hands: somebody at the booth presses each pad, opens the lid and presses the stop button when told to
    scrap: a test is cut into a scrap disc, which lies on the platter or is laid there within a minute when told to

    Examples:
        checklist
        checklist --ask --hands
        checklist --ask --hands --scrap
        checklist --json
    """
    before = call.desk.look().booth.state
    out_of_service(call)
    round_ = Round(call, Wishes(ask, hands, scrap))
    try:
        for name, check in STEPS.items():
            round_.stay()
            yield from _checked(round_, name, check)
        yield from _by_hand(round_)
    finally:
        if before is not State.MAINTENANCE and call.desk.look().booth.state is State.MAINTENANCE:
            call.desk.tell(Event(Kind.RESUME))  # whether the ledger takes what comes now or not
        call.desk.deed(call.who, RESULT, summary(round_.found, whole=len(round_.found) == len(STEPS) + len(HANDS)))
    yield Facts({result: len(_of(round_.found, result)) for result in RESULTS})
    if wrong := _of(round_.found, 'bad'):
        what = f'{len(wrong)} of {len(round_.found)} are bad: {", ".join(wrong)}'
        raise MachineRefusesError(what, where='checklist', remedy='see to each, then run it again')
    yield Line('ready' if not _of(round_.found, 'look') else f'ready; look at {", ".join(_of(round_.found, "look"))}')


def _checked(round_: Round, name: str, check: Check) -> Iterator[Said]:
    """A part that raises is bad, and the round goes on."""
    found = None
    try:
        for said in check(round_):
            if isinstance(said, Finding):
                found = said
            else:
                yield said
    except AudioLetterError as error:
        found = machine.refusal(round_, name, error)
    if round_.call.cancelled.is_set():
        raise MachineRefusesError('it was stopped', where='checklist')
    yield from _told(round_, name, found or not_tried('it said nothing'))


def _by_hand(round_: Round) -> Iterator[Said]:
    """What no sensor sees: asked for, or left for whoever reads it."""
    for name, (good, _) in HANDS.items():
        if not round_.wishes.ask:
            found = not_tried(f'for your hands: {good}')
        elif round_.call.ask(f'{name}: {good} Is it so?'):
            found = ok('somebody has looked')
        else:
            found = Finding('look', 'it is not as it should be', HANDS[name][1])
        if round_.call.cancelled.is_set():
            raise MachineRefusesError('it was stopped', where='checklist')
        yield from _told(round_, name, found)


def _told(round_: Round, name: str, found: Finding) -> Iterator[Said]:
    round_.found[name] = found
    if round_.call.json:
        yield Facts({'check': name, 'result': found.result, 'saw': found.saw, 'action': found.action})
        return
    saw = found.saw if found.saw[-1:] in '.?!' else f'{found.saw}.'
    yield Line(f'{found.result:<9}  {name}: {saw} {found.action}'.rstrip())


def summary(found: dict[str, Finding], *, whole: bool = True) -> str:
    """In one line; what is bad, or to be looked at, by name."""
    parts = []
    for result in RESULTS:
        if names := _of(found, result):
            named = f' ({", ".join(names)})' if result in ('look', 'bad') else ''
            parts.append(f'{len(names)} {result}{named}')
    return ', '.join(parts or ['nothing was looked at']) + ('' if whole else '; broken off')


def _of(found: dict[str, Finding], result: str) -> list[str]:
    return [name for name, one in found.items() if one.result == result]


def picture(call: Call, *, lcd: bool = False) -> Iterator[Said]:
    """Draw a good groove, one too shallow and one too deep, as PNG.

    In true proportion for the disc that is set: width, land, and the needle that will play it.

    lcd: on the LCD instead, in maintenance, for two minutes or until Ctrl-C

    Examples:
        checklist picture     > groove.png
        checklist picture --lcd
    """
    from appliance.screens.crosscut import draw_grooves

    if not lcd:
        file = io.BytesIO()
        settings = call.desk.settings
        angle_deg = load_machine(settings.order.machine).head.included_angle_deg
        draw_grooves(settings.disc, angle_deg).save(file, format='PNG')
        yield Blob('groove.png', file.getvalue())
        return
    if call.desk.look().booth.state is not State.MAINTENANCE:
        raise MachineRefusesError('the booth is not in maintenance', remedy='maintain takes it out of service first')
    call.desk.card('groove')
    try:
        yield Line(f'on the LCD for {LOOKED_AT_S:g} s')
        call.pause(LOOKED_AT_S)
    finally:
        call.desk.card('')


COMMANDS = (Command('checklist', checklist, changes=True), Command('checklist picture', picture))
