"""The virtual lathe as a whole: a groove from edges and words alone, and every fault it can see."""

import dataclasses

import numpy as np
import pytest

from appliance.playback.groovefile import Groove, GrooveWriter
from appliance.virtual.physics import PhysicalLathe
from tests.virtual.cuts import DISC, LEVELS, MACHINE, ON, PINS, blocks, short_cut, steps


def cut(path, edges, words, cuts=(), machine=MACHINE):
    """(Findings, Groove) of a run."""
    writer = GrooveWriter(path, {})
    lathe = PhysicalLathe(machine, DISC, writer, LEVELS)
    for one in blocks(edges, words, cuts):
        lathe.take(one)
    findings = lathe.finish()
    lathe.close()
    writer.close()
    return findings, Groove.open(path)


def silence(frames):
    return np.full((frames, 2), 312, np.uint16)


def test_the_groove_lies_between_head_down_and_head_up(tmp_path):
    edges, words = short_cut()
    findings, groove = cut(tmp_path / 'groove.npz', edges, words)
    assert findings.faults == ()
    assert (findings.head_down_frame, findings.head_up_frame) == (30_050, 80_010)
    assert findings.frames == len(words)
    assert findings.platter_steps == len(range(2000, len(words) - 10, 517))
    assert findings.carriage_steps == len(range(2003, len(words) - 10, 131))
    assert findings.final_levels[PINS.enable] == 1
    assert findings.final_levels[PINS.head_lift] == 0
    assert groove.start_frame == 30_100
    # Up again 0.05 s after the edge: frame 90010, on the grid of motion 90100.
    assert groove.samples == (90_100 - 30_100) // 4
    assert groove.motions == (90_100 - 30_100) // 100 + 1
    depth = groove.depth_um()
    assert depth[0] == pytest.approx(75 * 50 / 16_000, abs=1e-3)
    assert depth.max() == 75
    assert depth[-1] == 0
    radius = groove.radius_mm()
    assert radius[0] == pytest.approx(MACHINE.carriage.park_radius_mm - (30_100 - 2003) / 131 / 6400, abs=0.002)
    assert findings.radius_most_mm == MACHINE.carriage.park_radius_mm
    groove.close()


def test_what_is_cut_is_the_tone_that_was_executed(tmp_path):
    edges, words = short_cut()
    findings, groove = cut(tmp_path / 'groove.npz', edges, words)
    y = groove.displacement(0, groove.samples).astype(np.float64)
    middle = y[2500:10_000]  # whole periods of 62.5 samples
    t = groove.start_frame / 4 + np.arange(2500, 10_000)
    tone = 2 * (middle * np.exp(-2j * np.pi * t / 62.5)).mean()
    h, lc, s = MACHINE.head, MACHINE.filter, 2j * np.pi * 800
    mechanics = h.mass_kg * (s**2 + s * 2 * np.pi * h.f0_hz / h.q + (2 * np.pi * h.f0_hz) ** 2)
    coil = h.r_ohm + s * h.l_h + h.bl_n_per_a**2 * s / mechanics
    at_coil = 24 * 2 * 150 / 625 / (1 + s * lc.l_h * (s * lc.c_f + 1 / coil))
    wanted = at_coil / coil * h.bl_n_per_a / mechanics * 1e6
    assert abs(tone) == pytest.approx(abs(wanted), rel=3e-4)
    assert findings.head_peak_um == pytest.approx(np.abs(y).max(), rel=1e-5)
    groove.close()


def test_blocks_of_any_size_give_the_same_bytes(tmp_path):
    edges, words = short_cut()
    rng = np.random.default_rng(11)
    few = sorted({30_050, 30_051, 80_010, *map(int, rng.integers(1, len(words), 60))})
    many = range(777, len(words), 777)
    for name, cuts in (('whole', ()), ('few', few), ('many', many)):
        cut(tmp_path / f'{name}.npz', edges, words, cuts)[1].close()
    whole = (tmp_path / 'whole.npz').read_bytes()
    assert (tmp_path / 'few.npz').read_bytes() == whole
    assert (tmp_path / 'many.npz').read_bytes() == whole


def test_a_run_that_breaks_off_leaves_the_groove_so_far(tmp_path):
    edges, words = short_cut()
    early = [edge for edge in edges if edge[0] < 50_000]
    findings, groove = cut(tmp_path / 'groove.npz', early, words[:50_000])
    assert findings.head_up_frame is None
    assert groove.samples == (50_000 - 30_100 - 25) // 4 + 1  # the last ones wait for the decimation's window
    assert groove.motions == (50_000 - 30_100) // 100
    groove.close()


def test_a_head_that_never_comes_down_cuts_nothing(tmp_path):
    findings, groove = cut(tmp_path / 'groove.npz', ON, silence(5000))
    assert findings.head_down_frame is None
    assert (groove.samples, groove.motions, groove.start_frame) == (0, 0, 0)
    groove.close()


def faults(tmp_path, edges, words=None, frames=30_000, machine=MACHINE):
    findings, groove = cut(tmp_path / 'groove.npz', edges, silence(frames) if words is None else words, (), machine)
    groove.close()
    return findings.faults


def test_each_fault_is_named(tmp_path):
    no_ramp = steps(PINS.platter_step, range(2000, 29_000, 24))
    (text,) = faults(tmp_path, [*ON, *no_ramp])
    assert 'slipped a pole' in text
    (text,) = faults(tmp_path, [*ON, *steps(PINS.carriage_step, [100, 200])])
    assert '2 carriage steps' in text
    assert 'no current' in text
    (text,) = faults(tmp_path, [*ON, *steps(PINS.carriage_step, [2000, 2003])])
    assert 'faster' in text
    out = [(0, PINS.carriage_dir, 0) if pin == PINS.carriage_dir else (f, pin, level) for f, pin, level in ON]
    away = steps(PINS.carriage_step, range(2000, 59_000, 10))
    (text,) = faults(tmp_path, [*out, *away], frames=60_000)
    assert 'out to 130.8' in text
    near = dataclasses.replace(MACHINE, carriage=dataclasses.replace(MACHINE.carriage, min_radius_mm=129.9))
    assert faults(tmp_path, [*ON, *away], frames=60_000, machine=near)[0].startswith('the carriage went in to 129.1')
    loud = np.tile(np.array([[625, 0]], np.uint16), (3000, 1))
    (text,) = faults(tmp_path, ON, loud)
    assert 'the head moved' in text
    lift = [(100, PINS.head_lift, 1), (200, PINS.head_lift, 0), (300, PINS.head_lift, 1)]
    assert faults(tmp_path, [*ON, *lift]) == ('the head came down a second time',)
