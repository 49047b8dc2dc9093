"""`audioletter kiosk`."""

from __future__ import annotations

import argparse
import contextlib
import logging
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from appliance.commands import add_config
from appliance.errors import OptionError, StorageError

if TYPE_CHECKING:
    from appliance.compose.booth import Choice, Plan
    from appliance.compose.handles import VirtualBooth
    from appliance.desk.journal import Journal
    from appliance.desk.server import Server
    from appliance.kiosk.loop import Kiosk

DESCRIPTION = """Open the booth. Without real parts it is the virtual one: its panel is a page on this computer, with
the LCD, the buttons, the disc and the sound. `--real` gives it a real part, one at a time."""
ALONE_S = 10.0  # for what a booth that was killed has left running
EXAMPLES = """examples:
  audioletter kiosk                                   the virtual booth, on http://127.0.0.1:8078
  audioletter kiosk --show                            and a whole visit is played with the shipped letter
  audioletter kiosk --pace 1                          the virtual lathe takes as long as a real one
  audioletter kiosk --real lcd,controls --machine mine.toml --no-page
  audioletter kiosk --headless visit.txt              plays a visit from a script, as fast as it can, and exits
  audioletter kiosk --config try --data letters       with settings and letters of its own

A script is played in a booth of its own: fresh folders that are gone at its end, and settings as packaged. What is
named with --data, --run or --config is taken instead. Of two booths in one folder the second is refused.

steps of a script, one a line:
"""


class ForJournald(logging.Formatter):
    """Each line begins with its level (sd-daemon(3))."""

    def format(self, record: logging.LogRecord) -> str:
        mark = '<3>' if record.levelno >= logging.ERROR else '<4>' if record.levelno >= logging.WARNING else '<6>'
        return '\n'.join(f'{mark}{line}' for line in super().format(record).split('\n'))


def unit_of(cgroup: Path = Path('/proc/self/cgroup')) -> str:
    """The unit of systemd that this process is, or an empty text (cgroups(7): the last part of its path)."""
    try:
        name = cgroup.read_text(encoding='utf-8').strip().rpartition('/')[2]
    except (OSError, UnicodeDecodeError):
        return ''
    return name if name.endswith('.service') else ''


def add_arguments(parser: argparse.ArgumentParser) -> None:
    from appliance.compose.script import __doc__ as script

    steps = (script or '').partition('\n\n')[2]
    parser.epilog = f'{parser.epilog}{steps}'
    parser.add_argument('--port', type=int, help='of the page (8078)')
    parser.add_argument('--no-browser', action='store_true', help='do not open the page in a browser')
    parser.add_argument('--no-page', action='store_true', help='serve no page: every part is real')
    parser.add_argument('--show', action='store_true', help='play a whole visit with the shipped letter')
    parser.add_argument('--headless', metavar='FILE', type=Path, help='play a visit from a script, then exit')
    parser.add_argument('--machine', metavar='FILE', default='virtual', help='a machine by name, or its file')
    add_config(parser)
    parser.add_argument('--data', metavar='DIR', help='where letters are kept, in place of the usual place')
    parser.add_argument('--run', metavar='DIR', dest='memory', help='where what is not kept lies: a folder in memory')
    parser.add_argument('--real', metavar='PARTS', default='', help='controls, lcd, sound: with a comma between')
    parser.add_argument('--appliance', action='store_true', help='this computer is the booth: it may be switched off')
    parser.add_argument('--pace', metavar='TIMES', type=float, help='how many times as fast as a real cut (4)')


def run(options: argparse.Namespace) -> int:
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format='%(message)s')
    if 'JOURNAL_STREAM' in os.environ:  # systemd.exec(5): what is told goes to journald, which takes the level too
        logging.getLogger().handlers[0].setFormatter(ForJournald('%(message)s'))
    if options.headless is not None:
        return _headless(options)
    return _serve(options)


def _headless(options: argparse.Namespace) -> int:
    """On a clock of its own, so that a visit is over as soon as it can be computed."""
    from appliance.clock import SteppedClock
    from appliance.compose.booth import Choice
    from appliance.compose.headless import play
    from appliance.compose.script import parse

    try:
        text = options.headless.read_text(encoding='utf-8')
    except (OSError, UnicodeDecodeError) as error:
        what = getattr(error, 'strerror', None) or 'it is not text'
        raise OptionError(f'cannot read the script ({what})', where=str(options.headless)) from error
    steps = parse(text, str(options.headless))
    choice = Choice(_parts(options.real), options.pace, SteppedClock(), threads=False)
    with _of_its_own(options), _plan(options, choice) as plan:
        play(plan, steps, print)
    return 0


@contextlib.contextmanager
def _of_its_own(options: argparse.Namespace) -> Iterator[None]:
    """Fresh folders for what is not named: what an earlier booth has left, or its host has set, disturbs no script."""
    import tempfile

    from appliance.config import load_config
    from appliance.config.places import folders

    with contextlib.ExitStack() as stack:

        def fresh(beside: Path | None = None) -> Path:
            try:
                return Path(stack.enter_context(tempfile.TemporaryDirectory(prefix='audioletter-', dir=beside)))
            except OSError as error:
                where, remedy = str(beside or tempfile.gettempdir()), 'name folders of your own: --data, --run'
                raise OptionError(f'no folder can be made ({error.strerror})', where=where, remedy=remedy) from error

        options.config = options.config or fresh()
        options.data = options.data or fresh()
        if not options.memory:
            places = folders(load_config(options.config)[0], os.environ, os.geteuid())
            options.memory = fresh(places.run.parent)
        yield


def _serve(options: argparse.Namespace) -> int:
    from appliance.compose.booth import PACE, Choice
    from appliance.compose.handles import VirtualBooth
    from appliance.desk.journal import Journal
    from appliance.systemd import Systemd
    from appliance.urgency import come_first

    choice = Choice(_parts(options.real), options.pace or PACE)
    priority = come_first() if choice.real else ''  # a virtual booth is a guest on somebody's computer
    with _plan(options, choice) as plan:
        systemd = Systemd()

        def lives(kiosk: Kiosk) -> None:
            systemd.lives(choice.clock.now_s(), kiosk.stuck() if systemd.watches else '', kiosk.booth.state.value)

        booth = VirtualBooth(plan, lives)
        journal = Journal()
        logging.getLogger('audioletter').addHandler(journal)
        desk = _desk(booth, plan, options, journal)  # first: its commands take a small Pi seconds to import
        try:
            booth.start()
            _note_way_out(booth.kiosk)
            if priority:
                logging.info('priority: %s', priority)
            if options.show:
                booth.show()
            return booth.wait() if options.no_page else _page(booth, plan, options)
        finally:
            systemd.stopping()
            desk.close()
            logging.getLogger('audioletter').removeHandler(journal)
            booth.close()


def _desk(booth: VirtualBooth, plan: Plan, options: argparse.Namespace, journal: Journal) -> Server:
    """Where the host's shell comes in. A booth without it still serves its visitors."""
    from importlib.metadata import version

    from appliance.computer import computer_of
    from appliance.desk.book import Program
    from appliance.desk.catalogue import Catalogue
    from appliance.desk.office import Office
    from appliance.desk.running import Around, KioskDesk
    from appliance.desk.server import Server
    from appliance.desk.session import Room
    from appliance.maintenance import commands

    unit = unit_of() if 'JOURNAL_STREAM' in os.environ else ''
    program = Program(version('audioletter'), options.machine, options.config, unit, real=plan.choice.real)
    system = computer_of(options.appliance, booth.restart, booth.end)
    around = Around(plan.folders, plan.choice.wall, system, program, journal)
    desk = KioskDesk(lambda: booth.kiosk, around)
    server = Server(plan.folders.run, Room(desk, Catalogue(commands()), Office(), program.version))
    try:
        server.start()
    except StorageError as error:
        logging.warning('the shell cannot be used: %s', error.line)
    return server


def _note_way_out(kiosk: Kiosk) -> None:
    """Whose keys lead to a system shell says a file that only root writes: each change of it is in ledger and log."""
    from appliance.config.load import load_config, usual_folders
    from appliance.message import Stores
    from appliance.message.host.deeds import WAY_OUT, Deeds

    names = ', '.join(load_config(system=usual_folders()[0])[0].shell.system_shell) or 'nobody'

    def note(stores: Stores) -> None:
        before = Deeds(stores.ledger).last(WAY_OUT)
        if names != (before.how if before is not None else 'nobody'):
            logging.info('%s: %s', WAY_OUT, names)
            stores.deed('the settings', WAY_OUT, names)

    kiosk.parts.archivist.ask('note whose keys lead out', note)


def _page(booth: VirtualBooth, plan: Plan, options: argparse.Namespace) -> int:
    """Until somebody ends it; 128 and the signal's number is the exit code."""
    from appliance.panel import Options, serve
    from appliance.panel.handles import PORT

    port = PORT if options.port is None else options.port
    ended = serve(booth, Options(plan.folders.run, port, not options.no_browser), stop=booth.over)
    if booth.failure is not None:
        raise booth.failure
    return 0 if ended is None else 128 + ended


def _parts(text: str) -> frozenset[str]:
    return frozenset(part.strip() for part in text.split(',') if part.strip())


@contextlib.contextmanager
def _plan(options: argparse.Namespace, choice: Choice) -> Iterator[Plan]:
    """What is to be put together; nobody else may use its folders meanwhile."""
    from dataclasses import replace

    from appliance.compose.booth import Plan
    from appliance.config.changes import host_file
    from appliance.config.places import folders, lock, make
    from appliance.machine import load_machine

    if options.pace is not None and not 0.1 <= options.pace <= 1000:
        raise OptionError(f'a pace of {options.pace:g} will not do', where='--pace', remedy='from 0.1 to 1000')
    file = host_file(options.config)
    config, _ = file.load()
    asked = {'data': options.data, 'run': options.memory}
    named = {key: str(Path(value).absolute()) for key, value in asked.items() if value}
    config = replace(config, places=replace(config.places, **named))
    places = folders(config, os.environ, os.geteuid())
    if cause := make(places):
        logging.warning('letters cannot be kept: %s', cause)
    held = lock(places, ALONE_S)
    try:
        yield Plan(config, load_machine(options.machine), options.machine, places, choice, file, held.handles)
    finally:
        held.close()
