"""Is somebody speaking? And how loud: what the level meter shows, and by which a take is judged.

Speech differs from hum, fans and clicks by how its loudness moves: syllables come about four a second and stand 10 dB
and more over the gaps between them (Houtgast and Steeneken, J. Acoust. Soc. Am. 77, 1985: the modulation spectrum of
speech peaks at 3 to 4 Hz). So the power in the band of the telephone is followed in steps of 10 ms, and a second of
it counts as voice as far as it stands out from its own gaps.
"""

from __future__ import annotations

from collections import deque

import numpy as np
from numpy.typing import NDArray

SOUND_RATE_HZ = 48_000  # of every microphone, speaker, take and letter
HOP = 480  # samples: 10 ms, so that a bin is 100 Hz
BAND = slice(3, 35)  # bins: 300 to 3400 Hz; hum and rumble lie below, also as a Hann window smears them
WINDOW_HOPS = 100  # one second, judged every half
STEP_HOPS = 50
SPREAD_DB = 9.0  # between loud and quiet within the second; of steady noise it is under 4, of speech over 15
OVER_DB = 6.0  # over the gaps: a syllable
FLOOR_DB = -62.0  # in the band; under this nobody speaks to us (a whisper at arm's length is at -50)
SMOOTH_HOPS = 4  # 40 ms, whole periods of the mains: the beats of a hum's harmonics are not syllables
LEAST_HOPS = 12  # of syllables in a second; two clicks have eight
METER_HOPS = 10
CLIPPED = 0.999
RUN = 3  # samples in a row at full scale: one alone may be a loud peak
QUIET_DB = -120.0

Block = NDArray[np.float32]
_HANN = np.hanning(HOP + 1)[:HOP]
_SCALE = 2.0 / (HOP * float(np.mean(_HANN**2)) * HOP)


def db_of(power: NDArray[np.float64] | float) -> NDArray[np.float64]:
    """Power in dB re full scale, never under QUIET_DB."""
    return np.asarray(10 * np.log10(np.maximum(power, 10 ** (QUIET_DB / 10))), np.float64)


class VoiceJudge:
    """Follows one signal, mono at SOUND_RATE_HZ, in blocks of any size; what it says does not depend on their size."""

    def __init__(self) -> None:
        self._rest: Block = np.zeros(0, np.float32)
        self._band: list[float] = []  # dB of each hop that is not judged yet, and of the half second before
        self._past = np.zeros(SMOOTH_HOPS - 1)  # power in the band
        self._recent: deque[tuple[float, float, bool]] = deque(maxlen=METER_HOPS)  # peak, power, clipped
        self._run = 0  # samples at full scale, up to now
        self.voice_s = 0.0
        self.silent_s = 0.0  # since a voice was heard last, or since the beginning
        self.clipped_s = 0.0

    def take(self, block: Block) -> None:
        """The next samples."""
        samples = np.concatenate([self._rest, np.asarray(block, np.float32)])
        hops = len(samples) // HOP
        self._rest = samples[hops * HOP :]
        if not hops:
            return
        framed = samples[: hops * HOP].reshape(hops, HOP).astype(np.float64)
        spectrum = np.abs(np.fft.rfft(framed * _HANN, axis=1)) ** 2
        power = np.concatenate([self._past, _SCALE * spectrum[:, BAND].sum(axis=1)])
        self._past = power[1 - SMOOTH_HOPS :]
        band_db = db_of(np.convolve(power, np.full(SMOOTH_HOPS, 1 / SMOOTH_HOPS), 'valid'))
        peaks, powers = np.abs(framed).max(axis=1), np.mean(framed**2, axis=1)
        for hop in range(hops):
            clipped = self._clips(framed[hop]) if peaks[hop] >= CLIPPED else self._no_clip()
            self._recent.append((float(peaks[hop]), float(powers[hop]), clipped))
            self._judge(float(band_db[hop]))

    def meter(self) -> tuple[float, float, bool]:
        """Peak and mean level of the last 100 ms in dB re full scale, and whether it was clipped."""
        if not self._recent:
            return QUIET_DB, QUIET_DB, False
        peak = max(peak for peak, _, _ in self._recent)
        power = sum(power for _, power, _ in self._recent) / len(self._recent)
        return float(db_of(peak**2)), float(db_of(power)), any(clipped for _, _, clipped in self._recent)

    def _no_clip(self) -> bool:
        self._run = 0
        return False

    def _clips(self, samples: NDArray[np.float64]) -> bool:
        clipped = False
        for full in np.abs(samples) >= CLIPPED:
            self._run = self._run + 1 if full else 0
            clipped = clipped or self._run >= RUN
        self.clipped_s += clipped * HOP / SOUND_RATE_HZ
        return clipped

    def _judge(self, band_db: float) -> None:
        self._band.append(band_db)
        self.silent_s += HOP / SOUND_RATE_HZ
        if len(self._band) < WINDOW_HOPS:
            return
        levels = np.array(self._band)
        del self._band[:STEP_HOPS]
        gaps, loud = np.percentile(levels, (15, 90))
        heard = np.maximum(gaps + OVER_DB, FLOOR_DB) < levels
        if loud - gaps >= SPREAD_DB and loud > FLOOR_DB and heard.sum() >= LEAST_HOPS:
            # Windows overlap by half: each hop is counted where it is new.
            self.voice_s += float(heard[STEP_HOPS:].sum()) * HOP / SOUND_RATE_HZ
            last = np.flatnonzero(heard)[-1]
            self.silent_s = min(self.silent_s, float(WINDOW_HOPS - 1 - last) * HOP / SOUND_RATE_HZ)
