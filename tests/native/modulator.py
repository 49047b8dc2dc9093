"""The core's modulator as the tests use it."""

from __future__ import annotations

import numpy as np

from appliance.native import check, ffi, lib

RANGE = 625
PULSE_AT = {'start': 0, 'end': 1, 'unknown': 2}
SAMPLE_RATE_HZ = 50_000
SETTLED = 100  # samples until the filters are full


class Modulator:
    """The core's modulator with its state, fed with any number of samples at a time."""

    def __init__(self, pulse_at: str = 'start', seed: int = 0, clocks: int = RANGE) -> None:
        self.state = ffi.new('struct pwm_state *')
        wanted = ffi.new('struct pwm_settings *', {'range': clocks, 'pulse_at': PULSE_AT[pulse_at], 'seed': seed})
        check(lib.pwm_begin(self.state, wanted))

    def run(self, samples: np.ndarray) -> np.ndarray:
        samples = np.ascontiguousarray(samples, dtype=np.float32)
        words = np.zeros((4 * len(samples), 2), dtype=np.uint32)
        taken, made = ffi.from_buffer('float[]', samples), ffi.from_buffer('uint32_t[]', words)
        check(lib.pwm_run(self.state, taken, len(samples), made))
        return words

    def memory(self) -> bytes:
        """The state but for the sentence of the last error."""
        return bytes(ffi.buffer(self.state))[: ffi.offsetof('struct pwm_state', 'sentence')]


def tone(frequency_hz: float, peak: float, samples: int) -> np.ndarray:
    """Phase 0 at sample 0."""
    return peak * np.sin(2 * np.pi * frequency_hz / SAMPLE_RATE_HZ * np.arange(samples))


def settled(pulse_at: str, signal: np.ndarray, seed: int = 0) -> np.ndarray:
    """Words from frame 4 SETTLED on; the signal is that much longer than what is wanted."""
    words = Modulator(pulse_at, seed).run(signal)[4 * SETTLED :]
    assert words.min() >= 1
    assert words.max() <= RANGE - 1
    return words
