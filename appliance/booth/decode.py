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


class SoundFile:
    """An open sound file, which may be removed meanwhile; RecordingError for what is no sound."""

    def __init__(self, file: Path) -> None:
        import soundfile

        self._file = file
        try:
            self._source: Any = soundfile.SoundFile(file)
        except (OSError, RuntimeError) as error:
            what = f'this is no sound file that can be read ({_reason(error)})'
            raise RecordingError(what, where=str(file), remedy='use WAV, FLAC, Ogg or MP3') from error
        rate_hz = self._source.samplerate
        if not RATES_HZ[0] <= rate_hz <= RATES_HZ[1]:
            self._source.close()
            what = f'its rate is {rate_hz} Hz; it must be between {RATES_HZ[0]} and {RATES_HZ[1]} Hz'
            raise RecordingError(what, where=str(file))

    def blocks(self) -> Iterator[NDArray[np.float32]]:
        """All of it, from the beginning, each time it is asked for; RecordingError where it is broken off."""
        import soxr

        self._source.seek(0)
        resampler = soxr.ResampleStream(self._source.samplerate, SOUND_RATE_HZ, 1, dtype='float32')
        last = False
        while not last:
            block = self._read()
            last = len(block) < BLOCK
            mono = np.nan_to_num(block.mean(axis=1, dtype=np.float32), posinf=1.0, neginf=-1.0)
            out = np.asarray(resampler.resample_chunk(mono, last=last), np.float32)
            if len(out):
                yield out

    def close(self) -> None:
        self._source.close()

    def _read(self) -> NDArray[np.float32]:
        try:
            return np.asarray(self._source.read(BLOCK, dtype='float32', always_2d=True))
        except RuntimeError as error:
            what = f'this sound file cannot be read to its end ({_reason(error)})'
            raise RecordingError(what, where=str(self._file), remedy='copy it once more') from error


def _reason(error: Exception) -> str:
    """Without the name that the file lies under for a moment."""
    return str(error).rsplit(': ', 1)[-1].strip().rstrip('.')


def decoded(file: Path) -> Iterator[NDArray[np.float32]]:
    """Blocks of `file`; RecordingError, before the first one, for what is no sound."""
    source = SoundFile(file)
    return _and_close(source)


def _and_close(source: SoundFile) -> Iterator[NDArray[np.float32]]:
    try:
        yield from source.blocks()
    finally:
        source.close()
