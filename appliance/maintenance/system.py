"""The computer and the program: what they have told, whether they are well, and their end in good order."""

from __future__ import annotations

import io
import json
import logging
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import tzinfo
from pathlib import Path
from typing import Any, Literal

from appliance.desk.book import Asks, Blob, Call, Command, Facts, Line, Said, Table
from appliance.desk.journal import Entry
from appliance.errors import AudioLetterError, MachineRefusesError, OptionError
from appliance.maintenance.booth import out_of_service, refuse_while_served
from appliance.maintenance.reports import journald
from appliance.maintenance.reports.moments import moment, written, zone_of
from appliance.maintenance.reports.support import packed
from appliance.urgency import give_way
from appliance.words.reasons import reason_for
from appliance.workflow.values import Event, Kind, State

LEVELS = {'info': logging.INFO, 'warning': logging.WARNING, 'error': logging.ERROR}
DOCTOR = ('-m', 'appliance', 'doctor', '--json', '--beside')
DOCTOR_S = 120.0
MOST_LINES = 20_000
LATEST_S = 4e9  # in 2096: a clock that jumps back leaves entries of the future
LOOK_S = 0.1
WHY = ('refused: ', 'failed: ')  # a line of the updater's that begins so (boot/update/__main__.py) is how it has ended
Level = Literal['info', 'warning', 'error']


def logs(
    call: Call, *, since: str = '', until: str = '', level: Level = 'info', lines: int = 100, earlier: bool = False
) -> Said:
    """What the booth has told its log since it was started.

    No word of a letter and no visitor's name is in it. A time is a moment ago (10m, 2h, 3d), a time of today (14:30), a
    day (2026-11-27) or both ("2026-11-27 14:30").

    since: leave out what is older
    until: leave out what is newer
    level: leave out what matters less
    lines: so many at most, the newest
    earlier: what journald has kept, also from before the start

    Examples:
        logs
        logs --since 10m --level warning
        logs --since 14:00 --until 14:30 --lines 1000
        logs --earlier --since 2026-11-26
    """
    if not 1 <= lines <= MOST_LINES:
        raise OptionError(f'lines is from 1 to {MOST_LINES}', where='logs')
    now_s, zone = call.desk.wall_s(), zone_of(call.desk)
    first_s = moment(since, now_s, 'since', zone) if since else 0.0
    last_s = moment(until, now_s, 'until', zone) if until else max(now_s, LATEST_S)
    if earlier:
        told = journald.earlier(call.desk.program, first_s, last_s, MOST_LINES)
    else:
        told = list(call.desk.journal.entries())
    found = [entry for entry in told if first_s <= entry.at_s <= last_s and entry.level >= LEVELS[level]]
    return Table(('at', 'level', 'text'), tuple(_row(entry, zone) for entry in found[-lines:]))


def _row(entry: Entry, zone: tzinfo | None) -> tuple[str, str, str]:
    return written(entry.at_s, zone), logging.getLevelName(entry.level).lower(), entry.text


def doctor(call: Call) -> Iterator[Said]:
    """Check this computer, the machine file and the settings.

    It is the doctor of the command line, in a process that gives way to the booth, which goes on. The machine is left
    alone.

    Examples:
        doctor
        doctor --json
    """
    found = examined(call)
    words = {True: 'ok', False: 'FAIL', None: '--'}
    rows = tuple((one['check'], words[one['ok']], one['saw'], one['remedy']) for one in found)
    yield Table(('check', 'is', 'saw', 'remedy'), rows)
    bad = [one['check'] for one in found if one['ok'] is False]
    if bad:
        raise MachineRefusesError(f'not well: {", ".join(bad)}', where='doctor', remedy='see its remedies')


def examined(call: Call) -> list[dict[str, Any]]:
    """What the doctor found."""
    program = call.desk.program
    words = [sys.executable, *DOCTOR, '--machine', program.machine]
    words += ['--config', str(program.config)] if program.config else []
    places = {'STATE_DIRECTORY': str(call.desk.folders.data), 'RUNTIME_DIRECTORY': str(call.desk.folders.run)}
    environ = os.environ | places | {'PYTHONPATH': os.pathsep.join(filter(None, sys.path))}
    with subprocess.Popen(
        words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environ
    ) as process:
        give_way(process.pid)
        out, err = _heard(process, call)
    try:
        found = json.loads(out)
    except ValueError:
        found = None
    if not isinstance(found, list):
        told = err.decode('utf-8', 'replace').strip().rpartition('\n')[2]
        raise MachineRefusesError(f'the doctor has failed ({told})', where='doctor')
    return [_as_the_booth_sees(one, call) for one in found]


def _as_the_booth_sees(one: dict[str, Any], call: Call) -> dict[str, Any]:
    """The doctor leaves the machine alone; what the booth itself sees of the interlock stands in its place."""
    causes, why = call.desk.look().causes, call.desk.look().booth.ready.machine
    if one['check'] != 'machine' or one['ok'] is not None or not {'interlock', 'firmware'} & causes.keys():
        return one
    if 'interlock' in causes:
        return one | {'ok': False, 'saw': causes['interlock'], 'remedy': reason_for(why or 'interlock').host_action}
    return one | {'saw': causes['firmware'], 'remedy': reason_for('firmware').host_action}


def _heard(process: subprocess.Popen[bytes], call: Call) -> tuple[bytes, bytes]:
    """All it says; it is ended with the command, and after its time."""
    spent_s = 0.0
    while True:
        try:
            return process.communicate(timeout=LOOK_S)
        except subprocess.TimeoutExpired:
            spent_s += LOOK_S
            if call.cancelled.is_set() or spent_s > DOCTOR_S:
                process.kill()
                raise MachineRefusesError('the doctor was stopped', where='doctor') from None


def support(call: Call) -> Iterator[Said]:
    """Pack what somebody needs who is to help from afar: a file of a few kB.

    It holds versions, settings, the machine file, the log, figures of the ledger and what the doctor saw. It holds no
    voice, no address, no key, and nothing that lets anybody in.

    Examples:
        support
    """
    try:
        found: object = examined(call)
    except AudioLetterError as error:
        found = {'failed': error.line}
    at = written(call.desk.wall_s(), zone_of(call.desk), '%Y%m%d-%H%M%S')
    yield Blob(f'audioletter-support-{at}.tar.gz', packed(call.desk, found))


def _end(question: str) -> Asks:
    def asks(call: Call, *, after: bool = False) -> str:
        if not after:
            refuse_while_served(call, 'wait with --after; stop stops a cut at once')
        return question

    return asks


def reboot(call: Call, *, after: bool = False) -> Iterator[Said]:
    """End everything in good order and start again: head up, letters on disk.

    The computer, where it is the booth's own; else only the booth.

    after: wait until the visitor who is being served has gone

    Examples:
        reboot
        reboot --after --yes
    """
    yield from _ended(call, after, call.desk.system.reboot, 'starts again')


def shutdown(call: Call, *, after: bool = False) -> Iterator[Said]:
    """End everything in good order and switch off: head up, letters on disk.

    The computer, where it is the booth's own; else only the booth.

    after: wait until the visitor who is being served has gone

    Examples:
        shutdown
        shutdown --after --yes
    """
    yield from _ended(call, after, call.desk.system.power_off, 'switches off')


def _ended(call: Call, after: bool, act: Callable[[], None], says: str) -> Iterator[Said]:
    """Nobody is served any more, the stores have done all they were given; then, when that has been told, `act`."""
    out_of_service(call, after)
    call.desk.stores('end in good order', lambda stores: None)

    def end() -> None:
        try:
            act()
        except AudioLetterError:
            call.desk.tell(Event(Kind.RESUME))
            raise

    call.afterwards.append(end)
    yield Line(f'{"the booth" if call.desk.system.virtual else "the computer"} {says}')


def update(call: Call, file: Path) -> Iterator[Said]:
    """Install an update from a file on this computer.

    The program that places.updater names does it: an update that is signed, whole and newer is unpacked, then the booth
    begins anew with it, and with what it had if that ends or is not ready. It is refused while a visitor is
    served, and while it is looked at the booth is in maintenance. It is not stopped by a lost connection. Where it is
    not taken, the booth is as it was before.

    file: that holds the update

    Examples:
        update /media/stick/audioletter.update
    """
    updater, was_shut = _updater(call), call.desk.look().booth.state is State.MAINTENANCE
    out_of_service(call)
    why = ''
    process = subprocess.Popen(
        (str(updater), str(file)), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        start_new_session=True,
    )  # fmt: skip
    try:
        with process:
            told = process.stdout or io.BytesIO()
            try:
                for line in told:
                    call.desk.tell(Event(Kind.MAINTAIN))
                    text = line.decode('utf-8', 'replace').rstrip('\n')
                    if text.startswith(WHY):
                        why = text
                    else:
                        yield Line(text)
            finally:
                for _ in told:  # nobody hears it any more, but a pipe that is closed would end it half way
                    call.desk.tell(Event(Kind.MAINTAIN))
    finally:
        if process.returncode != 0 and not was_shut:
            call.desk.tell(Event(Kind.RESUME))
    if process.returncode != 0:
        raise MachineRefusesError(why or f'{WHY[1]}code {process.returncode}', where=str(file))
    yield Facts({'update': str(file), 'next': 'the booth begins anew; then status tells its version'})


def _update(call: Call, file: Path) -> str:
    refuse_while_served(call, 'close the booth, then try again')
    updater = _updater(call)
    if not os.access(updater, os.X_OK) or not updater.is_file():
        remedy = 'places.updater names the program that installs updates'
        raise MachineRefusesError('no updater is installed here', where=str(updater), remedy=remedy)
    if not file.is_absolute() or not file.is_file():
        raise OptionError('there is no such file', where=str(file), remedy='name it from the root')
    return f'Install {file}?'


def _updater(call: Call) -> Path:
    return Path(call.desk.settings.config.places.updater or 'none')


def system_shell(call: Call, *, refused: bool = False) -> None:
    """Leave for a system shell, where your SSH key is named for that.

    A file of /etc/audioletter names such keys, [shell] system_shell = ["anna"], and no command here can. Type it
    alone, at the prompt or behind ssh. The shell itself looks at the file and goes, also when no booth runs; here it
    is noted, and so is who was not let out.

    refused: the shell says so of a key that is not named

    Examples:
        system shell
    """
    if refused:
        raise MachineRefusesError('the key is not named for it', where='system shell')


COMMANDS = (
    Command('logs', logs, gives=(Table,)),
    Command('doctor', doctor, gives=(Table,)),
    Command('support', support),
    Command('reboot', reboot, asks=_end('End the booth and start it again?'), changes=True),
    Command('shutdown', shutdown, asks=_end('End the booth and switch it off?'), changes=True),
    Command('update', update, asks=_update, changes=True),
    Command('system shell', system_shell, urgent=True),  # noted, without the command of the booth
)
