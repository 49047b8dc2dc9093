"""What the sound card of this computer can do: its devices by name, some seconds heard, a tone played."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from appliance.booth.devices import Device, Way, cards_text, chosen, devices, sound_library
from appliance.booth.microphone import SounddeviceMicrophone
from appliance.booth.sound_system import SoundSystem
from appliance.booth.speaker import SounddeviceSpeaker
from appliance.clock import Clock, RealClock
from appliance.errors import MachineRefusesError
from appliance.sound.voice import SOUND_RATE_HZ, VoiceJudge, db_of
from appliance.words.prompts import tone

APPEAR_S = 3.0
NOTHING_DB = -90.0  # not even the noise of an amplifier: muted, or nothing is plugged in
QUIET_DB = -45.0  # nobody who speaks to it peaks under this
TURN_S = 0.05


@dataclass(frozen=True, slots=True)
class Listed:
    """One device, as people choose it."""

    way: Way
    name: str
    label: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check of the sound found; `ok` without a fault, else `saw` says what and `remedy` what to do."""

    check: str
    ok: bool
    saw: str
    remedy: str = ''


class Measured:
    """A sink that keeps figures and no sound."""

    def __init__(self) -> None:
        self.judge = VoiceJudge()
        self.samples = 0
        self.peak = 0.0
        self.power = 0.0

    def write(self, block: NDArray[np.float32]) -> None:
        self.judge.take(block)
        self.samples += len(block)
        self.peak = max(self.peak, float(np.abs(block).max(initial=0)))
        self.power += float(np.sum(block.astype(np.float64) ** 2))

    @property
    def peak_db(self) -> float:
        return float(db_of(self.peak**2))

    @property
    def rms_db(self) -> float:
        return float(db_of(self.power / max(self.samples, 1)))


class SoundCheck:
    """Asks for nothing but names and seconds; MachineRefusesError without PortAudio."""

    def __init__(
        self, library: Callable[[], Any] = sound_library, system: SoundSystem | None = None, clock: Clock | None = None
    ) -> None:
        module = library()
        self._clock = clock or RealClock()
        try:
            self._devices: tuple[Device, ...] = devices(module, cards_text())
        except module.PortAudioError as error:
            remedy = 'is a sound server needed, and does it run?'
            raise MachineRefusesError(f'PortAudio lists nothing ({error})', where='sound', remedy=remedy) from error
        self._system = system or SoundSystem()

    def listed(self, microphone: str, speaker: str) -> tuple[Listed, ...]:
        """Every microphone, then every speaker."""
        rows = []
        wanted: tuple[tuple[Way, str], ...] = (('input', microphone), ('output', speaker))
        for way, name in wanted:
            best, _ = chosen(self._devices, way, name)
            rows += [Listed(way, d.name, d.label, d is best) for d in self._devices if d.channels(way) > 0]
        return tuple(rows)

    def choice(self, way: Way, name: str) -> Checked:
        """Which device, and why."""
        what = 'microphone' if way == 'input' else 'speaker'
        device, why = chosen(self._devices, way, name)
        if device is None:
            named = sorted({d.name for d in self._devices if d.channels(way) > 0})
            plug = f'plug one in; then {"aplay" if way == "output" else "arecord"} -l must list it'
            return Checked(what, False, why, f'there are {", ".join(named)}' if named else plug)
        return Checked(what, True, f'{device.name}, because {why}')

    def hear(self, name: str, seconds: float) -> Checked:
        """Some seconds of the microphone, into figures; nothing is kept."""
        microphone, measured = SounddeviceMicrophone(self._system, name), Measured()
        microphone.open()
        try:
            if not self._until(lambda: microphone.heard().present, APPEAR_S):
                remedy = 'is another program using it? is it plugged in? may this user use sound (group audio)?'
                return Checked('hearing', False, f'no sound comes from it ({microphone.cause})', remedy)
            microphone.record(measured)
            self._until(lambda: microphone.heard().recorded_s >= seconds, seconds + APPEAR_S)
            heard = microphone.heard()
            microphone.end()
        finally:
            microphone.close()
        return _judged(measured, heard.lost_blocks, seconds)

    def sound(self, name: str) -> Checked:
        """The tone that begins a take."""
        speaker = SounddeviceSpeaker(self._system, name)
        file = tone('record')
        speaker.play((file,) if file else (), gain_db=-12.0)
        ended = self._until(lambda: not speaker.playing, 10.0)
        self._until(lambda: not speaker.cause, TURN_S * 10)  # a tone may be over before its card was looked at
        cause = speaker.cause
        speaker.close()
        if cause or not ended:
            return Checked('sounding', False, cause or 'the tone did not end', 'is another program using it?')
        return Checked('sounding', True, 'a tone was played; if nobody heard it, turn it up (alsamixer)')

    def close(self) -> None:
        self._system.close()

    def _until(self, reached: Callable[[], bool], seconds: float) -> bool:
        ends_s = self._clock.now_s() + seconds
        while not reached():
            if self._clock.now_s() >= ends_s:
                return False
            self._clock.rest(TURN_S)
        return True


def _judged(measured: Measured, lost: int, seconds: float) -> Checked:
    judge, length_s = measured.judge, measured.samples / SOUND_RATE_HZ
    saw = (
        f'{length_s:.1f} s: peak {measured.peak_db:.1f} dB, mean {measured.rms_db:.1f} dB, voice {judge.voice_s:.1f} s'
    )
    if length_s < 0.9 * seconds:
        return Checked('hearing', False, f'{saw}; it stopped early', 'a loose plug, or a hub without power')
    if lost:
        return Checked('hearing', False, f'{saw}; {lost} blocks lost', 'raise sound.latency_ms in the machine file')
    if measured.peak_db < NOTHING_DB:
        return Checked('hearing', False, f'{saw}; silence', 'is it muted (alsamixer, F4), or on another socket?')
    if judge.clipped_s:
        return Checked(
            'hearing', False, f'{saw}, clipped {judge.clipped_s:.2f} s', 'turn its gain down (alsamixer, F4)'
        )
    if judge.voice_s and measured.peak_db < QUIET_DB:
        return Checked('hearing', False, f'{saw}; very quiet', 'turn its gain up (alsamixer, F4), or come closer')
    return Checked('hearing', True, saw if judge.voice_s else f'{saw}; nobody spoke')
