"""The booth as a whole: how it is, open or closed, in maintenance or not, and who is at its desk."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import tzinfo
from pathlib import Path
from typing import Any, Literal

from appliance.desk.book import Call, Command, Facts, Line, Look, Said, Table, Value
from appliance.errors import MachineRefusesError, OptionError, StorageError
from appliance.hands.orders import Moving
from appliance.maintenance.reports.moments import TO_THE_MINUTE, written, zone_of
from appliance.message import Stores
from appliance.message.host.deeds import RESULT, Deed, Deeds
from appliance.message.values import Stamp
from appliance.words.reasons import reason_for
from appliance.workflow.turn import CONDITIONS, SERVED, closed_by, troubles
from appliance.workflow.turn import hears as hears_now
from appliance.workflow.values import Event, Kind, State

ANSWER_S = 3.0  # for the booth to do what it was told
LOOK_S = 0.05
CLOSED_BY = {
    'host': 'closed by the host',
    'hours': 'closed until its hours begin',
    'quota': "today's discs are used up",
}
STATUS = (
    'state', 'visitor', 'open', 'letter no.', 'cut, %', 'cut left, s', 'maintenance left, s', 'blank on the platter',
    'lid closed', 'warmest, C', 'machine', 'version', 'letters kept', 'disk free, MB', 'blanks left',
    'stylus due', 'swarf due', 'checklist',
)  # fmt: skip
NARROW = 60  # columns below which a row of `watch` leaves out what is least asked for


def status(call: Call) -> Iterator[Said]:
    """How the booth is, and one reason and one action for each trouble.

    Examples:
        status
        status --json
    """
    look = call.desk.look()
    kept, troubles = _kept(call), _troubles(look)
    if isinstance(kept, str):
        troubles.append(kept)
        kept = {}
    facts = _facts(call, look) | kept
    yield Facts({name: facts.get(name) for name in STATUS} if call.json else facts)
    told = [(reason_for(key).host, reason_for(key).host_action) for key in dict.fromkeys(troubles)]
    if told or call.json:
        yield Table(('trouble', 'action'), tuple(told))


def _facts(call: Call, look: Look) -> dict[str, Value]:
    booth = look.booth
    facts: dict[str, Value] = {'state': booth.state.value}
    facts['visitor'] = booth.state in SERVED
    facts['open'] = CLOSED_BY.get(closed_by(booth.ready), 'yes')
    if booth.letter:
        facts['letter no.'] = booth.letter
    if booth.state is State.CUTTING and look.progress is not None:
        facts['cut, %'] = round(100 * look.progress.part)
        facts['cut left, s'] = round(look.progress.left_s)
    if booth.state is State.MAINTENANCE and booth.until_s is not None:
        facts['maintenance left, s'] = max(round(booth.until_s - look.now_s), 0)
    facts['blank on the platter'] = booth.ready.blank and not booth.ready.disc_is_cut
    facts['lid closed'] = booth.ready.lid_closed
    if (warmest := max(temperatures(call.desk.program.thermal).values(), default=None)) is not None:
        facts['warmest, C'] = warmest
    return facts | {'machine': call.desk.program.machine, 'version': call.desk.program.version}


def _kept(call: Call) -> dict[str, Value] | str:
    """What the stores say, or the key of what is the matter with them."""

    policy = call.desk.settings.config.policy

    def look(stores: Stores) -> dict[str, Value]:
        free_mb = round(stores.disk.free_bytes(stores.shelf.data) / 1e6)
        counted = {'blanks left': blanks} if (blanks := stores.blanks()) is not None else {}
        worn = stores.counters.due(policy.stylus_hours, policy.swarf_discs)
        due = {f'{name} due': name in worn for name in ('stylus', 'swarf') if name in worn or call.json}
        checked = _checked(Deeds(stores.ledger).last(RESULT), stores.stamp())
        return {'letters kept': len(stores.letters()), 'disk free, MB': free_mb, **counted, **due, 'checklist': checked}

    try:
        return call.desk.stores('look at the letters', look)
    except StorageError as error:
        return error.cause
    except MachineRefusesError:  # the booth is just starting again
        return {'letters kept': None}


def _checked(deed: Deed | None, now: Stamp) -> str:
    """When the checklist was run last, and what it said. Where nobody has set the clock, hours that the booth ran."""
    if deed is None:
        return 'never'
    dated = deed.date is not None and now.date is not None
    hours = (now.at_s - deed.at_s if dated else now.lived_s - deed.lived_s) / 3600
    ago = f'{max(hours, 0.0):.1f} h {"ago" if dated else "of running ago"}'
    return f'{deed.date or "no date"}, {ago}: {deed.how}'


def _troubles(look: Look) -> list[str]:
    """Keys of words/reasons, most urgent first; a cause in words of its own is told as it is."""
    ready = look.booth.ready
    said = look.causes.get('interlock', '')
    keys = [f'{key}: {said}' if said and key == ready.machine else key for key in troubles(look.booth)]
    told = {'microphone': not ready.microphone, 'interlock': bool(ready.machine)}
    causes = [f'{part}: {cause}' for part, cause in look.causes.items() if not told.get(part)]
    return [*keys, *causes]


def temperatures(folder: Path) -> dict[str, float]:
    """Of what the computer measures, in degrees Celsius; what cannot be read is not there."""
    found: dict[str, float] = {}
    for zone in sorted(folder.glob('thermal_zone*')):
        try:
            name = (zone / 'type').read_text(encoding='ascii').strip()
            found[name] = int((zone / 'temp').read_text(encoding='ascii')) / 1000
        except (OSError, ValueError):
            continue
    return found


def watch(call: Call, *, every: float = 1.0, rows: int = 0) -> Iterator[Said]:
    """What is going on, row after row, until Ctrl-C.

    The level is what the microphone hears; outside a visit it is closed. The buffer is what the machine has been given
    of a cut and not executed yet.

    every: seconds between two rows
    rows: so many, then it ends; 0: no end

    Examples:
        watch
        watch --every 0.2
        watch --rows 10 --json
    """
    if not 0.1 <= every <= 3600:
        raise OptionError('every is from 0.1 to 3600 seconds', where='watch')
    if rows < 0:
        raise OptionError('rows is a number of rows, or 0', where='watch')
    count = 0
    while not call.cancelled.is_set():
        seen = _seen(call)
        yield Facts(seen) if call.json else Line(_row(seen, call.width, zone_of(call.desk)))
        count += 1
        if count == rows or not call.pause(every):
            return


def _seen(call: Call) -> dict[str, Value]:
    look = call.desk.look()
    cut = look.progress if look.booth.state in (State.CUTTING, State.CANCEL) else None
    hand = look.moving
    hears = hears_now(look.booth)  # the meter of a closed microphone keeps what it heard last
    return {
        'at, s': round(call.desk.wall_s(), 3),
        'state': look.booth.state.value,
        'peak, dB': round(look.heard.meter.peak_db, 1) if hears else None,
        'level, dB': round(look.heard.meter.rms_db, 1) if hears else None,
        'lost blocks': look.heard.lost_blocks,
        'platter, rpm': round(cut.rpm, 2) if cut else round(hand.rpm, 2) if hand else None,
        'radius, mm': round(cut.radius_mm, 2) if cut else _known(hand),
        'head down': cut.head_down if cut else hand.head_down if hand else None,
        'moves': hand.what if hand else None,
        'cut, %': round(100 * cut.part, 1) if cut else None,
        'buffer, ms': round(cut.queued_ms) if cut else None,
        **{f'{name}, C': round(value, 1) for name, value in temperatures(call.desk.program.thermal).items()},
    }


def _known(hand: Moving | None) -> float | None:
    """Where the carriage stands, where that is known."""
    return None if hand is None or hand.carriage_mm is None else round(hand.carriage_mm, 2)


def _row(seen: dict[str, Value], width: int, zone: tzinfo | None) -> str:
    at = written(float(seen['at, s'] or 0), zone, '%H:%M:%S')
    warm = [value for name, value in seen.items() if name.endswith(', C') and isinstance(value, float)]
    parts = [at, str(seen['moves'] or seen['state'])]
    for name, text in (('peak, dB', '{:.0f} dB'), ('platter, rpm', '{:.2f} rpm'), ('cut, %', '{:.0f} %'),
                       ('radius, mm', '{:.1f} mm'), ('buffer, ms', 'buffer {} ms')):  # fmt: skip
        if seen[name] is not None and (width >= NARROW or name not in ('radius, mm', 'cut, %')):
            parts.append(text.format(seen[name]))
    if warm:
        parts.append(f'{max(warm):.0f} °C')
    if seen['lost blocks']:
        parts.append(f'{seen["lost blocks"]} blocks lost')
    return '  '.join(parts)


def open_(call: Call) -> Said:
    """Open the booth to visitors.

    Examples:
        open
    """
    look = _told(call, Event(Kind.OPEN), lambda look: look.booth.ready.open)
    why = closed_by(look.booth.ready)
    return Line(f'open, but {CLOSED_BY[why]}' if why else 'the booth is open')


def close(call: Call) -> Said:
    """Close the booth; a visit that is going on is finished first.

    Examples:
        close
    """
    look = _told(call, Event(Kind.CLOSE), lambda look: not look.booth.ready.open)
    served = look.booth.state in SERVED
    return Line('closed as soon as the visitor has gone' if served else 'the booth is closed')


def _told(call: Call, event: Event, done: Any) -> Look:
    """The booth once it has done as it was told; it does so at its next turn."""
    call.desk.tell(event)
    until_s = call.desk.now_s() + ANSWER_S
    while call.pause(LOOK_S) and call.desk.now_s() < until_s:
        if done(look := call.desk.look()):
            return look
    raise MachineRefusesError('the booth has not done so', where=event.kind.value, remedy='look at status')


def out_of_service(call: Call, after: bool = False) -> None:
    """Nobody is served, and nobody will be: the booth is in maintenance. `after`: once the visitor has gone."""
    while (state := call.desk.look().booth.state) is not State.MAINTENANCE:
        if not after:
            refuse_while_served(call, 'wait with --after; stop stops a cut at once')
        if state is State.ATTRACT or state in CONDITIONS:
            call.desk.tell(Event(Kind.MAINTAIN))
        if not call.pause(LOOK_S):
            raise MachineRefusesError('it was stopped')


def refuse_while_served(call: Call, remedy: str) -> None:
    """MachineRefusesError while a visitor is there."""
    if (state := call.desk.look().booth.state) in SERVED:
        raise MachineRefusesError('a visitor is being served', where=state.value, remedy=remedy)


def maintain(call: Call, *, after: bool = False) -> Iterator[Said]:
    """Take the booth out of service; its screen says so.

    It ends by itself when no command has come for a while (timeouts.maintenance_s), or with resume.

    after: wait until the visitor who is being served has gone

    Examples:
        maintain
        maintain --after
    """
    if after and call.desk.look().booth.state in SERVED:
        yield Line('waiting until the visitor has gone')
    out_of_service(call, after)
    left_s = call.desk.settings.config.timeouts.maintenance_s
    length = f'{left_s / 60:g} minutes' if left_s % 60 == 0 else f'{left_s:g} s'
    yield Line(f'in maintenance, until resume or {length} without a command')


def resume(call: Call) -> Said:
    """End maintenance; what the machine does for it is stopped.

    Examples:
        resume
    """
    if call.desk.look().booth.state is not State.MAINTENANCE:
        raise MachineRefusesError('the booth is not in maintenance', where='resume')
    look = _told(call, Event(Kind.RESUME), lambda look: look.booth.state is not State.MAINTENANCE)
    return Line(f'the booth is back: {look.booth.state.value}')


def mended(call: Call) -> Said:
    """Say that a fault is mended, so that the booth goes on.

    Examples:
        mended
    """
    look = _told(call, Event(Kind.MENDED), lambda look: not look.booth.ready.fault)
    return Line(f'the booth goes on: {look.booth.state.value}')


def swarf(call: Call, bin: Literal['emptied', 'full']) -> Said:
    """Say that the swarf bin is emptied, or full.

    Emptied, its discs are counted from nothing again (bin).

    bin: how it is now

    Examples:
        swarf emptied
        swarf full
    """
    kind, who = Kind.SWARF_EMPTIED if bin == 'emptied' else Kind.SWARF_FULL, call.who
    if bin == 'emptied':
        call.desk.stores('empty the bin', lambda stores: stores.counters.swarf_emptied(who))
    _told(call, Event(kind), lambda look: look.booth.ready.swarf is (bin == 'emptied'))
    return Line(f'the swarf bin is {bin}')


def stop(call: Call) -> Said:
    """Stop whatever moves, at once: a jog, a test, a visitor's cut.

    It never asks. The disc of a cut is lost, the letter is not: the visitor may lay a new blank.

    Examples:
        stop
    """
    call.desk.tell(Event(Kind.HOST_STOP))
    count = call.sessions.stop()
    return Line('stopped' if not count else f'stopped, with {count} command{"s" if count > 1 else ""}')


def take_over(call: Call) -> Said:
    """Take the command of the booth; whoever had it is told.

    Examples:
        take over
    """
    had = call.sessions.take_over()
    return Line(f'the command is yours; {had} had it' if had else 'the command is yours')


def who(call: Call) -> Said:
    """Who is at the desk, and who has the command of the booth.

    Examples:
        who
        who --json
    """
    zone = zone_of(call.desk)
    rows = [
        (seat.number, seat.who, written(seat.since_s, zone, TO_THE_MINUTE), 'yes' if seat.commands else '', seat.doing)
        for seat in call.sessions.seats()
    ]
    return Table(('session', 'who', 'since', 'commands', 'doing'), tuple(rows))


COMMANDS = (
    Command('status', status, gives=(Facts, Table)),
    Command('watch', watch, gives=(Facts,)),
    Command('open', open_, changes=True),
    Command('close', close, changes=True),
    Command('maintain', maintain, changes=True),
    Command('resume', resume, changes=True),
    Command('stop', stop, urgent=True),
    Command('mended', mended, changes=True),
    Command('swarf', swarf, changes=True),
    Command('take over', take_over, noted=True),
    Command('who', who, gives=(Table,)),
)
