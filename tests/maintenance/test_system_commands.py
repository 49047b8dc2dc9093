"""Logs, doctor, support bundle, reboot, shutdown and update, at the host's desk."""

import io
import json
import logging
import tarfile
from dataclasses import replace

import numpy as np
import pytest
import soundfile

from appliance.commands.kiosk import ForJournald, unit_of
from appliance.config.places import SHARED_MEMORY, Folders
from appliance.desk.book import Call, Line, Table
from appliance.errors import MachineRefusesError, OptionError
from appliance.interlock.link import Standing
from appliance.maintenance.reports import support
from appliance.maintenance.system import update
from appliance.message.host.addresses import Address
from appliance.words.reasons import REASONS
from appliance.workflow.values import Kind, State
from tests.maintenance.rig import NOW_S, CommandRig

RECIPIENT, SENDER, NOTE = 'Gertrud Quux\nZwetschgenweg 3', 'Booth Street 1', 'ring twice, deaf'
SEQUENCE, TOKEN = 'left right left left record', 'max:0badc0ffee'


@pytest.fixture
def rig(tmp_path):
    with CommandRig(tmp_path) as rig:
        yield rig


def told(rig, at_s, text, level=logging.INFO):
    record = logging.LogRecord('audioletter', level, '', 0, text, (), None)
    record.created = at_s
    rig.journal.emit(record)


def texts(rig, words):
    (table,) = rig.run(words)
    return [row[2] for row in table.rows]


def test_logs_by_time_level_and_number(rig):
    for minutes, text, level in ((90, 'old', 20), (20, 'warned', 30), (5, 'failed', 40), (1, 'new', 20)):
        told(rig, NOW_S - 60 * minutes, text, level)
    assert texts(rig, 'logs') == ['old', 'warned', 'failed', 'new']
    assert texts(rig, 'logs --since 1h') == ['warned', 'failed', 'new']
    assert texts(rig, 'logs --since 1h --until 2m') == ['warned', 'failed']
    assert texts(rig, 'logs --level warning') == ['warned', 'failed']
    assert texts(rig, 'logs --lines 1') == ['new']
    assert texts(rig, 'logs --since 2000-01-01 --until "2100-01-01 12:30"') == ['old', 'warned', 'failed', 'new']
    assert texts(rig, 'logs --until 2000-01-01') == []


@pytest.mark.parametrize(
    'words', ['--since yesterday', '--since 25:00', '--until 0000-00-00', '--lines 0', '--lines x']
)
def test_what_is_no_time_and_no_number_is_told(rig, words):
    with pytest.raises(OptionError):
        rig.run(f'logs {words}')


# As journalctl 257 --output=json writes it; the second message was no text, the last has none.
KEPT = r"""
{"__REALTIME_TIMESTAMP":"1799990000000000","PRIORITY":"4","MESSAGE":"display: SPI0 does not answer","_PID":"7"}
{"__REALTIME_TIMESTAMP":"1799990001000000","PRIORITY":"6","MESSAGE":[255,104,105]}
{"__REALTIME_TIMESTAMP":"1799990002000000","PRIORITY":"3","MESSAGE":"broken"}
{"__REALTIME_TIMESTAMP":"1799990003000000","MESSAGE":null}
no line of it
"""


def test_what_was_told_before_the_start_is_in_the_journal(rig, tmp_path):
    with pytest.raises(MachineRefusesError, match='no unit of systemd'):
        rig.run('logs --earlier')
    program = tmp_path / 'journalctl'
    (tmp_path / 'kept').write_text(KEPT)
    program.write_text(f'#!/bin/sh\necho "$@" > {tmp_path}/asked\ncat {tmp_path}/kept\n')
    program.chmod(0o755)
    rig.desk.program = replace(rig.desk.program, unit='audioletter.service', journalctl=str(program))
    assert texts(rig, 'logs --earlier --since 1d') == ['display: SPI0 does not answer', '\ufffdhi', 'broken']
    asked = (tmp_path / 'asked').read_text()
    assert '--unit=audioletter.service --output=json' in asked
    assert f'--since=@{NOW_S - 86_400:.0f}' in asked
    assert texts(rig, 'logs --earlier --level warning') == ['display: SPI0 does not answer', 'broken']
    program.write_text('#!/bin/sh\necho "no permission" >&2\nexit 1\n')
    with pytest.raises(MachineRefusesError, match='no permission'):
        rig.run('logs --earlier')
    rig.desk.program = replace(rig.desk.program, journalctl=str(tmp_path / 'none'))
    with pytest.raises(MachineRefusesError, match='cannot be read'):
        rig.run('logs --earlier')


def test_the_unit_is_found_and_levels_are_written_for_journald(tmp_path):
    (tmp_path / 'unit').write_text('0::/system.slice/audioletter.service\n')
    (tmp_path / 'terminal').write_text('0::/user.slice/user-1000.slice/session-3.scope\n')
    assert unit_of(tmp_path / 'unit') == 'audioletter.service'
    assert unit_of(tmp_path / 'terminal') == unit_of(tmp_path / 'none') == ''
    record = logging.LogRecord('audioletter', logging.WARNING, '', 0, 'two\nlines', (), None)
    assert ForJournald('%(message)s').format(record) == '<4>two\n<4>lines'


def test_a_traceback_in_the_log_is_kept_and_the_oldest_go(rig):
    try:
        1 / 0  # noqa: B018
    except ZeroDivisionError as error:
        record = logging.LogRecord('audioletter', 40, '', 0, 'broken', (), (type(error), error, error.__traceback__))
    for _ in range(6000):
        rig.journal.emit(record)
    assert len(rig.journal.entries()) == 5000
    assert 'ZeroDivisionError' in texts(rig, 'logs --lines 1')[0]


def in_memory(rig):
    """Where a booth has its takes; that of these tests lies on a disk."""
    return Folders(rig.folders.data, SHARED_MEMORY / 'audioletter-test')


def test_the_doctor_looks_without_touching_the_machine_of_the_booth(rig):
    rig.desk.folders = in_memory(rig)
    (table,) = rig.run('doctor')
    found = {row[0]: row[1:] for row in table.rows}
    assert found['machine'] == ('--', 'left alone: a booth is running', '')
    assert found['python'][0] == 'ok'
    assert str(rig.folders.data) in found['letters'][1], 'the places of the booth that runs'


def test_status_and_the_doctor_say_of_the_interlock_what_the_booth_sees(rig):
    """One trouble once, with its port and what to do; neither speaks of a machine that nobody has looked at."""
    rig.desk.folders = in_memory(rig)
    rig.cutter.says.append(
        Standing('hot', '/dev/serial0: the head is too hot; let it cool', 'firmware 000007, as here')
    )
    rig.rest(0.5)
    troubles = [row for said in rig.run('status') if isinstance(said, Table) for row in said.rows]
    reason = REASONS['hot']
    assert troubles == [(f'{reason.host.rstrip(".")} (/dev/serial0: the head is too hot; let it cool).',
                         reason.host_action)]  # fmt: skip
    with pytest.raises(MachineRefusesError, match='not well: machine'):
        rig.run('doctor')
    rig.cutter.says.append(Standing(firmware='firmware 000007, which is not that', as_here=False))
    rig.rest(0.5)
    (table,) = rig.run('doctor')
    row = next(row for row in table.rows if row[0] == 'machine')
    assert row == ('machine', '--', 'the interlock has firmware 000007, which is not that',
                   REASONS['firmware'].host_action)  # fmt: skip
    assert any('firmware 000007' in row[0] for said in rig.run('status') if isinstance(said, Table)
               for row in said.rows)  # fmt: skip


def test_a_doctor_that_finds_something_says_so_in_its_end(rig, tmp_path):
    (tmp_path / 'wrong.toml').write_text('[voice]\nvolume_db = 20\n')
    rig.desk.folders = in_memory(rig)
    rig.desk.program = replace(rig.desk.program, config=tmp_path / 'wrong.toml')
    with pytest.raises(MachineRefusesError, match='not well: settings'):
        rig.run('doctor')
    rig.desk.program = replace(rig.desk.program, machine='--none')
    with pytest.raises(MachineRefusesError, match='the doctor'):
        rig.run('doctor')


# -- the support bundle ----------------------------------------------------------------------------------------------


def unpacked(blob):
    with tarfile.open(fileobj=io.BytesIO(blob.data)) as tar:
        return {name.rpartition('/')[2]: tar.extractfile(name).read() for name in tar.getnames()}


def a_booth_with_secrets(rig):
    """A letter whose words and address are known, and a host with secrets."""
    rig.to_load_disc()
    kiosk = rig.kiosk
    config = kiosk.settings.config
    attendant = replace(config.attendant, sequence=SEQUENCE, tokens=(TOKEN,))
    config = replace(config, attendant=attendant, post=replace(config.post, sender=(SENDER,)))
    kiosk.settings = replace(kiosk.settings, config=config)
    number = kiosk.booth.letter
    fields = {'sender': (SENDER,), 'recipient': tuple(RECIPIENT.split('\n')), 'country': 'DE', 'note': NOTE}
    kiosk.parts.archivist.ask('address', lambda stores: stores.addresses.put(number, Address(**fields))).result()
    rig.desk.deed('gertrud', f'post address {number} {RECIPIENT}', 'done')
    return number


def test_a_support_bundle_holds_what_helps_and_nothing_that_anybody_said(rig):
    number = a_booth_with_secrets(rig)
    (blob,) = rig.run('support')
    assert blob.name.startswith('audioletter-support-202')
    parts = unpacked(blob)
    assert set(parts) == {
        'about.json', 'state.json', 'settings.json', 'ledger.json', 'doctor.json', 'log.txt', 'machine.toml',
    }  # fmt: skip
    assert json.loads(parts['ledger.json'])['letters'] == {'kept': 1}
    assert json.loads(parts['state.json'])['booth']['letter'] == number
    assert json.loads(parts['about.json'])['version'] == '1.2.3'
    assert json.loads(parts['settings.json'])['attendant']['sequence'] == 'set, and withheld'
    assert b'[machine]' in parts['machine.toml']
    assert {one['check'] for one in json.loads(parts['doctor.json'])} >= {'python', 'settings', 'letters'}
    whole = b'\n'.join(parts.values())
    for secret in (*RECIPIENT.split('\n'), SENDER, NOTE, SEQUENCE, TOKEN, '0badc0ffee', 'gertrud'):
        assert secret.encode() not in whole
        assert json.dumps(secret).strip('"').encode() not in whole
    assert len(blob.data) < 100_000


def test_what_is_being_entered_of_the_sequence_is_not_in_it(rig):
    rig.kiosk.booth = replace(rig.kiosk.booth, keys=(Kind.LEFT, Kind.RIGHT))
    state = support._state(rig.desk)['booth']
    assert state['keys'] == 2


def test_no_sample_of_the_voice_is_in_it(rig):
    number = a_booth_with_secrets(rig)
    (blob,) = rig.run('support')
    (wav,) = (rig.folders.data / 'letters').rglob('letter.wav')
    assert str(number) in str(wav)
    voice, _ = soundfile.read(wav, dtype='int32')
    whole = b''.join(unpacked(blob).values())
    for kind in ('<i2', '<i4', '<f4'):
        scaled = (voice >> 16).astype(kind) if kind == '<i2' else voice.astype(kind)
        for at in range(0, len(scaled) - 8, 997):
            assert not np.any(scaled[at : at + 8]) or scaled[at : at + 8].tobytes() not in whole


def test_a_bundle_is_packed_when_nothing_is_well(rig, monkeypatch):
    rig.desk.program = replace(rig.desk.program, machine='none such')
    monkeypatch.setattr(support, 'COUNTS', {'letters': 'SELECT nothing'})
    (blob,) = rig.run('support')
    parts = unpacked(blob)
    assert 'failed' in json.loads(parts['ledger.json'])
    assert parts['machine.toml'].startswith(b'# cannot be read')


# -- the end ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(('words', 'asked'), [('reboot', 'reboot'), ('shutdown', 'power off')])
def test_the_end_is_asked_for_and_in_good_order(rig, words, asked):
    with pytest.raises(MachineRefusesError, match='nothing was done'):
        rig.run(words, answer=False)
    assert rig.system.asked == []
    assert rig.run(words)[0].text.startswith('the booth')
    assert rig.system.asked == [asked]
    assert rig.kiosk.booth.state is State.MAINTENANCE, 'nobody begins a letter now'


def test_a_visitor_is_waited_for(rig):
    rig.to_level()
    with pytest.raises(MachineRefusesError, match='a visitor is being served'):
        rig.run('reboot --yes')
    rig.run('reboot --yes --after')
    assert rig.system.asked == ['reboot']


def test_a_computer_that_will_not_leaves_the_booth_open(rig, monkeypatch):
    def refuse():
        raise MachineRefusesError('reboot was refused')

    monkeypatch.setattr(rig.system, 'reboot', refuse)
    with pytest.raises(MachineRefusesError, match='refused'):
        rig.run('reboot --yes')
    rig.until(State.ATTRACT)


def use_updater(rig, path):
    config = rig.kiosk.settings.config
    config = replace(config, places=replace(config.places, updater=str(path)))
    rig.kiosk.settings = replace(rig.kiosk.settings, config=config)


def updater(rig, tmp_path, text):
    path = tmp_path / 'updater'
    path.write_text(f'#!/bin/sh\n{text}\n')
    path.chmod(0o755)
    use_updater(rig, path)
    (tmp_path / 'new.update').write_bytes(b'')
    return f'update {tmp_path}/new.update --yes'


def test_an_update_needs_an_updater_a_file_and_nobody_who_is_served(rig, tmp_path):
    use_updater(rig, tmp_path / 'none')
    with pytest.raises(MachineRefusesError, match='no updater is installed'):
        rig.run(f'update {tmp_path}/new.update --yes')
    words = updater(rig, tmp_path, 'true')
    for missing in ('update /none --yes', 'update new.update --yes'):
        with pytest.raises(OptionError, match='no such file'):
            rig.run(missing)
    rig.to_level()
    with pytest.raises(MachineRefusesError, match='a visitor is being served'):
        rig.run(words)


def test_an_update_says_what_the_updater_says(rig, tmp_path):
    words = updater(rig, tmp_path, 'echo "installing $1"')
    line, facts = rig.run(words)
    assert line == Line(f'installing {tmp_path}/new.update')
    assert 'begins anew' in facts.facts['next']
    assert rig.kiosk.booth.state is State.MAINTENANCE


@pytest.mark.parametrize(
    ('text', 'why'),
    [
        ('echo looking; echo "refused: its signature is not one"; exit 3', 'refused: its signature is not one'),
        ('echo "failed: Input/output error"; exit 4', 'failed: Input/output error'),
        ('exit 9', 'failed: code 9'),
    ],
)
@pytest.mark.parametrize('shut', [False, True])
def test_an_update_that_is_not_taken_says_why_and_the_booth_is_as_it_was(rig, tmp_path, text, why, shut):
    """A host who has tried the wrong file need not think of the visitors."""
    if shut:
        rig.maintain()
    with pytest.raises(MachineRefusesError, match=f'new.update: {why}'):
        rig.run(updater(rig, tmp_path, text))
    rig.until(State.MAINTENANCE if shut else State.ATTRACT)


def test_an_update_whose_host_has_gone_goes_on_to_its_end(rig, tmp_path):
    rig.maintain()
    updater(rig, tmp_path, f'seq 20000 && touch {tmp_path}/whole')  # more than a pipe holds
    telling = update(Call(rig.desk, 'anna'), tmp_path / 'new.update')
    assert next(telling) == Line('1')
    telling.close()
    assert (tmp_path / 'whole').exists()


def test_help_lists_all_explains_one_and_fits_the_screen(rig):
    lines = [said.text for said in rig.run('help')]
    assert any(line.startswith('status ') for line in lines)
    explained = '\n'.join(said.text for said in rig.run('help logs'))
    assert '[--since SINCE]' in explained
    assert '  logs --since 10m --level warning' in explained
    assert any('reboot' in said.text for said in rig.run('help'))
    with pytest.raises(OptionError, match='there is no command'):
        rig.run('help nothing')


@pytest.mark.parametrize('width', [40, 80, 200])
def test_every_help_fits(rig, width):
    rig.width = width
    for name in ('', *rig.catalogue.commands):
        for said in rig.run(f'help {name}'):
            assert len(said.text) <= width or said.text.startswith('  '), 'an example is not broken'
