"""Figures of a finished groove against grooves whose land, speed and flutter are known in closed form."""

from pathlib import Path

import numpy as np
import pytest

from appliance.errors import GrooveFileError
from appliance.playback.groovefile import Groove, GrooveWriter
from appliance.playback.measure import flutter_percent, measure, min_land_um, speed_error_percent

RPM = 78.26
OMEGA = RPM * 2 * np.pi / 60
FACTS = {
    'speed_rpm': RPM,
    'message_frame': 4000,
    'message_end_frame': 1_000_000,
    'machine': {'head': {'included_angle_deg': 90.0}},
}
PITCH_MM_S = 0.25


def steady(t):
    return OMEGA * t


def inward(t):
    return 120 - PITCH_MM_S * t


def groove_of(path: Path, y_um, *, angle=steady, radius=inward, depth=75.0, facts=None, seconds=5.0) -> Groove:
    """A groove file of functions of time; `y_um` is one of time and angle."""
    writer = GrooveWriter(path, {**FACTS, **(facts or {})})
    writer.start_frame = 1000
    t = np.arange(int(seconds * 50_000)) / 50_000
    writer.displacement(y_um(t, angle(t)))
    t = np.arange(int(seconds * 2000) + 1) / 2000
    full = np.full(len(t), depth) if np.isscalar(depth) else depth(t)
    writer.motion(angle(t), radius(t), full)
    writer.close()
    return Groove.open(path)


@pytest.fixture
def make(tmp_path):
    opened = []

    def one(y_um, **more):
        opened.append(groove_of(tmp_path / f'{len(opened)}.npz', y_um, **more))
        return opened[-1]

    yield one
    for groove in opened:
        groove.close()


def silent(t, _):
    return 0 * t


def test_a_silent_spiral_leaves_its_pitch_less_its_width(make):
    pitch_um = PITCH_MM_S * 1000 * 60 / RPM
    assert min_land_um(make(silent)) == pytest.approx(pitch_um - 150, abs=2e-3)
    assert min_land_um(make(silent, depth=50.0)) == pytest.approx(pitch_um - 100, abs=2e-3)


def test_one_click_is_found_at_the_full_rate(make):
    """A click one sample wide, inward: on the turn outside it takes land, at the very angle."""
    at = 137_501  # between two positions of the platter

    def click(t, _):
        y = np.zeros(len(t))
        y[at] = -30
        return y

    pitch_um = PITCH_MM_S * 1000 * 60 / RPM
    found = min_land_um(make(click))
    # The turn inside passes between two of its samples: the cubic between samples of a lone click is known.
    u = at - (np.arange(175_000, 176_500) - 50_000 * 60 / RPM)
    u = np.abs(u[np.abs(u) < 1])
    between = 1 - 2.5 * u**2 + 1.5 * u**3
    assert found == pytest.approx(pitch_um - 150 - 30 * between.max(), abs=0.02)


def test_a_tone_that_repeats_with_the_turn_takes_no_land_and_its_opposite_takes_twice(make):
    pitch_um = PITCH_MM_S * 1000 * 60 / RPM
    same = make(lambda _, angle: 40 * np.sin(400 * angle))
    assert min_land_um(same) == pytest.approx(pitch_um - 150, abs=0.05)
    opposite = make(lambda _, angle: 40 * np.sin(400.5 * angle))
    assert min_land_um(opposite) == pytest.approx(pitch_um - 150 - 80, abs=0.05)


def test_the_same_angle_is_meant_not_the_same_time(make):
    """The platter wavers by 1 %: a tone locked to the angle still repeats with the turn, one to time does not."""

    def wavering(t):
        return OMEGA * (t - 0.01 * np.cos(2 * np.pi * t) / (2 * np.pi))

    pitch_um = PITCH_MM_S * 1000 * 60 / RPM
    slowest = pitch_um / 1.01 - 150
    locked = min_land_um(make(lambda _, angle: 40 * np.sin(400 * angle), angle=wavering))
    loose = min_land_um(make(lambda t, _: 40 * np.sin(400 * OMEGA * t), angle=wavering))
    assert locked > slowest - 0.1
    assert loose < slowest - 20


def test_only_what_lies_before_the_messages_end_counts_and_depth_is_real(make):
    def late(t):
        return 120 - PITCH_MM_S * t + np.where(t > 4.0, 0.05 * (t - 4.0) ** 2, 0.0)

    pitch_um = PITCH_MM_S * 1000 * 60 / RPM
    short = {'message_end_frame': 1000 + 4 * 200_000 - 100}
    assert min_land_um(make(silent, radius=late, facts=short)) == pytest.approx(pitch_um - 150, abs=2e-3)
    assert min_land_um(make(silent, radius=late)) < pitch_um - 155
    shallow_first = make(silent, depth=lambda t: np.minimum(75, 75 * t / 2.0))
    assert min_land_um(shallow_first) == pytest.approx(pitch_um - 150, abs=2e-3)
    rising = make(silent, depth=lambda t: 75 - 5 * t)  # half of either turn's width lies between them
    assert min_land_um(rising) == pytest.approx(pitch_um - 150 + 5 * 60 / RPM, abs=5e-3)


def test_less_than_a_turn_has_no_land_and_no_flutter(make):
    tiny = make(silent, seconds=0.5, facts={'message_end_frame': 90_000})
    found = measure(tiny)
    assert found.min_land_um is None
    assert found.flutter_percent is None
    assert found.speed_error_percent == pytest.approx(0, abs=1e-9)


def test_speed_and_flutter_over_the_message(make):
    def wavering(t):
        return OMEGA * (1.0002 * t - 0.001 * np.cos(2 * np.pi * 4.03 * t) / (2 * np.pi * 4.03))

    groove = make(silent, angle=wavering, seconds=6.0, facts={'message_end_frame': 1_190_000})
    assert flutter_percent(groove) == pytest.approx(0.0997, rel=0.02)
    assert speed_error_percent(groove) == pytest.approx(0.02, abs=0.002)


def test_facts_that_are_missing_are_named(make):
    with pytest.raises(GrooveFileError, match=r'lack machine\.head\.included_angle_deg'):
        min_land_um(make(silent, facts={'machine': {}}))
    with pytest.raises(GrooveFileError, match='lack speed_rpm'):
        speed_error_percent(make(silent, facts={'speed_rpm': None}))
