"""The checklist that runs itself: what is well is not called broken, and what nobody saw is not called well."""

import io
from dataclasses import replace

import pytest
from PIL import Image

from appliance.desk.book import Blob, Line, Table
from appliance.errors import MachineRefusesError, StorageError
from appliance.kiosk.cutter import Cutter
from appliance.maintenance.checks import RESULT, STEPS, house, machine, panel
from appliance.maintenance.checks.findings import Finding, bad, failed, look
from appliance.maintenance.lathe import SCRAP
from appliance.words.checks import CHECKS, HANDS
from appliance.words.reasons import REASONS
from appliance.workflow.values import Event, Kind, State
from tests.maintenance.checklist_rig import Hands, answers, few_blanks, not_well, run, well


@pytest.fixture
def rig(tmp_path, monkeypatch):
    monkeypatch.setattr(house, 'wall_error_s', lambda: 0.02)
    with well(tmp_path) as rig:
        yield rig


def test_a_booth_that_is_well_says_so_and_stays_as_it_was(rig):
    found, error = run(rig)
    assert error is None
    assert list(found) == [*STEPS, *HANDS]
    assert not_well(found) == {}
    assert {name for name, one in found.items() if one.result == 'not tried'} == {'test groove', *HANDS}
    assert 'heard by the microphone' in found['speaker'].saw
    assert rig.said[-1] == Line('ready')
    rig.rest(0.2)
    assert rig.kiosk.booth.state is State.ATTRACT
    assert not [path for path in rig.folders.run.iterdir() if path.name.startswith('tone')]


def test_it_stays_in_maintenance_where_it_was_begun_there(rig):
    rig.maintain()
    run(rig)
    rig.rest(0.2)
    assert rig.kiosk.booth.state is State.MAINTENANCE


def test_a_ledger_that_takes_no_result_leaves_no_booth_in_maintenance(rig, monkeypatch):
    deed = type(rig.desk).deed

    def full(self, who, what, how):
        if what == RESULT:
            raise StorageError('the ledger is full')
        deed(self, who, what, how)

    monkeypatch.setattr(type(rig.desk), 'deed', full)
    with pytest.raises(StorageError):
        run(rig)
    rig.rest(0.2)
    assert rig.kiosk.booth.state is State.ATTRACT


def test_nobody_is_disturbed(rig):
    rig.to_recording()
    with pytest.raises(MachineRefusesError, match='a visitor is being served'):
        rig.run('checklist')
    assert rig.kiosk.booth.state is State.RECORDING


def test_texts_and_checks_are_the_same():
    assert list(CHECKS) == list(STEPS)
    for name, check in CHECKS.items():
        assert check.fault in ('', *REASONS), name
        assert check.action.endswith('.'), name


# -- the virtual booth, honestly ---------------------------------------------------------------------------------------


def test_a_virtual_booth_does_not_claim_that_anybody_listened(rig):
    rig.desk.program = replace(rig.desk.program, real=frozenset())
    rig.sound.noise, rig.sound.hears = 0.0, False
    found, error = run(rig)
    assert error is None
    assert (found['microphone'].result, found['speaker'].result) == ('not tried', 'not tried')
    assert 'nobody listened' in found['speaker'].saw


def test_the_real_child_of_the_virtual_machine_homes_turns_and_refuses(tmp_path):
    with well(tmp_path, more_s=0.0) as rig:
        rig._use(Cutter())
        found, _ = run(rig, 'checklist --json --hands', hook=Hands(rig).hook, cancel_after_s=500.0)
        assert not_well(found) == {}
        assert 'rpm over 5 turns' in found['platter speed'].saw
        assert found['stop'].saw == found['lid'].saw == 'both positions were seen, and the machine refused to move'


# -- with eyes and hands -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ('idle', 'named'),
    [
        ((), {}),
        (('right pad',), {'pads and button': 'bad'}),
        (('open the lid',), {'lid': 'bad'}),
        (('press the stop',), {'stop': 'bad'}),
    ],
)
def test_hands_press_each_and_each_is_seen(rig, monkeypatch, idle, named):
    monkeypatch.setattr(panel, 'HAND_S', 2.0)

    def refusing(order):
        now = rig.virtual.controls.now()
        if now.stop_pressed or not now.lid_closed:
            return [MachineRefusesError('no power', key='stop' if now.stop_pressed else 'lid')]
        return answers(order)

    rig.cutter.replies = refusing
    found, _ = run(rig, 'checklist --json --hands', hook=Hands(rig, idle).hook)
    assert not_well(found) == named
    if not idle:
        assert 'each was pressed' in found['pads and button'].saw


def test_a_machine_that_moves_with_the_stop_pressed_is_bad(rig):
    found, error = run(rig, 'checklist --json --hands', hook=Hands(rig).hook)
    assert not_well(found) == {'lid': 'bad', 'stop': 'bad'}
    assert 'moved in spite of it' in found['stop'].saw
    assert found['carriage home'].result == 'not tried'
    assert error is not None


def test_eyes_are_asked_and_the_picture_is_shown_meanwhile(rig):
    shown = []

    def asked(question):
        shown.append((question, rig.kiosk.live.card))
        return 'LCD' not in question

    rig.asked = Asked(asked)
    found, _ = run(rig, 'checklist --json --ask', answer=False)
    assert (panel.PICTURE, 'pattern') in shown
    assert found['LCD'].result == 'bad'
    assert {name: one.result for name, one in found.items() if name in HANDS} == dict.fromkeys(HANDS, 'look')
    rig.rest(0.2)
    assert rig.kiosk.live.card == '', 'it would stand there in the next maintenance'


class Asked(list):
    """What the rig notes each question in."""

    def __init__(self, hear):
        super().__init__()
        self.hear = hear

    def append(self, question):
        self.hear(question)
        super().append(question)


def test_headphones_are_asked_about(rig):
    rig.sound.hears = False
    found, _ = run(rig, 'checklist --json --ask')
    assert found['speaker'] == Finding('ok', 'somebody has heard its tone', '')


def test_a_groove_is_cut_only_where_there_is_a_scrap(rig, monkeypatch):
    cut = []

    def cuts(call, kind, seconds):
        cut.append(kind)
        yield Line('test cut: tone, 4 s')
        yield Line('tone: good: level 0.1 dB')
        yield Table(('figure', 'good'), (('level', len(cut) == 1),))

    monkeypatch.setattr(machine, 'try_on_scrap', cuts)
    monkeypatch.setattr(machine, 'LAY_S', 2.0)
    found, _ = run(rig, 'checklist --scrap --json')
    assert found['test groove'] == Finding('not tried', 'no scrap was laid on the platter', '')
    assert (cut, SCRAP in rig.asked) == ([], False)
    rig.set('blank', True)
    found, _ = run(rig, 'checklist --json --scrap')
    assert SCRAP in rig.asked
    assert found['test groove'] == Finding('ok', 'tone: good: level 0.1 dB', '')
    assert run(rig, 'checklist --json --scrap')[0]['test groove'].result == 'bad'
    assert run(rig, 'checklist --json --scrap', answer=False)[0]['test groove'].result == 'not tried'
    assert len(cut) == 2


# -- rows, record, status ----------------------------------------------------------------------------------------------


def test_a_row_is_one_line_with_a_reason_and_an_action(rig):
    rig.set('lid_closed', False)
    run(rig, 'checklist')
    rows = [said.text for said in rig.said if isinstance(said, Line)]
    assert 'look       lid: it is open, or its switch says so. ' + CHECKS['lid'].action in rows
    assert any(row.startswith('ok         temperature: ') for row in rows)


def test_the_result_is_in_the_ledger_and_in_status(rig):
    assert rig.run('status')[0].facts['checklist'] == 'never'
    few_blanks(rig)
    run(rig)
    rig.wall_s += 7200
    told = rig.run('status')[0].facts['checklist']
    assert '2.0 h ago' in told
    assert '1 look (blanks)' in told
    who, how = rig.row("SELECT who, how FROM deed WHERE what = 'result of the checklist'")
    assert who == 'anna'
    assert 'broken off' not in how


def test_without_a_clock_its_age_is_told_in_hours_of_running(rig):
    rig.trusted = False
    run(rig)
    assert 'no date, 0.0 h of running ago' in rig.run('status')[0].facts['checklist']


def test_stopped_it_says_so_and_moves_nothing_more(rig):
    rig.cutter.replies = None  # the carriage never comes home
    with pytest.raises(MachineRefusesError, match='stopped'):
        rig.run('checklist', cancel_after_s=10.0)
    assert rig.run('status')[0].facts['checklist'].endswith('; broken off')
    assert len(rig.cutter.orders('errand')) == 1
    assert rig.kiosk.live.card == ''


def test_it_takes_as_long_as_it_takes_whatever_ends_maintenance_of_itself(rig):
    rig.kiosk.rules = replace(rig.kiosk.rules, maintenance_s=6.0)
    began_s = rig.clock.now_s()
    found, error = run(rig)
    assert error is None
    assert rig.clock.now_s() - began_s > 6.0
    assert not_well(found) == {}


def test_whoever_ends_maintenance_ends_the_list(rig):
    rig.maintain()

    def resumes(said):
        if isinstance(said, Line) and 'be silent' in said.text:
            rig.desk.tell(Event(Kind.RESUME))

    _, error = run(rig, hook=resumes)
    assert error is not None
    assert 'maintenance' in error.line
    assert rig.cutter.orders('errand') == []


# -- the picture -------------------------------------------------------------------------------------------------------


def test_the_picture_is_a_file_or_on_the_lcd(rig):
    (blob,) = rig.run('checklist picture')
    assert isinstance(blob, Blob)
    assert Image.open(io.BytesIO(blob.data)).size == (1200, 1030)
    with pytest.raises(MachineRefusesError, match='not in maintenance'):
        rig.run('checklist picture --lcd')
    rig.maintain()
    frames = []
    turn = rig.turn

    def watched():
        frames.append(rig.kiosk.view.card)
        return turn()

    rig.turn = watched
    rig.run('checklist picture --lcd', cancel_after_s=2.0)
    assert 'groove' in frames
    rig.turn = turn
    rig.rest(0.2)
    assert rig.kiosk.view.card == ''


def test_findings_take_their_action_from_the_one_table():
    assert bad('disk', 'full', 'disk full').action == REASONS['disk full'].host_action
    assert look('lid', 'open').action == CHECKS['lid'].action
    assert failed('disk', StorageError('x', where='y')).action == REASONS['storage'].host_action
    assert failed('blanks', MachineRefusesError('x')).action == CHECKS['blanks'].action
