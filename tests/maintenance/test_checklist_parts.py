"""The checklist, each part broken in turn: it is named with one reason and one action, and no other is."""

from dataclasses import replace

import pytest

from appliance.errors import CutFaultError, MachineRefusesError, StorageError
from appliance.hands.orders import Home, Spin, Spun
from appliance.interlock.link import Standing
from appliance.maintenance.checks import house
from appliance.words.reasons import REASONS
from appliance.workflow.values import Event, Kind
from tests.maintenance.checklist_rig import answers, few_blanks, kept, not_well, run, warm, well


@pytest.fixture
def rig(tmp_path, monkeypatch):
    monkeypatch.setattr(house, 'wall_error_s', lambda: 0.02)
    with well(tmp_path) as rig:
        yield rig


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
    (full_disk, {'disk': 'bad'}, 'take a larger one'),  # no letter is there that could be forgotten
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


def test_an_interlock_that_the_booth_misses_is_told_as_the_booth_sees_it(rig):
    missing = Standing('interlock', '/dev/serial0: the interlock does not answer; check its supply')
    rig.cutter.says.append(missing)
    found, _ = run(rig)
    assert found['interlock'].result == 'bad'
    assert missing.cause in found['interlock'].saw


def test_other_firmware_is_looked_at_and_is_no_fault(rig):
    rig.cutter.says.append(Standing(firmware='firmware 000007, which is not that', as_here=False))
    found, _ = run(rig)
    assert not not_well(found).keys() - {'interlock'}
    assert (found['interlock'].result, found['interlock'].action) == ('look', REASONS['firmware'].host_action)
