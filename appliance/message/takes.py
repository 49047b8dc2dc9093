"""Takes: what is being said and is not kept, in memory only (the run folder lies on a tmpfs).

One take at a time, in a folder of its own together with whatever is worked out from it: plan, preview, scratch. To
forget it is to remove that folder. Its length is its file's size, so that a program that dies in the middle of a word
leaves everything up to that word.
"""

from __future__ import annotations

import contextlib
import os
import uuid
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from appliance.errors import StorageError
from appliance.message.bwf import FLOAT_HEADER, float_header
from appliance.message.disk import Disk
from appliance.message.values import Take
from appliance.sound.voice import SOUND_RATE_HZ, VoiceJudge

PREFIX, NAME, RESERVE = 'take-', 'take.wav', 'reserve'
SAMPLE_BYTES = 4
LEAST_VOICE_S = 0.2  # a short word
PEAKS = 292  # of a waveform: the pixels an LCD has for it
PEAK_S = 0.05  # a peak is taken this often, and thinned at the end
BLOCK = 1 << 16


class Peaks:
    """The waveform of a signal of unknown length."""

    def __init__(self) -> None:
        self._peaks: list[float] = []
        self._rest = np.zeros(0, np.float32)

    def take(self, block: NDArray[np.float32]) -> None:
        size = round(PEAK_S * SOUND_RATE_HZ)
        samples = np.concatenate([self._rest, np.abs(block)])
        whole = len(samples) // size
        self._peaks += samples[: whole * size].reshape(whole, size).max(axis=1).tolist()
        self._rest = samples[whole * size :]

    def waveform(self) -> tuple[float, ...]:
        """At most PEAKS of them, 0..1."""
        peaks = np.array([*self._peaks, *self._rest.max(initial=0, keepdims=True)[: len(self._rest)]])
        if len(peaks) > PEAKS:
            edges = np.linspace(0, len(peaks), PEAKS, endpoint=False).astype(int)
            peaks = np.maximum.reduceat(peaks, edges)
        return tuple(float(min(peak, 1.0)) for peak in peaks)


class OpenTake:
    """A take while it is recorded: implements `booth.doors.Sink`. Room for all of it was set aside before."""

    def __init__(self, folder: Path, disk: Disk, max_s: float) -> None:
        """Raises OSError when there is not that much memory."""
        self.path = folder / NAME
        self._disk = disk
        self._judge, self._peaks = VoiceJudge(), Peaks()
        self._bytes = FLOAT_HEADER
        self._reserved = FLOAT_HEADER + round(max_s * SOUND_RATE_HZ) * SAMPLE_BYTES
        self._reserve = disk.create(folder / RESERVE)
        self._file = -1
        try:
            disk.reserve(self._reserve, self._reserved)
            self._file = disk.create(self.path)
            self._put(float_header(0), at=0)
        except OSError:
            self._close()
            raise

    def write(self, block: NDArray[np.float32]) -> None:
        """The next samples; StorageError when memory is full after all."""
        data = np.ascontiguousarray(block, '<f4').tobytes()
        try:
            self._put(data, at=self._bytes)
        except OSError as error:
            what = f'cannot hold the take ({error.strerror})'
            raise StorageError(what, where=str(self.path), remedy='give the run folder more memory') from error
        self._bytes += len(data)
        self._judge.take(block)
        self._peaks.take(block)

    def end(self) -> Take:
        """The take as it is; safe to call again."""
        samples = (self._bytes - FLOAT_HEADER) // SAMPLE_BYTES
        if self._file >= 0:
            with contextlib.suppress(OSError):  # a header without lengths is mended when the take is read again
                self._disk.write(self._file, float_header(samples), 0)
            self._close()
        seconds = samples / SOUND_RATE_HZ
        return Take(self.path, seconds, self._judge.voice_s >= LEAST_VOICE_S, self._peaks.waveform())

    def _put(self, data: bytes, at: int) -> None:
        """What was set aside makes room for what is written."""
        self._reserved = max(self._reserved - len(data), 0)
        self._disk.shorten(self._reserve, self._reserved)
        self._disk.write(self._file, data, at)

    def _close(self) -> None:
        for file in (self._file, self._reserve):
            if file >= 0:
                os.close(file)
        self._file = self._reserve = -1
        self._disk.remove(self.path.with_name(RESERVE))


class Takes:
    """The run folder."""

    def __init__(self, run: Path, disk: Disk, max_s: float) -> None:
        self._run, self._disk, self.max_s = run, disk, max_s

    def begin(self) -> OpenTake:
        """In a folder with a new name; OSError when there is no room for the longest message."""
        folder = self._run / f'{PREFIX}{uuid.uuid4().hex}'
        self._disk.folder(folder)
        try:
            return OpenTake(folder, self._disk, self.max_s)
        except OSError:
            self._disk.remove(folder)
            raise

    def forget_all(self) -> None:
        """Every take, and all that was made of it."""
        for folder in self._folders():
            self._disk.remove(folder)

    def forget(self, mark: str) -> None:
        """The take of this reference, if it is there."""
        self._disk.remove(self._run / f'{PREFIX}{mark}')

    def left(self) -> Take | None:
        """The take that a crash has left, its header mended; older ones (there should be none) are forgotten."""
        found = sorted(self._folders(), key=lambda folder: folder.lstat().st_mtime_ns)
        for folder in found[:-1]:
            self._disk.remove(folder)
        return self._mended(found[-1]) if found else None

    def _folders(self) -> list[Path]:
        with contextlib.suppress(FileNotFoundError), os.scandir(self._run) as entries:
            return [Path(entry.path) for entry in entries if entry.name.startswith(PREFIX)]
        return []

    def _mended(self, folder: Path) -> Take | None:
        """None, and nothing left, where there is no sound in it."""
        path = folder / NAME
        if folder.is_symlink() or path.is_symlink():  # what it points at is not ours
            self._disk.remove(folder)
            return None
        for other in folder.iterdir() if folder.is_dir() else ():
            if other.name != NAME:
                self._disk.remove(other)
        try:
            samples = (path.stat().st_size - FLOAT_HEADER) // SAMPLE_BYTES
        except (FileNotFoundError, NotADirectoryError):
            samples = 0
        if samples <= 0:
            self._disk.remove(folder)
            return None
        file = self._disk.change(path)
        try:
            self._disk.shorten(file, FLOAT_HEADER + samples * SAMPLE_BYTES)
            self._disk.write(file, float_header(samples), 0)
        finally:
            self._disk.close(file)
        return judged(path, samples)


def judged(path: Path, samples: int) -> Take:
    """A take that lies on disk, listened to from its beginning."""
    judge, peaks = VoiceJudge(), Peaks()
    with path.open('rb') as file:
        file.seek(FLOAT_HEADER)
        while data := file.read(BLOCK * SAMPLE_BYTES):
            block = np.nan_to_num(np.frombuffer(data[: len(data) // 4 * 4], '<f4'))
            judge.take(block)
            peaks.take(block)
    return Take(path, samples / SOUND_RATE_HZ, judge.voice_s >= LEAST_VOICE_S, peaks.waveform())


def reference(take: Take) -> str:
    """What tells this take from all others: 32 hexadecimal digits."""
    return take.path.parent.name.removeprefix(PREFIX)
