"""The interlock while nothing moves, as a whole booth takes it: screen, host, ledger, and the way back."""

import logging

import pytest
from booth_rig import Rig

from appliance.interlock.link import Standing
from appliance.kiosk.house.standby import DIFFERS_S, WARM_S
from appliance.screens.wording import wording
from appliance.workflow.values import State

MISSING = Standing('interlock', '/dev/serial0: the interlock does not answer; check its supply and its line')
WELL = Standing(firmware='firmware 000007, as here')
OTHER = Standing(
    firmware='firmware 000007, which is not that of this machine file (000008): tools/flash', as_here=False
)


@pytest.fixture
def rig(tmp_path):
    rig = Rig(tmp_path)
    yield rig
    rig.close()


def hears(rig, standing, seconds=0.5):
    rig.cutter.says.append(standing)
    rig.rest(seconds)
    return rig.kiosk.booth.state


def test_a_missing_interlock_is_a_state_of_the_booth_until_it_is_back(rig, caplog):
    caplog.set_level(logging.INFO)
    assert hears(rig, MISSING) is State.FAULT
    texts = wording(rig.kiosk.view)
    assert (texts.title, texts.line, texts.go) == ('The machine is not ready', 'Please call the host', '')
    assert rig.kiosk.causes['interlock'] == MISSING.cause
    rig.press()
    assert rig.kiosk.booth.state is State.FAULT
    assert hears(rig, WELL) is State.ATTRACT
    assert not rig.kiosk.causes['interlock']
    told = [record.getMessage() for record in caplog.records if 'interlock' in record.getMessage()]
    assert [one for one in told if one.startswith('interlock: ')] == [f'interlock: {MISSING.cause}',
                                                                     'interlock: well again']  # fmt: skip
    assert rig.row("SELECT group_concat(how, '|') FROM deed WHERE who = 'booth' AND what = 'interlock'") == (
        f'{MISSING.cause}|well again',
    )


def test_nobody_records_in_vain(rig):
    rig.to_level()
    assert hears(rig, MISSING) is State.FAULT
    rig.press()
    assert rig.kiosk.booth.state is State.FAULT
    assert hears(rig, WELL) is State.LEVEL_CHECK


def test_what_is_recorded_already_is_kept_and_waits_for_the_machine(rig):
    rig.to_load_disc()
    assert hears(rig, MISSING) is State.FAULT
    rig.press()
    assert not rig.cutter.orders('cut')
    assert hears(rig, WELL) is State.LOAD_DISC
    rig.press()
    rig.until(State.TAKE_DISC)


def test_other_firmware_is_told_to_the_host_and_cuts_all_the_same(rig):
    assert hears(rig, OTHER) is State.ATTRACT
    assert rig.kiosk.causes['firmware'] == f'the interlock has {OTHER.firmware}'
    rig.to_load_disc()
    rig.press()
    rig.until(State.TAKE_DISC)
    assert hears(rig, WELL)
    assert not rig.kiosk.causes['firmware']


@pytest.mark.parametrize(('key', 'contact', 'well'), [('lid', 'lid_closed', True), ('stop', 'stop_pressed', False)])
def test_what_a_hand_does_is_no_trouble_and_a_contact_that_contradicts_the_panel_is(rig, key, contact, well):
    standing = Standing(key, f'/dev/serial0: the {key} is not as it should be; mend it')
    rig.set(contact, not well)
    before = hears(rig, standing, 2 * DIFFERS_S)
    assert before is (State.ATTRACT if key == 'lid' else State.STOPPED)
    assert not rig.kiosk.causes.get('interlock')
    rig.set(contact, well)
    rig.rest(DIFFERS_S - 1)
    assert rig.kiosk.booth.state is State.ATTRACT, 'two contacts of one thing need not move at once'
    rig.rest(2)
    assert rig.kiosk.booth.state is State.FAULT
    assert f'controls.{contact}' in rig.kiosk.causes['interlock']
    assert hears(rig, WELL) is State.ATTRACT


def test_whoever_looks_is_started_again_when_it_has_died(rig):
    """Or a booth without visitors would believe for ever what it was told last."""
    warmed = []
    rig.cutter.warm = lambda: warmed.append(rig.clock.now_s())
    hears(rig, WELL)
    assert not warmed
    rig.cutter.pid = None
    rig.rest(2 * WARM_S)
    assert 1 <= len(warmed) <= 3
