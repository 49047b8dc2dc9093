"""The sounds of test cuts: mono at 48 kHz, full scale; how loud they are cut is the level of the cut.

The standards' frequencies: 1 kHz for level (IEC 60098), 3150 Hz for wow and flutter (IEC 60386, AES6-2008).
"""

from __future__ import annotations

from math import log, tau
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from appliance.errors import OptionError, StorageError
from appliance.hands.orders import Kind

RATE_HZ = 48_000
TONE_HZ, SPEED_HZ = 1000.0, 3150.0
SWEEP_HZ = (50.0, 10_000.0)
FADE_S = 0.02  # in and out: a click would ask more of the head than the tone
SECONDS = (2.0, 60.0)  # that a test cut may last
# As loud as each may be cut anywhere on any disc at 78: a sweep meets the recording curve's treble.
LEVELS_DB: dict[Kind, float] = {'tone': 0.0, 'sweep': -12.0, 'silence': 0.0, 'speed': -6.0}

Float = NDArray[np.float64]


def sweep_phase(t_s: Float, seconds: float) -> Float:
    """Of a sweep whose pitch rises by as many octaves each second: in radians, also outside the sweep."""
    low, high = SWEEP_HZ
    rate = log(high / low) / seconds
    return np.asarray(tau * low / rate * np.expm1(rate * t_s), np.float64)


def sweep_time_s(frequency_hz: float, seconds: float) -> float:
    """When the sweep comes by `frequency_hz`."""
    low, high = SWEEP_HZ
    return seconds * log(frequency_hz / low) / log(high / low)


def check_length(seconds: float) -> None:
    """OptionError for a length that is no test's."""
    if not SECONDS[0] <= seconds <= SECONDS[1]:
        between = f'from {SECONDS[0]:g} to {SECONDS[1]:g} s can be cut'
        raise OptionError(f'a test of {seconds:g} s', where='seconds', remedy=between)


def signal(kind: Kind, seconds: float) -> NDArray[np.float32]:
    """As long as `check_length` allows."""
    check_length(seconds)
    t_s = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    if kind == 'silence':
        return np.zeros(len(t_s), np.float32)
    frequency_hz = SPEED_HZ if kind == 'speed' else TONE_HZ
    phase = sweep_phase(t_s, seconds) if kind == 'sweep' else tau * frequency_hz * t_s
    ends = np.minimum(np.minimum(t_s, t_s[-1] - t_s) / FADE_S, 1.0)
    return np.asarray(np.sin(phase) * np.sin(ends * tau / 4) ** 2, np.float32)


def write(path: Path, kind: Kind, seconds: float) -> None:
    """A WAV file of it; StorageError if the disk is full."""
    try:
        soundfile.write(path, signal(kind, seconds), RATE_HZ, subtype='FLOAT')
    except soundfile.LibsndfileError as error:
        what = f'cannot write the test signal ({error.error_string})'
        raise StorageError(what, where=str(path), remedy='free some space') from error
