"""The choice of speed and level: what fits, how loud, and the sentence that says why."""

from dataclasses import replace

import numpy as np
import pytest

from appliance.errors import DoesNotFitError
from appliance.groove.choose import (
    SPEEDS_RPM,
    Candidate,
    Fit,
    Freedom,
    choose,
    db_to_gain,
    fit,
    predicted_db,
    refuse_too_long,
)
from appliance.groove.demand import Signal
from appliance.groove.planner import Bench, limits_for, message_travel_mm
from appliance.groove.spiral import least_spiral
from appliance.machine import load_disc

RATE_HZ = 50_000


class Hum:
    """A buzz of any length that repeats every 13.7 s, which is no whole number of turns."""

    def __init__(self, peak_um):
        k = np.arange(685_001)
        swell = np.sin(k * (np.pi * 5 / len(k))) ** 2
        self.period = (peak_um * swell * np.sin(k * (2 * np.pi * 1785 / len(k)))).astype(np.float32)

    def read(self, start, count):
        parts, have = [], 0
        while have < count:
            part = self.period[(start + have) % len(self.period) :][: count - have]
            parts.append(part)
            have += len(part)
        return np.concatenate(parts)


def letter(minutes, peak_um=25.0):
    return Signal(Hum(peak_um), 0, round(minutes * 60 * RATE_HZ))


@pytest.fixture
def bench(machine, disc):
    return Bench(machine, disc)


def mastered(signal, asked=None, level_db=0.0):
    """A master that gives the same signal at every speed, and notes which speeds were asked for."""

    def master(speed_rpm):
        if asked is not None:
            asked.append(round(speed_rpm, 2))
        return Candidate(signal, speed_rpm, level_db)

    return master


def test_a_short_letter_is_cut_at_78_at_full_level_and_no_slower_speed_is_even_mastered(bench):
    asked = []
    choice = choose(bench, 'auto', mastered(letter(0.4), asked, level_db=2.0))
    assert (choice.speed_rpm, choice.gain_db, choice.level_db) == (78.26, 0.0, 2.0)
    assert asked == [78.26]
    assert choice.why.startswith('78.26 rpm: the letter of 24.0 s fits at full level, ')
    assert 'mm to spare; the fastest groove sounds best' in choice.why
    assert choice.plan.min_land_um >= bench.disc.groove.land_um


def test_a_little_too_long_it_is_cut_a_little_quieter_and_fills_the_disc(bench):
    choice = choose(bench, 'auto', mastered(letter(4.4)))
    assert choice.speed_rpm == 78.26
    assert -3.0 < choice.gain_db < 0.0
    assert 0.0 <= choice.plan.radius_end_mm - bench.disc.inner_radius_mm < 0.5
    assert f'{-choice.gain_db:.1f} dB below full level' in choice.why


def test_the_level_found_is_the_highest_that_fits(machine):
    bench = Bench(machine, replace(load_disc('xray-17'), inner_radius_mm=72.0))
    candidate = Candidate(letter(0.62), 78.26, 0.0)
    found = fit(bench, candidate)
    room = found.radius_start_mm - 72.0
    assert -6.0 < found.gain_db < -0.2
    assert found.radius_end_mm >= 72.0
    louder = least_spiral(found.demand, db_to_gain(found.gain_db + 0.15), limits_for(bench, found.demand))
    assert message_travel_mm(louder, found.demand) > room


def test_ten_minutes_fit_xray_25_at_auto_quieter_and_slow_but_not_at_78(bench):
    ten = letter(10.0, peak_um=40.0)
    choice = choose(bench, 'auto', mastered(ten))
    assert choice.speed_rpm == pytest.approx(100 / 3)
    assert choice.level_db > bench.disc.groove.min_level_db
    assert choice.plan.radius_end_mm >= bench.disc.inner_radius_mm
    assert choice.plan.min_land_um >= bench.disc.groove.land_um
    assert 'it does not fit at a faster speed' in choice.why
    with pytest.raises(DoesNotFitError) as refusal:
        choose(bench, '78', mastered(ten))
    assert 'xray-25: the letter of 10 min 0 s does not fit at 78.26 rpm, where about 4 min' in str(refusal.value)
    assert 'a slower speed' in str(refusal.value)
    assert refusal.value.exit_code == 3


def test_an_asked_speed_is_kept(bench):
    asked = []
    choice = choose(bench, '45', mastered(letter(0.4), asked))
    assert asked == [45.0]
    assert choice.speed_rpm == 45.0
    assert choice.why.startswith('45 rpm as asked: ')


def test_a_fixed_level_is_never_lowered(bench):
    with pytest.raises(DoesNotFitError, match=r'would at 0\.0 dB'):
        choose(bench, '78', mastered(letter(4.4)), Freedom(fixed=True))
    assert choose(bench, 'auto', mastered(letter(4.4)), Freedom(fixed=True)).gain_db == 0.0


def test_a_message_may_be_told_to_end_further_out(bench):
    candidate = Candidate(letter(1.0), 78.26, 0.0)
    free = fit(bench, candidate)
    held = fit(bench, candidate, Freedom(innermost_mm=free.radius_end_mm + 0.5))
    assert held.gain_db < 0.0
    assert held.radius_end_mm >= free.radius_end_mm + 0.5


def test_a_level_below_the_ceiling_of_worth_is_not_lowered_further(bench):
    quiet = Candidate(letter(0.2), 78.26, -20.0)
    assert fit(bench, quiet).gain_db == 0.0
    with pytest.raises(DoesNotFitError):
        fit(bench, Candidate(letter(6.0), 78.26, -20.0))


def test_a_refusal_of_mastering_at_one_speed_leaves_the_others(bench):
    def master(speed_rpm):
        if speed_rpm > 50:
            raise DoesNotFitError('the bridge would be driven too far')
        return Candidate(letter(0.3), speed_rpm, 0.0)

    assert choose(bench, 'auto', master).speed_rpm == 45.0
    with pytest.raises(DoesNotFitError, match='bridge'):
        choose(bench, '78', master)


@pytest.mark.parametrize('speed_rpm', [78.26, 45.0])
def test_what_could_not_fit_as_silence_is_refused_beforehand_and_nothing_else(machine, speed_rpm):
    """By hand: 5 mm, and 0.2 mm of travel at both ends, hold 31 turns of 150 + 20 um and a part of the next."""
    disc = load_disc('xray-25')
    bench = Bench(machine, replace(disc, inner_radius_mm=disc.programme_radius_mm - 5.0))
    most_s = 32 * 60 / speed_rpm
    refuse_too_long(bench, most_s - 0.01, speed_rpm)
    with pytest.raises(DoesNotFitError, match=r'no more than .* only if it were silent') as told:
        refuse_too_long(bench, most_s + 0.01, speed_rpm)
    assert 'xray-25' in str(told.value)
    with pytest.raises(DoesNotFitError):
        fit(bench, Candidate(letter(most_s / 60, peak_um=0.0), speed_rpm, 0.0))
    assert fit(bench, Candidate(letter(0.9 * most_s / 60, peak_um=0.0), speed_rpm, 0.0)).gain_db == 0.0


def test_when_nothing_fits_the_slowest_speed_says_why(machine):
    bench = Bench(machine, load_disc('xray-17-fine'))
    with pytest.raises(DoesNotFitError, match=r'at 33 1/3 rpm.*choose a larger disc, or speak') as refusal:
        choose(bench, 'auto', mastered(letter(14.0)))
    assert 'fine groove' not in str(refusal.value)


@pytest.mark.parametrize(('speed_rpm', 'level_db', 'end_mm'), [(78.26, 0.0, 100.0), (33.3, -6.0, 60.0)])
def test_predicted_sound_is_noise_alone_when_there_is_nothing_to_trace(bench, speed_rpm, level_db, end_mm):
    """Closed form at one radius: 5 cm/s peak over a crest of 3.5, over 1 mm/s * sqrt(V / 0.5)."""
    blunt = Bench(bench.machine, replace(bench.disc, groove=replace(bench.disc.groove, stylus_um=1e-3)))
    found = Fit(Candidate(letter(1), speed_rpm, level_db), None, 0.0, None, end_mm, end_mm)
    speed_m_s = 2 * np.pi * end_mm / 1000 * speed_rpm / 60
    by_hand = 20 * np.log10(0.05 / 3.5 / (1e-3 * np.sqrt(speed_m_s / 0.5))) + level_db
    assert predicted_db(found, blunt) == pytest.approx(by_hand, abs=1e-6)


def test_predicted_sound_knows_that_slow_inner_grooves_distort(bench):
    """Tracing: 7.3 (rho v f / V^2)^2 of a 63.5 um stylus at 3 kHz and half the level, at 33 rpm and 60 mm: 8.6 %."""

    def sound(speed_rpm, radius_mm):
        return predicted_db(Fit(Candidate(letter(1), speed_rpm, 0.0), None, 0.0, None, radius_mm, radius_mm), bench)

    groove_m_s = 2 * np.pi * 0.06 * SPEEDS_RPM['33'] / 60
    distortion = 7.3 * (63.5e-6 * 0.025 * 3000 / groove_m_s**2) ** 2
    assert distortion == pytest.approx(0.086, abs=0.002)
    assert sound(100 / 3, 60.0) < -20 * np.log10(distortion)
    assert sound(100 / 3, 60.0) < sound(100 / 3, 110.0) - 2
    assert sound(78.26, 60.0) > sound(100 / 3, 60.0)


def test_a_speed_that_would_have_to_be_much_quieter_loses_to_a_slower_one(machine):
    bench = Bench(machine, load_disc('xray-17'))
    choice = choose(bench, 'auto', mastered(letter(1.9, peak_um=60.0)))
    assert choice.speed_rpm == 45.0
    assert '78.26 rpm would sound ' in choice.why
    assert 'dB worse' in choice.why


@pytest.mark.parametrize(('limit_rpm', 'rpm'), [(90.0, 78.26), (78.0, 45.0), (40.0, 33.33), (10.0, 33.33)])
def test_auto_takes_no_speed_that_the_platter_may_not_turn_at(bench, limit_rpm, rpm):
    asked = []
    slow = replace(bench.machine, platter=replace(bench.machine.platter, max_speed_rpm=limit_rpm))
    choose(replace(bench, machine=slow), 'auto', mastered(letter(0.5), asked))
    assert asked == [rpm]
