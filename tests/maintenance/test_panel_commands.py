"""Microphone, contacts and pins, as a session asks for them."""

from dataclasses import replace

import numpy as np
import pytest
import soundfile

from appliance.booth.controls import GpioControls
from appliance.booth.wiring import controls_wiring
from appliance.desk.book import Facts, Line, Table
from appliance.errors import MachineRefusesError, OptionError
from appliance.hands.orders import PinLevels
from appliance.machine import load_machine
from appliance.machine.panel_checks import INPUTS
from tests.booth.fake_gpio import FakeGpio
from tests.maintenance.rig import CommandRig

RATE_HZ = 48_000


@pytest.fixture
def rig(tmp_path):
    with CommandRig(tmp_path) as rig:
        yield rig


def lines(said):
    return [one.text for one in said if isinstance(one, Line)]


def tape(rig, folder, gain, hum=0.0):
    """A voice, `gain` times as loud as the rig's, over hum of 50 Hz."""
    sound, _ = soundfile.read(rig.voice)
    t_s = np.arange(len(sound)) / RATE_HZ
    soundfile.write(folder / 'tape.wav', gain * sound + hum * np.sin(2 * np.pi * 50 * t_s), RATE_HZ, 'FLOAT')
    rig.virtual.microphone.speak(folder / 'tape.wav')


def test_a_microphone_is_measured_and_a_gain_proposed(rig, tmp_path):
    rig.maintain()
    tape(rig, tmp_path, 0.05)
    said = rig.run('calibrate microphone --room 2 --voice 4')
    room, voice = (one.facts for one in said if isinstance(one, Facts))
    assert (room['seconds'], voice['seconds']) == (2, 4)
    peak_db = 20 * np.log10(np.abs(soundfile.read(tmp_path / 'tape.wav')[0][: 4 * RATE_HZ]).max())
    assert voice['peak, dB'] == pytest.approx(peak_db, abs=0.2)
    assert voice['voice, s'] > 1
    wanted = round(2 * (-12 - peak_db)) / 2
    assert lines(said)[-1] == f'config set voice.microphone_gain_db {wanted:g}'
    rig.rest(0.2)
    assert not list(rig.folders.run.glob('**/*.wav'))  # nothing of it is kept
    assert not list(rig.folders.data.glob('**/*.wav'))


def test_a_tone_is_played_as_loud_as_the_voice(rig, monkeypatch):
    rig.maintain()
    speaker, played = rig.virtual.speaker, []
    play = speaker.play

    def watched(files, gain_db=0.0):
        played.extend((soundfile.info(file).duration, gain_db) for file in files)
        play(files, gain_db)

    monkeypatch.setattr(speaker, 'play', watched)
    rig.run('calibrate speaker --seconds 2')
    assert played == [(2.0, rig.kiosk.settings.config.voice.volume_db)]
    assert not speaker.playing
    assert not list(rig.folders.run.glob('**/tone.wav'))
    with pytest.raises(OptionError):
        rig.run('calibrate speaker --seconds 0.1')


def test_the_gain_that_was_proposed_is_heard_in_all_that_follows(rig, tmp_path):
    rig.maintain()
    tape(rig, tmp_path, 0.05)
    gain_db = float(lines(rig.run('calibrate microphone --room 2 --voice 4'))[-1].split()[-1])
    config = rig.kiosk.settings.config
    run_in_thread(rig, lambda: rig.desk.adopt(replace(config, voice=replace(config.voice, microphone_gain_db=gain_db))))
    said = rig.run('calibrate microphone --room 2 --voice 4')
    assert not any('config set' in line for line in lines(said))
    voice = [one.facts for one in said if isinstance(one, Facts)][1]
    assert voice['peak, dB'] == pytest.approx(-12, abs=0.5)


def test_hum_is_said(rig, tmp_path):
    rig.maintain()
    tape(rig, tmp_path, 0.0, hum=0.01)
    said = rig.run('calibrate microphone --room 2 --voice 2')
    assert 'no voice was heard' in lines(said)[2]
    assert any('50 Hz hum at -43 dB' in line for line in lines(said))


def test_a_microphone_that_is_gone_is_an_error(rig):
    rig.maintain()
    rig.virtual.microphone.plug(False)
    with pytest.raises(MachineRefusesError, match='microphone'):
        rig.run('calibrate microphone')


def test_a_calibration_that_is_cancelled_listens_no_more(rig):
    rig.maintain()
    with pytest.raises(MachineRefusesError, match='it was stopped'):
        rig.run('calibrate microphone', cancel_after_s=1.0)
    assert not rig.virtual.microphone._capture.recording


def test_nobody_listens_to_a_visitor(rig):
    rig.to_recording()
    rig.rest(1.0)
    assert rig.virtual.microphone._capture.recording
    with pytest.raises(MachineRefusesError, match='not in maintenance'):
        rig.run('calibrate microphone')
    with pytest.raises(MachineRefusesError, match='not in maintenance'):
        run_in_thread(rig, lambda: rig.desk.listen(None) or rig.desk.listen([]))
    assert rig.virtual.microphone._capture.recording  # and the visitor's take goes on


def run_in_thread(rig, do):
    import threading

    failed = []

    def work():
        try:
            do()
        except Exception as error:
            failed.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    while thread.is_alive():
        rig.turn()
        thread.join(0.001)
    if failed:
        raise failed[0]


def test_presses_are_counted(rig):
    rig.maintain()
    turn, at = rig.turn, []

    def pressing():
        at.append(None)
        if len(at) % 200 in (50, 120):
            rig.virtual.controls.set('left', len(at) % 200 == 50)
        return turn()

    rig.turn = pressing
    said = rig.run('calibrate touch --seconds 5')
    (table,) = (one for one in said if isinstance(one, Table))
    assert {row[0]: row[1] for row in table.rows} == {name: 5 if name == 'left' else 0 for name in INPUTS}
    assert lines(said)[-1] == 'good: bounce_ms = 20 is long enough, 5 would be'


def test_nothing_pressed_proposes_nothing(rig):
    rig.maintain()
    assert lines(rig.run('calibrate touch --seconds 1'))[-1].startswith('nothing was pressed')


@pytest.mark.parametrize('words', ['calibrate touch --seconds 0.5', 'calibrate microphone --voice 200'])
def test_a_time_that_is_none_is_refused(rig, words):
    rig.maintain()
    with pytest.raises(OptionError, match='from 1 to 120 s'):
        rig.run(words)


def pins(rig):
    (table,) = (one for one in rig.run('pins') if isinstance(one, Table))
    assert table.columns == ('pin', 'GPIO', 'way', 'level', 'means')
    return {row[0]: row[1:] for row in table.rows}


def test_every_pin_of_the_machine_file_is_there_once(rig):
    found, machine = pins(rig), load_machine('virtual')
    lathe = {name for name in type(machine.pins).__slots__ if isinstance(getattr(machine.pins, name), int)}
    assert lathe | {*INPUTS, 'lamp'} <= set(found)
    gpios = [row[0] for row in found.values()]
    assert sorted(set(gpios)) == sorted(gpios)
    assert set(range(2, 28)) == set(gpios)  # virtual.toml uses every free pin of the header once


def test_what_a_hand_does_is_read_with_its_level(rig):
    assert pins(rig)['lid_closed'] == (3, 'in', 'low', 'lid: closed')
    rig.set('lid_closed', False)
    assert pins(rig)['lid_closed'] == (3, 'in', 'high', 'lid: open')
    rig.set('stop_pressed', True)
    assert pins(rig)['stop_pressed'] == (7, 'in', 'high', 'stop: pressed')
    assert pins(rig)['lamp'][3] in ('lamp: lit', 'lamp: dark')


def test_the_wires_of_a_pi_are_read_as_they_are(rig):
    machine, gpio = load_machine('virtual'), FakeGpio()
    rig.kiosk.parts = replace(rig.kiosk.parts, controls=GpioControls(controls_wiring(machine), gpio))
    for pin in (2, 3, 7, 19, 20, 21):
        for level in (0, 1):
            gpio.driven = {pin: level}
            (row,) = (row for row in pins(rig).values() if row[0] == pin)
            assert row[2] == ('high' if level else 'low'), row
    gpio.driven = {2: 0}
    assert pins(rig)['record'][3] == 'record button: pressed'
    gpio.dead = True
    assert pins(rig)['record'][3] == 'record button: cannot be read'
    gpio.dead = False
    rig.kiosk.parts = replace(rig.kiosk.parts, controls=rig.virtual.controls)


def test_the_lathes_pins_are_the_chains_while_a_visit_may_come_and_read_in_maintenance(rig):
    assert pins(rig)['head_lift'] == (16, 'out', '', 'driven by the chain: head')
    assert rig.cutter.orders('errand') == []
    rig.maintain()
    levels = [0] * 54
    levels[5] = 1
    rig.cutter.replies = lambda order: [PinLevels(tuple(levels))]
    found = pins(rig)
    assert found['head_lift'] == (16, 'out', 'low', 'head: up')
    assert found['enable'] == (5, 'out', 'high', 'motors: no power')
    levels[16], levels[5] = 1, 0
    found = pins(rig)
    assert found['head_lift'][3] == 'head: down'
    assert found['enable'][3] == 'motors: have power'


def test_a_panel_that_cannot_be_read_says_so(rig):
    from appliance.booth.doors import Inputs

    class Dead:
        lit = False

        def read(self):
            return Inputs(known=False)

    rig.kiosk.parts = replace(rig.kiosk.parts, controls=Dead())
    assert pins(rig)['lid_closed'] == (3, 'in', '', 'lid: cannot be read')
    rig.kiosk.parts = replace(rig.kiosk.parts, controls=rig.virtual.controls)
