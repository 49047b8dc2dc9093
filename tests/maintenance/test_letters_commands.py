"""Letters and counters from the host's desk, on a whole booth."""

import contextlib
import io
import json
import sqlite3

import numpy as np
import pytest
import soundfile

from appliance.desk.book import Blob, Facts, Line, Table
from appliance.errors import MachineRefusesError, OptionError
from appliance.kiosk.archivist import Job
from appliance.message.host import Address
from appliance.orders import Facts as CutFacts
from appliance.workflow.values import State
from tests.maintenance.rig import CommandRig


@pytest.fixture
def rig(tmp_path):
    with CommandRig(tmp_path) as rig:
        yield rig


def letter(rig):
    """A visitor with a disc in the hand."""
    rig.to_load_disc()
    disc(rig)
    rig.until(State.ATTRACT)


def disc(rig):
    rig.set('blank', True)
    rig.press()
    rig.until(State.TAKE_DISC)
    rig.set('blank', False)


def deeds(rig):
    with contextlib.closing(sqlite3.connect(rig.folders.data / 'ledger.sqlite')) as db:
        return [row[0] for row in db.execute('SELECT what FROM deed ORDER BY id')]


def test_letters_are_listed_by_state_day_and_address(rig):
    letter(rig)
    rig.to_load_disc()
    rig.press('left')
    rig.until(State.ATTRACT)
    (table,) = rig.run('letters list')
    assert table.columns[:3] == ('number', 'day', 'state')
    assert [(row[0], row[2], row[4]) for row in table.rows] == [(2, 'kept', 0), (1, 'handed over', 1)]
    assert json.loads(json.dumps(table.rows))
    assert [row[0] for row in rig.run('letters list --state kept')[0].rows] == [2]
    assert [row[0] for row in rig.run(['letters', 'list', '--state', 'handed over'])[0].rows] == [1]
    assert [row[0] for row in rig.run('letters list --limit 1')[0].rows] == [2]
    assert rig.run('letters list --address')[0].rows == ()
    rig.kiosk.parts.archivist.give(Job('address', lambda stores: stores.addresses.put(1, Address(('A',)))))
    rig.rest(0.1)
    assert [row[0] for row in rig.run('letters list --address')[0].rows] == [1]
    assert len(rig.run(['letters', 'list', '--day', 'day 1'])[0].rows) == 2
    assert rig.run(['letters', 'list', '--day', 'day 2'])[0].rows == ()
    for wrong in ('--state forgotten', '--limit 0', '--limit 10001', '--day never'):
        with pytest.raises(OptionError):
            rig.run(f'letters list {wrong}')


def test_a_letter_is_shown_with_its_discs_and_without_its_address(rig):
    letter(rig)
    facts, table = rig.run('letters show 1')
    assert facts.facts['state'] == 'handed over'
    assert facts.facts['master kept'] is True
    assert [row[:5] for row in table.rows] == [('1', 'done', '', '', True)]
    with pytest.raises(OptionError, match='no letter'):
        rig.run('letters show 9')


def test_copies_are_asked_for_by_a_press_each_and_come_from_the_master(rig):
    letter(rig)
    said = rig.run('letters cut 1 --copies 2 --edition')
    assert said[0] == Line('2 discs are to be cut of letter no. 1: lay a blank and press at the booth')
    assert isinstance(said[-1], Facts)
    assert rig.kiosk.booth.state is State.LOAD_DISC
    assert rig.cutter.orders('prepare')[-1][2] == 'ab12'
    assert rig.cutter.marks == ['1'], 'cut without a press'
    with pytest.raises(MachineRefusesError, match='visitor is being served'):
        rig.run('letters cut 1')
    disc(rig)
    disc(rig)
    rig.until(State.ATTRACT)
    assert rig.cutter.marks == ['1', '1 1/2', '1 2/2']
    with pytest.raises(OptionError, match='all 2'):
        rig.run('letters cut 1 --copies 2 --edition')
    assert rig.run('letters void 1 scratched --disc 1/2') == [Line('disc 1 1/2 is void; letters cut 1 cuts another')]
    assert 'one disc is' in rig.run('letters cut 1 --copies 2 --edition')[0].text


def test_it_is_said_of_what_a_copy_is_cut(rig):
    letter(rig)
    rig.cutter.answers = False
    for known, words in (
        ({'copy': True}, 'master and the plan'),
        ({'anew': 'the disc is another'}, 'planned anew: the'),
    ):
        real = rig.kiosk._doer.parts.cutter.prepare

        def prepare(wav, order, master=None, known=known, real=real):
            real(wav, order, master)
            told = (5.0, 20.0, 78.26, 0.0, 'it fits', 110.0, 100.0, 'xray-25', order.take)
            rig.cutter.says.append(CutFacts(*told, **known))

        rig.cutter.prepare = prepare
        said = rig.run('letters cut 1')
        assert words in said[1].text
        rig.cutter.prepare = real
        rig.until(State.ATTRACT, 200.0)


def test_what_the_machine_cannot_cut_is_said(rig):
    letter(rig)
    rig.set('stop_pressed', True)
    rig.until(State.STOPPED)
    with pytest.raises(MachineRefusesError, match='stopped'):
        rig.run('letters cut 1')


def test_a_letter_is_forgotten_when_it_was_asked_and_not_out_of_the_machine(rig):
    letter(rig)
    with pytest.raises(MachineRefusesError, match='nothing was done'):
        rig.run('letters forget 1', answer=False)
    assert rig.asked == ['Forget letter no. 1 for good?']
    rig.run('letters cut 1')
    with pytest.raises(MachineRefusesError, match='in the machine'):
        rig.run('letters forget 1 --yes')
    rig.until(State.ATTRACT, 200.0)
    assert rig.run('letters forget 1 --yes') == [Line('letter no. 1 is forgotten')]
    assert not list((rig.folders.data / 'letters').iterdir())
    for command in ('play', 'export', 'cut'):
        with pytest.raises(OptionError):
            rig.run(f'letters {command} 1')


def test_a_letter_goes_out_as_it_was_spoken_to_the_bit(rig):
    letter(rig)
    (wav,), (flac,) = rig.run('letters export 1'), rig.run('letters export 1 --flac')
    assert (wav.name, flac.name) == ('letter-000001.wav', 'letter-000001.flac')
    assert wav.data == (rig.folders.data / 'letters' / '000001' / 'letter.wav').read_bytes()
    sounds = [soundfile.read(io.BytesIO(blob.data), dtype='int32') for blob in (wav, flac)]
    assert soundfile.info(io.BytesIO(flac.data)).subtype == 'PCM_24'
    np.testing.assert_array_equal(sounds[0][0], sounds[1][0])
    assert len(flac.data) < len(wav.data)
    assert deeds(rig)[-2:] == ['letters export 1 letter', 'letters export 1 letter']


def test_what_was_made_of_a_letter_goes_out_too_where_it_is_there(rig):
    letter(rig)
    folder = rig.folders.data / 'letters' / '000001' / 'disc-1'
    (folder / 'disc.png').write_bytes(b'\x89PNG')
    assert rig.run('letters export 1 picture') == [Blob('letter-000001-picture.png', b'\x89PNG')]
    for wrong in ('letters export 1 disc', 'letters export 1 picture --flac', 'letters export 1 voice'):
        with pytest.raises(OptionError):
            rig.run(wrong)


def test_a_letter_is_heard_in_the_booth_until_it_ends_or_is_cancelled(rig):
    letter(rig)
    (line,) = rig.run('letters play 1')
    assert 'letter no. 1' in line.text
    assert deeds(rig) == ['letters play 1']
    rig.run('letters play 1', cancel_after_s=0.5)
    assert not rig.virtual.speaker.playing
    rig.to_level()
    with pytest.raises(MachineRefusesError, match='visitor'):
        rig.run('letters play 1')


def test_blanks_are_counted_and_none_closes_the_booth_until_there_are_some(rig):
    assert rig.run('blanks show')[0].facts == {'blanks': None, 'counted': False, 'low': False}
    assert rig.run('blanks set 1')[0].facts == {'blanks': 1, 'counted': True, 'low': True}
    letter_until(rig, State.OUT_OF_BLANKS)
    assert rig.run('blanks add 10')[0].facts['blanks'] == 10
    rig.until(State.ATTRACT)
    assert rig.run('blanks uncounted')[0].facts['blanks'] is None
    with pytest.raises(OptionError, match='blanks'):
        rig.run('blanks set -1')


def letter_until(rig, state):
    rig.to_load_disc()
    disc(rig)
    rig.until(state)


def test_the_stylus_is_due_after_its_hours_and_new_when_somebody_says_so(tmp_path):
    with CommandRig(tmp_path, stylus_hours=0.001, swarf_discs=1) as rig:
        letter(rig)
        assert rig.run('stylus show')[0].facts['due'] is True
        assert rig.run('bin')[0].facts['due'] is True
        assert {'stylus due', 'swarf due'} <= set(rig.run('status')[0].facts)
        said = rig.run('stylus changed --yes')
        assert said[1].facts['due'] is False
        assert (said[1].facts['changes'], said[1].facts['changed by']) == (1, 'anna')
        rig.run('swarf emptied')
        assert rig.run('bin')[0].facts == {
            'discs': 0, 'due': False, 'cut, min': 0.0, 'emptied by': 'anna',
            'emptied': rig.run('bin')[0].facts['emptied'],
        }  # fmt: skip


def test_the_figures_of_a_day_are_told(rig):
    letter(rig)
    rig.to_load_disc()
    rig.press('left')
    rig.until(State.ATTRACT)
    said = rig.run('figures')
    assert (said[0].facts['letters'], said[0].facts['discs'], said[0].facts['left on purpose']) == (2, 1, 1)
    assert Table(('left at', 'how often'), (('load disc', 1),)) in said
    (days,) = rig.run('figures days')
    assert days.rows[0][1:] == (2, 1)
    with pytest.raises(OptionError, match='is no day'):
        rig.run('figures tomorrow')


def test_who_did_what_is_listed_newest_first_and_by_name(rig):
    """Against the ledger itself; with a clock that nobody has set a deed is dated by how long the booth has run."""
    for who, what in (('anna', 'blanks set 40'), ('ben', 'close'), ('anna', 'stylus changed')):
        rig.desk.deed(who, what, 'done')
    (table,) = rig.run('deeds')
    assert table.columns == ('when', 'who', 'what', 'how it ended')
    with contextlib.closing(sqlite3.connect(rig.folders.data / 'ledger.sqlite')) as ledger:
        noted = ledger.execute('SELECT who, what, how, date FROM deed ORDER BY id DESC').fetchall()
    assert [row[1:] for row in table.rows] == [row[:3] for row in noted]
    assert all(('h run' in row[0]) is (date is None) for row, (*_, date) in zip(table.rows, noted, strict=True))
    (mine,) = rig.run('deeds --who anna --lines 1')
    assert [row[1:3] for row in mine.rows] == [('anna', 'stylus changed')]
    for lines in (0, 10_001):
        with pytest.raises(OptionError, match='from 1 to 10000'):
            rig.run(f'deeds --lines {lines}')
