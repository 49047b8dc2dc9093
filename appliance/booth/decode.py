"""Any sound file as mono blocks at SOUND_RATE_HZ, without holding all of it in memory."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from appliance.booth.doors import SOUND_RATE_HZ
from appliance.errors import RecordingError

BLOCK = 1 << 14
RATES_HZ = (4_000, 768_000)


def decoded(file: Path) -> Iterator[NDArray[np.float32]]:
    """Blocks of `file`; RecordingError, before the first one, for what is no sound."""
    import soundfile
    import soxr

    try:
        source = soundfile.SoundFile(file)
    except (OSError, RuntimeError) as error:
        what = f'this is no sound file that can be read ({error})'
        raise RecordingError(what, where=str(file), remedy='use WAV, FLAC, Ogg or MP3') from error
    if not RATES_HZ[0] <= source.samplerate <= RATES_HZ[1]:
        source.close()
        what = f'its rate is {source.samplerate} Hz; it must be between {RATES_HZ[0]} and {RATES_HZ[1]} Hz'
        raise RecordingError(what, where=str(file))
    resampler = soxr.ResampleStream(source.samplerate, SOUND_RATE_HZ, 1, dtype='float32')
    return _blocks(source, resampler)


def _blocks(source: Any, resampler: Any) -> Iterator[NDArray[np.float32]]:
    with source:
        last = False
        while not last:
            block = source.read(BLOCK, dtype='float32', always_2d=True)
            last = len(block) < BLOCK
            mono = np.nan_to_num(block.mean(axis=1, dtype=np.float32), posinf=1.0, neginf=-1.0)
            out = np.asarray(resampler.resample_chunk(mono, last=last), np.float32)
            if len(out):
                yield out
