"""A store with its clocks in hand, and a voice to put in it."""

import shutil

import numpy as np
import soundfile

from appliance.message import Disk, Keeping, Stores

RATE = 48_000


def speech(seconds, seed=1):
    """Noise that comes and goes four times a second: as loud as a voice, and judged one."""
    random = np.random.default_rng(seed)
    t = np.arange(round(seconds * RATE)) / RATE
    return (0.2 * random.standard_normal(t.size) * np.maximum(np.sin(2 * np.pi * 4 * t), 0)).clip(-1, 1).astype('f4')


class Rig:
    def __init__(self, root, keeping=None, disk=None, memory=None):
        self.root, self.data, self.run = root, root / 'data', root / 'run'
        self.run.mkdir(mode=0o700, exist_ok=True)
        self.keeping = keeping or Keeping('days', 30, 3.0)
        self.wall_s, self.now_s, self.trusted = 1.8e9, 50.0, True
        self.memory = memory or Disk()
        self.start(disk)

    def start(self, disk=None):
        self.disk = disk or Disk()
        clocks = (lambda: self.wall_s, lambda: self.now_s)
        self.stores = Stores(
            (self.data, self.run), self.keeping, (self.disk, self.memory), clocks, lambda: self.trusted
        )
        return self.stores

    def killed(self):
        """The program ended without a word; the next one."""
        if self.stores._ledger is not None:
            self.stores._ledger.close()
        self.now_s = 10.0  # its monotonic clock begins anew
        return self.start()

    def power_cut(self):
        shutil.rmtree(self.run)
        self.run.mkdir(mode=0o700)
        return self.killed()

    def speak(self, seconds=1.5, seed=1):
        take = self.stores.begin_take()
        sound = speech(seconds, seed)
        for start in range(0, len(sound), 4800):
            take.write(sound[start : start + 4800])
        return sound

    def letter(self, seconds=1.5, seed=1):
        self.speak(seconds, seed)
        kept = self.stores.keep()
        self.stores.discard()
        return kept

    def cut(self, number):
        folder = self.stores.begin_cut(number)
        folder.mkdir()
        (folder / 'report.json').write_text('{}')
        self.stores.cut_done(number, {'letter_s': 1.5})
        return folder


def sound_of(letter):
    sound, rate = soundfile.read(letter.wav, dtype='float64')
    assert rate == RATE
    return sound
