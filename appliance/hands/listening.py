"""The microphone: how loud the room is, how loud a voice, and whether there is hum. Nothing that was said is kept: only
powers, a hundred a second.

First the room is heard, then somebody who speaks as a visitor would. From both follows by how much the input should be
amplified (`voice.microphone_gain_db`), so that the peaks of a voice come where a visit's level check calls it good.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import log10

import numpy as np
from numpy.typing import NDArray

from appliance.config.load import LIMITS
from appliance.sound.voice import HOP, SOUND_RATE_HZ, VoiceJudge

PEAK_DB = -12.0  # of a voice: the level check calls -30 to -3 good
NEAR_DB = 3.0  # of that: the gain is left as it is
GAINS_DB = LIMITS['voice.microphone_gain_db']
STEP_DB = 0.5
LOUD_ROOM_DB = 20.0  # a voice should stand so far over its room
LEAST_VOICE_S = 1.0
HUM_DB = -65.0  # re full scale: quieter is not heard on any film,
HUM_OVER_DB = 10.0  # nor what does not stand out from what is beside it
MAINS_HZ = (50.0, 60.0)
HARMONICS = 4
BESIDE_HZ = (4.0, 9.0)  # of a harmonic: what is there is no hum
PEAK_OVER_RMS_DB = 14.0  # of a voice that nobody has levelled
QUIET_DB = -120.0
SECOND = SOUND_RATE_HZ


@dataclass(frozen=True, slots=True)
class Heard:
    """Of some seconds; levels in dB re full scale. `hum_hz`: of the mains, 0 where there is none."""

    seconds: float
    level_db: float  # rms of the quieter half of all
    peak_db: float
    voice_s: float
    clipped_s: float
    hum_hz: float
    hum_db: float


class Ear:
    """A sink (`booth.doors.Sink`) that follows what a microphone hears."""

    def __init__(self) -> None:
        self._judge = VoiceJudge()
        self._rest = np.zeros(0, np.float32)
        self._powers: list[float] = []
        self._peak = 0.0
        self._spectra: list[NDArray[np.float64]] = []

    def write(self, block: NDArray[np.float32]) -> None:
        self._judge.take(block)
        self._peak = max(self._peak, float(np.max(np.abs(block), initial=0.0)))
        samples = np.concatenate([self._rest, block])
        whole = len(samples) // SECOND
        for part in samples[: whole * SECOND].reshape(whole, SECOND):
            self._powers += np.mean(part.reshape(-1, HOP).astype(np.float64) ** 2, axis=1).tolist()
            spectrum = np.abs(np.fft.rfft(part * np.hanning(SECOND + 1)[:SECOND])) ** 2
            self._spectra.append(spectrum[: round(MAINS_HZ[-1] * (HARMONICS + 1))] * 8 / 3 * 2 / SECOND**2)
        self._rest = samples[whole * SECOND :]

    def heard(self) -> Heard:
        """So far, in whole seconds."""
        powers = np.sort(self._powers or [0.0])
        hum_hz, hum_db = self._hum()
        return Heard(
            len(self._spectra),
            db(float(np.mean(powers[: max(len(powers) // 2, 1)]))),
            db(self._peak**2),
            self._judge.voice_s,
            self._judge.clipped_s,
            hum_hz,
            hum_db,
        )

    def _hum(self) -> tuple[float, float]:
        """The louder of both mains, if it stands out; a bin is 1 Hz wide, a Hann window's line is three."""
        if not self._spectra:
            return 0.0, QUIET_DB
        power = np.median(self._spectra, axis=0)
        found = []
        for mains in MAINS_HZ:
            at = [round(mains * k) for k in range(1, HARMONICS + 1)]
            beside = [np.mean(power[_around(line)]) * 3 for line in at]
            lines = [float(np.sum(power[line - 1 : line + 2])) for line in at]
            out = [line for line, noise in zip(lines, beside, strict=True) if line > 10 ** (HUM_OVER_DB / 10) * noise]
            found.append((db(sum(out)), mains if out else 0.0))
        hum_db, hum_hz = max(found)
        return (hum_hz, hum_db) if hum_hz and hum_db > HUM_DB else (0.0, hum_db)


def _around(line: int) -> list[int]:
    low, high = (round(hz) for hz in BESIDE_HZ)
    return [*range(line - high, line - low), *range(line + low + 1, line + high + 1)]


@dataclass(frozen=True, slots=True)
class Advice:
    """`gain_db`: what voice.microphone_gain_db should be; None where that is not what is wrong. `says`: what to do,
    most urgent first."""

    gain_db: float | None
    ok: bool
    says: tuple[str, ...]


def advise(room: Heard, voice: Heard, gain_db: float) -> Advice:
    """`gain_db`: that is set now, and was in what was heard."""
    wrong = []
    wanted = None
    if voice.voice_s < LEAST_VOICE_S:
        wrong.append('no voice was heard: see that the microphone is the right one and is on, and speak to it')
    elif voice.clipped_s > 0 and gain_db <= 0:
        wrong.append(f'the voice is clipped for {voice.clipped_s:.2f} s before any gain: turn the card down by 10 dB')
    else:
        wanted = _gain(voice, gain_db)
        if wanted != gain_db:
            wrong.append(
                f'the voice peaks at {voice.peak_db:.1f} dB, {PEAK_DB:g} dB is good: set voice.microphone_gain_db = '
                f'{wanted:g} (now {gain_db:g})'
            )
        elif abs(PEAK_DB - voice.peak_db) > NEAR_DB:
            wrong.append(
                f'the voice peaks at {voice.peak_db:.1f} dB, {PEAK_DB:g} dB is good, and voice.microphone_gain_db goes '
                f'no further than {gain_db:g}: turn the card {"up" if voice.peak_db < PEAK_DB else "down"}'
            )
    if room.hum_hz:
        wrong.append(
            f'{room.hum_hz:g} Hz hum at {room.hum_db:.0f} dB: look for a broken screen, a dimmer, or two ways to earth'
        )
    over_db = voice.peak_db - PEAK_OVER_RMS_DB - room.level_db
    if voice.voice_s >= LEAST_VOICE_S and over_db < LOUD_ROOM_DB:
        wrong.append(
            f'the voice stands only {over_db:.0f} dB over the room (good: {LOUD_ROOM_DB:g}): bring the microphone '
            'closer, or quieten the room'
        )
    return Advice(
        wanted if wanted != gain_db else None, not wrong, tuple(wrong) or ('good: nothing has to be changed',)
    )


def _gain(voice: Heard, gain_db: float) -> float:
    """As it is when it is near; of a clipped voice nobody knows how loud it was: half is tried."""
    change_db = -6.0 - gain_db if voice.clipped_s > 0 else PEAK_DB - voice.peak_db
    if abs(change_db) <= NEAR_DB:
        return gain_db
    return min(max(round((gain_db + change_db) / STEP_DB) * STEP_DB, GAINS_DB[0]), GAINS_DB[1])


def db(power: float) -> float:
    return max(10 * log10(power), QUIET_DB) if power > 0 else QUIET_DB
