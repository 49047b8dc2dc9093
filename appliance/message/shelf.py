"""The shelf: one folder a letter, `letters/000217/`, with its sound and a folder for each disc that was cut of it."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

import numpy as np

from appliance.message.bwf import FLOAT_HEADER, FRAME_BYTES, Origin, letter_header, reference_of
from appliance.message.disk import Disk
from appliance.message.takes import BLOCK, SAMPLE_BYTES
from appliance.message.values import Take
from appliance.sound.voice import SOUND_RATE_HZ

FOLDER, SOUND, MASTER, PART, DISC = 'letters', 'letter.wav', 'master.npz', '.part', 'disc-'
NUMBER, RESERVE = 'last-number', 'reserve'
STAGING = 'restore' + PART  # letters out of a backup, on their way here
HEAD = len(letter_header(Origin(0, '', 0.0), 0))  # bytes before the sound, the same for every letter
FULL = (1 << 23) - 1


class Shelf:
    """Files and folders alone; what they mean stands in the ledger. Methods raise OSError."""

    def __init__(self, data: Path, disk: Disk) -> None:
        self.data = data
        self._disk = disk

    def open(self) -> None:
        self._disk.folder(self.data / FOLDER)

    def folder(self, number: int) -> Path:
        return self.data / FOLDER / f'{number:06d}'

    def wav(self, number: int) -> Path:
        return self.folder(number) / SOUND

    def master(self, number: int) -> Path:
        """What its last disc was cut of."""
        return self.folder(number) / MASTER

    def disc(self, number: int, cut: int) -> Path:
        return self.folder(number) / f'{DISC}{cut}'

    def discs(self, number: int) -> list[Path]:
        """Folders of discs that were finished, the last one last."""
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            names = (name.removeprefix(DISC) for name in os.listdir(self.folder(number)) if name.startswith(DISC))
            return [self.disc(number, cut) for cut in sorted(int(name) for name in names if name.isdecimal())]
        return []

    def numbers(self) -> list[int]:
        """Of every letter that has a folder."""
        with contextlib.suppress(FileNotFoundError), os.scandir(self.data / FOLDER) as entries:
            return sorted(int(e.name) for e in entries if e.name.isdecimal() and e.is_dir(follow_symlinks=False))
        return []

    def keep(self, take: Take, origin: Origin) -> None:
        """The take as 24-bit broadcast WAV: a part file, on disk, then its name, on disk. It appears whole or not.

        No dither: the last bit of 24 lies 50 dB under the noise of any microphone.
        """
        folder, whole = self.folder(origin.number), self.wav(origin.number)
        part = whole.with_name(SOUND + PART)
        self._disk.folder(folder)
        file = self._disk.create(part)
        try:
            self._copy(take, origin, file)
            self._disk.sync(file)
        finally:
            self._disk.close(file)
        self._disk.rename(part, whole)
        self._disk.sync_folder(folder)
        self._disk.sync_folder(folder.parent)

    def _copy(self, take: Take, origin: Origin, file: int) -> None:
        samples = (take.path.stat().st_size - FLOAT_HEADER) // SAMPLE_BYTES
        head = letter_header(origin, samples)
        self._disk.write(file, head, 0)
        at = len(head)
        with take.path.open('rb') as source:
            source.seek(FLOAT_HEADER)
            while data := source.read(BLOCK * SAMPLE_BYTES):
                packed = packed_24(np.frombuffer(data[: len(data) // SAMPLE_BYTES * SAMPLE_BYTES], '<f4'))
                self._disk.write(file, packed, at)
                at += len(packed)
        if (at - len(head)) % 2:
            self._disk.write(file, b'\0', at)

    def reference(self, number: int) -> str:
        """Of the take that lies there; '' where there is no letter."""
        with contextlib.suppress(OSError), self.wav(number).open('rb') as file:
            return reference_of(file.read(HEAD))
        return ''

    def seconds(self, number: int) -> float:
        """Of a letter's sound; 0 where there is none."""
        with contextlib.suppress(OSError):
            return max(self.wav(number).stat().st_size - HEAD, 0) // FRAME_BYTES / SOUND_RATE_HZ
        return 0.0

    def erase(self, number: int) -> None:
        """The letter and all its discs; gone from the folder for good when this returns."""
        self._disk.remove(self.folder(number))
        self._disk.sync_folder(self.data / FOLDER)

    def tidy(self, number: int) -> None:
        """What was being worked at when the program ended: whatever is neither sound, master nor a
        disc, and parts of files."""
        folder, discs = self.folder(number), self.discs(number)
        mine = {SOUND, MASTER, *(disc.name for disc in discs)}
        for name in set(os.listdir(folder)) - mine:
            self._disk.remove(folder / name)
        for disc in discs:
            for name in os.listdir(disc):
                if name.endswith(PART):
                    self._disk.remove(disc / name)

    # -- room ------------------------------------------------------------------------------------------------------

    def reserve(self, size: int) -> None:
        """Room on the disk that only the next letter may take; OSError when there is not so much."""
        file = self._disk.create(self.data / RESERVE)
        try:
            self._disk.reserve(file, size)
        except OSError:
            self.release()
            raise
        finally:
            self._disk.close(file)

    def release(self) -> None:
        self._disk.remove(self.data / RESERVE)

    def give_back(self, size: int) -> None:
        """So much of it may be written now; the rest stays set aside."""
        left = self.reserved() - size
        if left <= 0:
            self.release()
            return
        file = self._disk.change(self.data / RESERVE)
        try:
            self._disk.shorten(file, left)
        finally:
            self._disk.close(file)

    def reserved(self) -> int:
        """Bytes that are set aside."""
        with contextlib.suppress(OSError):
            return (self.data / RESERVE).lstat().st_size
        return 0

    # -- the last number ---------------------------------------------------------------------------------------------

    def last_number(self) -> int:
        """The highest number ever given, as far as files know."""
        known = [*self.numbers(), 0]
        with contextlib.suppress(OSError, ValueError):
            known.append(int((self.data / NUMBER).read_text(encoding='ascii')))
        return max(known)

    def tidy_numbers(self) -> None:
        """A part of the file that was being written when the program ended."""
        self._disk.remove(self.data / (NUMBER + PART))

    def remember_number(self, number: int) -> None:
        path = self.data / NUMBER
        part = path.with_name(NUMBER + PART)
        file = self._disk.create(part)
        try:
            self._disk.write(file, f'{number}\n'.encode('ascii'), 0)
            self._disk.sync(file)
        finally:
            self._disk.close(file)
        self._disk.rename(part, path)
        self._disk.sync_folder(self.data)


def packed_24(samples: np.ndarray[tuple[int], np.dtype[np.float32]]) -> bytes:
    """Little-endian 24-bit integers; beyond full scale is full scale, what is no number is silence."""
    scaled = np.nan_to_num(samples.astype(np.float64) * (FULL + 1), posinf=FULL, neginf=-FULL - 1)
    whole = np.clip(np.rint(scaled), -FULL - 1, FULL).astype('<i4')
    return whole.view(np.uint8).reshape(-1, 4)[:, :3].tobytes()
