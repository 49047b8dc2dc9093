"""The machine by hand: home and jog each axis, test cuts on a scrap disc, and the speed of the platter."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal

from appliance.desk.book import Call, Command, Facts, Line, Said, Table
from appliance.errors import CutFaultError, MachineRefusesError
from appliance.groove.choose import SPEEDS_RPM
from appliance.hands.band import free_mm, ring
from appliance.hands.orders import Axis, Home, Jog, Kind, Moved, Moving, Order, Setup, Spin, Spun, TestCut, Tested
from appliance.hands.speed import judge
from appliance.machine import disc_names, load_disc
from appliance.workflow.values import Event
from appliance.workflow.values import Kind as Happens

TESTS = 'tests'  # folder beside the letters
REPORT = 'report.json'
KEPT = 50  # tests, the newest
SLOW: dict[Axis, float] = {'carriage': 1.0, 'platter': 20.0}  # mm/s, rpm: unless another speed is asked for
SCRAP = 'Is a scrap disc on the platter, held down, and the lid closed?'
LAY = 'open the lid, lay a scrap disc on the platter, hold it down, close the lid'


def home(call: Call, axis: Axis) -> Iterator[Said]:
    """Bring the carriage to its switch, or the platter to its index.

    The head stays up, and the power is off when it has ended. Ctrl-C stops it at once. After power-up, and after
    anything that was stopped on its way, nobody knows where the carriage stands until it was home.

    axis: carriage or platter

    Examples:
        home carriage
        home platter
    """
    yield from _moved(call, Home(setup(call), axis))


def jog(call: Call, axis: Axis, distance: float, *, speed: float | None = None) -> Iterator[Said]:
    """Move the carriage by so many mm, or the platter by so many turns.

    The head stays up, and the power is off when it has ended. Ctrl-C stops it at once. What lies past a limit of the
    machine file is refused, not shortened. A carriage that was not homed moves inward only, 5 mm at 1 mm/s at most.

    axis: carriage or platter
    distance: mm inward (-3 is outward), or turns forward
    speed: mm/s or rpm at most; else 1 mm/s, or 20 rpm

    Examples:
        jog carriage 20
        jog carriage -2.5 --speed 0.5
        jog platter 3 --speed 78.26
    """
    yield from _moved(call, Jog(setup(call), axis, distance, SLOW[axis] if speed is None else speed))


def try_on_scrap(
    call: Call, kind: Kind, *, seconds: float = 6.0, level: float | None = None, disc: str = '', fresh: bool = False
) -> Iterator[Said]:
    """Cut a test into a narrow ring of a scrap disc, and measure it.

    tone is 1 kHz (level, harmonics), sweep 50 Hz to 10 kHz (response), silence a bare groove (rumble, noise), speed
    3150 Hz (speed, wow and flutter). Each takes some 4 mm; the next begins where the last has ended, also where that
    was broken off. Groove, sound, picture and report of the last 50 stay in the folder of tests. The scrap must lie
    there before: open the lid, lay it, hold it down, close the lid. Take it out again afterwards; as long as it lies
    there, the booth asks whoever comes to do so. Nothing of a real machine looks at its groove: what is told of that
    is foretold, and the scrap itself is to be looked at and played.

    kind: tone, sweep, silence or speed
    seconds: of sound, 2 to 60
    level: dB re 5 cm/s of a full tone at 1 kHz; else what is usual for that test
    disc: what kind of disc the scrap is; else the booth's own
    fresh: nothing was cut on this scrap yet

    Examples:
        test tone
        test sweep --fresh
        test speed --seconds 20
        test silence --disc pvc-25 --yes
    """
    tests, name = call.desk.folders.data / TESTS, disc or call.desk.settings.disc.name
    tests.mkdir(exist_ok=True)
    from_mm = None if fresh else free_mm(tests, name)
    folder = tests / f'{_last(tests) + 1:04d}-{kind}'
    order = TestCut(setup(call), kind, name, folder, seconds, level, from_mm=from_mm)
    report: dict[str, Any] = {}
    call.desk.tell(Event(Happens.SCRAP_CUT))
    for said in _cut_and_counted(call, order):
        if isinstance(said, Tested):
            report = said.report
        else:
            yield said
    _forget_oldest(tests)
    yield from _judged(report, folder)


def _cut_and_counted(call: Call, order: TestCut) -> Iterator[Any]:
    """The ledger hears for how long the stylus has cut, also when it was broken off."""
    worn_s = 0.0

    def watch(moving: Moving) -> None:
        nonlocal worn_s
        worn_s = moving.cut_s

    try:
        for said in carried_out(call, order, watch):
            if isinstance(said, Tested):
                worn_s = said.report['head_down_s']
            yield said
    finally:
        if worn_s:
            call.desk.stores('note the stylus', lambda stores: stores.counters.worked(worn_s, call.who))


def scrap(
    call: Call, kind: Kind, *, seconds: float = 6.0, level: float | None = None, disc: str = '', fresh: bool = False
) -> str:
    """The question before a test cut; what can be known to be wrong with it is raised."""
    from appliance.hands.signals import check_length

    if not call.desk.look().booth.ready.blank:
        remedy = f'{LAY}; if one lies there, pins shows what its sensor reads'
        raise MachineRefusesError('no disc lies on the platter', where='test', remedy=remedy)
    check_length(seconds)
    meant = load_disc(disc) if disc else call.desk.settings.disc
    ring(meant, None if fresh else free_mm(call.desk.folders.data / TESTS, meant.name))
    return SCRAP


def results(call: Call) -> Iterator[Said]:
    """The test cuts that were made, and what they said.

    Examples:
        tests
        tests --json
    """
    rows = []
    for path in sorted((call.desk.folders.data / TESTS).glob(f'*/{REPORT}')):
        try:
            report = json.loads(path.read_text(encoding='utf-8'))
            row = (report['kind'], report['disc'], report['ok'], report['says'])
        except (OSError, ValueError, KeyError, TypeError) as error:
            row = ('', '', False, f'its report cannot be read ({error})')
        rows.append((path.parent.name, *row))
    yield Table(('test', 'kind', 'disc', 'good', 'says'), tuple(rows))


def calibrate_speed(call: Call, *, speed: Literal['78', '45', '33'] = '78', turns: int = 20) -> Iterator[Said]:
    """Time the turns of the platter, and say whether it turns as it should.

    Its turns are timed by the index sensor against the crystal that also gives out the sound. A gear that is not as the
    machine file says is told with its right value; turns that differ are a belt that slips. The head stays up.

    speed: 78 (78.26), 45 or 33 rpm
    turns: to be timed

    Examples:
        calibrate speed
        calibrate speed --speed 33 --turns 50
    """
    for said in carried_out(call, Spin(setup(call), SPEEDS_RPM[speed], turns)):
        if not isinstance(said, Spun):
            yield said
            continue
        verdict = judge(said)
        yield Facts(
            {
                'asked, rpm': round(said.asked_rpm, 3),
                'measured, rpm': round(said.rpm, 4),
                'error, %': round(verdict.error_percent, 4),
                'turns': said.turns,
                'slowest to quickest turn, %': round(said.drift_percent, 4),
                'gear, counted': round(said.gear, 5),
                'gear, machine file': said.gear_of_file,
                'good': verdict.ok,
            }
        )
        yield Line(verdict.says)
        if verdict.gear is not None:
            yield Line(f'into the machine file {call.desk.settings.order.machine}: [platter] gear = {verdict.gear:g}')


def setup(call: Call) -> Setup:
    """The machine of the booth, as fast as it cuts."""
    order = call.desk.settings.order
    return Setup(order.machine, order.pace)


def _moved(call: Call, order: Home | Jog) -> Iterator[Said]:
    for said in carried_out(call, order):
        if not isinstance(said, Moved):
            yield said
            continue
        unit = 'moved inward, mm' if said.axis == 'carriage' else 'turned'
        where = 'not known: home it' if said.carriage_mm is None else round(said.carriage_mm, 3)
        yield Facts({'axis': said.axis, unit: round(said.by, 4), 'carriage at radius, mm': where, 'steps': said.steps})


def carried_out(call: Call, order: Order, watch: Callable[[Moving], None] = lambda moving: None) -> Iterator[Any]:
    """What moves as lines, each once; then the answer. `watch` sees each move. CutFaultError if it was stopped from
    here."""
    what, answer = '', None
    for said in call.desk.lathe(order, call.cancelled):
        if not isinstance(said, Moving):
            answer = said
            continue
        watch(said)
        if said.what != what:
            what = said.what
            yield Line(what)
    if answer is None:
        raise CutFaultError(
            'it was stopped', where=what or 'the machine', remedy='a carriage that was on its way must be homed again'
        )
    yield answer


def _last(tests: Path) -> int:
    """The highest number of a test so far."""
    numbers = [path.name[:4] for path in tests.iterdir() if path.is_dir()]
    return max((int(number) for number in numbers if number.isdecimal()), default=0)


def _judged(report: dict[str, Any], folder: Path) -> Iterator[Said]:
    """What a test cut has said."""
    yield Line(report['says'])
    yield Table(
        ('figure', 'value', 'unit', 'limit', 'good'),
        tuple((f['name'], round(f['value'], 3) + 0.0, f['unit'], f['limit'], f['ok']) for f in report['figures']),
    )
    used: dict[str, Any] = {'figures foretold': True} if report['foretold'] else {}
    used |= {'from, mm': report['radius_start_mm'], 'next is free from, mm': report['next_mm']}
    yield Facts({'folder': str(folder), **used})


def _forget_oldest(tests: Path) -> None:
    """A test is a few MB; only the last ones are worth them."""
    made = sorted(path for path in tests.iterdir() if path.name[:4].isdecimal() and path.is_dir())
    for path in made[:-KEPT]:
        shutil.rmtree(path, ignore_errors=True)


COMMANDS = (
    Command('home', home, changes=True, maintenance=True),
    Command('jog', jog, changes=True, maintenance=True),
    Command(
        'test', try_on_scrap, asks=scrap, changes=True, maintenance=True, offers={'disc': lambda desk: disc_names()}
    ),
    Command('tests', results, gives=(Table,)),
    Command('calibrate speed', calibrate_speed, changes=True, maintenance=True),
)
