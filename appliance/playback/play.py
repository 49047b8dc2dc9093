"""What one hears: a groove played by a stylus on a perfect turntable, with the curve undone and the film's own noise.

    groove -> worn walls -> traced by a sphere -> turned at the nominal speed -> velocity -> reproduction curve -> WAV
                                                        film noise, clicks ----^

The turntable turns at exactly the nominal speed, so playback time is tau = (angle - angle at the message) / omega, and
whatever the cutting platter did wrong is heard as wow. Output sample j is the original file's sample at j / 48 kHz:
what was trimmed before the message is the lead-in groove, or nothing but film noise. One gain throughout: 1, so that a
plain cut returns its message at its own level, or as much less as keeps groove and noise under 0.99. Clicks are louder
than any amplifier passes; they alone are clipped there.
Velocity, curve and band limits are one linear filter, so they are one FIR: the analogue response itself, phase
included, within 0.001 dB from 100 Hz to 15 kHz; below 50 Hz and above 19 kHz it falls off with zero phase. Silence on a
noiseless film gives silence.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from numpy.typing import NDArray

from appliance.errors import GrooveFileError, NativeError, OptionError, StorageError
from appliance.files import Scratch, whole_file
from appliance.machine.model import FRAME_RATE_HZ
from appliance.playback.films import Surface, find_film
from appliance.playback.groovefile import Groove
from appliance.playback.pickup import HOLD, RATE_HZ, Pickup
from appliance.sound.curves import Curve
from appliance.sound.kernels import rise

Float = NDArray[np.float64]
Complex = NDArray[np.complex128]

RUMBLE_HZ = (10.0, 50.0)
TOP_HZ = (19_000.0, 23_500.0)
PEAK = 0.99
PLAYS = (0, 1000)
STYLUS_UM = (2.0, 200.0)

_FFT = 1 << 16
_HALF = 342 * HOLD  # the filter rings 0.17 s to either side
_STEP = (_FFT - 2 * _HALF) // HOLD * HOLD  # new samples a block


@dataclass(frozen=True, slots=True)
class Listening:
    """How to listen; None is what the groove was made for: its own stylus, its own material."""

    stylus_um: float | None = None
    plays: int = 0
    film: str | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        if not PLAYS[0] <= self.plays <= PLAYS[1]:
            raise OptionError(f'{self.plays} plays', where='--plays', remedy=f'between {PLAYS[0]} and {PLAYS[1]}')
        if self.stylus_um is not None and not STYLUS_UM[0] <= self.stylus_um <= STYLUS_UM[1]:
            what = f'a stylus of {self.stylus_um} um'
            raise OptionError(what, where='--stylus', remedy=f'between {STYLUS_UM[0]:g} and {STYLUS_UM[1]:g}')
        if self.seed < 0:
            raise OptionError(f'the seed is {self.seed}', where='--seed', remedy='take 0 or more')


@dataclass(frozen=True, slots=True)
class Heard:
    """What came out: samples written, the one gain (1 unless it would have clipped), and the peak before it of groove
    and noise."""

    samples: int
    gain: float
    peak: float


def listen(
    groove_path: Path, out_path: Path, how: Listening | None = None, part: Callable[[float], None] | None = None
) -> Heard:
    """Play a groove file into a WAV file (mono, 48 kHz, 24 bit), which appears whole or not at all.

    `part` is told how much is done about once a second of sound; what it raises ends the playing.
    """
    if not os.access(out_path.parent, os.W_OK | os.X_OK):
        what, remedy = 'there is no such folder, or it may not be written to', 'choose another with --out'
        raise OptionError(what, where=str(out_path.parent), remedy=remedy)
    groove = Groove.open(groove_path)
    try:
        return play(groove, out_path, how or Listening(), part or (lambda done: None))
    except NativeError as error:
        raise GrooveFileError(error.what, where=str(groove_path), remedy='cut the message again') from error
    finally:
        groove.close()


def play(groove: Groove, out_path: Path, how: Listening, part: Callable[[float], None]) -> Heard:
    """Play an open groove. Memory does not depend on its length."""
    film = find_film(how.film if how.film is not None else groove.text('material'))
    stylus_um = how.stylus_um if how.stylus_um is not None else groove.number('stylus_um')
    pickup = Pickup(groove, stylus_um, film.wear_um2(how.plays))
    surface = Surface(film, how.plays, how.seed, RATE_HZ)
    samples = length(groove)
    scratch = Scratch(out_path.parent)
    try:
        peak = 0.0
        for block, clicks in _sound(pickup, surface, _curve(groove), samples):
            peak = max(peak, float(np.max(np.abs(block))))
            scratch.append(block + clicks)
            part(scratch.samples / samples)
        gain = min(1.0, PEAK / peak) if peak else 1.0
        _write(out_path, scratch, gain)
    finally:
        scratch.close()
    return Heard(samples, gain, peak)


def length(groove: Groove) -> int:
    """Samples of the playback: the original file's where its length is known, else up to the message's end."""
    if 'original_s' in groove.facts:
        return max(round(groove.seconds('original_s') * RATE_HZ), 0)
    letter_s = (groove.frame('message_end_frame') - groove.frame('message_frame')) / FRAME_RATE_HZ
    return max(math.floor((groove.seconds('message_offset_s') + letter_s) * RATE_HZ + 1e-6) + 1, 0)


def _curve(groove: Groove) -> Response:
    terms = groove.facts.get('curve_us')
    if not isinstance(terms, list) or len(terms) not in (0, 3):
        raise groove.wrong('its facts have no curve_us of three terms or none')
    if any(term is not None and not (isinstance(term, int | float) and 0 < term < 1e6) for term in terms):
        raise groove.wrong(f'curve_us is {terms}, not times in us')
    return Response(Curve('of the groove', *terms), groove.number('cm_s_per_unit', least=1e-6))


@dataclass(frozen=True, slots=True)
class Response:
    """From lateral motion to sound: band limits, reproduction curve, level."""

    curve: Curve
    cm_s_per_unit: float

    def of_velocity(self, f_hz: Float) -> Complex:
        """Sound per um/s at `f_hz`, 0 included."""
        shape = rise(f_hz, *RUMBLE_HZ) * (1.0 - rise(f_hz, *TOP_HZ)) * 1e-4 / self.cm_s_per_unit
        out = np.zeros(len(f_hz), np.complex128)
        heard = shape > 0
        out[heard] = shape[heard] * self.curve.playback(f_hz[heard])
        return out

    def spectra(self) -> tuple[Complex, Complex]:
        """Of displacement and of velocity, for blocks of _FFT samples: both FIRs of 2 _HALF + 1 taps."""
        f_hz = np.arange(_FFT // 2 + 1, dtype=np.float64) * (RATE_HZ / _FFT)
        velocity = self.of_velocity(f_hz)
        return _kept(velocity * 2j * np.pi * f_hz), _kept(velocity)


def _kept(response: Complex) -> Complex:
    """The response with its ringing cut off beyond _HALF samples, delayed by _HALF; a constant and an even slope, which
    a carriage that travels far is made of, still give exactly nothing."""
    taps = np.roll(np.fft.irfft(response, _FFT), _HALF)
    taps[2 * _HALF + 1 :] = 0.0
    kept, n = taps[: 2 * _HALF + 1], np.arange(-_HALF, _HALF + 1)
    window = np.hanning(len(n))
    kept -= window * (kept.sum() / window.sum() + n * (n @ kept) / (n * n @ window))
    return np.asarray(np.fft.rfft(taps), np.complex128)


@dataclass(frozen=True, slots=True)
class _Feed:
    """A stretch of what the stylus meets: lateral motion and clicks in um, noise in um/s."""

    motion: Float
    clicks: Float
    noise: Float

    def followed_by(self, after: _Feed) -> _Feed:
        """The last 2 _HALF samples of this stretch and all of the one `after`."""
        pairs = ((self.motion, after.motion), (self.clicks, after.clicks), (self.noise, after.noise))
        return _Feed(*(np.concatenate([old[-2 * _HALF :], new]) for old, new in pairs))


def _feed(pickup: Pickup, surface: Surface, first: int, count: int) -> _Feed:
    """The next `count` samples, of which `first` is the first."""
    met = pickup.meet(first, count)
    clicks = surface.displacement_um(met.speed_m_s, HOLD)
    return _Feed(met.lateral_um, clicks, surface.velocity_um_s(met.speed_m_s, HOLD))


def _sound(pickup: Pickup, surface: Surface, response: Response, samples: int) -> Iterator[tuple[Float, Float]]:
    """Blocks of (groove and noise, clicks) from sample 0 on, by overlap-save."""
    of_displacement, of_velocity = response.spectra()
    met = _feed(pickup, surface, -_HALF, 2 * _HALF)
    for done in range(0, samples, _STEP):
        count = min(_STEP, samples - done)
        met = met.followed_by(_feed(pickup, surface, done + _HALF, -(-count // HOLD) * HOLD))
        out = slice(2 * _HALF, 2 * _HALF + count)
        spectrum = np.fft.rfft(met.motion, _FFT) * of_displacement
        if not surface.silent:
            spectrum += np.fft.rfft(met.noise, _FFT) * of_velocity
        clicks = np.zeros(count)
        if met.clicks.any():
            clicks = np.fft.irfft(np.fft.rfft(met.clicks, _FFT) * of_displacement, _FFT)[out]
        yield np.fft.irfft(spectrum, _FFT)[out], clicks


def _write(path: Path, sound: Scratch, gain: float) -> None:
    """A standard WAV file; StorageError if the disk is full."""
    form: dict[str, Any] = {'samplerate': RATE_HZ, 'channels': 1, 'format': 'WAV', 'subtype': 'PCM_24'}
    with whole_file(path) as part:
        try:
            with soundfile.SoundFile(part, 'w', **form) as file:
                for block in sound.blocks():
                    file.write(np.clip(block * np.float32(gain), -PEAK, PEAK))
        except soundfile.LibsndfileError as error:
            remedy = 'free some space or choose another folder'
            raise StorageError(
                f'cannot write the sound ({error.error_string})', where=str(path), remedy=remedy
            ) from error
