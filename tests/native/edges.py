"""An independent ear for pulse-width words: the spectrum of leg A minus leg B from the exact times of the edges.

Nothing is sampled. In every frame the Fourier integral of the pulse is expanded in its moments about the frame's
middle (the 1/j! series of exp(-i w s), exact to 1e-11 in the band), and the sequences of moments are transformed.
So the nonlinearity of pulse width, and shaped noise that folds through it, are both heard. Method and figures:
"PWM audio quality", field notes section 3.1, computed for this project.

One amplitude scale: a baseband sine of peak 1 between the legs (m = sin) is 0 dB.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

FRAME_RATE_HZ = 200_000
BAND_HZ = 16_000.0
MOMENTS = 9
LOBE = 9  # bins each side that the window spreads a tone over (7-term Blackman-Harris: 7)
# Albrecht, "A family of cosine-sum windows for high-resolution measurements" (2001), 7 terms.
WINDOW_TERMS = (
    0.27105140069342,
    -0.43329793923448,
    0.21812299954311,
    -0.06592544638803,
    0.01081174209837,
    -0.00077658482522,
    0.00001388721735,
)


def pulse_edges(words: np.ndarray, clocks: int, pulse_at: str) -> np.ndarray:
    """Rise and fall of every pulse of both legs, [frames, leg, edge], in frames from the middle of its own frame."""
    width = words.astype(np.float64) / clocks
    rise, fall = np.zeros_like(width), width
    if pulse_at == 'end':
        rise, fall = 1 - width, np.ones_like(width)
    return np.stack([rise, fall], axis=-1) - 0.5


def window(frames: int) -> tuple[np.ndarray, np.ndarray]:
    """The window at the middle of every frame, and its slope per frame."""
    phase = 2 * np.pi * (np.arange(frames) + 0.5) / frames
    value = sum(term * np.cos(k * phase) for k, term in enumerate(WINDOW_TERMS))
    slope = -sum(k * term * np.sin(k * phase) for k, term in enumerate(WINDOW_TERMS)) * 2 * np.pi / frames
    return np.asarray(value), np.asarray(slope)


def moments(edges: np.ndarray) -> list[np.ndarray]:
    """Moments of the differential pulse about the middle of each frame."""
    power = np.ones(edges.shape)
    found = []
    for order in range(1, MOMENTS + 2):
        power = power * edges
        pulse = (power[..., 1] - power[..., 0]) / order
        found.append(pulse[:, 0] - pulse[:, 1])
    return found


def spectrum(edges: np.ndarray, value: np.ndarray, slope: np.ndarray, bins: int) -> np.ndarray:
    """Fourier integral of leg A minus leg B times a window, on the first `bins` bins, time from frame 0's start."""
    found = moments(edges)
    omega = 2 * np.pi * np.arange(bins) / len(edges)
    total = np.zeros(bins, dtype=complex)
    for order in range(MOMENTS):
        # inside its frame the window is a straight line, so each moment borrows from the next
        sequence = value * found[order] + slope * found[order + 1]
        total += (-1j * omega) ** order / math.factorial(order) * np.fft.rfft(sequence)[:bins]
    return total * np.exp(-0.5j * omega)


def transform(edges: np.ndarray, band_hz: float = BAND_HZ) -> np.ndarray:
    """The windowed spectrum up to `band_hz`; the power of a peak-1 sine, summed over its lobe, is 1/2."""
    frames = len(edges)
    value, slope = window(frames)
    bins = int(band_hz / FRAME_RATE_HZ * frames) + 1
    return spectrum(edges, value, slope, bins) * math.sqrt(2 / (frames * float(np.sum(value**2))))


def integral(edges: np.ndarray, frequency_hz: float) -> complex:
    """The same integral at one frequency, unwindowed, summed edge by edge: slow, and beyond argument."""
    omega = 2 * np.pi * frequency_hz / FRAME_RATE_HZ
    times = edges + np.arange(len(edges))[:, None, None] + 0.5
    turns = np.exp(-1j * omega * times)
    legs = (turns[..., 0] - turns[..., 1]).sum(axis=0) / (1j * omega)
    return complex(legs[0] - legs[1])


@dataclass(frozen=True, slots=True)
class Quality:
    """What an ear with perfect edges says of one tone."""

    tone_db: float
    snr_db: float  # noise 20 Hz-16 kHz without the harmonics, below the tone
    thd_db: float  # harmonics up to 16 kHz, relative to the tone
    voice_floor_db: float  # noise 100 Hz-7 kHz, re full scale


def coherent_hz(near_hz: float, frames: int) -> float:
    """The nearest frequency with a whole, odd number of periods in `frames`."""
    periods = 2 * round(near_hz * frames / FRAME_RATE_HZ / 2) + 1
    return periods * FRAME_RATE_HZ / frames


def band_power(power: np.ndarray, low_hz: float, high_hz: float, frames: int) -> float:
    bins = np.arange(len(power)) * FRAME_RATE_HZ / frames
    return float(power[(bins >= low_hz) & (bins <= high_hz)].sum())


def decibel(power: float) -> float:
    return 10 * math.log10(max(power, 1e-40))


def floor_db(words: np.ndarray, clocks: int, pulse_at: str, low_hz: float = 100, high_hz: float = 7000) -> float:
    """Everything between two frequencies, dB re a full-scale sine."""
    power = np.abs(transform(pulse_edges(words, clocks, pulse_at))) ** 2
    return decibel(2 * band_power(power, low_hz, high_hz, len(words)))


def judge(edges: np.ndarray, tone_hz: float) -> Quality:
    """Signal, harmonics and noise of a coherent tone (`coherent_hz`)."""
    frames = len(edges)
    power = np.abs(transform(edges)) ** 2
    bin_of = round(tone_hz * frames / FRAME_RATE_HZ)
    taken = []
    for harmonic in range(1, int(BAND_HZ / tone_hz) + 1):
        span = slice(harmonic * bin_of - LOBE, harmonic * bin_of + LOBE + 1)
        taken.append(float(power[span].sum()))
        power[span] = 0
    noise = band_power(power, 20, BAND_HZ, frames)
    voice = band_power(power, 100, 7000, frames)
    harmonics = sum(taken[1:])  # the noise under them included: an upper bound
    return Quality(
        tone_db=decibel(2 * taken[0]),
        snr_db=decibel(taken[0] / max(noise, 1e-40)),
        thd_db=decibel(harmonics / max(taken[0], 1e-40)),
        voice_floor_db=decibel(2 * voice),
    )
