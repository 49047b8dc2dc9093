"""What a test cut says of the machine: figures of its groove, each with its limit, and one sentence.

The groove is heard through a perfect pickup on noiseless film, so that every figure is the machine's own; the noise of
the real film is told beside it. Limits without a source were chosen for this project, from what its machine does.

    tone      level at 1 kHz re what was asked; harmonics 2 to 5 re the tone
    sweep     response re 1 kHz, by the sweep's own phase: what else is in the groove falls out
    silence   rumble (20 to 200 Hz) and noise (0.2 to 10 kHz) re a 1 kHz tone of 5 cm/s, unweighted
    speed     mean frequency re 3150 Hz; weighted wow and flutter, 2 sigma (AES6-2008)
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import log2, log10, sqrt, tau

import numpy as np
from numpy.typing import NDArray

from appliance.hands.orders import Kind
from appliance.hands.signals import RATE_HZ, SPEED_HZ, SWEEP_HZ, TONE_HZ, sweep_phase, sweep_time_s
from appliance.playback.flutter import ANALYSIS_RATE_HZ, wow_and_flutter

Float = NDArray[np.float64]

LEVEL_DB = 1.0
HARMONICS, HARMONICS_PERCENT = 5, 3.0
RESPONSE_DB = 2.0
RESPONSE_HZ = (63.0, 125.0, 250.0, 500.0, 2000.0, 4000.0, 8000.0)
RUMBLE_DB, NOISE_DB = -45.0, -60.0
SPEED_PERCENT = 0.3
FLUTTER_PERCENT = 0.2
RUMBLE_HZ, NOISE_HZ = (20.0, 200.0), (200.0, 10_000.0)
PIECE_S, PIECE_WAVES = 0.02, 8.0  # in which a tone is followed
EDGE_S = 0.25  # at both ends, left out: fades, and what the filters ring
QUIETEST_DB = -120.0


@dataclass(frozen=True, slots=True)
class Figure:
    """`limit`: of its magnitude, or of itself where `below`; None: told, not judged."""

    name: str
    value: float
    unit: str
    limit: float | None = None
    below: bool = False

    @property
    def ok(self) -> bool:
        return self.limit is None or bool((self.value if self.below else abs(self.value)) <= self.limit)

    @property
    def text(self) -> str:
        value = f'{self.name} {self.value:+.2f} {self.unit}'
        if self.limit is None:
            return value
        return f'{value} (limit {"" if self.below else "+-"}{self.limit:g} {self.unit})'


@dataclass(frozen=True, slots=True)
class Test:
    """What was cut. `level_db`: of full scale re 5 cm/s; `speed_error_percent`: of the platter while it was cut."""

    kind: Kind
    seconds: float
    level_db: float
    speed_error_percent: float | None = None

    __test__ = False  # no test of pytest's


def figures(test: Test, heard: Float, on_film: Float) -> tuple[Figure, ...]:
    """`heard`: the playback on noiseless film, mono at 48 kHz, 1.0 as full scale was cut; `on_film`: on its own."""
    found: dict[Kind, Callable[[], tuple[Figure, ...]]] = {
        'tone': lambda: _of_tone(heard),
        'sweep': lambda: _of_sweep(heard, test),
        'silence': lambda: _of_silence(heard, on_film, test.level_db),
        'speed': lambda: _of_speed(heard),
    }
    return found[test.kind]()


def sentence(kind: Kind, found: tuple[Figure, ...]) -> str:
    """All figures, the bad ones first."""
    bad = [figure for figure in found if not figure.ok]
    verdict = 'good' if not bad else f'{len(bad)} of {len(found)} past the limit'
    return f'{kind}: {verdict}: ' + ', '.join(f.text for f in [*bad, *(f for f in found if f.ok)])


def frequency_hz(heard: Float, nominal_hz: float) -> tuple[float, Float]:
    """The mean frequency of a tone near `nominal_hz`, and its deviation from nominal in percent, ANALYSIS_RATE_HZ times
    a second."""
    each = RATE_HZ // ANALYSIS_RATE_HZ
    t_s = np.arange(len(heard)) / RATE_HZ
    mixed = np.fft.fft(heard * np.exp(-1j * tau * nominal_hz * t_s))
    mixed[np.abs(np.fft.fftfreq(len(heard), 1 / RATE_HZ)) > ANALYSIS_RATE_HZ / 2] = 0.0  # half of that rate, each side
    edge = round(EDGE_S * ANALYSIS_RATE_HZ)
    phase = np.unwrap(np.angle(np.fft.ifft(mixed)[::each]))[edge:-edge]
    deviation_hz = np.diff(phase) * ANALYSIS_RATE_HZ / tau
    return nominal_hz + float(deviation_hz.mean()), 100 * deviation_hz / nominal_hz


def amplitude(heard: Float, phase: Float, frequency: float) -> float:
    """Peak of what goes along with `phase`. In pieces that are long for its own waves and short for those of the wow,
    which turns the phase to and fro: over a second it would be taken for a loss of 1 dB at 8 kHz."""
    piece = min(round(RATE_HZ * max(PIECE_S, PIECE_WAVES / frequency)), len(heard))
    window = np.hanning(piece + 2)[1:-1]
    starts = range(0, len(heard) - piece + 1, max(piece // 2, 1))
    turned = heard * np.exp(-1j * phase)
    found = [abs(window @ turned[start : start + piece]) / window.sum() for start in starts]
    return 2 * float(np.median(found))


def _of_tone(heard: Float) -> tuple[Figure, ...]:
    true_hz, _ = frequency_hz(heard, TONE_HZ)
    inner = heard[round(EDGE_S * RATE_HZ) : -round(EDGE_S * RATE_HZ)]
    phase = tau * true_hz * np.arange(len(inner)) / RATE_HZ
    peaks = [amplitude(inner, k * phase, TONE_HZ) for k in range(1, HARMONICS + 1)]
    harmonics = 100 * sqrt(sum(peak * peak for peak in peaks[1:])) / max(peaks[0], 1e-9)
    return (
        Figure('level', _db(peaks[0]), 'dB', LEVEL_DB),
        Figure('harmonics', harmonics, '%', HARMONICS_PERCENT, below=True),
    )


def _of_sweep(heard: Float, test: Test) -> tuple[Figure, ...]:
    """At each frequency over a third of an octave. A platter that was slow has pressed the sweep together."""
    scale = 1 + (test.speed_error_percent or 0.0) / 100
    octaves_per_s = log2(SWEEP_HZ[1] / SWEEP_HZ[0]) / test.seconds
    half = round(RATE_HZ / 6 / octaves_per_s)

    def response(frequency: float) -> float:
        middle = round(sweep_time_s(frequency, test.seconds) * scale * RATE_HZ)
        at = np.arange(max(middle - half, 0), min(middle + half + 1, len(heard)))
        return _db(amplitude(heard[at], sweep_phase(at / RATE_HZ / scale, test.seconds), frequency))

    at_1k = response(TONE_HZ)
    parts = (Figure(f'{_hz(f)} re 1 kHz', response(f) - at_1k, 'dB', RESPONSE_DB) for f in RESPONSE_HZ)
    return (Figure('1 kHz', at_1k, 'dB', LEVEL_DB), *parts)


def _of_silence(heard: Float, on_film: Float, level_db: float) -> tuple[Figure, ...]:
    return (
        Figure('rumble', band_db(heard, *RUMBLE_HZ) + level_db, 'dB', RUMBLE_DB, below=True),
        Figure('noise', band_db(heard, *NOISE_HZ) + level_db, 'dB', NOISE_DB, below=True),
        Figure('noise with the film', band_db(on_film, *NOISE_HZ) + level_db, 'dB'),
    )


def _of_speed(heard: Float) -> tuple[Figure, ...]:
    true_hz, deviation = frequency_hz(heard, SPEED_HZ)
    flutter = wow_and_flutter(deviation, float(ANALYSIS_RATE_HZ))
    return (
        Figure('speed', 100 * (true_hz / SPEED_HZ - 1), '%', SPEED_PERCENT),
        Figure('wow and flutter', flutter, '%', FLUTTER_PERCENT, below=True),
    )


def band_db(sound: Float, low_hz: float, high_hz: float) -> float:
    """Rms between two frequencies, in dB re a sine of full scale."""
    inner = sound[round(EDGE_S * RATE_HZ) : -round(EDGE_S * RATE_HZ)]
    window = np.hanning(len(inner))
    power = np.abs(np.fft.rfft(inner * window)) ** 2
    f_hz = np.fft.rfftfreq(len(inner), 1 / RATE_HZ)
    mean = 2 * float(power[(f_hz >= low_hz) & (f_hz < high_hz)].sum()) / len(inner) / float((window**2).sum())
    return _db(sqrt(2 * mean))


def _db(amplitude: float) -> float:
    return 20 * log10(max(amplitude, 10 ** (QUIETEST_DB / 20)))


def _hz(frequency: float) -> str:
    return f'{frequency / 1000:g} kHz' if frequency >= 1000 else f'{frequency:g} Hz'
