"""What mastering hands on: how far the stylus moves, and the drive that moves it so, sample by sample at 50 kHz."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from math import log10

from appliance.files import Scratch
from appliance.machine.model import SAMPLE_RATE_HZ
from appliance.sound.curves import Curve

REFERENCE_CM_S = 5.0  # 0 dB: peak lateral velocity at 1 kHz


@dataclass(frozen=True, slots=True)
class Limits:
    """How near the programme comes to each limit: 1 is the limit. Heat is a ratio of powers."""

    displacement: float
    slope: float
    curvature: float
    current: float
    voltage: float
    heat: float

    def as_dict(self) -> dict[str, float]:
        return asdict(self)

    def scaled(self, gain: float) -> Limits:
        """The same with everything `gain` times as large."""
        values = {name: value * gain for name, value in asdict(self).items()}
        return Limits(**{**values, 'heat': self.heat * gain * gain})


@dataclass(frozen=True, slots=True)
class Programme:
    """A mastered message. Sample `lead` of both signals is sample 0 of the message; the filters ring `lead` samples
    before and after it. Displacement grows outward; drive is the modulation of the bridge, -1..1."""

    displacement_um: Scratch
    drive: Scratch
    lead: int
    samples: int  # of the message
    curve: Curve
    level_db: float  # of 1.0 in the master, which is its peak unless plain: velocity at 1 kHz re 5 cm/s
    message_offset_s: float  # trimmed off before it
    limits: Limits
    plain: bool

    @property
    def cm_s_per_unit(self) -> float:
        """Peak velocity at 1 kHz for 1.0 in the master."""
        return cm_s_of(self.level_db)

    @property
    def letter_s(self) -> float:
        return self.samples / SAMPLE_RATE_HZ

    def at_level(self, level_db: float) -> Programme:
        """The same programme cut quieter (or louder): a scale factor, nothing is filtered again."""
        gain = 10 ** ((level_db - self.level_db) / 20)
        return replace(
            self,
            displacement_um=self.displacement_um.scaled(gain),
            drive=self.drive.scaled(gain),
            level_db=level_db,
            limits=self.limits.scaled(gain),
        )


def cm_s_of(level_db: float) -> float:
    """Peak velocity in cm/s of a level re 5 cm/s."""
    return REFERENCE_CM_S * 10 ** (level_db / 20)


def db_of(cm_s: float) -> float:
    """Level re 5 cm/s of a peak velocity in cm/s."""
    return 20 * log10(cm_s / REFERENCE_CM_S)
