"""What an outside player hears from the trace is the message: the promise of the whole spine, judged from outside."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

import appliance
from appliance.commands import main
from tests.contract import player

SAMPLE = Path(appliance.__file__).parent / 'samples' / 'letter.flac'
SECONDS = 6.0


@pytest.fixture(scope='module')
def message(tmp_path_factory):
    """Speech as a 16 kHz recording at -18 dBFS rms."""
    import soxr

    samples, rate = soundfile.read(SAMPLE)
    samples = soxr.resample(samples[: int(SECONDS * rate)], rate, 16000, 'VHQ')
    samples *= 10 ** (-18 / 20) / np.sqrt(np.mean(samples**2))
    path = tmp_path_factory.mktemp('message') / 'message.wav'
    soundfile.write(path, samples, 16000, subtype='FLOAT')
    return path, soundfile.read(path)[0]


@pytest.fixture(scope='module')
def heard(message, tmp_path_factory):
    out = tmp_path_factory.mktemp('cut')
    assert main(['cut', str(message[0]), '--plain', '--out', str(out), '--trace']) == 0
    return player.read(out / 'trace.npz')


def test_speech_comes_back_78_db_above_all_error(heard, message):
    snr_db, gain_db, delay_us = player.compare(heard, message[1], 16000)
    assert snr_db >= 78
    assert abs(gain_db) <= 0.1
    assert abs(delay_us) < 50


def test_the_land_is_never_less_than_promised(heard):
    lands = player.lands_um(heard)
    assert lands.min() >= heard.facts['land_um']
    assert lands.min() < heard.facts['land_um'] + 15  # and hardly more: the spiral is tight somewhere


def test_the_platter_keeps_its_speed(heard):
    assert abs(player.speed_error(heard)) < 5e-5


def test_the_carriage_ends_in_the_locked_groove_and_the_head_goes_down_once(heard):
    facts = heard.facts
    assert facts['head_down_frame'] < facts['message_frame'] < facts['message_end_frame'] < facts['head_up_frame']
    down = heard.radius_mm[facts['head_down_frame'] : facts['head_up_frame']]
    assert np.all(np.diff(down) <= 1e-9)
    assert down[-1] == pytest.approx(53.2, abs=0.01)


def test_the_other_alignment_is_heard_as_distortion(heard, message, tmp_path):
    """The oracle can fail: read with the pulses at the wrong end of the frame, the same trace is not the message."""
    wrong = dict(heard.facts, pulse_at='end')
    x, v = player.head_motion(heard.trace, wrong)
    turned = player.Heard(wrong, x * 1e6, v, heard.radius_mm, heard.turns, heard.trace)
    assert player.compare(turned, message[1], 16000)[0] < player.compare(heard, message[1], 16000)[0] - 6
