"""The checklist that runs itself: each part broken is named, and no other; what is well is not called broken."""

import functools
import io
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from appliance.desk.book import Blob, Facts, Line
from appliance.errors import CutFaultError, MachineRefusesError, StorageError
from appliance.hands.orders import Home, Moved, Spin, Spun
from appliance.kiosk.cutter import Cutter
from appliance.maintenance.checks import STEPS, house, panel
from appliance.maintenance.checks.findings import Finding, bad, failed, look
from appliance.maintenance.lathe import SCRAP
from appliance.words.checks import CHECKS, HANDS
from appliance.words.reasons import REASONS
from appliance.workflow.values import Event, Kind, State
from tests.maintenance.rig import CommandRig

RATE_HZ = 48_000
QUIET = 0.001  # of a room, -60 dB
MORE_S = 0.04  # between two turns: nothing here is so quick that it matters


def answers(order):
    """A machine that is well."""
    if isinstance(order, Home):
        return [Moved(order.axis, -3.0, 130.0, 100)]
    if isinstance(order, Spin):
        return [Spun(order.speed_rpm, order.speed_rpm, order.turns, 0.01, 5.0, 5.0)]
    return [CutFaultError('a test cut was not expected')]


class RealSound:
    """Stands for a sound card in a room: it hears noise, and what the speaker plays."""

    def __init__(self, rig):
        self.rig, self.noise, self.hears = rig, QUIET, True
        self.lot = np.random.default_rng(1)
        microphone, speaker = rig.virtual.microphone, rig.virtual.speaker
        take, play = microphone._next, speaker.play
        self.tape = np.zeros(0, np.float32)

        def heard():
            block = take() + self.noise * self.lot.standard_normal(480).astype(np.float32)
            tone, self.tape = self.tape[:480], self.tape[480:]
            block[: len(tone)] += 0.1 * tone
            return block

        def played(files, gain_db=0.0):
            import soundfile

            play(files, gain_db)
            self.tape = soundfile.read(files[0], dtype='float32')[0] if files and self.hears else self.tape[:0]

        microphone._next, speaker.play = heard, played
        rig.desk.program = replace(rig.desk.program, real=frozenset({'sound'}))


@pytest.fixture
def rig(tmp_path, monkeypatch):
    monkeypatch.setattr(house, 'wall_error_s', lambda: 0.02)
    with CommandRig(tmp_path) as rig:
        rig.cutter.replies = answers
        rig.sound = RealSound(rig)
        rig.desk.program = replace(rig.desk.program, thermal=tmp_path / 'thermal')
        warm(rig, 51_000)
        turn = rig.turn

        def quickly():
            rig.clock.rest(MORE_S)
            return turn()

        rig.turn = quickly
        few_blanks(rig, 40)
        yield rig


def kept(rig, do):
    answer = rig.kiosk.parts.archivist.ask('a test', do)
    while not answer.done():
        rig.turn()
    answer.result()


def warm(rig, millidegrees):
    zone = rig.desk.program.thermal / 'thermal_zone0'
    zone.mkdir(parents=True, exist_ok=True)
    (zone / 'type').write_text('cpu-thermal\n', encoding='ascii')
    (zone / 'temp').write_text(f'{millidegrees}\n', encoding='ascii')


def run(rig, words='checklist --json', **how):
    """Rows by their check, and how it ended."""
    error, rows = None, []
    command = rig.catalogue.commands['checklist']

    @functools.wraps(command.run)
    def keeping(*args, **options):
        for said in command.run(*args, **options):
            rows.append(said)
            if rig.hook is not None:
                rig.hook(said)
            yield said

    rig.hook = how.pop('hook', None)
    rig.catalogue.commands['checklist'] = replace(command, run=keeping)
    try:
        rig.run(words, **how)
    except MachineRefusesError as refused:
        error = refused
    finally:
        rig.catalogue.commands['checklist'] = command
    rig.said = rows
    found = {
        row.facts['check']: Finding(row.facts['result'], row.facts['saw'], row.facts['action'])
        for row in rows
        if isinstance(row, Facts) and 'check' in row.facts
    }
    return found, error


def not_well(found):
    return {name: one.result for name, one in found.items() if one.result in ('look', 'bad')}


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


# -- each part broken names that part ----------------------------------------------------------------------------------


def unplug_microphone(rig):
    rig.virtual.microphone.plug(False)


def digital_silence(rig):
    rig.sound.noise = 0.0


def deaf_to_the_speaker(rig):
    rig.sound.hears = False


def loud_room(rig):
    rig.sound.noise = 0.03


def speaker_fails(rig):
    rig.kiosk.parts.speaker.cause = 'the card is gone'


def display_fails(rig):
    rig.kiosk.parts.display.cause = 'SPI: no such device'


def stuck_pad(rig):
    rig.maintain()  # else somebody seems to be there
    rig.set('left', True)


def open_lid(rig):
    rig.set('lid_closed', False)


def pressed_stop(rig):
    rig.set('stop_pressed', True)


def carriage_jams(rig):
    rig.cutter.replies = lambda order: (
        [CutFaultError('no switch came', where='carriage', key='timeout')]
        if isinstance(order, Home)
        else answers(order)
    )


def platter_slow(rig):
    rig.cutter.replies = lambda order: (
        [Spun(order.speed_rpm, 77.0, order.turns, 0.01, 5.1, 5.0)] if isinstance(order, Spin) else answers(order)
    )


def belt_slips(rig):
    rig.cutter.replies = lambda order: (
        [Spun(order.speed_rpm, 78.0, order.turns, 1.2, 5.0, 5.0)] if isinstance(order, Spin) else answers(order)
    )


def few_blanks(rig, count=2):
    kept(rig, lambda stores: stores.counters.set_blanks(count, 'anna'))


def no_blanks(rig):
    few_blanks(rig, 0)


def old_stylus(rig):
    kept(rig, lambda stores: stores.counters.worked(21 * 3600.0, 'anna'))


def full_bin(rig):
    rig.kiosk.tell(Event(Kind.SWARF_FULL))
    rig.rest(0.1)


def full_disk(rig):
    rig.virtual.disk.free_bytes = lambda path: 1_000_000


def nearly_full_disk(rig):
    rig.virtual.disk.free_bytes = lambda path: 10 * 131_000_000


def dying_disk(rig):
    def fails(path):
        raise OSError(5, 'Input/output error')

    rig.virtual.disk.free_bytes = fails


def clock_not_set(rig):
    rig.trusted = False


def clock_went_back(rig):
    kept(rig, lambda stores: stores.deed('anna', 'open', 'done'))
    rig.wall_s -= 86_400.0


def hot(rig):
    warm(rig, 82_000)


def warmish(rig):
    warm(rig, 72_000)


BROKEN = [
    (unplug_microphone, {'microphone': 'bad'}, 'Plug it in again'),
    (digital_silence, {'microphone': 'bad'}, 'digital silence'),
    (loud_room, {'microphone': 'look'}, 'hardly stands out'),
    (deaf_to_the_speaker, {'speaker': 'bad'}, 'did not hear it'),
    (speaker_fails, {'speaker': 'bad'}, 'the card is gone'),
    (display_fails, {'LCD': 'bad'}, 'no such device'),
    (stuck_pad, {'pads and button': 'bad'}, 'the left pad is pressed'),
    (open_lid, {'lid': 'look'}, 'Close the lid'),
    (pressed_stop, {'stop': 'bad'}, 'Pull the stop button out'),
    (carriage_jams, {'carriage home': 'bad'}, 'no switch came'),
    (platter_slow, {'platter speed': 'bad'}, 'set platter.gear'),
    (belt_slips, {'platter speed': 'bad'}, 'something slips'),
    (few_blanks, {'blanks': 'look'}, '2 left'),
    (no_blanks, {'blanks': 'bad'}, 'none are left'),
    (old_stylus, {'stylus': 'look'}, '21.0 of 20 hours'),
    (full_bin, {'swarf bin': 'bad'}, 'Empty it'),
    (full_disk, {'disk': 'bad'}, 'Export or forget letters'),
    (nearly_full_disk, {'disk': 'look'}, 'room for'),
    (dying_disk, {'disk': 'bad'}, 'Check the card'),
    (clock_not_set, {'clock': 'look'}, 'nobody has set it'),
    (clock_went_back, {'clock': 'look'}, 'one of both is wrong'),
    (hot, {'temperature': 'bad'}, 'it slows down'),
    (warmish, {'temperature': 'look'}, '72 °C'),
]  # fmt: skip


@pytest.mark.parametrize(('breaks', 'named', 'words'), BROKEN, ids=lambda value: getattr(value, '__name__', ''))
def test_a_broken_part_is_named_and_no_other(rig, breaks, named, words):
    breaks(rig)
    found, error = run(rig)
    assert not_well(found) == named
    ((name, result),) = named.items()
    assert words in f'{found[name].saw} {found[name].action}'
    assert found[name].action
    assert (error is not None) is (result == 'bad')
    if error is not None:
        assert error.exit_code == 3
        assert error.what.endswith(f'bad: {name}')


def test_where_lid_or_stop_is_not_well_nothing_is_asked_to_move(rig):
    for breaks in (open_lid, pressed_stop):
        breaks(rig)
        found, _ = run(rig)
        assert [found[name].result for name in ('carriage home', 'platter speed', 'interlock')] == ['not tried'] * 3
    assert rig.cutter.orders('errand') == []


def test_what_the_interlock_refuses_is_its_own(rig):
    rig.cutter.replies = lambda order: [MachineRefusesError('the supply is at 19 V', where='interlock', key='supply')]
    found, _ = run(rig)
    assert not_well(found) == {'carriage home': 'bad', 'platter speed': 'bad', 'interlock': 'bad'}
    assert found['interlock'].action == REASONS['supply'].host_action


def test_a_clock_that_may_be_far_out_is_told(rig, monkeypatch):
    monkeypatch.setattr(house, 'wall_error_s', lambda: 300.0)
    assert run(rig)[0]['clock'].saw.endswith('may be 300 s out')
    monkeypatch.setattr(house, 'wall_error_s', lambda: None)
    assert run(rig)[0]['clock'].result == 'ok'


def test_controls_that_cannot_be_read_are_named(rig, monkeypatch):
    controls = rig.kiosk.parts.controls
    read = controls.read
    monkeypatch.setattr(controls, 'read', lambda: replace(read(), known=False, stop_pressed=True, lid_closed=False))
    controls.cause = 'GPIO: no such chip'
    rig.rest(0.3)
    found, _ = run(rig)
    assert not_well(found) == {'pads and button': 'bad', 'lid': 'bad', 'stop': 'bad'}
    assert 'no such chip' in found['lid'].saw


def test_a_ledger_that_cannot_be_read_does_not_end_the_list(rig, monkeypatch):
    def fails(self):
        raise StorageError('the ledger cannot be used (disk I/O error)', where='ledger.sqlite')

    monkeypatch.setattr('appliance.message.host.counters.Counters.blanks', fails)
    found, _ = run(rig)
    assert found['blanks'].result == 'bad'
    assert 'disk I/O error' in found['blanks'].saw
    assert found['temperature'].result == 'ok'


# -- the virtual booth, honestly ---------------------------------------------------------------------------------------


def test_a_virtual_booth_does_not_claim_that_anybody_listened(rig):
    rig.desk.program = replace(rig.desk.program, real=frozenset())
    rig.sound.noise, rig.sound.hears = 0.0, False
    found, error = run(rig)
    assert error is None
    assert (found['microphone'].result, found['speaker'].result) == ('not tried', 'not tried')
    assert 'nobody listened' in found['speaker'].saw


def test_the_real_child_of_the_virtual_machine_homes_turns_and_refuses(rig):
    rig._use(Cutter())
    hands = Hands(rig)
    found, _ = run(rig, 'checklist --json --hands', hook=hands.hook)
    assert not_well(found) == {}
    assert 'rpm over 5 turns' in found['platter speed'].saw
    assert found['stop'].saw == found['lid'].saw == 'both positions were seen, and the machine refused to move'


# -- with eyes and hands -----------------------------------------------------------------------------------------------


ACTS = {'left pad': 'left', 'right pad': 'right', 'the button': 'record'}


class Hands:
    """Does what it is told, unless it is among `idle`."""

    def __init__(self, rig, idle=()):
        self.rig, self.idle = rig, idle

    def hook(self, said):
        text = said.text if isinstance(said, Line) else ''
        controls = self.rig.virtual.controls
        if any(word in text for word in self.idle):
            return
        for words, name in ACTS.items():
            if words in text and 'press' in text and 'stop' not in text:
                controls.set(name, True)
                controls.set(name, False)
        switches = {'press the stop': ('stop_pressed', True), 'pull the stop': ('stop_pressed', False),
                    'open the lid': ('lid_closed', False), 'close the lid': ('lid_closed', True)}  # fmt: skip
        for words, (name, level) in switches.items():
            if words == text[: len(words)]:
                controls.set(name, level)


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
    assert rig.kiosk.view.card == ''


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
    from appliance.desk.book import Table
    from appliance.maintenance.checks import machine

    cut = []

    def cuts(call, kind, seconds):
        cut.append(kind)
        yield Line('test cut: tone, 4 s')
        yield Line('tone: good: level 0.1 dB')
        yield Table(('figure', 'good'), (('level', len(cut) == 1),))

    monkeypatch.setattr(machine, 'try_on_scrap', cuts)
    found, _ = run(rig, 'checklist --json --scrap')
    assert SCRAP in rig.asked
    assert found['test groove'] == Finding('ok', 'tone: good: level 0.1 dB', '')
    assert run(rig, 'checklist --json --scrap')[0]['test groove'].result == 'bad'
    assert run(rig, 'checklist --json --scrap', answer=False)[0]['test groove'].result == 'not tried'
    assert len(cut) == 2


# -- rows, record, status ----------------------------------------------------------------------------------------------


def test_a_row_is_one_line_with_a_reason_and_an_action(rig):
    open_lid(rig)
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
