"""Recording curves by their time constants: what the groove does to the spectrum, and what the player undoes.

A curve is three corners (shelf, turnover, treble) in microseconds, tau = 1 / (2 pi f). The groove's *velocity* follows

    record(s) = (1 + s shelf) (1 + s treble) / (1 + s turnover)

as an analogue network with its own (minimum) phase, scaled to 1 at 1 kHz; playback is its exact inverse. Where the
shelf is missing (null) the bass has constant amplitude down to DC: s in place of (1 + s shelf).

Sources: RIAA 1954 = BS 1928:1955 fine groove; coarse groove IEC 98 ed. 2 = BS 1928:1955 (aes.org/standards/data/x064);
AES 1951, NAB 1949, Columbia, Decca and the 78s as tabulated in IASA TC-04 5.3.6, orbem.co.uk and the 78curves list.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from appliance.errors import OptionError

Complex = NDArray[np.complex128]

REFERENCE_HZ = 1000.0
_US = 1e-6


@dataclass(frozen=True, slots=True)
class Curve:
    """A recording curve; a term it lacks is None, and a flat curve lacks all three."""

    name: str
    shelf_us: float | None = None
    turnover_us: float | None = None
    treble_us: float | None = None

    @property
    def curve_us(self) -> list[float | None]:
        """[shelf, turnover, treble] as reports and traces give it; [] when flat."""
        terms = [self.shelf_us, self.turnover_us, self.treble_us]
        return [] if terms == [None, None, None] else terms

    def record(self, f_hz: ArrayLike) -> Complex:
        """Velocity for a message of 1 at `f_hz` (0 included), as a complex gain; magnitude 1 at 1 kHz."""
        gain = self._network(np.asarray(f_hz, np.float64))
        return np.asarray(gain / abs(self._network(np.asarray(REFERENCE_HZ))), np.complex128)

    def playback(self, f_hz: ArrayLike) -> Complex:
        """What a player does to the groove's velocity at `f_hz` > 0: the exact inverse of `record`."""
        return np.asarray(1.0 / self.record(f_hz), np.complex128)

    def _network(self, f_hz: NDArray[np.float64]) -> Complex:
        s = 2j * np.pi * f_hz
        gain = np.ones_like(s)
        if self.turnover_us is not None:
            shelf = s if self.shelf_us is None else 1 + s * self.shelf_us * _US
            gain = gain * shelf / (1 + s * self.turnover_us * _US)
        if self.treble_us is not None:
            gain = gain * (1 + s * self.treble_us * _US)
        return gain


_ALL = (
    Curve('riaa', 3180, 318, 75),
    Curve('coarse', 3180, 450, 50),
    Curve('coarse-no-treble', 3180, 450, None),  # side A of the AES calibration disc
    Curve('aes', 3180, 398, 63.6),  # 400 Hz and 2500 Hz (-12 dB at 10 kHz); bass shelf "about 50 Hz" in IASA TC-04
    Curve('nab', None, 318, 100),
    Curve('columbia-lp', 1590, 318, 100),
    Curve('columbia-78', None, 530, 100),  # 300N-16
    Curve('decca-78', None, 530, 25),  # 300N-5.5; IASA's microgroove chapter has 250 Hz
    Curve('american-78', None, 637, 31.9),  # 250N-7, the usual compromise of 250N-8 and 250N-6
    Curve('european-78', None, 637, None),  # Blumlein 250 Hz
    Curve('rca-45', None, 199, 75),
    Curve('din-1957', 3180, 318, 50),
    Curve('500-flat', None, 318, None),
    Curve('flat'),
)
DEFAULT_CURVE = 'riaa'


def curve_names() -> list[str]:
    """Every curve there is, the default first."""
    return [curve.name for curve in _ALL]


def find_curve(name: str) -> Curve:
    """The curve called `name`; OptionError listing all of them otherwise."""
    for curve in _ALL:
        if curve.name == name:
            return curve
    raise OptionError(
        f'there is no recording curve {name!r}', where='--curve', remedy=f'use {", ".join(curve_names())}'
    )
