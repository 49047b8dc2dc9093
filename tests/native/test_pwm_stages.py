"""The modulator's stages against closed forms and slow twins, and first the ear (edges.py) that judges the rest."""

from __future__ import annotations

import math
from collections.abc import Callable
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from types import ModuleType

import edges
import numpy as np
import pytest
from modulator import PULSE_AT, RANGE
from scipy.special import jv

from appliance.native import ffi, lib

ROOT = Path(__file__).resolve().parents[2]
FRAME_RATE_HZ = edges.FRAME_RATE_HZ
SHORT = 1 << 16
HALF_DB = 20 * math.log10(0.5)


# --- the ear itself


def test_ear_hears_the_closed_form_of_uniform_sampling() -> None:
    """One edge, uniformly sampled: harmonic n is J_n(n pi q M) / (n pi q), q = f / frame rate, M the peak."""
    for near_hz, second_db in ((1000, -47.76), (5000, -33.79)):  # the field notes' figures, section 3.1, for 192 kHz
        frequency_hz = edges.coherent_hz(near_hz * 200 / 192, SHORT)
        q = frequency_hz / FRAME_RATE_HZ
        width = (1 + 0.5 * np.sin(2 * np.pi * q * np.arange(SHORT))) / 2
        power = np.abs(edges.transform(edges.pulse_edges(np.stack([width, width * 0 + 0.5], 1), 1, 'start'))) ** 2
        lobes = [power[n * round(q * SHORT) - 9 : n * round(q * SHORT) + 10].sum() for n in (1, 2, 3)]
        closed = [abs(jv(n, n * math.pi * q * 0.5)) / n for n in (1, 2, 3)]
        for n in (1, 2):
            assert edges.decibel(lobes[n] / lobes[0]) == pytest.approx(
                20 * math.log10(closed[n] / closed[0]), abs=0.001
            )
        assert edges.decibel(lobes[1] / lobes[0]) == pytest.approx(second_db, abs=0.05)


def bisected(x: Callable[[np.ndarray], np.ndarray], middle: np.ndarray, sign: int) -> np.ndarray:
    """s = x(middle + sign s) / 2: what a naturally sampled pulse has beyond one half, found by bisection."""
    low, high = np.full(len(middle), -0.5), np.full(len(middle), 0.5)
    for _ in range(52):
        s = (low + high) / 2
        short = s < x(middle + sign * s) / 2
        low, high = np.where(short, s, low), np.where(short, high, s)
    return (low + high) / 2


@pytest.mark.parametrize('pulse_at', ['start', 'end'])
def test_ear_hears_nothing_but_the_tone_in_ideal_natural_sampling(pulse_at: str) -> None:
    frames = 1 << 14
    frequency_hz = edges.coherent_hz(5000, frames)

    def leg(side: int) -> np.ndarray:
        turn = 2 * np.pi * frequency_hz / FRAME_RATE_HZ
        return bisected(
            lambda t: side * 0.5 * np.sin(turn * t), np.arange(frames) + 0.5, 1 if pulse_at == 'start' else -1
        )

    heard = edges.judge(edges.pulse_edges(0.5 + np.stack([leg(1), leg(-1)], 1), 1, pulse_at), frequency_hz)
    assert heard.tone_db == pytest.approx(HALF_DB, abs=1e-6)
    assert heard.snr_db > 200
    assert heard.thd_db < -175  # the window's own side lobes


def test_ear_agrees_with_the_plain_sum_over_edges() -> None:
    words = np.random.default_rng(1).integers(1, RANGE, (1024, 2))
    times = edges.pulse_edges(words, RANGE, 'end')
    heard = edges.spectrum(times, np.ones(1024), np.zeros(1024), 82)
    for bin_of in (3, 50, 81):
        assert heard[bin_of] == pytest.approx(edges.integral(times, bin_of * FRAME_RATE_HZ / 1024), abs=1e-8)


# --- stages against slow twins


def design() -> ModuleType:
    loader = SourceFileLoader('design_modulator', str(ROOT / 'tools' / 'design_modulator'))
    module = module_from_spec(spec_from_loader(loader.name, loader))
    loader.exec_module(module)
    return module


def numbers(text: str) -> np.ndarray:
    words = text.replace('{', ' ').replace('}', ' ').replace(',', ' ').split()
    return np.array([float(word[:-1]) for word in words if word[:-1].lstrip('-')[:1].isdigit() and word.endswith('F')])


def test_constants_are_the_design() -> None:
    written = numbers((ROOT / 'native' / 'pwm_table.h').read_text(encoding='utf-8'))
    designed = numbers(design().table())
    assert len(written) == 80 + 6 + 8 + 4
    assert written == pytest.approx(designed, rel=2e-6, abs=1e-10)


def test_interpolator_passes_the_band_and_stops_its_images() -> None:
    taps = design().interpolator()[::-1].ravel()  # in the order of time, at 200 kHz
    frequency_hz = np.arange(0, 100_001, 20)
    turns = np.exp(-2j * np.pi * np.outer(frequency_hz, np.arange(80)) / FRAME_RATE_HZ)
    gain = np.abs(turns @ taps) / 4
    assert np.abs(20 * np.log10(gain[frequency_hz <= 16_000])).max() < 0.0005
    assert 20 * np.log10(gain[frequency_hz >= 34_000].max()) < -110


def test_interpolation_is_the_plain_sum() -> None:
    taps = design().interpolator()
    samples = np.random.default_rng(2).uniform(-1, 1, 19 + 8).astype(np.float32)
    frames = np.zeros(32, dtype=np.float32)
    lib.pwm_interpolate(ffi.from_buffer('float[]', samples), 8, ffi.from_buffer('float[]', frames))
    for k in range(8):
        for phase in range(4):
            plain = sum(float(samples[k + i]) * float(taps[i][phase]) for i in range(20))
            assert frames[4 * k + phase] == pytest.approx(plain, abs=1e-6)


@pytest.mark.parametrize(
    ('frequency_hz', 'peak', 'within'), [(5000, 0.5, 1e-7), (5000, 0.98, 3e-7), (14_000, 0.9, 2e-5)]
)
def test_natural_edges_are_where_bisection_finds_them(frequency_hz: float, peak: float, within: float) -> None:
    turn = 2 * np.pi * frequency_hz / FRAME_RATE_HZ
    middle = np.arange(256 + 8) - 4 + 0.5  # 4 frames of the past before the first result
    frames = (peak * np.sin(turn * middle)).astype(np.float32)
    for pulse_at, sign in (('start', 1), ('end', -1)):
        legs = np.zeros((2, 256), dtype=np.float32)
        given_ = ffi.new('struct pwm_settings *', {'range': 1000, 'pulse_at': PULSE_AT[pulse_at]})
        made = [ffi.from_buffer('float[]', leg) for leg in legs]
        lib.pwm_natural(given_, ffi.from_buffer('float[]', frames), 256, *made)
        for leg, side in zip(legs, (1, -1), strict=True):
            exact = bisected(lambda t, side=side: side * peak * np.sin(turn * t), middle[4:-4], sign)
            assert np.abs(leg / 1000 - exact).max() < within + 6e-8


@pytest.mark.parametrize(('near_hz', 'most_db'), [(1000, -140), (5000, -117)])
def test_centred_width_undoes_its_own_nonlinearity(near_hz: float, most_db: float) -> None:
    """The widths themselves, not rounded: what the correction leaves of the harmonics at -1 dBFS."""
    frequency_hz = edges.coherent_hz(near_hz, 1 << 14)
    middle = np.arange((1 << 14) + 8) - 4 + 0.5
    frames = (0.891 * np.sin(2 * np.pi * frequency_hz / FRAME_RATE_HZ * middle)).astype(np.float32)
    width = np.zeros(1 << 14, dtype=np.float32)
    given_ = ffi.new('struct pwm_settings *', {'range': 1, 'pulse_at': PULSE_AT['unknown']})
    for start in range(0, 1 << 14, lib.PWM_CHUNK_FRAMES):
        taken = ffi.from_buffer('float[]', frames[start:])
        lib.pwm_centred(given_, taken, lib.PWM_CHUNK_FRAMES, ffi.from_buffer('float[]', width[start:]))
    half = width.astype(np.float64)[:, None, None] / 2
    centred = np.concatenate([half * [[-1, 1]], half * [[0, 0]]], axis=1)
    assert edges.judge(centred, frequency_hz).thd_db < most_db
