"""Programmes made by number, the same every time, and the reference machine."""

import numpy as np
import pytest

from appliance.files import Scratch
from appliance.groove.demand import Signal

RATE_HZ = 50_000


def bursts(seconds, seed=1, peak_um=60.0):
    """Speech-like displacement: voiced bursts of falling harmonics between pauses."""
    rng = np.random.default_rng(seed)
    y = np.zeros(round(seconds * RATE_HZ))
    at_s = 0.02
    while at_s < seconds - 0.4:
        length_s = rng.uniform(0.08, 0.35)
        t = np.arange(round(length_s * RATE_HZ)) / RATE_HZ
        pitch_hz = rng.uniform(90, 220) * (1 + 0.02 * np.sin(6 * t))
        phase = 2 * np.pi * np.cumsum(pitch_hz) / RATE_HZ
        voice = sum(rng.uniform(0.2, 1) / k**1.8 * np.sin(k * phase + rng.uniform(0, 6)) for k in range(1, 19))
        start = round(at_s * RATE_HZ)
        y[start : start + len(t)] += rng.uniform(0.2, 1) * np.sin(np.pi * t / length_s) * voice
        at_s += length_s + rng.choice([0.03, 0.08, 0.5], p=[0.6, 0.3, 0.1])
    return y * (peak_um / max(np.abs(y).max(), 1e-9))


@pytest.fixture
def signal():
    """Make a Signal of samples in um, after `lead` samples of silence."""
    made = []

    def make(y_um, lead=1000):
        scratch = Scratch()
        made.append(scratch)
        scratch.append(np.zeros(lead))
        scratch.append(np.asarray(y_um))
        return Signal(scratch, lead, len(y_um))

    yield make
    for scratch in made:
        scratch.close()


@pytest.fixture
def speech(signal):
    """Make a Signal of speech-like bursts."""
    return lambda seconds, **how: signal(bursts(seconds, **how))
