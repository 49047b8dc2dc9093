"""The machine by hand, as a session asks for it: what is said, and what the cutter's child really does."""

import json
import shlex

import numpy as np
import pytest

from appliance.desk.book import Facts, Line, Table
from appliance.errors import CutFaultError, MachineRefusesError, OptionError
from appliance.hands.orders import Home, Jog, Moved, Moving, Setup, Spin, Spun
from appliance.kiosk.cutter import Cutter
from appliance.kiosk.errands import Errands
from appliance.maintenance import lathe
from appliance.orders import ErrandSaid
from appliance.workflow.values import Event, Kind, State
from tests.compose.hands_rig import Pins
from tests.maintenance.rig import CommandRig


@pytest.fixture
def rig(tmp_path):
    with CommandRig(tmp_path) as rig:
        yield rig


@pytest.fixture
def booth(rig):
    """With a cutter's child of its own, which executes every byte."""
    rig._use(Cutter())
    rig.set('blank', True)
    rig.maintain()
    return rig


def facts(said):
    return {name: value for one in said if isinstance(one, Facts) for name, value in one.facts.items()}


def lines(said):
    return [one.text for one in said if isinstance(one, Line)]


def order_of(rig, words):
    rig.replies = []
    rig.cutter.replies = lambda order: [Moved('carriage', 1.0, None, 1)]
    rig.set('blank', True)
    rig.turn()
    rig.run(words)
    return rig.cutter.orders('errand')[-1][2]


@pytest.mark.parametrize(
    ('words', 'order'),
    [
        ('home carriage', Home(Setup(), 'carriage')),
        ('home platter', Home(Setup(), 'platter')),
        ('jog carriage 20', Jog(Setup(), 'carriage', 20.0, 1.0)),
        ('jog carriage -2,5 --speed 0.5', Jog(Setup(), 'carriage', -2.5, 0.5)),
        ('jog platter 3', Jog(Setup(), 'platter', 3.0, 20.0)),
    ],
)
def test_words_become_orders(rig, words, order):
    rig.maintain()
    assert order_of(rig, words) == order


@pytest.mark.parametrize('words', ['home carriage', 'jog carriage 1', 'test tone --yes', 'calibrate speed'])
def test_nothing_moves_while_the_booth_is_not_in_maintenance(rig, words):
    with pytest.raises(MachineRefusesError, match='not in maintenance'):
        rig.run(words)
    rig.to_recording()
    with pytest.raises(MachineRefusesError, match='not in maintenance'):
        rig.run(words)
    assert rig.cutter.orders('errand') == []


@pytest.mark.parametrize('words', ['home lid', 'jog carriage', 'jog carriage far', 'jog carriage nan', 'test noise'])
def test_words_that_make_no_order_are_refused(rig, words):
    rig.maintain()
    with pytest.raises(OptionError):
        rig.run(words)
    assert rig.cutter.orders('errand') == []


def test_a_test_cut_asks_for_the_scrap_and_does_nothing_on_no(rig):
    rig.set('blank', True)
    rig.maintain()
    with pytest.raises(MachineRefusesError, match='nothing was done'):
        rig.run('test tone', answer=False)
    assert rig.asked == [lathe.SCRAP]
    assert rig.cutter.orders('errand') == []


def test_the_stylus_is_not_let_down_where_no_disc_lies(rig):
    rig.maintain()
    with pytest.raises(MachineRefusesError, match='no disc lies on the platter'):
        rig.run('test tone --yes')
    assert rig.cutter.orders('errand') == []


def test_what_moves_is_said_once_and_stands_on_the_lcd_until_it_is_over(rig):
    rig.maintain()
    seen, watched = [], []
    rig.cutter.replies = lambda order: [Moving('carriage: 3 mm inward', k / 9, 129 - k / 3, 0.0) for k in range(9)]
    original = Errands.take

    def take(errands, message):
        taken = original(errands, message)
        rig.kiosk.live.moving = errands.moving
        rig.kiosk._show(rig.clock.now_s())
        seen.append(rig.kiosk.view.note)
        watched.append(rig.desk.look().moving)
        return taken

    Errands.take = take
    try:
        with pytest.raises(CutFaultError, match='it was stopped'):  # for this cutter gives no answer
            rig.run('jog carriage 3')
    finally:
        Errands.take = original
    assert seen == ['carriage: 3 mm inward'] * 9 + ['']
    assert [moving and moving.carriage_mm for moving in watched] == [129 - k / 3 for k in range(9)] + [None]
    rig.rest(0.3)
    assert rig.kiosk.view.note == ''


def test_whoever_watches_sees_what_moves_and_how_fast(rig):
    rig.maintain()
    begun = rig.kiosk.errands.begin(Spin(Setup(), 78.26, 5))
    rig.turn()
    moving = Moving('platter: 5 turns at 78.26 rpm', 0.5, 110.0, 78.2591)
    rig.cutter.says.append(ErrandSaid(begun.result(1).number, moving))
    rig.rest(0.1)
    (seen,) = rig.run('watch --rows 1 --json')
    told = ('moves', 'platter, rpm', 'radius, mm', 'head down', 'cut, %')
    assert [seen.facts[name] for name in told] == ['platter: 5 turns at 78.26 rpm', 78.26, 110.0, False, None]
    (row,) = lines(rig.run('watch --rows 1'))
    assert 'platter: 5 turns at 78.26 rpm  78.26 rpm  110.0 mm' in row


def test_a_jog_is_executed_and_told(booth):
    assert lines(booth.run('home carriage')) == ['carriage: home']
    said = booth.run('jog carriage 20 --speed 5')
    assert facts(said) == {
        'axis': 'carriage', 'moved inward, mm': 20.0, 'carriage at radius, mm': 110.0, 'steps': 128_000
    }  # fmt: skip
    with pytest.raises(OptionError, match='past 130 mm, where it parks'):
        booth.run('jog carriage -21')


@pytest.mark.parametrize('speed', ['0', '-1', '5.01'])
def test_a_speed_that_is_none_is_refused_with_its_limit(booth, speed):
    with pytest.raises(OptionError, match=r'from 0\.005 to 5 mm/s is allowed'):
        booth.run(f'jog carriage 1 --speed {speed}')


def test_a_carriage_that_was_not_homed_says_so(booth):
    said = booth.run('jog carriage 1')
    assert facts(said)['carriage at radius, mm'] == 'not known: home it'


@pytest.mark.parametrize('how', ['cancel', 'resume', 'stop', 'lid'])
def test_whatever_ends_a_session_ends_its_jog_with_power_off_and_head_up(booth, tmp_path, monkeypatch, how):
    trace = tmp_path / 'trace.npz'
    monkeypatch.setattr(lathe, 'setup', lambda call: Setup(pace=4.0, trace=trace))
    deeds = {
        'resume': lambda: booth.kiosk.tell(Event(Kind.RESUME)),
        'stop': lambda: booth.virtual.controls.set('stop_pressed', True),
        'lid': lambda: booth.virtual.controls.set('lid_closed', False),
    }
    turn, moved = booth.turn, []

    def watched():
        state = turn()
        if booth.kiosk.errands.moving and not moved:
            moved.append(booth.clock.now_s())
            if how in deeds:
                deeds[how]()
        return state

    booth.turn = watched
    with pytest.raises((CutFaultError, MachineRefusesError)):
        booth.run('jog platter 100 --speed 60', cancel_after_s=20.0 if how == 'cancel' else None)
    assert moved
    booth.turn = turn
    booth.virtual.controls.set('lid_closed', True)
    booth.virtual.controls.set('stop_pressed', False)
    while not trace.exists():  # the child writes it when all has come to rest
        booth.turn()
    pins = Pins.of_trace(trace)
    assert pins.safe()
    assert pins.frames < 80 * 200_000  # of 104 s


def test_a_test_cut_is_made_measured_and_counted(booth):
    said = booth.run('test tone --seconds 3 --fresh --yes')
    report = facts(said)
    folder = booth.folders.data / 'tests' / '0001-tone'
    assert report['folder'] == str(folder)
    assert 'tone: good: level' in lines(said)[-1]
    (table,) = (one for one in said if isinstance(one, Table))
    assert [row[0] for row in table.rows] == ['level', 'harmonics']
    kept = json.loads((folder / 'report.json').read_text())
    assert booth.row("SELECT value FROM fact WHERE name = 'tests'") == (kept['head_down_s'],)
    assert booth.row('SELECT COUNT(*) FROM letter') == (0,)
    stylus = booth.kiosk.parts.archivist.ask('look', lambda stores: stores.counters.stylus())
    booth.turn()
    assert stylus.result(5).used_s == kept['head_down_s'] > 3
    said = booth.run('test silence --seconds 3 --yes')
    assert facts(said)['from, mm'] < report['next is free from, mm']
    (table,) = booth.run('tests')
    assert [row[:4] for row in table.rows] == [
        ('0001-tone', 'tone', 'xray-25', True), ('0002-silence', 'silence', 'xray-25', True)
    ]  # fmt: skip
    (folder / 'report.json').write_text('{')
    for number in range(3, 3 + lathe.KEPT):
        (booth.folders.data / 'tests' / f'{number:04d}-tone').mkdir()
    booth.run('test speed --seconds 2 --yes')
    kept = sorted(path.name for path in (booth.folders.data / 'tests').iterdir() if path.is_dir())
    assert (len(kept), kept[0], kept[-1]) == (50, '0004-tone', '0053-speed')
    (booth.folders.data / 'tests' / '0004-tone' / 'report.json').write_text('{')
    (table,) = booth.run('tests')
    assert 'cannot be read' in table.rows[0][4]


def test_a_test_cut_that_is_broken_off_has_worn_the_stylus_for_as_long_as_it_cut(rig):
    rig.set('blank', True)
    rig.maintain()
    down = [
        Moving('test cut: tone, 6 s', part / 10, 110.0, 78.26, part > 2, max(part - 2, 0) * 0.5) for part in range(7)
    ]
    rig.cutter.replies = lambda order: [*down, CutFaultError('the platter stood still', key='stall')]
    with pytest.raises(CutFaultError, match='stood still'):
        rig.run('test tone --yes')
    assert rig.row("SELECT value FROM fact WHERE name = 'tests'") == (2.0,)
    rig.cutter.replies = lambda order: [*down[:2], CutFaultError('the lid was opened', key='lid')]  # before it was down
    with pytest.raises(CutFaultError, match='lid'):
        rig.run('test tone --yes')
    assert rig.row("SELECT value FROM fact WHERE name = 'tests'") == (2.0,)
    rig.cutter.replies = lambda order: down  # and no answer: it was stopped from here
    with pytest.raises(CutFaultError, match='it was stopped'):
        rig.run('test tone --yes')
    assert rig.row("SELECT value FROM fact WHERE name = 'tests'") == (4.0,)


def test_a_wrong_gear_is_found_and_what_to_write_into_the_machine_file_is_told(booth):
    said = booth.run('calibrate speed --turns 5')
    assert facts(said)['good']
    assert abs(facts(said)['error, %']) < 0.02
    booth.cutter.inject('slip')
    said = booth.run('calibrate speed --turns 5')
    assert facts(said)['error, %'] == pytest.approx(-1.961, abs=0.02)
    assert lines(said)[-1].startswith('into the machine file virtual: [platter] gear = 1.0')
    assert float(lines(said)[-1].split()[-1]) == pytest.approx(1.02, abs=0.0005)


def test_slipping_turns_are_told_from_a_wrong_gear(rig):
    rig.maintain()
    rig.cutter.replies = lambda order: [Spun(order.speed_rpm, 77.0, order.turns, 1.5, 1.016, 1.0)]
    said = rig.run('calibrate speed')
    assert 'tighten the belt' in lines(said)[-1]
    assert rig.cutter.orders('errand')[-1][2] == Spin(Setup(), 78.26, 20)


def test_each_example_of_help_is_carried_out(booth):
    """As it stands there."""
    booth.run('home carriage')
    for command in (lathe.home, lathe.jog):
        for line in command.__doc__.split('Examples:')[1].split('\n'):
            if line.strip():
                assert facts(booth.run(shlex.split(line)))['steps'] > 0
    assert booth.kiosk.booth.state is State.MAINTENANCE
    assert np.isfinite(booth.clock.now_s())
