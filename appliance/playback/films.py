"""The surface of a disc by name: its noise, its clicks, and what playing does to it.

The model (computed for this project, chosen and not measured; field notes "groove", 4 iv): lateral velocity noise,
white from 0.1 to 8 kHz, of `noise_mm_s` rms at a groove speed V of 0.5 m/s, growing with sqrt(V), smoothed by what the
tip rests on (one pole at V / 2 pi 15 um); clicks as a Poisson process, heights of either sign exponentially distributed
with a mean of 8 um, each a smooth hump 30 um long (60 us at 0.5 m/s) at half its height. Each play smooths the walls
by a Gaussian whose variance adds up to (`wear_um`)^2 per play, and multiplies noise by 1.07 and clicks by 1.1 until
they are 20 times those of a new disc.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from appliance.errors import OptionError
from appliance.native import check, ffi, lib

Float = NDArray[np.float64]

BAND_HZ = (100.0, 8000.0)
NOISE_SPEED_M_S = 0.5  # where `noise_mm_s` holds
REST_UM = 15.0
CLICK_UM = 8.0
CLICK_LENGTH_UM = 30.0
NOISE_PER_PLAY = 1.07
CLICKS_PER_PLAY = 1.1
WORST = 20.0


@dataclass(frozen=True, slots=True)
class Film:
    """A new surface."""

    name: str
    noise_mm_s: float
    clicks_per_s: float
    wear_um: float = 6.0

    def noise_m_s(self, plays: int) -> float:
        """Rms velocity of the noise after `plays` plays, at NOISE_SPEED_M_S."""
        return self.noise_mm_s * 1e-3 * _grown(NOISE_PER_PLAY, plays)

    def click_rate_hz(self, plays: int) -> float:
        return self.clicks_per_s * _grown(CLICKS_PER_PLAY, plays)

    def wear_um2(self, plays: int) -> float:
        """Variance of the Gaussian that has smoothed the walls."""
        return self.wear_um**2 * plays


def _grown(per_play: float, plays: int) -> float:
    return math.exp(min(plays * math.log(per_play), math.log(WORST)))


# Assumptions: only the order is known. Lacquer is the studio's quiet blank, film the noisy one; hard sheet wears less.
_ALL = (
    Film('none', 0.0, 0.0),  # no noise at all, but it wears as film does
    Film('xray', 1.0, 1.0),
    Film('xray-worn', 3.0, 10.0),  # film that had been handled for years before it was cut
    Film('lacquer', 0.3, 0.2, 8.0),
    Film('pvc', 0.5, 0.5, 4.0),
    Film('polycarbonate', 0.5, 0.5, 2.0),
    Film('acetate', 0.7, 1.0, 6.0),
    Film('aluminium', 1.5, 2.0, 2.0),  # embossed, not cut
)


def film_names() -> list[str]:
    return [film.name for film in _ALL]


def find_film(name: str) -> Film:
    """The film called `name`; OptionError listing all of them otherwise."""
    for film in _ALL:
        if film.name == name:
            return film
    raise OptionError(f'there is no film {name!r}', where='--film', remedy=f'use {", ".join(film_names())}')


class Surface:
    """The noise of one disc as it passes under the stylus, block by block; the same seed gives the same noise.

    `film` after `plays` plays, sampled at `rate_hz`; groove speeds come one for every `hold` samples.
    """

    def __init__(self, film: Film, plays: int, seed: int, rate_hz: int) -> None:
        self._rate_hz = rate_hz
        noise, clicks = np.random.SeedSequence(seed).spawn(2)
        self._noise, self._clicks = np.random.default_rng(noise), np.random.default_rng(clicks)
        low, high = BAND_HZ
        self._white = film.noise_m_s(plays) * 1e6 * math.sqrt(rate_hz / 2 / (high - low))
        self._click_rate_hz = film.click_rate_hz(plays)
        self._next_click = self._pause()
        self._band = ffi.new('struct biquad[]', band_pass(rate_hz))
        self._band_state = ffi.new('struct biquad_state[]', len(self._band))
        self._rest_state = ffi.new('double *')
        self._left_over = np.zeros(0)

    @property
    def silent(self) -> bool:
        """Whether there is no noise (there may be clicks)."""
        return self._white == 0.0

    def velocity_um_s(self, speed_m_s: Float, hold: int) -> Float:
        """The next block of lateral velocity noise, `hold` samples for each groove speed."""
        if self.silent:
            return np.zeros(len(speed_m_s) * hold)
        out = self._noise.standard_normal(len(speed_m_s) * hold)
        out *= np.repeat(self._white * np.sqrt(speed_m_s / NOISE_SPEED_M_S), hold)
        samples = ffi.cast('double *', ffi.from_buffer(out))
        check(lib.filter_biquads(self._band, self._band_state, len(self._band), samples, len(out)))
        keep = np.exp(-speed_m_s * 1e6 / (REST_UM * self._rate_hz))
        check(
            lib.filter_one_pole(self._rest_state, ffi.cast('double *', ffi.from_buffer(keep)), hold, samples, len(out))
        )
        return out

    def displacement_um(self, speed_m_s: Float, hold: int) -> Float:
        """The clicks of the next block, as lateral displacement."""
        count = len(speed_m_s) * hold
        out = np.zeros(count + 4096)
        out[: len(self._left_over)] = self._left_over
        while self._next_click < count:
            _hump(out, self._next_click, self._length(speed_m_s[int(self._next_click) // hold]), self._height())
            self._next_click += self._pause()
        self._next_click -= count
        self._left_over = out[count:]
        return out[:count]

    def _pause(self) -> float:
        """Samples until the next click."""
        if self._click_rate_hz == 0.0:
            return math.inf
        return float(self._clicks.exponential(self._rate_hz / self._click_rate_hz))

    def _height(self) -> float:
        return float(self._clicks.exponential(CLICK_UM) * self._clicks.choice((-1.0, 1.0)))

    def _length(self, speed_m_s: float) -> float:
        """Samples at half height, however slow the groove no longer than the space kept behind a block."""
        return float(min(CLICK_LENGTH_UM * 1e-6 / speed_m_s * self._rate_hz, 2000.0))


def _hump(out: Float, at: float, length: float, height: float) -> None:
    """Adds a raised cosine that begins at sample `at` and is `length` samples long at half its height."""
    x = np.arange(math.ceil(at), math.ceil(at + 2 * length))
    out[x] += height * (0.5 - 0.5 * np.cos(np.pi * (x - at) / length))


def band_pass(rate_hz: int) -> list[tuple[float, float, float, float, float]]:
    """Biquads b0, b1, b2, a1, a2 of BAND_HZ: Butterworth, 2nd order below and 4th above, by the bilinear transform
    (R. Bristow-Johnson, Audio EQ Cookbook)."""
    sections = []
    for hz, q, low in ((BAND_HZ[0], 0.70711, False), (BAND_HZ[1], 0.54120, True), (BAND_HZ[1], 1.30656, True)):
        w = 2 * math.pi * hz / rate_hz
        alpha, cosine = math.sin(w) / (2 * q), math.cos(w)
        middle = (1 - cosine) if low else -(1 + cosine)
        outer = abs(middle) / 2
        a0 = 1 + alpha
        sections.append((outer / a0, middle / a0, outer / a0, -2 * cosine / a0, (1 - alpha) / a0))
    return sections
