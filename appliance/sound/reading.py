"""Any recording that libsndfile reads becomes a mono signal at 50 kHz on disk, sample 0 on sample 0.

The rate converter is soxr at its best quality: linear phase, its delay already taken out. Everything streams; a file
that is broken, cut short or not sound is refused in one line that says where.
"""

from __future__ import annotations

import contextlib
import itertools
import math
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from appliance.errors import RecordingError
from appliance.files import BLOCK, Scratch
from appliance.machine.model import SAMPLE_RATE_HZ
from appliance.sound.container import promised_share

Float = NDArray[np.float64]

RATES_HZ = (1_000, 1_000_000)  # what a header may claim; outside it is no sound
LOUDEST = 1000.0  # +60 dB re full scale: beyond that a float file holds something else
_EVEN_BELOW_HZ = 20_000  # sources whose converter has its corner near the voice
_EVEN_HALF = 31
_RING = 600  # samples at 50 kHz kept before and after the recording, under -90 dB beyond (12 ms)
_RUN_UP = 256  # samples of silence at least
_EVEN_TO = 0.45  # of the source rate


@dataclass(frozen=True, slots=True)
class Take:
    """One recording, mono, at 50 kHz; 1.0 is full scale.

    Band-limited sound that begins or ends in the middle of a word rings beyond its ends: `ring` samples of that are
    kept in the file on both sides, so that what is cut is the recording itself and no step at its end.
    """

    name: str
    sound: Scratch
    rate_hz: int  # of the file it came from
    channels: int
    ring: int = 0

    @property
    def samples(self) -> int:
        return self.sound.samples - 2 * self.ring

    @property
    def seconds(self) -> float:
        return self.samples / SAMPLE_RATE_HZ

    def read(self, start: int, count: int) -> NDArray[np.float32]:
        """`count` samples from sample `start` of the recording, its ringing included; zero beyond."""
        return self.sound.read(start + self.ring, count)


def read(path: str | Path, folder: Path | None = None) -> Take:
    """The recording in `path` as a Take whose scratch file lies in `folder`; RecordingError when it cannot be had."""
    path, name = Path(path), str(path)
    _refuse_what_is_no_file(path)
    try:
        # by its number: a name need not be text, and soundfile takes one that ends in .raw for no header
        with path.open('rb') as opened, _silent_decoders(), soundfile.SoundFile(opened.fileno(), closefd=False) as file:
            _refuse_header(file, path)
            sound = Scratch(folder)
            ring = 0 if file.samplerate == SAMPLE_RATE_HZ else _RING
            length = _length(file.frames, file.samplerate) + 2 * ring
            _convert(_mono(file, name), file.samplerate, sound, length)
            return Take(name, sound, file.samplerate, file.channels, ring)
    except soundfile.SoundFileError as error:
        reason = str(error).rsplit(': ', 1)[-1].strip().rstrip('.')
        if reason.startswith('File does not exist'):  # it does: the MP3 decoder's word for what it does not know
            reason = 'Format not recognised'
        raise RecordingError(
            f'this is no sound file that can be read ({reason})', where=name, remedy='use WAV, FLAC, Ogg or MP3'
        ) from error


@contextlib.contextmanager
def _silent_decoders() -> Iterator[None]:
    """libmpg123, inside libsndfile, prints what it thinks of a file on stderr, where our one line belongs."""
    sys.stderr.flush()
    kept, null = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(null, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(null)


def _refuse_what_is_no_file(path: Path) -> None:
    try:
        if not path.exists():
            raise RecordingError('there is no such file', where=str(path), remedy='check the name')
        if not path.is_file():
            raise RecordingError('this is not a file', where=str(path), remedy='name a sound file')
        with path.open('rb') as file:
            if not file.read(1):
                raise RecordingError('the file is empty', where=str(path), remedy='record it again')
    except OSError as error:
        what = f'the file cannot be opened ({error.strerror})'
        raise RecordingError(what, where=str(path), remedy='check its permissions') from error


def _refuse_header(file: soundfile.SoundFile, path: Path) -> None:
    low, high = RATES_HZ
    if not low <= file.samplerate <= high:
        what = f'its sample rate is {file.samplerate} Hz; {low} to {high} Hz can be used'
        raise RecordingError(what, where=str(path), remedy='convert it first')
    seconds = file.frames / file.samplerate
    there = promised_share(path)
    if there is not None and there < 1.0 - 0.5 / max(file.frames, 1):
        raise _cut_short(str(path), seconds / there if there else None, seconds)
    if file.frames <= 0:
        raise RecordingError('the recording has no samples', where=str(path), remedy='record it again')


def _cut_short(name: str, promised_s: float | None, there_s: float) -> RecordingError:
    promise = 'a recording' if promised_s is None else f'{promised_s:.2f} s'
    what = f'the file is cut short: its header promises {promise}, only {there_s:.2f} s are there'
    return RecordingError(what, where=name, remedy='copy it again')


def _length(frames: int, rate_hz: int) -> int:
    return max(1, round(frames * SAMPLE_RATE_HZ / rate_hz))


def _mono(file: soundfile.SoundFile, name: str) -> Iterator[Float]:
    """Blocks of the mean of all channels; RecordingError at the first sample that is no sound."""
    rows = max(1, BLOCK // file.channels)
    done = 0
    while done < file.frames:
        block = file.read(min(rows, file.frames - done), dtype='float64', always_2d=True)
        if not len(block):
            raise _cut_short(name, file.frames / file.samplerate, done / file.samplerate)
        good = np.all(np.abs(block) <= LOUDEST, axis=1)  # false for NaN too
        if not good.all():
            row = int(np.argmin(good))
            _refuse_sample(block[row], done / file.samplerate + row / file.samplerate, name)
        yield block[:, 0] if file.channels == 1 else block.mean(axis=1)
        done += len(block)


def _refuse_sample(channels: Float, at_s: float, name: str) -> None:
    value = channels[np.argmin(np.abs(channels) <= LOUDEST)]
    kind = f'is {value:.3g} times full scale' if np.isfinite(value) else 'is not a number'
    raise RecordingError(f'the sample at {at_s:.3f} s {kind}', where=name, remedy='record or export it again')


def _convert(blocks: Iterator[Float], rate_hz: int, sound: Scratch, length: int) -> None:
    """Rate-convert the stream into `sound`, exactly `length` samples, the ringing before it first. soxr spoils the
    first samples of a stream, so it gets silence before and after, a whole number of samples on both sides of the
    converter.
    """
    if rate_hz == SAMPLE_RATE_HZ:
        for block in blocks:
            sound.append(block)
        return
    common = math.gcd(rate_hz, SAMPLE_RATE_HZ)
    periods = max(-(-_RUN_UP * common // rate_hz), -(-2 * _RING * common // SAMPLE_RATE_HZ))
    silence = np.zeros(periods * (rate_hz // common))
    skip = periods * (SAMPLE_RATE_HZ // common) - _RING
    framed = itertools.chain([silence], blocks, [silence])
    stream = soxr.ResampleStream(rate_hz, SAMPLE_RATE_HZ, 1, dtype='float64', quality='VHQ')
    for block in _even(framed, rate_hz) if rate_hz < _EVEN_BELOW_HZ else framed:
        out = stream.resample_chunk(block)
        sound.append(out[skip : skip + length - sound.samples])
        skip = max(0, skip - len(out))
    sound.append(stream.resample_chunk(np.zeros(0), last=True)[skip : skip + length - sound.samples])
    sound.append(np.zeros(length - sound.samples))


def _even(blocks: Iterator[Float], rate_hz: int) -> Iterator[Float]:
    """The stream with the droop of the converter's corner undone: soxr loses 0.004 dB at 7 kHz of a 16 kHz source."""
    taps = _evening_taps(rate_hz)
    past = np.zeros(_EVEN_HALF)
    for block in blocks:
        joined = np.concatenate([past, block])
        if len(joined) >= len(taps):
            yield np.convolve(joined, taps, 'valid')
        past = joined[-(len(taps) - 1) :]
    yield np.convolve(np.concatenate([past, np.zeros(_EVEN_HALF)]), taps, 'valid')


def _evening_taps(rate_hz: int) -> Float:
    """A symmetric FIR at the source rate, the inverse of what soxr does to a click below 0.45 of that rate."""
    click = np.zeros(4096)
    click[2048] = 1.0
    stream = soxr.ResampleStream(rate_hz, SAMPLE_RATE_HZ, 1, dtype='float64', quality='VHQ')
    answer = stream.resample_chunk(click, last=True)
    gain = np.abs(np.fft.rfft(answer)) * rate_hz / SAMPLE_RATE_HZ
    f_hz = np.fft.rfftfreq(len(answer), 1 / SAMPLE_RATE_HZ)
    wanted_hz = np.minimum(np.fft.rfftfreq(len(click), 1 / rate_hz), _EVEN_TO * rate_hz)
    taps = np.roll(np.fft.irfft(1.0 / np.interp(wanted_hz, f_hz, gain)), _EVEN_HALF)[: 2 * _EVEN_HALF + 1]
    return np.asarray(taps * np.hanning(2 * _EVEN_HALF + 3)[1:-1], np.float64)
