"""The real microphone, through sounddevice. The card's thread only copies; a thread of ours does the rest."""

from __future__ import annotations

import logging
import threading
from typing import Any

import numpy as np
from numpy.typing import NDArray

from appliance.booth.capture import RING_S, Capture, Ring
from appliance.booth.devices import Device
from appliance.booth.doors import SOUND_RATE_HZ, Heard, Sink
from appliance.booth.sound_system import Line, SoundSystem

log = logging.getLogger('audioletter')
EMPTY = np.zeros(0, np.float32)
PUMP_S = 0.02
LOUDER = 2.0  # in power: by so much another channel must be louder to be listened to instead
FORGET = 0.9  # of the power of before, each time
FASTEST_HZ = 192_000


class Mono:
    """The louder of two channels, and the same one all through a take.

    Not their mean: many a card has its microphone on one side only, and a balanced plug in a stereo socket has the
    other side upside down, so that the mean is silence.
    """

    def __init__(self, channels: int) -> None:
        self._channels = channels
        self._power = np.zeros(channels)
        self._chosen = 0
        self.fixed = False

    def take(self, interleaved: NDArray[np.float32]) -> NDArray[np.float32]:
        if self._channels == 1:
            return interleaved
        frames = interleaved.reshape(-1, self._channels)
        if not self.fixed and len(frames):
            self._power = FORGET * self._power + np.var(frames, axis=0)  # an offset is not loud
            if self._power.max() > LOUDER * self._power[self._chosen]:
                self._chosen = int(self._power.argmax())
        return np.ascontiguousarray(frames[:, self._chosen])


class SounddeviceMicrophone:
    """Implements `doors.Microphone`."""

    def __init__(self, system: SoundSystem, device: str = '', latency_s: float = 0.05) -> None:
        """`device` as `audioletter doctor sound` names it; empty: the computer's default."""
        self._system = system
        self._latency_s = latency_s
        self._line = Line('input', device, self._make)
        self._capture = Capture()
        self._raw = Ring(round(RING_S * FASTEST_HZ) * 2)
        self._lock = threading.RLock()
        self._mono = Mono(1)
        self._rate_hz = float(SOUND_RATE_HZ)
        self._resampler: Any = None
        self._overruns = 0  # counted by the card's thread
        self._told = 0  # of them
        self._failure = ''  # of what goes on with the samples; empty when all is well
        self._wake = threading.Event()
        self._thread: threading.Thread | None = None
        system.join(self._line)

    @property
    def cause(self) -> str:
        """Why nothing is heard; empty when all is well."""
        if self._system.stuck:
            return 'the sound system does not answer: its driver hangs, start the booth again'
        return self._failure or self._line.cause

    def open(self) -> None:
        with self._lock:
            if not self._line.wanted:
                self._raw.get()
                self._capture.fresh()
                self._told = self._overruns
                self._line.wanted = True
        self._system.start()
        self._system.nudge()
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name='microphone', daemon=True)
            self._thread.start()
        self._wake.set()

    def tune(self, gain_db: float) -> None:
        self._capture.tune(gain_db)

    def heard(self) -> Heard:
        self._system.start()
        return self._capture.heard(present=self._line.present and not self._system.stuck and not self._failure)

    def record(self, sink: Sink) -> None:
        self.open()
        with self._lock:
            self._finish()
            self._mono.fixed = True
            self._capture.record(sink)

    def end(self) -> None:
        with self._lock:
            self._finish()
            self._capture.end()
            self._mono.fixed = False

    def close(self) -> None:
        self.end()
        self._line.wanted = False
        self._system.nudge()

    def pump(self) -> None:
        """All that the card has given goes on to meter, judge and take."""
        with self._lock:
            raw = self._raw.get()
            lost, self._told = self._overruns - self._told, self._overruns
            if not self._line.wanted:
                return
            for _ in range(lost):
                self._capture.offer(EMPTY, overrun=True)
            self._pass(self._mono.take(raw), last=False)

    def pump_on(self) -> None:
        """A thread that died here would leave a microphone that looks well and hears nothing: it is lost until the next
        samples go on."""
        try:
            self.pump()
        except Exception as error:
            if not self._failure:
                log.exception('microphone: what it gives cannot be taken')
            self._failure = f'what it gives cannot be taken ({error or type(error).__name__}); the log has it'
        else:
            self._failure = ''

    def _finish(self) -> None:
        """Up to the last sample that came, also what a resampler holds back."""
        self.pump()
        if self._resampler is not None:
            self._pass(EMPTY, last=True)
            self._tune()

    def _pass(self, mono: NDArray[np.float32], *, last: bool) -> None:
        if self._resampler is not None:
            mono = np.asarray(self._resampler.resample_chunk(mono, last=last), np.float32)
        for start in range(0, len(mono), SOUND_RATE_HZ):
            self._capture.offer(mono[start : start + SOUND_RATE_HZ])
            self._capture.drain()
        self._capture.drain()

    def _tune(self) -> None:
        import soxr

        same = self._rate_hz == SOUND_RATE_HZ
        self._resampler = None if same else soxr.ResampleStream(self._rate_hz, SOUND_RATE_HZ, 1, dtype='float32')

    def _run(self) -> None:
        while True:
            self._wake.wait(PUMP_S if self._line.wanted else None)
            self._wake.clear()
            self.pump_on()

    def _make(self, library: Any, device: Device, rate_hz: float) -> Any:
        channels = min(device.inputs, 2)
        stream = library.InputStream(
            samplerate=rate_hz,
            device=device.index,
            channels=channels,
            dtype='float32',
            latency=self._latency_s,
            callback=self._arrive,
        )
        with self._lock:  # no block comes before the stream is started
            self._finish()
            self._rate_hz = rate_hz
            fixed, self._mono = self._mono.fixed, Mono(channels)
            self._mono.fixed = fixed
            self._tune()
        return stream

    def _arrive(self, frames: Any, count: int, time: Any, status: Any) -> None:
        """The card's thread: copies and counts, nothing else."""
        self._line.beats += 1
        if not self._raw.put(frames.reshape(-1)) or status.input_overflow:
            self._overruns += 1
