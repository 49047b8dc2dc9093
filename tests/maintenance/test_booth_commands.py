"""The booth as a whole, at the host's desk."""

import sqlite3

import pytest

from appliance.desk.book import Facts, Line, Table
from appliance.errors import MachineRefusesError, OptionError
from appliance.maintenance.booth import temperatures
from appliance.orders import Progress
from appliance.words.reasons import REASONS, reason_for
from appliance.workflow.values import Event, Kind, State
from tests.maintenance.rig import CommandRig


@pytest.fixture
def rig(tmp_path):
    with CommandRig(tmp_path) as rig:
        yield rig


def facts(rig):
    return rig.run('status')[0].facts


def troubles(rig):
    _, *tables = rig.run('status')
    return list(tables[0].rows) if tables else []


def test_status_says_whether_somebody_is_served(rig):
    assert (facts(rig)['state'], facts(rig)['visitor']) == ('attract', False)
    rig.to_recording()
    assert (facts(rig)['state'], facts(rig)['visitor']) == ('recording', True)


def test_a_booth_that_is_well_has_no_trouble(rig):
    assert troubles(rig) == []
    assert facts(rig)['letters kept'] == 0
    assert facts(rig)['disk free, MB'] > 0


@pytest.mark.parametrize(
    ('event', 'key'),
    [
        (Event(Kind.STOP_PRESSED), 'stop'),
        (Event(Kind.FAULT, 'stall'), 'stall'),
        (Event(Kind.MICROPHONE_LOST), 'microphone'),
        (Event(Kind.SPACE_LOW, 'storage'), 'storage'),
        (Event(Kind.SWARF_FULL), 'swarf full'),
        (Event(Kind.BLANKS_OUT), 'blanks'),
    ],
    ids=lambda value: value if isinstance(value, str) else '',
)
def test_each_trouble_has_one_reason_and_one_action(rig, event, key):
    rig.kiosk.tell(event)
    rig.turn()
    assert troubles(rig) == [(REASONS[key].host, REASONS[key].host_action)]


def test_a_part_that_is_not_well_is_named(rig):
    rig.kiosk.causes['display'] = 'SPI0 does not answer'
    assert troubles(rig) == [(reason_for('display: SPI0 does not answer').host, REASONS['display'].host_action)]


def test_a_ledger_that_cannot_be_read_is_a_trouble_and_no_failure(rig):
    rig.run('status')
    with sqlite3.connect(rig.folders.data / 'ledger.sqlite') as ledger:
        ledger.execute('DROP TABLE fact')
    assert REASONS['storage'].host in [reason for reason, _ in troubles(rig)]


def test_open_and_close(rig):
    assert rig.run('close') == [Line('the booth is closed')]
    rig.until(State.CLOSED)
    assert facts(rig)['open'] == 'closed by the host'
    rig.kiosk.tell(Event(Kind.HOURS_OVER))
    assert rig.run('open') == [Line('open, but closed until its hours begin')]
    rig.kiosk.tell(Event(Kind.HOURS_BEGIN))
    assert rig.run('open') == [Line('the booth is open')]
    rig.until(State.ATTRACT)


def test_a_booth_closes_after_the_visit(rig):
    rig.to_listen()
    assert rig.run('close') == [Line('closed as soon as the visitor has gone')]
    assert rig.kiosk.booth.state is State.LISTEN


def test_maintenance_begins_when_nobody_is_served(rig):
    rig.to_level()
    with pytest.raises(MachineRefusesError, match='a visitor is being served'):
        rig.run('maintain')
    assert rig.run('maintain --after')[-1].text.startswith('in maintenance')  # who does nothing is sent home
    assert rig.kiosk.booth.state is State.MAINTENANCE
    assert facts(rig)['maintenance left, s'] > 500
    assert rig.run('resume') == [Line('the booth is back: attract')]
    with pytest.raises(MachineRefusesError):
        rig.run('resume')


def test_waiting_for_a_visitor_to_go_can_be_given_up(rig):
    rig.to_level()
    with pytest.raises(MachineRefusesError, match='stopped'):
        rig.run('maintain --after', cancel_after_s=2)
    assert rig.kiosk.booth.state is State.LEVEL_CHECK


def test_what_the_host_has_mended_is_well_again(rig):
    rig.kiosk.tell(Event(Kind.FAULT, 'stall'))
    rig.until(State.FAULT)
    assert rig.run('mended') == [Line('the booth goes on: attract')]
    rig.run('swarf full')
    rig.until(State.SWARF_FULL)
    rig.run('swarf emptied')
    rig.until(State.ATTRACT)


def test_stop_stops_a_cut_and_never_asks(rig):
    rig.to_load_disc()
    rig.cutter.answers = False
    rig.press()
    rig.until(State.CUTTING)
    assert rig.run('stop', answer=False) == [Line('stopped')]
    rig.turn()
    assert rig.cutter.orders('stop') == [('stop', 'host')]
    assert rig.asked == []


def test_watch_shows_levels_in_a_visit_and_platter_and_buffer_in_a_cut(rig):
    (seen,) = rig.run('watch --rows 1 --json')
    assert seen.facts['peak, dB'] is None
    rig.to_recording()
    (seen,) = rig.run('watch --rows 1 --json')
    assert -40 < seen.facts['peak, dB'] < 0
    rig.rest(3)
    rig.press()
    rig.until(State.LISTEN)
    rig.press()
    rig.until(State.LOAD_DISC)
    rig.set('blank', True)
    rig.cutter.answers = False
    rig.press()
    rig.until(State.CUTTING)
    rig.cutter.says.append(Progress(0.25, 30.0, 1.0, 101.5, 78.26, True, queued_ms=123.0))
    rig.turn()
    (seen,) = rig.run('watch --rows 1 --json')
    found = [seen.facts[key] for key in ('platter, rpm', 'radius, mm', 'head down', 'cut, %', 'buffer, ms')]
    assert found == [78.26, 101.5, True, 25.0, 123]
    assert seen.facts['peak, dB'] is None  # of the take: nobody listens now
    (line,) = rig.run('watch --rows 1')
    assert '78.26 rpm  25 %  101.5 mm  buffer 123 ms' in line.text


def test_watch_goes_on_until_ctrl_c(rig):
    rows = rig.run('watch --every 0.5 --json', cancel_after_s=5)
    assert 5 <= len(rows) <= 11
    assert all(isinstance(row, Facts) for row in rows)
    with pytest.raises(OptionError):
        rig.run('watch --every 0')
    with pytest.raises(OptionError, match='rows'):
        rig.run('watch --rows -1', cancel_after_s=5)


def test_temperatures_are_read_where_there_are_any(tmp_path):
    for number, (name, value) in enumerate([('cpu-thermal', '48312'), ('broken', 'x')]):
        zone = tmp_path / f'thermal_zone{number}'
        zone.mkdir()
        (zone / 'type').write_text(f'{name}\n')
        (zone / 'temp').write_text(f'{value}\n')
    assert temperatures(tmp_path) == {'cpu-thermal': 48.312}
    assert temperatures(tmp_path / 'none') == {}


def test_who_is_at_the_desk_and_who_has_the_command(rig):
    assert rig.run('who') == [Table(('session', 'who', 'since', 'commands', 'doing'), ())]
    assert rig.run('take over') == [Line('the command is yours')]
