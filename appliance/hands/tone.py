"""Whether a microphone hears the tone that a speaker plays: powers alone, nothing that was said is kept."""

from __future__ import annotations

from math import pi
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from appliance.hands.listening import db
from appliance.sound.voice import SOUND_RATE_HZ

TONE_HZ = 1000.0  # where every small speaker and every microphone is at its best
TONE_DB = -6.0
FADE_S = 0.02  # a tone that begins at once clicks
WINDOW = SOUND_RATE_HZ // 5  # a Hann window of it is 10 Hz wide: voices beside the tone do not count
LINE_HZ = 10.0


def write_tone(path: Path, seconds: float) -> None:
    """As a sound file."""
    t = np.arange(round(seconds * SOUND_RATE_HZ)) / SOUND_RATE_HZ
    fade = np.clip(np.minimum(t, t[::-1]) / FADE_S, 0, 1)
    soundfile.write(path, 10 ** (TONE_DB / 20) * fade * np.sin(2 * pi * TONE_HZ * t), SOUND_RATE_HZ, 'PCM_16')


class ToneEar:
    """A sink (`booth.doors.Sink`) that knows how loud the tone is, fifth of a second by fifth of a second."""

    def __init__(self) -> None:
        self._rest = np.zeros(0, np.float32)
        self._powers: list[float] = []
        bins = np.fft.rfftfreq(WINDOW, 1 / SOUND_RATE_HZ)
        self._line = np.abs(bins - TONE_HZ) <= LINE_HZ
        self._hann = np.hanning(WINDOW + 1)[:WINDOW]

    def write(self, block: NDArray[np.float32]) -> None:
        samples = np.concatenate([self._rest, block])
        whole = len(samples) // WINDOW
        for part in samples[: whole * WINDOW].reshape(whole, WINDOW):
            power = np.abs(np.fft.rfft(part * self._hann)) ** 2 * 8 / 3 * 2 / WINDOW**2
            self._powers.append(float(np.sum(power[self._line])))
        self._rest = samples[whole * WINDOW :]

    @property
    def loudest_db(self) -> float:
        """Of what was heard at the tone's pitch, re full scale; the one before the loudest: a knock is but one."""
        powers = sorted(self._powers)
        return db(powers[-2]) if len(powers) > 1 else db(0.0)
