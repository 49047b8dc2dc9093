"""The modulator as a stream: any division, any seed, and everything that must not happen."""

from __future__ import annotations

import hashlib

import edges
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from modulator import PULSE_AT, RANGE, SETTLED, Modulator, tone

from appliance.errors import NativeError
from appliance.native import check, ffi, lib

SHORT = 1 << 16


@settings(max_examples=40, deadline=None, derandomize=True)
@given(st.lists(st.integers(0, 150), max_size=12), st.sampled_from(list(PULSE_AT)))
def test_any_division_of_the_stream_gives_the_same_words(parts: list[int], pulse_at: str) -> None:
    signal = np.random.default_rng(3).uniform(-1.2, 1.2, sum(parts) + 70)
    whole = Modulator(pulse_at).run(signal)
    divided = Modulator(pulse_at)
    pieces = np.split(signal, np.cumsum(parts))
    assert np.array_equal(np.concatenate([divided.run(piece) for piece in pieces]), whole)


def test_the_seed_alone_decides_the_dither() -> None:
    signal = tone(440, 0.3, 2000)
    first, again, other = (Modulator(seed=seed).run(signal) for seed in (5, 5, 6))
    assert np.array_equal(first, again)
    assert not np.array_equal(first[-100:], other[-100:])


@pytest.mark.parametrize(
    ('pulse_at', 'digest'),
    [('start', 'f847d7f27544435f'), ('end', 'a6433908ff53ed6c'), ('unknown', '247314bbca29a40d')],
)
def test_every_machine_makes_these_words(pulse_at: str, digest: str) -> None:
    """Seen alike on x86-64 and aarch64: the core's arithmetic is IEEE single precision in a fixed order."""
    signal = ((np.arange(5000) * 7919) % 1001 - 500) / np.float32(490)
    words = Modulator(pulse_at, seed=1).run(signal)
    assert hashlib.sha256(words.astype('<u4').tobytes()).hexdigest()[:16] == digest


@pytest.mark.parametrize('pulse_at', PULSE_AT)
def test_overload_is_clamped_and_counted_and_forgotten(pulse_at: str) -> None:
    square = np.where(np.arange(2000) // 25 % 2 == 0, 1.5, -np.inf)
    modulator = Modulator(pulse_at)
    words = modulator.run(square)
    assert words.min() == 1
    assert words.max() == RANGE - 1
    assert modulator.state.samples_clamped == 2000
    assert modulator.state.words_clamped > 1000
    after = modulator.run(np.zeros(SHORT // 4 + SETTLED))[4 * SETTLED :]
    assert edges.floor_db(after, RANGE, 'end' if pulse_at == 'end' else 'start') < -126


def test_one_click_is_a_click() -> None:
    """A single sample comes out with its own area, in its own place."""
    signal = np.zeros(400)
    signal[200] = 0.9
    words = Modulator().run(signal).astype(np.int64)
    width = (words[:, 0] - words[:, 1]) / RANGE
    near = 4 * (200 + lib.PWM_DELAY_SAMPLES)
    assert width[near - 40 : near + 40].sum() == pytest.approx(4 * 0.9, abs=0.02)
    assert np.abs(np.delete(width, slice(near - 60, near + 60))).max() < 40 / RANGE


def test_a_sample_that_is_no_number_is_named_and_changes_nothing() -> None:
    modulator = Modulator()
    modulator.run(np.zeros(1000))
    before = modulator.memory()
    bad = np.zeros(300)
    bad[123] = np.nan
    with pytest.raises(NativeError, match=r'^sample 1123 is not a number$'):
        modulator.run(bad)
    assert modulator.memory() == before


@pytest.mark.parametrize(
    ('clocks', 'pulse_at', 'words'), [(31, 0, 'range'), (65536, 0, 'range'), (625, 3, 'alignment')]
)
def test_settings_out_of_bounds_are_refused(clocks: int, pulse_at: int, words: str) -> None:
    state = ffi.new('struct pwm_state *')
    wanted = ffi.new('struct pwm_settings *', {'range': clocks, 'pulse_at': pulse_at})
    with pytest.raises(NativeError, match=words):
        check(lib.pwm_begin(state, wanted))


def test_a_long_run_does_not_drift() -> None:
    """Twenty seconds in blocks: the last second is as true as the first, and no debt has grown."""
    modulator = Modulator()
    block = np.full(25_000, 0.123)
    means = [
        (words[:, 0] - words[:, 1]).mean() / RANGE for words in (modulator.run(block).astype(int) for _ in range(40))
    ]
    assert means[1:] == pytest.approx([0.123] * 39, abs=5e-7)
    assert max(abs(owed) for owed in modulator.state.error) < 400  # eight errors and four squares
    assert max(abs(modulator.state.error[i]) for i in range(8)) <= 1.5
    assert modulator.state.samples_taken == 1_000_000


@pytest.mark.parametrize('clocks', [128, 500, 1250])
def test_other_ranges_work(clocks: int) -> None:
    words = Modulator(clocks=clocks).run(np.full(20_000, 0.25))[400:].astype(int)
    assert (words[:, 0] - words[:, 1]).mean() / clocks == pytest.approx(0.25, abs=1e-5)
