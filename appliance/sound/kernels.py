"""All linear filtering of mastering as long FIR kernels: designed in the frequency domain, applied in blocks.

A chain of filters that is linear and does not change with time is one kernel, so nothing is rounded between its stages:
message to displacement is one, message to drive is another, and both hold the same band limits.

Usage: `bank = Bank([Kernel(taps_of(response)), ...])`, then `for outputs in bank.run(read, samples)`. Silence gives
silence.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from appliance.errors import RecordingError
from appliance.machine.model import SAMPLE_RATE_HZ

Float = NDArray[np.float64]
Complex = NDArray[np.complex128]
Read = Callable[[int, int], NDArray[np.floating]]  # (start, count) -> samples, zero outside the signal

HOP = 250  # samples of one frame of the gain curve and the profile: 5 ms
LEAD = 33 * HOP  # 0.165 s: how long the kernels ring to either side
TAPS = 2 * LEAD + 1
RUMBLE_HZ = (15.0, 50.0)  # nothing below, everything above: DC, rumble, what a hand does to a microphone
TOP_HZ = (12_000.0, 18_000.0)  # everything below, nothing above

_FFT = 5 << 14  # 81920: the least work for each sample kept
_STEP = (_FFT - TAPS + 1) // HOP * HOP
_DESIGN = 1 << 17
_WORKERS = 2  # transforms run without Python's lock, and every Pi that is fast enough has cores
_STEEPNESS = 14.0  # Kaiser beta: what rings beyond LEAD lies under -130 dB
_FADE = LEAD // 16


def rise(f_hz: Float, low_hz: float, high_hz: float) -> Float:
    """0 up to `low_hz`, 1 from `high_hz`, between them the integral of a Kaiser window: the least ringing for the
    width, and exactly 0 and 1 outside."""
    grid = np.linspace(0.0, 1.0, 1 << 14)
    area = np.concatenate([[0.0], np.cumsum(np.kaiser(len(grid) - 1, _STEEPNESS))])
    return np.asarray(np.interp((f_hz - low_hz) / (high_hz - low_hz), grid, area / area[-1]), np.float64)


def band(f_hz: Float) -> Float:
    """The zero-phase band of everything that is cut: exactly 1 from 50 Hz to 12 kHz, 0 below 15 Hz and above 18 kHz."""
    return rise(f_hz, *RUMBLE_HZ) * (1.0 - rise(f_hz, *TOP_HZ))


def taps_of(response: Callable[[Float], Complex]) -> Float:
    """The kernel of TAPS samples, tap LEAD at time zero, whose spectrum is band(f) * response(f), f in Hz > 0."""
    f_hz = np.arange(_DESIGN // 2 + 1, dtype=np.float64) * (SAMPLE_RATE_HZ / _DESIGN)
    shape = band(f_hz)
    inside = shape > 0
    spectrum = np.zeros(len(f_hz), np.complex128)
    spectrum[inside] = shape[inside] * response(f_hz[inside])
    taps = np.roll(np.fft.irfft(spectrum, _DESIGN), LEAD)[:TAPS].copy()
    fade = 0.5 - 0.5 * np.cos(np.pi * (np.arange(_FADE) + 0.5) / _FADE)
    taps[:_FADE] *= fade
    taps[-_FADE:] *= fade[::-1]
    return taps


@dataclass(frozen=True, slots=True)
class Kernel:
    """What one output of a Bank is."""

    taps: Float
    exact: bool = True  # float64, -280 dB; otherwise float32: half the work, -130 dB, enough to measure a peak with
    halves: bool = False  # the values half way between samples too, where a peak may hide: twice as many outputs


class Bank:
    """Several kernels over one signal, by overlap-save with one forward transform for all of them."""

    def __init__(self, kernels: Sequence[Kernel]) -> None:
        self._kernels = [(np.fft.rfft(k.taps, _FFT).astype(_kind(k)), k) for k in kernels]
        self._exact = any(k.exact for k in kernels)

    def run(self, read: Read, samples: int) -> Iterator[list[NDArray[np.floating]]]:
        """Blocks of one array per kernel, in order. Sample k of the output belongs to sample k - LEAD of the input;
        there are samples + 2 LEAD of them, so that the ringing at both ends is kept."""
        total = samples + 2 * LEAD
        with ThreadPoolExecutor(_WORKERS) as pool:
            for first in range(0, total, _STEP):
                count = min(_STEP, total - first)
                block = np.zeros(_FFT, np.float64 if self._exact else np.float32)
                block[: TAPS - 1 + count] = read(first - TAPS + 1, TAPS - 1 + count)
                if not np.isfinite(block).all():
                    raise RecordingError('the signal holds a sample that is not a number')
                spectrum = np.fft.rfft(block)
                coarse = spectrum.astype(np.complex64)
                jobs = [
                    pool.submit(_filtered, spectrum if kernel.exact else coarse, response, kernel, count)
                    for response, kernel in self._kernels
                ]
                yield [job.result() for job in jobs]


def _kind(kernel: Kernel) -> type[np.complexfloating]:
    return np.complex128 if kernel.exact else np.complex64


def _filtered(
    spectrum: NDArray[np.complexfloating], response: NDArray[np.complexfloating], kernel: Kernel, count: int
) -> NDArray[np.floating]:
    """The part of a block that does not wrap around."""
    fine = 2 if kernel.halves else 1
    product = spectrum * response
    if kernel.halves:
        product *= 2
    return np.fft.irfft(product, fine * _FFT)[fine * (TAPS - 1) : fine * (TAPS - 1 + count)]
