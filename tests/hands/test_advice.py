"""Speed, microphone and contacts: what is measured, against signals whose figures are known, and what is proposed."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from appliance.booth.doors import SOUND_RATE_HZ, Inputs
from appliance.errors import MachineRefusesError
from appliance.hands.listening import Ear, Heard, advise
from appliance.hands.orders import Spun
from appliance.hands.speed import judge
from appliance.hands.touch import Fingers, bounce_ms
from appliance.lathe.index import Pulse, turned

ROOT = Path(__file__).parents[2]
T_S = np.arange(4 * SOUND_RATE_HZ) / SOUND_RATE_HZ
NOISE = np.random.default_rng(5).normal(0, 1, len(T_S))
VOICE = soundfile.read(ROOT / 'appliance' / 'samples' / 'letter.flac')
ROOM = Heard(4, -70.0, -58.0, 0.0, 0.0, 0.0, -90.0)


def heard(signal):
    """In blocks of a size that divides nothing."""
    ear = Ear()
    for start in range(0, len(signal), 701):
        ear.write(np.asarray(signal[start : start + 701], np.float32))
    return ear.heard()


def voice(gain=1.0):
    import soxr

    sound, rate_hz = VOICE
    return gain * soxr.resample(sound, rate_hz, SOUND_RATE_HZ)[: 8 * SOUND_RATE_HZ] / np.abs(sound).max()


# --- speed ------------------------------------------------------------------------------------------------------------


RIGHT = {'asked_rpm': 78.26, 'rpm': 78.26, 'turns': 20, 'drift_percent': 0.01, 'gear': 1.0, 'gear_of_file': 1.0}


def spun(**given):
    return Spun(**RIGHT | given)


def test_a_right_speed_is_good_and_proposes_nothing():
    verdict = judge(spun(gear=1.0004))
    assert (verdict.ok, verdict.gear) == (True, None)
    assert verdict.says.endswith('-0.040 % (limit +-0.1 %): good')


def test_a_wrong_gear_is_named_with_the_value_that_would_be_right():
    verdict = judge(spun(rpm=76.7255, gear=1.02))
    assert (verdict.ok, verdict.gear) == (False, 1.02)
    assert verdict.error_percent == pytest.approx(-1.961, abs=1e-3)
    assert 'set platter.gear = 1.02 (now 1)' in verdict.says
    right = judge(spun(rpm=78.26, gear=1.02, gear_of_file=1.02))
    assert right.ok


def test_turns_that_differ_are_a_belt_and_no_gear():
    verdict = judge(spun(gear=1.02, drift_percent=0.9))
    assert (verdict.ok, verdict.gear) == (False, None)
    assert 'tighten the belt' in verdict.says


def test_pulses_are_turns():
    pulses = [Pulse(1000 + 150_000 * k + (300 if k == 2 else 0), 6400 * k) for k in range(5)]
    found = turned(pulses)
    assert (found.turns, found.rpm, found.steps_per_turn) == (4, 80.0, 6400)
    assert found.drift_percent == pytest.approx(100 * 600 / 150_000)
    for few in (pulses[:2], []):
        with pytest.raises(MachineRefusesError, match=f'{len(few)} index pulses were seen, at least 3'):
            turned(few)


# --- microphone -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize('rms_db', [-80.0, -50.0])
def test_the_noise_of_a_room_is_its_rms(rms_db):
    found = heard(10 ** (rms_db / 20) * NOISE)
    assert found.level_db == pytest.approx(rms_db, abs=0.6)  # of the quieter half of all hops
    assert (found.seconds, found.voice_s, found.clipped_s, found.hum_hz) == (4, 0.0, 0.0, 0.0)


@pytest.mark.parametrize('mains', [50.0, 60.0])
def test_hum_is_told_by_its_mains_and_its_level(mains):
    hum = 0.01 * np.sin(2 * np.pi * mains * T_S) + 0.003 * np.sin(2 * np.pi * 3 * mains * T_S)
    found = heard(hum + 1e-4 * NOISE)
    assert found.hum_hz == mains
    known_db = 10 * np.log10((0.01**2 + 0.003**2) / 2)
    assert found.hum_db == pytest.approx(known_db, abs=0.3)
    advice = advise(found, ROOM, 0.0)
    assert any(f'{mains:g} Hz hum at -43 dB' in said for said in advice.says)


def test_a_voice_is_no_hum_and_silence_is_nothing():
    assert heard(voice()).hum_hz == 0
    assert heard(np.zeros(SOUND_RATE_HZ * 2)) == Heard(2, -120.0, -120.0, 0.0, 0.0, 0.0, -120.0)
    assert Ear().heard().level_db == -120


@pytest.mark.parametrize(('gain', 'wanted'), [(0.02, 22.0), (0.05, 14.0), (0.25, None), (0.9, -11.0)])
def test_the_gain_that_is_proposed_brings_the_peaks_where_a_visit_wants_them(gain, wanted):
    found = heard(voice(gain))
    assert found.voice_s > 3
    advice = advise(ROOM, found, 0.0)
    assert advice.gain_db == wanted
    assert advice.ok is (wanted is None)
    if wanted is not None:
        assert f'set voice.microphone_gain_db = {wanted:g} (now 0)' in advice.says[0]
        again = advise(ROOM, heard(voice(gain) * 10 ** (wanted / 20)), wanted)
        assert again.gain_db is None


def test_a_voice_that_the_card_clips_is_no_matter_of_a_gain():
    advice = advise(ROOM, heard(np.clip(voice(4.0), -1, 1)), 0.0)
    assert advice.gain_db is None
    assert 'turn the card down by 10 dB' in advice.says[0]
    ours = advise(ROOM, heard(np.clip(voice(4.0), -1, 1)), 18.0)  # clipped by the gain itself
    assert ours.gain_db == -6.0


def test_nobody_speaking_and_a_loud_room_are_said():
    assert 'no voice was heard' in advise(ROOM, heard(1e-4 * NOISE), 0.0).says[0]
    loud = Heard(4, -40.0, -30.0, 0.0, 0.0, 0.0, -90.0)
    assert any('only 14 dB over the room' in said for said in advise(loud, Heard(8, -50, -12, 5, 0, 0, -90), 0.0).says)


def test_a_gain_stays_within_what_may_be_set():
    assert advise(ROOM, Heard(8, -90, -70, 5, 0, 0, -90), 0.0).gain_db == 36.0


@pytest.mark.parametrize(('gain_db', 'peak_db', 'way'), [(36.0, -34.0, 'up'), (-24.0, -4.0, 'down')])
def test_a_voice_that_no_gain_brings_right_is_not_called_good(gain_db, peak_db, way):
    advice = advise(Heard(4, -90, -80, 0, 0, 0, -120), Heard(8, -60, peak_db, 5, 0, 0, -120), gain_db)
    assert (advice.gain_db, advice.ok) == (None, False)
    assert f'turn the card {way}' in advice.says[0]


# --- contacts ---------------------------------------------------------------------------------------------------------


def follow(edges, name='record', poll_s=0.0005, seconds=3.0, start=False):
    """`edges`: when the contact changed, in s."""
    fingers, level, left = Fingers(), start, list(edges)
    for step in range(round(seconds / poll_s)):
        while left and left[0] <= step * poll_s:
            level, left = not level, left[1:]
        fingers.take(Inputs(stop_pressed=False, **{name: level}), step * poll_s)
    return {contact.name: contact for contact in fingers.contacts()}, fingers


def test_presses_are_counted_and_bounces_are_not():
    edges = [0.5, 0.502, 0.5035, 0.6, 0.601, 0.604, 1.0, 1.2]  # with two bounces on either side, then clean
    found, _ = follow(edges)
    assert found['record'].presses == 2
    assert found['record'].bounces == 4
    assert found['record'].longest_ms == pytest.approx(4.0, abs=0.6)
    assert found['left'].presses == 0
    assert bounce_ms(tuple(found.values())) == 6.0


def test_a_spark_is_no_press():
    found, _ = follow([0.5, 0.5012])
    assert (found['record'].presses, found['record'].bounces) == (0, 2)
    assert bounce_ms(tuple(found.values())) is None


def test_what_is_held_from_the_start_is_no_press_and_what_is_still_down_at_the_end_is():
    assert follow([0.5], start=True)[0]['record'].presses == 0
    assert follow([2.99])[0]['record'].presses == 1


def test_clean_contacts_still_get_a_moment_and_wild_ones_no_more_than_the_file_allows():
    found, _ = follow([0.5, 1.0])
    assert bounce_ms(tuple(found.values())) == 5.0
    wild = [0.5 + 0.07 * k for k in range(9)]
    found, _ = follow(wild)
    assert bounce_ms(tuple(found.values())) == 100.0


def test_readings_that_could_not_be_had_are_counted_and_the_longest_gap_is_told():
    fingers = Fingers()
    for at_s in (0.0, 0.001, 0.021):
        fingers.take(Inputs(known=False), at_s)
    assert (fingers.polls, fingers.unknown) == (3, 3)
    assert fingers.longest_gap_s == pytest.approx(0.02)
