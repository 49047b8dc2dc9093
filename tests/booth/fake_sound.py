"""A fake of the module sounddevice: cards come and go, streams are driven by hand."""

from types import SimpleNamespace

import numpy as np


class FakeError(Exception):
    pass


class FakeStream:
    def __init__(self, library, way, given):
        self.library, self.way, self.given = library, way, given
        self.name = library.listed[given['device']]
        self.active, self.closed = False, False
        rates = library.cards.get(self.name)
        if rates is None or given['samplerate'] not in rates:
            raise FakeError('Invalid sample rate' if rates else 'Device unavailable')
        library.opened.append(self)

    def start(self):
        if self.library.unstartable:
            raise FakeError('Unanticipated host error')
        self.active = True
        self.library.streams.append(self)

    def abort(self):
        self.active = False

    def close(self):
        self.closed = True
        if self in self.library.streams:
            self.library.streams.remove(self)

    def give(self, frames, overflow=False):
        """A block of a microphone; nothing comes from a card that was pulled out."""
        if self.name in self.library.cards:
            block = np.asarray(frames, np.float32).reshape(len(frames), -1)
            self.given['callback'](block, len(block), None, SimpleNamespace(input_overflow=overflow))

    def fetch(self, count):
        """What a speaker would sound."""
        out = np.full((count, self.given['channels']), 9, np.float32)
        self.given['callback'](out, count, None, SimpleNamespace())
        return out


class FakeSound:
    """`cards`: name -> rates it opens at. Listed are those there were when it was initialised."""

    PortAudioError = FakeError

    def __init__(self, channels=1, **cards):
        self.cards = {name: rates or (48_000.0,) for name, rates in cards.items()}
        self.channels = channels
        self.streams, self.opened = [], []
        self.unstartable = False  # what is opened cannot be started
        self.begun = 0
        self._initialize()

    def _initialize(self):
        self.begun += 1
        self.listed = list(self.cards)

    def _terminate(self):
        assert not self.streams, 'PortAudio ended under an open stream'

    def query_hostapis(self):
        return ({'name': 'ALSA'},)

    def query_devices(self, kind=None):
        entries = [
            {
                'index': index, 'name': f'{name} (hw:{index},0)', 'hostapi': 0,
                'max_input_channels': self.channels, 'max_output_channels': self.channels,
                'default_samplerate': self.cards.get(name, (48_000.0,))[0],
            }
            for index, name in enumerate(self.listed)
        ]  # fmt: skip
        if kind is None:
            return entries
        if not entries:
            raise FakeError('no default device')
        return entries[0]

    def InputStream(self, **given):  # noqa: N802
        return FakeStream(self, 'input', given)

    def OutputStream(self, **given):  # noqa: N802
        return FakeStream(self, 'output', given)

    def kernel(self):
        """As /proc/asound/cards says it."""
        return ''.join(f' {n} [{name:15}]: USB-Audio - {name}\n' for n, name in enumerate(self.cards)) or 'none'
